/* child_join.h: namespaces joined before the clone; private to launch.c and child_join.c. */
#ifndef LW_CHILD_JOIN_H
#define LW_CHILD_JOIN_H

#include <linux/sched.h>
#include "run.h"

/* By a process of its own: joins what the plan says, makes the sandbox's first process with `args` as a child of the
 * caller's, hands its pidfd over and ends. */
_Noreturn void lw_child_join(struct lw_run *run, const struct clone_args *args);

/* A cgroup namespace is joined by the command itself, once it is born into its cgroup: from within, version 2 lets
 * nobody be born whose parent stands outside (nsdelegate). But what a new user namespace has no rights over is joined
 * before. */
static inline bool lw_child_joins_late(const struct lw_plan *p, const struct lw_op *op)
{
	return op->num[1] == CLONE_NEWCGROUP && !(p->clone_flags & CLONE_NEWUSER);
}

#endif
