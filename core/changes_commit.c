/* changes_commit.c: applies what an overlay caught to its lower directory, and drops it. See changes.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include "base/cleanup.h"
#include "changes.h"
#include "sys.h"

/* The directory that holds the last component of path below dir. */
static int open_parent(int dir, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	_cleanup_free_ char *above = strndup(path, slash ? (size_t)(slash - path) : 0);
	return above ? lw_beneath(dir, above, O_RDONLY | O_DIRECTORY) : -ENOMEM;
}

/* Directories that lie too deep for one descent: moved up to `top`, to be removed from there. */
struct removal {
	int top;
	unsigned moved, done;
};

static void moved_name(char name[static 48], unsigned i)
{
	snprintf(name, 48, ".lunward-removed.%d.%u", (int)getpid(), i);
}

static int remove_at(struct removal *rm, int dir, const char *name, unsigned depth)
{
	_cleanup_(lw_names_list_done) struct lw_names_list l = { 0 };
	char up[48];
	if (unlinkat(dir, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth > LW_CHANGES_DEPTH) {
		moved_name(up, rm->moved++);
		return renameat(dir, name, rm->top, up) < 0 ? -errno : 0;
	}
	_cleanup_close_ int fd = lw_beneath(dir, name, O_RDONLY | O_DIRECTORY);
	int r = fd < 0 ? fd : lw_dir_names(fd, &l);
	for (size_t i = 0; i < l.n && r == 0; i++)
		r = remove_at(rm, fd, l.v[i], depth + 1);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

/* However deep: the sandbox may have made a tree only to be kept. */
static int remove_name(int dir, const char *name)
{
	struct removal rm = { .top = dir };
	char up[48];
	int r = remove_at(&rm, dir, name, 0);
	while (r == 0 && rm.done < rm.moved) {
		moved_name(up, rm.done++);
		r = remove_at(&rm, dir, up, 0);
	}
	return r;
}

static int set_attribute(void *arg, const char *name, const void *value, size_t n)
{
	return fsetxattr(*(int *)arg, name, value, n, 0) < 0 ? -errno : 0;
}

/* Owner first: changing it clears set-id bits, which are not given back. */
static int copy_meta(int from, int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 01777) < 0)
		return -errno;
	int r = lw_user_attributes(from, set_attribute, &to);
	return r < 0 ? r : futimens(to, times) < 0 ? -errno : 0;
}

/* One extent; the offset is moved on. */
static int copy_extent(int from, int to, off_t *at, off_t end)
{
	char buf[65536];
	ssize_t n = 1;
	off_t out = *at;
	while (*at < end && (n = copy_file_range(from, at, to, &out, (size_t)(end - *at), 0)) > 0)
		;
	while (*at < end && n != 0 && (n = pread(from, buf, sizeof buf, *at)) > 0) {
		if (pwrite(to, buf, (size_t)n, *at) != n)
			return errno ? -errno : -EIO;
		*at += n;
	}
	return n < 0 ? -errno : 0;
}

/* Holes stay holes: a file that took nothing to make inside must not fill the disk outside. */
static int copy_bytes(int from, int to, off_t size)
{
	off_t at = 0, end;
	int r = ftruncate(to, size) < 0 ? -errno : 0;
	while (r == 0 && at < size && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, at, SEEK_HOLE);
		r = end < 0 ? -errno : copy_extent(from, to, &at, end);
		if (at < end) /* it became shorter meanwhile */
			break;
	}
	return r < 0 ? r : at < 0 && errno != ENXIO ? -errno : 0;
}

