/* sandbox_private.h: what a sandbox handle holds; for launch.c and sandbox.c only. */
#ifndef LW_SANDBOX_PRIVATE_H
#define LW_SANDBOX_PRIVATE_H

#include <stdbool.h>
#include <time.h>
#include "op_host.h"
#include "run.h"
#include "sandbox.h"

struct lw_sandbox {
	struct lw_host_state host;
	pid_t pid; /* what we cloned: init, or the command itself */
	pid_t command;
	int pidfd; /* of pid; readable when it has ended */
	int command_fd;
	int control; /* to init: closing it ends everything inside */
	int pty;
	bool ended, undone, reaped, timed_out, usage;
	struct timespec started;
	struct lw_status status;
};

#endif
