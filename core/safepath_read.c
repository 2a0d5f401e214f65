/* safepath_read.c: the host-side reader of small files inside a root that may be hostile (passwd, group). Apart from
 * safepath.c because it allocates, which the child side must not. */
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
