/* control_sockets.c: see control_sockets.h. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "control_sockets.h"

/* Text, not pointers: a warm launch reads these before the program is relocated. */
static const struct {
	char engine[12], path[44];
} socket_table[] = {
	{ "docker", "/run/docker.sock" },
	{ "docker", "/run/docker.socket" },
	{ "docker", "/var/run/docker.sock" },
	{ "podman", "/run/podman/podman.sock" },
	{ "containerd", "/run/containerd/containerd.sock" },
	{ "crio", "/run/crio/crio.sock" },
	{ "systemd", "/run/systemd/private" },
	{ "systemd", "/run/systemd/io.system.ManagedOOM" },
	{ "dbus", "/run/dbus/system_bus_socket" },
	{ "lxd", "/var/lib/lxd/unix.socket" },
	{ "incus", "/var/lib/incus/unix.socket" },
	{ "libvirt", "/run/libvirt/libvirt-sock" },
};
#define RUN_USER "/run/user"
/* The same engines for one user, below /run/user/UID. */
static const struct {
	char engine[12], name[20];
} user_socket_table[] = {
	{ "docker", "docker.sock" },
	{ "podman", "podman/podman.sock" },
	{ "systemd", "systemd/private" },
	{ "dbus", "bus" },
};

/* Is `path` equal to `above`, or below it? */
static int below(const char *path, const char *above)
{
	size_t len = strlen(above);
	if (len == 1) /* "/" */
		return 1;
	return !strncmp(path, above, len) && (path[len] == '/' || !path[len]);
}

bool lw_control_engine_known(const char *name, struct lw_near *near)
{
	for (size_t i = 0; i < ARRAY_LEN(socket_table); i++) {
		if (!strcmp(socket_table[i].engine, name))
			return true;
		lw_near_offer(near, socket_table[i].engine);
	}
	return false;
}

static int allowed_engine(const struct lw_strlist *allowed, const char *engine)
{
	for (size_t i = 0; i < allowed->n; i++)
		if (!strcmp(allowed->v[i], engine))
			return 1;
	return 0;
}

static int refuse(struct lw_err *err, const char *path, const char *engine, const char *socket)
{
	lw_fail_as(err, LW_ERR_POLICY, -EPERM, "'%s' would expose %s's control socket %s", path, engine, socket);
	lw_err_hint(err, "whoever reaches it owns the host; allow_control_sockets = { \"%s\" } accepts that", engine);
	return -EPERM;
}

/* `source` is what was opened, resolved. The socket itself is refused even before its engine has made it. */
static int check_one(const struct stat *st, const char *source, const char *path, const char *engine,
		     const char *socket, const struct lw_strlist *allowed, struct lw_err *err)
{
	struct stat sock;
	if (allowed_engine(allowed, engine))
		return 0;
	if (!strcmp(source, socket) || !strcmp(path, socket))
		return refuse(err, path, engine, socket);
	if (stat(socket, &sock) < 0 || !S_ISSOCK(sock.st_mode))
		return 0;
	/* By identity too: a hard link or another mount of the same socket is the same door. */
	if (st->st_dev == sock.st_dev && st->st_ino == sock.st_ino)
		return refuse(err, path, engine, socket);
	char real[PATH_MAX];
	if (!realpath(socket, real))
		return lw_fail(err, -errno, "'%s': whether it holds %s cannot be told: %s", path, socket,
			       strerror(errno));
	return below(real, source) ? refuse(err, path, engine, socket) : 0;
}

static int check_user(const char *uid, const struct stat *st, const char *source, const char *path,
		      const struct lw_strlist *allowed, struct lw_err *err)
{
	char name[sizeof RUN_USER + 300];
	int r = 0;
	for (size_t i = 0; i < ARRAY_LEN(user_socket_table) && r >= 0; i++) {
		snprintf(name, sizeof name, RUN_USER "/%s/%s", uid, user_socket_table[i].name);
		r = check_one(st, source, path, user_socket_table[i].engine, name, allowed, err);
	}
	return r;
}

/* Root may bind what is any user's; who else, only what is his own. */
static int check_users(const struct stat *st, const char *source, const char *path, const struct lw_strlist *allowed,
		       struct lw_err *err)
{
	char own[16];
	snprintf(own, sizeof own, "%u", (unsigned)geteuid());
	int r = check_user(own, st, source, path, allowed, err);
	if (r < 0 || geteuid() || !(below(RUN_USER, source) || below(source, RUN_USER)))
		return r;
	DIR *users = opendir(RUN_USER);
	for (struct dirent *e; users && r >= 0 && (e = readdir(users));)
		if (e->d_name[0] != '.')
			r = check_user(e->d_name, st, source, path, allowed, err);
	if (users)
		closedir(users);
	return r;
}

int lw_control_socket_check(int fd, const char *path, const char *state_dir, const struct lw_strlist *allowed,
			    struct lw_err *err)
{
	char link[32], source[PATH_MAX], real[PATH_MAX];
	struct stat st;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, source, sizeof source - 1);
	if (n < 0 || fstat(fd, &st) < 0)
		return lw_fail(err, -errno, "'%s': %s", path, strerror(errno));
	source[n] = 0;
	/* What was opened is told by its real path, so the state's must be one too. */
	if (state_dir && realpath(state_dir, real))
		state_dir = real;
	if (state_dir && (below(state_dir, source) || below(source, state_dir))) {
		lw_fail_as(err, LW_ERR_POLICY, -EPERM, "'%s' would expose lunward's own state in %s", path, state_dir);
		lw_err_hint(err, "bind a directory that does not hold it");
		return -EPERM;
	}
	int r = 0;
	for (size_t i = 0; i < ARRAY_LEN(socket_table) && r >= 0; i++)
		r = check_one(&st, source, path, socket_table[i].engine, socket_table[i].path, allowed, err);
	return r < 0 ? r : check_users(&st, source, path, allowed, err);
}

int lw_control_socket_named(const char *path, const struct lw_strlist *allowed, struct lw_err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(socket_table); i++)
		if (!strcmp(path, socket_table[i].path) && !allowed_engine(allowed, socket_table[i].engine))
			return refuse(err, path, socket_table[i].engine, path);
	return 0;
}
