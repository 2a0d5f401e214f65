/* tree.c: see tree.h. */
#include "tree.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "safepath.h"
#include "safepath_walk.h"
#include "sys.h"

#define SET_ID 06000U

static int world(struct lw_err *err, const char *path, int code)
{
	return lw_fail(err, code, "%s: %s", *path ? path : ".", strerror(-code));
}

int tree_clean(const char *path, char ret[static 4096], struct lw_err *err)
{
	size_t len = 0, depth = 0;
	if (*path == '/')
		return lw_fail(err, -EINVAL, "%s: an absolute path", path);
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return lw_fail(err, -EINVAL, "%s: a path with \"..\"", path);
		if (n > NAME_MAX || len + n + 2 > 4096 || depth == TREE_DEPTH)
			return lw_fail(err, -ENAMETOOLONG, "%.60s…: a path that is too long or too deep", path);
		if (n && !(n == 1 && p[0] == '.')) {
			if (len)
				ret[len++] = '/';
			memcpy(ret + len, p, n);
			len += n;
			depth++;
		}
		p += n;
		p += *p == '/';
	}
	ret[len] = 0;
	return 0;
}

static int charge(struct tree *t, int64_t files, struct lw_err *err)
{
	if (files > t->files - t->used_files)
		return lw_fail(err, -E2BIG, "more than %lld files", (long long)t->files);
	t->used_files += files;
	return 0;
}

int tree_grow(struct tree *t, int64_t from, int64_t to, struct lw_err *err)
{
	if (to <= from)
		return 0;
	if (to - from > t->size - t->used_size)
		return lw_fail(err, -EFBIG, "more than %lld bytes", (long long)t->size);
	t->used_size += to - from;
	return 0;
}

