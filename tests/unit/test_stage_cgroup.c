/* test_stage_cgroup.c: limits and device rules as operations: which directories are made, what is written where in
 * which order, and what happens where this host cannot do what was asked. Specs and hosts are made by hand; no
 * privilege. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/text.h"
#include "cgroup.h"
#include "stage.h"

#define BOX "/@ID@"
#define CAP_MKNOD_BIT (UINT64_C(1) << 27)
#define RULES "c 1:3 rwm|c 1:5 rwm|c 1:7 rwm|c 1:8 rwm|c 1:9 rwm|c 5:0 rwm|c 5:1 rwm|c 5:2 rwm|c 136:* rwm"

struct fixture {
	struct lw_spec *spec;
	struct lw_host host;
	struct lw_plan *plan;
	struct lw_err err;
	char *text;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->spec = lw_spec_new();
	f->host = (struct lw_host){
		.memory_bytes = INT64_C(8) << 30, .kernel_major = 6, .kernel_minor = 1, .state_fd = -1
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	lw_plan_free(f->plan);
	lw_spec_free(f->spec);
	free(f->text);
	free(f);
	return 0;
}

static void v1(struct fixture *f)
{
	struct lw_cgroup_host *c = &f->host.cgroup;
	static const char *const parents[] = { "/cg/pids/lunward",    "/cg/memory/lunward",  "/cg/cpu/lunward",
					       "/cg/devices/lunward", "/cg/freezer/lunward", "/cg/cpuset/lunward",
					       "/cg/blkio/lunward" };
	c->version = 1;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		c->parent[i] = parents[i];
	c->memsw = f->host.swap_accounting = true;
}

static void v2(struct fixture *f)
{
	struct lw_cgroup_host *c = &f->host.cgroup;
	c->version = 2;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		if (i != LW_CTL_DEVICES && i != LW_CTL_FREEZER)
			c->parent[i] = "/cg/lunward";
	c->why[LW_CTL_DEVICES] = "no devices; no cure";
	f->host.swap_accounting = true;
}

static void none(struct fixture *f)
{
	for (int i = 0; i < LW_CTL_COUNT; i++)
		f->host.cgroup.why[i] = "no cgroup here; get one";
}

static int plan(struct fixture *f, uint64_t flags)
{
	struct lw_text t = { 0 };
	struct lw_arena *a = lw_arena_new();
	f->plan = lw_arena_alloc(a, sizeof *f->plan);
	*f->plan =
		(struct lw_plan){ .arena = a, .spec = f->spec, .host = &f->host, .clone_flags = flags, .init = true };
	int r = lw_stage_cgroup(f->plan, &f->err);
	for (size_t i = 0; i < f->plan->n_ops; i++) {
		const struct lw_op *op = &f->plan->ops[i];
		assert_int_equal(op->side, LW_SIDE_HOST);
		if (op->kind == LW_OP_CGROUP_MAKE) {
			lw_text_addf(&t, "make %s %llx slot %lld v%lld\n", op->str[0], (long long)op->num[0],
				     (long long)op->num[1], (long long)op->num[2]);
			continue;
		}
		const char *value = op->str[2];
		if (op->kind == LW_OP_CGROUP_SET) {
			lw_text_addf(&t, "%s: %s/%s = ", op->key, op->str[0], op->str[1]);
		} else if (op->kind == LW_OP_CGROUP_IO) {
			lw_text_addf(&t, "%s: io %s v%s %s %lld %lld %lld %lld\n", op->key, op->str[0], op->str[2],
				     op->str[1], (long long)op->num[0], (long long)op->num[1], (long long)op->num[2],
				     (long long)op->num[3]);
			continue;
		} else {
			value = op->str[1];
			assert_true(op->kind == LW_OP_CGROUP_DEVICES || op->kind == LW_OP_CGROUP_CPUSET);
			lw_text_addf(&t, "%s: %s %s v%lld = ", op->key,
				     op->kind == LW_OP_CGROUP_DEVICES ? "devices" : "cpuset", op->str[0],
				     (long long)op->num[0]);
		}
		for (const char *c = value; *c; c++)
			lw_text_addn(&t, *c == '\n' ? "|" : c, 1);
		lw_text_add(&t, "\n");
	}
	f->text = t.buf ? t.buf : strdup("");
	return r;
}

static void is(struct fixture *f, const char *expected)
{
	int r = plan(f, CLONE_NEWUSER | CLONE_NEWPID);
	if (r)
		fail_msg("%s: %s (%s)", f->err.path, f->err.msg, f->err.hint);
	assert_string_equal(f->text, expected);
}

static void refused(struct fixture *f, uint64_t flags, const char *path, const char *msg, const char *hint)
{
	assert_int_equal(plan(f, flags), -EOPNOTSUPP);
	assert_int_equal(f->err.cls, LW_ERR_SETUP);
	assert_string_equal(f->err.path, path);
	if (!strstr(f->err.msg, msg))
		fail_msg("'%s' does not say '%s'", f->err.msg, msg);
	assert_string_equal(f->err.hint, hint);
}

#define DEVICES_V1 "devices: devices /cg/devices/lunward" BOX " v1 = " RULES

static void defaults_v1(void **state)
{
	struct fixture *f = *state;
	v1(f);
	is(f, "make /cg/pids/lunward" BOX " 1 slot 0 v1\n"
	      "make /cg/memory/lunward" BOX " 2 slot 1 v1\n"
	      "limits.pids: /cg/pids/lunward" BOX "/pids.max = 1024\n"
	      "limits.memory: /cg/memory/lunward" BOX "/memory.limit_in_bytes = 4294967296\n"
	      "limits.swap: /cg/memory/lunward" BOX "/memory.memsw.limit_in_bytes = 4294967296\n");
	assert_int_equal(f->plan->n_notes, 0);
	assert_int_equal(f->plan->n_fds, 2);
	assert_int_equal(f->plan->cgroup_slots, 2);
	assert_string_equal(f->plan->cgroup_dir[LW_CTL_MEMORY], "/cg/memory/lunward" BOX);
	assert_null(f->plan->cgroup_dir[LW_CTL_FREEZER]);
	assert_int_equal(lw_cgroup_nproc(f->plan), -1);
}

/* With the host's user namespace mknod works: then the controller is what stands between. */
static void devices_v1_in_the_hosts_user_namespace(void **state)
{
	struct fixture *f = *state;
	v1(f);
	assert_int_equal(plan(f, CLONE_NEWPID), 0);
	assert_string_equal(f->text, "make /cg/pids/lunward" BOX " 1 slot 0 v1\n"
				     "make /cg/memory/lunward" BOX " 2 slot 1 v1\n"
				     "make /cg/devices/lunward" BOX " 8 slot 2 v1\n"
				     "limits.pids: /cg/pids/lunward" BOX "/pids.max = 1024\n"
				     "limits.memory: /cg/memory/lunward" BOX "/memory.limit_in_bytes = 4294967296\n"
				     "limits.swap: /cg/memory/lunward" BOX
				     "/memory.memsw.limit_in_bytes = 4294967296\n" DEVICES_V1 "\n");
}

