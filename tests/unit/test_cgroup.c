/* test_cgroup.c: cgroups for real, whichever version this machine has, below a parent of our own that is removed
 * afterwards. Needs root and a writable cgroup file system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"

#define WANTED (1u << LW_CTL_PIDS | 1u << LW_CTL_MEMORY)

static struct lw_host *host;
static char option[64];

static int group_setup(void **state)
{
	_cleanup_free_ char *mounts = NULL, *self = NULL;
	size_t n_mounts, n_self;
	struct lw_err err = { 0 };
	(void)state;
	snprintf(option, sizeof option, "/lunward-unit-%d", getpid());
	struct lw_arena *a = lw_arena_new();
	host = lw_arena_alloc(a, sizeof *host);
	*host = (struct lw_host){ .arena = a, .uid = geteuid(), .state_fd = -1 };
	if (geteuid() || lw_read_file("/proc/self/mountinfo", 1 << 24, &mounts, &n_mounts) < 0 ||
	    lw_read_file("/proc/self/cgroup", 1 << 20, &self, &n_self) < 0)
		return 0;
	if (lw_cgroup_probe(host, mounts, n_mounts, self, n_self, option, &err) < 0)
		print_message("no cgroups: %s (%s)\n", err.msg, err.hint);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		if (host->cgroup.parent[i])
			lw_cgroup_remove(host->cgroup.parent[i]);
	lw_arena_free(host->arena);
	return 0;
}

static void need(int controller)
{
	if (!host->cgroup.parent[controller]) {
		print_message("skipped: %s\n", geteuid() ? "needs root" : host->cgroup.why[controller]);
		skip();
	}
}

static char *in(int controller, const char *name)
{
	return lw_arena_printf(host->arena, "%s/%s", host->cgroup.parent[controller], name);
}

static void ok(int r, const struct lw_err *err)
{
	if (r < 0)
		fail_msg("%s (%s)", err->msg, err->hint);
}

static int make_for(const struct lw_host *h, const char *dir, unsigned controllers, struct lw_err *err)
{
	return lw_cgroup_make(dir, h->cgroup.version, controllers, lw_cgroup_how(h, controllers), err);
}

static const char *make(int controller, const char *name)
{
	struct lw_err err = { 0 };
	char *dir = in(controller, name);
	ok(make_for(host, dir, 1u << controller, &err), &err);
	return dir;
}

static void set(const char *dir, const char *file, const char *value)
{
	struct lw_err err = { 0 };
	ok(lw_cgroup_set(dir, file, value, &err), &err);
}

static void remove_ok(const char *dir)
{
	assert_int_equal(lw_cgroup_remove(dir), 0);
	assert_int_equal(access(dir, F_OK), -1);
}

/* A child that lives inside dir (from its first instruction on v2) and runs fn. */
static pid_t child_in(const char *dir, void (*fn)(const char *dir))
{
	int fd, version = host->cgroup.version, ready[2];
	struct lw_err err = { 0 };
	ok(lw_cgroup_open(dir, version, &fd, &err), &err);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(pipe(ready), 0);
	struct clone_args args = { .exit_signal = SIGCHLD };
	if (version == 2) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)fd;
	}
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (!pid) {
		if (version == 1 && write(fd, "0", 1) != 1)
			_exit(99);
		if (write(ready[1], "r", 1) != 1)
			_exit(98);
		fn(dir);
		_exit(0);
	}
	char c;
	assert_true(pid > 0);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(fd);
	return pid;
}

static void sleeper(const char *dir)
{
	(void)dir;
	for (;;)
		pause();
}

static void short_life(const char *dir)
{
	(void)dir;
	nanosleep(&(struct timespec){ .tv_nsec = 150000000 }, NULL);
}

