/* clients.c: the control socket's side of the supervisor: who asks it to stop, and who is attached to the command's
 * terminal or output. Nobody is waited for: who does not read what the command prints is let go of, and has the log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "base/cleanup.h"
#include "supervise/control.h"
#include "supervise/supervisor.h"

#define TELL_MSEC 2000 /* for who watches and does not listen, at the very end */

static void let_go(struct sv *s, struct sv_client *c)
{
	c->watches = false;
	s->orphaned = s->orphaned || (c->owner && s->bound);
	c->owner = false;
	lw_close_p(&c->fd);
	lw_close_p(&c->io[0]);
	lw_close_p(&c->io[1]);
}

int sv_clients_open(struct sv *s, struct lw_err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/" LW_CONTROL_SOCKET, s->record.dir);
	/* One that a killed supervisor of this very sandbox has left. */
	unlinkat(s->record.dir, LW_CONTROL_SOCKET, 0);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* umask 077: the file is its owner's alone, as the directory is. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 || listen(fd, SV_CLIENTS) < 0)
		return lw_fail(err, -errno, "the control socket: %s", strerror(errno));
	s->listener = TAKE_FD(fd);
	return 0;
}

size_t sv_clients_poll(struct sv *s, struct pollfd *fds)
{
	size_t n = 0;
	struct pollfd room = { .fd = s->input, .events = POLLOUT };
	bool typing = false, reads = s->input >= 0 && poll(&room, 1, 0) == 1;
	fds[n++] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
	for (size_t i = 0; i < SV_CLIENTS; i++) {
		fds[n++] = (struct pollfd){ .fd = s->client[i].fd, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = reads ? s->client[i].io[0] : -1, .events = POLLIN };
		typing = typing || s->client[i].io[0] >= 0;
	}
	/* What the command does not read is not taken from whoever types it either. */
	fds[n++] = (struct pollfd){ .fd = typing && !reads ? s->input : -1, .events = POLLOUT };
	return n;
}

static void take_new(struct sv *s)
{
	_cleanup_close_ int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred who;
	socklen_t n = sizeof who;
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0 || (who.uid != geteuid() && who.uid != 0))
		return;
	for (size_t i = 0; i < SV_CLIENTS; i++)
		if (s->client[i].fd < 0) {
			s->client[i] = (struct sv_client){ .fd = TAKE_FD(fd), .io = { -1, -1 } };
			return;
		}
}

