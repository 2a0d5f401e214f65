/* instance.c: the handle of a running sandbox: signals, waiting, and the undoing of the host side when it has ended.
 * Processes are known by pidfd, never by number alone. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"
#include "init.h"
#include "instance_private.h"
#include "sys.h"

const char *lw_instance_id(const struct lw_instance *s)
{
	return s->host.id;
}

pid_t lw_pid_of(int pidfd)
{
	char path[48];
	_cleanup_free_ char *text = NULL;
	size_t n;
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
	if (lw_read_file(path, 4096, &text, &n) < 0)
		return -1;
	const char *line = strstr(text, "\nPid:");
	return line ? (pid_t)atoi(line + 5) : -1;
}

pid_t lw_instance_pid(const struct lw_instance *s)
{
	/* Asked for by few, and told by the kernel in words. */
	return s->command < 0 && s->command_fd >= 0 ? lw_pid_of(s->command_fd) : s->command;
}

int lw_instance_command_fd(const struct lw_instance *s)
{
	return s->command_fd;
}

pid_t lw_instance_init_pid(const struct lw_instance *s)
{
	return s->pid;
}

const char *lw_instance_cgroup(const struct lw_instance *s, int controller)
{
	return lw_host_cgroup(&s->host, controller);
}

const struct lw_network_state *lw_instance_network(const struct lw_instance *s)
{
	return s->host.network;
}

int lw_instance_pty(const struct lw_instance *s)
{
	return s->pty;
}

int lw_instance_pollfd(const struct lw_instance *s)
{
	return s->watch >= 0 ? s->watch : s->control >= 0 ? s->control : s->pidfd;
}

const struct lw_denial *lw_instance_denials(const struct lw_instance *s, size_t *ret_n, uint64_t *ret_more)
{
	return lw_denials_list(s->denials, ret_n, ret_more);
}

