/* chown_keep.h: one change of owner that leaves a file's other rights as they were. */
#ifndef LW_CHOWN_KEEP_H
#define LW_CHOWN_KEEP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* fd: O_PATH. uid, gid: UINT32_MAX leaves it. rights: set-id bits and file capabilities, which the kernel takes away,
 * are given back; cap_root: for whose namespace the capabilities count then. */
int lw_chown_keep(int fd, const struct stat *st, uint32_t uid, uint32_t gid, bool rights,
		  uint32_t (*cap_root)(void *arg, uint32_t root), void *arg);

#endif
