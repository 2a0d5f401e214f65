/* child_nodes.c: see child_nodes.h. Must not know what the nodes are wanted for. */
#include "child_nodes.h"
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include "safepath.h"
#include "sys.h"

#define MAX_DEPTH 8

/* getdents64(2)'s record. */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short size;
	unsigned char type;
	char name[];
};

struct walk {
	lw_node_fn *fn;
	void *arg;
	dev_t fs;
	char below[PATH_MAX];
};

static int walk_dir(struct walk *w, int dir, size_t len, int depth);

static int visit(struct walk *w, int dir, const char *name, size_t len, int depth)
{
	struct stat st;
	size_t n = strlen(name);
	if (len + n + 2 > sizeof w->below)
		return -ENAMETOOLONG;
	w->below[len] = '/';
	memcpy(w->below + len + 1, name, n + 1);
	int fd = sys_openat2(dir, name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd == -ELOOP || fd == -ENOENT) /* a link, or gone meanwhile */
		return 0;
	if (fd < 0)
		return fd;
	int r = fstat(fd, &st) < 0 ? -errno : 0;
	if (r >= 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
		r = w->fn(w->arg, fd, w->below, &st);
	else if (r >= 0 && S_ISDIR(st.st_mode) && st.st_dev == w->fs) /* not the host's /dev/pts */
		r = walk_dir(w, fd, len + 1 + n, depth + 1);
	SYS(close, fd);
	return r;
}

/* dir: O_PATH; w->below[0..len) names it. */
static int walk_dir(struct walk *w, int dir, size_t len, int depth)
{
	union {
		char bytes[2048];
		struct entry align;
	} buf;
	if (depth > MAX_DEPTH)
		return -ELOOP;
	int fd = sys_openat2(dir, ".", O_RDONLY | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return fd;
	long n, r = 0;
	while (r == 0 && (n = SYS(getdents64, fd, buf.bytes, sizeof buf.bytes)) != 0) {
		r = n < 0 ? n : 0;
		for (long at = 0; at < n && r == 0;) {
			const struct entry *e = (const struct entry *)(const void *)(buf.bytes + at);
			at += e->size;
			if (strcmp(e->name, ".") != 0 && strcmp(e->name, "..") != 0 && e->type != DT_LNK)
				r = visit(w, fd, e->name, len, depth);
		}
	}
	SYS(close, fd);
	return (int)r;
}

int lw_nodes_walk(const char *path, lw_node_fn *fn, void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };
	struct stat st;
	int fd = lw_safe_open_host(path);
	if (fd < 0)
		return fd;
	int r = fstat(fd, &st) < 0 ? -errno : 0;
	w.fs = st.st_dev;
	if (r >= 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
		r = fn(arg, fd, "", &st);
	else if (r >= 0)
		r = S_ISDIR(st.st_mode) ? walk_dir(&w, fd, 0, 0) : -ENODEV;
	SYS(close, fd);
	return r;
}
