/* cmd_attach.c: `lunward attach`: the terminal, or the output and input, of a sandbox in the background. The supervisor
 * hands over streams of its own; the sandbox's pty and pipes stay with it, so that the log has everything too. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"
#include "lua/cli/run_loop.h"
#include "supervise/control.h"
#include "sys.h"

/* What docker has people type to leave without ending anything: ^P ^Q. */
#define DETACH_FIRST 0x10
#define DETACH_SECOND 0x11

struct attached {
	const struct lw_record *record;
	int control, io[2], signals;
	bool terminal, input, half; /* half: the first of the two was typed */
	bool left;
	struct termios saved;
	bool raw;
};

static int begin(struct attached *a, const char *name, struct lw_err *err)
{
	struct lw_control_message m = { .verb = LW_CONTROL_ATTACH };
	a->control = lw_control_connect(a->record->dir);
	int r = a->control < 0 ? a->control : lw_control_ask(a->control, &m, a->io, 2);
	if (r == -ENOENT || r == -ECONNREFUSED || r == -ECONNRESET || r == -ESRCH) {
		lw_fail_as(err, LW_ERR_USAGE, -ESRCH, "%s is not running", name);
		lw_err_hint(err, "`lunward logs %s` has what it printed", name);
		return -ESRCH;
	}
	if (r < 0)
		return lw_fail(err, r, "its supervisor does not answer: %s", strerror(-r));
	a->terminal = m.flags & LW_ATTACH_TERMINAL;
	a->input = m.flags & LW_ATTACH_INPUT;
	return 0;
}

static void resize(const struct attached *a)
{
	struct winsize w;
	if (!a->terminal || ioctl(STDIN_FILENO, TIOCGWINSZ, &w) < 0)
		return;
	struct lw_control_message m = { LW_CONTROL_MAGIC, LW_CONTROL_RESIZE, w.ws_row << 16 | w.ws_col, 0, 0 };
	/* Its answer is skipped where the end is waited for. */
	(void)!send(a->control, &m, sizeof m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void take_terminal(struct attached *a)
{
	if (!a->terminal || !a->input || tcgetattr(STDIN_FILENO, &a->saved) < 0)
		return;
	struct termios raw = a->saved;
	cfmakeraw(&raw);
	a->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static void give_terminal_back(struct attached *a)
{
	if (a->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &a->saved);
	a->raw = false;
}

/* Without the two keys that leave; the first alone is sent when another follows it. */
static size_t without_keys(struct attached *a, const char *from, size_t n, char *to)
{
	size_t out = 0;
	for (size_t i = 0; i < n && !a->left; i++) {
		if (a->half && from[i] == DETACH_SECOND) {
			a->left = true;
		} else {
			if (a->half)
				to[out++] = DETACH_FIRST;
			a->half = from[i] == DETACH_FIRST;
			if (!a->half)
				to[out++] = from[i];
		}
	}
	return out;
}

static void type(struct attached *a)
{
	char typed[2048], sent[2 * sizeof typed];
	ssize_t n = read(STDIN_FILENO, typed, sizeof typed);
	if (n > 0) {
		size_t out = (size_t)n;
		if (a->raw)
			out = without_keys(a, typed, (size_t)n, sent);
		(void)!lw_write_full(a->io[0], a->raw ? sent : typed, out);
	} else if (n == 0 || errno != EINTR) {
		a->input = false; /* what is typed later by others is read on */
	}
}

/* To our standard output or error; the stream's end closes it. */
static void show(struct attached *a, int stream)
{
	char buf[16384];
	ssize_t n = recv(a->io[stream], buf, sizeof buf, 0);
	if (n > 0)
		(void)!lw_write_full(stream ? STDERR_FILENO : STDOUT_FILENO, buf, (size_t)n);
	else if (n == 0 || errno != EINTR)
		lw_close_p(&a->io[stream]);
}

static void take_signals(struct attached *a)
{
	struct signalfd_siginfo info;
	_cleanup_close_ int command = -1;
	while (read(a->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGWINCH)
			resize(a);
		else if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGPIPE)
			a->left = true;
		else if (command >= 0 || lw_record_process(a->record, "command", NULL, &command) >= 0)
			(void)SYS(pidfd_send_signal, command, (int)info.ssi_signo, NULL, 0);
	}
}

/* The command's exit code: what the supervisor says last, answers to `resize` before it. -1: it went without a word. */
static int hear_end(const struct attached *a)
{
	struct lw_control_message m;
	while (recv(a->control, &m, sizeof m, 0) == sizeof m)
		if (m.verb == LW_CONTROL_ENDED)
			return (int)m.arg;
	return -1;
}

static int loop(struct attached *a, struct lw_err *err)
{
	while (!a->left && (a->io[0] >= 0 || a->io[1] >= 0)) {
		struct pollfd fds[4] = {
			{ .fd = a->signals, .events = POLLIN },
			{ .fd = a->input && a->io[0] >= 0 ? STDIN_FILENO : -1, .events = POLLIN },
			{ .fd = a->io[0], .events = POLLIN },
			{ .fd = a->io[1], .events = POLLIN },
		};
		if (poll(fds, 4, -1) < 0 && errno != EINTR)
			return lw_fail(err, -errno, "poll: %s", strerror(errno));
		for (int i = 0; i < 2; i++)
			if (fds[2 + i].revents)
				show(a, i);
		if (fds[0].revents)
			take_signals(a);
		if (fds[1].revents && a->io[0] >= 0)
			type(a);
	}
	if (a->left)
		return CLI_OK;
	int code = hear_end(a);
	return code >= 0 ? code
			 : lw_fail(err, -ECONNRESET,
				   "the supervisor let go: its output was not read in time; `lunward logs` has it");
}

int cli_cmd_attach(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	struct attached a = { .record = &rec, .control = -1, .io = { -1, -1 }, .signals = -1 };
	int r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0)
		r = cli_signals_open(&a.signals, &err);
	if (r >= 0)
		r = begin(&a, c->words[0], &err);
	cli_act_on_record(c, &job, &rec, r < 0 ? &err : NULL);
	if (r >= 0) {
		take_terminal(&a);
		resize(&a);
		r = loop(&a, &err);
		give_terminal_back(&a);
	}
	int code = r < 0 ? cli_fail(&err) : r;
	int *const fds[] = { &a.control, &a.io[0], &a.io[1], &a.signals };
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		lw_close_p(fds[i]);
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
