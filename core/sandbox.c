/* sandbox.c: the handle of a running sandbox: signals, waiting, and the undoing of the host side when it has ended.
 * Processes are known by pidfd, never by number alone. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include "base/cleanup.h"
#include "cgroup.h"
#include "init.h"
#include "sandbox_private.h"
#include "sys.h"

const char *lw_sandbox_id(const struct lw_sandbox *s)
{
	return s->host.id;
}

pid_t lw_sandbox_pid(const struct lw_sandbox *s)
{
	return s->command;
}

pid_t lw_sandbox_init_pid(const struct lw_sandbox *s)
{
	return s->pid;
}

int lw_sandbox_pty(const struct lw_sandbox *s)
{
	return s->pty;
}

int lw_sandbox_pollfd(const struct lw_sandbox *s)
{
	return s->pidfd;
}

static double seconds_since(const struct timespec *from)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void set_wait_status(struct lw_sandbox *s, int status)
{
	s->status.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	s->status.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The command's own end as init saw it; when init was killed from outside, all that is known is that it was. */
static void read_report(struct lw_sandbox *s, const siginfo_t *info)
{
	struct lw_init_report report;
	if (s->control >= 0 && recv(s->control, &report, sizeof report, MSG_DONTWAIT) == sizeof report &&
	    report.magic == LW_INIT_MAGIC) {
		set_wait_status(s, (int)report.status);
		return;
	}
	s->status.signal = info->si_code == CLD_EXITED ? 0 : info->si_status;
	s->status.code = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
	if (s->control >= 0 && s->status.code == 128 + SIGKILL)
		s->status.signal = SIGKILL;
}

static void read_memory(struct lw_sandbox *s, const struct rusage *usage)
{
	const char *dir = lw_host_cgroup(&s->host, LW_CTL_MEMORY);
	int64_t kills = 0;
	s->status.memory_peak_bytes = usage->ru_maxrss ? (int64_t)usage->ru_maxrss * 1024 : -1;
	if (!dir)
		return;
	if (lw_cgroup_get(dir, "memory.max_usage_in_bytes", &s->status.memory_peak_bytes) < 0)
		lw_cgroup_get(dir, "memory.peak", &s->status.memory_peak_bytes);
	if (lw_cgroup_get_key(dir, "memory.oom_control", "oom_kill", &kills) < 0)
		lw_cgroup_get_key(dir, "memory.events", "oom_kill", &kills);
	s->status.oom = kills > 0;
}

static void undo(struct lw_sandbox *s)
{
	if (!s->undone)
		lw_host_undo(&s->host);
	s->undone = true;
}

int lw_sandbox_step(struct lw_sandbox *s, struct lw_err *err)
{
	siginfo_t info = { 0 };
	struct rusage usage = { 0 };
	if (s->ended)
		return 1;
	int r = (int)SYS(waitid, P_PIDFD, s->pidfd, &info, WEXITED | WNOHANG | __WALL, &usage);
	if (r == -EINTR || (r == 0 && !info.si_pid))
		return 0;
	if (r < 0)
		return lw_fail(err, r, "waiting for the sandbox: %s", strerror(-r));
	s->ended = true;
	s->status.wall_seconds = seconds_since(&s->started);
	s->status.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	s->status.timed_out = s->timed_out;
	read_report(s, &info);
	read_memory(s, &usage);
	undo(s);
	return 1;
}

int lw_sandbox_kill(struct lw_sandbox *s)
{
	if (s->ended || s->pidfd < 0)
		return 0;
	/* With the first process of its pid namespace everything inside goes; without one, its cgroup knows. */
	int r = (int)SYS(pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
	return r == -ESRCH ? 0 : r;
}

int lw_sandbox_signal(struct lw_sandbox *s, int sig)
{
	if (sig == SIGKILL)
		return lw_sandbox_kill(s);
	if (s->ended || s->command_fd < 0)
		return 0;
	int r = (int)SYS(pidfd_send_signal, s->command_fd, sig, NULL, 0);
	return r == -ESRCH ? 0 : r;
}

void lw_sandbox_mark_timed_out(struct lw_sandbox *s)
{
	s->timed_out = true;
}

int lw_sandbox_wait(struct lw_sandbox *s, int64_t timeout_usec, struct lw_status *ret, struct lw_err *err)
{
	struct timespec from;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (;;) {
		int r = lw_sandbox_step(s, err);
		if (r < 0)
			return r;
		if (r)
			break;
		int64_t left = timeout_usec < 0 ? -1 : timeout_usec - (int64_t)(seconds_since(&from) * 1e6);
		if (timeout_usec >= 0 && left <= 0)
			return lw_fail_as(err, LW_ERR_TIMEOUT, -ETIMEDOUT, "the sandbox is still running");
		struct pollfd p = { .fd = s->pidfd, .events = POLLIN };
		struct timespec wait = { left / 1000000, left % 1000000 * 1000 };
		ppoll(&p, 1, left < 0 ? NULL : &wait, NULL);
	}
	*ret = s->status;
	return 0;
}

struct lw_sandbox *lw_sandbox_close(struct lw_sandbox *s)
{
	struct lw_status status;
	if (!s)
		return NULL;
	if (s->pidfd >= 0 && !s->ended) {
		lw_sandbox_kill(s);
		lw_sandbox_wait(s, -1, &status, NULL);
	}
	undo(s);
	lw_close_p(&s->pidfd);
	lw_close_p(&s->command_fd);
	lw_close_p(&s->control);
	lw_close_p(&s->pty);
	free(s);
	return NULL;
}
