/* layer.c: see layer.h. */
#include "layer.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/sha256.h"

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

struct source {
	int fd;
	struct lw_sha256 sum;
	char buf[65536];
};

static la_ssize_t more(struct archive *a, void *arg, const void **ret)
{
	struct source *s = arg;
	ssize_t n = read(s->fd, s->buf, sizeof s->buf);
	if (n < 0) {
		archive_set_error(a, errno, "%s", strerror(errno));
		return ARCHIVE_FATAL;
	}
	lw_sha256_add(&s->sum, s->buf, (size_t)n);
	*ret = s->buf;
	return n;
}

static void archive_done(struct archive **a)
{
	archive_read_free(*a);
}

static int archive_failed(struct archive *a, struct lw_err *err)
{
	const char *why = archive_error_string(a);
	return lw_fail(err, -EINVAL, "%s", why ? why : "the archive cannot be read");
}

static int open_archive(struct archive *a, struct source *s)
{
	/* Names are bytes here as they are to the kernel. */
	if (archive_read_support_format_tar(a) < ARCHIVE_WARN || archive_read_support_filter_none(a) < ARCHIVE_WARN ||
	    archive_read_support_filter_gzip(a) < ARCHIVE_WARN || archive_read_support_filter_xz(a) < ARCHIVE_WARN ||
	    archive_read_support_filter_zstd(a) < ARCHIVE_WARN || archive_read_support_filter_bzip2(a) < ARCHIVE_WARN ||
	    archive_read_set_format_option(a, "tar", "hdrcharset", "BINARY") < ARCHIVE_WARN)
		return -1;
	return archive_read_open(a, s, NULL, more, NULL) == ARCHIVE_OK ? 0 : -1;
}

