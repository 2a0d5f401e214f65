/* safepath_ns.c: namespaces by path. The files of /proc/PID/ns are magic links, the one kind that is wanted here: what
 * is reached is looked at through an O_PATH descriptor, which wakes no device and no FIFO, and opened only when it is a
 * namespace. /proc/PID/root is of the kind, too. Same rules as safepath.c. */
#include <string.h>
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

int lw_safe_open_of_process(pid_t pid, int pidfd, const char *path)
{
	char root[32] = "/proc/", digits[12];
	size_t n = 6, k = 0;
	do
		digits[k++] = (char)('0' + pid % 10);
	while (pid /= 10);
	while (k)
		root[n++] = digits[--k];
	memcpy(root + n, "/root", sizeof "/root");
	int dir = sys_openat2(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0, 0);
	if (dir < 0)
		return dir;
	/* The number was its own while the pidfd still says that it lives. */
	int r = (int)SYS(pidfd_send_signal, pidfd, 0, NULL, 0);
	if (r >= 0)
		r = sys_openat2(dir, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	SYS(close, dir);
	return r;
}
