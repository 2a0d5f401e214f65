/* child_secret.c: a secret's file inside, written from the descriptor that the host side opened. Same rules as child.c:
 * raw system calls, no allocation; and nothing of the secret stays on the stack. */
#include <linux/magic.h>
#include <sys/vfs.h>
#include "safepath.h"
#include "secret.h"
#include "sys.h"

static void wipe(volatile char *at, size_t n)
{
	while (n--)
		*at++ = 0;
}

static int copy(int from, int to)
{
	char buf[4096];
	int64_t total = 0;
	long n, r = 0;
	while ((n = SYS(read, from, buf, sizeof buf)) > 0) {
		total += n;
		r = total > LW_SECRET_MAX ? -EFBIG : SYS(write, to, buf, n);
		if (r != n)
			break;
	}
	wipe(buf, sizeof buf);
	return n < 0 ? (int)n : n > 0 ? (r < 0 ? (int)r : -EIO) : 0;
}

/* The memory that was mounted for secrets. Where /run is somebody's directory the name may lead elsewhere by now. */
static int directory(struct lw_run *run, int *ret_step)
{
	struct statfs fs;
	*ret_step = LW_STEP_TARGET;
	int dir = lw_safe_target(run->root, LW_SECRETS_DIR, LW_SAFE_DIR | LW_SAFE_EXISTING, 0);
	int r = dir < 0 ? dir : fstatfs(dir, &fs) < 0 ? -errno : 0;
	if (r >= 0 && fs.f_type != RAMFS_MAGIC) {
		*ret_step = LW_STEP_CHANGED;
		r = -ESTALE;
	}
	if (r < 0 && dir >= 0)
		SYS(close, dir);
	return r < 0 ? r : dir;
}

int lw_child_secret(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	int from = run->fd[op->num[0]];
	int dir = directory(run, ret_step);
	if (dir < 0)
		return dir;
	int to = lw_safe_create(dir, op->str[0] + sizeof LW_SECRETS_DIR, 0400);
	SYS(close, dir);
	if (to < 0)
		return to;
	*ret_step = LW_STEP_CALL;
	int r = copy(from, to);
	if (r >= 0)
		r = (int)SYS(fchown, to, op->num[1], op->num[2]);
	if (r >= 0)
		r = (int)SYS(fchmod, to, 0400);
	SYS(close, to);
	SYS(close, from);
	run->fd[op->num[0]] = -1;
	return r;
}
