/* child_join.h: namespaces joined before the clone; private to launch.c and child_join.c. */
#ifndef LW_CHILD_JOIN_H
#define LW_CHILD_JOIN_H

#include <linux/sched.h>
#include "run.h"

/* By a process of its own: joins what the plan says, makes the sandbox's first process with `args` as a child of the
 * caller's, hands its pidfd over and ends. */
_Noreturn void lw_child_join(struct lw_run *run, const struct clone_args *args);

#endif
