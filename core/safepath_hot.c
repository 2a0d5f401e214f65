/* safepath_hot.c: mounting in, and unmounting from, the root of a sandbox that runs: those inside may exchange any
 * component meanwhile. A path is resolved once, to a descriptor, and no link is followed at all, since every link there
 * may be theirs. Same rules as safepath.c. */
#include <string.h>
#include "safepath.h"
#include "sys.h"

/* linux/stat.h's, where libc has no room for both. */
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x00002000
#endif

int lw_safe_attach(int rootfd, const char *path, int tree, int *ret_attaching)
{
	struct stat st;
	*ret_attaching = 0;
	if (fstat(tree, &st) < 0)
		return -errno;
	int target = lw_safe_target(rootfd, path, LW_SAFE_NO_SYMLINK | (S_ISDIR(st.st_mode) ? LW_SAFE_DIR : 0), 0);
	if (target < 0)
		return target;
	*ret_attaching = 1;
	int r = sys_move_mount(tree, target);
	SYS(close, target);
	return r;
}

int lw_safe_detach(int rootfd, const char *path, int proc_fds)
{
	struct statx stx;
	char name[12], digits[12];
	size_t n = 0, at = 0;
	int fd = lw_safe_target(rootfd, path, LW_SAFE_NO_SYMLINK | LW_SAFE_EXISTING, 0);
	if (fd < 0)
		return fd;
	int r = (int)SYS(statx, fd, "", AT_EMPTY_PATH, 0, &stx);
	if (r >= 0 && !(stx.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		r = -EINVAL;
	for (int v = fd; v || !n; v /= 10)
		digits[n++] = (char)('0' + v % 10);
	while (n)
		name[at++] = digits[--n];
	name[at] = 0;
	/* umount2(2) takes a path: our descriptor's name in the caller's /proc, which nobody inside can change. */
	if (r >= 0)
		r = (int)SYS(fchdir, proc_fds);
	if (r >= 0)
		r = (int)SYS(umount2, name, MNT_DETACH);
	SYS(close, fd);
	return r;
}
