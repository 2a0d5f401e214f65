/* test_seccomp_run.c: the simulator, the parser of calls, and the real thing: a child that loads a filter and tries. */
#include "seccomp_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void simulator(void **state)
{
	(void)state;
	struct seccomp_data call = { .nr = 7, .args = { UINT64_C(0x1122334455667788) } };
	struct sock_filter words[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16), /* low word of args[0] */
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 20),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	assert_true(lw_filter_valid(words, 7));
	assert_int_equal(lw_filter_run(words, 7, &call), 0x11223344 ^ 0x55667788);
	struct sock_filter jumps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 7, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 7, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 8, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 2),
	};
	assert_true(lw_filter_valid(jumps, 6));
	assert_int_equal(lw_filter_run(jumps, 6, &call), 1);
	call.nr = 8;
	assert_int_equal(lw_filter_run(jumps, 6, &call), 2);
	call.nr = 6;
	assert_int_equal(lw_filter_run(jumps, 6, &call), 2);
}

static void invalid_programs(void **state)
{
	(void)state;
	const struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_filter bad[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2),        /* not aligned */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64),       /* past the data */
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),        /* bytes are not for seccomp */
		BPF_STMT(BPF_LD | BPF_MEM, 16),               /* no such word */
		BPF_STMT(BPF_JMP | BPF_JA, 1),                /* past the end */
		BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX),       /* backwards */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), /* past the end */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32),
		BPF_STMT(0xffff, 0),
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct sock_filter p[2] = { bad[i], ret };
		if (lw_filter_valid(p, 2))
			fail_msg("row %zu passes", i);
	}
	assert_true(lw_filter_valid(&ret, 1));
	assert_false(lw_filter_valid(&ret, 0));
	assert_false(lw_filter_valid(&bad[0], 1)); /* no return at the end */
}

static void missing_calls(void **state)
{
	char buf[160], tiny[8];
	struct lw_filter deny = compile(&base_table[3], 0, *state), def = compile(&base_table[0], 0, *state);
	assert_int_equal(lw_seccomp_missing_for_exec(&deny, buf, sizeof buf), 3);
	assert_string_equal(buf, "execve, exit_group, write");
	assert_int_equal(lw_seccomp_missing_for_exec(&deny, tiny, sizeof tiny), 3);
	assert_string_equal(tiny, "execve");
	assert_int_equal(lw_seccomp_missing(&deny, true, buf, sizeof buf), 8);
	assert_non_null(strstr(buf, "capset"));
	assert_int_equal(lw_seccomp_missing(&def, true, buf, sizeof buf), 0);
	assert_int_equal(lw_seccomp_missing_for_exec(&def, buf, sizeof buf), 0);
	assert_string_equal(buf, "");
	assert_int_equal(lw_seccomp_missing_for_exec(&(struct lw_filter){ 0 }, buf, sizeof buf), 0);
	struct lw_filter one = compile(with_rule(LW_SECCOMP_DENY, LW_SECCOMP_ALLOW, "getcwd", *state), 0, *state);
	assert_int_equal(lw_seccomp_missing_for_exec(&one, buf, sizeof buf), 3);
}

static void calls_as_text(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
		uint64_t args[6];
	} rows[] = {
		{ "getcwd", "getcwd", { 0 } },
		{ "getcwd()", "getcwd", { 0 } },
		{ " socket ( AF_INET , SOCK_STREAM | SOCK_CLOEXEC , 6 ) ", "socket", { 2, 02000001, 6 } },
		{ "socket(38, 5, 0)", "socket", { 38, 5, 0 } },
		{ "socket(AF_ALG)", "socket", { 38 } },
		{ "socket(af_vsock,1)", "socket", { 40, 1 } },
		{ "ioctl(0, TIOCSTI, 0)", "ioctl", { 0, 0x5412 } },
		{ "clone(CLONE_NEWUSER|CLONE_NEWNS|17)", "clone", { 0x10020011 } },
		{ "personality(0xffffffff)", "personality", { 0xffffffff } },
		{ "kill(-1, 9)", "kill", { UINT64_MAX, 9 } },
		{ "mmap(1,2,3,4,5,6)", "mmap", { 1, 2, 3, 4, 5, 6 } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct seccomp_data call;
		struct lw_err err = { 0 };
		if (lw_call_parse(rows[i].text, &call, &err) < 0)
			fail_msg("%s: %s", rows[i].text, err.msg);
		assert_int_equal(call.nr, lw_syscall_number(rows[i].name));
		assert_int_equal(call.arch, lw_abi_native.audit_arch);
		for (int j = 0; j < 6; j++)
			assert_int_equal(call.args[j], rows[i].args[j]);
	}
	static const char *const wrong[] = {
		"",
		"(",
		"sokcet(1)",
		"socket(",
		"socket(1",
		"socket(1,",
		"socket(1,)",
		"socket(,1)",
		"socket(1))",
		"socket(1) x",
		"socket(AF_FOO)",
		"socket(1|)",
		"socket(9x)",
		"mmap(1,2,3,4,5,6,7)",
		"@clock",
		"all",
		"socket(99999999999999999999)",
		"socket(0x)",
		"socket 1",
		"socket(*)",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct seccomp_data call = { .nr = 12345 };
		struct lw_err err = { 0 };
		if (lw_call_parse(wrong[i], &call, &err) == 0)
			fail_msg("'%s' passes", wrong[i]);
		assert_true(err.msg[0]);
		assert_int_equal(call.nr, 12345);
	}
	struct lw_err err = { 0 };
	struct seccomp_data call;
	assert_true(lw_call_parse("sokcet(1)", &call, &err) < 0);
	assert_non_null(strstr(err.hint, "socket"));
}