static void answer(struct sv *s, struct sv_client *c, const struct lw_control_message *m, const int *fds,
		   unsigned n_fds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)m, sizeof *m };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	if (n_fds) {
		memset(&control, 0, sizeof control);
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(n_fds * sizeof(int)) };
		memcpy(CMSG_DATA(&control.align), fds, n_fds * sizeof(int));
	}
	if (sendmsg(c->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		let_go(s, c);
}

static int attach(struct sv *s, struct sv_client *c, struct lw_control_message *m)
{
	bool terminal = s->sandbox && lw_instance_pty(s->sandbox) >= 0;
	unsigned n = terminal ? 1 : 2;
	int theirs[2] = { -1, -1 };
	if (!s->sandbox || c->io[0] >= 0)
		return -ESRCH;
	for (unsigned i = 0; i < n; i++) {
		int pair[2];
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
			return -errno;
		c->io[i] = pair[0];
		theirs[i] = pair[1];
	}
	m->flags = (terminal ? LW_ATTACH_TERMINAL : 0) | (s->input >= 0 ? LW_ATTACH_INPUT : 0);
	m->result = 0;
	answer(s, c, m, theirs, n);
	lw_close_p(&theirs[0]);
	lw_close_p(&theirs[1]);
	return 1;
}

static void resize(struct sv *s, int64_t size)
{
	struct winsize w = { .ws_row = (unsigned short)(size >> 16), .ws_col = (unsigned short)size };
	if (s->sandbox && lw_instance_pty(s->sandbox) >= 0)
		(void)!ioctl(lw_instance_pty(s->sandbox), TIOCSWINSZ, &w);
}

static void hear(struct sv *s, struct sv_client *c)
{
	struct lw_control_message m;
	ssize_t n = recv(c->fd, &m, sizeof m, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof m || m.magic != LW_CONTROL_MAGIC) {
		let_go(s, c);
		return;
	}
	int r = 0;
	switch (m.verb) {
	case LW_CONTROL_STOP:
		m.arg = sv_stop(s, m.arg, m.flags);
		break;
	case LW_CONTROL_ATTACH:
		r = attach(s, c, &m);
		break;
	case LW_CONTROL_WATCH:
		c->watches = true;
		break;
	case LW_CONTROL_RESIZE:
		resize(s, m.arg);
		break;
	case LW_CONTROL_PAUSE:
		r = sv_pause(s, m.arg != 0);
		break;
	default:
		r = -ENOSYS;
	}
	if (r > 0)
		return;
	m.result = r;
	answer(s, c, &m, NULL, 0);
}

/* At most what a pipe or a terminal that poll(2) calls writable takes at once. */
static void take_input(struct sv *s, struct sv_client *c)
{
	char buf[2048];
	ssize_t n = recv(c->io[0], buf, sizeof buf, MSG_DONTWAIT);
	if (n > 0)
		(void)!write(s->input, buf, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		let_go(s, c);
}

void sv_clients_look(struct sv *s, const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < SV_CLIENTS && n; i++) {
		struct sv_client *c = &s->client[i];
		if (c->fd >= 0 && fds[1 + 2 * i].revents)
			hear(s, c);
		if (c->io[0] >= 0 && s->input >= 0 && fds[2 + 2 * i].fd == c->io[0] && fds[2 + 2 * i].revents)
			take_input(s, c);
	}
	if (fds[0].revents)
		take_new(s);
}

void sv_clients_output(struct sv *s, int stream, const char *bytes, size_t n)
{
	for (size_t i = 0; i < SV_CLIENTS; i++) {
		struct sv_client *c = &s->client[i];
		if (c->io[stream] >= 0 && send(c->io[stream], bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n)
			let_go(s, c);
	}
}

/* Who does not listen misses what comes between, but not the end. */
static void tell(struct sv *s, struct sv_client *c, const struct lw_control_event *e)
{
	struct pollfd room = { .fd = c->fd, .events = POLLOUT };
	bool last = e->m.verb == LW_CONTROL_ENDED || e->m.verb == LW_CONTROL_FAILED;
	if (poll(&room, 1, last ? TELL_MSEC : 0) == 1 && send(c->fd, e, sizeof *e, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		let_go(s, c);
}

void sv_clients_tell(struct sv *s, const struct lw_control_event *e)
{
	for (size_t i = 0; i < SV_CLIENTS; i++)
		if (s->client[i].watches)
			tell(s, &s->client[i], e);
}

void sv_clients_tell_ready(struct sv *s)
{
	const struct lw_control_event e = { .m = { LW_CONTROL_MAGIC, LW_CONTROL_READY, 0, 0, 0 } };
	sv_clients_tell(s, &e);
}

void sv_clients_tell_launched(struct sv *s)
{
	const struct lw_control_event e = {
		.m = { LW_CONTROL_MAGIC, LW_CONTROL_STARTED, lw_instance_pid(s->sandbox), 0, 0 },
	};
	sv_clients_tell(s, &e);
	if (json_is_true(json_object_get(s->record.data, "ready")))
		sv_clients_tell_ready(s);
}

void sv_clients_tell_failed(struct sv *s, int r, const struct lw_err *err)
{
	const struct lw_control_event e = { .m = { LW_CONTROL_MAGIC, LW_CONTROL_FAILED, 0, 0, r }, .err = *err };
	sv_clients_tell(s, &e);
}

void sv_clients_ended(struct sv *s, int code)
{
	const struct lw_control_event end = {
		.m = { LW_CONTROL_MAGIC, LW_CONTROL_ENDED, code, 0, 0 },
		.status = s->last,
	};
	/* Who watches keeps the connection: its end tells that all is cleaned up. */
	if (s->over)
		sv_clients_tell(s, &end);
	for (size_t i = 0; i < SV_CLIENTS; i++) {
		struct sv_client *c = &s->client[i];
		if (c->io[0] < 0)
			continue;
		answer(s, c, &end.m, NULL, 0);
		let_go(s, c);
	}
}

void sv_clients_own(struct sv *s, int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	s->client[0] = (struct sv_client){ .fd = fd, .io = { -1, -1 }, .watches = true, .owner = true };
}
