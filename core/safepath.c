/* safepath.c: see safepath.h. Everything here must stay free of malloc, stdio and locale. */
#include <limits.h>
#include <string.h>
#include "safepath.h"
#include "sys.h"

#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

int lw_safe_open_host(const char *path)
{
	return sys_openat2(AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);
}

/* Names are components here: one that climbs would leave the root, for openat(2) alone does not know where that is. */
static int climbs(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* One component below dirfd that must not be a link; made when missing. Another process may make it between our two
 * calls: EEXIST is then fine, for what is opened afterwards is checked by O_NOFOLLOW | O_DIRECTORY. */
static int descend(int dirfd, const char *name, uint32_t mode)
{
	int r = climbs(name) ? -EINVAL : (int)SYS(mkdirat, dirfd, name, mode);
	if (r < 0 && r != -EEXIST)
		return r;
	return (int)SYS(openat, dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

static int make_file(int dirfd, const char *name, uint32_t mode)
{
	int fd = (int)SYS(openat, dirfd, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 && fd != -EEXIST)
		return fd;
	if (fd >= 0)
		SYS(close, fd);
	return (int)SYS(openat, dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
}

/* Opens the directory that holds the last component; missing directories are made. *ret_name points into buf. */
static int open_parent(int rootfd, const char *path, uint64_t resolve, char buf[static PATH_MAX], const char **ret_name)
{
	size_t len = strlen(path);
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(buf, path, len + 1);
	while (len > 0 && buf[len - 1] == '/')
		buf[--len] = 0;
	char *last = strrchr(buf, '/');
	*ret_name = last ? last + 1 : buf;
	if (!**ret_name || climbs(*ret_name))
		return -EINVAL;
	if (!last || last == buf)
		return sys_openat2(rootfd, ".", O_PATH | O_DIRECTORY, 0, IN_ROOT);
	*last = 0;
	int fd = sys_openat2(rootfd, buf, O_PATH | O_DIRECTORY, 0, resolve);
	if (fd != -ENOENT)
		return fd;
	/* Some of it is missing: the longest existing prefix through openat2, the rest made one by one. */
	fd = sys_openat2(rootfd, ".", O_PATH | O_DIRECTORY, 0, IN_ROOT);
	int missing = 0;
	for (char *p = buf, *end; fd >= 0 && p; p = end) {
		while (*p == '/')
			p++;
		end = strchr(p, '/');
		if (end)
			*end = 0;
		int next = -ENOENT;
		if (!missing)
			next = sys_openat2(rootfd, buf, O_PATH | O_DIRECTORY, 0, resolve);
		if (next == -ENOENT) {
			missing = 1;
			next = descend(fd, p, 0755);
		}
		if (end)
			*end++ = '/';
		SYS(close, fd);
		fd = next;
	}
	return fd;
}

int lw_safe_target(int rootfd, const char *path, int flags, uint32_t mode)
{
	char buf[PATH_MAX];
	const char *name;
	uint64_t resolve = IN_ROOT | (flags & LW_SAFE_NO_SYMLINK ? RESOLVE_NO_SYMLINKS : 0);
	while (*path == '/')
		path++;
	/* A new name right in the root, the common case, needs no second look: making it says that it was not there. */
	if ((flags & (LW_SAFE_DIR | LW_SAFE_EXISTING)) == LW_SAFE_DIR && *path && !strchr(path, '/') &&
	    SYS(mkdirat, rootfd, path, mode ? mode : 0755) == 0)
		return (int)SYS(openat, rootfd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (!*path)
		path = ".";
	int fd = sys_openat2(rootfd, path, O_PATH | (flags & LW_SAFE_DIR ? O_DIRECTORY : 0), 0, resolve);
	if (fd != -ENOENT || (flags & LW_SAFE_EXISTING))
		return fd;
	int parent = open_parent(rootfd, path, resolve, buf, &name);
	if (parent < 0)
		return parent;
	fd = flags & LW_SAFE_DIR ? descend(parent, name, mode ? mode : 0755)
				 : make_file(parent, name, mode ? mode : 0644);
	SYS(close, parent);
	return fd;
}

int lw_safe_create(int rootfd, const char *path, uint32_t mode)
{
	char buf[PATH_MAX];
	const char *name;
	int parent = open_parent(rootfd, path, IN_ROOT, buf, &name);
	if (parent < 0)
		return parent;
	int fd = (int)SYS(openat, parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
	SYS(close, parent);
	return fd;
}

int lw_safe_symlink(int rootfd, const char *path, const char *target)
{
	char buf[PATH_MAX], there[PATH_MAX];
	const char *name;
	int parent = open_parent(rootfd, path, IN_ROOT, buf, &name);
	if (parent < 0)
		return parent;
	int r = (int)SYS(symlinkat, target, parent, name);
	/* One like it is left by an earlier run, where the root is kept. */
	if (r == -EEXIST && SYS(readlinkat, parent, name, there, sizeof there) == (long)strlen(target) &&
	    !memcmp(there, target, strlen(target)))
		r = 0;
	SYS(close, parent);
	return r;
}

int lw_safe_reopen(int fd, int flags)
{
	char name[32] = "/proc/self/fd/", digits[12];
	size_t n = 0, at = strlen(name);
	for (int v = fd; v || !n; v /= 10)
		digits[n++] = (char)('0' + v % 10);
	while (n)
		name[at++] = digits[--n];
	name[at] = 0;
	return (int)SYS(openat, AT_FDCWD, name, flags | O_CLOEXEC, 0);
}

int lw_safe_open_read(int rootfd, const char *path)
{
	struct stat st;
	int fd = sys_openat2(rootfd, path, O_PATH, 0, IN_ROOT);
	if (fd < 0)
		return fd;
	int r = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? -EINVAL
							   : lw_safe_reopen(fd, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	SYS(close, fd);
	return r;
}

int lw_safe_open_proc(int procfd, const char *path, int flags)
{
	return sys_openat2(procfd, path, (uint64_t)flags, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);
}

int lw_safe_tree(int fd, uint64_t attributes, int flags)
{
	unsigned rec = flags & LW_TREE_RECURSIVE ? AT_RECURSIVE : 0;
	int tree = sys_open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | rec);
	if (tree < 0)
		return tree;
	/* Never shared: a copy of a shared mount is its peer, and what we mount inside would appear on the host. */
	int r = sys_mount_setattr(tree, rec, attributes, 0, flags & LW_TREE_SLAVE ? MS_SLAVE : MS_PRIVATE, -1);
	if (r < 0) {
		SYS(close, tree);
		return r;
	}
	return tree;
}

int lw_safe_new_fs(const char *type, const char *options, uint64_t attributes)
{
	char buf[512];
	size_t len = options ? strlen(options) : 0;
	int fs, r = 0, mnt;
	if (len >= sizeof buf)
		return -E2BIG;
	if (len)
		memcpy(buf, options, len);
	buf[len] = 0;
	fs = (int)SYS(fsopen, type, FSOPEN_CLOEXEC);
	if (fs < 0)
		return fs;
	for (char *p = buf, *end; *p && r >= 0; p = end) {
		end = strncmp(p, "context=", 8) ? strchr(p, ',') : NULL; /* a label has commas of its own */
		if (end)
			*end++ = 0;
		else
			end = buf + len;
		char *value = strchr(p, '=');
		if (value)
			*value++ = 0;
		r = (int)SYS(fsconfig, fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, p, value, 0);
	}
	if (r >= 0)
		r = (int)SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mnt = r < 0 ? r : (int)SYS(fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
	SYS(close, fs);
	return mnt;
}