static void killed(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void set_and_get(void **state)
{
	int64_t v = 0;
	(void)state;
	need(LW_CTL_PIDS);
	const char *dir = make(LW_CTL_PIDS, "set");
	set(dir, "pids.max", "7");
	assert_int_equal(lw_cgroup_get(dir, "pids.max", &v), 0);
	assert_int_equal(v, 7);
	set(dir, "pids.max", "max");
	assert_int_equal(lw_cgroup_get(dir, "pids.max", &v), 0);
	assert_int_equal(v, -1);
	assert_int_equal(lw_cgroup_get(dir, "pids.current", &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(lw_cgroup_get(dir, "pids.none", &v), -ENOENT);
	remove_ok(dir);
	remove_ok(dir);
	assert_int_equal(lw_cgroup_get(dir, "pids.max", &v), -ENOENT);
}

static void memory(void **state)
{
	int64_t v = 0;
	bool v1 = host->cgroup.version == 1;
	(void)state;
	need(LW_CTL_MEMORY);
	const char *dir = make(LW_CTL_MEMORY, "memory");
	set(dir, v1 ? "memory.limit_in_bytes" : "memory.max", "67108864");
	assert_int_equal(lw_cgroup_get(dir, v1 ? "memory.limit_in_bytes" : "memory.max", &v), 0);
	assert_int_equal(v, 67108864);
	if (host->swap_accounting)
		set(dir, v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max", v1 ? "67108864" : "0");
	const char *events = v1 ? "memory.oom_control" : "memory.events";
	v = -7;
	assert_int_equal(lw_cgroup_get_key(dir, events, "oom_kill", &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(lw_cgroup_get_key(dir, events, "oom_kil", &v), -ENODATA);
	assert_int_equal(lw_cgroup_get_key(dir, "memory.none", "oom_kill", &v), -ENOENT);
	remove_ok(dir);
}

static void cpu(void **state)
{
	(void)state;
	need(LW_CTL_CPU);
	const char *dir = make(LW_CTL_CPU, "cpu");
	if (host->cgroup.version == 1) {
		set(dir, "cpu.cfs_period_us", "100000");
		set(dir, "cpu.cfs_quota_us", "50000");
	} else {
		set(dir, "cpu.max", "50000 100000");
	}
	remove_ok(dir);
}

static void errors_name_file_and_value(void **state)
{
	struct lw_err err = { 0 };
	int fd;
	(void)state;
	need(LW_CTL_PIDS);
	const char *dir = make(LW_CTL_PIDS, "errors");
	assert_int_equal(make_for(host, dir, 1u << LW_CTL_PIDS, &err), -EEXIST);
	assert_non_null(strstr(err.msg, dir));
	assert_int_equal(lw_cgroup_set(dir, "pids.max", "many", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "'many'"));
	assert_non_null(strstr(err.msg, "/errors/pids.max"));
	assert_int_equal(lw_cgroup_set(dir, "pids.none", "1", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "pids.none"));
	assert_int_equal(lw_cgroup_set(dir, "pids.max", "max", NULL), 0);
	remove_ok(dir);
	assert_int_equal(lw_cgroup_open(dir, host->cgroup.version, &fd, &err), -ENOENT);
}

static void cannot_fork(const char *dir)
{
	(void)dir;
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	_exit(pid < 0 && errno == EAGAIN ? 0 : 1);
}

static void pids_limit_holds(void **state)
{
	int status;
	int64_t v;
	(void)state;
	need(LW_CTL_PIDS);
	const char *dir = make(LW_CTL_PIDS, "limit");
	set(dir, "pids.max", "3");
	pid_t a = child_in(dir, sleeper), b = child_in(dir, sleeper);
	assert_int_equal(lw_cgroup_get(dir, "pids.current", &v), 0);
	assert_int_equal(v, 2);
	pid_t pid = child_in(dir, cannot_fork);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(lw_cgroup_get_key(dir, "pids.events", "max", &v), 0);
	assert_int_equal(v, 1);
	assert_int_equal(lw_cgroup_kill(dir), 0);
	killed(a);
	killed(b);
	remove_ok(dir);
}

static void kill_reaches_nested_groups(void **state)
{
	enum { N = 12 };
	pid_t pid[N], below;
	(void)state;
	need(LW_CTL_PIDS);
	const char *dir = make(LW_CTL_PIDS, "kill");
	char *nested = lw_arena_printf(host->arena, "%s/below", dir);
	assert_int_equal(mkdir(nested, 0755), 0);
	for (int i = 0; i < N; i++)
		pid[i] = child_in(dir, sleeper);
	below = child_in(nested, sleeper);
	double begin = seconds();
	assert_int_equal(lw_cgroup_kill(dir), 0);
	assert_true(seconds() - begin < 5);
	for (int i = 0; i < N; i++)
		killed(pid[i]);
	killed(below);
	remove_ok(dir);
	assert_int_equal(lw_cgroup_kill(dir), 0);
}

static void kill_leaves_others_alone(void **state)
{
	(void)state;
	need(LW_CTL_PIDS);
	const char *a = make(LW_CTL_PIDS, "one"), *b = make(LW_CTL_PIDS, "other");
	pid_t in_a = child_in(a, sleeper), in_b = child_in(b, sleeper);
	assert_int_equal(lw_cgroup_kill(a), 0);
	killed(in_a);
	int status;
	assert_int_equal(waitpid(in_b, &status, WNOHANG), 0);
	assert_int_equal(lw_cgroup_kill(b), 0);
	killed(in_b);
	remove_ok(a);
	remove_ok(b);
}

static void remove_waits_for_stragglers(void **state)
{
	(void)state;
	need(LW_CTL_PIDS);
	const char *dir = make(LW_CTL_PIDS, "busy");
	pid_t pid = child_in(dir, short_life);
	double begin = seconds();
	remove_ok(dir);
	assert_true(seconds() - begin > 0.05);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A directory of nodes, one further down, a link that would lead elsewhere, and a file. */
static void make_nodes(char dir[static 64])
{
	strcpy(dir, "/tmp/lunward-nodes-XXXXXX");
	assert_non_null(mkdtemp(dir));
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_return_code(at, errno);
	assert_return_code(mknodat(at, "seq", S_IFCHR | 0600, makedev(116, 1)), errno);
	assert_return_code(mkdirat(at, "by", 0755), errno);
	assert_return_code(mknodat(at, "by/disk", S_IFBLK | 0600, makedev(8, 17)), errno);
	assert_return_code(symlinkat("/dev/full", at, "link"), errno);
	assert_return_code(mknodat(at, "file", S_IFREG | 0600, 0), errno);
	close(at);
}
static void remove_nodes(const char *dir)
{
	static const char *const names[] = { "seq", "by/disk", "link", "file" };
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlinkat(at, names[i], 0);
	unlinkat(at, "by", AT_REMOVEDIR);
	close(at);
	rmdir(dir);
}

static void device_rules(void **state)
{
	_cleanup_free_ char *list = NULL;
	char nodes[64], rules[256];
	size_t n;
	(void)state;
	need(LW_CTL_DEVICES);
	if (host->cgroup.version != 1) {
		print_message("skipped: a program of version 2 cannot be read back\n");
		skip();
	}
	const char *dir = make(LW_CTL_DEVICES, "devices");
	char *file = lw_arena_printf(host->arena, "%s/devices.list", dir);
	struct lw_err err = { 0 };
	make_nodes(nodes);
	snprintf(rules, sizeof rules, "c 1:5 rwm\nc 136:* rw\n/dev/null r\n%s rw\n%s/seq m", nodes, nodes);
	int r = lw_cgroup_devices(dir, 1, rules, &err);
	if (r == 0)
		r = lw_read_file(file, 1 << 16, &list, &n);
	int missing = lw_cgroup_devices(dir, 1, "c 1:5 rwm\n/dev/null r\n/dev/none rw", &err);
	remove_nodes(nodes);
	ok(r, &err);
	/* The nodes of the directory and of the one in it, in the order they are found; what a node is allowed adds up.
	 */
	assert_string_equal(strstr(list, "b 8:17") < strstr(list, "c 116:1")
				    ? "c 1:5 rwm\nc 136:* rw\nc 1:3 r\nb 8:17 rw\nc 116:1 rwm\n"
				    : "c 1:5 rwm\nc 136:* rw\nc 1:3 r\nc 116:1 rwm\nb 8:17 rw\n",
			    list);
	assert_int_equal(missing, -ENOENT);
	assert_string_equal(err.msg, "'/dev/none': No such file or directory");
	assert_string_equal(err.path, "devices[1]");
	assert_int_equal(lw_cgroup_devices(dir, 1, "/proc/self/status rw", &err), -ENODEV);
	/* Everything, for reading: not the "a" that the kernel would take for everything and anything. */
	free(TAKE_PTR(list));
	assert_int_equal(lw_cgroup_devices(dir, 1, "/dev r", &err), 0);
	assert_int_equal(lw_read_file(file, 1 << 16, &list, &n), 0);
	assert_string_equal(list, "c *:* r\nb *:* r\n");
	remove_ok(dir);
}

/* The cgroup above, which the first sandbox makes, has no processors either: both get theirs. */
static void processors(void **state)
{
	_cleanup_free_ char *cpus = NULL, *mems = NULL;
	struct lw_err err = { 0 };
	size_t n;
	(void)state;
	need(LW_CTL_CPUSET);
	const char *dir = make(LW_CTL_CPUSET, "cpuset");
	ok(lw_cgroup_cpuset(dir, host->cgroup.version, "0", &err), &err);
	assert_int_equal(lw_read_file(lw_arena_printf(host->arena, "%s/cpuset.cpus", dir), 4096, &cpus, &n), 0);
	assert_string_equal(cpus, "0\n");
	if (host->cgroup.version == 1) {
		assert_int_equal(lw_read_file(lw_arena_printf(host->arena, "%s/cpuset.mems", dir), 4096, &mems, &n), 0);
		assert_true(n > 1);
	}
	assert_int_equal(lw_cgroup_cpuset(dir, host->cgroup.version, "0,8191", &err), -EINVAL);
	assert_string_equal(err.msg, "processor 8191 of '0,8191' cannot be used here");
	remove_ok(dir);
}

static void block_devices(void **state)
{
	static const int64_t limit[LW_IO_LIMITS] = { [LW_IO_RBPS] = 1 << 20, [LW_IO_WIOPS] = 50 };
	struct lw_err err = { 0 };
	char disk[64];
	(void)state;
	need(LW_CTL_IO);
	const char *dir = make(LW_CTL_IO, "io");
	int version = host->cgroup.version;
	assert_int_equal(lw_cgroup_io(dir, version, "/dev/none", limit, &err), -ENOENT);
	assert_int_equal(lw_cgroup_io(dir, version, "/dev/null", limit, &err), -ENOTBLK);
	assert_string_equal(err.msg, "'/dev/null': Block device required");
	assert_int_equal(lw_cgroup_io(dir, version, "/proc/self/status", limit, &err), -ENOTBLK);
	assert_non_null(strstr(err.msg, "is on no block device"));
	assert_int_equal(lw_cgroup_io(dir, version, "4095:7", limit, &err), -ENODEV);
	FILE *f = popen("lsblk -dnro MAJ:MIN,TYPE 2>/dev/null | awk '$2 == \"disk\" { print $1; exit }'", "re");
	bool have = f && fscanf(f, "%63s", disk) == 1;
	if (f)
		pclose(f);
	if (have) {
		_cleanup_free_ char *text = NULL;
		size_t n;
		ok(lw_cgroup_io(dir, version, disk, limit, &err), &err);
		assert_int_equal(
			lw_read_file(lw_arena_printf(host->arena, "%s/%s", dir,
						     version == 1 ? "blkio.throttle.write_iops_device" : "io.max"),
				     4096, &text, &n),
			0);
		assert_non_null(strstr(text, disk));
		assert_non_null(strstr(text, "50"));
	}
	remove_ok(dir);
}

/* The way without the texts must find what the texts say. */
static void usual_machine_is_told_the_same(void **state)
{
	_cleanup_free_ char *mounts = NULL, *self = NULL;
	size_t n_mounts, n_self;
	struct lw_host quick = { .arena = host->arena, .uid = geteuid() }, texts = quick;
	(void)state;
	if (!lw_cgroup_probe_usual(&quick)) {
		print_message("skipped: not root, or not version 1 with every controller mounted apart\n");
		skip();
	}
	assert_int_equal(lw_read_file("/proc/self/mountinfo", 1 << 24, &mounts, &n_mounts), 0);
	assert_int_equal(lw_read_file("/proc/self/cgroup", 1 << 20, &self, &n_self), 0);
	assert_int_equal(lw_cgroup_probe(&texts, mounts, n_mounts, self, n_self, NULL, NULL), 0);
	assert_int_equal(quick.cgroup.version, texts.cgroup.version);
	assert_int_equal(quick.cgroup.memsw, texts.cgroup.memsw);
	assert_int_equal(quick.swap_accounting, texts.swap_accounting);
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		assert_string_equal(quick.cgroup.parent[i], texts.cgroup.parent[i]);
		assert_int_equal(quick.cgroup.parent_create[i], texts.cgroup.parent_create[i]);
		assert_null(texts.cgroup.why[i]);
	}
	quick.uid = 1000;
	assert_int_equal(lw_cgroup_probe_usual(&quick), 0);
}

/* --- version 2: our own cgroup as the parent --- */
static void need_v2(void)
{
	need(LW_CTL_PIDS);
	if (host->cgroup.version != 2) {
		print_message("skipped: cgroup version %d here\n", host->cgroup.version);
		skip();
	}
}

static struct lw_host in_own_cgroup(void)
{
	struct lw_host h = { .uid = geteuid(), .cgroup = { .version = 2, .own_leaf = true } };
	return h;
}

static void moves_and_makes(const char *dir)
{
	struct lw_host h = in_own_cgroup();
	_cleanup_free_ char *self = NULL;
	size_t n;
	char sandbox[256];
	int64_t v;
	snprintf(sandbox, sizeof sandbox, "%s/box", dir);
	if (make_for(&h, sandbox, WANTED, NULL) < 0)
		_exit(1);
	if (lw_read_file("/proc/self/cgroup", 4096, &self, &n) < 0 || !strstr(self, "/own/" LW_CGROUP_LEAF "\n"))
		_exit(2);
	if (lw_cgroup_get(sandbox, "pids.max", &v) < 0 || lw_cgroup_get(sandbox, "memory.max", &v) < 0)
		_exit(3);
	/* The second one finds everything in place. */
	snprintf(sandbox, sizeof sandbox, "%s/box2", dir);
	_exit(make_for(&h, sandbox, WANTED, NULL) < 0 ? 4 : 0);
}

static void own_cgroup_with_leaf(void **state)
{
	struct lw_err err = { 0 };
	int status;
	(void)state;
	need_v2();
	const char *dir = in(LW_CTL_PIDS, "own");
	ok(make_for(host, dir, WANTED, &err), &err);
	pid_t pid = child_in(dir, moves_and_makes);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	/* Removing takes what was made below along. */
	remove_ok(dir);
}

static void cannot_share(const char *dir)
{
	struct lw_host h = in_own_cgroup();
	struct lw_err err = { 0 };
	char sandbox[256];
	snprintf(sandbox, sizeof sandbox, "%s/box", dir);
	int r = make_for(&h, sandbox, WANTED, &err);
	_exit(r == -EBUSY && strstr(err.hint, "other processes sit in") && access(sandbox, F_OK) < 0 ? 0 : 1);
}

static void own_cgroup_with_others_in_it(void **state)
{
	struct lw_err err = { 0 };
	int status;
	(void)state;
	need_v2();
	const char *dir = in(LW_CTL_PIDS, "shared");
	ok(make_for(host, dir, WANTED, &err), &err);
	pid_t other = child_in(dir, sleeper), pid = child_in(dir, cannot_share);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(lw_cgroup_kill(dir), 0);
	killed(other);
	remove_ok(dir);
}

static void not_below_a_cgroup(void **state)
{
	char dir[] = "/tmp/lunward-cgroup-XXXXXX", path[64];
	struct lw_err err = { 0 };
	struct lw_host h = { .cgroup = { .version = 2 } };
	(void)state;
	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < LW_CTL_COUNT; i++)
		h.cgroup.parent_create[i] = true;
	/* Ordinary directories are not made into a parent, and nothing stays behind. */
	snprintf(path, sizeof path, "%s/box", dir);
	assert_true(make_for(&h, path, WANTED, &err) < 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_and_get),
		cmocka_unit_test(memory),
		cmocka_unit_test(cpu),
		cmocka_unit_test(errors_name_file_and_value),
		cmocka_unit_test(pids_limit_holds),
		cmocka_unit_test(kill_reaches_nested_groups),
		cmocka_unit_test(kill_leaves_others_alone),
		cmocka_unit_test(remove_waits_for_stragglers),
		cmocka_unit_test(device_rules),
		cmocka_unit_test(processors),
		cmocka_unit_test(block_devices),
		cmocka_unit_test(usual_machine_is_told_the_same),
		cmocka_unit_test(own_cgroup_with_leaf),
		cmocka_unit_test(own_cgroup_with_others_in_it),
		cmocka_unit_test(not_below_a_cgroup),
	};
	return cmocka_run_group_tests_name("cgroup", tests, group_setup, group_teardown);
}
