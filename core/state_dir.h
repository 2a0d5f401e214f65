/* state_dir.h: which directory holds our state: caches, leases, records. */
#ifndef LW_STATE_DIR_H
#define LW_STATE_DIR_H

#include <limits.h>
#include <sys/types.h>
#include "base/err.h"

struct lw_state_choice {
	const char *state;           /* asked for, relative to cwd; or NULL */
	const char *xdg_runtime_dir; /* $XDG_RUNTIME_DIR, or NULL */
	const char *cwd;
	uid_t uid; /* whose it has to be */
};
/* Opens, or makes, the first that can be had: what was asked for and nothing else; /run/lunward (root),
 * $XDG_RUNTIME_DIR/lunward, /run/user/UID/lunward, /tmp/lunward-UID. It must be a directory of that user's with mode
 * 0700, and no link. *ret_fd is O_PATH | O_CLOEXEC; path names it. */
int lw_state_open(const struct lw_state_choice *c, char path[static PATH_MAX], int *ret_fd, struct lw_err *err);

#endif
