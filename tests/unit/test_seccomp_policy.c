/* test_seccomp_policy.c: what policies mean: docker's verdicts, what default and strict take from them, groups, rules.
 */
#include "seccomp_fixture.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/socket.h>

static bool allowed_somehow(const struct lw_verdict *v)
{
	bool allowed = v->action == SECCOMP_RET_ALLOW;
	for (unsigned i = 0; i < v->n_rules; i++)
		allowed = allowed || v->rules[i].action == SECCOMP_RET_ALLOW;
	return allowed;
}

static unsigned count_allowed(const struct lw_verdicts *v)
{
	unsigned n = 0;
	for (unsigned nr = 0; nr < *v->abi->count; nr++)
		n += allowed_somehow(&v->v[nr]);
	return n;
}

static void docker_denies_what_docker_denies(void **state)
{
#ifdef __x86_64__
	struct lw_verdicts v = verdicts(&base_table[1], LW_CAPS_DOCKER, *state);
	const char *tree = getenv("LUNWARD_TREE");
	char path[4096], line[512];
	bool denied[512] = { false };
	unsigned rows = 0;
	snprintf(path, sizeof path, "%s/tests/data/docker-default-denied-x86_64.tsv", tree ? tree : ".");
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		int nr;
		char name[64];
		if (line[0] == '#' || sscanf(line, "%d %63s", &nr, name) != 2)
			continue;
		assert_string_equal(lw_syscall_name(nr), name);
		denied[nr] = true;
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, 66);
	/* The list covers the numbers of its time: up to 450. clone3 is ENOSYS. */
	for (int nr = 0; nr <= 450; nr++) {
		if (!lw_syscall_name(nr) || nr == lw_syscall_number("clone3") || nr == lw_syscall_number("uretprobe") ||
		    nr == lw_syscall_number("uprobe"))
			continue;
		if (allowed_somehow(&v.v[nr]) == denied[nr])
			fail_msg("%s: docker %s it", lw_syscall_name(nr), denied[nr] ? "denies" : "allows");
		if (denied[nr])
			assert_int_equal(v.v[nr].action, RET_EPERM);
	}
	assert_int_equal(v.v[lw_syscall_number("clone3")].action, RET_ENOSYS);
#else
	(void)state;
	print_message("the list of docker's denials is for x86-64\n");
	skip();
#endif
}

static uint32_t verdict(const struct lw_verdicts *v, const char *name, uint64_t a0)
{
	struct seccomp_data call = { .nr = lw_syscall_number(name), .args = { a0 } };
	assert_true(call.nr >= 0);
	return lw_verdicts_eval(v, &call);
}

static void docker_depends_on_capabilities(void **state)
{
	static const struct {
		int cap;
		const char *name;
	} rows[] = {
		{ CAP_DAC_READ_SEARCH, "open_by_handle_at" },
		{ CAP_SYS_ADMIN, "mount" },
		{ CAP_SYS_ADMIN, "setns" },
		{ CAP_SYS_ADMIN, "clone3" },
		{ CAP_SYS_BOOT, "reboot" },
		{ CAP_SYS_MODULE, "init_module" },
		{ CAP_SYS_PTRACE, "kcmp" },
		{ CAP_SYS_PACCT, "acct" },
		{ CAP_SYS_TIME, "clock_settime" },
		{ CAP_SYS_TTY_CONFIG, "vhangup" },
		{ CAP_SYS_NICE, "mbind" },
		{ CAP_SYSLOG, "syslog" },
		{ CAP_BPF, "bpf" },
		{ CAP_PERFMON, "perf_event_open" },
	};
	struct lw_verdicts none = verdicts(&base_table[1], 0, *state);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lw_verdicts with = verdicts(&base_table[1], UINT64_C(1) << rows[i].cap, *state);
		assert_int_not_equal(verdict(&none, rows[i].name, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(verdict(&with, rows[i].name, 0), SECCOMP_RET_ALLOW);
	}
	struct lw_verdicts admin = verdicts(&base_table[1], UINT64_C(1) << CAP_SYS_ADMIN, *state);
	assert_int_equal(verdict(&none, "clone", 0x10000000), RET_EPERM);
	assert_int_equal(verdict(&none, "clone", 0x00011200), SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&admin, "clone", 0x10000000), SECCOMP_RET_ALLOW);
}

