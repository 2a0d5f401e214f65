/* rolled.c: writing, see rolled.h. Also a part of warm launches: no libc but what they have. */
#include "rolled.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "sys.h"

int lw_rolled_open(struct lw_rolled *r)
{
	struct stat st;
	const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(r->dir, r->name, flags, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1 || st.st_uid != geteuid()) {
		close(fd);
		return -EPERM;
	}
	r->fd = fd;
	return 0;
}

void lw_rolled_close(struct lw_rolled *r)
{
	lw_close_p(&r->fd);
}

static void older_name(const struct lw_rolled *r, unsigned age, char buf[static LW_ROLLED_NAME])
{
	if (age)
		snprintf(buf, LW_ROLLED_NAME, "%.*s.%u", LW_ROLLED_NAME - 16, r->name, age);
	else
		snprintf(buf, LW_ROLLED_NAME, "%.*s", LW_ROLLED_NAME - 16, r->name);
}

/* Of several who find the file full, the one that gets its lock renames it, if it has its name still; the others write
 * to it once more. */
static int roll(struct lw_rolled *r)
{
	char from[LW_ROLLED_NAME], to[LW_ROLLED_NAME];
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	struct stat own, named;
	if (fcntl(r->fd, F_OFD_SETLK, &lock) < 0)
		return 0;
	bool named_so = fstat(r->fd, &own) == 0 && fstatat(r->dir, r->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
			own.st_ino == named.st_ino && own.st_dev == named.st_dev;
	if (named_so && !r->keep)
		SYS(unlinkat, r->dir, r->name, 0);
	for (unsigned age = r->keep; age && named_so; age--) {
		older_name(r, age - 1, from);
		older_name(r, age, to);
		SYS(renameat2, r->dir, from, r->dir, to, 0);
	}
	close(r->fd);
	r->fd = -1;
	return lw_rolled_open(r);
}

int lw_rolled_append(struct lw_rolled *r, const char *lines, size_t n)
{
	int e = r->fd < 0 ? lw_rolled_open(r) : 0;
	if (e < 0)
		return e;
	int64_t size = SYS(lseek, r->fd, 0, SEEK_END);
	if (size > 0 && size + (int64_t)n > r->max / ((int64_t)r->keep + 1) && (e = roll(r)) < 0)
		return e;
	long done;
	do
		done = SYS(write, r->fd, lines, n);
	while (done == -EINTR);
	/* Cut short, it is a torn line, which readers know. */
	return done < 0 ? (int)done : (size_t)done < n ? -ENOSPC : 0;
}
