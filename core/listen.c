/* listen.c: opening the sockets that a sandbox's command is handed, and those that were handed to us. See listen.h. */
#include "listen.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "plan.h"
#include "safepath.h"

_Static_assert(ARRAY_LEN(((struct lw_sockets *)0)->fd) == LW_LISTEN_MAX, "as many as the child side takes");

/* --- handed to us --- */

static const char *env(char *const *environ_, const char *key)
{
	size_t n = strlen(key);
	for (; environ_ && *environ_; environ_++)
		if (!strncmp(*environ_, key, n) && (*environ_)[n] == '=')
			return *environ_ + n + 1;
	return NULL;
}

void lw_sockets_inherited(char *const *environ_, struct lw_sockets *ret)
{
	const char *pid = env(environ_, "LISTEN_PID"), *fds = env(environ_, "LISTEN_FDS");
	const char *names = env(environ_, "LISTEN_FDNAMES");
	int64_t p, n;
	*ret = (struct lw_sockets){ 0 };
	if (!pid || !fds || lw_parse_i64(pid, &p) < 0 || p != getpid() || lw_parse_i64(fds, &n) < 0 || n < 1 ||
	    n > LW_LISTEN_MAX)
		return;
	ret->names = strdup(names ? names : "");
	for (int i = 0; i < n; i++) {
		if (fcntl(3 + i, F_SETFD, FD_CLOEXEC) < 0)
			break;
		ret->fd[ret->n] = 3 + i;
		ret->at[ret->n++].dir = -1;
	}
}

/* The i-th of "a:b:c", or the word for none. */
static const char *name_of(const char *names, int i, size_t *ret_n)
{
	for (; i && names; i--)
		names = (names = strchr(names, ':')) ? names + 1 : NULL;
	*ret_n = names ? strcspn(names, ":") : 0;
	if (*ret_n)
		return names;
	*ret_n = strlen(LW_LISTEN_NAME);
	return LW_LISTEN_NAME;
}

/* --- opened --- */

struct opening {
	struct lw_sockets *s;
	struct lw_text names;
};

static void keep(struct opening *o, int fd, const char *name, size_t n)
{
	struct lw_sockets *s = o->s;
	lw_text_addf(&o->names, "%s%.*s", s->n ? ":" : "", (int)n, name);
	s->fd[s->n] = fd;
	s->at[s->n++].dir = -1;
}

static int no_room(struct lw_err *err)
{
	return lw_fail_as(err, LW_ERR_POLICY, -E2BIG, "more than %d sockets", LW_LISTEN_MAX);
}

static int take_inherited(struct opening *o, const struct lw_listen *l, const struct lw_sockets *from,
			  struct lw_err *err)
{
	bool found = false, all = !strcmp(l->inherit, "*");
	for (int i = 0; from && i < from->n; i++) {
		size_t n;
		const char *name = name_of(from->names, i, &n);
		if (!all && (strlen(l->inherit) != n || memcmp(l->inherit, name, n) != 0))
			continue;
		if (o->s->n == LW_LISTEN_MAX)
			return no_room(err);
		int fd = fcntl(from->fd[i], F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return lw_fail(err, -errno, "an inherited socket: %s", strerror(errno));
		keep(o, fd, l->name ? l->name : name, l->name ? strlen(l->name) : n);
		found = true;
	}
	if (found)
		return 0;
	lw_fail(err, -ENOENT,
		all ? "nobody has handed a socket to lunward" : "no socket called \"%s\" was handed to lunward",
		l->inherit);
	lw_err_hint(err, "LISTEN_FDS and LISTEN_PID say so, sd_listen_fds(3); a systemd.socket(5) unit brings them");
	return -ENOENT;
}

static int not_bound(const struct lw_listen *l, int code, struct lw_err *err)
{
	lw_fail(err, -code, "listening on %s: %s", l->address, strerror(code));
	if (code == EADDRINUSE)
		lw_err_hint(err, "another process does; `ss -lnp` tells which");
	else if (code == EACCES)
		lw_err_hint(err, "ports below 1024 are for root; a path needs a directory that may be written to");
	return -code;
}

static int bind_address(const struct lw_listen *l, const struct lw_endpoint *e, int type)
{
	const int on = 1, off = 0;
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = e->at.in6.sin6_port };
	int fd = socket(e->at.any.sa_family, type | SOCK_CLOEXEC, 0);
	bool four = fd < 0 && e->both && errno == EAFNOSUPPORT; /* a kernel without IPv6 */
	if (four)
		fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (e->at.any.sa_family == AF_INET6 && !four)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, e->both ? &off : &on, sizeof on);
	int r = four ? bind(fd, (const struct sockaddr *)&any, sizeof any) : bind(fd, &e->at.any, e->len);
	if (r < 0 || (type == SOCK_STREAM && listen(fd, (int)l->backlog) < 0)) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* A socket that nobody has open any more is the leftover of one who was killed. It is asked for with a type that it is
 * not of: that tells, and whoever lives hears nothing of it. */
