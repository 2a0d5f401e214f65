/* child_proc.c: this process's files in /proc before there is a root of our own. In a mount namespace that was joined
 * /proc is what others have put there: a label or an offset written to a file of theirs would be in force nowhere
 * (CVE-2019-16884, CVE-2025-52881). Same rules as child.c: raw system calls, no allocation. */
#include "child_proc.h"
#include <linux/magic.h>
#include <sys/vfs.h>
#include "safepath.h"
#include "sys.h"

#define PROC_ROOT_INODE 1

int lw_child_proc(const char *path, int flags)
{
	struct statfs fs;
	struct stat st;
	int proc = lw_safe_open_host("/proc"), r = proc;
	if (proc < 0)
		return proc;
	if (fstatfs(proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC || fstat(proc, &st) < 0 ||
	    st.st_ino != PROC_ROOT_INODE)
		r = -ENODEV;
	else
		r = lw_safe_open_proc(proc, path, flags);
	SYS(close, proc);
	return r;
}
