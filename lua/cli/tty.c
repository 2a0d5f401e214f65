/* tty.c: the caller's terminal in raw mode and the sandbox's pty, copied both ways. The sandbox never holds the
 * caller's terminal, so nothing inside can type into it (TIOCSTI) or change its modes. Whatever happens, the terminal
 * is given back as it was found, and only while we are its foreground job: otherwise its modes are another program's.
 */
#include "lua/cli/tty.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

unsigned cli_tty_fds(void)
{
	unsigned mask = 0;
	for (int fd = 0; fd < 3; fd++)
		mask |= isatty(fd) ? 1u << fd : 0;
	return mask;
}

static bool in_foreground(const struct cli_tty *t)
{
	pid_t group = tcgetpgrp(t->control);
	/* A terminal that is not our controlling one (ENOTTY) has no jobs to disturb. */
	return group < 0 || group == getpgrp();
}

static void take(struct cli_tty *t)
{
	if (t->control < 0)
		return;
	t->foreground = in_foreground(t);
	/* Raw only where typing is passed on: a terminal that is just written to keeps its ^C for us. */
	if (t->raw || !t->foreground || t->input != t->control || tcgetattr(t->control, &t->saved) < 0)
		return;
	struct termios raw = t->saved;
	cfmakeraw(&raw);
	t->raw = tcsetattr(t->control, TCSADRAIN, &raw) == 0;
}

void cli_tty_restore(struct cli_tty *t)
{
	if (!t->raw)
		return;
	t->raw = false;
	if (in_foreground(t))
		tcsetattr(t->control, TCSADRAIN, &t->saved);
}

void cli_tty_resize(const struct cli_tty *t)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	if (t->master < 0)
		return;
	if (t->control >= 0)
		(void)!ioctl(t->control, TIOCGWINSZ, &size);
	(void)!ioctl(t->master, TIOCSWINSZ, &size);
}

void cli_tty_begin(struct cli_tty *t, int master, unsigned fds)
{
	*t = (struct cli_tty){ .master = master, .control = -1, .input = -1, .foreground = true, .last = '\n' };
	t->in = (struct cli_tty_pipe){ .from = -1, .to = -1 };
	t->out = t->in;
	if (master < 0)
		return;
	for (int fd = 2; fd >= 0; fd--)
		if (isatty(fd))
			t->control = fd;
	fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
	if (fds & 1) {
		t->input = STDIN_FILENO;
		t->in.from = STDIN_FILENO;
		t->in.to = master;
	}
	t->out.from = master;
	t->out.to = fds & 2 ? STDOUT_FILENO : fds & 4 ? STDERR_FILENO : STDIN_FILENO;
	take(t);
	cli_tty_resize(t);
}

void cli_tty_resume(struct cli_tty *t)
{
	if (t->master < 0)
		return;
	/* A shell that stopped us has put its own modes back; ours are taken anew. */
	if (!in_foreground(t))
		t->raw = false;
	take(t);
	cli_tty_resize(t);
}

size_t cli_tty_poll(struct cli_tty *t, struct pollfd *fds)
{
	size_t n = 0;
	short master = 0;
	if (t->master < 0)
		return 0;
	if (t->in.from >= 0 && t->in.start == t->in.end && (t->control < 0 || t->foreground))
		fds[n++] = (struct pollfd){ .fd = t->in.from, .events = POLLIN };
	if (t->in.start < t->in.end || t->end_pending)
		master |= POLLOUT;
	if (t->out.start < t->out.end)
		fds[n++] = (struct pollfd){ .fd = t->out.to, .events = POLLOUT };
	else
		master |= t->out.from >= 0 ? POLLIN : 0;
	if (master)
		fds[n++] = (struct pollfd){ .fd = t->master, .events = master };
	return n;
}

static void read_into(struct cli_tty_pipe *p)
{
	ssize_t n = read(p->from, p->buf, sizeof p->buf);
	p->start = 0;
	p->end = n > 0 ? (size_t)n : 0;
	/* EIO: the other side of the pty is closed, or the terminal hung up. */
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		p->from = -1;
}

static void write_from(struct cli_tty_pipe *p)
{
	/* At most PIPE_BUF at a time: poll promises that much room, so a slow reader cannot block us. */
	size_t size = p->end - p->start;
	ssize_t n = write(p->to, p->buf + p->start, size < 4096 ? size : 4096);
	if (n > 0)
		p->start += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		p->start = p->end; /* nobody reads it any more */
}

/* End of file for whoever reads the pty: ^D, twice when a line is unfinished, since the first only sends that line. */
static void write_end(struct cli_tty *t)
{
	char end[2] = { 4, 4 };
	size_t n = t->last == '\n' ? 1 : 2;
	struct termios modes;
	if (tcgetattr(t->master, &modes) == 0)
		end[0] = end[1] = (char)modes.c_cc[VEOF];
	t->end_pending = write(t->master, end, n) < 0 && errno == EAGAIN;
}

static void copy_master(struct cli_tty *t, short revents)
{
	/* A pty hung up inside reports nothing but that: what was typed goes nowhere, and must not be waited for. */
	if (revents & (POLLOUT | POLLHUP | POLLERR)) {
		if (t->in.start < t->in.end)
			write_from(&t->in);
		else if (t->end_pending)
			write_end(t);
	}
	if (revents & (POLLIN | POLLHUP | POLLERR) && t->out.start == t->out.end && t->out.from >= 0)
		read_into(&t->out);
}

static void copy_input(struct cli_tty *t)
{
	int from = t->in.from;
	if (!t->foreground)
		return;
	read_into(&t->in);
	if (t->in.from < 0 && t->control >= 0 && !in_foreground(t)) {
		/* EIO because another job has the terminal now, not because typing is over. */
		t->in.from = from;
		t->foreground = false;
		return;
	}
	if (t->in.start < t->in.end)
		t->last = t->in.buf[t->in.end - 1];
	t->end_pending = t->in.from < 0;
}

void cli_tty_copy(struct cli_tty *t, const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!fds[i].revents)
			continue;
		if (fds[i].fd == t->master)
			copy_master(t, fds[i].revents);
		else if (fds[i].events & POLLOUT)
			write_from(&t->out);
		else
			copy_input(t);
	}
}

bool cli_tty_more(struct cli_tty *t)
{
	if (t->master < 0)
		return false;
	if (t->out.start == t->out.end && t->out.from >= 0)
		read_into(&t->out);
	return t->out.start < t->out.end;
}

void cli_tty_write(struct cli_tty *t)
{
	write_from(&t->out);
}
