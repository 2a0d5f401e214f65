/* spawn_apart.h: executing a program of ours out of any process, be it large, threaded, or somebody else's: without
 * copying its memory, and not as its child. */
#ifndef LW_SPAWN_APART_H
#define LW_SPAWN_APART_H

#include "base/err.h"

#define LW_SPAWN_FIRST 3 /* the number of the first descriptor that is handed over */
#define LW_SPAWN_FDS 80

/* Executes program with fds[i] as descriptor LW_SPAWN_FIRST + i (-1: none), 0 to 2 as they are here (/dev/null where
 * there is none), nothing else open, every signal as by default and none blocked. The caller's parent in spirit only:
 * it gets no SIGCHLD and nothing to wait for. A pidfd of it is returned in *ret_pidfd, when that is not NULL. */
int lw_spawn_apart(const char *program, char *const argv[], char *const envp[], const int *fds, unsigned n_fds,
		   int *ret_pidfd, struct lw_err *err);

#endif
