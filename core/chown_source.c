/* chown_source.c: which directories may be re-owned, and the operation that does it to the source of a bind. */
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "chown.h"
#include "plan.h"
#include "safepath_walk.h"

/* Directories that many own things in: not one of them is somebody's to give, what is below may be. Arrays, not
 * pointers: a launch reads them. */
static const char shared[][12] = {
	"/",    "/home", "/root",  "/var", "/var/lib", "/var/log",  "/var/tmp", "/var/cache",
	"/srv", "/mnt",  "/media", "/opt", "/run",     "/run/user", "/tmp",     "/var/spool"
};
/* The system's, with all that is below. */
static const char system_dirs[][12] = { "/usr",    "/bin",  "/sbin", "/lib", "/lib32", "/lib64",
					"/libx32", "/boot", "/etc",  "/dev", "/proc",  "/sys" };

static const char *forbid_shared(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(shared); i++)
		if (!strcmp(path, shared[i]))
			return "others have files in it";
	const char *home = strncmp(path, "/home/", 6) ? NULL : path + 6;
	return home && !strchr(home, '/') ? "it is somebody's home" : NULL;
}

const char *lw_chown_forbidden(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(system_dirs); i++) {
		size_t n = strlen(system_dirs[i]);
		if (!strncmp(path, system_dirs[i], n) && (!path[n] || path[n] == '/'))
			return "it is the system's";
	}
	return forbid_shared(path);
}

/* The same by what it is: a bind mount gives a directory a second name. */
static const char *forbid_inode(const struct stat *st)
{
	struct stat other;
	for (size_t i = 0; i < ARRAY_LEN(shared) + ARRAY_LEN(system_dirs); i++) {
		const char *path = i < ARRAY_LEN(shared) ? shared[i] : system_dirs[i - ARRAY_LEN(shared)];
		if (!stat(path, &other) && other.st_dev == st->st_dev && other.st_ino == st->st_ino)
			return lw_chown_forbidden(path);
	}
	return NULL;
}

static int refuse(const char *path, const char *why, struct lw_err *err)
{
	lw_fail_as(err, LW_ERR_POLICY, -EPERM, "'%s' cannot be re-owned: %s", path, why);
	lw_err_hint(err, "name a directory of its own; idmap on a bind translates owners and changes no file");
	return -EPERM;
}

int lw_chown_open(const char *path, int *ret_fd, struct lw_err *err)
{
	struct stat st;
	const char *why = lw_chown_forbidden(path);
	if (why)
		return refuse(path, why, err);
	_cleanup_close_ int fd = lw_safe_open_straight(path);
	if (fd == -ELOOP) {
		lw_fail(err, fd, "'%s': a link is on the way, and none is followed when owners change", path);
		lw_err_hint(err, "write the path that it leads to; see realpath(1)");
		return fd;
	}
	if (fd < 0)
		return lw_fail(err, fd, "'%s': %s", path, strerror(-fd));
	if (fstat(fd, &st) < 0)
		return lw_fail(err, -errno, "'%s': %s", path, strerror(errno));
	why = forbid_inode(&st);
	if (why)
		return refuse(path, why, err);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int lw_chown_source(const struct lw_op *op, int fd, uint32_t lease_first, struct lw_err *err)
{
	struct stat mine, theirs;
	_cleanup_close_ int straight = -1;
	uint32_t base = op->str[1] ? lease_first : 0;
	struct lw_chown c = {
		.uid = base + (uint32_t)op->num[1],
		.gid = base + (uint32_t)op->num[2],
		.root = base + (uint32_t)op->num[3],
	};
	if (fd < 0) /* optional, and missing */
		return 0;
	int r = lw_chown_open(op->str[0], &straight, err);
	if (r < 0)
		return r;
	if (fstat(fd, &mine) < 0 || fstat(straight, &theirs) < 0)
		return lw_fail(err, -errno, "'%s': %s", op->str[0], strerror(errno));
	if (mine.st_dev != theirs.st_dev || mine.st_ino != theirs.st_ino)
		return lw_fail(err, -ESTALE, "'%s' changed while it was opened", op->str[0]);
	return lw_chown_tree(fd, op->str[0], &c, err);
}
