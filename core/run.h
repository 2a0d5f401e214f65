/* run.h: the state of one launch that both sides of clone see: descriptors and the messages between them. Private to
 * launch.c, op_host.c, child.c and sandbox.c. */
#ifndef LW_RUN_H
#define LW_RUN_H

#include <stdint.h>
#include "plan.h"

#define LW_REPORT_MAGIC UINT32_C(0x6c777270)

/* What a child says; the parent, which holds the plan, words the message. */
enum lw_report_kind {
	LW_REPORT_HELLO, /* the set-up process is there (its pid comes with the message's credentials) */
	LW_REPORT_PTY,   /* the pty's master comes with the message */
	LW_REPORT_EXEC,  /* set-up is done: execve follows; end of file then means it succeeded */
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

struct lw_run {
	const struct lw_plan *plan;
	int *fd; /* by slot; -1 when an optional source is missing */
	int stdio[3];
	int sync;    /* child's end of the report socket */
	int control; /* init's end of the control socket, or -1 */
	int ready_read, ready_write;
	int init_image; /* sealed memfd, or -1 */
	int lease;      /* of the ids, or -1 */
	int cgroup;     /* v2: directory to clone into, or -1 */
	/* child only */
	int root, proc, empty, null, terminal;
	int dev; /* our own fresh tmpfs on /dev, or -1 */
	int init_is_ready;
};

/* The child side of clone: pid 1 of the sandbox, or the command itself. Never returns. */
_Noreturn void lw_child_main(struct lw_run *run);

#endif
