/* gc.h: taking away what killed processes have left: cgroups, records half made or half removed, files half written.
 * Ids and mounts need nobody: a lease is a lock, and a mount is in a namespace that goes with its last process. */
#ifndef LW_GC_H
#define LW_GC_H

#include "host.h"

/* How many things there were. What somebody minds is left, and what cannot be taken away is tried the next time. */
unsigned lw_gc(const struct lw_host *h);

#endif
