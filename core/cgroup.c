/* cgroup.c: making, setting, reading, killing and removing one cgroup, version 1 and 2 behind the same verbs.
 * Nobody here writes another process's number into cgroup.procs: processes join by themselves (v1: "0" to tasks) or are
 * born inside (v2), which costs no grace period and cannot hit the wrong process.
 * Must not know where parents come from (cgroup_probe.c) nor what a limit means (stage_cgroup.c). */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "cgroup.h"
#include "sys.h"

#define PATIENCE_NS (5 * INT64_C(1000000000))
#define MAX_DEPTH 32
#define PROCS_MAX (4 * 1024 * 1024)

const char lw_controller_names[LW_CTL_COUNT][8] = {
	[LW_CTL_PIDS] = "pids",       [LW_CTL_MEMORY] = "memory", [LW_CTL_CPU] = "cpu", [LW_CTL_DEVICES] = "devices",
	[LW_CTL_FREEZER] = "freezer", [LW_CTL_CPUSET] = "cpuset", [LW_CTL_IO] = "io",
};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Sleeps for *ns, doubled for the next time up to 50 ms. */
static void back_off(int64_t *ns)
{
	struct timespec t = { .tv_nsec = (long)*ns };
	nanosleep(&t, NULL);
	*ns = *ns * 2 > 50000000 ? 50000000 : *ns * 2;
}

