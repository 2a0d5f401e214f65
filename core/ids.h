/* ids.h: the range allocator of ids = "auto". One file <state>/ids; block i (65536 ids from 524288 + i * 65536, up to
 * 1879048191) is in use while somebody holds an open-file-description write lock on byte i. Nothing to clean up: the
 * kernel drops the lock with the last descriptor, and the sandbox's init holds one too, so a range is free only when
 * nothing can run in it. */
#ifndef LW_IDS_H
#define LW_IDS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "host.h"

#define LW_AUTO_FIRST UINT32_C(524288)
#define LW_AUTO_LAST UINT32_C(1879048191)
#define LW_AUTO_COUNT UINT32_C(65536)

/* Takes a free block clear of p->reserved. *ret_fd (O_CLOEXEC) keeps it; closing every copy gives it back. */
int lw_ids_lease(const struct lw_id_pool *p, uint32_t *ret_first, int *ret_fd, struct lw_err *err);
/* Whether p->reserved leaves any block at all: not so in a container with few ids. */
bool lw_ids_possible(const struct lw_id_pool *p);

#endif
