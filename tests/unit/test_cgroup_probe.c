/* test_cgroup_probe.c: where sandboxes' cgroups go, on machines told by their texts: mountinfo, /proc/self/cgroup and a
 * list of paths with their owner, content and delegation mark. Needs no cgroup file system and no privilege. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <cmocka.h>
#include "cgroup.h"

struct file {
	const char *path;
	uid_t owner;
	bool readonly, delegated, occupied;
	const char *content;
};
struct machine {
	uid_t uid;
	const char *mountinfo, *self;
	const struct file *files; /* ends with a NULL path */
};

static const struct file *find(void *arg, const char *path)
{
	const struct machine *m = arg;
	for (const struct file *f = m->files; f->path; f++)
		if (!strcmp(f->path, path))
			return f;
	return NULL;
}
static bool can(void *arg, const char *path, int mode)
{
	const struct machine *m = arg;
	const struct file *f = find(arg, path);
	if (!f)
		return false;
	return !(mode & W_OK) || (!f->readonly && (!m->uid || f->owner == m->uid));
}
static bool owner(void *arg, const char *path, uid_t *ret)
{
	const struct file *f = find(arg, path);
	if (f)
		*ret = f->owner;
	return f;
}
static bool delegated(void *arg, const char *path)
{
	const struct file *f = find(arg, path);
	return f && f->delegated;
}
static ssize_t read_text(void *arg, const char *path, char *buf, size_t size)
{
	const struct file *f = find(arg, path);
	buf[0] = '\0';
	if (!f || !f->content || strlen(f->content) >= size)
		return -1;
	strcpy(buf, f->content);
	return (ssize_t)strlen(buf);
}
/* Of all capabilities SYS_ADMIN is what counts here. */
static bool device_programs(void *arg, uint64_t caps)
{
	(void)arg;
	return caps >> CAP_SYS_ADMIN & 1;
}
static bool occupied(void *arg, const char *path)
{
	const struct file *f = find(arg, path);
	return f && f->occupied;
}

static struct lw_host *probe_err(const struct machine *m, const char *option, int *ret, struct lw_err *err)
{
	struct lw_arena *a = lw_arena_new();
	struct lw_host *h = lw_arena_alloc(a, sizeof *h);
	struct lw_cgroup_eyes eyes = {
		(void *)(uintptr_t)m, can, owner, delegated, read_text, device_programs, occupied
	};
	*h = (struct lw_host){ .arena = a, .uid = m->uid, .state_fd = -1 };
	*ret = lw_cgroup_probe_with(h, m->mountinfo, strlen(m->mountinfo), m->self, strlen(m->self), option, &eyes,
				    err);
	return h;
}
static struct lw_host *probe(const struct machine *m, const char *option)
{
	int r;
	struct lw_err err = { 0 };
	struct lw_host *h = probe_err(m, option, &r, &err);
	if (r)
		print_message("%s (%s)\n", err.msg, err.hint);
	assert_int_equal(r, 0);
	return h;
}
static void done(struct lw_host *h)
{
	lw_arena_free(h->arena);
}
static void same(const char *a, const char *b)
{
	assert_non_null(a);
	assert_string_equal(a, b);
}
static void contains(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("'%s' does not say '%s'", text, part);
}

#define SYSTEMD                                                                                                        \
	{                                                                                                              \
		.path = "/run/systemd/system", .content = ""                                                           \
	}

/* --- a microVM: v1 controllers one by one, an empty cgroup2 beside them, no systemd --- */
static const char v1_mounts[] = "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
				"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
				"32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
				"33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
				"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
				"36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices\n"
				"39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
				"40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
				"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
static const char v1_self[] =
	"9:name=systemd:/\n8:pids:/\n5:devices:/\n4:memory:/vmm/15ba80a3\n2:cpuacct:/\n1:cpu:/\n0::/\n";