static void all_limits_v1(void **state)
{
	struct fixture *f = *state;
	struct lw_device snd = { .path = "/dev/snd", .access = "rw" },
			 tty = { .path = "/dev/a", .source = "/dev/ttyS0" };
	struct lw_device devices[] = { snd, tty };
	v1(f);
	f->spec->limits.pids = 32;
	f->spec->limits.memory = 64 << 20;
	f->spec->limits.swap = 1 << 20;
	f->spec->limits.cpus = 1500;
	f->spec->devices = (struct lw_devices){ 2, devices };
	is(f, "make /cg/pids/lunward" BOX " 1 slot 0 v1\n"
	      "make /cg/memory/lunward" BOX " 2 slot 1 v1\n"
	      "make /cg/cpu/lunward" BOX " 4 slot 2 v1\n"
	      "make /cg/devices/lunward" BOX " 8 slot 3 v1\n"
	      "limits.pids: /cg/pids/lunward" BOX "/pids.max = 32\n"
	      "limits.memory: /cg/memory/lunward" BOX "/memory.limit_in_bytes = 67108864\n"
	      "limits.swap: /cg/memory/lunward" BOX "/memory.memsw.limit_in_bytes = 68157440\n"
	      "limits.cpus: /cg/cpu/lunward" BOX "/cpu.cfs_period_us = 100000\n"
	      "limits.cpus: /cg/cpu/lunward" BOX "/cpu.cfs_quota_us = 150000\n" DEVICES_V1
	      "|/dev/snd rw|/dev/ttyS0 rwm\n");
}

static const char *tail(const struct fixture *f, const char *first)
{
	const char *at = strstr(f->text, first);
	if (!at)
		fail_msg("no '%s' in '%s'", first, f->text);
	return at;
}

