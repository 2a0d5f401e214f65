/* child_listen.h: sockets that the command is handed, put where sd_listen_fds(3) looks for them. */
#ifndef LW_CHILD_LISTEN_H
#define LW_CHILD_LISTEN_H

#include "run.h"

/* Moves them to descriptors 3 and on, or, where the program of init.c takes the last step, behind its own two; and
 * writes the caller's pid into LISTEN_PID. Everything of set-up's that is in the way is moved further up. */
int lw_child_listen(struct lw_run *run);

#endif
