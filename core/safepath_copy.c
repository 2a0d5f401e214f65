/* safepath_copy.c: see safepath_copy.h. The stream comes from a process of ours, but what it says comes from those
 * inside: every name, length and kind is checked by who receives. */
#include "safepath_copy.h"
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "safepath.h"
#include "sys.h"

#define MAGIC UINT32_C(0x6c776370)
#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define CHUNK 65536
#define DATA_END 0
#define DATA_HOLE UINT32_MAX

enum kind { KIND_FILE = 1, KIND_DIR, KIND_UP, KIND_LINK, KIND_LEFT, KIND_FAILED, KIND_END };
struct head {
	uint32_t magic;
	uint16_t kind, mode;
	int64_t seconds;
	uint32_t nanoseconds;
	uint16_t name, target; /* lengths of what follows */
	int32_t err;
	uint32_t pad;
};
/* linux/dirent.h is not for user space. */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

struct stream {
	int sock;
	struct lw_copied *done;
	uint64_t max, things; /* how many more of them */
	char buf[CHUNK];
};

/* --- bytes -------------------------------------------------------------------------- */

static int put(struct stream *s, const void *data, size_t n)
{
	const char *p = data;
	while (n) {
		long r = SYS(sendto, s->sock, p, n, MSG_NOSIGNAL, NULL, 0);
		if (r == -EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? (int)r : -EPIPE;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static int take(struct stream *s, void *data, size_t n)
{
	char *p = data;
	while (n) {
		long r = SYS(recvfrom, s->sock, p, n, 0, NULL, NULL);
		if (r == -EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? (int)r : -ECONNRESET;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static void note_left(struct lw_copied *d, const char *name, int err)
{
	size_t n = strlen(name);
	if (d->left++)
		return;
	d->first_err = err;
	if (n >= sizeof d->first)
		n = sizeof d->first - 1;
	memcpy(d->first, name, n);
	d->first[n] = 0;
}

/* --- sending ------------------------------------------------------------------------ */

static int say(struct stream *s, enum kind kind, const struct stat *st, const char *name, const char *target, int err)
{
	struct head h = { .magic = MAGIC, .kind = (uint16_t)kind, .err = err };
	h.name = (uint16_t)strlen(name);
	h.target = (uint16_t)strlen(target);
	if (st) {
		h.mode = st->st_mode & 0777;
		h.seconds = st->st_mtim.tv_sec;
		h.nanoseconds = (uint32_t)st->st_mtim.tv_nsec;
	}
	int r = put(s, &h, sizeof h);
	if (r >= 0)
		r = put(s, name, h.name);
	return r < 0 ? r : put(s, target, h.target);
}

static int leave(struct stream *s, const char *name, int err)
{
	note_left(s->done, name, err);
	return say(s, KIND_LEFT, NULL, name, "", err);
}

static int say_hole(struct stream *s, int64_t n)
{
	uint32_t word = DATA_HOLE;
	int r = put(s, &word, sizeof word);
	return r < 0 ? r : put(s, &n, sizeof n);
}

static int send_chunk(struct stream *s, int fd, long *ret)
{
	do
		*ret = SYS(read, fd, s->buf, sizeof s->buf);
	while (*ret == -EINTR);
	uint32_t word = *ret > 0 ? (uint32_t)*ret : DATA_END;
	int r = *ret < 0 ? (int)*ret : put(s, &word, sizeof word);
	s->done->bytes += word;
	return r < 0 || !word ? r : put(s, s->buf, word);
}

/* Holes are told, not read; of a file that says it is empty (in /proc) what there is to read. */
static int send_data(struct stream *s, int fd, int64_t size)
{
	int64_t at = 0;
	long n = 1;
	int r = 0;
	while (n > 0 && r >= 0) {
		int64_t data = size ? SYS(lseek, fd, at, SEEK_DATA) : at;
		if (data == -ENXIO) /* a hole to the end */
			data = size;
		if (data > at) {
			r = say_hole(s, data - at);
			at = data;
			SYS(lseek, fd, at, SEEK_SET);
		} else if (data < 0) {
			SYS(lseek, fd, at, SEEK_SET);
		}
		if (r >= 0)
			r = send_chunk(s, fd, &n);
		at += n > 0 ? n : 0;
	}
	return r;
}

static int send_file(struct stream *s, int dir, const char *name)
{
	struct stat st;
	int fd = sys_openat2(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0,
			     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return leave(s, name, -fd);
	int r = fstat(fd, &st) < 0 ? -errno : 0;
	if (r >= 0 && !S_ISREG(st.st_mode))
		r = leave(s, name, 0);
	else if (r >= 0) {
		s->done->files++;
		r = say(s, KIND_FILE, &st, name, "", 0);
		if (r >= 0)
			r = send_data(s, fd, st.st_size);
	}
	SYS(close, fd);
	return r;
}

static int send_link(struct stream *s, int dir, const char *name, const struct stat *st)
{
	char target[PATH_MAX];
	long n = SYS(readlinkat, dir, name, target, sizeof target - 1);
	if (n < 0)
		return leave(s, name, (int)-n);
	target[n] = 0;
	s->done->files++;
	return say(s, KIND_LINK, st, name, target, 0);
}

static int send_entry(struct stream *s, int dir, const char *name, int depth);

static int send_entries(struct stream *s, int dir, int depth)
{
	char buf[2048] __attribute__((aligned(8)));
	long n;
	int r = depth > LW_COPY_DEPTH ? -ELOOP : 0;
	while (r >= 0 && (n = SYS(getdents64, dir, buf, sizeof buf)) > 0)
		for (long at = 0; at < n && r >= 0;) {
			const struct entry *e = (const struct entry *)(const void *)(buf + at);
			at += e->len;
			if (strcmp(e->name, ".") != 0 && strcmp(e->name, "..") != 0)
				r = send_entry(s, dir, e->name, depth);
		}
	return r;
}

static int send_dir(struct stream *s, int dir, const char *name, int depth)
{
	struct stat st;
	int fd = sys_openat2(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return leave(s, name, -fd);
	int r = fstat(fd, &st) < 0 ? -errno : say(s, KIND_DIR, &st, name, "", 0);
	if (r >= 0)
		r = send_entries(s, fd, depth + 1);
	SYS(close, fd);
	return r < 0 ? r : say(s, KIND_UP, NULL, "", "", 0);
}

static int send_entry(struct stream *s, int dir, const char *name, int depth)
{
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return depth ? leave(s, name, errno) : -errno;
	if (S_ISREG(st.st_mode))
		return send_file(s, dir, name);
	if (S_ISDIR(st.st_mode))
		return send_dir(s, dir, name, depth);
	return S_ISLNK(st.st_mode) ? send_link(s, dir, name, &st) : leave(s, name, 0);
}

static int open_dir(const struct lw_copy_end *end, const char *path, uint64_t flags)
{
	while (end->root >= 0 && *path == '/')
		path++;
	return sys_openat2(end->root >= 0 ? end->root : AT_FDCWD, *path ? path : ".", flags | O_DIRECTORY, 0,
			   end->root >= 0 ? IN_ROOT : RESOLVE_NO_MAGICLINKS);
}

/* Splits off the last name, which is "" when the path ends in "/", "." or "..": the directory itself is meant. */
static int split(const char *path, char dir[static PATH_MAX], const char **ret_name)
{
	size_t n = strlen(path), at;
	if (n + 3 > PATH_MAX)
		return -ENAMETOOLONG;
	for (at = n; at && path[at - 1] != '/';)
		at--;
	*ret_name = path + at;
	if (!strcmp(*ret_name, ".") || !strcmp(*ret_name, ".."))
		*ret_name = path + n, at = n;
	memcpy(dir, path, at);
	if (!at)
		dir[at++] = '.';
	dir[at] = 0;
	return 0;
}

int lw_copy_send(const struct lw_copy_end *from, int sock, struct lw_copied *ret)
{
	struct stream s = { .sock = sock, .done = ret };
	char dir[PATH_MAX];
	const char *name;
	int r = split(from->path, dir, &name), fd = r;
	if (r >= 0)
		fd = r = open_dir(from, dir, *name ? O_PATH : O_RDONLY);
	if (r >= 0)
		r = *name ? send_entry(&s, fd, name, 0) : send_entries(&s, fd, 1);
	if (fd >= 0)
		SYS(close, fd);
	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		say(&s, KIND_FAILED, NULL, "", "", -r);
	return r < 0 ? r : say(&s, KIND_END, NULL, "", "", 0);
}

/* --- receiving ---------------------------------------------------------------------- */

struct level {
	int fd;
	uint16_t mode;
	bool made;
	struct timespec times[2];
};

struct tree {
	struct stream s;
	struct level up[LW_COPY_DEPTH + 2];
	int depth;
	unsigned temporary;
	const char *as; /* what the first is to be called; NULL: as it is */
};

/* A name that nobody else uses; those inside may watch, and only have what is theirs. */
static void temporary(struct tree *t, char name[static 40])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t v = (uint64_t)getpid() << 32 | ++t->temporary;
	memcpy(name, ".lunward-copy-", 14);
	for (int i = 0; i < 16; i++, v >>= 4)
		name[14 + i] = digits[v & 15];
	name[30] = 0;
}

static int into_place(int dir, const char *from, const char *to)
{
	int r = (int)SYS(renameat2, dir, from, dir, to, 0);
	if (r < 0)
		SYS(unlinkat, dir, from, 0);
	return r;
}

static int take_data(struct tree *t, int fd)
{
	struct stream *s = &t->s;
	int64_t at = 0, hole;
	uint32_t n;
	int r;
	while ((r = take(s, &n, sizeof n)) >= 0 && n != DATA_END) {
		if (n == DATA_HOLE) {
			r = take(s, &hole, sizeof hole);
			if (r >= 0 && (hole <= 0 || hole > INT64_MAX - at))
				r = -EPROTO;
			at += r < 0 ? 0 : hole;
			if (r < 0 || (r = (int)SYS(ftruncate, fd, at)) < 0 || SYS(lseek, fd, at, SEEK_SET) != at)
				return r < 0 ? r : -EIO;
			continue;
		}
		r = n > sizeof s->buf ? -EPROTO : take(s, s->buf, n);
		if (r < 0)
			return r;
		if (n > s->max - s->done->bytes)
			return -EFBIG;
		s->done->bytes += n;
		for (uint32_t done = 0; done < n;) {
			long w = SYS(write, fd, s->buf + done, n - done);
			if (w <= 0)
				return w < 0 ? (int)w : -EIO;
			done += (uint32_t)w;
		}
		at += n;
	}
	return r;
}

static int take_file(struct tree *t, const struct head *h, const char *name)
{
	int dir = t->up[t->depth].fd;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { h->seconds, h->nanoseconds } };
	char fresh[40];
	temporary(t, fresh);
	int fd = sys_openat2(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, RESOLVE_BENEATH);
	if (fd < 0)
		return fd;
	int r = take_data(t, fd);
	if (r >= 0)
		r = (int)SYS(fchmod, fd, h->mode & 0777);
	if (r >= 0)
		SYS(utimensat, fd, NULL, times, 0);
	SYS(close, fd);
	if (r < 0) {
		SYS(unlinkat, dir, fresh, 0);
		return r;
	}
	t->s.done->files++;
	return into_place(dir, fresh, name);
}

static int take_link(struct tree *t, const char *name, const char *target)
{
	int dir = t->up[t->depth].fd;
	char fresh[40];
	temporary(t, fresh);
	int r = (int)SYS(symlinkat, target, dir, fresh);
	t->s.done->files += r >= 0;
	return r < 0 ? r : into_place(dir, fresh, name);
}

static int take_dir(struct tree *t, const struct head *h, const char *name)
{
	if (t->depth >= LW_COPY_DEPTH + 1)
		return -ELOOP;
	int r = (int)SYS(mkdirat, t->up[t->depth].fd, name, 0700);
	if (r < 0 && r != -EEXIST)
		return r;
	int fd = sys_openat2(t->up[t->depth].fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
			     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return fd;
	t->up[++t->depth] = (struct level){
		.fd = fd,
		.mode = h->mode & 0777,
		.made = r >= 0,
		.times = { { .tv_nsec = UTIME_OMIT }, { h->seconds, h->nanoseconds } },
	};
	return 0;
}

static int leave_dir(struct tree *t)
{
	if (!t->depth)
		return -EPROTO;
	struct level *l = &t->up[t->depth--];
	int r = l->made ? (int)SYS(fchmod, l->fd, l->mode) : 0;
	if (l->made)
		SYS(utimensat, l->fd, NULL, l->times, 0);
	SYS(close, l->fd);
	return r;
}

static bool is_name(const char *name, size_t n)
{
	return n && n <= NAME_MAX && strlen(name) == n && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

/* One thing: 1 when that was the last. */
static int take_one(struct tree *t)
{
	struct head h;
	char name[NAME_MAX + 1], target[PATH_MAX];
	int r = take(&t->s, &h, sizeof h);
	if (r >= 0 && (h.magic != MAGIC || h.name > NAME_MAX || h.target >= PATH_MAX || h.nanoseconds > 999999999))
		r = -EPROTO;
	if (r >= 0)
		r = take(&t->s, name, h.name);
	if (r >= 0)
		r = take(&t->s, target, h.target);
	if (r < 0)
		return r;
	name[h.name] = target[h.target] = 0;
	/* There may be no end to them: those inside make ever new ones, or have a file system of their own. */
	if (h.kind != KIND_END && h.kind != KIND_UP && !t->s.things--)
		return -E2BIG;
	switch (h.kind) {
	case KIND_END:
		return t->depth ? -EPROTO : 1;
	case KIND_UP:
		return leave_dir(t);
	case KIND_FAILED:
		t->s.done->failed = h.err > 0 ? h.err : EPROTO;
		return -t->s.done->failed;
	case KIND_LEFT:
		note_left(t->s.done, name, h.err);
		return 0;
	default:
		break;
	}
	if (!is_name(name, h.name))
		return -EPROTO;
	const char *as = !t->depth && t->as ? t->as : name;
	switch (h.kind) {
	case KIND_FILE:
		return take_file(t, &h, as);
	case KIND_DIR:
		return take_dir(t, &h, as);
	case KIND_LINK:
		return h.target && strlen(target) == h.target ? take_link(t, as, target) : -EPROTO;
	default:
		return -EPROTO;
	}
}

int lw_copy_receive(const struct lw_copy_end *to, const char *name, int sock, uint64_t max, struct lw_copied *ret)
{
	struct tree t = { .s = { .sock = sock, .done = ret, .max = max, .things = lw_copy_things(max) } };
	char dir[PATH_MAX];
	const char *last = "";
	int r = open_dir(to, to->path, O_PATH);
	/* No such directory: then it is what the copy is to be called. */
	if ((r == -ENOENT || r == -ENOTDIR) && *name) {
		int n = split(to->path, dir, &last);
		if (n >= 0 && *last)
			r = open_dir(to, dir, O_PATH);
		t.as = last;
	}
	if (r < 0)
		return r;
	t.up[0] = (struct level){ .fd = r };
	do
		r = take_one(&t);
	while (r == 0);
	for (int i = t.depth; i >= 0; i--)
		SYS(close, t.up[i].fd);
	return r < 0 ? r : 0;
}
