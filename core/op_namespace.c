/* op_namespace.c: the host side of joining a namespace that exists already: opened once, and of the kind it is to be.
 */
#include "op_namespace.h"
#include <linux/nsfs.h>
#include <string.h>
#include <sys/ioctl.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "safepath.h"
#include "schema.h"
#include "sys.h"

int lw_namespace_open(struct lw_run *run, const struct lw_op *op, struct lw_err *err)
{
	_cleanup_close_ int fd = lw_safe_open_namespace(op->str[0]);
	const char *wanted = lw_names_name(&lw_namespace_table, op->num[1]);
	if (fd == -EINVAL)
		return lw_fail(err, fd, "'%s' is not a namespace", op->str[0]);
	int type = fd < 0 ? fd : (int)SYS(ioctl, fd, NS_GET_NSTYPE);
	if (type < 0) {
		lw_fail(err, type, "'%s': %s", op->str[0], strerror(-type));
		if (type == -EACCES)
			lw_err_hint(err, "the caller may not look at that process");
		return type;
	}
	if (type != op->num[1]) {
		const char *is = lw_names_name(&lw_namespace_table, type);
		return lw_fail(err, -EINVAL, "'%s' is of another kind: %s, not %s", op->str[0], is ? is : "unknown",
			       wanted);
	}
	struct stat st;
	if (op->num[2] && (fstat(fd, &st) < 0 || (int64_t)st.st_ino != op->num[2])) {
		lw_fail(err, -ESTALE, "'%s' is not the namespace that the sandbox began with", op->str[0]);
		lw_err_hint(err, "its first command has gone into another one, or has just ended");
		return -ESTALE;
	}
	run->fd[op->num[0]] = TAKE_FD(fd);
	run->joins = true;
	return 0;
}
