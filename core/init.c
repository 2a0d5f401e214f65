/* init.c: pid 1 of a sandbox. A static, freestanding program of its own, embedded in lunward and executed from a sealed
 * memfd (DESIGN §6.3): a forked launcher as pid 1 could be traced by the payload and would show the launcher's binary
 * at /proc/1/exe (CVE-2019-5736). It holds no capability, is not dumpable, opens nothing, and its seccomp filter lets
 * it make just the calls below.
 *
 * It gets three descriptors, and may find a lease of addresses open as a fourth: 0 the control socket (the supervisor's
 * end closing means the supervisor is gone: then everything here ends), 1 the pipe the command waits on until we can no
 * longer be traced, 2 the lease of the ids, kept open so that nobody is given these ids while anything here runs.
 *
 * Where the host's root is inside, set-up executes it too, to take the last step: load the filter, execute the command.
 * A command that is "#!/proc/self/exe" then finds this program, in memory nobody can write, not the host's lunward. */
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/wait.h>
#include "init.h"
#include "report.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
static long call6(long n, long a, long b, long c, long d, long e)
{
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0;
	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}
__asm__(".globl _start\n_start:\n\txor %ebp,%ebp\n\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall lw_init_main\n\thlt\n");
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
static long call6(long n, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}
__asm__(".globl _start\n_start:\n\tmov x29,#0\n\tmov x0,sp\n\tbl lw_init_main\n");
#else
#error "init.c has no system call stub for this architecture"
#endif

#define CALL(n, a, b, c, d, e) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

enum { CONTROL = 0, READY = 1, LEASE = 2, COMMAND = 2 /* the first process made in the namespace */ };

#define ALLOW(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4 /* arch */),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0 /* nr */),
	ALLOW(__NR_read),
	ALLOW(__NR_write),
	ALLOW(__NR_close),
	ALLOW(__NR_ppoll),
	ALLOW(__NR_wait4),
	ALLOW(__NR_kill),
	ALLOW(__NR_exit_group),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static _Noreturn void leave(int code)
{
	for (;;)
		CALL(__NR_exit_group, code, 0, 0, 0, 0);
}

static void must(long r)
{
	if (r < 0)
		leave(LW_INIT_FAILED);
}

