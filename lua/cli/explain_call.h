/* explain_call.h: what becomes of one system call. */
#ifndef LW_CLI_EXPLAIN_CALL_H
#define LW_CLI_EXPLAIN_CALL_H

#include "lua/cli/cli.h"

/* Prints the verdict on c->call; *ret_code is 0 when it is allowed, 1 otherwise. */
int cli_explain_call(const struct cli *c, const struct cli_job *job, int *ret_code, struct lw_err *err);
/* The word of a policy's base: "default". */
const char *cli_seccomp_base(const struct lw_seccomp *p);

#endif