bool lw_socket_is_stale(int dir, const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int n = snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/%s", dir, name);
	return fd >= 0 && n < (int)sizeof at.sun_path && connect(fd, (const struct sockaddr *)&at, sizeof at) < 0 &&
	       errno == ECONNREFUSED;
}

/* In a directory of others' the name may be another file by now: what is changed is looked at first. */
static int set_mode(int dir, const char *name, int64_t mode, struct lw_socket_at *ret)
{
	struct stat st;
	char path[40];
	_cleanup_close_ int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return -EEXIST;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (chmod(path, (mode_t)mode) < 0)
		return -errno;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	return 0;
}

/* Directory and name of a socket at a path; the directory, or a negative errno. */
static int open_parent(const char *path, const char **ret_name)
{
	const char *name = strrchr(path, '/') + 1;
	_cleanup_free_ char *parent = strndup(path, (size_t)(name - path));
	*ret_name = name;
	return parent ? lw_safe_open_host(parent) : -ENOMEM;
}

void lw_socket_sweep(const char *path)
{
	const char *name;
	_cleanup_close_ int dir = *path == '/' ? open_parent(path, &name) : -EINVAL;
	if (dir >= 0 && lw_socket_is_stale(dir, name))
		unlinkat(dir, name, 0);
}

static int bind_path(const struct lw_listen *l, int type, struct lw_socket_at *ret)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *name;
	_cleanup_close_ int dir = open_parent(l->address, &name);
	if (dir < 0)
		return dir;
	if (!*name || strlen(name) >= sizeof ret->name)
		return -ENAMETOOLONG;
	/* Its own path is what getsockname(2) will say; a longer one than fits goes by way of the directory. What was
	 * made is looked at through the directory in any case. */
	if (strlen(l->address) < sizeof at.sun_path)
		strcpy(at.sun_path, l->address);
	else if (snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/%s", dir, name) >= (int)sizeof at.sun_path)
		return -ENAMETOOLONG;
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || strlen(at.sun_path) >= sizeof at.sun_path - 1)
		return fd < 0 ? -errno : -ENAMETOOLONG;
	int r = bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 ? -errno : 0;
	if (r == -EADDRINUSE && lw_socket_is_stale(dir, name)) {
		unlinkat(dir, name, 0);
		r = bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 ? -errno : 0;
	}
	if (r < 0)
		return r;
	r = set_mode(dir, name, l->mode, ret);
	if (r >= 0 && type == SOCK_STREAM && listen(fd, (int)l->backlog) < 0)
		r = -errno;
	if (r < 0)
		return r;
	snprintf(ret->name, sizeof ret->name, "%s", name);
	ret->dir = TAKE_FD(dir);
	return TAKE_FD(fd);
}

static int open_one(struct opening *o, const struct lw_listen *l, struct lw_err *err)
{
	struct lw_socket_at at = { .dir = -1 };
	struct lw_endpoint e;
	const char *name = l->name ? l->name : LW_LISTEN_NAME;
	int type = l->datagram ? SOCK_DGRAM : SOCK_STREAM;
	if (o->s->n == LW_LISTEN_MAX)
		return no_room(err);
	if (lw_endpoint_parse(l->address, &e) < 0)
		return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "not an address: %s", l->address);
	int fd = e.path ? bind_path(l, type, &at) : bind_address(l, &e, type);
	if (fd < 0)
		return not_bound(l, -fd, err);
	keep(o, fd, name, strlen(name));
	o->s->at[o->s->n - 1] = at;
	return 0;
}

int lw_sockets_open(const struct lw_listens *list, const struct lw_sockets *inherited, struct lw_sockets *ret,
		    struct lw_err *err)
{
	struct opening o = { .s = ret };
	int r = 0;
	*ret = (struct lw_sockets){ 0 };
	for (size_t i = 0; i < list->n && r >= 0; i++) {
		const struct lw_listen *l = &list->v[i];
		r = l->inherit ? take_inherited(&o, l, inherited, err) : open_one(&o, l, err);
		if (r < 0) {
			lw_err_at(err, l->rec.origin);
			lw_err_in(err, "service.listen[%zu]", i);
		}
	}
	if (r >= 0 && o.names.failed)
		r = lw_fail(err, -ENOMEM, "out of memory");
	ret->names = o.names.buf;
	if (r < 0)
		lw_sockets_close(ret);
	return r;
}

void lw_sockets_close(struct lw_sockets *s)
{
	for (int i = 0; i < s->n; i++) {
		struct lw_socket_at *at = &s->at[i];
		struct stat st;
		lw_close_p(&s->fd[i]);
		if (at->dir >= 0 && fstatat(at->dir, at->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == at->dev &&
		    st.st_ino == at->ino)
			unlinkat(at->dir, at->name, 0);
		lw_close_p(&at->dir);
	}
	free(s->names);
	*s = (struct lw_sockets){ 0 };
}
