/* chown.h: re-owning a tree: everything to one user, or every owner shifted by a map. Doing it twice is doing it once,
 * so what an interrupted one left is finished by the next. Nothing outside of the tree is changed, whatever is renamed
 * meanwhile. */
#ifndef LW_CHOWN_H
#define LW_CHOWN_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "spec.h"

struct lw_chown {
	/* Owners are shifted by these, from inside to outside; an id that is outside already stays, and so does one
	 * that is neither. NULL: all become uid and gid. */
	const struct lw_idmaps *uid_map, *gid_map;
	uint32_t uid, gid;
	uint32_t root; /* outside id of the inside root: for whom file capabilities count afterwards */
	bool cross_mounts;
	/* What was done. */
	uint64_t entries, changed;
	uint64_t unmapped; /* left alone: an owner the map does not know */
	uint64_t linked;   /* left alone: other names of it are not in the tree */
	uint64_t busy;     /* left alone: changed all the time */
	uint64_t devices;  /* left alone: who owns a node has the device */
	uint64_t mounts;   /* mount points not entered */
	char left[256];    /* the first of `unmapped`, `busy` or `linked`, below the tree */
};

/* The tree that fd (O_PATH) is open on; path is for messages. */
int lw_chown_tree(int fd, const char *path, struct lw_chown *c, struct lw_err *err);
/* Why the directory of this (normalised) path is not to be re-owned, or NULL.
 */
const char *lw_chown_forbidden(const char *path);
/* Opens a directory to be re-owned: no component of the path may be a link, and no directory of the system's is taken,
 * whatever it is called. *ret_fd has O_PATH. */
int lw_chown_open(const char *path, int *ret_fd, struct lw_err *err);
/* LW_OP_SOURCE_CHOWN: the source that fd is open on, found at path. */
struct lw_op;
int lw_chown_source(const struct lw_op *op, int fd, uint32_t lease_first, struct lw_err *err);

#endif
