/* instance_private.h: what a sandbox handle holds; for launch.c and instance.c only. */
#ifndef LW_INSTANCE_PRIVATE_H
#define LW_INSTANCE_PRIVATE_H

#include <stdbool.h>
#include <time.h>
#include "denials.h"
#include "guard.h"
#include "op_host.h"
#include "run.h"
#include "instance.h"

/* The process id behind a pidfd, in our pid namespace; -1. */
pid_t lw_pid_of(int pidfd);

struct lw_instance {
	struct lw_host_state host;
	pid_t pid; /* what we cloned: init, or the command itself */
	pid_t command;
	int pidfd; /* of pid; readable when it has ended */
	int command_fd;
	int control; /* to init: closing it ends everything inside */
	int pty;
	int network;                /* netlink socket inside, from set-up until the interface is made; or -1 */
	struct lw_guard guard;      /* without an init */
	struct lw_denials *denials; /* or NULL */
	int watch;                  /* epoll of all that step() looks at, where there is more than one; or -1 */
	bool ended, undone, reaped, timed_out, usage, denied;
	struct timespec started;
	struct lw_status status;
};

/* A denial ends it. */
void lw_instance_deny(struct lw_instance *s);

#endif
