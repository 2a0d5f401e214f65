/* record_registry.c: making, naming and removing records, one at a time under one lock. A record comes and goes by one
 * rename: it is made as <id>.new and removed as <id>.gone, so that whoever is killed leaves all of it or none. A name
 * is given before and taken away after: one that leads nowhere is free. See record.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/dir.h"
#include "record.h"
#include "record_private.h"

#define FRESH ".new"
#define GONE ".gone"

/* Two at once that give the same name, or one that gives it while another takes it away. */
static int lock_registry(int state_fd, int *ret)
{
	_cleanup_close_ int dir = lw_record_dir(state_fd, LW_RECORD_SANDBOXES, true);
	_cleanup_close_ int names = dir < 0 ? dir : lw_record_dir(state_fd, LW_RECORD_NAMES, true);
	if (dir < 0 || names < 0)
		return dir < 0 ? dir : names;
	while (flock(dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	*ret = TAKE_FD(dir);
	return 0;
}

static int remove_files(int dir)
{
	_cleanup_(lw_closedir_p) DIR *d = lw_opendir_at(dir, ".");
	struct dirent *e;
	int r = d ? 0 : -errno;
	for (errno = 0; d && (e = readdir(d)); errno = 0)
		if (!lw_dot_name(e->d_name) && unlinkat(dir, e->d_name, 0) < 0 && errno != ENOENT &&
		    (errno != EISDIR || unlinkat(dir, e->d_name, AT_REMOVEDIR) < 0))
			r = -errno;
	return r < 0 ? r : -errno;
}

/* The directory `name` of the registry, whatever is in it. */
static int remove_dir(int registry, const char *name)
{
	_cleanup_close_ int dir = lw_record_dir(registry, name, false);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	int r = remove_files(dir);
	return r < 0 ? r : unlinkat(registry, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

static void remove_name(int state_fd, const char *name)
{
	char path[sizeof LW_RECORD_NAMES + 80];
	snprintf(path, sizeof path, LW_RECORD_NAMES "/%.63s", name);
	unlinkat(state_fd, path, 0);
}

/* Calls fn for each name in the directory; how often it says that it has done something. */
static unsigned each_name(int state_fd, const char *dir, unsigned (*fn)(int state_fd, int dir, const char *name))
{
	_cleanup_(lw_closedir_p) DIR *d = lw_opendir_at(state_fd, dir);
	struct dirent *e;
	unsigned n = 0;
	while (d && (e = readdir(d)))
		if (!lw_dot_name(e->d_name))
			n += fn(state_fd, dirfd(d), e->d_name);
	return n;
}

/* One that leads nowhere. */
static unsigned tidy_name(int state_fd, int dir, const char *name)
{
	char id[65], path[sizeof LW_RECORD_SANDBOXES + 80];
	struct stat st;
	int r = lw_record_id_of(state_fd, name, id);
	if (r < 0)
		return 0;
	snprintf(path, sizeof path, LW_RECORD_SANDBOXES "/%s", id);
	if (r && (fstatat(state_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT))
		return 0;
	return unlinkat(dir, name, 0) == 0;
}

static int remove_record(int state_fd, int registry, const struct lw_record *r)
{
	char gone[80], id[65];
	const char *name = json_string_value(json_object_get(r->data, "name"));
	snprintf(gone, sizeof gone, "%s" GONE, r->id);
	if (renameat(registry, r->id, registry, gone) < 0 && errno != ENOENT)
		return -errno;
	if (!name)
		each_name(state_fd, LW_RECORD_NAMES, tidy_name);
	else if (lw_record_id_of(state_fd, name, id) > 0 && !strcmp(id, r->id))
		remove_name(state_fd, name);
	return remove_dir(registry, gone);
}

int lw_record_remove(int state_fd, const struct lw_record *r, struct lw_err *err)
{
	_cleanup_close_ int registry = -1;
	int n = lock_registry(state_fd, &registry);
	/* Somebody may have started it anew since the caller looked; then it is theirs. */
	if (n >= 0 && r->lock < 0 && lw_record_supervised(r))
		n = -EBUSY;
	if (n >= 0)
		n = remove_record(state_fd, registry, r);
	return n < 0 ? lw_fail(err, n, "removing the record of %s: %s", lw_record_name(r), strerror(-n)) : 0;
}

int lw_record_save_unsupervised(int state_fd, const struct lw_record *r, struct lw_err *err)
{
	_cleanup_close_ int registry = -1;
	int n = lock_registry(state_fd, &registry);
	if (n < 0)
		return lw_fail(err, n, "the state directory: %s", strerror(-n));
	return lw_record_supervised(r) ? 0 : lw_record_save(r, err);
}

/* The name is free, or made so. */
static int claim(int state_fd, int registry, const char *name, const char *own, struct lw_err *err)
{
	struct lw_record old = LW_RECORD_NONE;
	char id[65];
	int r = lw_record_id_of(state_fd, name, id);
	if (r > 0)
		r = lw_record_open(state_fd, id, &old);
	else if (r == 0)
		r = -ENOENT;
	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP) {
		remove_name(state_fd, name);
		return 0;
	}
	if (r < 0)
		return r;
	r = lw_record_minded(&old);
	if (r > 0) {
		r = -EEXIST;
		lw_fail_as(err, LW_ERR_USAGE, r, "a sandbox named \"%s\" is running", name);
		lw_err_hint(err, "`lunward stop %s` ends it; --name takes another name", name);
	} else if (r == 0) {
		r = strcmp(id, own) ? remove_record(state_fd, registry, &old) : 0;
	}
	lw_record_done(&old);
	return r;
}

static int take_lock(struct lw_record *r)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	r->lock = openat(r->dir, LW_RECORD_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	return r->lock < 0 || fcntl(r->lock, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

/* Its directory, ours and filled: the one that is there under its id, or `fresh`. */
static int fill(int registry, const char *fresh, struct lw_record *r, const json_t *spec, struct lw_err *err)
{
	r->dir = lw_record_dir(registry, r->id, false);
	r->again = r->dir >= 0;
	if (r->dir == -ENOENT) {
		int n = remove_dir(registry, fresh);
		r->dir = n < 0 ? n : lw_record_dir(registry, fresh, true);
	}
	int n = r->dir < 0 ? r->dir : take_lock(r);
	if (n < 0)
		return lw_fail(err, n, "making a record: %s", strerror(-n));
	n = lw_record_save_spec(r, spec, err);
	return n < 0 ? n : lw_record_save(r, err);
}

static int show(int state_fd, int registry, const char *fresh, const struct lw_record *r, const char *name)
{
	char path[sizeof LW_RECORD_NAMES + 80];
	snprintf(path, sizeof path, LW_RECORD_NAMES "/%.63s", name);
	if (symlinkat(r->id, state_fd, path) < 0 && errno != EEXIST) /* its own already: see claim() */
		return -errno;
	if (!r->again && renameat(registry, fresh, registry, r->id) < 0)
		return -errno;
	return fsync(registry) < 0 ? -errno : 0;
}

int lw_record_make(int state_fd, const char *id, const char *name, json_t *data, const json_t *spec,
		   struct lw_record *ret, struct lw_err *err)
{
	char fresh[80];
	_cleanup_close_ int registry = -1;
	int r = lock_registry(state_fd, &registry);
	if (r < 0)
		return lw_fail(err, r, "the state directory: %s", strerror(-r));
	r = claim(state_fd, registry, name, id, err);
	if (r < 0)
		return r == -EEXIST ? r : lw_fail(err, r, "the name \"%s\": %s", name, strerror(-r));
	*ret = LW_RECORD_NONE;
	snprintf(ret->id, sizeof ret->id, "%s", id);
	snprintf(fresh, sizeof fresh, "%s" FRESH, id);
	ret->data = json_incref(data);
	r = fill(registry, fresh, ret, spec, err);
	if (r >= 0 && (r = show(state_fd, registry, fresh, ret, name)) < 0)
		lw_fail(err, r, "the name \"%s\": %s", name, strerror(-r));
	if (r < 0 && !ret->again) {
		remove_dir(registry, fresh);
		remove_record(state_fd, registry, ret);
	}
	if (r < 0)
		lw_record_done(ret);
	return r;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);
	return n >= k && !strcmp(s + n - k, end);
}

static unsigned tidy_dir(int state_fd, int registry, const char *name)
{
	struct lw_record r = LW_RECORD_NONE;
	unsigned done = 0;
	if (ends_with(name, FRESH) || ends_with(name, GONE))
		return remove_dir(registry, name) == 0;
	/* One that tells nothing is nobody's, unless somebody still minds it. */
	if (lw_record_is_id(name) && lw_record_open(state_fd, name, &r) >= 0)
		done = r.damaged && !lw_record_supervised(&r) && remove_record(state_fd, registry, &r) == 0;
	lw_record_done(&r);
	return done;
}

unsigned lw_record_tidy(int state_fd)
{
	_cleanup_close_ int registry = -1;
	if (lock_registry(state_fd, &registry) < 0)
		return 0;
	unsigned n = each_name(state_fd, LW_RECORD_SANDBOXES, tidy_dir);
	return n + each_name(state_fd, LW_RECORD_NAMES, tidy_name);
}