void lw_instance_deny(struct lw_instance *s)
{
	s->denied = true;
	lw_instance_kill(s);
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

static void set_wait_status(struct lw_instance *s, int status)
{
	s->status.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	s->status.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Waits for the process that we cloned to be gone, and with it all of its pid namespace. */
static int reap(struct lw_instance *s, siginfo_t *info, struct rusage *usage, int flags)
{
	int r;
	do
		r = (int)SYS(waitid, P_PIDFD, s->pidfd, info, WEXITED | __WALL | flags, usage);
	while (r == -EINTR);
	/* ECHILD: the host program's own waitpid(-1) was quicker; gone it is all the same. */
	if (r == -ECHILD || (r >= 0 && info->si_pid))
		s->reaped = true;
	return r;
}

/* Without a report: the command is what we cloned, or init was killed from outside. 1 ended, 0 still running. */
static int look_at_process(struct lw_instance *s, int flags, struct lw_err *err)
{
	siginfo_t info = { 0 };
	struct rusage usage = { 0 };
	int r = reap(s, &info, &usage, flags);
	if (r < 0)
		return lw_fail(err, r, "waiting for the sandbox: %s", strerror(-r));
	if (!info.si_pid)
		return 0;
	s->status.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	s->status.code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	/* Init says so itself when it ends because its supervisor's end of the socket closed. */
	if (s->control >= 0 && s->status.code == 128 + SIGKILL)
		s->status.signal = SIGKILL;
	s->status.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	s->status.memory_peak_bytes = (int64_t)usage.ru_maxrss * 1024;
	return 1;
}

/* Init reports the command's end as soon as it has reaped it. Its own end, with the taking down of mounts and network,
 * goes on beside our undoing; close waits for it. */
static int look_at_report(struct lw_instance *s, struct lw_err *err)
{
	struct lw_init_report report;
	ssize_t n = recv(s->control, &report, sizeof report, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != sizeof report || report.magic != LW_INIT_MAGIC)
		return look_at_process(s, 0, err);
	set_wait_status(s, (int)report.status);
	s->status.cpu_seconds = (double)report.cpu_usec / 1e6;
	s->status.memory_peak_bytes = (int64_t)report.peak_kib * 1024;
	return 1;
}

static void read_memory(struct lw_instance *s)
{
	const char *dir = lw_host_cgroup(&s->host, LW_CTL_MEMORY);
	int64_t kills = 0;
	if (!s->status.memory_peak_bytes)
		s->status.memory_peak_bytes = -1;
	/* Whoever did not ask is told all the same why it was killed. */
	if (!dir || (!s->usage && s->status.code != 128 + SIGKILL))
		return;
	if (s->usage && lw_cgroup_get(dir, "memory.max_usage_in_bytes", &s->status.memory_peak_bytes) < 0)
		lw_cgroup_get(dir, "memory.peak", &s->status.memory_peak_bytes);
	if (lw_cgroup_get_key(dir, "memory.oom_control", "oom_kill", &kills) < 0)
		lw_cgroup_get_key(dir, "memory.events", "oom_kill", &kills);
	s->status.oom = kills > 0;
}

static void undo(struct lw_instance *s)
{
	siginfo_t info = { 0 };
	if (s->undone)
		return;
	s->undone = true;
	if (lw_host_undo_now(&s->host))
		return;
	/* What the command left running goes with init. */
	if (s->pidfd >= 0 && !s->reaped)
		reap(s, &info, NULL, 0);
	lw_host_undo(&s->host);
}

int lw_instance_step(struct lw_instance *s, struct lw_err *err)
{
	if (s->ended)
		return 1;
	if (s->denials && !s->denied && lw_denials_serve(s->denials))
		lw_instance_deny(s);
	int r = s->control >= 0 ? look_at_report(s, err) : look_at_process(s, WNOHANG, err);
	if (r <= 0)
		return r;
	s->ended = true;
	s->status.wall_seconds = seconds_since(&s->started);
	s->status.timed_out = s->timed_out;
	s->status.denied = s->denied;
	read_memory(s);
	undo(s);
	return 1;
}

int lw_instance_kill(struct lw_instance *s)
{
	if (s->ended || s->pidfd < 0)
		return 0;
	/* With the first process of its pid namespace everything inside goes; without one, its cgroup knows. */
	int r = (int)SYS(pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
	return r == -ESRCH ? 0 : r;
}

int lw_instance_signal(struct lw_instance *s, int sig)
{
	if (sig == SIGKILL)
		return lw_instance_kill(s);
	if (s->ended || s->command_fd < 0)
		return 0;
	int r = (int)SYS(pidfd_send_signal, s->command_fd, sig, NULL, 0);
	return r == -ESRCH ? 0 : r;
}

void lw_instance_mark_timed_out(struct lw_instance *s)
{
	s->timed_out = true;
}

int lw_instance_wait(struct lw_instance *s, int64_t timeout_usec, struct lw_status *ret, struct lw_err *err)
{
	struct timespec from;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (;;) {
		int r = lw_instance_step(s, err);
		if (r < 0)
			return r;
		if (r)
			break;
		int64_t left = timeout_usec < 0 ? -1 : timeout_usec - (int64_t)(seconds_since(&from) * 1e6);
		if (timeout_usec >= 0 && left <= 0)
			return lw_fail_as(err, LW_ERR_TIMEOUT, -ETIMEDOUT, "the sandbox is still running");
		struct pollfd p = { .fd = lw_instance_pollfd(s), .events = POLLIN };
		struct timespec wait = { left / 1000000, left % 1000000 * 1000 };
		ppoll(&p, 1, left < 0 ? NULL : &wait, NULL);
	}
	*ret = s->status;
	return 0;
}

struct lw_instance *lw_instance_close(struct lw_instance *s)
{
	siginfo_t info = { 0 };
	if (!s)
		return NULL;
	if (s->pidfd >= 0 && !s->ended)
		lw_instance_kill(s);
	if (s->pidfd >= 0 && !s->reaped)
		reap(s, &info, NULL, 0);
	lw_guard_end(&s->guard);
	undo(s);
	lw_close_p(&s->pidfd);
	lw_close_p(&s->command_fd);
	lw_close_p(&s->control);
	lw_close_p(&s->pty);
	lw_close_p(&s->network);
	lw_close_p(&s->watch);
	lw_denials_free(s->denials);
	free(s);
	return NULL;
}
