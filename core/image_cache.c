/* image_cache.c: unpacked images, as STATE/images/DIGEST/rootfs. One is made in DIGEST.new by lunward-unpack, inside a
 * sandbox of our own, and renamed when it is whole; the directory being made is its own lock, so whoever finds one that
 * nobody holds has found what a killed one left, and begins again. */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/fdio.h"
#include "image.h"
#include "safepath.h"
#include "safepath_walk.h"
#include "instance.h"
#include "schema.h"
#include "sys.h"

#define UNPACK_MINUTES 30
#define WORDS_MAX 600

static int remove_one(void *arg, const struct lw_walk_entry *e)
{
	(void)arg;
	return e->dir < 0 ? 0 : (int)SYS(unlinkat, e->dir, e->name, S_ISDIR(e->st.st_mode) ? AT_REMOVEDIR : 0);
}

/* Everything in the directory; it may be a stranger's image, half of it. */
static int empty_dir(int dir)
{
	struct lw_walk w = { .entry = remove_one };
	return lw_safe_walk(&w, dir);
}

static int open_dir(int dir, const char *name)
{
	return sys_openat2(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

static int make_dir(int dir, const char *name)
{
	int r = (int)SYS(mkdirat, dir, name, 0700);
	return r < 0 && r != -EEXIST ? r : open_dir(dir, name);
}

static bool is_there(int dir, const char *name, const struct stat *like)
{
	struct stat st;
	return !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       (!like || (st.st_dev == like->st_dev && st.st_ino == like->st_ino));
}

/* Holds the directory `fresh`, empty, for us alone: its descriptor, or 0 when the image is there after all. */
static int begin(int images, const char *name, const char *fresh, int *ret)
{
	for (;;) {
		struct stat st;
		_cleanup_close_ int dir = make_dir(images, fresh);
		if (dir < 0)
			return dir;
		int r = (int)SYS(flock, dir, LOCK_EX);
		if (r < 0)
			return r;
		/* Whoever held it before may have finished it, or given up and removed it. */
		if (fstat(dir, &st) < 0)
			return -errno;
		bool ours = is_there(images, fresh, &st);
		if (is_there(images, name, NULL)) {
			if (ours)
				SYS(unlinkat, images, fresh, AT_REMOVEDIR);
			return 0;
		}
		if (!ours)
			continue;
		r = empty_dir(dir);
		if (r < 0)
			return r;
		*ret = TAKE_FD(dir);
		return 1;
	}
}

unsigned lw_image_tidy(int state_fd)
{
	_cleanup_(lw_closedir_p) DIR *images = lw_opendir_at(state_fd, LW_IMAGE_CACHE);
	struct dirent *e;
	unsigned n = 0;
	while (images && (e = readdir(images))) {
		size_t len = strlen(e->d_name);
		_cleanup_close_ int dir = -1;
		if (len <= 4 || strcmp(e->d_name + len - 4, ".new") != 0 ||
		    (dir = open_dir(dirfd(images), e->d_name)) < 0)
			continue;
		if (SYS(flock, dir, LOCK_EX | LOCK_NB) >= 0 && empty_dir(dir) >= 0)
			n += SYS(unlinkat, dirfd(images), e->d_name, AT_REMOVEDIR) >= 0;
	}
	return n;
}

static json_t *bind_of(const char *source, const char *destination, bool writable, bool exec, bool idmap)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "type", "bind", "source", source, "destination", destination,
			 "writable", (int)writable, "exec", (int)exec, "idmap", (int)idmap);
}

/* Root's own files are to be readable for root inside; what all may read need not be where mounts can be idmapped. */
static bool for_all(const char *path)
{
	struct stat st;
	_cleanup_close_ int fd = lw_safe_open_host(path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	unsigned wanted = S_ISDIR(st.st_mode) ? 05 : 04;
	return (st.st_mode & wanted) == wanted;
}

/* The sandbox in which an image is taken apart: an empty root, the image to read, the directory to fill, one program.
 * Beyond seccomp.strict it may give files away and resolve paths in a root; its capabilities count for ids of its own
 * alone. */
static json_t *unpacker(const struct lw_spec *s, const struct lw_host *h, const char *helper, int kind,
			const char *digest, const char *fresh)
{
	char size[24], files[24];
	const char *image = s->root.image;
	snprintf(size, sizeof size, "%lld", (long long)s->root.unpack.size);
	snprintf(files, sizeof files, "%lld", (long long)s->root.unpack.files);
	json_t *command = json_pack("[s, s, s, s, s, s]", "/lunward-unpack", kind == LW_IMAGE_OCI ? "oci" : "tar",
				    digest, h->privileged ? "owners" : "own", size, files);
	json_t *mounts = json_pack("[o, o, o]", bind_of(helper, "/lunward-unpack", false, true, false),
				   bind_of(image, "/image", false, false, h->privileged && !for_all(image)),
				   bind_of(fresh, "/target", true, false, h->privileged));
	json_t *seccomp = json_pack("{s:s, s:[{s:s, s:[s, s, s]}]}", "base", "strict", "rules", "action", "allow",
				    "names", "fchown", "fchownat", "openat2");
	json_t *rlimits = json_pack("{s:i, s:I, s:i, s:i}", "nofile", 2 * LW_WALK_DEPTH + 64, "as", (json_int_t)1 << 30,
				    "core", 0, "cpu", UNPACK_MINUTES * 60);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:[s, s, s, s, s], s:{s:s, s:s}}", "name", "unpack",
			 "root", "empty", "command", command, "mounts", mounts, "seccomp", seccomp, "rlimits", rlimits,
			 "network", "none", "terminal", 0, "capabilities", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
			 "FOWNER", "FSETID", "stdio", "stdin", "null", "stdout", "null");
}