static void give_up_privileges(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
	must(CALL(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0));
	CALL(__NR_prctl, PR_SET_NAME, "lunward-init", 0, 0, 0);
	must(CALL(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(CALL(__NR_capset, &header, none, 0, 0, 0));
	must(CALL(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}

/* Our own end would do the same, but only after our descriptors are closed: the ids may be lent to somebody else from
 * that moment on, so nobody should be left who has them. One who is still setting up with the caller's kernel uid
 * cannot be signalled yet, so this is said again; our end, which asks nobody, comes in any case. */
static _Noreturn void end_everything(void)
{
	for (int tries = 0; tries < 100; tries++) {
		struct __kernel_timespec pause = { .tv_nsec = 2000000 };
		long r;
		CALL(__NR_kill, -1, SIGKILL, 0, 0, 0);
		do
			r = CALL(__NR_wait4, -1, 0, WNOHANG, 0, 0);
		while (r > 0);
		if (r < 0) /* no child is left */
			break;
		CALL(__NR_ppoll, 0, 0, &pause, 0, 8);
	}
	leave(128 + SIGKILL);
}

static uint64_t usec(const struct __kernel_old_timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

/* Reaps whatever has ended; leaves when the command has: the kernel then ends the rest of the namespace. */
static void reap(void)
{
	for (;;) {
		int status = 0;
		struct rusage usage;
		long pid = CALL(__NR_wait4, -1, &status, WNOHANG, &usage, 0);
		if (pid <= 0)
			return;
		if (pid != COMMAND)
			continue;
		struct lw_init_report report = {
			.magic = LW_INIT_MAGIC,
			.status = (uint32_t)status,
			.cpu_usec = usec(&usage.ru_utime) + usec(&usage.ru_stime),
			.peak_kib = (uint64_t)usage.ru_maxrss,
		};
		CALL(__NR_write, CONTROL, &report, sizeof report, 0, 0);
		leave((status & 0x7f) ? 128 + (status & 0x7f) : (status >> 8) & 0xff);
	}
}

static int sync = LW_LAST_STEP_SYNC;

static void report(int kind, uint32_t op, long err)
{
	struct lw_report r = {
		.magic = LW_REPORT_MAGIC,
		.kind = (uint16_t)kind,
		.step = LW_STEP_CALL,
		.op = op,
		.err = (int32_t)err,
	};
	CALL(__NR_write, sync, &r, sizeof r, 0, 0);
}

static _Noreturn void fail(uint32_t op, long err)
{
	report(LW_REPORT_FAILED, op, -err);
	leave(LW_INIT_FAILED);
}

/* As child.c's do_exec. */
static long execute(const char *path, uint32_t n, char **argv, char **envp)
{
	long seen = -ENOENT;
	for (; n; n--) {
		long r = CALL(__NR_execve, path, argv, envp, 0, 0);
		if (r != -ENOENT && r != -ENOTDIR && r != -EACCES)
			return r;
		if (r == -EACCES)
			seen = r;
		else if (r == -ENOENT && CALL(__NR_faccessat, AT_FDCWD, path, 0, 0, 0) == 0)
			return -ELIBACC;
		while (*path++)
			;
	}
	return seen;
}

static long load(struct sock_filter *insns, uint32_t n, unsigned flags)
{
	struct sock_fprog program = { (unsigned short)n, insns };
	return CALL(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program, 0, 0);
}

/* The kernel's structures of sendmsg(2) and of one descriptor in a message, for which it has no header. */
static long send_listener(long fd)
{
	struct lw_report r = { .magic = LW_REPORT_MAGIC, .kind = LW_REPORT_LISTENER };
	struct {
		void *base;
		unsigned long len;
	} part = { &r, sizeof r };
	struct {
		unsigned long len;
		int level, type;
		int fd, pad;
	} rights = { sizeof rights - sizeof(int), 1 /* SOL_SOCKET */, 1 /* SCM_RIGHTS */, (int)fd, 0 };
	struct {
		void *name;
		int name_len;
		void *parts;
		unsigned long n_parts;
		void *control;
		unsigned long control_len;
		unsigned flags;
	} message = { .parts = &part, .n_parts = 1, .control = &rights, .control_len = sizeof rights };
	return CALL(__NR_sendmsg, sync, &message, 0, 0, 0);
}

/* The sockets that the command is handed, down to where it looks for them: our own two give way. */
static void hand_over(uint32_t n)
{
	if (!n)
		return;
	sync = (int)CALL(__NR_fcntl, LW_LAST_STEP_SYNC, F_DUPFD_CLOEXEC, LW_LAST_STEP_SYNC + 1 + n, 0, 0);
	must(sync);
	for (uint32_t i = 0; i < n; i++)
		must(CALL(__NR_dup3, LW_LAST_STEP_SYNC + 1 + i, 3 + i, 0, 0, 0));
	for (uint32_t i = 3 + n; i < LW_LAST_STEP_SYNC + 1 + n; i++)
		CALL(__NR_close, i, 0, 0, 0, 0);
}

static _Noreturn void take_last_step(char **argv, char **envp)
{
	static union {
		struct lw_last_step head;
		char bytes[LW_LAST_STEP_MAX];
	} step;
	/* Without them it is not set-up who executes this but a command "#!/proc/self/exe": not runnable. */
	for (int fd = LW_LAST_STEP_FD; fd <= LW_LAST_STEP_SYNC; fd++)
		if (CALL(__NR_fcntl, fd, F_SETFD, FD_CLOEXEC, 0, 0) < 0)
			leave(126);
	long n = CALL(__NR_pread64, LW_LAST_STEP_FD, &step, sizeof step - 1, 0, 0);
	const struct lw_last_step *h = &step.head;
	/* A command that was handed sockets has them where set-up has a file. */
	if (n < (long)sizeof *h)
		leave(n < 0 ? 126 : LW_INIT_FAILED);
	struct sock_filter *insns = (struct sock_filter *)(void *)(step.bytes + sizeof *h);
	hand_over(h->n_listen);
	report(LW_REPORT_EXEC, h->exec_op, 0);
	if (h->n_insns) {
		unsigned log = h->seccomp_log ? SECCOMP_FILTER_FLAG_LOG : 0;
		long r = load(insns, h->n_insns, (h->n_second ? LW_LISTENER_FLAGS : 0) | log);
		if (r == -EINVAL && h->n_second)
			r = load(insns, h->n_insns, (LW_LISTENER_FLAGS & ~LW_FILTER_WAIT_KILLABLE) | log);
		if (r >= 0 && h->n_second && (r = send_listener(r)) >= 0)
			r = load(insns + h->n_insns, h->n_second, 0);
		if (r < 0)
			fail(h->seccomp_op, r);
	}
	fail(h->exec_op, execute((const char *)(insns + h->n_insns + h->n_second), h->n_paths, argv, envp));
}

_Noreturn void lw_init_main(long *stack);
_Noreturn void lw_init_main(long *stack)
{
	/* A command that is process 1 takes its last step here too: it comes with a descriptor that init never has. One
	 * that is "#!/proc/self/exe" has arguments, which init never has. */
	if (CALL(__NR_getpid, 0, 0, 0, 0, 0) != 1 || stack[0] != 1 ||
	    CALL(__NR_fcntl, LW_LAST_STEP_FD, F_GETFD, 0, 0, 0) >= 0)
		take_last_step((char **)(stack + 1), (char **)(stack + 1 + stack[0] + 1));
	uint64_t all = ~UINT64_C(0);
	must(CALL(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all, 0));
	long signals = CALL(__NR_signalfd4, -1, &all, sizeof all, 02000000 /* SFD_CLOEXEC */ | 04000 /* NONBLOCK */, 0);
	must(signals);
	give_up_privileges();
	/* From here on nobody inside can trace us: the command may start. */
	CALL(__NR_write, READY, "", 1, 0, 0);
	CALL(__NR_close, READY, 0, 0, 0, 0);
	for (;;) {
		struct pollfd fds[2] = { { CONTROL, POLLIN, 0 }, { (int)signals, POLLIN, 0 } };
		struct signalfd_siginfo info;
		CALL(__NR_ppoll, fds, 2, 0, 0, 0);
		if (fds[0].revents)
			end_everything();
		while (CALL(__NR_read, signals, &info, sizeof info, 0, 0) == sizeof info)
			if (info.ssi_signo != SIGCHLD)
				CALL(__NR_kill, COMMAND, info.ssi_signo, 0, 0, 0);
		reap();
	}
}
