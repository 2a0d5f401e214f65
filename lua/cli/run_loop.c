/* run_loop.c: one poll(2) over the sandbox, our signals and the terminal. Signals are read from a descriptor, so
 * nothing here runs in a handler, and every way out passes the place that gives the terminal back. */
#include "lua/cli/run_loop.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "supervise/privilege.h"

enum action {
	FORWARD,
	STOP,   /* job control: the command and we stop together */
	RESUME, /* and go on together */
	RESIZE,
	SWALLOW, /* blocked so that it does not stop or end us; write(2) and tcsetattr(3) report instead */
};
static const struct {
	int signal;
	enum action action;
} signal_table[] = {
	{ SIGHUP, FORWARD },  { SIGINT, FORWARD },  { SIGQUIT, FORWARD }, { SIGTERM, FORWARD }, { SIGUSR1, FORWARD },
	{ SIGUSR2, FORWARD }, { SIGALRM, FORWARD }, { SIGTSTP, STOP },    { SIGCONT, RESUME },  { SIGWINCH, RESIZE },
	{ SIGTTIN, SWALLOW }, { SIGTTOU, SWALLOW }, { SIGPIPE, SWALLOW },
};

int cli_signals_open(int *ret_fd, struct lw_err *err)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(signal_table); i++) {
		struct sigaction old;
		int sig = signal_table[i].signal;
		/* nohup, `cmd &` in a shell without job control: a blocked signal would be queued though ignored. */
		bool ignored = signal_table[i].action == FORWARD && sigaction(sig, NULL, &old) == 0 &&
			       old.sa_handler == SIG_IGN;
		if (!ignored)
			sigaddset(&set, sig);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || (*ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return lw_fail(err, -errno, "signalfd: %s", strerror(errno));
	return 0;
}

static int64_t now_usec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum action action_of(uint32_t sig)
{
	for (size_t i = 0; i < ARRAY_LEN(signal_table); i++)
		if (signal_table[i].signal == (int)sig)
			return signal_table[i].action;
	return SWALLOW;
}

static void pass_on(struct lw_instance *s, int sig)
{
	lw_privilege_raise(true);
	lw_instance_signal(s, sig);
	lw_privilege_raise(false);
}

static void handle(struct lw_instance *s, struct cli_tty *tty, int sig)
{
	switch (action_of((uint32_t)sig)) {
	case FORWARD:
		pass_on(s, sig);
		break;
	case STOP:
		pass_on(s, SIGTSTP);
		cli_tty_restore(tty);
		kill(getpid(), SIGSTOP);
		break; /* SIGCONT, which woke us, is the next signal read */
	case RESUME:
		cli_tty_resume(tty);
		pass_on(s, SIGCONT);
		break;
	case RESIZE:
		/* The pty tells its foreground job; without one the command hears it from us. */
		if (tty->master >= 0)
			cli_tty_resize(tty);
		else
			pass_on(s, SIGWINCH);
		break;
	case SWALLOW:
		break;
	}
}

static void read_signals(struct lw_instance *s, struct cli_tty *tty, int signal_fd)
{
	struct signalfd_siginfo info;
	while (read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
		handle(s, tty, (int)info.ssi_signo);
}

/* Milliseconds until the deadline, rounded up, or -1. In the background nothing tells us that the shell brought us to
 * the foreground without a stop in between, so we look now and then. */
static int patience(int64_t deadline, int64_t when, const struct cli_tty *tty)
{
	int64_t ms = -1;
	if (when && (!deadline || when < deadline))
		deadline = when;
	if (deadline) {
		int64_t left = deadline - now_usec();
		ms = left > 0 ? (left + 999) / 1000 : 0;
	}
	if (!tty->foreground && (ms < 0 || ms > 500))
		ms = 500;
	return ms > 1 << 30 ? 1 << 30 : (int)ms;
}

/* At the end comes undoing, which may have to end what is left in a cgroup. */
static int look(struct lw_instance *s, struct lw_err *err)
{
	lw_privilege_raise(true);
	int r = lw_instance_step(s, err);
	if (!r)
		lw_privilege_raise(false);
	return r;
}

static int loop(struct lw_instance *s, int signal_fd, struct cli_tty *tty, int64_t timeout_usec,
		const struct cli_watch *watch, struct lw_err *err)
{
	/* A timeout too far away to be reached is none. */
	int64_t now = timeout_usec ? now_usec() : 0;
	int64_t deadline = timeout_usec && timeout_usec < INT64_MAX - now ? now + timeout_usec : 0;
	for (;;) {
		struct pollfd fds[2 + CLI_WATCH_POLLFDS + CLI_TTY_POLLFDS] = {
			{ .fd = lw_instance_pollfd(s), .events = POLLIN },
			{ .fd = signal_fd, .events = POLLIN },
			{ .fd = -1 },
			{ .fd = -1 },
		};
		struct pollfd *more = fds + 2 + CLI_WATCH_POLLFDS;
		if (watch)
			watch->poll(watch->arg, fds + 2);
		size_t n = cli_tty_poll(tty, more);
		int r = poll(fds, 2 + CLI_WATCH_POLLFDS + n,
			     patience(deadline, watch ? watch->when(watch->arg) : 0, tty));
		if (r < 0 && errno != EINTR)
			return lw_fail(err, -errno, "poll: %s", strerror(errno));
		if (r <= 0) {
			if (!tty->foreground)
				cli_tty_resume(tty);
		} else {
			/* Signals first: they may have made the terminal somebody else's. */
			if (fds[1].revents)
				read_signals(s, tty, signal_fd);
			cli_tty_copy(tty, more, n);
			if (fds[0].revents && (r = look(s, err)) != 0)
				return r;
		}
		if (watch && (r = watch->look(watch->arg, err)) < 0)
			return r;
		if (deadline && now_usec() >= deadline) {
			deadline = 0;
			lw_instance_mark_timed_out(s);
			pass_on(s, SIGKILL);
		}
	}
}

/* What the command wrote before it ended. A reader that never comes is left to the person waiting: ^C ends this. */
static void drain(int signal_fd, struct cli_tty *tty)
{
	while (cli_tty_more(tty)) {
		struct pollfd fds[2] = {
			{ .fd = tty->out.to, .events = POLLOUT },
			{ .fd = signal_fd, .events = POLLIN },
		};
		struct signalfd_siginfo info;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents && read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info &&
		    action_of(info.ssi_signo) == FORWARD)
			return;
		if (fds[0].revents)
			cli_tty_write(tty);
	}
}

int cli_run_loop(struct lw_instance *s, int signal_fd, struct cli_tty *tty, int64_t timeout_usec,
		 const struct cli_watch *watch, struct lw_status *ret, struct lw_err *err)
{
	int r = loop(s, signal_fd, tty, timeout_usec, watch, err);
	if (r >= 0)
		drain(signal_fd, tty);
	cli_tty_restore(tty);
	return r < 0 ? r : lw_instance_wait(s, -1, ret, err);
}