static void further_limits(struct fixture *f, struct lw_io io[static 2])
{
	struct lw_limits *l = &f->spec->limits;
	l->memory_low = 16 << 20;
	l->cpu_weight = 200;
	l->cpuset = "0-1";
	io[0] = (struct lw_io){ .device = "/dev/vda", .rbps = 1 << 20, .wiops = 100 };
	io[1] = (struct lw_io){ .device = "8:0", .wbps = 2 << 20, .riops = 7 };
	l->io = (struct lw_ios){ 2, io };
}

static void further_limits_v1(void **state)
{
	struct fixture *f = *state;
	struct lw_io io[2];
	v1(f);
	further_limits(f, io);
	assert_int_equal(plan(f, CLONE_NEWUSER), 0);
	assert_string_equal(tail(f, "limits.memory_low"),
			    "limits.memory_low: /cg/memory/lunward" BOX "/memory.soft_limit_in_bytes = 16777216\n"
			    "limits.cpu_weight: /cg/cpu/lunward" BOX "/cpu.shares = 2048\n"
			    "limits.cpuset: cpuset /cg/cpuset/lunward" BOX " v1 = 0-1\n"
			    "limits.io[0]: io /cg/blkio/lunward" BOX " v1 /dev/vda 1048576 0 0 100\n"
			    "limits.io[1]: io /cg/blkio/lunward" BOX " v1 8:0 0 2097152 7 0\n");
	/* Each hierarchy has a directory that is joined. */
	assert_int_equal(f->plan->cgroup_slots, 5);
}

static void further_limits_v2(void **state)
{
	struct fixture *f = *state;
	struct lw_io io[2];
	v2(f);
	further_limits(f, io);
	f->spec->limits.memory_high = 48 << 20;
	f->spec->limits.oom_group = true;
	assert_int_equal(plan(f, CLONE_NEWUSER), 0);
	assert_string_equal(tail(f, "make"), tail(f, "make /cg/lunward" BOX " 67 slot 0 v2\n"));
	assert_string_equal(tail(f, "limits.memory_high"),
			    "limits.memory_high: /cg/lunward" BOX "/memory.high = 50331648\n"
			    "limits.memory_low: /cg/lunward" BOX "/memory.low = 16777216\n"
			    "limits.oom_group: /cg/lunward" BOX "/memory.oom.group = 1\n"
			    "limits.cpu_weight: /cg/lunward" BOX "/cpu.weight = 200\n"
			    "limits.cpuset: cpuset /cg/lunward" BOX " v2 = 0-1\n"
			    "limits.io[0]: io /cg/lunward" BOX " v2 /dev/vda 1048576 0 0 100\n"
			    "limits.io[1]: io /cg/lunward" BOX " v2 8:0 0 2097152 7 0\n");
	assert_int_equal(f->plan->cgroup_slots, 1);
}

/* 100 is what a cgroup has that nobody touched: 1024 shares. The ends stay within what the kernel takes, 2 to 262144.
 */
static void weights_as_shares(void **state)
{
	static const struct {
		int weight;
		const char *shares;
	} cases[] = { { 1, "/cpu.shares = 10\n" },
		      { 100, "/cpu.shares = 1024\n" },
		      { 10000, "/cpu.shares = 102400\n" } };
	struct fixture *f = *state;
	v1(f);
	for (size_t i = 0; i < 3; i++) {
		f->spec->limits.cpu_weight = cases[i].weight;
		assert_int_equal(plan(f, CLONE_NEWUSER), 0);
		tail(f, cases[i].shares);
		f->plan = lw_plan_free(f->plan);
		free(f->text);
		f->text = NULL;
	}
}

static void what_version_1_does_not_have(void **state)
{
	struct fixture *f = *state;
	v1(f);
	f->spec->limits.memory_high = 1 << 20;
	refused(f, CLONE_NEWUSER, "limits.memory_high", "cgroup version 1",
		"boot with systemd.unified_cgroup_hierarchy=1, or take it out");
	f->plan = lw_plan_free(f->plan);
	free(f->text);
	f->text = NULL;
	f->spec->limits.memory_high = 0;
	f->spec->limits.oom_group = true;
	f->err = (struct lw_err){ 0 };
	refused(f, CLONE_NEWUSER, "limits.oom_group", "cgroup version 1",
		"boot with systemd.unified_cgroup_hierarchy=1, or take it out");
}

