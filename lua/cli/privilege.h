/* privilege.h: what a supervisor may while its sandbox runs. Setting a sandbox up takes the caller's capabilities;
 * watching it takes none but CAP_KILL, to pass signals on to a command of another user. */
#ifndef LW_CLI_PRIVILEGE_H
#define LW_CLI_PRIVILEGE_H

#include <stdbool.h>

/* Gives up every capability: none is effective from here on, and CAP_KILL alone stays permitted. For sandboxes with a
 * user namespace of their own: undoing them is done by who owns the files. */
void cli_privilege_shed(void);
/* Around a signal: makes CAP_KILL effective if it was kept, and lets go of it again. */
void cli_privilege_kill(bool on);

#endif
