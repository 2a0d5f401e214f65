/* privilege.h: what a supervisor may while its sandbox runs. Setting a sandbox up takes the caller's capabilities;
 * watching it takes none but CAP_KILL, to pass signals on to a command of another user. */
#ifndef LW_CLI_PRIVILEGE_H
#define LW_CLI_PRIVILEGE_H

#include <stdbool.h>
#include "plan.h"

/* Gives up every capability: none is effective from here on, and CAP_KILL alone stays permitted. Where undoing the plan
 * is done by who owns the files: with a user namespace of its own, and no profile to be taken out of the kernel. */
void cli_privilege_shed(const struct lw_plan *p);
/* Around a signal: makes CAP_KILL effective if it was kept, and lets go of it again. */
void cli_privilege_kill(bool on);

#endif