static bool same(int a, int b)
{
	struct stat x, y;
	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Is the directory further below the root than any path may be? Links after links could lead as deep as they like. */
static bool too_deep(const struct tree *t, int dir)
{
	int at = (int)SYS(fcntl, dir, F_DUPFD_CLOEXEC, 3), depth = 0;
	while (at >= 0 && !same(at, t->root) && depth++ < TREE_DEPTH) {
		int up = (int)SYS(openat, at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		SYS(close, at);
		at = up;
	}
	if (at >= 0)
		SYS(close, at);
	return at < 0 || depth > TREE_DEPTH;
}

/* The directory that holds the last component, made where it is missing; links on the way are followed inside the root
 * as the image's own programs would. *ret_name points into path. */
static int parent(struct tree *t, char path[static 4096], const char **ret_name, struct lw_err *err)
{
	char *slash = strrchr(path, '/');
	const char *dir = slash ? path : ".";
	int64_t depth = 0;
	*ret_name = slash ? slash + 1 : path;
	if (slash)
		*slash = 0;
	int fd = lw_safe_target(t->root, dir, LW_SAFE_DIR | LW_SAFE_EXISTING | LW_SAFE_NO_SYMLINK, 0);
	bool linked = fd == -ELOOP;
	if (linked)
		fd = lw_safe_target(t->root, dir, LW_SAFE_DIR | LW_SAFE_EXISTING, 0);
	if (fd == -ENOENT) {
		for (const char *p = dir; p; p = strchr(p + 1, '/'))
			depth++;
		int r = charge(t, depth, err);
		if (r < 0)
			return r;
		fd = lw_safe_target(t->root, dir, LW_SAFE_DIR, 0755);
	}
	if (fd >= 0 && linked && too_deep(t, fd)) {
		SYS(close, fd);
		return lw_fail(err, -ENAMETOOLONG, "%.60s…: links that lead too deep", path);
	}
	return fd < 0 ? world(err, path, fd) : fd;
}

static int remove_entry(void *arg, const struct lw_walk_entry *e)
{
	const bool *below = arg;
	if (e->dir < 0)
		return 0;
	int r = (int)SYS(unlinkat, e->dir, e->name, S_ISDIR(e->st.st_mode) ? AT_REMOVEDIR : 0);
	return r == -ENOENT && *below ? 0 : r;
}

/* What has this name in dir, whatever it is. */
static int remove_name(int dir, const char *name, bool below)
{
	int r = below ? -EISDIR : (int)SYS(unlinkat, dir, name, 0);
	if (r != -EISDIR && r != -EPERM)
		return r == -ENOENT ? 0 : r;
	_cleanup_close_ int fd = (int)SYS(openat, dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd == -ENOENT || (below && fd == -ENOTDIR) ? 0 : fd;
	struct lw_walk w = { .entry = remove_entry, .arg = &below };
	r = lw_safe_walk(&w, fd);
	return r < 0 || below ? r : (int)SYS(unlinkat, dir, name, AT_REMOVEDIR);
}

int tree_remove(struct tree *t, const char *path, bool below, struct lw_err *err)
{
	char clean[4096];
	const char *name;
	int r = tree_clean(path, clean, err);
	if (r < 0)
		return r;
	if (!*clean) {
		struct lw_walk w = { .entry = remove_entry, .arg = &below };
		r = below ? lw_safe_walk(&w, t->root) : -EINVAL;
		return r < 0 ? world(err, path, r) : 0;
	}
	char *slash = strrchr(clean, '/');
	name = slash ? slash + 1 : clean;
	if (slash)
		*slash = 0;
	_cleanup_close_ int dir = lw_safe_target(t->root, slash ? clean : ".", LW_SAFE_DIR | LW_SAFE_EXISTING, 0);
	if (dir == -ENOENT || dir == -ENOTDIR)
		return 0;
	r = dir < 0 ? dir : remove_name(dir, name, below);
	return r < 0 ? world(err, path, r) : 0;
}

/* Set-id bits are for the owner that the archive says. Where that one cannot be given, the file is somebody else's, and
 * it loses them. */
static int finish(struct tree *t, int fd, const struct tree_meta *m, bool dir)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, m->mtime };
	uint32_t mode = m->mode & 07777;
	int r = t->keep_owners && m->uid >= 0 && m->uid <= UINT32_MAX - 1 && m->gid >= 0 && m->gid <= UINT32_MAX - 1
			? (int)SYS(fchown, fd, (uint32_t)m->uid, (uint32_t)m->gid)
			: -EINVAL;
	if (r == -EINVAL || r == -EPERM) {
		if (!dir)
			mode &= ~SET_ID;
		r = 0;
	}
	/* One who has no rights over other owners must be able to remove what is in it. */
	if (dir && !t->keep_owners)
		mode |= 0700;
	if (r >= 0)
		r = (int)SYS(fchmod, fd, mode);
	if (r >= 0 && !dir && m->mtime.tv_sec && futimens(fd, times) < 0)
		r = -errno;
	return r;
}

int tree_dir(struct tree *t, const char *path, const struct tree_meta *m, struct lw_err *err)
{
	char clean[4096];
	const char *name = ".";
	int r = tree_clean(path, clean, err);
	if (r < 0)
		return r;
	_cleanup_close_ int dir = *clean ? parent(t, clean, &name, err) : (int)SYS(fcntl, t->root, F_DUPFD_CLOEXEC, 3);
	if (dir < 0)
		return dir;
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int fd = (int)SYS(openat, dir, name, flags, 0);
	if (fd == -ENOTDIR || fd == -ELOOP || fd == -ENOENT) {
		r = charge(t, 1, err);
		if (r < 0)
			return r;
		r = fd == -ENOENT ? 0 : remove_name(dir, name, false);
		if (r >= 0)
			r = (int)SYS(mkdirat, dir, name, 0700);
		fd = r < 0 ? r : (int)SYS(openat, dir, name, flags, 0);
	}
	r = fd < 0 ? fd : finish(t, fd, m, true);
	return r < 0 ? world(err, path, r) : 0;
}

/* A place for something new; what has the name already is removed. */
static int place(struct tree *t, const char *path, char clean[static 4096], const char **ret_name, struct lw_err *err)
{
	int r = tree_clean(path, clean, err);
	if (r >= 0 && !*clean)
		r = lw_fail(err, -EINVAL, "%s: the root cannot be anything but a directory", path);
	if (r >= 0)
		r = charge(t, 1, err);
	if (r < 0)
		return r;
	int dir = parent(t, clean, ret_name, err);
	r = dir < 0 ? dir : remove_name(dir, *ret_name, false);
	if (dir >= 0 && r < 0) {
		SYS(close, dir);
		return world(err, path, r);
	}
	return dir;
}

int tree_file(struct tree *t, const char *path, int *ret_fd, struct lw_err *err)
{
	char clean[4096];
	const char *name;
	_cleanup_close_ int dir = place(t, path, clean, &name, err);
	if (dir < 0)
		return dir;
	int fd = (int)SYS(openat, dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return world(err, path, fd);
	*ret_fd = fd;
	return 0;
}

int tree_file_end(struct tree *t, int fd, const struct tree_meta *m)
{
	return finish(t, fd, m, false);
}

int tree_symlink(struct tree *t, const char *path, const char *target, const struct tree_meta *m, struct lw_err *err)
{
	char clean[4096];
	const char *name;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, m->mtime };
	_cleanup_close_ int dir = place(t, path, clean, &name, err);
	if (dir < 0)
		return dir;
	int r = *target ? (int)SYS(symlinkat, target, dir, name) : -EINVAL;
	if (r < 0)
		return world(err, path, r);
	/* Whose a link is matters to nobody but sticky directories. */
	if (t->keep_owners && m->uid >= 0 && m->uid <= UINT32_MAX - 1 && m->gid >= 0 && m->gid <= UINT32_MAX - 1)
		SYS(fchownat, dir, name, (uint32_t)m->uid, (uint32_t)m->gid, AT_SYMLINK_NOFOLLOW);
	SYS(utimensat, dir, name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

int tree_hardlink(struct tree *t, const char *path, const char *target, struct lw_err *err)
{
	char clean[4096], source[4096];
	const char *name, *source_name;
	struct stat st;
	int r = tree_clean(target, source, err);
	if (r < 0)
		return r;
	char *slash = strrchr(source, '/');
	source_name = slash ? slash + 1 : source;
	if (slash)
		*slash = 0;
	_cleanup_close_ int from = lw_safe_target(t->root, slash ? source : ".", LW_SAFE_DIR | LW_SAFE_EXISTING, 0);
	if (from >= 0 && fstatat(from, source_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	if (from < 0 || r < 0)
		return lw_fail(err, from < 0 ? from : r, "%s: a link to %s, which is not there", path, target);
	if (S_ISDIR(st.st_mode))
		return lw_fail(err, -EPERM, "%s: a hard link to the directory %s", path, target);
	_cleanup_close_ int dir = place(t, path, clean, &name, err);
	if (dir < 0)
		return dir;
	r = (int)SYS(linkat, from, source_name, dir, name, 0);
	return r < 0 ? lw_fail(err, r, "%s: a link to %s: %s", path, target, strerror(-r)) : 0;
}
