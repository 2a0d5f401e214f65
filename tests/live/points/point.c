/* point.c: runs a command and counts the system calls of it and of everything it starts, each process for itself; at
 * one of them it kills, or lets the call fail. strace can inject too, but counts the Nth call of whichever process gets
 * there first: the supervisor's second write(2) is out of its reach while the caller makes two of its own.
 *
 *   point LOG changes|all [-p PID]... [-g MS] [-k|-K POINT] [-e ERRNO POINT] -- COMMAND...
 *
 * A POINT is PROCESS:CALL:N. The command is process 0, its second child 0.2, the first PID p1. LOG gets a line for each
 * call on entry: POINT PROGRAM [PATH]. "changes" counts only what others can notice afterwards. -k kills the process,
 * -K every process of lunward at once. Exits with the command's status, MS (100) after it, and lets go of the rest. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "seccomp_abi.h"

#define PROCESSES 256
#define CALLS 512
#define OPTIONS                                                                                                        \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

struct process {
	pid_t pid;
	bool gone;
	bool early;  /* stopped before its parent told us of it */
	bool failed; /* the call that it is in */
	unsigned children;
	unsigned n[CALLS];
	char name[64], program[32];
};
static struct process process[PROCESSES];
static unsigned n_processes;

static FILE *log_file;
static const char *point;
static char action; /* k, K, e, or 0 */
static int error;
static bool all_calls;

/* --- which calls count --- */

/* Whatever makes, names, moves, removes, fills, sends, locks, joins or ends something. */
static const char *const change_table[] = {
	"accept4",
	"bind",
	"chmod",
	"chown",
	"clone",
	"clone3",
	"connect",
	"copy_file_range",
	"dup2",
	"execve",
	"execveat",
	"exit_group",
	"fallocate",
	"fchmod",
	"fchmodat",
	"fchown",
	"fchownat",

	"flock",
	"fork",
	"fsconfig",
	"fsetxattr",
	"fsmount",
	"fsopen",
	"fsync",
	"ftruncate",
	"kill",
	"lchown",
	"link",
	"linkat",
	"listen",
	"memfd_create",
	"mkdir",
	"mkdirat",
	"mknod",
	"mknodat",
	"mount",
	"mount_setattr",
	"move_mount",
	"open_tree",
	"pidfd_send_signal",
	"pivot_root",
	"pwrite64",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"sendmsg",
	"sendto",
	"setns",
	"setxattr",
	"socketpair",
	"symlink",
	"symlinkat",
	"truncate",
	"umount2",
	"unlink",
	"unlinkat",
	"unshare",
	"utimensat",
	"vfork",
	"write",
	"writev",
};

static const char *call_name(uint64_t nr)
{
#if defined(__x86_64__)
	const char *const *names = lw_syscalls_x86_64;
	unsigned count = lw_syscalls_x86_64_count;
#else
	const char *const *names = lw_syscalls_aarch64;
	unsigned count = lw_syscalls_aarch64_count;
#endif
	return nr < count && nr < CALLS && names[nr] ? names[nr] : NULL;
}

static bool counts(const char *name, const uint64_t *args)
{
	if (all_calls)
		return true;
	if (!strcmp(name, "openat"))
		return args[2] & (O_CREAT | O_TRUNC);
	if (!strcmp(name, "open"))
		return args[1] & (O_CREAT | O_TRUNC);
	if (!strcmp(name, "prlimit64"))
		return args[2] != 0;
	if (!strcmp(name, "fcntl"))
		return args[1] == F_OFD_SETLK || args[1] == F_OFD_SETLKW;
	for (size_t i = 0; i < sizeof change_table / sizeof change_table[0]; i++)
		if (!strcmp(change_table[i], name))
			return true;
	return false;
}

