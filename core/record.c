/* record.c: see record.h. Knows nothing of what a record says, but its name. */
#include "record.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "schema.h"
#include "sys.h"

#define RECORD "record.json"
#define SPEC "spec.json"
#define RECORD_MAX ((size_t)8 * 1024 * 1024)
#define SANDBOXES "sandboxes"
#define NAMES "names"

static int open_dir(int at, const char *name, bool make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);
	if (fd < 0 && errno == ENOENT && make && (mkdirat(at, name, 0700) == 0 || errno == EEXIST))
		fd = openat(at, name, flags);
	return fd < 0 ? -errno : fd;
}

/* Two at once that give the same name, or one that gives it while another takes it away. */
static int lock_registry(int state_fd, int *ret)
{
	_cleanup_close_ int dir = open_dir(state_fd, SANDBOXES, true);
	_cleanup_close_ int names = dir < 0 ? dir : open_dir(state_fd, NAMES, true);
	if (dir < 0 || names < 0)
		return dir < 0 ? dir : names;
	while (flock(dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	*ret = TAKE_FD(dir);
	return 0;
}

static bool is_id(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

/* The id behind a name. */
static bool id_of(int state_fd, const char *name, char id[static 65])
{
	char path[sizeof NAMES + 80];
	if (strlen(name) > 63 || strchr(name, '/') || snprintf(path, sizeof path, NAMES "/%s", name) < 0)
		return false;
	ssize_t n = readlinkat(state_fd, path, id, 65);
	id[n == 64 ? 64 : 0] = '\0';
	return is_id(id);
}

static json_t *load(int dir, const char *file)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	json_t *o = NULL;
	if (lw_read_file_at(dir, file, RECORD_MAX, &text, &n) >= 0)
		o = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

void lw_record_reload(struct lw_record *r)
{
	json_t *data = load(r->dir, RECORD);
	json_decref(r->data);
	r->data = data ? data : json_object();
}

json_t *lw_record_spec(const struct lw_record *r)
{
	return load(r->dir, SPEC);
}

static int open_record(int state_fd, const char *id, struct lw_record *ret)
{
	char path[sizeof SANDBOXES + 66];
	snprintf(path, sizeof path, SANDBOXES "/%s", id);
	int dir = open_dir(state_fd, path, false);
	if (dir < 0)
		return dir;
	*ret = LW_RECORD_NONE;
	snprintf(ret->id, sizeof ret->id, "%s", id);
	ret->dir = dir;
	lw_record_reload(ret);
	return 0;
}

static int open_lock(int dir)
{
	int fd = openat(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

bool lw_record_supervised(const struct lw_record *r)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	_cleanup_close_ int fd = open_lock(r->dir);
	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int lw_record_wait(const struct lw_record *r, int64_t timeout_usec)
{
	int64_t waited = 0, nap = 1000;
	while (lw_record_supervised(r)) {
		if (timeout_usec >= 0 && waited >= timeout_usec)
			return -ETIMEDOUT;
		struct timespec t = { 0, nap * 1000 };
		nanosleep(&t, NULL);
		waited += nap;
		nap = nap < 20000 ? nap * 2 : 20000;
	}
	return 0;
}

static int save(const struct lw_record *r, const char *file, const json_t *o, size_t flags, struct lw_err *err)
{
	char fresh[32];
	_cleanup_free_ char *text = json_dumps(o, flags);
	if (!text)
		return lw_fail(err, -ENOMEM, "out of memory");
	snprintf(fresh, sizeof fresh, "%s.new", file);
	_cleanup_close_ int fd = openat(r->dir, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int n = fd < 0 ? -errno : lw_write_full(fd, text, strlen(text));
	if (n >= 0 && fsync(fd) < 0)
		n = -errno;
	if (n >= 0 && renameat(r->dir, fresh, r->dir, file) < 0)
		n = -errno;
	if (n < 0 && fd >= 0)
		unlinkat(r->dir, fresh, 0);
	return n < 0 ? lw_fail(err, n, "the record of %s: %s", r->id, strerror(-n)) : 0;
}

int lw_record_save(const struct lw_record *r, struct lw_err *err)
{
	return save(r, RECORD, r->data, JSON_COMPACT, err);
}

int lw_record_save_spec(const struct lw_record *r, const json_t *spec, struct lw_err *err)
{
	return save(r, SPEC, spec, LW_JSON_DUMP_FLAGS, err);
}

static void remove_files(int dir)
{
	_cleanup_close_ int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	if (d)
		copy = -1;
	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dir, e->d_name, 0);
	if (d)
		closedir(d);
}

/* With the registry locked. */
static int remove_record(int state_fd, const struct lw_record *r)
{
	char path[sizeof SANDBOXES + 80], id[65];
	const char *name = json_string_value(json_object_get(r->data, "name"));
	if (name && id_of(state_fd, name, id) && !strcmp(id, r->id)) {
		snprintf(path, sizeof path, NAMES "/%.63s", name);
		unlinkat(state_fd, path, 0);
	}
	remove_files(r->dir);
	snprintf(path, sizeof path, SANDBOXES "/%s", r->id);
	return unlinkat(state_fd, path, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int lw_record_remove(int state_fd, const struct lw_record *r, struct lw_err *err)
{
	_cleanup_close_ int registry = -1;
	int n = lock_registry(state_fd, &registry);
	if (n >= 0)
		n = remove_record(state_fd, r);
	return n < 0 ? lw_fail(err, n, "removing the record of %s: %s", r->id, strerror(-n)) : 0;
}

/* The name is free, or made so. */
static int claim(int state_fd, const char *name, const char *own, struct lw_err *err)
{
	struct lw_record old = LW_RECORD_NONE;
	char id[65], path[sizeof NAMES + 80];
	if (!id_of(state_fd, name, id))
		return 0;
	if (open_record(state_fd, id, &old) < 0) {
		snprintf(path, sizeof path, NAMES "/%.63s", name);
		return unlinkat(state_fd, path, 0) < 0 && errno != ENOENT ? -errno : 0;
	}
	int r = -EEXIST;
	if (lw_record_supervised(&old)) {
		lw_fail_as(err, LW_ERR_USAGE, r, "a sandbox named \"%s\" is running", name);
		lw_err_hint(err, "`lunward stop %s` ends it; --name takes another name", name);
	} else {
		r = strcmp(id, own) ? remove_record(state_fd, &old) : 0;
	}
	lw_record_done(&old);
	return r;
}

int lw_record_make(int state_fd, const char *id, const char *name, json_t *data, const json_t *spec,
		   struct lw_record *ret, struct lw_err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	char path[sizeof SANDBOXES + 80];
	_cleanup_close_ int registry = -1;
	int r = lock_registry(state_fd, &registry);
	if (r < 0)
		return lw_fail(err, r, "the state directory: %s", strerror(-r));
	r = claim(state_fd, name, id, err);
	if (r < 0)
		return r == -EEXIST ? r : lw_fail(err, r, "the name \"%s\": %s", name, strerror(-r));
	*ret = LW_RECORD_NONE;
	snprintf(ret->id, sizeof ret->id, "%s", id);
	ret->data = json_incref(data);
	snprintf(path, sizeof path, SANDBOXES "/%s", id);
	ret->dir = open_dir(state_fd, path, true);
	ret->lock = ret->dir < 0 ? ret->dir : open_lock(ret->dir);
	r = ret->lock < 0 ? ret->lock : fcntl(ret->lock, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
	if (r < 0)
		lw_fail(err, r, "making a record: %s", strerror(-r));
	else
		r = lw_record_save_spec(ret, spec, err);
	if (r >= 0)
		r = lw_record_save(ret, err);
	snprintf(path, sizeof path, NAMES "/%s", name);
	if (r >= 0 && symlinkat(id, state_fd, path) < 0 && errno != EEXIST) /* its own already: see claim() */
		r = lw_fail(err, -errno, "the name \"%s\": %s", name, strerror(errno));
	if (r < 0) {
		if (ret->dir >= 0)
			remove_record(state_fd, ret);
		lw_record_done(ret);
	}
	return r;
}

int lw_record_each(int state_fd, int (*fn)(void *arg, struct lw_record *r), void *arg)
{
	_cleanup_close_ int fd = open_dir(state_fd, SANDBOXES, false);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int r = 0;
	if (!d)
		return 0;
	fd = -1;
	while (!r && (e = readdir(d))) {
		struct lw_record rec = LW_RECORD_NONE;
		if (is_id(e->d_name) && open_record(state_fd, e->d_name, &rec) >= 0) {
			r = fn(arg, &rec);
			lw_record_done(&rec);
		}
	}
	closedir(d);
	return r;
}

struct search {
	const char *word;
	char id[65];
	unsigned found;
	struct lw_near near;
	char nearest[65];
};

static int compare(void *arg, struct lw_record *r)
{
	struct search *s = arg;
	const char *name = json_string_value(json_object_get(r->data, "name"));
	if (!strncmp(r->id, s->word, strlen(s->word))) {
		memcpy(s->id, r->id, sizeof s->id);
		s->found++;
	}
	if (name) {
		const char *before = s->near.best;
		lw_near_offer(&s->near, name);
		if (s->near.best != before)
			s->near.best = memcpy(s->nearest, name, strnlen(name, 63) + 1);
	}
	return 0;
}

int lw_record_find(int state_fd, const char *word, struct lw_record *ret, struct lw_err *err)
{
	struct search s = { .word = word, .near.word = word };
	if (id_of(state_fd, word, s.id) && open_record(state_fd, s.id, ret) >= 0)
		return 0;
	s.id[0] = '\0';
	lw_record_each(state_fd, compare, &s);
	if (*word && s.found == 1 && open_record(state_fd, s.id, ret) >= 0)
		return 0;
	if (*word && s.found > 1) {
		lw_fail_as(err, LW_ERR_USAGE, -EEXIST, "\"%s\" is the beginning of %u ids", word, s.found);
		lw_err_hint(err, "give more of it; `lunward ps -a` lists them");
		return -EEXIST;
	}
	lw_fail_as(err, LW_ERR_USAGE, -ENOENT, "no sandbox \"%s\"", word);
	if (s.near.best)
		lw_err_hint(err, "did you mean \"%s\"?", s.nearest);
	else
		lw_err_hint(err, "`lunward ps -a` lists them");
	return -ENOENT;
}

void lw_record_done(struct lw_record *r)
{
	lw_close_p(&r->dir);
	lw_close_p(&r->lock);
	json_decref(r->data);
	r->data = NULL;
}

uint64_t lw_process_start(pid_t pid)
{
	char path[32];
	_cleanup_free_ char *text = NULL;
	size_t n;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (pid <= 0 || lw_read_file(path, 4096, &text, &n) < 0)
		return 0;
	/* The command's name may hold anything; what follows its last parenthesis is fields. The start is the 22nd. */
	const char *p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p += p != NULL;
	}
	return p ? strtoull(p, NULL, 10) : 0;
}

int lw_process_open(pid_t pid, uint64_t start)
{
	int fd = pid > 0 && start ? (int)SYS(pidfd_open, pid, 0) : -ESRCH;
	/* Held first, then compared: it cannot change in between. */
	if (fd >= 0 && lw_process_start(pid) != start) {
		close(fd);
		return -ESRCH;
	}
	return fd;
}
