/* safepath_walk.c: see safepath_walk.h. It opens and looks; what is done to an entry is the caller's.
 * ".." is never opened: a directory that was moved away in the middle leads nowhere but down into itself. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "safepath_walk.h"
#include "sys.h"

#define NAMES_SIZE 8192

struct walker {
	struct lw_walk *w;
	unsigned depth;
	size_t len; /* of path */
	char path[1024];
};

int lw_safe_open_straight(const char *path)
{
	return sys_openat2(AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static int failed(struct walker *k, int r)
{
	const char *path = k->len ? k->path : ".";
	size_t n = strnlen(path, sizeof k->w->failed - 1);
	memcpy(k->w->failed, path, n);
	k->w->failed[n] = 0;
	return r;
}

/* Appends "/name" and returns the length before; the path is cut where it would not fit. */
static size_t enter(struct walker *k, const char *name)
{
	size_t before = k->len;
	int n = snprintf(k->path + k->len, sizeof k->path - k->len, "%s%s", k->len ? "/" : "", name);
	if (n > 0)
		k->len += (size_t)n < sizeof k->path - k->len ? (size_t)n : sizeof k->path - 1 - k->len;
	return before;
}

static void leave(struct walker *k, size_t before)
{
	k->len = before;
	k->path[before] = 0;
}

static int open_entry(const struct walker *k, int dir, const char *name)
{
	uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   (k->w->cross_mounts ? 0 : RESOLVE_NO_XDEV);
	int fd;
	do
		fd = sys_openat2(dir, name, O_PATH | O_NOFOLLOW, 0, resolve);
	while (fd == -EAGAIN); /* a rename somewhere on this machine at that moment */
	return fd;
}

static int walk_names(struct walker *k, int fd, uint64_t self);

static int walk_entry(struct walker *k, int fd, int dir, const char *name, uint64_t parent)
{
	struct lw_walk_entry e = { .fd = fd, .dir = dir, .name = name, .parent = parent };
	if (fstat(fd, &e.st) < 0)
		return failed(k, -errno);
	if (S_ISDIR(e.st.st_mode)) {
		if (k->depth == LW_WALK_DEPTH)
			return failed(k, -ELOOP);
		k->depth++;
		int r = walk_names(k, fd, e.st.st_ino);
		k->depth--;
		if (r != 0)
			return r;
		if (fstat(fd, &e.st) < 0)
			return failed(k, -errno);
	}
	e.path = k->len ? k->path : ".";
	int r = k->w->entry(k->w->arg, &e);
	return r < 0 ? failed(k, r) : r;
}

static int walk_name(struct walker *k, int dir, const char *name, uint64_t parent)
{
	if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
		return 0;
	_cleanup_close_ int fd = open_entry(k, dir, name);
	if (fd == -EXDEV)
		k->w->mounts++;
	if (fd == -ENOENT || fd == -EXDEV)
		return 0;
	size_t before = enter(k, name);
	int r = fd < 0 ? failed(k, fd) : walk_entry(k, fd, dir, name, parent);
	leave(k, before);
	return r;
}

/* The names in the directory fd. A removed one has none and cannot be opened. */
static int walk_names(struct walker *k, int fd, uint64_t self)
{
	_cleanup_close_ int dir = (int)SYS(openat, fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	_cleanup_free_ char *names = malloc(NAMES_SIZE);
	if (dir == -ENOENT)
		return 0;
	if (dir < 0 || !names)
		return failed(k, dir < 0 ? dir : -ENOMEM);
	for (;;) {
		long n = SYS(getdents64, dir, names, NAMES_SIZE);
		if (n <= 0)
			return n < 0 && n != -ENOENT ? failed(k, (int)n) : 0;
		for (long at = 0; at < n;) {
			const struct dirent64 *d = (const void *)(names + at);
			int r = walk_name(k, dir, d->d_name, self);
			if (r != 0)
				return r;
			at += d->d_reclen;
		}
	}
}

int lw_safe_walk(struct lw_walk *w, int fd)
{
	struct walker k = { .w = w };
	w->mounts = 0;
	w->failed[0] = 0;
	return walk_entry(&k, fd, -1, ".", 0);
}
