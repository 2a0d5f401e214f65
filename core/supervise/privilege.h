/* privilege.h: what a supervisor may while its sandbox runs. Setting a sandbox up takes the caller's capabilities;
 * watching it takes none but CAP_KILL, to pass signals on to a command of another user, and undoing it CAP_MAC_ADMIN
 * where a profile of AppArmor was loaded, and CAP_NET_ADMIN where there is a network. */
#ifndef LW_PRIVILEGE_H
#define LW_PRIVILEGE_H

#include <stdbool.h>
#include "plan.h"

/* Gives up every capability: none is effective from here on, and of those above what the plan takes stays permitted.
 * Where all else is undone by who owns the files: with a user namespace of the sandbox's own; else it does nothing. */
void lw_privilege_shed(const struct lw_plan *p);
/* The same for one who will set up again (a restart, a further command): nothing is effective until it is raised, and
 * nothing is given up. */
void lw_privilege_rest(void);
/* Around a signal and around undoing: makes effective what was kept, and lets go of it again. */
void lw_privilege_raise(bool on);

#endif
