/* denial_paths.h: what a plan says about a path inside. */
#ifndef LW_DENIAL_PATHS_H
#define LW_DENIAL_PATHS_H

#include <stdbool.h>
#include "plan.h"

enum lw_path_sight {
	LW_PATH_UNSURE,    /* the plan does not decide */
	LW_PATH_READ_ONLY, /* the host's file is there, on a read-only mount: writing to it is EROFS */
	LW_PATH_HIDDEN,    /* what the host has there is not in the view */
};
/* `path` is absolute; *ret_op is the mount that decides, or NULL. */
enum lw_path_sight lw_path_sight(const struct lw_plan *p, const char *path, const struct lw_op **ret_op);

#endif
