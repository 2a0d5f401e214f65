/* idmap_helper.h: newuidmap(1) and newgidmap(1), which write the maps of a caller without privilege. */
#ifndef LW_IDMAP_HELPER_H
#define LW_IDMAP_HELPER_H

#include <sys/types.h>
#include "base/err.h"
#include "spec.h"

/* Runs `program` (an absolute path) for the process pid, with an empty environment, and waits for it. */
int lw_idmap_helper(const char *program, pid_t pid, const struct lw_idmaps *m, struct lw_err *err);

#endif
