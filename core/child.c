/* child.c: the child side of clone, whole: raw system calls and the plan's memory, no malloc, no stdio, no locale (lint
 * checks its symbols). In a new pid namespace the first process forks the one that sets up and becomes the command,
 * and turns into our init at once, while the set-up goes on beside it. */
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/if.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <termios.h>
#include "child_listen.h"
#include "child_join.h"
#include "child_lsm.h"
#include "child_mount.h"
#include "child_net.h"
#include "child_proc.h"
#include "child_time.h"
#include "init.h"
#include "run.h"
#include "safepath.h"
#include "sys.h"

static int report(struct lw_run *run, int kind, int step, uint32_t op, int err)
{
	struct lw_report r = {
		.magic = LW_REPORT_MAGIC,
		.kind = (uint16_t)kind,
		.step = (uint16_t)step,
		.op = op,
		.err = err,
	};
	return (int)SYS(write, run->sync, &r, sizeof r);
}

static _Noreturn void die(struct lw_run *run, int step, uint32_t op, int err)
{
	report(run, LW_REPORT_FAILED, step, op, err);
	for (;;)
		SYS(exit_group, 125);
}

/* Both processes wait here until the host side has written the maps. */
static void wait_for_go(struct lw_run *run)
{
	char go;
	if (SYS(read, run->sync, &go, 1) != 1)
		for (;;)
			SYS(exit_group, 125);
}

/* The kernel's sigaction is 8-byte words; zeros are the default action for any layout. */
static void default_signals(void)
{
	uint64_t action[4] = { 0 }, none = 0;
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			SYS(rt_sigaction, sig, action, NULL, 8);
	SYS(rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

static int do_stdio(int from, int to)
{
	/* dup3 refuses equal numbers: then only close-on-exec must go. */
	return from == to ? (int)SYS(fcntl, to, F_SETFD, 0) : (int)SYS(dup3, from, to, 0);
}

/* The root may be a stranger's: what it calls /dev/null must be that (CVE-2026-88265). */
static int do_stdio_null(int to)
{
	struct stat st;
	int fd = (int)SYS(openat, AT_FDCWD, "/dev/null", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	int r = fstat(fd, &st) < 0 ? -errno : 0;
	if (r >= 0 && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)))
		r = -ENODEV;
	if (r >= 0)
		r = do_stdio(fd, to);
	if (fd != to)
		SYS(close, fd);
	return r;
}

static int do_become(const struct lw_op *op, const uint32_t *groups, size_t n)
{
	int r = 0;
	if (op->num[2])
		r = (int)SYS(setgroups, n, groups);
	if (r >= 0)
		r = (int)SYS(setresgid, op->num[1], op->num[1], op->num[1]);
	if (r >= 0)
		r = (int)SYS(setresuid, op->num[0], op->num[0], op->num[0]);
	return r;
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);
	long r = SYS(write, fd, text, len);
	return r < 0 ? (int)r : (size_t)r == len ? 0 : -EIO;
}

static int do_sysctl(struct lw_run *run, const struct lw_op *op)
{
	if (run->sysctls < 0)
		return -ENOENT;
	int fd = lw_safe_open_proc(run->sysctls, op->str[0], O_WRONLY);
	if (fd < 0)
		return fd;
	int r = write_all(fd, op->str[1]);
	SYS(close, fd);
	return r;
}

static int do_oom_score_adj(const struct lw_op *op)
{
	char text[8];
	int v = (int)op->num[0], n = 0, start = 10;
	if (v < 0)
		text[n++] = '-', v = -v;
	if (v >= 1000)
		start = 1000;
	else if (v >= 100)
		start = 100;
	for (; start; start /= 10)
		if (start == 1 || v >= start || n > (text[0] == '-'))
			text[n++] = (char)('0' + v / start % 10);
	text[n] = 0;
	int proc = lw_child_proc("self/oom_score_adj", O_WRONLY);
	if (proc < 0)
		return proc;
	int r = write_all(proc, text);
	SYS(close, proc);
	return r;
}

