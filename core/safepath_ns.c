/* safepath_ns.c: namespaces by path. The files of /proc/PID/ns are magic links, the one kind that is wanted here: what
 * is reached is looked at through an O_PATH descriptor, which wakes no device and no FIFO, and opened only when it is a
 * namespace. Same rules as safepath.c. */
#include <sys/vfs.h>
#include "safepath.h"
#include "sys.h"

#define NSFS_MAGIC_NUMBER 0x6e736673

int lw_safe_open_namespace(const char *path)
{
	struct statfs fs;
	int fd = sys_openat2(AT_FDCWD, path, O_PATH, 0, 0);
	if (fd < 0)
		return fd;
	int r = fstatfs(fd, &fs) < 0 ? -errno : fs.f_type != NSFS_MAGIC_NUMBER ? -EINVAL : 0;
	if (r >= 0)
		r = lw_safe_reopen(fd, O_RDONLY);
	SYS(close, fd);
	return r;
}
