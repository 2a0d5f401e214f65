/* op_namespace.h: LW_OP_NAMESPACE_OPEN, for op_host.c only. */
#ifndef LW_OP_NAMESPACE_H
#define LW_OP_NAMESPACE_H

#include "run.h"

int lw_namespace_open(struct lw_run *run, const struct lw_op *op, struct lw_err *err);

#endif
