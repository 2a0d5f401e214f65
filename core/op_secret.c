/* op_secret.c: the host side of a secret: its file is opened and nothing of it is read here. */
#include <string.h>
#include "base/cleanup.h"
#include "safepath.h"
#include "secret.h"
#include "sys.h"

int lw_host_secret(struct lw_run *run, const struct lw_op *op, struct lw_err *err)
{
	struct stat st;
	_cleanup_close_ int root = lw_safe_open_host("/");
	_cleanup_close_ int fd = root < 0 ? root : lw_safe_open_read(root, op->str[0]);
	if (fd < 0) {
		lw_fail(err, fd, "'%s': %s", op->str[0], fd == -EINVAL ? "not a regular file" : strerror(-fd));
		if (fd == -ENOENT)
			lw_err_hint(err, "a secret is read when the sandbox starts; put the file there first");
		return fd;
	}
	if (fstat(fd, &st) < 0)
		return lw_fail(err, -errno, "'%s': %s", op->str[0], strerror(errno));
	if (st.st_size > LW_SECRET_MAX)
		return lw_fail(err, -EFBIG, "'%s': larger than 1 MiB", op->str[0]);
	run->fd[op->num[0]] = TAKE_FD(fd);
	return 0;
}
