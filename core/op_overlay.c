/* op_overlay.c: the host side of an overlay whose changes are kept: the directories they are kept in are made where
 * they are missing, and held, for two writers at once would leave the kernel's layers undefined. */
#include <string.h>
#include <sys/file.h>
#include "base/cleanup.h"
#include "op_host.h"
#include "overlay.h"
#include "safepath.h"
#include "sys.h"

/* What a sandbox may write with ids that mean something outside, a set-user-ID program too, is for nobody else to
 * execute: not for those whom the mode lets in, and not for an owner who may change the mode. */
static int only_ours(int fd, const char *path, struct lw_err *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return lw_fail(err, -errno, "'%s': %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return lw_fail(err, -ENOTDIR, "'%s': %s", path, strerror(ENOTDIR));
	bool ours = st.st_uid == (uid_t)SYS(geteuid);
	if (ours && !(st.st_mode & 0011))
		return 0;
	lw_fail(err, -EPERM, "'%s' %s, and programs made inside would lie in it", path,
		ours ? "is open to other users" : "is another user's");
	if (ours)
		lw_err_hint(err, "chmod 700 '%s'", path);
	else
		lw_err_hint(err, "keep changes below a directory of your own: mkdir -m 700 DIR");
	return -EPERM;
}

/* The name below the directory that is open; a new one has the lower directory's owner and mode, for it stands for it
 * inside. An O_PATH descriptor. */
static int keep_dir(int dir, const char *name, const struct stat *like)
{
	int fd = lw_safe_target(dir, name, LW_SAFE_DIR | LW_SAFE_NO_SYMLINK | LW_SAFE_EXISTING, 0);
	if (fd != -ENOENT)
		return fd;
	fd = lw_safe_target(dir, name, LW_SAFE_DIR | LW_SAFE_NO_SYMLINK, 0700);
	if (fd < 0 || !like)
		return fd;
	/* Without root an owner other than the caller cannot be given; it is nobody inside then. */
	SYS(fchownat, fd, "", like->st_uid, like->st_gid, AT_EMPTY_PATH);
	int opened = (int)SYS(openat, fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int r = opened < 0 ? opened : (int)SYS(fchmod, opened, like->st_mode & 07777);
	if (opened >= 0)
		SYS(close, opened);
	if (r >= 0)
		return fd;
	SYS(close, fd);
	return r;
}

static int hold(struct lw_host_state *st, int fd)
{
	int opened = (int)SYS(openat, fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int r = opened < 0 ? opened : st->n_held >= LW_HOST_HELD ? -E2BIG : (int)SYS(flock, opened, LOCK_EX | LOCK_NB);
	if (r < 0 && opened >= 0)
		SYS(close, opened);
	if (r >= 0)
		st->held[st->n_held++] = opened;
	return r;
}

int lw_host_overlay_keep(const struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	const char *above = op->str[0], *lower = op->str[2];
	char names[4096], *work;
	struct stat like;
	_cleanup_close_ int below = lw_safe_open_host(lower);
	int dir = run->fd[op->num[0]];
	if (below < 0 || fstat(below, &like) < 0)
		return lw_fail(err, below < 0 ? below : -errno, "'%s': %s", lower,
			       strerror(below < 0 ? -below : errno));
	int r = only_ours(dir, above, err);
	if (r < 0)
		return r;
	if (!S_ISDIR(like.st_mode))
		return lw_fail(err, -ENOTDIR, "'%s': %s", lower, strerror(ENOTDIR));
	if (strlen(op->str[1]) >= sizeof names)
		return lw_fail(err, -ENAMETOOLONG, "'%s': %s", above, strerror(ENAMETOOLONG));
	memcpy(names, op->str[1], strlen(op->str[1]) + 1);
	work = lw_overlay_split(names);
	_cleanup_close_ int upper = keep_dir(dir, names, &like);
	_cleanup_close_ int scratch = upper < 0 ? upper : keep_dir(dir, work, NULL);
	r = scratch < 0 ? scratch : hold(st, upper);
	if (r == -EAGAIN) {
		lw_fail(err, -EBUSY, "'%s/%s' is in use by another sandbox", above, names);
		lw_err_hint(err, "give each its own upper, or wait for the other to end");
		return -EBUSY;
	}
	return r < 0 ? lw_fail(err, r, "'%s/%s': %s", above, names, strerror(-r)) : 0;
}

void lw_host_overlay_release(struct lw_host_state *st)
{
	while (st->n_held)
		lw_close_p(&st->held[--st->n_held]);
}