static const struct file v1_files[] = {
	{ .path = "/sys/fs/cgroup/cpu" },
	{ .path = "/sys/fs/cgroup/memory" },
	{ .path = "/sys/fs/cgroup/memory/vmm/15ba80a3" },
	{ .path = "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes" },
	{ .path = "/sys/fs/cgroup/devices" },
	{ .path = "/sys/fs/cgroup/pids" },
	{ .path = "/sys/fs/cgroup/unified" },
	{ .path = "/sys/fs/cgroup/unified/cgroup.controllers", .content = "" },
	{ 0 },
};

static void v1_root_without_systemd(void **state)
{
	const struct machine m = { 0, v1_mounts, v1_self, v1_files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	assert_int_equal(h->cgroup.version, 1);
	same(h->cgroup.parent[LW_CTL_PIDS], "/sys/fs/cgroup/pids/lunward");
	/* Not inside the cgroup that somebody else's manager put us in. */
	same(h->cgroup.parent[LW_CTL_MEMORY], "/sys/fs/cgroup/memory/lunward");
	same(h->cgroup.parent[LW_CTL_CPU], "/sys/fs/cgroup/cpu/lunward");
	same(h->cgroup.parent[LW_CTL_DEVICES], "/sys/fs/cgroup/devices/lunward");
	assert_true(h->cgroup.parent_create[LW_CTL_PIDS]);
	assert_true(h->cgroup.memsw);
	assert_true(h->swap_accounting);
	assert_false(h->cgroup.own_leaf);
	assert_null(h->cgroup.parent[LW_CTL_FREEZER]);
	contains(h->cgroup.why[LW_CTL_FREEZER], "mount -t cgroup -o freezer");
	done(h);
}

static void v1_user_has_nothing(void **state)
{
	const struct machine m = { 1000, v1_mounts, v1_self, v1_files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	assert_int_equal(h->cgroup.version, 1);
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		assert_null(h->cgroup.parent[i]);
		assert_non_null(h->cgroup.why[i]);
	}
	contains(h->cgroup.why[LW_CTL_PIDS], "--cgroup-parent");
	assert_non_null(h->cgroup.vain[LW_CTL_PIDS]);
	assert_false(h->cgroup.passing);
	done(h);
}

static void v1_user_with_own_cgroup(void **state)
{
	const struct file files[] = { { .path = "/sys/fs/cgroup/pids/users/ann", .owner = 1000 }, { 0 } };
	const struct machine m = { 1000, v1_mounts, "8:pids:/users/ann\n4:memory:/\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	same(h->cgroup.parent[LW_CTL_PIDS], "/sys/fs/cgroup/pids/users/ann");
	assert_false(h->cgroup.parent_create[LW_CTL_PIDS]);
	assert_null(h->cgroup.parent[LW_CTL_MEMORY]);
	done(h);
}

static void v1_option(void **state)
{
	const struct machine m = { 0, v1_mounts, v1_self, v1_files };
	static const char *const spellings[] = { "/machines/a", "machines/a", "/machines/a/", "//machines/a",
						 "/sys/fs/cgroup/pids/machines/a" };
	(void)state;
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		struct lw_host *h = probe(&m, spellings[i]);
		same(h->cgroup.parent[LW_CTL_PIDS], "/sys/fs/cgroup/pids/machines/a");
		same(h->cgroup.parent[LW_CTL_MEMORY], "/sys/fs/cgroup/memory/machines/a");
		assert_true(h->cgroup.parent_create[LW_CTL_PIDS]);
		done(h);
	}
}

static void option_refused(void **state)
{
	static const char *const wrong[] = { "", "/", "..", "/a/../b", "/a/.." };
	const struct machine root = { 0, v1_mounts, v1_self, v1_files }, user = { 1000, v1_mounts, v1_self, v1_files };
	struct lw_err err;
	int r;
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		memset(&err, 0, sizeof err);
		done(probe_err(&root, wrong[i], &r, &err));
		assert_int_equal(r, -EINVAL);
		assert_int_equal(err.cls, LW_ERR_USAGE);
		contains(err.msg, "is not the path of a cgroup");
	}
	memset(&err, 0, sizeof err);
	done(probe_err(&user, "/machines", &r, &err));
	assert_int_equal(r, -EACCES);
	contains(err.msg, "'/machines' cannot be used");
	contains(err.hint, "not writable by us");
}