/* The path among the arguments, for whoever reads the log. */
static void read_path(pid_t pid, const char *name, const uint64_t *args, char *buf, size_t size)
{
	bool at = strstr(name, "at") && strcmp(name, "symlinkat") != 0 && strcmp(name, "truncate") != 0;
	bool has = strstr(name, "open") || strstr(name, "mkdir") || strstr(name, "rename") || strstr(name, "unlink") ||
		   strstr(name, "rmdir") || strstr(name, "symlink") || strstr(name, "exec");
	struct iovec here = { buf, size - 1 }, there = { (void *)(uintptr_t)args[at], size - 1 };
	ssize_t n = has ? process_vm_readv(pid, &here, 1, &there, 1, 0) : 0;
	if (has && n <= 0) { /* the end of its memory may be near */
		there.iov_len = here.iov_len = 4096 - args[at] % 4096 < size ? 4096 - args[at] % 4096 : size - 1;
		n = process_vm_readv(pid, &here, 1, &there, 1, 0);
	}
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

/* --- processes --- */

static struct process *find(pid_t pid)
{
	for (unsigned i = n_processes; i--;)
		if (process[i].pid == pid && !process[i].gone)
			return &process[i];
	return NULL;
}

static struct process *add(pid_t pid)
{
	if (n_processes == PROCESSES) {
		fprintf(stderr, "point: more than %d processes\n", PROCESSES);
		exit(125);
	}
	process[n_processes].pid = pid;
	return &process[n_processes++];
}

static void read_program(struct process *p)
{
	char path[32], exe[512];
	snprintf(path, sizeof path, "/proc/%d/exe", (int)p->pid);
	ssize_t n = readlink(path, exe, sizeof exe - 1);
	exe[n > 0 ? n : 0] = '\0';
	char *base = strrchr(exe, '/');
	base = base ? base + 1 : exe;
	base[strcspn(base, " ")] = '\0';
	if (!strncmp(base, "memfd:", 6))
		base += 6;
	snprintf(p->program, sizeof p->program, "%.31s", *base ? base : "?");
}

static bool is_lunward(const struct process *p)
{
	return !strncmp(p->program, "lunward", 7);
}

static void go_on(struct process *p, int sig)
{
	ptrace(PTRACE_SYSCALL, p->pid, NULL, (void *)(intptr_t)sig);
}

static void told_of_child(struct process *parent)
{
	unsigned long pid = 0;
	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid) < 0)
		return;
	struct process *child = find((pid_t)pid);
	bool early = child != NULL;
	if (!child)
		child = add((pid_t)pid);
	snprintf(child->name, sizeof child->name, "%.50s.%u", parent->name, ++parent->children);
	memcpy(child->program, parent->program, sizeof child->program);
	child->early = false;
	if (early)
		go_on(child, 0);
}

/* --- at a call --- */

static void make_fail(struct process *p)
{
#if defined(__x86_64__)
	struct user_regs_struct r;
	if (ptrace(PTRACE_GETREGS, p->pid, NULL, &r) == 0) {
		r.orig_rax = (unsigned long long)-1;
		ptrace(PTRACE_SETREGS, p->pid, NULL, &r);
	}
#else
	int none = -1;
	struct iovec v = { &none, sizeof none };
	ptrace(PTRACE_SETREGSET, p->pid, (void *)NT_ARM_SYSTEM_CALL, &v);
#endif
	p->failed = true;
}

static void set_result(struct process *p)
{
#if defined(__x86_64__)
	struct user_regs_struct r;
	if (ptrace(PTRACE_GETREGS, p->pid, NULL, &r) == 0) {
		r.rax = (unsigned long long)-error;
		ptrace(PTRACE_SETREGS, p->pid, NULL, &r);
	}
#else
	struct user_regs_struct r;
	struct iovec v = { &r, sizeof r };
	if (ptrace(PTRACE_GETREGSET, p->pid, (void *)NT_PRSTATUS, &v) == 0) {
		r.regs[0] = (unsigned long long)-error;
		ptrace(PTRACE_SETREGSET, p->pid, (void *)NT_PRSTATUS, &v);
	}
#endif
	p->failed = false;
}

static void act(struct process *p)
{
	if (action == 'e') {
		make_fail(p);
		return;
	}
	for (unsigned i = 0; i < n_processes; i++)
		if (&process[i] == p || (action == 'K' && is_lunward(&process[i]) && !process[i].gone))
			kill(process[i].pid, SIGKILL);
}