/* A name made from the id ("web-3f2a") gets its digits here. */
static int do_hostname(struct lw_run *run, const struct lw_op *op)
{
	char name[65];
	size_t n = strlen(op->str[0]), at = (size_t)op->num[0];
	if (!at)
		return (int)SYS(sethostname, op->str[0], n);
	if (n >= sizeof name || at + LW_NAME_ID > n)
		return -EINVAL;
	memcpy(name, op->str[0], n);
	memcpy(name + at, run->id, LW_NAME_ID);
	return (int)SYS(sethostname, name, n);
}

static int do_session(struct lw_run *run)
{
	int r = (int)SYS(setsid);
	if (r >= 0 && run->terminal >= 0)
		r = (int)SYS(ioctl, run->terminal, TIOCSCTTY, 0);
	return r;
}

/* What is left open is closed before anything is looked up again, so that no path through /proc/self/fd/N leads out
 * (CVE-2024-21626); then the working directory, which must be inside. */
static void close_all_but(int *keep, int n)
{
	int from = 3;
	for (int i = 1; i < n; i++) /* sorted: few */
		for (int k = i; k > 0 && keep[k] < keep[k - 1]; k--) {
			int t = keep[k];
			keep[k] = keep[k - 1];
			keep[k - 1] = t;
		}
	for (int i = 0; i < n; i++) {
		if (keep[i] > from)
			SYS(close_range, from, keep[i] - 1, 0);
		if (keep[i] >= from)
			from = keep[i] + 1;
	}
	SYS(close_range, from, ~0U, 0);
}

static int do_cwd(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	char buf[4096];
	int keep[4 + LW_LISTEN_MAX] = { run->sync, run->ready_read, run->last_step,
					run->last_step < 0 ? -1 : run->init_image };
	for (int i = 0; i < run->n_listen; i++)
		keep[4 + i] = run->listen[i];
	close_all_but(keep, 4 + run->n_listen);
	run->root = run->sysctls = run->empty = run->null = run->dev = run->var = run->scratch = -1;
	int r = (int)SYS(chdir, op->str[0]);
	if (r < 0)
		return r;
	r = (int)SYS(getcwd, buf, sizeof buf);
	if (r >= 0 && buf[0] != '/') {
		*ret_step = LW_STEP_OUTSIDE;
		r = -ENOENT;
	}
	return r;
}

static int do_bounding(const struct lw_op *op)
{
	for (int cap = 0; cap < 64; cap++) {
		if ((uint64_t)op->num[0] & (UINT64_C(1) << cap))
			continue;
		int r = (int)SYS(prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);
		if (r == -EINVAL) /* past the last capability of this kernel */
			break;
		if (r < 0)
			return r;
	}
	return 0;
}

static int do_capset(const struct lw_op *op)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)((uint64_t)op->num[0] >> (32 * i));
		data[i].permitted = (uint32_t)((uint64_t)op->num[1] >> (32 * i));
		data[i].inheritable = (uint32_t)((uint64_t)op->num[2] >> (32 * i));
	}
	return (int)SYS(capset, &header, data);
}

static int do_ambient(const struct lw_op *op)
{
	int r = (int)SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int cap = 0; cap < 64 && r >= 0; cap++)
		if ((uint64_t)op->num[0] & (UINT64_C(1) << cap))
			r = (int)SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return r;
}

/* Set-up is over. Without an init to watch the lifeline the parent-death signal ties the command to its supervisor; it
 * comes this late because every change of ids or capabilities clears it. A supervisor that died before is noticed by
 * the report: writing it then raises SIGPIPE, which ends whoever is not the first process of a pid namespace, and
 * fails. */
