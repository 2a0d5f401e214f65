/* tty.h: the caller's terminal and the sandbox's pty, and the copying between them. */
#ifndef LW_CLI_TTY_H
#define LW_CLI_TTY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define CLI_TTY_POLLFDS 3
#define CLI_TTY_BUFFER 8192

struct cli_tty_pipe {
	int from, to; /* -1: not (or no longer) copied */
	size_t start, end;
	char buf[CLI_TTY_BUFFER];
};

struct cli_tty {
	int master;  /* the pty's, -1: there is none and every function is a no-op */
	int control; /* the caller's terminal, -1: it has none */
	int input;   /* where typing comes from, or -1 */
	bool raw;    /* control is in raw mode because of us */
	bool foreground;
	char last; /* last byte typed: decides how an end of input is told to the pty */
	bool end_pending;
	struct termios saved;
	struct cli_tty_pipe in, out;
};

/* Which of fds 0-2 are terminals, as a bit set. */
unsigned cli_tty_fds(void);
/* fds: the bit set of descriptors that the pty replaced. Takes the caller's terminal into raw mode when it is ours to
 * take (we are its foreground job). */
void cli_tty_begin(struct cli_tty *t, int master, unsigned fds);
/* Gives the terminal back as it was. Idempotent. */
void cli_tty_restore(struct cli_tty *t);
/* After a stop, and when the shell moved us to the foreground or out of it. */
void cli_tty_resume(struct cli_tty *t);
void cli_tty_resize(const struct cli_tty *t);
/* Fills at most CLI_TTY_POLLFDS entries; returns how many. */
size_t cli_tty_poll(struct cli_tty *t, struct pollfd *fds);
/* Copies what can be copied without waiting. */
void cli_tty_copy(struct cli_tty *t, const struct pollfd *fds, size_t n);
/* After the command's end: is there still something it wrote? Then cli_tty_write, when out.to takes
 * more, passes some of it on. */
bool cli_tty_more(struct cli_tty *t);
void cli_tty_write(struct cli_tty *t);

#endif
