/* start_set.h: several sandboxes that are started together: in parallel, but for those that come after others. */
#ifndef LW_CLI_START_SET_H
#define LW_CLI_START_SET_H

#include "lua/cli/cli.h"
#include "lua/cli/naming.h"

enum cli_start_state { CLI_START_PENDING, CLI_START_BEGUN, CLI_START_RUNS, CLI_START_READY, CLI_START_FAILED };
struct cli_start {
	struct cli_job job;
	char id[CLI_ID_MAX];
	enum cli_start_state state;
	int answer; /* from its supervisor, or -1 */
	struct lw_err err;
};

/* Starts all of them; each is RUNS, READY or FAILED afterwards, the latter with err. Before anything is started:
 * -EINVAL when they wait for each other in a circle or have the same name. */
int cli_start_set(struct cli *c, struct cli_start *v, size_t n, struct lw_err *err);

#endif