static void docker_arguments(void **state)
{
	struct lw_verdicts v = verdicts(&base_table[1], LW_CAPS_DOCKER, *state);
	for (unsigned family = 0; family < 64; family++)
		assert_int_equal(verdict(&v, "socket", family),
				 family == AF_ALG || family == AF_VSOCK ? RET_EPERM : SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&v, "personality", 0x20008), SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&v, "personality", 0x40000), RET_EPERM);
	assert_int_equal(verdict(&v, "personality", 0xffffffff), SECCOMP_RET_ALLOW);
}

static void default_is_small(void **state)
{
	struct lw_verdicts v = verdicts(&base_table[0], LW_CAPS_DOCKER, *state);
	struct lw_verdicts docker = verdicts(&base_table[1], LW_CAPS_DOCKER, *state);
	struct lw_verdicts strict = verdicts(&base_table[2], LW_CAPS_DOCKER, *state);
	struct lw_verdicts deny = verdicts(&base_table[3], LW_CAPS_DOCKER, *state);
	assert_in_range(count_allowed(&v), 180, 245);
	assert_in_range(count_allowed(&strict), 120, 180);
	assert_int_equal(count_allowed(&deny), 0);
	for (unsigned nr = 0; nr < *v.abi->count; nr++) {
		if (allowed_somehow(&v.v[nr]))
			assert_true(allowed_somehow(&docker.v[nr]));
		if (allowed_somehow(&strict.v[nr]))
			assert_true(allowed_somehow(&v.v[nr]));
	}
}

/* Whatever the capabilities, these stay out of default and strict. */
static void default_never_allows(void **state)
{
	static const char *const rows[] = {
		"@risky-admin",
		"@mount",
		"@keyring",
		"@module",
		"@swap",
		"bpf",
		"ptrace",
		"unshare",
		"setns",
		"clone3",
		"chroot",
		"io_uring_setup",
		"io_uring_enter",
		"io_uring_register",
		"userfaultfd",
		"process_vm_readv",
		"process_vm_writev",
		"pidfd_getfd",
		"name_to_handle_at",
		"memfd_secret",
		"kexec_file_load",
		"syslog",
		"quotactl",
		"acct",
		"vhangup",
		"open_tree_attr",
		"move_pages",
		"set_mempolicy",
		"process_madvise",
	};
	for (int base = 0; base <= 2; base += 2)
		for (int every_cap = 0; every_cap < 2; every_cap++) {
			struct lw_verdicts v =
				verdicts(&base_table[base], every_cap ? UINT64_MAX : LW_CAPS_DOCKER, *state);
			for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
				const struct lw_syscall_group *g = lw_syscall_group_find(rows[i]);
				const char *const one[] = { rows[i], NULL };
				assert_true(g || rows[i][0] != '@');
				for (const char *const *m = g ? g->members : one; *m; m++) {
					int nr = lw_syscall_number(*m);
					if (nr >= 0 && allowed_somehow(&v.v[nr]))
						fail_msg("%s is allowed", *m);
				}
			}
		}
}

static void risky_admin_is_the_seventeen(void **state)
{
	(void)state;
	static const char *const seventeen[] = {
		"kexec_load",
		"open_by_handle_at",
		"init_module",
		"finit_module",
		"delete_module",
		"iopl",
		"ioperm",
		"swapon",
		"swapoff",
		"sysfs",
		"_sysctl",
		"adjtimex",
		"clock_adjtime",
		"lookup_dcookie",
		"perf_event_open",
		"fanotify_init",
		"kcmp",
	};
	const struct lw_syscall_group *g = lw_syscall_group_find("@risky-admin");
	unsigned n = 0;
	for (const char *const *m = g->members; *m; m++, n++) {
		bool known = false;
		for (size_t i = 0; i < 17; i++)
			known = known || strcmp(seventeen[i], *m) == 0;
		assert_true(known);
	}
	assert_int_equal(n, 17);
}