/* --- with the kernel --- */

struct
try {
	const char *name;
	long args[4];
	int expect; /* errno, 0: anything but EPERM and ENOSYS */
};

static int load(const struct lw_filter *f)
{
	struct sock_fprog prog = { (unsigned short)f->n, f->insns };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

/* Runs fn in a child under the filter; its wait status. */
static int under(const struct lw_filter *f, int (*fn)(const void *), const void *arg)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a child that dies by SIGSYS leaves no core */
		_exit(load(f) < 0 ? 255 : fn(arg));
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* 0, or one past the row that was answered otherwise. */
static int try_all(const void *arg)
{
	const struct try *rows = arg;
	for (int i = 0; rows[i].name; i++) {
		errno = 0;
		long r = syscall(lw_syscall_number(rows[i].name), rows[i].args[0], rows[i].args[1], rows[i].args[2],
				 rows[i].args[3], 0, 0);
		bool refused = r < 0 && (errno == EPERM || errno == ENOSYS);
		if (rows[i].expect ? !(r < 0 && errno == rows[i].expect) : refused)
			return i + 1;
	}
	return 0;
}

static void expect_all(const struct lw_filter *f, const struct try *rows)
{
	int status = under(f, try_all, rows);
	if (WIFSIGNALED(status))
		fail_msg("killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == 255)
		fail_msg("the kernel refuses the filter");
	if (WEXITSTATUS(status))
		fail_msg("%s is answered otherwise", rows[WEXITSTATUS(status) - 1].name);
}

static void live_default(void **state)
{
	static const struct try rows[] = {
		/* Harmless even if they came through: wrong pointers, flags or descriptors everywhere. */
		{ "mount", { 0, 0, 0, 0 }, EPERM },
		{ "umount2", { 0, -1 }, EPERM },
		{ "pivot_root", { 0, 0 }, EPERM },
		{ "chroot", { 0 }, EPERM },
		{ "fsopen", { 0, 0 }, EPERM },
		{ "open_tree", { -1, 0, 0 }, EPERM },
		{ "move_mount", { -1, 0, -1, 0 }, EPERM },
		{ "mount_setattr", { -1, 0, 0, 0 }, EPERM },
		{ "unshare", { CLONE_NEWUTS }, EPERM },
		{ "setns", { -1, 0 }, EPERM },
		{ "clone", { CLONE_NEWUSER | SIGCHLD, 0, 0, 0 }, EPERM },
		{ "clone3", { 0, 0 }, ENOSYS },
		{ "ptrace", { -1, 0, 0, 0 }, EPERM },
		{ "process_vm_readv", { 0, 0, 0, 0 }, EPERM },
		{ "kcmp", { 0, 0, 0, 0 }, EPERM },
		{ "pidfd_getfd", { -1, -1, 0 }, EPERM },
		{ "bpf", { -1, 0, 0 }, EPERM },
		{ "perf_event_open", { 0, -1, -1, -1 }, EPERM },
		{ "io_uring_setup", { 0, 0 }, EPERM },
		{ "io_uring_enter", { -1, 0, 0, 0 }, EPERM },
		{ "userfaultfd", { -1 }, EPERM },
		{ "keyctl", { -1, 0, 0, 0 }, EPERM },
		{ "add_key", { 0, 0, 0, 0 }, EPERM },
		{ "request_key", { 0, 0, 0, 0 }, EPERM },
		{ "open_by_handle_at", { -1, 0, 0 }, EPERM },
		{ "name_to_handle_at", { -1, 0, 0, 0 }, EPERM },
		{ "finit_module", { -1, 0, 0 }, EPERM },
		{ "delete_module", { 0, 0 }, EPERM },
		{ "kexec_load", { 0, -1, 0, -1 }, EPERM },
		{ "swapoff", { 0 }, EPERM },
		{ "clock_settime", { -1, 0 }, EPERM },
		{ "adjtimex", { 0 }, EPERM },
		{ "syslog", { -1, 0, 0 }, EPERM },
		{ "quotactl", { -1, 0, 0, 0 }, EPERM },
		{ "fanotify_init", { -1, -1 }, EPERM },
		{ "memfd_secret", { -1 }, ENOSYS },
		{ "personality", { 0x40000 }, EPERM },
		{ "ioctl", { -1, TIOCSTI, 0 }, EPERM },
		{ "ioctl", { -1, TIOCSTI | 1L << 32, 0 }, EPERM },
		{ "ioctl", { -1, TIOCLINUX, 0 }, EPERM },
		{ "socket", { AF_VSOCK, SOCK_STREAM, 0 }, EPERM },
		{ "socket", { AF_ALG, SOCK_SEQPACKET, 0 }, EPERM },
		{ "socket", { AF_PACKET, SOCK_DGRAM, 0 }, EPERM },
		{ "socket", { AF_NETLINK, SOCK_RAW, 9 }, EPERM },
		{ "socketpair", { AF_VSOCK, SOCK_STREAM, 0, 0 }, EPERM },
		{ "socket", { AF_UNIX, SOCK_STREAM, 0 }, 0 },
		{ "socket", { AF_INET, SOCK_STREAM, 0 }, 0 },
		{ "socket", { AF_NETLINK, SOCK_RAW, 0 }, 0 },
		{ "personality", { 0xffffffff }, 0 },
		{ "ioctl", { -1, TIOCGWINSZ, 0 }, EBADF },
		{ "getpid", { 0 }, 0 },
		{ "epoll_create1", { 0 }, 0 },
		{ NULL, { 0 }, 0 },
	};
	struct lw_filter f = compile(&base_table[0], LW_CAPS_DOCKER, *state);
	expect_all(&f, rows);
}

static int call_number(const void *arg)
{
	errno = 0;
	return syscall(*(const long *)arg, 0, 0, 0, 0, 0, 0) < 0 ? errno : 0;
}

static void live_unknown_numbers(void **state)
{
	struct lw_filter f = compile(&base_table[0], LW_CAPS_DOCKER, *state);
	const long numbers[] = { (long)*lw_abi_native.count, 1000, 0x3fffffff };
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		int status = under(&f, call_number, &numbers[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), ENOSYS);
	}
}

#ifdef __x86_64__
static int call_i386(const void *arg)
{
	(void)arg;
	long r;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L /* getpid */) : "memory", "r8", "r9", "r10", "r11");
	return r == -ENOSYS ? 99 : 0;
}
#endif

