/* cmd_gc.c: `lunward gc`: what killed supervisors, of whatever state directory, have left. */
#include <stdio.h>
#include "gc.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"

int cli_cmd_gc(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	int code, r = cli_probe(c, &job, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else {
		unsigned found = lw_gc(job.host);
		char more[32];
		snprintf(more, sizeof more, "\"removed\":%u", found);
		cli_act(c, &job, (struct lw_event){ .more = more }, NULL);
		code = cli_is_data(c) ? cli_print_data(c, json_pack("{s:i}", "removed", (int)found)) : CLI_OK;
	}
	cli_job_done(&job);
	return code;
}
