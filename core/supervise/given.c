/* given.c: descriptors that somebody has handed over to be the command's 0 to 2. A sandbox is never given a terminal,
 * for it might type on it (TIOCSTI) or take it for its own: what it prints is copied there, and nothing is read from
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "supervise/supervisor.h"

#define COPY_MSEC 200 /* for a terminal that takes nothing; what it does not take then is in the log alone */

/* Another description of the terminal: that it does not block is nobody else's business. */
static void copy_to(struct sv *s, int i)
{
	char path[48];
	snprintf(path, sizeof path, "/proc/self/fd/%d", s->stdio[i]);
	lw_close_p(&s->copy[i - 1]);
	s->copy[i - 1] = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int sv_given(struct sv *s, int inside[3], struct lw_err *err)
{
	for (int i = 0; i < 3; i++) {
		if (s->stdio[i] < 0)
			continue;
		if (isatty(s->stdio[i])) {
			if (i)
				copy_to(s, i);
			continue;
		}
		inside[i] = fcntl(s->stdio[i], F_DUPFD_CLOEXEC, 3);
		if (inside[i] < 0)
			return lw_fail(err, -errno, "a descriptor for the command: %s", strerror(errno));
	}
	return 0;
}

void sv_given_output(struct sv *s, int stream, const char *bytes, size_t n)
{
	struct pollfd room = { .fd = s->copy[stream], .events = POLLOUT };
	while (room.fd >= 0 && n && poll(&room, 1, COPY_MSEC) == 1) {
		ssize_t w = write(room.fd, bytes, n);
		if (w < 0 && errno != EAGAIN && errno != EINTR) {
			lw_close_p(&s->copy[stream]);
			return;
		}
		bytes += w > 0 ? w : 0;
		n -= w > 0 ? (size_t)w : 0;
	}
}

void sv_given_done(struct sv *s)
{
	/* Who reads a pipe is to see its end with the last command that could write to it. */
	for (int i = 0; i < 3 && s->spec->service.restart == LW_RESTART_NO; i++)
		lw_close_p(&s->stdio[i]);
}