static void report_exec(struct lw_run *run, uint32_t index)
{
	if (!run->plan->init)
		SYS(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (report(run, LW_REPORT_EXEC, 0, index, 0) < 0)
		for (;;)
			SYS(exit_group, 125);
}

/* The command may not run while init could still be traced. */
static int wait_for_init(struct lw_run *run)
{
	char byte;
	if (!run->plan->init || run->init_is_ready)
		return 0;
	if (SYS(read, run->ready_read, &byte, 1) != 1)
		return -ESRCH;
	run->init_is_ready = 1;
	return 0;
}

static int load_filter(const struct lw_filter *f, unsigned flags)
{
	struct sock_fprog program = { (unsigned short)f->n, f->insns };
	return (int)SYS(seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int do_seccomp(struct lw_run *run, const struct lw_op *op)
{
	struct lw_report listener = { .magic = LW_REPORT_MAGIC, .kind = LW_REPORT_LISTENER };
	unsigned log = op->str[0] ? SECCOMP_FILTER_FLAG_LOG : 0;
	if (!run->notify)
		return load_filter(&run->plan->filter, log);
	int fd = load_filter(&run->notify[0], LW_LISTENER_FLAGS | log);
	if (fd == -EINVAL) /* before Linux 5.19 */
		fd = load_filter(&run->notify[0], (LW_LISTENER_FLAGS & ~LW_FILTER_WAIT_KILLABLE) | log);
	int r = fd < 0 ? fd : lw_child_send(run->sync, &listener, sizeof listener, fd);
	return r < 0 ? r : load_filter(&run->notify[1], 0);
}

/* Tries the candidates as execvp(3) does: the first that is there decides, but one that may not be run only counts
 * when no other is found. */
static int do_exec(struct lw_run *run)
{
	int seen = -ENOENT;
	for (char *const *path = run->plan->exec_paths; *path; path++) {
		int r = (int)SYS(execve, *path, run->plan->argv, run->plan->envp);
		if (r != -ENOENT && r != -ENOTDIR && r != -EACCES)
			return r;
		if (r == -EACCES)
			seen = r;
		else if (r == -ENOENT && SYS(faccessat, AT_FDCWD, *path, 0) == 0)
			return -ELIBACC; /* the file is there: its interpreter is not */
	}
	return seen;
}

/* The program in init_image does what is left, so that nothing the command is made of can name the launcher's own file
 * (CVE-2019-5736). The descriptors are moved out of the way first. */
static int leave_last_step(struct lw_run *run)
{
	const struct lw_plan *p = run->plan;
	char path[] = "/proc/self/fd/00";
	int image = (int)SYS(fcntl, run->init_image, F_DUPFD_CLOEXEC, 10);
	int step = image < 0 ? image : (int)SYS(fcntl, run->last_step, F_DUPFD_CLOEXEC, 5);
	int sync = step < 0 ? step : (int)SYS(fcntl, run->sync, F_DUPFD_CLOEXEC, 5);
	if (sync < 0)
		return sync;
	run->sync = sync;
	int r = (int)SYS(dup3, step, LW_LAST_STEP_FD, 0);
	if (r >= 0)
		r = (int)SYS(dup3, sync, LW_LAST_STEP_SYNC, 0);
	if (r >= 0)
		r = (int)SYS(execveat, image, "", p->argv, p->envp, AT_EMPTY_PATH);
	/* A filter loaded early may know execve only. */
	path[sizeof path - 3] = (char)('0' + image / 10 % 10);
	path[sizeof path - 2] = (char)('0' + image % 10);
	if ((r == -ENOSYS || r == -EPERM) && image < 100)
		r = (int)SYS(execve, path, p->argv, p->envp);
	return r;
}

static int apply(struct lw_run *run, const struct lw_op *op, uint32_t index, int *ret_step)
{
	const struct lw_plan *p = run->plan;
	struct rlimit limit;
	int r;
	switch (op->kind) {
	case LW_OP_OOM_SCORE_ADJ:
		return do_oom_score_adj(op);
	case LW_OP_CGROUP_JOIN:
		r = write_all(run->fd[op->num[0]], "0");
		SYS(close, run->fd[op->num[0]]); /* the host's; where others are already it must not be seen */
		run->fd[op->num[0]] = -1;
		return r;
	case LW_OP_UNSHARE:
		return (int)SYS(unshare, op->num[0]);
	case LW_OP_NAMESPACE_JOIN: /* all but one before the clone */
		return lw_child_joins_late(p, op) ? (int)SYS(setns, run->fd[op->num[0]], op->num[1]) : 0;
	case LW_OP_TIME_OFFSETS: /* before the fork */
		return 0;
	case LW_OP_BECOME_ROOT:
		return do_become(op, NULL, 0);
	case LW_OP_NET_JOIN:
		return lw_child_join_network(run);
	case LW_OP_LOOPBACK: /* with an init, the process that becomes it has done so meanwhile */
		return p->init ? 0 : lw_child_loopback();
	case LW_OP_HOSTNAME:
		return do_hostname(run, op);
	case LW_OP_DOMAINNAME:
		return (int)SYS(setdomainname, op->str[0], strlen(op->str[0]));
	case LW_OP_SYSCTL:
		return do_sysctl(run, op);
	case LW_OP_STDIO:
		return do_stdio_null((int)op->num[0]);
	case LW_OP_SESSION:
		return do_session(run);
	case LW_OP_KEYRING:
		r = (int)SYS(keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
		return r == -ENOSYS ? 0 : r; /* a kernel without keyrings has none to leak */
	case LW_OP_RLIMIT:
		limit.rlim_cur = op->num[1] < 0 ? RLIM_INFINITY : (rlim_t)op->num[1];
		limit.rlim_max = op->num[2] < 0 ? RLIM_INFINITY : (rlim_t)op->num[2];
		return (int)SYS(prlimit64, 0, op->num[0], &limit, NULL);
	case LW_OP_NICE:
		return (int)SYS(setpriority, PRIO_PROCESS, 0, op->num[0]);
	case LW_OP_UMASK:
		SYS(umask, op->num[0]);
		return 0;
	case LW_OP_CWD:
		return do_cwd(run, op, ret_step);
	case LW_OP_LISTEN:
		return lw_child_listen(run);
	case LW_OP_BOUNDING_DROP:
		return do_bounding(op);
	case LW_OP_SECUREBITS:
		return (int)SYS(prctl, PR_SET_SECUREBITS, op->num[0], 0, 0, 0);
	case LW_OP_USER:
		return do_become(op, p->groups, p->n_groups);
	case LW_OP_CAPSET:
		return do_capset(op);
	case LW_OP_AMBIENT:
		return do_ambient(op);
	case LW_OP_NO_NEW_PRIVS:
		return (int)SYS(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	case LW_OP_SECCOMP:
		*ret_step = LW_STEP_INIT;
		r = wait_for_init(run);
		if (r < 0)
			return r;
		*ret_step = LW_STEP_CALL;
		if (run->last_step >= 0 && !op->num[0]) /* left to the last step */
			return 0;
		/* Said before the filter, which may forbid saying anything. */
		report_exec(run, index);
		return do_seccomp(run, op);
	case LW_OP_EXEC:
		*ret_step = LW_STEP_INIT;
		r = wait_for_init(run);
		if (r < 0)
			return r;
		*ret_step = LW_STEP_CALL;
		if (run->last_step >= 0) {
			if (!p->init)
				SYS(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			return leave_last_step(run);
		}
		if (!p->filter.n || !p->no_new_privileges) /* a filter loaded early was before the last changes */
			report_exec(run, index);
		return do_exec(run);
	case LW_OP_APPARMOR:
	case LW_OP_SELINUX:
	case LW_OP_SELINUX_MOUNT:
	case LW_OP_PRCTL:
	case LW_OP_PERSONALITY:
	case LW_OP_LANDLOCK_NEW:
	case LW_OP_LANDLOCK_PATH:
	case LW_OP_LANDLOCK_PORT:
	case LW_OP_LANDLOCK_END:
		return lw_child_lsm(run, op, ret_step);
	default:
		return lw_child_mount(run, op, ret_step);
	}
}

static _Noreturn void set_up(struct lw_run *run)
{
	const struct lw_plan *p = run->plan;
	int r;
	/* Our copy of init's end: with it we would not hear that init is gone. */
	if (run->ready_write >= 0)
		SYS(close, run->ready_write);
	/* With an init that one has made the network. */
	if (!p->net_beside && (r = lw_child_offer_network(run)) < 0)
		die(run, LW_STEP_CALL, 0, -r);
	wait_for_go(run);
	SYS(umask, 0);
	default_signals();
	/* First out of each other's way: a caller may give { 1, 0, 2 }. */
	for (int i = 0; i < 3; i++)
		if (run->stdio[i] >= 0 && run->stdio[i] < 3 && run->stdio[i] != i)
			run->stdio[i] = (int)SYS(fcntl, run->stdio[i], F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 3; i++) {
		r = run->stdio[i] < 0 ? run->stdio[i] : do_stdio(run->stdio[i], i);
		if (r < 0)
			die(run, LW_STEP_CALL, 0, -r);
	}
	for (uint32_t i = 0; i < p->n_ops; i++) {
		int step = LW_STEP_CALL;
		if (p->ops[i].side != LW_SIDE_CHILD)
			continue;
		r = apply(run, &p->ops[i], i, &step);
		if (r < 0)
			die(run, step, i, -r);
	}
	for (;;) /* the last operation is exec: it does not come back */
		SYS(exit_group, 125);
}

static _Noreturn void become_init(struct lw_run *run)
{
	static char name[] = "lunward-init";
	char *const argv[] = { name, NULL }, *const envp[] = { NULL };
	const struct lw_plan *p = run->plan;
	const struct lw_op *become = NULL;
	const struct lw_op nothing = { .num = { 0 } };
	int r;
	for (uint32_t i = 0; i < p->n_ops; i++) {
		if (p->ops[i].kind == LW_OP_NET_JOIN && (r = lw_child_make_network(run)) < 0)
			die(run, LW_STEP_CALL, i, -r);
		if (p->ops[i].kind == LW_OP_BECOME_ROOT)
			become = &p->ops[i];
	}
	/* Out of the caller's session: its terminal is none of the sandbox's, and its ^C reaches the command once, by
	 * way of the supervisor. */
	SYS(setsid);
	wait_for_go(run);
	/* Its inside uid is set-up's, with nothing that goes with it. */
	if (become) {
		r = do_become(become, NULL, 0);
		if (r < 0)
			die(run, LW_STEP_INIT, 0, -r);
	}
	SYS(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	r = do_capset(&nothing);
	if (r >= 0)
		r = (int)SYS(dup3, run->control, 0, 0);
	if (r >= 0)
		r = (int)SYS(dup3, run->ready_write, 1, 0);
	if (r >= 0)
		r = run->lease >= 0 ? (int)SYS(dup3, run->lease, 2, 0) : (int)SYS(close, 2);
	if (r >= 0)
		r = (int)SYS(close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
	/* One more lease, of which init knows nothing; 3 and 4 would mean the last step to it. */
	if (r >= 0 && run->address_lease >= 0)
		r = (int)SYS(fcntl, run->address_lease, F_DUPFD, 5);
	if (r >= 0)
		r = (int)SYS(execveat, run->init_image, "", argv, envp, AT_EMPTY_PATH);
	die(run, LW_STEP_INIT, 0, -r);
}

_Noreturn void lw_child_main(struct lw_run *run)
{
	static const uint64_t standard[4];
	run->root = run->sysctls = run->empty = run->null = run->terminal = -1;
	run->dev = run->var = run->scratch = run->ruleset = -1;
	/* Whoever waits for our word must hear when nobody is left to give it. */
	for (int i = 0; i < 2; i++)
		if (run->outer[i] >= 0)
			SYS(close, run->outer[i]);
	/* A caller that ignores SIGCHLD would hand that on to init, which could then wait for nobody. */
	SYS(rt_sigaction, SIGCHLD, standard, NULL, 8);
	for (uint32_t i = 0; i < run->plan->n_ops; i++) {
		const struct lw_op *op = &run->plan->ops[i];
		int r = op->kind == LW_OP_TIME_OFFSETS ? lw_child_time(op->str[1]) : 0;
		if (r < 0)
			die(run, LW_STEP_CALL, i, -r);
	}
	if (!run->plan->init)
		set_up(run);
	/* pivot_root moves those who stand at the old root: stand there, so that nothing of ours pins the host's tree.
	 */
	SYS(chdir, "/");
	int pidfd = -1;
	struct clone_args args = { .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd, .exit_signal = SIGCHLD };
	if (run->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)run->cgroup;
	}
	long pid = SYS(clone3, &args, sizeof args);
	if (pid < 0)
		die(run, LW_STEP_FORK, 0, (int)-pid);
	if (pid == 0)
		set_up(run);
	struct lw_report hello = { .magic = LW_REPORT_MAGIC, .kind = LW_REPORT_HELLO };
	int r = lw_child_send(run->sync, &hello, sizeof hello, pidfd);
	if (r < 0)
		die(run, LW_STEP_FORK, 0, -r);
	become_init(run);
}
