/* denial_reader.c: see denial_reader.h. The process has the caller's rights and nothing open but its socket, and ends
 * when that closes. */
#include "denial_reader.h"

#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "sys.h"

#define PATIENCE_MSEC 100
#define PAGE 4096

struct request {
	int32_t pid; /* 0: `text` is a path of the host's */
	uint64_t address;
	char text[LW_READER_TEXT];
};
struct reply {
	int32_t result;
	char text[LW_READER_TEXT];
};

static int read_string(const struct request *q, char text[static LW_READER_TEXT])
{
	struct iovec local = { text, LW_READER_TEXT };
	/* What lies behind the page's end may not be there. */
	size_t first = PAGE - (size_t)(q->address % PAGE);
	if (first > LW_READER_TEXT)
		first = LW_READER_TEXT;
	struct iovec remote[2] = { { (void *)(uintptr_t)q->address, first },
				   { (void *)(uintptr_t)(q->address + first), LW_READER_TEXT - first } };
	long n = SYS(process_vm_readv, q->pid, &local, 1, remote, 2, 0);
	if (n <= 0)
		return n < 0 ? (int)n : -EFAULT;
	const char *end = memchr(text, 0, (size_t)n);
	return end ? (int)(end - text) : -ENAMETOOLONG;
}

static int read_mode(const char *path)
{
	struct stat st;
	return fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 ? -errno : (int)st.st_mode;
}

static _Noreturn void serve(int sock)
{
	struct request q;
	struct reply a = { 0 };
	SYS(dup3, sock, 0, 0);
	SYS(close_range, 1, ~0U, 0);
	while (SYS(recvfrom, 0, &q, sizeof q, 0, NULL, NULL) == sizeof q) {
		q.text[sizeof q.text - 1] = 0;
		a.result = q.pid ? read_string(&q, a.text) : read_mode(q.text);
		if (SYS(sendto, 0, &a, sizeof a, MSG_NOSIGNAL, NULL, 0) < 0)
			break;
	}
	for (;;)
		SYS(exit_group, 0);
}

int lw_reader_start(struct lw_reader *r)
{
	int pair[2];
	struct clone_args args = { 0 };
	*r = (struct lw_reader){ .sock = -1, .pid = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	long pid = SYS(clone3, &args, sizeof args);
	if (pid == 0) {
		close(pair[0]);
		if (pair[1] == 0)
			pair[1] = (int)SYS(fcntl, pair[1], F_DUPFD_CLOEXEC, 1);
		serve(pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return (int)pid;
	}
	*r = (struct lw_reader){ .sock = pair[0], .pid = (pid_t)pid };
	return 0;
}

void lw_reader_stop(struct lw_reader *r)
{
	lw_close_p(&r->sock);
	if (r->pid > 0) {
		/* Our child until it is waited for: the number is its own. */
		SYS(kill, r->pid, SIGKILL);
		SYS(wait4, r->pid, NULL, __WALL, NULL);
	}
	r->pid = -1;
}

static int ask(struct lw_reader *r, const struct request *q, struct reply *a)
{
	struct pollfd p = { .fd = r->sock, .events = POLLIN };
	if (r->sock < 0)
		return -ENOTCONN;
	if (send(r->sock, q, sizeof *q, MSG_NOSIGNAL) != sizeof *q || poll(&p, 1, PATIENCE_MSEC) != 1 ||
	    recv(r->sock, a, sizeof *a, 0) != sizeof *a) {
		lw_reader_stop(r);
		return -ETIMEDOUT;
	}
	return a->result;
}

int lw_reader_string(struct lw_reader *r, pid_t pid, uint64_t address, char text[static LW_READER_TEXT])
{
	struct request q = { .pid = pid, .address = address };
	struct reply a;
	int n = pid > 0 ? ask(r, &q, &a) : -ESRCH;
	if (n >= 0)
		memcpy(text, a.text, LW_READER_TEXT);
	return n;
}

int lw_reader_mode(struct lw_reader *r, const char *path)
{
	struct request q = { 0 };
	struct reply a;
	size_t n = strlen(path);
	if (n >= sizeof q.text)
		return -ENAMETOOLONG;
	memcpy(q.text, path, n + 1);
	return ask(r, &q, &a);
}
