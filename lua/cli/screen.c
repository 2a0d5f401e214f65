/* screen.c: see screen.h. Signals come by a descriptor, so whatever asks us to leave passes by cli_screen_end. */
#include "lua/cli/screen.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"

static void put(const char *s)
{
	(void)!lw_write_full(STDOUT_FILENO, s, strlen(s));
}

static void enter(struct cli_screen *s)
{
	struct termios keys;
	if (!s->alternate)
		return;
	if (s->keys >= 0 && tcgetpgrp(s->keys) == getpgrp() && tcgetattr(s->keys, &s->saved) == 0) {
		keys = s->saved;
		keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		s->raw = tcsetattr(s->keys, TCSADRAIN, &keys) == 0;
	}
	put("\033[?1049h\033[?25l");
}

static void leave(struct cli_screen *s)
{
	if (s->alternate)
		put("\033[?25h\033[?1049l");
	if (s->raw)
		tcsetattr(s->keys, TCSADRAIN, &s->saved);
	s->raw = false;
}

int cli_screen_begin(struct cli_screen *s, bool whole, struct lw_err *err)
{
	static const int heard[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGWINCH, SIGTSTP, SIGCONT };
	sigset_t set;
	*s = (struct cli_screen){ .signals = -1, .keys = whole && isatty(STDIN_FILENO) ? STDIN_FILENO : -1 };
	sigemptyset(&set);
	/* Stopped and continued only when there is something to give back. */
	for (size_t i = 0; i < ARRAY_LEN(heard) - (whole ? 0 : 2); i++)
		sigaddset(&set, heard[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || (s->signals = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		return lw_fail(err, -errno, "signalfd: %s", strerror(errno));
	s->alternate = whole;
	enter(s);
	return 0;
}

static unsigned rows(unsigned *ret_columns)
{
	struct winsize w = { 0 };
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_row || !w.ws_col) {
		*ret_columns = 80;
		return 24;
	}
	*ret_columns = w.ws_col;
	return w.ws_row;
}

/* At most so many columns of a line; a character is one, near enough. */
static size_t cut(const char *s, size_t n, unsigned columns)
{
	size_t at = 0;
	while (at < n) {
		size_t next = at + 1;
		while (next < n && ((unsigned char)s[next] & 0xc0) == 0x80)
			next++;
		if (!columns--)
			break;
		at = next;
	}
	return at;
}

void cli_screen_paint(struct cli_screen *s, const struct lw_text *t)
{
	_cleanup_(lw_text_done_p) struct lw_text out = { 0 };
	unsigned columns, left = rows(&columns);
	lw_text_add(&out, "\033[H");
	for (const char *p = t->buf ? t->buf : ""; *p && left; left--) {
		size_t n = strcspn(p, "\n");
		lw_text_addn(&out, p, cut(p, n, columns));
		lw_text_add(&out, p[n] && left > 1 ? "\033[K\r\n" : "\033[K");
		p += n + (p[n] == '\n');
	}
	lw_text_add(&out, "\033[J");
	s->painted = true;
	if (!out.failed)
		(void)!lw_write_full(STDOUT_FILENO, out.buf, out.len);
}

/* 1 go on waiting, 0 paint, -1 leave */
static int hear(struct cli_screen *s)
{
	struct signalfd_siginfo info;
	if (read(s->signals, &info, sizeof info) != (ssize_t)sizeof info)
		return 1;
	switch (info.ssi_signo) {
	case SIGWINCH:
		return 0;
	case SIGTSTP:
		leave(s);
		kill(getpid(), SIGSTOP);
		return 1;
	case SIGCONT:
		enter(s);
		return 0;
	default:
		return -1;
	}
}

bool cli_screen_wait(struct cli_screen *s, int ms)
{
	struct pollfd fds[] = { { .fd = s->signals, .events = POLLIN },
				{ .fd = s->raw ? s->keys : -1, .events = POLLIN },
				/* Whoever reads what we print is gone. */
				{ .fd = STDOUT_FILENO, .events = 0 } };
	for (;;) {
		int r = poll(fds, ARRAY_LEN(fds), ms), heard = 1;
		char key = 0;
		if (r == 0)
			return true;
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 || fds[2].revents)
			return false;
		if (fds[1].revents && (read(s->keys, &key, 1) <= 0 || key == 'q' || key == 'Q'))
			return false;
		if (fds[0].revents)
			heard = hear(s);
		if (heard <= 0)
			return heard == 0;
	}
}

void cli_screen_end(struct cli_screen *s)
{
	leave(s);
	lw_close_p(&s->signals);
}