static void device_program_v2(void **state)
{
	struct fixture *f = *state;
	struct lw_device snd = { .path = "/dev/snd", .access = "r" };
	v2(f);
	f->host.cgroup.parent[LW_CTL_DEVICES] = "/cg/lunward";
	f->spec->devices = (struct lw_devices){ 1, &snd };
	assert_int_equal(plan(f, CLONE_NEWUSER), 0);
	assert_string_equal(tail(f, "devices:"), "devices: devices /cg/lunward" BOX " v2 = " RULES "|/dev/snd r\n");
	assert_int_equal(f->plan->cgroup_slots, 1);
}

/* The whole of /dev: the controller could refuse nothing, unless the access is narrower. */
static void every_device(void **state)
{
	struct fixture *f = *state;
	struct lw_device all = { .path = "/dev" };
	v1(f);
	f->spec->devices = (struct lw_devices){ 1, &all };
	f->spec->capabilities.set[LW_CAP_BOUNDING] = CAP_MKNOD_BIT;
	assert_int_equal(plan(f, 0), 0);
	assert_null(strstr(f->text, "devices"));
	f->plan = lw_plan_free(f->plan);
	free(f->text);
	all.access = "r";
	assert_int_equal(plan(f, 0), 0);
	assert_string_equal(tail(f, "devices:"), DEVICES_V1 "|/dev r\n");
}

static void comounted_v1(void **state)
{
	struct fixture *f = *state;
	v1(f);
	f->host.cgroup.parent[LW_CTL_MEMORY] = "/cg/pids/lunward"; /* the same hierarchy has both */
	f->host.cgroup.memsw = f->host.swap_accounting = false;
	is(f, "make /cg/pids/lunward" BOX " 3 slot 0 v1\n"
	      "limits.pids: /cg/pids/lunward" BOX "/pids.max = 1024\n"
	      "limits.memory: /cg/pids/lunward" BOX "/memory.limit_in_bytes = 4294967296\n");
	/* No swap on this host: nothing is lost. */
	assert_int_equal(f->plan->n_notes, 0);
}

static void defaults_v2(void **state)
{
	struct fixture *f = *state;
	v2(f);
	is(f, "make /cg/lunward" BOX " 3 slot 0 v2\n"
	      "limits.pids: /cg/lunward" BOX "/pids.max = 1024\n"
	      "limits.memory: /cg/lunward" BOX "/memory.max = 4294967296\n"
	      "limits.swap: /cg/lunward" BOX "/memory.swap.max = 0\n");
	assert_string_equal(f->plan->cgroup_dir[LW_CTL_PIDS], f->plan->cgroup_dir[LW_CTL_MEMORY]);
}

static void cpus_v2(void **state)
{
	struct fixture *f = *state;
	v2(f);
	f->spec->limits.cpus = 500;
	is(f, "make /cg/lunward" BOX " 7 slot 0 v2\n"
	      "limits.pids: /cg/lunward" BOX "/pids.max = 1024\n"
	      "limits.memory: /cg/lunward" BOX "/memory.max = 4294967296\n"
	      "limits.swap: /cg/lunward" BOX "/memory.swap.max = 0\n"
	      "limits.cpus: /cg/lunward" BOX "/cpu.max = 50000 100000\n");
}

/* The kernel refuses quotas below 1 ms, so few thousandths of a cpu need a longer period. */
static void tiny_quota(void **state)
{
	struct fixture *f = *state;
	v2(f);
	f->spec->limits.cpus = 5;
	assert_int_equal(plan(f, CLONE_NEWUSER), 0);
	assert_non_null(strstr(f->text, "cpu.max = 5000 1000000\n"));
}

static void defaults_without_cgroups_are_notes(void **state)
{
	struct fixture *f = *state;
	none(f);
	is(f, "");
	assert_int_equal(f->plan->n_notes, 2);
	assert_non_null(strstr(f->plan->notes[0], "limits.pids"));
	assert_non_null(strstr(f->plan->notes[0], "RLIMIT_NPROC stands in"));
	assert_non_null(strstr(f->plan->notes[0], "no cgroup here; get one"));
	assert_non_null(strstr(f->plan->notes[1], "limits.memory"));
	assert_int_equal(lw_cgroup_nproc(f->plan), 1025);
	/* Without a user namespace of its own the count would be the caller's whole system. */
	f->plan->clone_flags = 0;
	assert_int_equal(lw_cgroup_nproc(f->plan), -1);
	f->plan->clone_flags = CLONE_NEWUSER;
	f->host.kernel_major = 5;
	f->host.kernel_minor = 10;
	assert_int_equal(lw_cgroup_nproc(f->plan), -1);
	f->plan->ids_auto = true;
	assert_int_equal(lw_cgroup_nproc(f->plan), 1025);
}

