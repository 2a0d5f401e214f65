/* changes.h: what an overlay caught, compared with what it lies over; applying it there, and dropping it. Works on two
 * directories, upper and lower, and knows nothing of sandboxes. Both trees may be a stranger's work: every name is
 * resolved below its directory's descriptor, no link is followed and no mount is crossed. */
#ifndef LW_CHANGES_H
#define LW_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include "base/err.h"

enum lw_change_kind { LW_CHANGE_ADDED, LW_CHANGE_CHANGED, LW_CHANGE_DELETED };
struct lw_change {
	int kind;
	char *path;     /* below both directories, without a leading "/" */
	struct stat st; /* of upper's, or of lower's that is deleted */
};
struct lw_changes {
	int upper, lower; /* opened directories */
	bool user_marks;
	size_t n, cap;
	struct lw_change *v; /* by path, parents before what is in them */
};

#define LW_CHANGES_HOLD 1 /* -EBUSY while a sandbox uses upper */
#define LW_CHANGES_USER 2 /* upper was written in a user namespace: it tells whose marks count */
#define LW_CHANGES_PART 4 /* what lies too deep is passed over: to drop it, it need not be known */
/* Opens both and compares. A missing upper has no changes. */
int lw_changes_open(const char *upper, const char *lower, int flags, struct lw_changes *ret, struct lw_err *err);
void lw_changes_done(struct lw_changes *c);
static inline void lw_changes_done_p(struct lw_changes *c)
{
	lw_changes_done(c);
}

/* Applies one change to lower: a file by a new one in its place, at once. Owner, mode (but for set-id bits, which are
 * not kept), ACLs and user.* attributes are upper's; marks of the overlay are not. 1: of a kind that is not applied (a
 * device, a socket). */
int lw_change_commit(const struct lw_changes *c, const struct lw_change *change, struct lw_err *err);
/* Takes out of upper what lower has, too, by now. */
int lw_changes_prune(struct lw_changes *c, struct lw_err *err);
/* Takes a path and what is below it out of upper; "" is everything. -ENOENT when upper has nothing there. */
int lw_changes_discard(struct lw_changes *c, const char *path, struct lw_err *err);

/* --- for the two files of this part --- */
#define LW_CHANGES_DEPTH 200 /* directories within one another; each takes two descriptors while it is walked */
/* Entries of a directory by name, without "." and ".."; both the array and the names are malloc'ed. */
struct lw_names_list {
	size_t n, cap;
	char **v;
};
int lw_dir_names(int dir, struct lw_names_list *ret);
void lw_names_list_done(struct lw_names_list *l);
/* A descriptor below dir: no link, no mount. */
int lw_beneath(int dir, const char *path, uint64_t flags);
bool lw_is_whiteout(const struct stat *st);
bool lw_is_opaque(const struct lw_changes *c, int dir);
/* Does upper's entry say no more than lower's? */
bool lw_same_entry(int upper, const struct stat *u, int lower, const struct stat *l, const char *name);
/* Calls back for the ACLs and each user.* attribute that is not the overlay's own; stops and returns what is not 0. */
int lw_user_attributes(int fd, int (*fn)(void *arg, const char *name, const void *value, size_t n), void *arg);

#endif
