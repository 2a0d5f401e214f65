/* notify.c: see notify.h. */
#include "notify.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/fdio.h"
#include "base/text.h"
#include "listen.h"
#include "plan.h"

/* --- the text --- */

/* Printable UTF-8 alone, cut where it is whole. */
static void take_status(const char *text, size_t n, char ret[static LW_NOTIFY_STATUS_MAX])
{
	char line[LW_NOTIFY_MAX + 1];
	size_t at = 0;
	memcpy(line, text, n);
	line[n] = '\0';
	for (const char *p = line; *p;) {
		uint32_t code;
		size_t len = lw_utf8_decode(p, &code);
		bool plain = len && code >= ' ' && code != 0x7f && !(code >= 0x80 && code < 0xa0);
		size_t keep = plain ? len : 1;
		if (at + keep >= LW_NOTIFY_STATUS_MAX)
			break;
		if (plain)
			memcpy(ret + at, p, len);
		else
			ret[at] = '?';
		at += keep;
		p += len ? len : 1;
	}
	ret[at] = '\0';
}

void lw_notify_parse(const char *text, size_t n, struct lw_notice *ret)
{
	static const struct {
		const char *line;
		unsigned bit;
	} words[] = {
		{ "READY=1", LW_NOTIFY_READY },
		{ "RELOADING=1", LW_NOTIFY_RELOADING },
		{ "STOPPING=1", LW_NOTIFY_STOPPING },
		{ "WATCHDOG=1", LW_NOTIFY_WATCHDOG },
	};
	static const char status[] = "STATUS=";
	*ret = (struct lw_notice){ 0 };
	if (n > LW_NOTIFY_MAX)
		return;
	for (const char *p = text, *end = text + n; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (len == strlen(words[i].line) && !memcmp(p, words[i].line, len))
				ret->said |= words[i].bit;
		if (len >= sizeof status - 1 && !memcmp(p, status, sizeof status - 1)) {
			ret->said |= LW_NOTIFY_STATUS;
			take_status(p + sizeof status - 1, len - (sizeof status - 1), ret->status);
		}
		p += len + 1;
	}
}

/* --- the socket --- */

static int open_dir(int state_fd)
{
	if (mkdirat(state_fd, LW_NOTIFY_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	int dir = openat(state_fd, LW_NOTIFY_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return dir < 0 ? -errno : dir;
}

int lw_notify_open(int state_fd, const char *id, int *ret, struct lw_err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const int on = 1;
	_cleanup_close_ int dir = open_dir(state_fd);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (dir < 0 || fd < 0)
		return lw_fail(err, dir < 0 ? dir : -errno, "the socket for sd_notify: %s",
			       strerror(dir < 0 ? -dir : errno));
	snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/%.64s", dir, id);
	unlinkat(dir, id, 0);
	/* Whoever runs inside may write to it; outside nobody else gets as far as its directory. */
	if (bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 || fchmodat(dir, id, 0666, 0) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0)
		return lw_fail(err, -errno, "the socket for sd_notify: %s", strerror(errno));
	*ret = TAKE_FD(fd);
	return 0;
}

const char *lw_notify_path(const struct lw_host *h, const char *id)
{
	return lw_arena_printf(h->arena, "%s/" LW_NOTIFY_DIR "/%s", h->state_dir, id);
}

void lw_notify_close(int state_fd, const char *id, int *fd)
{
	if (*fd < 0)
		return;
	_cleanup_close_ int dir = open_dir(state_fd);
	if (dir >= 0)
		unlinkat(dir, id, 0);
	lw_close_p(fd);
}

unsigned lw_notify_tidy(int state_fd)
{
	_cleanup_(lw_closedir_p) DIR *d = lw_opendir_at(state_fd, LW_NOTIFY_DIR);
	struct dirent *e;
	unsigned found = 0;
	while (d && (e = readdir(d)))
		if (!lw_dot_name(e->d_name) && lw_socket_is_stale(dirfd(d), e->d_name))
			found += unlinkat(dirfd(d), e->d_name, 0) == 0;
	return found;
}

static bool same_namespace(pid_t pid, pid_t command, bool *ret_gone)
{
	char path[64];
	struct stat a, b;
	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)command);
	if (stat(path, &b) < 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
	*ret_gone = stat(path, &a) < 0;
	return !*ret_gone && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Is this user, as we see it, somebody inside? */
static bool mapped(uid_t uid, pid_t command)
{
	char path[64];
	_cleanup_free_ char *text = NULL;
	size_t n;
	unsigned inside, outside, count;
	int used;
	snprintf(path, sizeof path, "/proc/%d/uid_map", (int)command);
	if (lw_read_file(path, 65536, &text, &n) < 0)
		return false;
	for (const char *p = text; sscanf(p, "%u %u %u%n", &inside, &outside, &count, &used) == 3; p += used)
		if (uid >= outside && uid - outside < count)
			return true;
	return false;
}

/* The kernel says who sent it, in our numbers. One who has ended since (systemd-notify(1)) is known by its user. */
static bool belongs(const struct ucred *who, pid_t command)
{
	bool gone = false;
	if (who->pid <= 0 || command <= 0)
		return false;
	return same_namespace(who->pid, command, &gone) || (gone && mapped(who->uid, command));
}

static void drop_descriptors(const struct cmsghdr *c)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (size_t i = 0; i < n; i++) {
		int fd;
		memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
		close(fd);
	}
}

/* 1 a message, 0 not one of ours, negative errno. */
static int receive(int fd, pid_t command, struct lw_notice *ret)
{
	char text[LW_NOTIFY_MAX];
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(253 * sizeof(int))]; /* SCM_MAX_FD */
	} control;
	struct iovec iov = { text, sizeof text };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof control.buf
	};
	struct ucred who = { 0 };
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			drop_descriptors(c);
		else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS &&
			 c->cmsg_len == CMSG_LEN(sizeof who))
			memcpy(&who, CMSG_DATA(c), sizeof who);
	}
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || !belongs(&who, command))
		return 0;
	lw_notify_parse(text, (size_t)n, ret);
	return ret->said != 0;
}

int lw_notify_next(int fd, pid_t command, struct lw_notice *ret)
{
	int r;
	do
		r = receive(fd, command, ret);
	while (r == -EINTR);
	return r > 0 ? 1 : r == 0 ? -EAGAIN : 0;
}

/* --- passing on --- */

void lw_notify_relay(const char *to, const struct lw_notice *n)
{
	static const struct {
		unsigned bit;
		const char *line;
	} words[] = {
		{ LW_NOTIFY_READY, "READY=1\n" },
		{ LW_NOTIFY_RELOADING, "RELOADING=1\n" },
		{ LW_NOTIFY_STOPPING, "STOPPING=1\n" },
		{ LW_NOTIFY_WATCHDOG, "WATCHDOG=1\n" },
	};
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char text[LW_NOTIFY_STATUS_MAX + 128] = "";
	size_t len = to ? strlen(to) : 0;
	if (!len || len >= sizeof at.sun_path || (*to != '/' && *to != '@'))
		return;
	memcpy(at.sun_path, to, len);
	if (*to == '@')
		at.sun_path[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (n->said & words[i].bit)
			strcat(text, words[i].line);
	if (n->said & LW_NOTIFY_STATUS)
		snprintf(text + strlen(text), sizeof text - strlen(text), "STATUS=%s\n", n->status);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && *text)
		(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&at,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}
