/* eval_channel.c: frames between the evaluator's child and its parent. It knows sizes and deadlines; what a frame says
 * is eval.c's and eval_child.c's business. */
#include "lua/eval_channel.h"
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"

int eval_child_read(int fd, void *buf, size_t n)
{
	return lw_read_full(fd, buf, n);
}

int eval_child_send(int fd, uint32_t type, const void *buf, size_t n)
{
	/* Small frames go in one write: each write wakes the parent. */
	char small[512];
	struct eval_head head = { type, (uint32_t)n };
	int r;

	memcpy(small, &head, sizeof(head));
	if (n <= sizeof(small) - sizeof(head)) {
		if (n)
			memcpy(small + sizeof(head), buf, n);
		return lw_write_full(fd, small, sizeof(head) + n);
	}
	r = lw_write_full(fd, small, sizeof(head));
	return r < 0 ? r : lw_write_full(fd, buf, n);
}

int64_t eval_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Waits until the socket is ready for `events`. */
static int wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - eval_now();
		struct pollfd p = { .fd = fd, .events = events };
		int r;

		if (left <= 0)
			return -ETIMEDOUT;
		r = poll(&p, 1, (int)(left / 1000) + 1);
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

static int transfer(int fd, void *buf, size_t n, bool out, int64_t deadline)
{
	for (char *p = buf; n > 0;) {
		ssize_t r = out ? send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) : recv(fd, p, n, MSG_DONTWAIT);

		if (r == 0)
			return -EPIPE;
		if (r < 0 && errno == ECONNRESET)
			return -EPIPE;
		if (r < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (r < 0) {
			int w = wait_for(fd, out ? POLLOUT : POLLIN, deadline);
			if (w < 0)
				return w;
			continue;
		}
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

int eval_parent_send(int fd, uint32_t type, const void *buf, size_t n, int64_t deadline)
{
	/* One send: each wakes the child. */
	struct eval_head head = { type, (uint32_t)n };
	_cleanup_free_ char *frame = malloc(sizeof(head) + n);

	if (!frame)
		return -ENOMEM;
	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), buf, n);
	return transfer(fd, frame, sizeof(head) + n, true, deadline);
}

static size_t frame_max(uint32_t type)
{
	switch (type) {
	case EVAL_INCLUDE:
		return EVAL_NAME_MAX;
	case EVAL_LOAD:
		return EVAL_PATH_MAX;
	case EVAL_PRINT:
		return EVAL_PRINT_MAX;
	case EVAL_ERROR:
		return sizeof(struct lw_err);
	case EVAL_ANSWER:
	case EVAL_KEEP:
		return EVAL_ANSWER_MAX;
	default:
		return 0;
	}
}

int eval_parent_recv(int fd, uint32_t *ret_type, char **ret, size_t *ret_n, int64_t deadline)
{
	struct eval_head head;
	int r = transfer(fd, &head, sizeof(head), false, deadline);

	if (r < 0)
		return r;
	if (head.size > frame_max(head.type))
		return -EMSGSIZE;
	_cleanup_free_ char *buf = malloc((size_t)head.size + 1);
	if (!buf)
		return -ENOMEM;
	r = transfer(fd, buf, head.size, false, deadline);
	if (r < 0)
		return r;
	buf[head.size] = '\0';
	*ret_type = head.type;
	*ret = TAKE_PTR(buf);
	*ret_n = head.size;
	return 0;
}
