/* child_lsm.h: Landlock, prctl(2) and the like on the child side of clone (child_lsm.c). Private to child.c. */
#ifndef LW_CHILD_LSM_H
#define LW_CHILD_LSM_H

#include "run.h"

/* Applies one operation of these concerns: 0 or more, or a negative errno with where in *ret_step. */
int lw_child_lsm(struct lw_run *run, const struct lw_op *op, int *ret_step);

#endif