/* One line of what it said; it was said by whoever made the image. */
static void read_words(int fd, int64_t until, char ret[static WORDS_MAX])
{
	size_t n = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec now;
	char rest[256];
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		int64_t left = until - now.tv_sec;
		if (left <= 0 || poll(&p, 1, (int)left * 1000) <= 0)
			break;
		bool room = n < WORDS_MAX - 1;
		ssize_t got = read(fd, room ? ret + n : rest, room ? WORDS_MAX - 1 - n : sizeof rest);
		if (got <= 0)
			break;
		n += room ? (size_t)got : 0;
	}
	ret[n] = 0;
	ret[strcspn(ret, "\n")] = 0;
}

/* Runs it to its end; what it says is read until it closes its end or the time is up. */
static int run_unpacker(const struct lw_plan *p, const char *image, struct lw_err *err)
{
	char words[WORDS_MAX];
	struct lw_instance *box = NULL;
	struct lw_status status;
	struct timespec now;
	int pair[2];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return lw_fail(err, -errno, "%s", strerror(errno));
	_cleanup_close_ int read_end = pair[0], write_end = pair[1];
	/* Its spec puts /dev/null in the place of the first two. */
	const struct lw_instance_options o = { .stdio = { write_end, write_end, write_end } };
	int r = lw_plan_launch(p, &o, &box, err);
	lw_close_p(&write_end);
	if (r < 0)
		return r;
	clock_gettime(CLOCK_MONOTONIC, &now);
	read_words(read_end, now.tv_sec + UNPACK_MINUTES * 60, words);
	/* Nobody holds the other end any more: it is ending, or it has closed it and is not to be waited for. */
	r = lw_instance_wait(box, 10 * INT64_C(1000000), &status, err);
	lw_instance_close(box);
	if (r < 0)
		return r == -ETIMEDOUT
			       ? lw_fail(err, r, "'%s': unpacking takes more than %d minutes", image, UNPACK_MINUTES)
			       : r;
	if (!status.code)
		return 0;
	if (status.signal || !*words)
		snprintf(words, sizeof words, "the unpacker ended with status %d", status.code);
	lw_fail_as(err, LW_ERR_POLICY, -EBADMSG, "'%s': %s", image, words);
	if (!strncmp(words, "more than", 9) || strstr(words, ": more than"))
		lw_err_hint(err, "if the image is right, raise root.unpack");
	return -EBADMSG;
}

static int fill(const struct lw_spec *s, const struct lw_host *h, const char *helper, int kind, const char *digest,
		const char *fresh, struct lw_err *err)
{
	struct lw_spec *spec = NULL;
	struct lw_plan *plan = NULL;
	json_t *raw = unpacker(s, h, helper, kind, digest, fresh);
	int r = raw ? lw_spec_decode(raw, &spec, err) : lw_fail(err, -ENOMEM, "out of memory");
	json_decref(raw);
	if (r >= 0)
		r = lw_spec_check(spec, err);
	if (r >= 0)
		r = lw_plan_build(spec, h, &plan, err);
	if (r >= 0) {
		/* The one sandbox that is given a directory of our state: the walk is not to look for it. */
		plan->pool.state_dir = NULL;
		r = run_unpacker(plan, s->root.image, err);
	}
	lw_plan_free(plan);
	lw_spec_free(spec);
	return r;
}

int lw_image_unpack(const struct lw_spec *s, const struct lw_host *h, const char *helper, int kind,
		    const char digest[65], const char *tree, struct lw_err *err)
{
	char fresh[80], path[PATH_MAX];
	_cleanup_close_ int dir = -1;
	_cleanup_close_ int images = make_dir(h->state_fd, LW_IMAGE_CACHE);
	if (images < 0)
		return lw_fail(err, images, "%s: %s", tree, strerror(-images));
	if (is_there(images, digest, NULL))
		return 0;
	if (!helper) {
		lw_fail(err, -ENOENT, "'%s': this build has no lunward-unpack", s->root.image);
		lw_err_hint(err, "build with libarchive-dev, or unpack the image and name the directory: root = DIR");
		return -ENOENT;
	}
	snprintf(fresh, sizeof fresh, "%s.new", digest);
	snprintf(path, sizeof path, "%s/" LW_IMAGE_CACHE "/%s", h->state_dir, fresh);
	int r = begin(images, digest, fresh, &dir);
	if (r <= 0)
		return r < 0 ? lw_fail(err, r, "%s: %s", path, strerror(-r)) : 0;
	r = fill(s, h, helper, kind, digest, path, err);
	/* What has the name of a whole image must be on the disk as one. */
	if (r >= 0 && syncfs(dir) < 0)
		r = lw_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (r >= 0)
		r = (int)SYS(renameat, images, fresh, images, digest);
	else if (empty_dir(dir) >= 0)
		SYS(unlinkat, images, fresh, AT_REMOVEDIR);
	return r < 0 && !(err && err->msg[0]) ? lw_fail(err, r, "%s: %s", path, strerror(-r)) : r;
}
