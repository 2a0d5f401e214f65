/* explain_lsm.h: what `explain` says about Landlock, labels and hardening (explain_lsm.c). */
#ifndef LW_CLI_EXPLAIN_LSM_H
#define LW_CLI_EXPLAIN_LSM_H

#include <jansson.h>
#include "base/text.h"
#include "plan.h"

/* Adds "apparmor", "selinux" and "landlock" (null where not in force) and "hardening" to the object. */
void cli_explain_lsm(const struct lw_plan *p, json_t *o);
/* The same in sentences. */
void cli_tell_lsm(struct lw_text *t, const json_t *o);

#endif
