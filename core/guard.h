/* guard.h: who ends a command without an init of ours when its launcher is gone. Private to launch.c and sandbox.c. */
#ifndef LW_GUARD_H
#define LW_GUARD_H

struct lw_guard {
	int lifeline; /* closing it ends the command */
	int pidfd;
};
#define LW_GUARD_NONE ((struct lw_guard){ -1, -1 })

/* A process that waits for the lifeline's end, kills the command, and holds the lease (or -1) until it is gone. */
int lw_guard_begin(int command, int lease, struct lw_guard *ret);
/* Lets go, and waits for the guard's end, which is the command's. */
void lw_guard_end(struct lw_guard *g);

#endif
