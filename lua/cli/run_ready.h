/* run_ready.h: whether a sandbox in the foreground is ready: it is told with --status-fd, and to whoever started us
 * with a NOTIFY_SOCKET. */
#ifndef LW_CLI_RUN_READY_H
#define LW_CLI_RUN_READY_H

#include "lua/cli/cli.h"
#include "lua/cli/run_loop.h"
#include "lua/cli/status.h"
#include "supervise/ready.h"

struct cli_ready {
	const struct cli *c;
	const struct cli_job *job;
	const struct cli_report *report;
	const char *id;
	struct lw_instance *sandbox;
	json_t *known;
	struct lw_service service;
	struct lw_readiness ready;
	bool told;
	struct cli_watch watch;
};
/* Before the launch: where it says that it is ready. */
int cli_ready_open(struct cli_ready *r, const struct cli *c, const struct cli_job *job, const char *id,
		   struct lw_err *err);
/* The command runs. */
void cli_ready_begin(struct cli_ready *r, struct lw_instance *sandbox, const struct cli_report *report);
void cli_ready_close(struct cli_ready *r);

#endif
