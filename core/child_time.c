/* child_time.c: a time namespace and its clocks. Same rules as child.c: raw system calls, no allocation. */
#include <linux/sched.h>
#include <string.h>
#include <sys/vfs.h>
#include "child_time.h"
#include "sys.h"

#define PROC_MAGIC 0x9fa0

int lw_child_time(const char *lines)
{
	struct statfs fs;
	size_t len = strlen(lines);
	int r = (int)SYS(unshare, CLONE_NEWTIME);
	int fd = r < 0 ? r : (int)SYS(openat, AT_FDCWD, "/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	/* In a mount namespace that was joined, /proc is what others have put there. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_MAGIC)
		r = -ENODEV;
	else
		r = (int)SYS(write, fd, lines, len);
	SYS(close, fd);
	return r < 0 ? r : (size_t)r == len ? 0 : -EIO;
}
