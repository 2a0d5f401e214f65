/* control.c: the caller's side of control.h. */
#include "supervise/control.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/cleanup.h"

#define PATIENCE_SECONDS 5

int lw_control_connect(int dir)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	/* By the descriptor: a state directory may lie deeper than an address is long. */
	snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/" LW_CONTROL_SOCKET, dir);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int receive(int fd, struct lw_control_message *m, int *fds, unsigned n_fds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec iov = { m, sizeof *m };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof control.buf
	};
	ssize_t n;
	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	unsigned came = c && c->cmsg_type == SCM_RIGHTS ? (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
	for (unsigned i = 0; i < came; i++) {
		int got;
		memcpy(&got, CMSG_DATA(c) + i * sizeof got, sizeof got);
		if (i < n_fds)
			fds[i] = got;
		else
			close(got);
	}
	if (n == 0)
		return -ECONNRESET;
	return n == sizeof *m && m->magic == LW_CONTROL_MAGIC ? 0 : -EPROTO;
}

int lw_control_ask(int fd, struct lw_control_message *m, int *ret_fds, unsigned n_fds)
{
	ssize_t n;
	for (unsigned i = 0; i < n_fds; i++)
		ret_fds[i] = -1;
	m->magic = LW_CONTROL_MAGIC;
	do
		n = send(fd, m, sizeof *m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	int r = receive(fd, m, ret_fds, n_fds);
	return r < 0 ? r : m->result;
}
