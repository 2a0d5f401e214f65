/* changes.c: compares an overlay's upper directory with its lower one: what was added, changed and deleted. See
 * changes.h. */
#include <dirent.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "changes.h"
#include "safepath.h"
#include "sys.h"

int lw_beneath(int dir, const char *path, uint64_t flags)
{
	return sys_openat2(dir, *path ? path : ".", flags | O_NOFOLLOW, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

void lw_names_list_done(struct lw_names_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct lw_names_list){ 0 };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int lw_dir_names(int dir, struct lw_names_list *ret)
{
	_cleanup_(lw_names_list_done) struct lw_names_list l = { 0 };
	int fd = lw_beneath(dir, "", O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	int r = fd < 0 ? fd : 0;
	for (struct dirent *e; d && r == 0 && (errno = 0, e = readdir(d));) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (l.n == l.cap) {
			size_t cap = l.cap ? 2 * l.cap : 32;
			char **v = realloc(l.v, cap * sizeof *v);
			if (!v) {
				r = -ENOMEM;
				break;
			}
			l.v = v;
			l.cap = cap;
		}
		l.v[l.n] = strdup(e->d_name);
		r = l.v[l.n] ? 0 : -ENOMEM;
		l.n += r == 0;
	}
	if (r == 0 && d && errno)
		r = -errno;
	if (d)
		closedir(d);
	else if (fd >= 0)
		r = -ENOMEM, close(fd);
	if (r < 0)
		return r;
	qsort(l.v, l.n, sizeof *l.v, by_name);
	*ret = l;
	l = (struct lw_names_list){ 0 };
	return 0;
}

bool lw_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

/* In a user namespace the kernel's marks are user.overlay.*, else trusted.overlay.*; there the former are as good as
 * any attribute, and anybody's to set who may write. */
bool lw_is_opaque(const struct lw_changes *c, int dir)
{
	char value[2];
	return fgetxattr(dir, c->user_marks ? "user.overlay.opaque" : "trusted.overlay.opaque", value, sizeof value) ==
		       1 &&
	       value[0] == 'y';
}

/* Without its ACL a file's group would get what the ACL allows to anybody. */
static bool is_kept(const char *name)
{
	return !strcmp(name, "system.posix_acl_access") || !strcmp(name, "system.posix_acl_default") ||
	       (!strncmp(name, "user.", 5) && strncmp(name, "user.overlay.", 13) != 0);
}

int lw_user_attributes(int fd, int (*fn)(void *arg, const char *name, const void *value, size_t n), void *arg)
{
	_cleanup_free_ char *names = malloc(XATTR_LIST_MAX), *value = malloc(XATTR_SIZE_MAX);
	ssize_t len = names && value ? flistxattr(fd, names, XATTR_LIST_MAX) : -1;
	int r = 0;
	if (!names || !value)
		return -ENOMEM;
	for (const char *name = names; name < names + len && r == 0; name += strlen(name) + 1) {
		if (!is_kept(name))
			continue;
		ssize_t n = fgetxattr(fd, name, value, XATTR_SIZE_MAX);
		r = n < 0 ? -errno : fn(arg, name, value, (size_t)n);
	}
	return r;
}

struct attributes {
	int other;
	size_t n;
};

static int same_attribute(void *arg, const char *name, const void *value, size_t n)
{
	struct attributes *a = arg;
	_cleanup_free_ char *other = malloc(n + 1);
	a->n++;
	return other && fgetxattr(a->other, name, other, n + 1) == (ssize_t)n && !memcmp(other, value, n) ? 0 : 1;
}

static bool same_attributes(int a, int b)
{
	struct attributes there = { .other = b }, back = { .other = a };
	return lw_user_attributes(a, same_attribute, &there) == 0 &&
	       lw_user_attributes(b, same_attribute, &back) == 0 && there.n == back.n;
}

/* Where the next byte is that is not in a hole, or `size`. */
static off_t next_data(int fd, off_t at, off_t size)
{
	off_t r = lseek(fd, at, SEEK_DATA);
	return r >= 0 ? r : errno == ENXIO ? size : at;
}

/* What is a hole in both is passed over: files of any length cost nothing to make inside. */
static bool same_bytes(int a, int b, off_t size)
{
	char one[16384], two[sizeof one];
	for (off_t at = 0; at < size;) {
		off_t da = next_data(a, at, size), db = next_data(b, at, size);
		at = da < db ? da : db;
		ssize_t n = pread(a, one, sizeof one, at), m = pread(b, two, sizeof two, at);
		if (n < 0 || n != m || memcmp(one, two, (size_t)n) != 0)
			return false;
		if (n == 0)
			break;
		at += n;
	}
	return true;
}

static bool same_link(int upper, int lower, const char *name)
{
	char one[4096], two[sizeof one];
	ssize_t n = readlinkat(upper, name, one, sizeof one), m = readlinkat(lower, name, two, sizeof two);
	return n >= 0 && n == m && !memcmp(one, two, (size_t)n);
}

bool lw_same_entry(int upper, const struct stat *u, int lower, const struct stat *l, const char *name)
{
	if ((u->st_mode & S_IFMT) != (l->st_mode & S_IFMT) || u->st_uid != l->st_uid || u->st_gid != l->st_gid)
		return false;
	if (S_ISLNK(u->st_mode))
		return same_link(upper, lower, name);
	/* Set-id bits do not leave the overlay. */
	if ((u->st_mode & 01777) != (l->st_mode & 01777))
		return false;
	if (!S_ISREG(u->st_mode) && !S_ISDIR(u->st_mode))
		return u->st_rdev == l->st_rdev;
	if (S_ISREG(u->st_mode) && u->st_size != l->st_size)
		return false;
	_cleanup_close_ int a = lw_beneath(upper, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	_cleanup_close_ int b = lw_beneath(lower, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	return a >= 0 && b >= 0 && same_attributes(a, b) && (S_ISDIR(u->st_mode) || same_bytes(a, b, u->st_size));
}

static int add(struct lw_changes *c, int kind, const struct lw_text *at, const char *name, const struct stat *st)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 64;
		struct lw_change *v = realloc(c->v, cap * sizeof *v);
		if (!v)
			return -ENOMEM;
		c->v = v;
		c->cap = cap;
	}
	size_t n = strlen(name);
	char *path = malloc(at->len + n + 1);
	if (!path)
		return -ENOMEM;
	if (at->len)
		memcpy(path, at->buf, at->len);
	memcpy(path + at->len, name, n + 1);
	c->v[c->n++] = (struct lw_change){ .kind = kind, .path = path, .st = *st };
	return 0;
}

static int walk(struct lw_changes *c, int upper, int lower, bool opaque, struct lw_text *at, unsigned depth);

static int enter(struct lw_changes *c, int upper, int lower, const char *name, bool opaque, struct lw_text *at,
		 unsigned depth)
{
	_cleanup_close_ int u = lw_beneath(upper, name, O_RDONLY | O_DIRECTORY);
	_cleanup_close_ int l = lower < 0 ? -1 : lw_beneath(lower, name, O_RDONLY | O_DIRECTORY);
	size_t len = at->len;
	if (u < 0 || (lower >= 0 && l < 0))
		return u < 0 ? u : l;
	lw_text_addf(at, "%s/", name);
	int r = at->failed ? -ENOMEM : walk(c, u, l, opaque || lw_is_opaque(c, u), at, depth + 1);
	if (!at->failed) {
		at->len = len;
		at->buf[len] = 0;
	}
	return r;
}

static int compare(struct lw_changes *c, int upper, int lower, const char *name, bool opaque, struct lw_text *at,
		   unsigned depth)
{
	struct stat u, l;
	if (fstatat(upper, name, &u, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	bool below = lower >= 0 && fstatat(lower, name, &l, AT_SYMLINK_NOFOLLOW) == 0;
	int r = 0;
	if (lw_is_whiteout(&u))
		return below ? add(c, LW_CHANGE_DELETED, at, name, &l) : 0;
	bool same_kind = below && (u.st_mode & S_IFMT) == (l.st_mode & S_IFMT);
	if (!below)
		r = add(c, LW_CHANGE_ADDED, at, name, &u);
	else if (!lw_same_entry(upper, &u, lower, &l, name))
		r = add(c, LW_CHANGE_CHANGED, at, name, &u);
	if (r == 0 && S_ISDIR(u.st_mode))
		r = enter(c, upper, same_kind ? lower : -1, name, opaque, at, depth);
	return r;
}

/* Both lists are sorted. In a directory that replaces lower's, whatever is not in it is deleted. */
static int walk(struct lw_changes *c, int upper, int lower, bool opaque, struct lw_text *at, unsigned depth)
{
	_cleanup_(lw_names_list_done) struct lw_names_list u = { 0 }, l = { 0 };
	struct stat st;
	if (depth > LW_CHANGES_DEPTH)
		return -ELOOP;
	int r = lw_dir_names(upper, &u);
	if (r == 0 && opaque && lower >= 0)
		r = lw_dir_names(lower, &l);
	for (size_t i = 0, k = 0; r == 0 && (i < u.n || k < l.n);) {
		int order = i == u.n ? 1 : k == l.n ? -1 : strcmp(u.v[i], l.v[k]);
		if (order > 0) {
			if (fstatat(lower, l.v[k], &st, AT_SYMLINK_NOFOLLOW) == 0)
				r = add(c, LW_CHANGE_DELETED, at, l.v[k], &st);
			k++;
			continue;
		}
		r = compare(c, upper, lower, u.v[i++], opaque, at, depth);
		k += order == 0;
	}
	return r;
}

static int open_dir(const char *path, struct lw_err *err)
{
	_cleanup_close_ int fd = lw_safe_open_host(path);
	int r = fd < 0 ? fd : lw_beneath(fd, "", O_RDONLY | O_DIRECTORY);
	if (r < 0)
		lw_fail(err, r, "'%s': %s", path, strerror(-r));
	return r;
}

int lw_changes_open(const char *upper, const char *lower, int flags, struct lw_changes *ret, struct lw_err *err)
{
	_cleanup_(lw_changes_done_p) struct lw_changes c = { .upper = -1,
							     .lower = -1,
							     .user_marks = flags & LW_CHANGES_USER };
	_cleanup_(lw_text_done_p) struct lw_text at = { 0 };
	c.lower = open_dir(lower, err);
	if (c.lower < 0)
		return c.lower;
	c.upper = open_dir(upper, err);
	if (c.upper == -ENOENT) {
		if (err)
			*err = (struct lw_err){ 0 };
	} else if (c.upper < 0) {
		return c.upper;
	}
	if ((flags & LW_CHANGES_HOLD) && c.upper >= 0 && flock(c.upper, LOCK_EX | LOCK_NB) < 0) {
		lw_fail(err, -EBUSY, "'%s' is in use by a sandbox", upper);
		lw_err_hint(err, "wait until it has ended");
		return -EBUSY;
	}
	int r = c.upper < 0 ? 0 : walk(&c, c.upper, c.lower, lw_is_opaque(&c, c.upper), &at, 0);
	if (r < 0 && !(r == -ELOOP && flags & LW_CHANGES_PART))
		return lw_fail(err, r, "'%s/%s': %s", upper, at.len ? at.buf : "", strerror(-r));
	*ret = c;
	c = (struct lw_changes){ .upper = -1, .lower = -1 };
	return 0;
}

void lw_changes_done(struct lw_changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].path);
	free(c->v);
	lw_close_p(&c->upper);
	lw_close_p(&c->lower);
	*c = (struct lw_changes){ .upper = -1, .lower = -1 };
}
