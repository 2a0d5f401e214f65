/* guard.c: see guard.h. A parent-death signal is cleared by every change of ids and by a set-id program, so a daemon
 * that drops root would outlive a launcher that is killed, and run on with ids that are leased to others. The guard
 * cannot be seen from inside, where there is a pid namespace, and holds nothing but what it needs. Raw system calls
 * only: it is the launcher's memory, and part of warm launches. */
#include "guard.h"
#include <linux/capability.h>
#include <linux/prctl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "sys.h"

/* Signals to a command of another user, and nothing else. */
static void keep_cap_kill(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	uint32_t have;
	if (SYS(capget, &head, data) < 0)
		return;
	have = data[0].permitted & 1u << CAP_KILL;
	memset(data, 0, sizeof data);
	data[0].permitted = data[0].effective = have;
	SYS(capset, &head, data);
}

static _Noreturn void watch(int lifeline, int command, int lease)
{
	int fds[3] = { lifeline, command, lease };
	struct pollfd end = { .fd = 1, .events = POLLIN };
	char byte;
	SYS(prctl, PR_SET_NAME, "lunward-guard", 0, 0, 0);
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	SYS(setsid);
	SYS(chdir, "/");
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && fds[i] < 3)
			fds[i] = (int)SYS(fcntl, fds[i], F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			SYS(dup3, fds[i], i, O_CLOEXEC);
		else
			SYS(close, i);
	SYS(close_range, 3, ~0U, 0);
	keep_cap_kill();
	while (SYS(read, 0, &byte, 1) == -EINTR)
		;
	SYS(pidfd_send_signal, 1, SIGKILL, NULL, 0);
	/* What it was lent is not given back before it is gone. */
	while (SYS(ppoll, &end, 1, NULL, NULL, 0) == -EINTR)
		;
	for (;;)
		SYS(exit_group, 0);
}

int lw_guard_begin(int command, int lease, struct lw_guard *ret)
{
	uint64_t all = ~UINT64_C(0), before;
	int pair[2], pidfd = -1;
	int r = (int)SYS(pipe2, pair, O_CLOEXEC);
	if (r < 0)
		return r;
	/* Without a signal at its end: a host program's wait(2) for its own children is none the wiser. */
	struct clone_args args = { .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd };
	SYS(rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
	long pid = SYS(clone3, &args, sizeof args);
	if (pid == 0)
		watch(pair[0], command, lease);
	SYS(rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
	SYS(close, pair[0]);
	if (pid < 0) {
		SYS(close, pair[1]);
		return (int)pid;
	}
	*ret = (struct lw_guard){ .lifeline = pair[1], .pidfd = pidfd };
	return 0;
}

void lw_guard_end(struct lw_guard *g)
{
	siginfo_t info;
	lw_close_p(&g->lifeline);
	if (g->pidfd >= 0)
		while (SYS(waitid, P_PIDFD, g->pidfd, &info, WEXITED | __WALL, NULL) == -EINTR)
			;
	lw_close_p(&g->pidfd);
}