static void written_limits_without_cgroups_are_errors(void **state)
{
	static const struct {
		int limit;
		const char *path;
	} cases[] = { { LW_LIMIT_PIDS, "limits.pids" },
		      { LW_LIMIT_MEMORY, "limits.memory" },
		      { LW_LIMIT_SWAP, "limits.swap" },
		      { LW_LIMIT_CPUS, "limits.cpus" },
		      { LW_LIMIT_MEMORY_HIGH, "limits.memory_high" },
		      { LW_LIMIT_MEMORY_LOW, "limits.memory_low" },
		      { LW_LIMIT_CPU_WEIGHT, "limits.cpu_weight" },
		      { LW_LIMIT_CPUSET, "limits.cpuset" },
		      { LW_LIMIT_IO, "limits.io" },
		      { LW_LIMIT_OOM_GROUP, "limits.oom_group" } };
	struct fixture *f = *state;
	struct lw_io io[2];
	none(f);
	further_limits(f, io);
	f->spec->limits.memory_high = 48 << 20;
	f->spec->limits.oom_group = true;
	f->spec->limits.rec.origin = (struct lw_origin){ "/p/web.lua", 12 };
	f->spec->limits.cpus = 500;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		f->err = (struct lw_err){ 0 };
		f->spec->limits.rec.set = UINT64_C(1) << cases[i].limit;
		refused(f, CLONE_NEWUSER, cases[i].path, "no cgroup here", "get one");
		assert_string_equal(f->err.file, "/p/web.lua");
		assert_int_equal(f->err.line, 12);
		f->plan = lw_plan_free(f->plan);
		free(f->text);
		f->text = NULL;
	}
}

static void swap_needs_accounting(void **state)
{
	struct fixture *f = *state;
	v2(f);
	f->host.swap_accounting = false;
	f->host.swap_bytes = 1 << 30;
	assert_int_equal(plan(f, CLONE_NEWUSER), 0);
	assert_int_equal(f->plan->n_notes, 1);
	assert_non_null(strstr(f->plan->notes[0], "limits.swap"));
	assert_null(strstr(f->text, "swap.max"));
	lw_plan_free(f->plan);
	free(f->text);
	f->spec->limits.rec.set = 1 << LW_LIMIT_SWAP;
	refused(f, CLONE_NEWUSER, "limits.swap", "does not account swap", "boot with swapaccount=1");
}

static void narrow_device_access_needs_the_controller(void **state)
{
	struct fixture *f = *state;
	struct lw_device device = { .path = "/dev/snd", .access = "r" };
	v2(f);
	f->spec->devices = (struct lw_devices){ 1, &device };
	refused(f, CLONE_NEWUSER, "devices[0].access", "needs the devices controller", "no cure");
	f->plan = lw_plan_free(f->plan);
	free(f->text);
	device.access = "rw";
	assert_int_equal(plan(f, CLONE_NEWUSER), 0);
}

static void mknod_in_the_hosts_user_namespace(void **state)
{
	struct fixture *f = *state;
	v2(f);
	f->spec->capabilities.set[LW_CAP_BOUNDING] = CAP_MKNOD_BIT;
	assert_int_equal(plan(f, 0), -EOPNOTSUPP);
	assert_string_equal(f->err.path, "capabilities");
	assert_non_null(strstr(f->err.msg, "MKNOD"));
	f->plan = lw_plan_free(f->plan);
	free(f->text);
	f->spec->capabilities.set[LW_CAP_BOUNDING] = 0;
	assert_int_equal(plan(f, 0), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_v1),
		TEST(devices_v1_in_the_hosts_user_namespace),
		TEST(all_limits_v1),
		TEST(further_limits_v1),
		TEST(further_limits_v2),
		TEST(weights_as_shares),
		TEST(what_version_1_does_not_have),
		TEST(device_program_v2),
		TEST(every_device),
		TEST(comounted_v1),
		TEST(defaults_v2),
		TEST(cpus_v2),
		TEST(tiny_quota),
		TEST(defaults_without_cgroups_are_notes),
		TEST(written_limits_without_cgroups_are_errors),
		TEST(swap_needs_accounting),
		TEST(narrow_device_access_needs_the_controller),
		TEST(mknod_in_the_hosts_user_namespace),
	};
	return cmocka_run_group_tests_name("stage_cgroup", tests, NULL, NULL);
}
