/* attempt.c: tries what a sandbox should refuse, one system call each, and says how it went.
 *
 *   attempt [NAME...]       "NAME ok" or "NAME ERRNO" for each named attempt, or for all of them
 *   attempt families        "N ok" or "N ERRNO" for socket(N, …) and "pair N …" for socketpair, N from 0 to 45
 *   attempt int80|x32       one call of a foreign ABI, then "alive"
 *   attempt hold COMMAND... the command with the key that `attempt find_key` looks for in its session keyring
 *
 * Knows nothing of lunward: the same program run outside, or with a protection taken away, is the counter-proof. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/vm_sockets.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAMILIES 46
#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

/* A call that is denied before its arguments matter: with these arguments it does no harm where it is not. */
static const struct {
	const char *name;
	long nr, arg[5];
} call_table[] = {
#define CALL(name, ...)                                                                                                \
	{                                                                                                              \
#name, SYS_##name,                                                                                     \
		{                                                                                                      \
			__VA_ARGS__                                                                                    \
		}                                                                                                      \
	}
	CALL(umount2, (long)"/tmp", MNT_DETACH),
	CALL(mount, (long)"none", (long)"/tmp", (long)"tmpfs", 0, 0),
	CALL(pivot_root, (long)"/tmp", (long)"/tmp"),
	CALL(fsopen, (long)"tmpfs", 0),
	CALL(fsmount, -1, 0, 0),
	CALL(fsconfig, -1, 0, 0, 0, 0),
	CALL(fspick, AT_FDCWD, (long)"/", 0),
	CALL(open_tree, AT_FDCWD, (long)"/", 1),
	CALL(move_mount, -1, (long)"", AT_FDCWD, (long)"/tmp", 4),
	CALL(mount_setattr, AT_FDCWD, (long)"/", 0, 0, 0),
	CALL(add_key, (long)"user", (long)"lunward-test", (long)"x", 1, -3),
	CALL(request_key, (long)"user", (long)"lunward-test", 0, 0),
	CALL(keyctl, 0, -3, 0),
	CALL(userfaultfd, 1),
	CALL(bpf, 0, 0, 0),
	CALL(kexec_load, 0, 0, 0, 0),
	CALL(open_by_handle_at, -1, 0, 0),
	CALL(name_to_handle_at, AT_FDCWD, (long)"/", 0, 0, 0),
	CALL(init_module, 0, 0, (long)""),
	CALL(finit_module, -1, (long)"", 0),
	CALL(delete_module, (long)"lunward_no_such", O_NONBLOCK),
	CALL(swapon, (long)"/nonexistent", 0),
	CALL(swapoff, (long)"/nonexistent"),
	CALL(adjtimex, 0),
	CALL(clock_adjtime, 0, 0),
	CALL(clock_settime, 0, 0),
	CALL(settimeofday, 0, 0),
	CALL(lookup_dcookie, 0, 0, 0),
	CALL(fanotify_init, 0, 0),
	CALL(kcmp, 2, 2, 9, 0, 0),
	CALL(acct, 0),
	CALL(quotactl, 0, 0, 0, 0),
	CALL(reboot, 0, 0, 0, 0),
	CALL(syslog, 3, 0, 0),
	CALL(vhangup, 0),
	CALL(nfsservctl, 0, 0, 0),
	CALL(mbind, 0, 0, 0, 0, 0),
	CALL(move_pages, 0, 0, 0, 0, 0),
	CALL(pidfd_getfd, -1, 0, 0),
#ifdef __x86_64__
	CALL(iopl, 3),
	CALL(ioperm, 0, 1, 1),
	CALL(sysfs, 3),
	CALL(_sysctl, 0),
	CALL(uselib, (long)"/nonexistent"),
	CALL(ustat, 0, 0),
#endif
};

static long try_perf_event_open(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof a, .exclude_kernel = 1 };
	return syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

static long try_io_uring_setup(void)
{
	struct io_uring_params p = { 0 };
	return syscall(SYS_io_uring_setup, 1, &p);
}

static long try_unshare_user(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_unshare_mount(void)
{
	return unshare(CLONE_NEWNS);
}

static long reap(long pid)
{
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, __WALL);
	return pid;
}

static long try_clone_user(void)
{
	return reap(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static long try_clone3(void)
{
	struct {
		unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} args = { .exit_signal = SIGCHLD };
	return reap(syscall(SYS_clone3, &args, sizeof args));
}

static long try_setns(void)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fd : setns(fd, 0);
}

static long mknod_and_open(const char *path, mode_t mode, dev_t dev)
{
	if (mknod(path, mode | 0600, dev) < 0)
		return -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC), e = errno;
	unlink(path);
	errno = e;
	return fd;
}

static long try_mknod_mem(void)
{
	return mknod_and_open("/tmp/mem", S_IFCHR, makedev(1, 1));
}

static long try_mknod_block(void)
{
	return mknod_and_open("/tmp/sda", S_IFBLK, makedev(8, 0));
}

static long try_ptrace_init(void)
{
	return ptrace(PTRACE_ATTACH, 1, 0, 0);
}

static long try_open_init_mem(void)
{
	return open("/proc/1/mem", O_RDWR | O_CLOEXEC);
}

static long try_open_init_root(void)
{
	return open("/proc/1/root/etc/shadow", O_RDONLY | O_CLOEXEC);
}

