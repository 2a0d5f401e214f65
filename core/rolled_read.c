/* rolled_read.c: reading, see rolled.h. What is in the files may be damaged, and is trusted for nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "rolled.h"

static int open_age(const struct lw_rolled_reader *r, unsigned age)
{
	char name[LW_ROLLED_NAME];
	struct stat st;
	if (age)
		snprintf(name, sizeof name, "%.*s.%u", LW_ROLLED_NAME - 16, r->name, age);
	else
		snprintf(name, sizeof name, "%.*s", LW_ROLLED_NAME - 16, r->name);
	_cleanup_close_ int fd = openat(r->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? TAKE_FD(fd) : -EPERM;
}

/* The oldest that is no older than this. */
static int open_from(const struct lw_rolled_reader *r, unsigned age)
{
	for (;; age--) {
		int fd = open_age(r, age);
		if (fd >= 0 || !age)
			return fd;
	}
}

int lw_rolled_begin(struct lw_rolled_reader *r, int dir, const char *name, unsigned keep)
{
	*r = (struct lw_rolled_reader){
		.dir = dir, .name = name, .keep = keep, .fd = -1, .buf = malloc(LW_ROLLED_LINE)
	};
	if (!r->buf)
		return -ENOMEM;
	r->fd = open_from(r, keep);
	return 0;
}

void lw_rolled_end(struct lw_rolled_reader *r)
{
	lw_close_p(&r->fd);
	free(r->buf);
	r->buf = NULL;
}

/* How often the file that is being read was renamed since; beyond `keep` it is gone. */
static unsigned age_of(const struct lw_rolled_reader *r)
{
	struct stat own, other;
	unsigned age = 0;
	if (fstat(r->fd, &own) < 0)
		return 0;
	for (; age <= r->keep; age++) {
		_cleanup_close_ int fd = open_age(r, age);
		if (fd >= 0 && fstat(fd, &other) == 0 && own.st_ino == other.st_ino && own.st_dev == other.st_dev)
			break;
	}
	return age;
}

/* More into the buffer: 1, 0 at the end of what there is. */
static int fill(struct lw_rolled_reader *r)
{
	ssize_t n;
	if (r->fd < 0 && (r->fd = open_from(r, r->keep)) < 0)
		return 0;
	memmove(r->buf, r->buf + r->at, r->n - r->at);
	r->n -= r->at;
	r->at = 0;
	if (r->n == LW_ROLLED_LINE) {
		r->n = 0;
		r->leave_out = true;
	}
	do
		n = read(r->fd, r->buf + r->n, LW_ROLLED_LINE - r->n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->n += (size_t)n;
	return n > 0;
}

/* The file is at its end: 1 when there is a newer one, or a rest of this, to go on with. */
static int go_on(struct lw_rolled_reader *r)
{
	unsigned age = r->fd < 0 ? 0 : age_of(r);
	if (!age)
		return 0;
	/* What was written between its end and its new name. */
	int more = fill(r), fd;
	if (more)
		return more;
	fd = open_from(r, age - 1);
	if (fd < 0)
		return 0;
	close(r->fd);
	r->fd = fd;
	r->at = r->n = 0; /* a line without an end, in a file that is not written any more */
	r->leave_out = false;
	return 1;
}

int lw_rolled_next(struct lw_rolled_reader *r, const char **ret, size_t *ret_len)
{
	for (;;) {
		char *line = r->buf + r->at, *end = memchr(line, '\n', r->n - r->at);
		if (!end) {
			int more = fill(r);
			if (more == 0)
				more = go_on(r);
			if (more <= 0)
				return more;
			continue;
		}
		r->at = (size_t)(end + 1 - r->buf);
		bool left_out = r->leave_out;
		r->leave_out = false;
		if (left_out)
			continue;
		*ret = line;
		*ret_len = (size_t)(end - line);
		return 1;
	}
}

/* In a line of ours {" is the beginning of an object, for a quote inside a string has a backslash before it. */
json_t *lw_rolled_object(const char *line, size_t n)
{
	const char *from = line, *end = line + n;
	for (int tries = 0; from && tries < 64; tries++) {
		json_t *o = json_loadb(from, (size_t)(end - from), JSON_REJECT_DUPLICATES, NULL);
		if (json_is_object(o))
			return o;
		json_decref(o);
		from = end - from > 1 ? memmem(from + 1, (size_t)(end - from - 1), "{\"", 2) : NULL;
	}
	return NULL;
}
