/* tree.h: what an archive's entries become below one directory. Paths and links are an enemy's: each is resolved inside
 * the directory, never through a link in its last component; what is not a file, directory or link is refused; how much
 * may be made is bounded. Must not know archives. */
#ifndef LW_UNPACK_TREE_H
#define LW_UNPACK_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "base/err.h"

/* Components of a path; and so deep may be what a link leads to. Twice as many can still be walked, and so removed. */
#define TREE_DEPTH 100

struct tree {
	int root;
	bool keep_owners;    /* else all is the caller's, who must be able to remove it again */
	int64_t size, files; /* bounds */
	int64_t used_size, used_files;
};
struct tree_meta {
	uint32_t mode;
	int64_t uid, gid;
	struct timespec mtime;
};

/* "./a//b/" becomes "a/b", "." becomes "". Refused: absolute paths, "..", too long, too deep. */
int tree_clean(const char *path, char ret[static 4096], struct lw_err *err);
int tree_dir(struct tree *t, const char *path, const struct tree_meta *m, struct lw_err *err);
/* A new file, open for writing; what was there is removed. */
int tree_file(struct tree *t, const char *path, int *ret_fd, struct lw_err *err);
/* Accounts for a file that grows from one size to another. */
int tree_grow(struct tree *t, int64_t from, int64_t to, struct lw_err *err);
int tree_file_end(struct tree *t, int fd, const struct tree_meta *m);
int tree_symlink(struct tree *t, const char *path, const char *target, const struct tree_meta *m, struct lw_err *err);
int tree_hardlink(struct tree *t, const char *path, const char *target, struct lw_err *err);
/* With all that is below it; what is not there is fine. `below`: only what is in it. */
int tree_remove(struct tree *t, const char *path, bool below, struct lw_err *err);

#endif