static void live_foreign_abis_die(void **state)
{
#ifdef __x86_64__
	struct lw_filter f = compile(&base_table[0], LW_CAPS_DOCKER, *state);
	const long x32_getpid = 0x40000000L + SYS_getpid;
	int status = under(&f, call_number, &x32_getpid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	status = under(&f, call_i386, NULL);
	assert_true(WIFSIGNALED(status));
	if (WTERMSIG(status) == SIGSEGV) {
		print_message("this kernel has no i386 system calls\n");
		skip();
	}
	assert_int_equal(WTERMSIG(status), SIGSYS);
	/* and with the ABI named, it answers */
	const char *names[] = { "x86" };
	struct lw_seccomp p = { .base = LW_SECCOMP_DEFAULT, .architectures = { 1, names } };
	f = compile(&p, LW_CAPS_DOCKER, *state);
	status = under(&f, call_i386, NULL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
#else
	(void)state;
	print_message("foreign ABIs are x86-64's\n");
	skip();
#endif
}

static int run_program(const void *arg)
{
	char *const *argv = (char *const *)arg;
	char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
	execve(argv[0], argv, env);
	return 254;
}

/* Real programs, as far as they are installed. */
static void live_programs(void **state)
{
	static const char *const rows[][4] = {
		{ "/bin/sh", "-c", "test $((6 * 7)) = 42 && test \"$(/bin/echo a | /bin/cat)\" = a", NULL },
		{ "/usr/bin/python3", "-c",
		  "import os, subprocess, threading, tempfile, socket\n"
		  "t = threading.Thread(target=lambda: None); t.start(); t.join()\n"
		  "f = tempfile.TemporaryFile(); f.write(b'x'); f.flush(); os.fsync(f.fileno())\n"
		  "a, b = socket.socketpair(); a.send(b'y'); assert b.recv(1) == b'y'\n"
		  "assert subprocess.run(['/bin/true']).returncode == 0\n",
		  NULL },
	};
	for (size_t base = 0; base <= 2; base += 2) { /* default, strict */
		struct lw_filter f = compile(&base_table[base], LW_CAPS_DOCKER, *state);
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			if (access(rows[i][0], X_OK) < 0) {
				print_message("%s is not installed\n", rows[i][0]);
				continue;
			}
			int status = under(&f, run_program, rows[i]);
			if (!WIFEXITED(status) || WEXITSTATUS(status))
				fail_msg("%s: status %x under base %zu", rows[i][0], status, base);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simulator),
		cmocka_unit_test(invalid_programs),
		cmocka_unit_test_setup_teardown(missing_calls, arena_setup, arena_teardown),
		cmocka_unit_test(calls_as_text),
		cmocka_unit_test_setup_teardown(live_default, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(live_unknown_numbers, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(live_foreign_abis_die, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(live_programs, arena_setup, arena_teardown),
	};
	return cmocka_run_group_tests_name("seccomp_run", tests, NULL, NULL);
}