static int join(char buf[static PATH_MAX], const char *dir, const char *file)
{
	int n = snprintf(buf, PATH_MAX, "%s/%s", dir, file);
	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* The directory part of an absolute path; false at the top. */
static bool parent_of(char buf[static PATH_MAX], const char *dir)
{
	const char *slash = strrchr(dir, '/');
	if (!slash || slash == dir || slash - dir >= PATH_MAX)
		return false;
	memcpy(buf, dir, (size_t)(slash - dir));
	buf[slash - dir] = '\0';
	return true;
}

static bool is_cgroup(const char *dir)
{
	char path[PATH_MAX];
	return !join(path, dir, "cgroup.procs") && !access(path, F_OK);
}

/* mkdir -p, but only below a cgroup: an unmounted hierarchy must not become ordinary directories. */
static int make_parents(const char *dir, int depth)
{
	char up[PATH_MAX];
	if (mkdir(dir, 0755) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || depth >= MAX_DEPTH || !parent_of(up, dir))
		return -errno;
	int r = is_cgroup(up) ? -ENOENT : make_parents(up, depth + 1);
	if (r < 0)
		return r;
	return mkdir(dir, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* One write(2): the kernel takes a rule or a number whole or not at all. */
static int put(int fd, const char *text, size_t n)
{
	ssize_t r;
	do
		r = write(fd, text, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int lw_cgroup_set(const char *dir, const char *file, const char *value, struct lw_err *err)
{
	char path[PATH_MAX];
	int r = join(path, dir, file);
	if (r < 0)
		return lw_fail(err, r, "cgroup: path of %s is too long", file);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return lw_fail(err, -errno, "cgroup: %s: %s", path, strerror(errno));
	for (const char *line = value; *line;) {
		size_t n = strcspn(line, "\n");
		r = put(fd, line, n);
		if (r < 0)
			return lw_fail(err, r, "cgroup: writing '%.*s' to %s: %s", (int)n, line, path, strerror(-r));
		line += n + (line[n] == '\n');
	}
	return 0;
}

/* --- reading --- */

static int read_file_in(const char *dir, const char *file, size_t max, char **ret)
{
	char path[PATH_MAX];
	size_t n;
	int r = join(path, dir, file);
	return r < 0 ? r : lw_read_file(path, max, ret, &n);
}

static int parse_number(const char *s, size_t n, int64_t *ret)
{
	char buf[32];
	if (n == 3 && !memcmp(s, "max", 3)) {
		*ret = -1;
		return 0;
	}
	if (!n || n >= sizeof buf)
		return -EINVAL;
	memcpy(buf, s, n);
	buf[n] = '\0';
	return lw_parse_i64(buf, ret);
}

int lw_cgroup_get(const char *dir, const char *file, int64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	int r = read_file_in(dir, file, 4096, &text);
	return r < 0 ? r : parse_number(text, strcspn(text, "\n"), ret);
}

int lw_cgroup_get_key(const char *dir, const char *file, const char *key, int64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t n = strlen(key);
	int r = read_file_in(dir, file, 65536, &text);
	if (r < 0)
		return r;
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		if (len > n && !memcmp(line, key, n) && line[n] == ' ')
			return parse_number(line + n + 1, len - n - 1, ret);
		line += len + (line[len] == '\n');
	}
	return -ENODATA;
}

/* --- making --- */

static bool has_controller(const char *list, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, " \n");
		if (len == n && !memcmp(p, name, n))
			return true;
		p += len + (p[len] != '\0');
	}
	return false;
}

/* The members of mask that dir/file does not list, as "+a +b" in want. */
static int missing(const char *dir, const char *file, unsigned mask, char want[static 64])
{
	_cleanup_free_ char *list = NULL;
	int r = read_file_in(dir, file, 4096, &list), n = 0;
	want[0] = '\0';
	if (r < 0)
		return r;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		if ((mask & 1u << i) && i != LW_CTL_DEVICES /* a program, not a controller */ &&
		    !has_controller(list, lw_controller_names[i]))
			n += snprintf(want + n, 64 - (size_t)n, "%s+%s", n ? " " : "", lw_controller_names[i]);
	return n;
}

static int leave_for_leaf(const char *dir, struct lw_err *err)
{
	char leaf[PATH_MAX];
	if (join(leaf, dir, LW_CGROUP_LEAF) < 0)
		return lw_fail(err, -ENAMETOOLONG, "cgroup: path of %s is too long", LW_CGROUP_LEAF);
	if (mkdir(leaf, 0755) < 0 && errno != EEXIST)
		return lw_fail(err, -errno, "cgroup: making %s: %s", leaf, strerror(errno));
	return lw_cgroup_set(leaf, "cgroup.procs", "0", err);
}

/* Makes dir hand the controllers on to its children, from the top down where it has not been given them itself. */
static int enable(const char *dir, unsigned mask, bool own_leaf, int depth, struct lw_err *err)
{
	char want[64], unavailable[64], up[PATH_MAX];
	int r = missing(dir, "cgroup.subtree_control", mask, want);
	if (r == 0)
		return 0;
	if (r > 0)
		r = missing(dir, "cgroup.controllers", mask, unavailable);
	if (r < 0)
		return lw_fail(err, r, "cgroup: %s: %s", dir, strerror(-r));
	if (r > 0) {
		if (depth >= MAX_DEPTH || !parent_of(up, dir) || !is_cgroup(up)) {
			lw_fail(err, -ENODEV, "cgroup: %s has no controllers to give: %s", dir, unavailable);
			lw_err_hint(err, "delegate them to this cgroup, or leave the limits out");
			return -ENODEV;
		}
		r = enable(up, mask, false, depth + 1, err);
		if (r < 0)
			return r;
	}
	if (own_leaf) {
		r = leave_for_leaf(dir, err);
		if (r < 0)
			return r;
	}
	r = lw_cgroup_set(dir, "cgroup.subtree_control", want, err);
	if (r == -EBUSY)
		lw_err_hint(err,
			    geteuid() ? "other processes sit in %s; start lunward in a cgroup of its own: systemd-run "
					"--user --scope -p Delegate=yes"
				      : "other processes sit in %s; start lunward in a cgroup of its own",
			    dir);
	return r;
}

int lw_cgroup_make(const char *dir, int version, unsigned controllers, unsigned how, struct lw_err *err)
{
	char parent[PATH_MAX];
	if (!parent_of(parent, dir))
		return lw_fail(err, -EINVAL, "cgroup: '%s' is not below a cgroup", dir);
	int r = mkdir(dir, 0755) < 0 ? -errno : 0;
	if (r == -ENOENT && how & LW_CGROUP_PARENTS) {
		r = make_parents(parent, 0);
		if (!r)
			r = mkdir(dir, 0755) < 0 ? -errno : 0;
	}
	if (r < 0) {
		lw_fail(err, r, "cgroup: making %s: %s", dir, strerror(-r));
		if (r == -EROFS || r == -EACCES || r == -EPERM)
			lw_err_hint(err, "name a cgroup that belongs to you with --cgroup-parent");
		return r;
	}
	if (version != 2 || !controllers)
		return 0;
	r = enable(parent, controllers, how & LW_CGROUP_OWN_LEAF, 0, err);
	if (r < 0)
		rmdir(dir);
	return r;
}

int lw_cgroup_grant(const char *dir, unsigned controllers, struct lw_err *err)
{
	char parent[PATH_MAX];
	return parent_of(parent, dir) ? enable(parent, controllers, false, 0, err)
				      : lw_fail(err, -EINVAL, "cgroup: '%s' is not below a cgroup", dir);
}

int lw_cgroup_open(const char *dir, int version, int *ret_fd, struct lw_err *err)
{
	char path[PATH_MAX];
	int r = join(path, dir, version == 1 ? "tasks" : "");
	int fd = r < 0 ? -1 : open(path, (version == 1 ? O_WRONLY : O_RDONLY | O_DIRECTORY) | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return lw_fail(err, r < 0 ? r : -errno, "cgroup: %s: %s", path, strerror(r < 0 ? -r : errno));
	*ret_fd = fd;
	return 0;
}

/* --- the end --- */

/* Calls fn for each cgroup below dir, deepest first. */
static void each_below(const char *dir, int depth, int (*fn)(const char *dir))
{
	DIR *d = depth < MAX_DEPTH ? opendir(dir) : NULL;
	struct dirent *e;
	while (d && (e = readdir(d))) {
		char path[PATH_MAX];
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    join(path, dir, e->d_name) < 0)
			continue;
		each_below(path, depth + 1, fn);
		fn(path);
	}
	if (d)
		closedir(d);
}

static bool in_list(const char *procs, long pid)
{
	for (const char *p = procs; *p;) {
		char *end;
		if (strtol(p, &end, 10) == pid && end != p)
			return true;
		p = end + strcspn(end, "\n");
		p += *p == '\n';
	}
	return false;
}

#define KILL_BATCH 64

/* One round: kills up to KILL_BATCH of the members. Returns how many there were, or a negative errno.
 * A number read from cgroup.procs may be a stranger's by the time it is used, so the process is held by a pidfd first
 * and killed only if the cgroup still lists its number afterwards. */
static int kill_round(const char *dir)
{
	_cleanup_free_ char *first = NULL, *second = NULL;
	int fds[KILL_BATCH], n = 0;
	long pids[KILL_BATCH];
	int r = read_file_in(dir, "cgroup.procs", PROCS_MAX, &first);
	if (r < 0)
		return r;
	for (char *p = first, *end; *p && n < KILL_BATCH; p = end + (*end == '\n')) {
		long pid = strtol(p, &end, 10);
		if (end == p)
			break;
		/* 0: a process of a pid namespace that we do not see; nothing to hold it by. */
		int fd = pid > 0 ? (int)SYS(pidfd_open, pid, 0) : -1;
		if (fd < 0 && pid > 0)
			continue;
		fds[n] = fd;
		pids[n++] = pid;
	}
	if (n)
		r = read_file_in(dir, "cgroup.procs", PROCS_MAX, &second);
	for (int i = 0; i < n; i++) {
		if (fds[i] < 0)
			continue;
		if (r >= 0 && in_list(second, pids[i]))
			SYS(pidfd_send_signal, fds[i], SIGKILL, NULL, 0);
		close(fds[i]);
	}
	return r < 0 ? r : n;
}

static int kill_loop(const char *dir)
{
	int64_t wait = 50000, deadline = now_ns() + PATIENCE_NS;
	/* No new ones meanwhile. A hierarchy without the pids controller has no such file. */
	(void)lw_cgroup_set(dir, "pids.max", "0", NULL);
	for (;;) {
		int n = kill_round(dir);
		(void)lw_cgroup_set(dir, "freezer.state", "THAWED", NULL); /* what is frozen does not die */
		if (n <= 0)
			return n == -ENOENT || n == -ENODEV ? 0 : n;
		if (now_ns() > deadline)
			return -ETIMEDOUT;
		back_off(&wait);
	}
}

int lw_cgroup_kill(const char *dir)
{
	int r = lw_cgroup_set(dir, "cgroup.kill", "1", NULL);
	if (r != -ENOENT)
		return r == -ENODEV ? 0 : r;
	if (access(dir, F_OK) < 0)
		return 0;
	each_below(dir, 0, kill_loop);
	return kill_loop(dir);
}

int lw_cgroup_remove(const char *dir)
{
	int64_t wait = 50000, deadline = now_ns() + PATIENCE_NS;
	for (;;) {
		if (rmdir(dir) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return -errno;
		each_below(dir, 0, rmdir);
		if (now_ns() > deadline)
			return -EBUSY;
		back_off(&wait);
	}
}

/* --- leftovers --- */

static int open_cgroup(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int lw_cgroup_mind(const char *dir)
{
	_cleanup_close_ int fd = open_cgroup(dir);
	long r;
	if (fd < 0)
		return fd;
	/* A sweep that is looking whether somebody minds it holds the lock for that moment. */
	do
		r = SYS(flock, fd, LOCK_EX);
	while (r == -EINTR);
	return r < 0 ? (int)r : TAKE_FD(fd);
}

#define YOUNG_NS (INT64_C(2) * 1000000000)

int lw_cgroup_sweep(const char *dir, bool made)
{
	struct stat st;
	struct timespec now;
	_cleanup_close_ int fd = open_cgroup(dir);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (SYS(flock, fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	SYS(flock, fd, LOCK_UN);
	if (fstat(fd, &st) < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -errno;
	int64_t age = (now.tv_sec - st.st_ctim.tv_sec) * INT64_C(1000000000) + now.tv_nsec - st.st_ctim.tv_nsec;
	if (!made && age >= 0 && age < YOUNG_NS) {
		struct timespec rest = { (YOUNG_NS - age) / 1000000000, (YOUNG_NS - age) % 1000000000 };
		nanosleep(&rest, NULL);
	}
	if (SYS(flock, fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	lw_cgroup_kill(dir);
	int r = lw_cgroup_remove(dir);
	return r < 0 ? r : 1;
}