/* What nginx, redis, python, sqlite, git, gcc, postgres, node and java make, as strace shows them. */
static void default_keeps_programs_running(void **state)
{
	static const char *const rows[] = {
		"read",
		"write",
		"openat",
		"close",
		"newfstatat",
		"statx",
		"mmap",
		"mprotect",
		"munmap",
		"brk",
		"mremap",
		"rt_sigaction",
		"rt_sigreturn",
		"ioctl",
		"pread64",
		"pwrite64",
		"preadv",
		"pwritev",
		"execve",
		"wait4",
		"exit_group",
		"kill",
		"tgkill",
		"futex",
		"set_robust_list",
		"rseq",
		"prlimit64",
		"getrandom",
		"uname",
		"fcntl",
		"flock",
		"fsync",
		"fdatasync",
		"ftruncate",
		"fallocate",
		"sync_file_range",
		"getcwd",
		"chdir",
		"renameat2",
		"mkdirat",
		"unlinkat",
		"symlinkat",
		"linkat",
		"readlinkat",
		"fchmodat",
		"fchownat",
		"socket",
		"connect",
		"bind",
		"listen",
		"accept4",
		"sendto",
		"recvfrom",
		"sendmsg",
		"recvmsg",
		"sendfile",
		"setsockopt",
		"getsockopt",
		"shutdown",
		"socketpair",
		"epoll_create1",
		"epoll_ctl",
		"epoll_pwait",
		"eventfd2",
		"signalfd4",
		"timerfd_create",
		"inotify_init1",
		"pipe2",
		"dup3",
		"clone",
		"setsid",
		"setpgid",
		"setuid",
		"setgid",
		"setgroups",
		"setresuid",
		"setresgid",
		"capset",
		"prctl",
		"umask",
		"mknodat",
		"shmget",
		"shmat",
		"shmctl",
		"semget",
		"semop",
		"mq_open",
		"io_setup",
		"io_submit",
		"sched_setaffinity",
		"sched_getaffinity",
		"sched_yield",
		"membarrier",
		"madvise",
		"mlock",
		"memfd_create",
		"copy_file_range",
		"close_range",
		"pidfd_open",
		"landlock_create_ruleset",
		"seccomp",
		"personality",
		"restart_syscall",
		"clock_nanosleep",
		"timer_create",
		"getxattr",
		"sigaltstack",
		"faccessat2",
		"waitid",
		"sysinfo",
		"times",
	};
	struct lw_verdicts v = verdicts(&base_table[0], LW_CAPS_DOCKER, *state);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int nr = lw_syscall_number(rows[i]);
		assert_true(nr >= 0);
		if (!allowed_somehow(&v.v[nr]))
			fail_msg("%s is denied", rows[i]);
	}
}

static void rules_apply_in_order(void **state)
{
	const char *clock[] = { "@clock" }, *one[] = { "clock_settime" }, *all[] = { "all" };
	struct lw_seccomp_rule rules[] = {
		{ .action = LW_SECCOMP_ALLOW, .names = { 1, all } },
		{ .action = LW_SECCOMP_ERRNO, .errno_value = 22, .names = { 1, clock } },
		{ .action = LW_SECCOMP_KILL, .names = { 1, one } },
	};
	struct lw_seccomp p = { .base = LW_SECCOMP_DENY, .n_rules = 3, .rules = rules };
	struct lw_verdicts v = verdicts(&p, 0, *state);
	assert_int_equal(verdict(&v, "mount", 0), SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&v, "adjtimex", 0), SECCOMP_RET_ERRNO | 22);
	assert_int_equal(verdict(&v, "clock_settime", 0), SECCOMP_RET_KILL_PROCESS);
	struct seccomp_data gap = { .nr = 400 }, newer = { .nr = (int)*lw_abi_native.count };
	assert_int_equal(lw_verdicts_eval(&v, &gap), RET_ENOSYS);
	assert_int_equal(lw_verdicts_eval(&v, &newer), RET_ENOSYS);

	struct lw_verdicts open =
		verdicts(with_rule(LW_SECCOMP_UNCONFINED, LW_SECCOMP_ERRNO, "getcwd", *state), 0, *state);
	assert_int_equal(verdict(&open, "getcwd", 0), RET_EPERM);
	assert_int_equal(verdict(&open, "mount", 0), SECCOMP_RET_ALLOW);
	assert_int_equal(lw_verdicts_eval(&open, &newer), SECCOMP_RET_ALLOW);
	/* A call named anew is allowed whatever its arguments. */
	struct lw_verdicts any = verdicts(with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_ALLOW, "socket", *state), 0, *state);
	assert_int_equal(verdict(&any, "socket", AF_VSOCK), SECCOMP_RET_ALLOW);
}

