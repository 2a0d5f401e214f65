/* fdio.c: the read and write loops everybody needs once. It must not interpret what it carries; the other end of a
 * descriptor may be an enemy, so every length it names is bounded before memory is taken for it. */
#include "base/fdio.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/cleanup.h"

/* One read(2), never interrupted: bytes read, or negative errno. */
static ssize_t read_some(int fd, void *buf, size_t n)
{
	ssize_t r;
	do
		r = read(fd, buf, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

int lw_read_full(int fd, void *buf, size_t n)
{
	for (char *p = buf; n > 0;) {
		ssize_t r = read_some(fd, p, n);
		if (r <= 0)
			return r < 0 ? (int)r : -EPIPE;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

int lw_write_full(int fd, const void *buf, size_t n)
{
	for (const char *p = buf; n > 0;) {
		ssize_t r = write(fd, p, n);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0) {
			p += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

static int read_all(int fd, size_t max, size_t hint, char **ret, size_t *ret_len)
{
	if (max > SIZE_MAX / 2 - 2)
		max = SIZE_MAX / 2 - 2;
	/* One byte past the end, to see end of file (or too much) without growing; one more for the terminator. */
	size_t cap = (hint < max ? hint : max) + 2, len = 0;
	_cleanup_free_ char *buf = malloc(cap);
	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t r = read_some(fd, buf + len, cap - len - 1);
		if (r < 0)
			return (int)r;
		if (r == 0)
			break;
		len += (size_t)r;
		if (len > max)
			return -EFBIG;
		if (len == cap - 1) {
			cap = cap < max / 2 ? cap * 2 : max + 2;
			char *p = realloc(buf, cap);
			if (!p)
				return -ENOMEM;
			buf = p;
		}
	}
	buf[len] = '\0';
	*ret = TAKE_PTR(buf);
	*ret_len = len;
	return 0;
}

#define READ_HINT 4096

int lw_read_all(int fd, size_t max, char **ret, size_t *ret_len)
{
	return read_all(fd, max, READ_HINT, ret, ret_len);
}

int lw_read_file_at(int dirfd, const char *path, size_t max, char **ret, size_t *ret_len)
{
	/* O_NONBLOCK: a FIFO under this name must not hold us before we have seen that it is one. */
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return read_all(fd, max, st.st_size > 0 ? (size_t)st.st_size : READ_HINT, ret, ret_len);
}

int lw_read_file(const char *path, size_t max, char **ret, size_t *ret_len)
{
	return lw_read_file_at(AT_FDCWD, path, max, ret, ret_len);
}

int lw_write_file_at(int dirfd, const char *path, const char *s)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	size_t n = strlen(s);
	ssize_t r;
	do
		r = write(fd, s, n);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return (size_t)r == n ? 0 : -EIO;
}

int lw_write_file(const char *path, const char *s)
{
	return lw_write_file_at(AT_FDCWD, path, s);
}

int lw_frame_send(int fd, uint32_t type, const void *buf, size_t n)
{
	if (n > UINT32_MAX)
		return -EMSGSIZE;
	uint32_t head[2] = { type, (uint32_t)n };
	struct iovec iov[2] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)(uintptr_t)buf, .iov_len = n },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n ? 2 : 1 };
	bool is_socket = true;
	while (msg.msg_iovlen > 0) {
		ssize_t r = is_socket ? sendmsg(fd, &msg, MSG_NOSIGNAL) : writev(fd, msg.msg_iov, (int)msg.msg_iovlen);
		if (r < 0 && is_socket && errno == ENOTSOCK) {
			is_socket = false;
			continue;
		}
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		for (size_t done = (size_t)r; msg.msg_iovlen > 0;) {
			struct iovec *v = msg.msg_iov;
			size_t part = done < v->iov_len ? done : v->iov_len;
			v->iov_base = (char *)v->iov_base + part;
			v->iov_len -= part;
			done -= part;
			if (v->iov_len > 0)
				break;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
	}
	return 0;
}

int lw_frame_recv(int fd, size_t max, uint32_t *ret_type, char **ret, size_t *ret_len)
{
	uint32_t head[2];
	int r = lw_read_full(fd, head, sizeof(head));
	if (r < 0)
		return r;
	size_t n = head[1];
	if (n > max)
		return -EMSGSIZE;
	_cleanup_free_ char *buf = malloc(n + 1);
	if (!buf)
		return -ENOMEM;
	r = lw_read_full(fd, buf, n);
	if (r < 0)
		return r;
	buf[n] = '\0';
	*ret_type = head[0];
	*ret = TAKE_PTR(buf);
	*ret_len = n;
	return 0;
}
