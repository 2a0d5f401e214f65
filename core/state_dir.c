/* state_dir.c: see state_dir.h. Allocates nothing: a warm launch looks here too, before libc has started. */
#include "state_dir.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"

static int state_error(struct lw_err *err, int code, const char *path, const char *what, const char *cure)
{
	lw_fail(err, code, "state directory %s: %s", path, what);
	lw_err_hint(err, "%s", cure);
	return code;
}

/* Opens or makes one candidate; -EAGAIN: not to be had, the next one may be. After the `last` there is none: what is
 * wrong with it is the caller's error. */
static int try_state(const char *path, uid_t uid, bool last, int *ret_fd, struct lw_err *err)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int fd = open(path, flags);
	if (fd < 0 && errno == ENOENT && (mkdir(path, 0700) == 0 || errno == EEXIST))
		fd = open(path, flags);
	if (fd < 0) {
		int code = -errno;
		if (code == -ENOTDIR || code == -ELOOP)
			return state_error(err, code, path, "is not a directory (links are not followed)",
					   "name a directory of yours with --state");
		if (!last)
			return -EAGAIN;
		return state_error(err, code, path, strerror(-code), "name a directory of yours with --state");
	}
	struct stat st;
	if (fstat(fd, &st) < 0)
		return state_error(err, -errno, path, strerror(errno), "name a directory of yours with --state");
	if (st.st_uid != uid) {
		if (!last)
			return -EAGAIN;
		return state_error(err, -EPERM, path, "belongs to somebody else",
				   "name a directory of yours with --state");
	}
	if ((st.st_mode & 0777) != 0700)
		return state_error(err, -EPERM, path, "is open to others",
				   "name a directory of its own, mode 0700, with --state");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int lw_state_open(const struct lw_state_choice *c, char path[static PATH_MAX], int *ret_fd, struct lw_err *err)
{
	int r = -EAGAIN;
	if (c->state) {
		int n = snprintf(path, PATH_MAX, "%s%s%s", c->state[0] == '/' ? "" : c->cwd,
				 c->state[0] == '/' ? "" : "/", c->state);
		if (n >= PATH_MAX)
			return lw_fail(err, -ENAMETOOLONG, "the path of the state directory is too long");
		/* A slash at the end would follow a link after all. */
		while (n > 1 && path[n - 1] == '/')
			path[--n] = '\0';
		return try_state(path, c->uid, true, ret_fd, err);
	}
	for (int i = 0; i < 4 && r == -EAGAIN; i++) {
		int n = 0;
		if (i == 0 && !c->uid)
			n = snprintf(path, PATH_MAX, "/run/lunward");
		else if (i == 1 && c->xdg_runtime_dir && c->xdg_runtime_dir[0] == '/')
			n = snprintf(path, PATH_MAX, "%s/lunward", c->xdg_runtime_dir);
		else if (i == 2)
			n = snprintf(path, PATH_MAX, "/run/user/%u/lunward", (unsigned)c->uid);
		else if (i == 3)
			n = snprintf(path, PATH_MAX, "/tmp/lunward-%u", (unsigned)c->uid);
		if (n > 0 && n < PATH_MAX)
			r = try_state(path, c->uid, i == 3, ret_fd, err);
	}
	return r;
}
