/* secret.h: secrets, from planning to the two sides of a launch. They are read on the host side's descriptor by the
 * child and go from there into a file system in memory that is never swapped; no copy stays behind. */
#ifndef LW_SECRET_H
#define LW_SECRET_H

#include "run.h"

#define LW_SECRETS_DIR "/run/secrets"
#define LW_SECRET_MAX (INT64_C(1024) * 1024)

struct lw_root_layout;

/* stage_secrets.c */
int lw_plan_secret_sources(struct lw_plan *p, struct lw_root_layout *l);
int lw_plan_secrets(struct lw_plan *p);
/* op_secret.c: LW_OP_SECRET_OPEN */
int lw_host_secret(struct lw_run *run, const struct lw_op *op, struct lw_err *err);
/* child_secret.c: LW_OP_SECRET */
int lw_child_secret(struct lw_run *run, const struct lw_op *op, int *ret_step);

#endif
