/* nl.c: a socket and its queue. The messages of a batch lie behind one another in one buffer, are sent in one call, and
 * answered one by one; the words for each are kept beside it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "net/nl.h"

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif
#define BATCH_BYTES 8192
#define BATCH_MAX 32
#define ANSWER_BYTES 32768
#define ANSWER_SECONDS 30 /* the kernel answers at once; a socket of another namespace is no reason to hang */

struct lw_nl {
	int fd;
	uint32_t seq; /* of the last request */
	bool failed;  /* something did not fit, or memory was out */
	size_t n, len;
	char what[BATCH_MAX][96];
	char bytes[BATCH_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int set_up(int fd)
{
	static const int options[] = { NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK };
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int on = 1;
	/* Older kernels lack some: then an answer says less. */
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof on);
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

int lw_nl_adopt(int fd, struct lw_nl **ret, struct lw_err *err)
{
	struct lw_nl *nl = malloc(sizeof *nl);
	int protocol = -1;
	socklen_t n = sizeof protocol;

	if (!nl || getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n) < 0 || protocol != NETLINK_ROUTE) {
		free(nl);
		close(fd);
		return nl ? lw_fail(err, -EBADF, "this is no netlink socket") : lw_fail(err, -ENOMEM, "out of memory");
	}
	set_up(fd);
	nl->fd = fd;
	nl->seq = 0;
	nl->failed = false;
	nl->n = nl->len = 0;
	*ret = nl;
	return 0;
}

int lw_nl_open(struct lw_nl **ret, struct lw_err *err)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return fd < 0 ? lw_fail(err, -errno, "a netlink socket: %s", strerror(errno)) : lw_nl_adopt(fd, ret, err);
}

struct lw_nl *lw_nl_close(struct lw_nl *nl)
{
	if (nl)
		close(nl->fd);
	free(nl);
	return NULL;
}

int lw_nl_namespace(const struct lw_nl *nl, struct lw_err *err)
{
	int fd = ioctl(nl->fd, SIOCGSKNS);
	if (fd < 0)
		return lw_fail(err, -errno, "the network namespace of a socket: %s", strerror(errno));
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

struct nl_msg *lw_nl_request(struct lw_nl *nl, int type, int flags, const void *head, size_t n, const char *what, ...)
{
	struct nl_msg *m = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags);
	va_list ap;

	if (!m || nl->n == BATCH_MAX || nlmsg_append(m, (void *)(uintptr_t)head, n, NLMSG_ALIGNTO) < 0) {
		nl->failed = true;
		nlmsg_free(m);
		return NULL;
	}
	va_start(ap, what);
	vsnprintf(nl->what[nl->n], sizeof nl->what[nl->n], what, ap);
	va_end(ap);
	return m;
}

int lw_nl_queue(struct lw_nl *nl, struct nl_msg *m, int failed)
{
	struct nlmsghdr *h = m ? nlmsg_hdr(m) : NULL;
	size_t n = h ? NLMSG_ALIGN(h->nlmsg_len) : 0;

	if (!m || failed || nl->failed || n > sizeof nl->bytes - nl->len) {
		nl->failed = true;
		nlmsg_free(m);
		return -ENOMEM;
	}
	h->nlmsg_seq = ++nl->seq;
	memset(nl->bytes + nl->len, 0, n);
	memcpy(nl->bytes + nl->len, h, h->nlmsg_len);
	nl->len += n;
	nl->n++;
	nlmsg_free(m);
	return 0;
}

static int refused(const char *what, const struct lw_nl_answer *a, struct lw_err *err)
{
	lw_fail(err, a->code, "%s: %s%s%s", what, a->said[0] ? a->said : strerror(-a->code), a->said[0] ? ": " : "",
		a->said[0] ? strerror(-a->code) : "");
	if (a->code == -EPERM)
		lw_err_hint(err, "this needs CAP_NET_ADMIN in the network namespace");
	return a->code;
}

static int send_all(struct lw_nl *nl, struct lw_err *err)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	bool failed = nl->failed;
	size_t len = nl->len;
	ssize_t n;

	nl->len = 0;
	nl->failed = false;
	if (failed) {
		nl->n = 0;
		return lw_fail(err, -ENOMEM, "out of memory");
	}
	do
		n = sendto(nl->fd, nl->bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&kernel, sizeof kernel);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	nl->n = 0;
	return lw_fail(err, n < 0 ? -errno : -EIO, "netlink: %s", strerror(n < 0 ? errno : EIO));
}

/* The next datagram that is the kernel's: anybody may send to a socket, nobody else is believed. */
static ssize_t take(struct lw_nl *nl, void *buf, size_t size)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(nl->fd, buf, size, MSG_TRUNC, (struct sockaddr *)&from, &len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (from.nl_pid == 0)
			return n > (ssize_t)size ? -EMSGSIZE : n;
	}
}

/* Reads until each of the `wanted` requests up to the last one is answered. */
static int answers(struct lw_nl *nl, size_t wanted, lw_nl_each *fn, void *arg, struct lw_err *err)
{
	_cleanup_free_ char *buf = malloc(ANSWER_BYTES);
	uint32_t first = nl->seq - (uint32_t)wanted + 1;
	size_t left = wanted;
	int r = 0;

	if (!buf)
		return lw_fail(err, -ENOMEM, "out of memory");
	while (left) {
		ssize_t got = take(nl, buf, ANSWER_BYTES);
		if (got < 0)
			return lw_fail(err, (int)got, "netlink: %s", strerror((int)-got));
		int rest = (int)got;
		for (struct nlmsghdr *h = (void *)buf; nlmsg_ok(h, rest); h = nlmsg_next(h, &rest)) {
			struct lw_nl_answer a;
			uint32_t i = h->nlmsg_seq - first;
			if (i >= wanted) /* of a batch that was given up */
				continue;
			if (lw_nl_read_answer(h, &a)) {
				left--;
				/* The first that fails is the cause: what follows it stood on it. */
				if (a.code < 0 && r == 0)
					r = refused(nl->what[i], &a, err);
			} else if (fn && r == 0) {
				r = fn(arg, h);
			}
		}
	}
	return r;
}

int lw_nl_commit(struct lw_nl *nl, struct lw_err *err)
{
	size_t n = nl->n;
	int r = n || nl->failed ? send_all(nl, err) : 0;

	nl->n = 0;
	return r < 0 || !n ? r : answers(nl, n, NULL, NULL, err);
}

int lw_nl_ask(struct lw_nl *nl, struct nl_msg *m, lw_nl_each *fn, void *arg, struct lw_err *err)
{
	int r = lw_nl_queue(nl, m, 0);

	if (r >= 0 || nl->failed)
		r = send_all(nl, err);
	nl->n = 0;
	return r < 0 ? r : answers(nl, 1, fn, arg, err);
}