static void wrong_names_are_errors(void **state)
{
	struct lw_verdicts v;
	struct lw_err err = { 0 };
	struct lw_seccomp *p = with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_ALLOW, "ptrac", *state);
	assert_int_equal(lw_seccomp_verdicts(p, 0, &lw_abi_native, *state, &v, &err), -EINVAL);
	assert_string_equal(err.path, "rules[0]");
	assert_non_null(strstr(err.msg, "ptrac"));
	assert_non_null(strstr(err.hint, "ptrace"));
	assert_true(lw_seccomp_name_known("socketcall")); /* another ABI's */
	assert_true(lw_seccomp_name_known("@system-service"));
	assert_true(lw_seccomp_name_known("all"));
	assert_false(lw_seccomp_name_known("@system"));
	assert_false(lw_seccomp_name_known(""));
	assert_string_equal(lw_syscall_nearest("@clok"), "@clock");
	assert_string_equal(lw_syscall_nearest("sokcet"), "socket");
	p = with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_ALLOW, "socketcall", *state);
	assert_int_equal(lw_seccomp_verdicts(p, 0, &lw_abi_native, *state, &v, &err), 0);
}

static unsigned walk_depth;
static void walk(const struct lw_syscall_group *g)
{
	assert_true(++walk_depth < 16); /* no cycle */
	for (const char *const *m = g->members; m && *m; m++) {
		struct lw_call_pattern p;
		assert_true(strchr(*m, '(') ? lw_call_pattern_parse(*m, NULL, &p, NULL) == 0
					    : lw_seccomp_name_known(*m));
		if (**m == '@')
			walk(lw_syscall_group_find(*m));
	}
	walk_depth--;
}

static void tables_are_sound(void **state)
{
	(void)state;
	for (unsigned i = 0; i < lw_syscall_group_count; i++) {
		walk(&lw_syscall_group_table[i]);
		if (i)
			assert_true(strcmp(lw_syscall_group_table[i - 1].name, lw_syscall_group_table[i].name) < 0);
	}
	for (unsigned i = 1; i < lw_syscall_all_count; i++)
		assert_true(strcmp(lw_syscall_all_names[i - 1], lw_syscall_all_names[i]) < 0);
	unsigned n_foreign;
	const struct lw_abi *foreign = lw_abi_foreign(&n_foreign);
	for (unsigned k = 0; k <= n_foreign; k++) {
		const struct lw_abi *abi = k ? &foreign[k - 1] : &lw_abi_native;
		for (unsigned nr = 0; nr < *abi->count; nr++) {
			if (!abi->names[nr])
				continue;
			assert_true(lw_seccomp_name_known(abi->names[nr]));
			assert_int_equal(lw_abi_number(abi, abi->names[nr]), nr);
		}
	}
	const struct lw_seccomp_cut *tables[] = { lw_default_table, lw_strict_table };
	const unsigned counts[] = { lw_default_count, lw_strict_count };
	for (unsigned t = 0; t < 2; t++)
		for (unsigned i = 0; i < counts[t]; i++) {
			assert_true(lw_seccomp_name_known(tables[t][i].name));
			assert_true(strlen(tables[t][i].reason) > 0);
			if (i)
				assert_true(strcmp(tables[t][i - 1].name, tables[t][i].name) < 0);
		}
	for (unsigned i = 0; i < lw_docker_count; i++)
		for (const char *const *m = lw_docker_table[i].names; *m; m++)
			assert_true(lw_seccomp_name_known(*m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(docker_denies_what_docker_denies, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(docker_depends_on_capabilities, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(docker_arguments, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(default_is_small, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(default_never_allows, arena_setup, arena_teardown),
		cmocka_unit_test(risky_admin_is_the_seventeen),
		cmocka_unit_test_setup_teardown(default_keeps_programs_running, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(rules_apply_in_order, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(wrong_names_are_errors, arena_setup, arena_teardown),
		cmocka_unit_test(tables_are_sound),
	};
	return cmocka_run_group_tests_name("seccomp_policy", tests, NULL, NULL);
}
