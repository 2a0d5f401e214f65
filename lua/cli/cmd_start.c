/* cmd_start.c: `lunward start` and `run -d`: the sandbox in the background. lunward-supervisor launches and watches it,
 * with nothing of the caller's but the environment; the caller waits until the command runs, or hears why not.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/naming.h"
#include "lua/cli/overrides.h"
#include "lua/cli/supervision.h"
#include "schema.h"

static int load(struct cli *c, struct cli_job *job, char id[static CLI_ID_MAX], struct lw_err *err)
{
	const char *profile;
	int r = cli_profile_word(c, &profile, err);
	if (r >= 0)
		r = cli_load(c, profile, job, err);
	if (r >= 0)
		r = cli_make_id(id, err);
	if (r >= 0 && c->detach)
		r = cli_name_it(c, job->spec, id, err);
	return r;
}

static int start(struct cli *c, struct cli_job *job, char id[static CLI_ID_MAX], struct lw_err *err)
{
	int r = load(c, job, id, err);
	if (r < 0)
		return r;
	json_t *request = cli_supervision(c, job, id);
	r = cli_supervise(job, request, err);
	json_decref(request);
	if (r < 0)
		cli_hint_at_outside(job->spec, err);
	return r;
}

int cli_cmd_start(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	char id[CLI_ID_MAX];
	int code, r = start(c, &job, id, &err);
	if (r < 0) {
		cli_blame_option(c, &err);
		code = cli_fail(&err);
	} else if (c->format == CLI_JSON) {
		code = cli_print_json(json_pack("{s:s,s:s}", "id", id, "name", job.spec->name));
	} else {
		_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
		lw_text_addf(&t, "%s\n", id);
		code = cli_print(&t);
	}
	cli_job_done(&job);
	return code;
}