static int write_at(int fd, const char *data, size_t n, int64_t at)
{
	while (n) {
		ssize_t r = pwrite(fd, data, n, at);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0) {
			data += r;
			at += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

/* A hole costs nothing now and everything when it is read or copied, so it counts. */
static int copy_data(struct tree *t, struct archive *a, struct archive_entry *e, int fd, struct lw_err *err)
{
	const void *data;
	size_t n;
	la_int64_t at;
	int64_t size = archive_entry_size_is_set(e) ? archive_entry_size(e) : 0, end = 0;
	int r = size < 0 ? lw_fail(err, -EINVAL, "a file of a negative size") : tree_grow(t, 0, size, err);
	for (int more_data = ARCHIVE_OK; r >= 0;) {
		more_data = archive_read_data_block(a, &data, &n, &at);
		if (more_data == ARCHIVE_EOF)
			break;
		if (more_data < ARCHIVE_WARN)
			return archive_failed(a, err);
		if (at < 0 || at > INT64_MAX - (int64_t)n)
			return lw_fail(err, -EINVAL, "data at an impossible place");
		if (at + (int64_t)n > size) {
			r = tree_grow(t, size, at + (int64_t)n, err);
			size = at + (int64_t)n;
		}
		if (r >= 0)
			r = write_at(fd, data, n, at);
		end = at + (int64_t)n;
	}
	if (r >= 0 && end < size && ftruncate(fd, size) < 0)
		r = -errno;
	return r;
}

static int file(struct tree *t, struct archive *a, struct archive_entry *e, const char *path, const struct tree_meta *m,
		struct lw_err *err)
{
	_cleanup_close_ int fd = -1;
	int r = tree_file(t, path, &fd, err);
	if (r < 0)
		return r;
	err->msg[0] = 0;
	r = copy_data(t, a, e, fd, err);
	if (r >= 0)
		r = tree_file_end(t, fd, m);
	if (r < 0) {
		char why[sizeof err->msg];
		snprintf(why, sizeof why, "%s", err->msg[0] ? err->msg : strerror(-r));
		lw_fail(err, r, "%s: %s", path, why);
	}
	return r;
}

static int is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return !strncmp(path, dir, n) && path[n] == '/';
}

static int entry(struct tree *t, struct archive *a, struct archive_entry *e, const char *path, struct lw_err *err)
{
	const char *link = archive_entry_hardlink(e);
	const struct tree_meta m = {
		.mode = (uint32_t)archive_entry_perm(e),
		.uid = archive_entry_uid(e),
		.gid = archive_entry_gid(e),
		.mtime = { archive_entry_mtime(e), archive_entry_mtime_nsec(e) },
	};
	if (link)
		return tree_hardlink(t, path, link, err);
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
		return file(t, a, e, path, &m, err);
	case AE_IFDIR:
		return tree_dir(t, path, &m, err);
	case AE_IFLNK:
		link = archive_entry_symlink(e);
		return tree_symlink(t, path, link ? link : "", &m, err);
	default:
		/* The /dev inside is never the image's. */
		if (is_below(path, "dev"))
			return 0;
		return lw_fail(err, -EPERM, "%s: a %s", path,
			       archive_entry_filetype(e) == AE_IFIFO    ? "fifo"
			       : archive_entry_filetype(e) == AE_IFSOCK ? "socket"
									: "device");
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static int removal(struct tree *t, const char *path, struct lw_err *err)
{
	char clean[4096], target[4096];
	int r = tree_clean(path, clean, err);
	const char *base = r < 0 ? "" : base_name(clean);
	if (r < 0)
		return r;
	if (!strcmp(base, OPAQUE)) {
		snprintf(target, sizeof target, "%.*s", (int)(base > clean ? base - clean - 1 : 0), clean);
		return tree_remove(t, target, true, err);
	}
	base += sizeof WHITEOUT - 1;
	if (!*base || !strcmp(base, ".") || !strcmp(base, ".."))
		return lw_fail(err, -EINVAL, "%s: a mark that names nothing", path);
	snprintf(target, sizeof target, "%.*s%s", (int)(base - clean) - (int)(sizeof WHITEOUT - 1), clean, base);
	return tree_remove(t, target, false, err);
}

static int one(struct tree *t, struct archive *a, struct archive_entry *e, enum layer_pass pass, struct lw_err *err)
{
	const char *path = archive_entry_pathname(e);
	if (!path || !*path)
		return lw_fail(err, -EINVAL, "an entry without a name");
	bool mark = pass != LAYER_PLAIN && !strncmp(base_name(path), WHITEOUT, sizeof WHITEOUT - 1);
	if (pass == LAYER_REMOVALS)
		return mark ? removal(t, path, err) : 0;
	return mark ? 0 : entry(t, a, e, path, err);
}

/* Of what is behind the archive's own end too: the digest is the whole file's. */
static int check_digest(struct archive *a, struct source *s, const char *digest, struct lw_err *err)
{
	const void *data;
	uint8_t sum[32];
	char hex[65];
	la_ssize_t n;
	do
		n = more(a, s, &data);
	while (n > 0);
	if (n < 0)
		return archive_failed(a, err);
	lw_sha256_end(&s->sum, sum);
	lw_sha256_hex(sum, hex);
	return strcmp(hex, digest)
		       ? lw_fail(err, -EBADMSG, "the archive is not what its digest sha256:%.12s… says", digest)
		       : 0;
}

int layer_apply(struct tree *t, int fd, const char *digest, enum layer_pass pass, struct lw_err *err)
{
	_cleanup_(archive_done) struct archive *a = archive_read_new();
	_cleanup_free_ struct source *s = malloc(sizeof *s);
	struct archive_entry *e;
	if (!a || !s)
		return lw_fail(err, -ENOMEM, "out of memory");
	s->fd = fd;
	lw_sha256_init(&s->sum);
	int r = open_archive(a, s) < 0 ? archive_failed(a, err) : 0;
	while (r >= 0) {
		int got = archive_read_next_header(a, &e);
		if (got == ARCHIVE_EOF)
			break;
		r = got < ARCHIVE_WARN ? archive_failed(a, err) : one(t, a, e, pass, err);
	}
	/* What is wrong with an archive that is not the right one is not worth telling. */
	struct lw_err other;
	int right = check_digest(a, s, digest, r < 0 ? &other : err);
	if (r >= 0 || right != -EBADMSG)
		return r < 0 ? r : right;
	*err = other;
	return right;
}
