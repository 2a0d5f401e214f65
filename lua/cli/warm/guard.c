/* guard.c: see warm.h. Compiled twice, like key.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "lua/cli/warm/warm.h"
#include "sys.h"

static int64_t nanoseconds(const struct timespec *t)
{
	return t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
}

/* Too long a list has others. */
static bool others(const char *procs)
{
	char text[4096];
	long self = SYS(getpid), n = warm_read(procs, text, sizeof text);
	for (long i = 0, pid = 0; i < n; i++) {
		if (text[i] >= '0' && text[i] <= '9')
			pid = pid * 10 + (text[i] - '0');
		else if (pid != self)
			return true;
		else
			pid = 0;
	}
	return n == -EFBIG;
}

int warm_look(const char *path, int kind, struct warm_guard *ret)
{
	struct stat st;
	memset(ret, 0, sizeof *ret);
	ret->kind = (uint32_t)kind;
	if (kind == WARM_SHARED) {
		ret->mode = others(path);
		return 0;
	}
	/* A network file system would answer from memory, where the open of a cold launch asks its server. */
	long r = SYS(newfstatat, AT_FDCWD, path, &st,
		     AT_STATX_FORCE_SYNC | (kind == WARM_ENTRY ? AT_SYMLINK_NOFOLLOW : 0));
	if (r == -ENOENT || r == -ENOTDIR)
		return kind == WARM_PLACE ? (int)r : 0;
	if (r < 0)
		return (int)r;
	ret->mode = st.st_mode;
	/* A directory of the host is bound as it is; what happens in it changes no plan. */
	if (kind == WARM_ENTRY && !S_ISLNK(st.st_mode)) {
		ret->mode &= S_IFMT;
		return 0;
	}
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	ret->uid = st.st_uid;
	if (kind == WARM_PLACE)
		return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	if (kind == WARM_VAIN) {
		ret->size = SYS(faccessat, AT_FDCWD, path, W_OK | X_OK) >= 0;
		return 0;
	}
	ret->size = (uint64_t)st.st_size;
	ret->mtime = nanoseconds(&st.st_mtim);
	ret->ctime = nanoseconds(&st.st_ctim);
	return 0;
}

long warm_read(const char *path, char *buf, size_t max)
{
	size_t n = 0;
	long r = 1, fd = SYS(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return fd;
	while (r > 0 && n < max) {
		r = SYS(read, fd, buf + n, max - n);
		n += r > 0 ? (size_t)r : 0;
	}
	SYS(close, fd);
	return r < 0 ? r : n == max ? -EFBIG : (long)n;
}

static bool same_text(const struct warm_guard *g, const char *file, size_t size)
{
	char now[8192];
	if (g->text > size || g->n_text > size - g->text || g->n_text >= sizeof now)
		return false;
	long n = warm_read(file + g->path, now, sizeof now);
	return n == (long)g->n_text && !memcmp(now, file + g->text, g->n_text);
}

bool warm_holds(const struct warm_guard *g, const char *file, size_t size)
{
	struct warm_guard now;
	if (g->path >= size || file[size - 1])
		return false;
	if (g->kind == WARM_TEXT)
		return same_text(g, file, size);
	if (warm_look(file + g->path, (int)g->kind, &now) < 0)
		return false;
	return now.mode == g->mode && now.uid == g->uid && now.dev == g->dev && now.ino == g->ino &&
	       now.size == g->size && now.mtime == g->mtime && now.ctime == g->ctime;
}
