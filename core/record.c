/* record.c: see record.h. Knows nothing of what a record says, but its name. */
#include "record.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/fdio.h"
#include "base/text.h"
#include "record_private.h"
#include "schema.h"

#define RECORD "record.json"
#define SPEC "spec.json"
#define RECORD_MAX ((size_t)8 * 1024 * 1024)

int lw_record_dir(int at, const char *name, bool make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);
	if (fd < 0 && errno == ENOENT && make && (mkdirat(at, name, 0700) == 0 || errno == EEXIST))
		fd = openat(at, name, flags);
	return fd < 0 ? -errno : fd;
}

bool lw_record_is_id(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

int lw_record_id_of(int state_fd, const char *name, char id[static 65])
{
	char path[sizeof LW_RECORD_NAMES + 80];
	if (!*name || strlen(name) > 63 || strchr(name, '/') || lw_dot_name(name))
		return 0;
	snprintf(path, sizeof path, LW_RECORD_NAMES "/%s", name);
	ssize_t n = readlinkat(state_fd, path, id, 65);
	if (n < 0 && errno != ENOENT && errno != EINVAL && errno != ENOTDIR)
		return -errno;
	id[n == 64 ? 64 : 0] = '\0';
	return lw_record_is_id(id);
}

/* -EBADMSG: it says nothing; any other error: it could not be read now. What somebody may have put in its place is not
 * followed, and not waited for. */
static int load(int dir, const char *file, json_t **ret)
{
	_cleanup_close_ int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *text = NULL;
	json_error_t why;
	struct stat st;
	size_t n = 0;
	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO))
		return -EBADMSG;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_size > (off_t)RECORD_MAX)
		return -EBADMSG;
	int r = lw_read_all(fd, RECORD_MAX, &text, &n);
	if (r < 0)
		return r;
	json_t *o = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
	if (!o && json_error_code(&why) == json_error_out_of_memory)
		return -ENOMEM;
	if (!json_is_object(o)) {
		json_decref(o);
		return -EBADMSG;
	}
	*ret = o;
	return 0;
}

int lw_record_reload(struct lw_record *r)
{
	json_t *data = NULL;
	int n = load(r->dir, RECORD, &data);
	if (n < 0 && n != -EBADMSG)
		return n;
	const json_t *version = json_object_get(data, "schema_version");
	json_decref(r->data);
	r->damaged = n == -EBADMSG || (data && !json_is_integer(version));
	r->newer = json_integer_value(version) > LW_SCHEMA_VERSION;
	r->data = data ? data : json_object();
	return 0;
}

json_t *lw_record_spec(const struct lw_record *r)
{
	json_t *spec = NULL;
	int n = load(r->dir, SPEC, &spec);
	errno = n < 0 ? -n : 0;
	return spec;
}

int lw_record_open(int state_fd, const char *id, struct lw_record *ret)
{
	char path[sizeof LW_RECORD_SANDBOXES + 66];
	snprintf(path, sizeof path, LW_RECORD_SANDBOXES "/%s", id);
	int dir = lw_record_dir(state_fd, path, false);
	if (dir < 0)
		return dir;
	*ret = LW_RECORD_NONE;
	snprintf(ret->id, sizeof ret->id, "%s", id);
	ret->dir = dir;
	int r = lw_record_reload(ret);
	if (r < 0)
		lw_record_done(ret);
	return r;
}

int lw_record_minded(const struct lw_record *r)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	_cleanup_close_ int fd =
		openat(r->dir, LW_RECORD_LOCK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == EISDIR || errno == ENXIO ? 0 : -errno;
	return fcntl(fd, F_OFD_GETLK, &lock) < 0 ? -errno : lock.l_type != F_UNLCK;
}

bool lw_record_supervised(const struct lw_record *r)
{
	/* Who cannot find out takes nothing away from anybody. */
	return lw_record_minded(r) != 0;
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
	if (n >= 0 && (renameat(r->dir, fresh, r->dir, file) < 0 || fsync(r->dir) < 0))
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

int lw_record_lock(const struct lw_record *r)
{
	while (flock(r->dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

bool lw_record_try_lock(const struct lw_record *r)
{
	return flock(r->dir, LOCK_EX | LOCK_NB) == 0;
}

void lw_record_unlock(const struct lw_record *r)
{
	flock(r->dir, LOCK_UN);
}

const char *lw_record_name(const struct lw_record *r)
{
	const char *name = json_string_value(json_object_get(r->data, "name"));
	return name ? name : r->id;
}

int lw_record_each(int state_fd, int (*fn)(void *arg, struct lw_record *r), void *arg)
{
	_cleanup_(lw_closedir_p) DIR *d = lw_opendir_at(state_fd, LW_RECORD_SANDBOXES);
	struct dirent *e;
	int r = 0;
	while (d && !r && (e = readdir(d))) {
		struct lw_record rec = LW_RECORD_NONE;
		if (lw_record_is_id(e->d_name) && lw_record_open(state_fd, e->d_name, &rec) >= 0) {
			r = fn(arg, &rec);
			lw_record_done(&rec);
		}
	}
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
	int r = lw_record_id_of(state_fd, word, s.id);
	if (r > 0)
		r = lw_record_open(state_fd, s.id, ret);
	else if (r == 0)
		r = -ENOENT;
	if (r >= 0)
		return 0;
	if (r != -ENOENT && r != -ENOTDIR && r != -ELOOP)
		return lw_fail(err, r, "the record of \"%s\": %s", word, strerror(-r));
	s.id[0] = '\0';
	lw_record_each(state_fd, compare, &s);
	if (*word && s.found == 1 && lw_record_open(state_fd, s.id, ret) >= 0)
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
