/* safepath_child.c: what a path of the profile means inside the new root, for a rule that is about to allow it. A link
 * that somebody inside may have left there on an earlier run would choose what is allowed, so links are followed only
 * where nobody writes. Same rules as safepath.c. */
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include "safepath.h"
#include "sys.h"

#define LINKS 16

static bool same_fs(int dir, int fresh)
{
	struct stat a, b;
	return fresh >= 0 && fstat(dir, &a) == 0 && fstat(fresh, &b) == 0 && a.st_dev == b.st_dev;
}

/* In a file system that is mounted read-only, or in one that nobody has been in. */
static int settled(int dir, const int fresh[static 2])
{
	struct statfs fs;
	if (fstatfs(dir, &fs) < 0)
		return -errno;
	return fs.f_flags & ST_RDONLY || same_fs(dir, fresh[0]) || same_fs(dir, fresh[1]);
}

/* Puts a link's target before what is left of the path; 1 when it starts at the root. */
static int expand(int link, char path[static PATH_MAX], const char *rest)
{
	char target[PATH_MAX];
	size_t left = strlen(rest);
	long n = SYS(readlinkat, link, "", target, sizeof target);
	if (n < 0)
		return (int)n;
	if ((size_t)n + left >= PATH_MAX)
		return -ENAMETOOLONG;
	memmove(path + n, rest, left + 1);
	memcpy(path, target, (size_t)n);
	return target[0] == '/';
}

static int open_root(void)
{
	return sys_openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, 0);
}

/* The component at *at below dir, which is taken; *ret_link when it is a link. */
static int step(int dir, char **at, int *ret_link)
{
	struct stat st;
	char *slash = strchr(*at, '/'), *end = slash ? slash : *at + strlen(*at), was = *end;
	*end = 0;
	int fd = sys_openat2(dir, *at, O_PATH | O_NOFOLLOW, 0, 0);
	*end = was;
	*at = end;
	*ret_link = fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
	return fd;
}

int lw_safe_open_settled(const char *path, const int fresh[static 2])
{
	char buf[PATH_MAX], *at = buf;
	int dir = sys_openat2(AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_SYMLINKS), links = 0, link;
	if (dir != -ELOOP)
		return dir;
	if (strlen(path) >= sizeof buf)
		return -ENAMETOOLONG;
	memcpy(buf, path, strlen(path) + 1);
	dir = open_root();
	while (dir >= 0 && *at) {
		if (*at == '/') {
			at++;
			continue;
		}
		int next = step(dir, &at, &link);
		if (next < 0 || !link) {
			SYS(close, dir);
			dir = next;
			continue;
		}
		int r = ++links > LINKS ? 0 : settled(dir, fresh);
		if (r > 0)
			r = expand(next, buf, at);
		else if (r == 0)
			r = -ELOOP;
		at = buf;
		SYS(close, next);
		if (r != 0) {
			SYS(close, dir);
			dir = r < 0 ? r : open_root();
		}
	}
	return dir;
}
