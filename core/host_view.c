/* host_view.c: what a sandbox with root = "host" sees of the host: its system directories, as they are here (on a
 * merged-/usr system /bin is a link and stays one). */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "host.h"

const char *const lw_host_view_paths[LW_HOST_VIEW] = {
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/libexec", "/opt", "/etc",
};

int lw_host_view_probe(struct lw_host *h)
{
	h->view = lw_arena_array(h->arena, LW_HOST_VIEW, sizeof *h->view);
	if (!h->view)
		return -ENOMEM;
	h->n_view = 0;
	for (size_t i = 0; i < LW_HOST_VIEW; i++) {
		char link[PATH_MAX];
		struct stat st;
		ssize_t n = readlink(lw_host_view_paths[i], link, sizeof link - 1);
		/* A system without its /lib64 would be told to have no interpreter for any command. */
		if (n < 0 && (errno == EIO || errno == ENOMEM || errno == EINTR))
			return -errno;
		if (n < 0 && (lstat(lw_host_view_paths[i], &st) < 0 || !S_ISDIR(st.st_mode)))
			continue;
		h->view[h->n_view].path = lw_host_view_paths[i];
		h->view[h->n_view].link = n < 0 ? NULL : lw_arena_strndup(h->arena, link, (size_t)n);
		h->n_view++;
	}
	return lw_arena_failed(h->arena) ? -ENOMEM : 0;
}