static long try_kill_init(void)
{
	/* SIGKILL from inside the pid namespace is not delivered to its init; a process of the host would die. */
	return kill(1, SIGKILL) < 0 ? -1 : (usleep(1000), errno = EPERM, -1);
}

static long try_personality(void)
{
	return personality(ADDR_NO_RANDOMIZE);
}

static long try_raise_nofile(void)
{
	struct rlimit r;
	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &r);
}

static long try_raise_core(void)
{
	struct rlimit r = { 1 << 20, 1 << 20 };
	return setrlimit(RLIMIT_CORE, &r);
}

static long try_capset_all(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { ~0U, ~0U, 0 }, { 0x1ff, 0x1ff, 0 } };
	return syscall(SYS_capset, &h, d);
}

static long try_tiocsti(void)
{
	return ioctl(0, TIOCSTI, "x");
}

static long try_tiocsti_high(void)
{
	/* The kernel looks at 32 bits of the request, so a filter must, too (CVE-2019-7303). */
	return syscall(SYS_ioctl, 0, TIOCSTI | 1L << 32, "x");
}

static long try_tioclinux(void)
{
	char c = 3;
	return ioctl(0, TIOCLINUX, &c);
}

static long try_open_tty(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC);
}

static long try_abstract_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long try_netlink_route(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static long try_netlink_netfilter(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 12);
}

static long try_netlink_audit(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 9);
}

static long try_vsock(void)
{
	return socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long try_alg(void)
{
	return socket(38, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static long try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
}

#define KEY "lunward-test-key"
static long try_find_key(void)
{
	return syscall(SYS_keyctl, 10 /* KEYCTL_SEARCH */, -3 /* the session keyring */, "user", KEY, 0);
}

static int hold(char **command)
{
	if (syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL) < 0 ||
	    syscall(SYS_add_key, "user", KEY, "secret", 6, -3) < 0)
		perror("a session keyring");
	else
		execvp(command[0], command);
	return 126;
}

static const struct {
	const char *name;
	long (*run)(void);
} attempt_table[] = {
#define TRY(name)                                                                                                      \
	{                                                                                                              \
#name, try_##name                                                                                      \
	}
	TRY(perf_event_open),   TRY(io_uring_setup),  TRY(unshare_user),  TRY(unshare_mount),
	TRY(clone_user),        TRY(clone3),          TRY(setns),         TRY(mknod_mem),
	TRY(mknod_block),       TRY(ptrace_init),     TRY(open_init_mem), TRY(open_init_root),
	TRY(kill_init),         TRY(personality),     TRY(raise_nofile),  TRY(raise_core),
	TRY(capset_all),        TRY(tiocsti),         TRY(tiocsti_high),  TRY(tioclinux),
	TRY(open_tty),          TRY(abstract_socket), TRY(netlink_route), TRY(netlink_audit),
	TRY(netlink_netfilter), TRY(vsock),           TRY(alg),           TRY(packet),
	TRY(find_key),
};

static void say(const char *name, long r)
{
	const char *why = r < 0 ? strerrorname_np(errno) : "ok";
	printf("%s %s\n", name, why ? why : "?");
	fflush(stdout);
}

/* Each in a process of its own: what one attempt gains, or dies of, is not the next one's. */
static void attempt(const char *name, long (*run)(void), long nr, const long *arg)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0) {
		say(name, -1);
		return;
	}
	if (pid == 0) {
		say(name, run ? run() : syscall(nr, arg[0], arg[1], arg[2], arg[3], arg[4]));
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("%s killed\n", name);
}

static bool wanted(int argc, char **argv, const char *name)
{
	bool found = argc < 2;
	for (int i = 1; i < argc; i++)
		found |= !strcmp(argv[i], name);
	return found;
}

static void families(void)
{
	char name[16];
	int pair[2];
	for (int f = 0; f < FAMILIES; f++) {
		int fd = socket(f, SOCK_DGRAM, 0);
		if (fd < 0) /* some know no datagrams: the error of either is then the answer */
			fd = socket(f, SOCK_SEQPACKET, 0);
		snprintf(name, sizeof name, "%d", f);
		say(name, fd);
		close(fd);
		snprintf(name, sizeof name, "pair %d", f);
		say(name, socketpair(f, SOCK_DGRAM, 0, pair));
	}
}

static int foreign(const char *abi)
{
#ifdef __x86_64__
	long r;
	if (!strcmp(abi, "int80"))
		__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
	else
		r = syscall(0x40000000L | SYS_getpid);
	printf("alive %ld\n", r);
	return 0;
#else
	printf("%s is for x86-64\n", abi);
	return 77;
#endif
}

int main(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "int80") || !strcmp(argv[1], "x32")))
		return foreign(argv[1]);
	if (argc > 2 && !strcmp(argv[1], "hold"))
		return hold(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "families")) {
		families();
		return 0;
	}
	for (size_t i = 0; i < sizeof call_table / sizeof *call_table; i++)
		if (wanted(argc, argv, call_table[i].name))
			attempt(call_table[i].name, NULL, call_table[i].nr, call_table[i].arg);
	for (size_t i = 0; i < sizeof attempt_table / sizeof *attempt_table; i++)
		if (wanted(argc, argv, attempt_table[i].name))
			attempt(attempt_table[i].name, attempt_table[i].run, 0, NULL);
	return 0;
}
