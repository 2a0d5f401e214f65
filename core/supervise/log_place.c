/* log_place.c: which file a log is in, and that the sandbox cannot exchange it: who may write in its directory could
 * have the next run write to any file of the caller's. See log.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "supervise/log.h"

#define DEFAULT_MAX (INT64_C(16) * 1024 * 1024)
#define DEFAULT_KEEP 1

int sv_log_kind(const struct lw_log *log)
{
	return log->rec.set || log->kind == LW_LOG_INHERIT ? LW_LOG_FILE : log->kind;
}

int64_t sv_log_max(const struct lw_log *log)
{
	return log->rec.set && log->max > 0 ? log->max : DEFAULT_MAX;
}

unsigned sv_log_keep(const struct lw_log *log)
{
	return log->rec.set ? (unsigned)log->keep : DEFAULT_KEEP;
}

int sv_log_place(const struct lw_log *log, int *ret_dir, char base[static 256], struct lw_err *err)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(log->file, '/');
	size_t n = slash ? (size_t)(slash - log->file) : 0;
	int r = !slash || !slash[1] || strlen(slash + 1) > 240 || n >= sizeof dir ? -EINVAL : 0;
	if (r >= 0) {
		/* The caller's own path, by the caller's rights: links on the way to it are the caller's, too. */
		snprintf(dir, sizeof dir, "%.*s", n ? (int)n : 1, log->file);
		*ret_dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = *ret_dir < 0 ? -errno : 0;
	}
	if (r >= 0) {
		snprintf(base, 256, "%s", slash + 1);
		return 0;
	}
	lw_fail(err, r, "'%s': %s", log->file, r == -ENOENT ? "there is no such directory" : strerror(-r));
	lw_err_at(err, log->rec.origin);
	lw_err_in(err, "log.file");
	return r;
}

static bool within(const char *path, const char *top)
{
	char real[PATH_MAX];
	if (!top || !realpath(top, real))
		return false;
	size_t n = strlen(real);
	return n == 1 || (!strncmp(path, real, n) && (!path[n] || path[n] == '/'));
}

int sv_log_apart(const struct lw_spec *s, int dir, struct lw_err *err)
{
	char link[32], path[PATH_MAX];
	snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
	ssize_t n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	bool bad = n <= 0 || (s->root.kind == LW_ROOT_DIR && !s->root.readonly && within(path, s->root.path)) ||
		   within(path, s->root.overlay.upper);
	for (size_t i = 0; i < s->mounts.n && !bad; i++) {
		const struct lw_mount *m = &s->mounts.v[i];
		bad = (m->kind == LW_MOUNT_BIND && m->writable && within(path, m->source)) ||
		      (m->kind == LW_MOUNT_OVERLAY && within(path, m->upper));
	}
	if (!bad)
		return 0;
	lw_fail_as(err, LW_ERR_POLICY, -EPERM, "'%s': the sandbox can write where it lies", s->log.file);
	lw_err_hint(err, "a link there would have the next run write anywhere; name a directory that it has not");
	lw_err_at(err, s->log.rec.origin);
	lw_err_in(err, "log.file");
	return -EPERM;
}
