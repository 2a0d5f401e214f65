/* run_loop.h: what the supervising process does between the start and the end of a foreground sandbox. */
#ifndef LW_CLI_RUN_LOOP_H
#define LW_CLI_RUN_LOOP_H

#include <poll.h>
#include "base/err.h"
#include "lua/cli/tty.h"
#include "instance.h"

/* Blocks the signals the loop will read and returns a descriptor for them. Before the launch, so that none is lost and
 * none ends us while there is something to undo. */
int cli_signals_open(int *ret_fd, struct lw_err *err);
/* What else is looked at meanwhile. */
#define CLI_WATCH_POLLFDS 2
struct cli_watch {
	void (*poll)(void *arg, struct pollfd fds[static CLI_WATCH_POLLFDS]);
	int64_t (*when)(void *arg);                 /* CLOCK_MONOTONIC, microseconds; 0: never */
	int (*look)(void *arg, struct lw_err *err); /* negative: that is the end */
	void *arg;
};
/* Until the end: forwards signals, copies the terminal, ends everything after timeout_usec (0: never). `watch` may be
 * NULL. */
int cli_run_loop(struct lw_instance *s, int signal_fd, struct cli_tty *tty, int64_t timeout_usec,
		 const struct cli_watch *watch, struct lw_status *ret, struct lw_err *err);

#endif
