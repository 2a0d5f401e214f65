/* cmd_plan.c: `lunward plan`: the operations of a run, printed instead of done. */
#include <errno.h>
#include "base/cleanup.h"
#include "lua/cli/cli.h"
#include "lua/cli/overrides.h"

int cli_cmd_plan(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	const char *profile;
	int code;

	int r = cli_profile_word(c, &profile, &err);
	if (r >= 0)
		r = cli_load(c, profile, &job, &err);
	if (r >= 0 && (r = cli_plan(&job, &err)) < 0)
		cli_blame_option(c, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else if (cli_is_data(c)) {
		code = cli_print_data(c, lw_plan_to_json(job.plan));
	} else {
		_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
		lw_plan_to_text(job.plan, &t);
		code = cli_print(&t);
	}
	cli_job_done(&job);
	return code;
}