static int make_file(int from_dir, const char *name, int dir, const char *temporary, const struct stat *st)
{
	struct stat now;
	_cleanup_close_ int from = lw_beneath(from_dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (from < 0 || fstat(from, &now) < 0)
		return from < 0 ? from : -errno;
	if (!S_ISREG(now.st_mode))
		return -ESTALE;
	_cleanup_close_ int to = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	int r = copy_bytes(from, to, now.st_size);
	if (r == 0)
		r = copy_meta(from, to, st);
	return r < 0 ? r : fsync(to) < 0 ? -errno : 0;
}

static int make_link(int from_dir, const char *name, int dir, const char *temporary, const struct stat *st)
{
	char target[4096];
	ssize_t n = readlinkat(from_dir, name, target, sizeof target - 1);
	if (n < 0)
		return -errno;
	target[n] = 0;
	if (symlinkat(target, dir, temporary) < 0)
		return -errno;
	return fchownat(dir, temporary, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* By descriptor, and only when it is the one just made: who may write in the directory can put a link in its place. */
static int make_fifo(int dir, const char *temporary, const struct stat *st)
{
	struct stat made;
	if (mkfifoat(dir, temporary, 0600) < 0)
		return -errno;
	_cleanup_close_ int fd = lw_beneath(dir, temporary, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &made) < 0)
		return fd < 0 ? fd : -errno;
	if (!S_ISFIFO(made.st_mode) || made.st_nlink != 1)
		return -ESTALE;
	return fchown(fd, st->st_uid, st->st_gid) < 0 || fchmod(fd, st->st_mode & 01777) < 0 ? -errno : 0;
}

/* A new file in the place of the old one: whoever opens the name sees the one or the other. */
static int replace(int from_dir, int dir, const char *name, const struct stat *st)
{
	char temporary[64];
	struct stat old;
	snprintf(temporary, sizeof temporary, ".lunward-commit.%d", (int)getpid());
	int r = S_ISREG(st->st_mode)   ? make_file(from_dir, name, dir, temporary, st)
		: S_ISLNK(st->st_mode) ? make_link(from_dir, name, dir, temporary, st)
				       : make_fifo(dir, temporary, st);
	if (r == 0 && fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(old.st_mode))
		r = remove_name(dir, name);
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = -errno;
	if (r < 0 && r != -EEXIST)
		unlinkat(dir, temporary, 0);
	return r;
}

static int make_dir(int from_dir, int dir, const char *name, const struct stat *st)
{
	struct stat old;
	bool there = fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW) == 0;
	int r = there && !S_ISDIR(old.st_mode) ? remove_name(dir, name) : 0;
	if (r == 0 && mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r < 0)
		return r;
	_cleanup_close_ int from = lw_beneath(from_dir, name, O_RDONLY | O_DIRECTORY);
	_cleanup_close_ int to = lw_beneath(dir, name, O_RDONLY | O_DIRECTORY);
	return from < 0 ? from : to < 0 ? to : copy_meta(from, to, st);
}

int lw_change_commit(const struct lw_changes *c, const struct lw_change *change, struct lw_err *err)
{
	const char *name;
	const struct stat *st = &change->st;
	_cleanup_close_ int to = open_parent(c->lower, change->path, &name);
	int r = to < 0 ? to : 0;
	if (r == 0 && change->kind == LW_CHANGE_DELETED) {
		r = remove_name(to, name);
	} else if (r == 0) {
		_cleanup_close_ int from = open_parent(c->upper, change->path, &name);
		if (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode) && !S_ISDIR(st->st_mode) && !S_ISFIFO(st->st_mode))
			return 1;
		r = from < 0 ? from : S_ISDIR(st->st_mode) ? make_dir(from, to, name, st) : replace(from, to, name, st);
	}
	if (r < 0) {
		lw_fail(err, r, "'%s': %s", change->path, strerror(-r));
		if (r == -EPERM)
			lw_err_hint(err, "owners other than the caller can be set by root only");
		else if (r == -ENOENT)
			lw_err_hint(err, "the directory it lies in must be committed, too");
	}
	return r;
}

/* Is nothing left in upper's directory that lower does not have? Removes what is the same on the way, but nothing in a
 * directory that replaces lower's: without its own entries that one would hide lower's. */
static int prune(const struct lw_changes *c, int upper, int lower, bool opaque, bool *ret_empty, unsigned depth)
{
	_cleanup_(lw_names_list_done) struct lw_names_list names = { 0 };
	int r = depth > LW_CHANGES_DEPTH ? -ELOOP : lw_dir_names(upper, &names);
	*ret_empty = true;
	for (size_t i = 0; i < names.n && r == 0; i++) {
		const char *name = names.v[i];
		struct stat u, l;
		bool gone = false;
		if (fstatat(upper, name, &u, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		bool below = fstatat(lower, name, &l, AT_SYMLINK_NOFOLLOW) == 0;
		if (lw_is_whiteout(&u)) {
			gone = !below;
		} else if (below && lw_same_entry(upper, &u, lower, &l, name)) {
			gone = !S_ISDIR(u.st_mode);
			if (!gone) {
				_cleanup_close_ int in = lw_beneath(upper, name, O_RDONLY | O_DIRECTORY);
				_cleanup_close_ int at = lw_beneath(lower, name, O_RDONLY | O_DIRECTORY);
				struct lw_names_list mine = { 0 }, theirs = { 0 };
				r = in < 0   ? in
				    : at < 0 ? at
					     : prune(c, in, at, opaque || lw_is_opaque(c, in), &gone, depth + 1);
				/* One that replaces lower's must have the same names, too. */
				if (r == 0 && gone && (opaque || lw_is_opaque(c, in))) {
					r = lw_dir_names(in, &mine);
					if (r == 0)
						r = lw_dir_names(at, &theirs);
					gone = r == 0 && mine.n == theirs.n;
				}
				lw_names_list_done(&mine);
				lw_names_list_done(&theirs);
			}
		}
		if (r == 0 && gone && !opaque)
			r = remove_name(upper, name);
		*ret_empty = *ret_empty && gone;
	}
	return r;
}

int lw_changes_prune(struct lw_changes *c, struct lw_err *err)
{
	bool empty;
	int r = c->upper < 0 ? 0 : prune(c, c->upper, c->lower, lw_is_opaque(c, c->upper), &empty, 0);
	return r < 0 ? lw_fail(err, r, "dropping what is committed: %s", strerror(-r)) : 0;
}

int lw_changes_discard(struct lw_changes *c, const char *path, struct lw_err *err)
{
	_cleanup_(lw_names_list_done) struct lw_names_list names = { 0 };
	const char *name;
	if (c->upper < 0)
		return lw_fail(err, -ENOENT, "nothing is kept");
	_cleanup_close_ int dir =
		*path ? open_parent(c->upper, path, &name) : lw_beneath(c->upper, "", O_RDONLY | O_DIRECTORY);
	int r = dir < 0 ? dir : 0;
	if (r == 0 && *path)
		r = remove_name(dir, name);
	else if (r == 0)
		r = lw_dir_names(dir, &names);
	for (size_t i = 0; i < names.n && r == 0; i++)
		r = remove_name(dir, names.v[i]);
	return r < 0 ? lw_fail(err, r, "'%s': %s", path, strerror(-r)) : 0;
}