static void v1_comounted(void **state)
{
	static const char mounts[] = "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
				     "31 25 0:27 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
				     "32 25 0:28 / /mnt/pids rw - cgroup cgroup rw,pids\n"
				     "33 25 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
				     "34 25 0:28 / /opt/pids rw - cgroup cgroup rw,pids\n";
	const struct file files[] = { { .path = "/sys/fs/cgroup/cpu,cpuacct" },
				      { .path = "/sys/fs/cgroup/memory", .readonly = true },
				      { .path = "/sys/fs/cgroup/pids" },
				      { 0 } };
	const struct machine m = { 0, mounts, "3:cpu,cpuacct:/\n2:memory:/\n1:pids:/\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	same(h->cgroup.parent[LW_CTL_CPU], "/sys/fs/cgroup/cpu,cpuacct/lunward");
	same(h->cgroup.parent[LW_CTL_PIDS], "/sys/fs/cgroup/pids/lunward");
	assert_null(h->cgroup.parent[LW_CTL_MEMORY]);
	contains(h->cgroup.why[LW_CTL_MEMORY], "mounted read-only");
	assert_false(h->cgroup.memsw);
	done(h);
}

/* A v1 container without a cgroup namespace: the mounts show the container's part of the hierarchy. */
static void v1_container(void **state)
{
	static const char mounts[] =
		"611 610 0:29 /docker/4f2a /sys/fs/cgroup/pids rw,nosuid - cgroup cgroup rw,pids\n"
		"612 610 0:30 /docker/4f2a /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory\n";
	const struct file files[] = { { .path = "/sys/fs/cgroup/pids" },
				      { .path = "/sys/fs/cgroup/memory", .readonly = true },
				      { 0 } };
	const struct machine m = { 0, mounts, "2:memory:/docker/4f2a\n1:pids:/docker/4f2a\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	same(h->cgroup.parent[LW_CTL_PIDS], "/sys/fs/cgroup/pids/lunward");
	assert_null(h->cgroup.parent[LW_CTL_MEMORY]);
	done(h);
}

/* Debian 10 and the like: v1 controllers, systemd tracks services in a cgroup2 of its own. */
static const char hybrid_mounts[] =
	"30 25 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755\n"
	"31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	"32 30 0:28 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,xattr,name=systemd\n"
	"35 30 0:31 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory\n"
	"36 30 0:32 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
	"37 30 0:33 / /sys/fs/cgroup/pids rw,nosuid - cgroup cgroup rw,pids\n";

static void hybrid_session(void **state)
{
	const struct file files[] = { SYSTEMD,
				      { .path = "/sys/fs/cgroup/memory" },
				      { .path = "/sys/fs/cgroup/pids" },
				      { .path = "/sys/fs/cgroup/pids/user.slice/user-0.slice/session-1.scope" },
				      { 0 } };
	const struct machine m = { 0, hybrid_mounts,
				   "9:memory:/user.slice/user-0.slice/session-1.scope\n"
				   "4:pids:/user.slice/user-0.slice/session-1.scope\n"
				   "1:name=systemd:/user.slice/user-0.slice/session-1.scope\n"
				   "0::/user.slice/user-0.slice/session-1.scope\n",
				   files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	assert_int_equal(h->cgroup.version, 1);
	assert_null(h->cgroup.parent[LW_CTL_PIDS]);
	contains(h->cgroup.why[LW_CTL_PIDS], "systemd-run --scope -p Delegate=yes");
	done(h);
}

static void hybrid_delegated_service(void **state)
{
	const struct file files[] = { SYSTEMD,
				      { .path = "/sys/fs/cgroup/unified/system.slice/a.service", .delegated = true },
				      { .path = "/sys/fs/cgroup/memory/system.slice/a.service" },
				      { .path = "/sys/fs/cgroup/pids/system.slice/a.service" },
				      { 0 } };
	const struct machine m = { 0, hybrid_mounts,
				   "9:memory:/system.slice/a.service\n4:pids:/system.slice/a.service\n"
				   "1:name=systemd:/system.slice/a.service\n0::/system.slice/a.service\n",
				   files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	same(h->cgroup.parent[LW_CTL_MEMORY], "/sys/fs/cgroup/memory/system.slice/a.service");
	same(h->cgroup.parent[LW_CTL_PIDS], "/sys/fs/cgroup/pids/system.slice/a.service");
	assert_false(h->cgroup.parent_create[LW_CTL_PIDS]);
	done(h);
}

/* --- pure version 2 --- */
static const char v2_mounts[] =
	"24 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n"
	"29 23 0:25 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
#define V2 "/sys/fs/cgroup"
#define ALL "cpuset cpu io memory hugetlb pids rdma misc\n"

static void v2_root_without_systemd(void **state)
{
	const struct file files[] = {
		{ .path = V2 }, { .path = V2 "/cgroup.controllers", .content = ALL }, { .path = "/proc/swaps" }, { 0 }
	};
	const struct machine m = { 0, v2_mounts, "0::/\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	assert_int_equal(h->cgroup.version, 2);
	for (int i = LW_CTL_PIDS; i <= LW_CTL_CPU; i++) {
		same(h->cgroup.parent[i], V2 "/lunward");
		assert_true(h->cgroup.parent_create[i]);
	}
	assert_false(h->cgroup.own_leaf);
	assert_true(h->swap_accounting);
	assert_null(h->cgroup.parent[LW_CTL_DEVICES]);
	assert_non_null(h->cgroup.why[LW_CTL_DEVICES]);
	done(h);
}

static void v2_root_option(void **state)
{
	/* The parent exists but has not been given any controller yet: root enables them from the top. */
	const struct file files[] = { { .path = V2 },
				      { .path = V2 "/cgroup.controllers", .content = ALL },
				      { .path = V2 "/machines" },
				      { .path = V2 "/machines/cgroup.controllers", .content = "\n" },
				      { 0 } };
	const struct machine m = { 0, v2_mounts, "0::/\n", files };
	struct lw_host *h = probe(&m, V2 "/machines");
	(void)state;
	same(h->cgroup.parent[LW_CTL_PIDS], V2 "/machines");
	assert_false(h->swap_accounting);
	done(h);
}

#define SESSION "/user.slice/user-0.slice/session-3.scope"
static void v2_root_session_under_systemd(void **state)
{
	const struct file files[] = { SYSTEMD,
				      { .path = V2 },
				      { .path = V2 "/cgroup.controllers", .content = ALL },
				      { .path = V2 SESSION, .occupied = true },
				      { 0 } };
	const struct machine m = { 0, v2_mounts, "0::" SESSION "\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		assert_null(h->cgroup.parent[i]);
	contains(h->cgroup.why[LW_CTL_PIDS], "systemd-run --scope -p Delegate=yes");
	done(h);
}

#define USER "/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope"
static void v2_user_scope(void **state)
{
	const struct file files[] = {
		SYSTEMD,
		{ .path = V2 USER, .owner = 1000, .delegated = true },
		{ .path = V2 USER "/cgroup.controllers", .content = "memory pids\n" },
		{ .path = V2 USER "/cgroup.subtree_control", .owner = 1000, .content = "" },
		{ .path = V2 USER "/memory.max", .owner = 1000 },
		{ .path = V2 USER "/memory.swap.max", .owner = 1000 },
		{ 0 },
	};
	const struct machine m = { 1000, v2_mounts, "0::" USER "\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	assert_int_equal(h->cgroup.version, 2);
	same(h->cgroup.parent[LW_CTL_PIDS], V2 USER);
	same(h->cgroup.parent[LW_CTL_MEMORY], V2 USER);
	assert_false(h->cgroup.parent_create[LW_CTL_PIDS]);
	assert_true(h->cgroup.own_leaf);
	assert_true(h->swap_accounting);
	/* Debian 12 delegates memory and pids to users, not cpu. */
	assert_null(h->cgroup.parent[LW_CTL_CPU]);
	contains(h->cgroup.why[LW_CTL_CPU], "Delegate=");
	assert_non_null(h->cgroup.given);
	done(h);
}

static void v2_user_already_in_leaf(void **state)
{
	const struct file files[] = {
		SYSTEMD,
		{ .path = V2 USER, .owner = 1000, .delegated = true },
		{ .path = V2 USER "/cgroup.controllers", .content = "memory pids\n" },
		{ .path = V2 USER "/cgroup.subtree_control", .owner = 1000, .content = "memory pids\n" },
		{ .path = V2 USER "/supervisor", .owner = 1000, .occupied = true },
		{ 0 },
	};
	const struct machine m = { 1000, v2_mounts, "0::" USER "/supervisor\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	same(h->cgroup.parent[LW_CTL_PIDS], V2 USER);
	assert_false(h->cgroup.own_leaf);
	done(h);
}

/* A terminal's scope belongs to the user, but the shell sits in it. */
static void v2_user_scope_with_shell(void **state)
{
	const struct file files[] = { SYSTEMD,
				      { .path = V2 USER, .owner = 1000, .occupied = true },
				      { .path = V2 USER "/cgroup.controllers", .content = "memory pids\n" },
				      { .path = V2 USER "/cgroup.subtree_control", .owner = 1000, .content = "" },
				      { 0 } };
	const struct machine m = { 1000, v2_mounts, "0::" USER "\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	assert_null(h->cgroup.parent[LW_CTL_MEMORY]);
	contains(h->cgroup.why[LW_CTL_MEMORY], "other processes sit in our cgroup");
	assert_non_null(h->cgroup.shared); /* they may leave */
	contains(h->cgroup.why[LW_CTL_MEMORY], "systemd-run --user --scope -p Delegate=yes");
	done(h);
}

/* No systemd: somebody made a subtree for the user and put the shell into a leaf of it. */
static void v2_user_subtree(void **state)
{
	struct file files[] = {
		{ .path = V2 "/users/ann", .owner = 1000 },
		{ .path = V2 "/users/ann/cgroup.controllers", .content = "cpu memory pids\n" },
		{ .path = V2 "/users/ann/cgroup.subtree_control", .owner = 1000, .content = "memory pids cpu\n" },
		{ .path = V2 "/users/ann/shell", .owner = 1000, .occupied = true },
		{ .path = V2 "/users/ann/shell/cgroup.subtree_control", .owner = 1000, .content = "" },
		{ 0 },
		{ 0 },
	};
	const struct machine m = { 1000, v2_mounts, "0::/users/ann/shell\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	same(h->cgroup.parent[LW_CTL_PIDS], V2 "/users/ann");
	same(h->cgroup.parent[LW_CTL_CPU], V2 "/users/ann");
	assert_false(h->cgroup.own_leaf);
	done(h);
	files[5] = (struct file)SYSTEMD;
	h = probe(&m, NULL);
	assert_null(h->cgroup.parent[LW_CTL_PIDS]);
	contains(h->cgroup.why[LW_CTL_PIDS], "systemd-run --user --scope -p Delegate=yes");
	done(h);
}

static void v2_user_session(void **state)
{
	const struct file files[] = { SYSTEMD, { .path = V2 "/user.slice/user-1000.slice/session-2.scope" }, { 0 } };
	const struct machine m = { 1000, v2_mounts, "0::/user.slice/user-1000.slice/session-2.scope\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	assert_null(h->cgroup.parent[LW_CTL_PIDS]);
	contains(h->cgroup.why[LW_CTL_PIDS], "systemd-run --user --scope -p Delegate=yes");
	done(h);
}

/* A container with a cgroup namespace: the top of its mount is an ordinary cgroup, and it sits in it. */
static void v2_container(void **state)
{
	struct file files[] = { { .path = V2 },
				{ .path = V2 "/cgroup.events" },
				{ .path = V2 "/cgroup.controllers", .content = ALL },
				{ .path = V2 "/cgroup.subtree_control", .content = "\n" },
				{ 0 } };
	const struct machine m = { 0, v2_mounts, "0::/\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	same(h->cgroup.parent[LW_CTL_PIDS], V2);
	assert_true(h->cgroup.own_leaf);
	done(h);
	files[0].occupied = true;
	h = probe(&m, NULL);
	assert_null(h->cgroup.parent[LW_CTL_PIDS]);
	contains(h->cgroup.why[LW_CTL_PIDS], "other processes sit in our cgroup");
	done(h);
	files[0].readonly = true;
	h = probe(&m, NULL);
	assert_null(h->cgroup.parent[LW_CTL_PIDS]);
	contains(h->cgroup.why[LW_CTL_PIDS], "read-only");
	done(h);
}

/* A mount that shows some other part of the tree than ours: its directories are nobody's business but their owner's. */
static void v2_foreign_root(void **state)
{
	static const char mounts[] = "29 23 0:25 /../other /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
	const struct file files[] = { SYSTEMD, { .path = V2, .owner = 1000 }, { 0 } };
	const struct machine m = { 1000, mounts, "0::/\n", files };
	struct lw_host *h = probe(&m, NULL);
	(void)state;
	assert_null(h->cgroup.parent[LW_CTL_PIDS]);
	done(h);
}

static void nothing_mounted(void **state)
{
	const struct file files[] = { { 0 } };
	const struct machine none = { 0, "24 1 254:1 / / rw - ext4 /dev/vda1 rw\n", "0::/\n", files };
	const struct machine v1 = { 0, "", "4:pids:/\n0::/\n", files };
	struct lw_host *h = probe(&none, NULL);
	(void)state;
	assert_int_equal(h->cgroup.version, 0);
	contains(h->cgroup.why[LW_CTL_MEMORY], "mount -t cgroup2");
	done(h);
	h = probe(&v1, NULL);
	assert_int_equal(h->cgroup.version, 1);
	contains(h->cgroup.why[LW_CTL_PIDS], "mount -t cgroup -o pids");
	done(h);
}

static void broken_texts(void **state)
{
	const struct file files[] = { { .path = V2 }, { .path = V2 "/cgroup.controllers", .content = ALL }, { 0 } };
	static const char *const selves[] = { "", "0", "0:", "::", "0::", "x\n\n:\n", "0::/a/../..\n", "99:pids" };
	struct lw_err err = { 0 };
	int r;
	(void)state;
	for (size_t i = 0; i < sizeof selves / sizeof *selves; i++) {
		const struct machine m = { 1000, v2_mounts, selves[i], files };
		struct lw_host *h = probe(&m, NULL);
		assert_null(h->cgroup.parent[LW_CTL_PIDS]);
		done(h);
	}
	const struct machine m = { 0, "not mountinfo\n", "0::/\n", files };
	done(probe_err(&m, NULL, &r, &err));
	assert_true(r < 0);
	contains(err.msg, "mountinfo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v1_root_without_systemd),
		cmocka_unit_test(v1_user_has_nothing),
		cmocka_unit_test(v1_user_with_own_cgroup),
		cmocka_unit_test(v1_option),
		cmocka_unit_test(option_refused),
		cmocka_unit_test(v1_comounted),
		cmocka_unit_test(v1_container),
		cmocka_unit_test(hybrid_session),
		cmocka_unit_test(hybrid_delegated_service),
		cmocka_unit_test(v2_root_without_systemd),
		cmocka_unit_test(v2_root_option),
		cmocka_unit_test(v2_root_session_under_systemd),
		cmocka_unit_test(v2_user_scope),
		cmocka_unit_test(v2_user_already_in_leaf),
		cmocka_unit_test(v2_user_scope_with_shell),
		cmocka_unit_test(v2_user_subtree),
		cmocka_unit_test(v2_user_session),
		cmocka_unit_test(v2_container),
		cmocka_unit_test(v2_foreign_root),
		cmocka_unit_test(nothing_mounted),
		cmocka_unit_test(broken_texts),
	};
	return cmocka_run_group_tests_name("cgroup_probe", tests, NULL, NULL);
}
