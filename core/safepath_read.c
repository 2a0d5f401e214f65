/* safepath_read.c: the host-side reader of small files inside a root that may be hostile (passwd, group). Apart from
 * safepath.c because it allocates, which the child side must not. */
#include <stdio.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "safepath.h"
#include "sys.h"

int lw_safe_read_in_root(const char *root, const char *path, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_close_ int rootfd = lw_safe_open_host(root);
	if (rootfd < 0)
		return rootfd;
	_cleanup_close_ int fd = lw_safe_open_read(rootfd, path);
	if (fd < 0)
		return fd;
	return lw_read_all(fd, max, ret, ret_len);
}

int lw_safe_open_again(int fd)
{
	char link[32];
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EINVAL;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return (int)SYS(openat, AT_FDCWD, link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
}

int lw_safe_open_device(const char *path, int flags)
{
	struct stat st;
	int fd = sys_openat2(AT_FDCWD, path, (uint64_t)flags | O_NOFOLLOW, 0, RESOLVE_NO_MAGICLINKS);
	if (fd < 0 || (!fstat(fd, &st) && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))))
		return fd;
	SYS(close, fd);
	return -ENODEV;
}
