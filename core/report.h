/* report.h: what set-up says to the host side of a launch. Freestanding: the program of init.c says it too. */
#ifndef LW_REPORT_H
#define LW_REPORT_H

#include <stdint.h>

#define LW_REPORT_MAGIC UINT32_C(0x6c777270)

/* What a child says; the parent, which holds the plan, words the message. */
enum lw_report_kind {
	LW_REPORT_HELLO,  /* the set-up process is there: its pidfd comes with the message, from the future init */
	LW_REPORT_CLONED, /* the process that joined namespaces has made the sandbox's first: its pidfd comes with it */
	LW_REPORT_NETWORK,  /* a netlink socket of the new network namespace comes with the message */
	LW_REPORT_PTY,      /* the pty's master comes with the message */
	LW_REPORT_LISTENER, /* the listener of the filter comes with the message */
	LW_REPORT_EXEC,     /* set-up is done: execve follows; end of file then means it succeeded */
	LW_REPORT_FAILED,
};
/* Where inside an operation it failed, for messages. */
enum lw_step {
	LW_STEP_CALL, /* the operation's own system call */
	LW_STEP_TARGET,
	LW_STEP_SOURCE,
	LW_STEP_CHANGED, /* not the file the host side opened */
	LW_STEP_ATTACH,
	LW_STEP_PTY,
	LW_STEP_INIT,
	LW_STEP_FORK,
	LW_STEP_OUTSIDE, /* the working directory is not inside the root */
};
struct lw_report {
	uint32_t magic;
	uint16_t kind, step;
	uint32_t op; /* index into the plan */
	int32_t err; /* positive errno */
};

#endif