static void at_call(struct process *p)
{
	struct __ptrace_syscall_info info;
	char at[128], path[256];
	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, (void *)sizeof info, &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && p->failed)
		set_result(p);
	const char *name = info.op == PTRACE_SYSCALL_INFO_ENTRY ? call_name(info.entry.nr) : NULL;
	if (!name || !counts(name, (const uint64_t *)info.entry.args))
		return;
	snprintf(at, sizeof at, "%s:%s:%u", p->name, name, ++p->n[info.entry.nr]);
	read_path(p->pid, name, (const uint64_t *)info.entry.args, path, sizeof path);
	fprintf(log_file, "%s %s %s\n", at, p->program, path);
	if (point && action && !strcmp(at, point))
		act(p);
}

/* What a stop was for: the signal to go on with, or -1: it stays stopped. */
static int at_stop(struct process *p, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	switch (event) {
	case 0:
		if (sig != (SIGTRAP | 0x80))
			return sig;
		at_call(p);
		return 0;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		told_of_child(p);
		return 0;
	case PTRACE_EVENT_EXEC:
		read_program(p);
		return 0;
	case PTRACE_EVENT_STOP:
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			ptrace(PTRACE_LISTEN, p->pid, NULL, NULL);
			return -1;
		}
		return 0;
	default:
		return 0;
	}
}

/* --- the loop --- */

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int follow(pid_t root, int grace)
{
	int code = -1;
	int64_t end = 0;
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL | (code >= 0 ? WNOHANG : 0));
		if (pid < 0)
			return code;
		if (pid == 0) {
			if (now_ms() > end)
				return code;
			poll(NULL, 0, 1);
			continue;
		}
		struct process *p = find(pid);
		if (!WIFSTOPPED(status)) {
			if (p)
				p->gone = true;
			if (pid == root) {
				code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
				end = now_ms() + grace;
			}
			continue;
		}
		if (!p) {
			add(pid)->early = true;
			continue;
		}
		if (p->early)
			continue;
		int sig = at_stop(p, status);
		if (sig >= 0)
			go_on(p, sig);
	}
}

static void join(pid_t pid, const char *name)
{
	struct process *p = add(pid);
	snprintf(p->name, sizeof p->name, "%s", name);
	read_program(p);
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)OPTIONS) < 0 || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0) {
		fprintf(stderr, "point: %d: %s\n", (int)pid, strerror(errno));
		exit(125);
	}
}

/* It waits until it is traced. */
static pid_t begin(char **command)
{
	int p[2];
	char c;
	if (pipe2(p, O_CLOEXEC) < 0)
		exit(125);
	pid_t pid = fork();
	if (pid == 0) {
		close(p[1]);
		(void)!read(p[0], &c, 1);
		execvp(command[0], command);
		_exit(127);
	}
	close(p[0]);
	join(pid, "0");
	(void)!write(p[1], "", 1);
	close(p[1]);
	return pid;
}

int main(int argc, char **argv)
{
	int i = 3, grace = 100, joined = 0;
	if (argc < 5) {
		fprintf(stderr, "usage: see the top of point.c\n");
		return 125;
	}
	log_file = fopen(argv[1], "we");
	if (!log_file)
		return 125;
	setvbuf(log_file, NULL, _IOLBF, 0);
	all_calls = !strcmp(argv[2], "all");
	for (; i < argc - 1 && strcmp(argv[i], "--") != 0; i++) {
		char name[16];
		switch (argv[i][1]) {
		case 'p':
			snprintf(name, sizeof name, "p%d", ++joined);
			join(atoi(argv[++i]), name);
			break;
		case 'g':
			grace = atoi(argv[++i]);
			break;
		case 'e':
			error = atoi(argv[++i]);
			/* fallthrough */
		default:
			action = argv[i][0] == '-' ? argv[i][1] : 'e';
			point = argv[++i];
		}
	}
	int code = follow(begin(argv + i + 1), grace);
	fclose(log_file);
	return code < 0 ? 125 : code;
}
