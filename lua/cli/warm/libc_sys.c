/* libc_sys.c: the system calls of libc.c: what libc's wrappers of them do, without libc. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>
#include "sys.h"

static int error_number;

int *__errno_location(void)
{
	return &error_number;
}

static long result(long r)
{
	if (r >= 0)
		return r;
	error_number = (int)-r;
	return -1;
}

/* --- files --- */

int openat(int at, const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0;
	va_end(ap);
	return (int)result(SYS(openat, at, path, flags, mode));
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0;
	va_end(ap);
	return (int)result(SYS(openat, AT_FDCWD, path, flags, mode));
}

int close(int fd)
{
	return (int)result(SYS(close, fd));
}

ssize_t read(int fd, void *buf, size_t n)
{
	return result(SYS(read, fd, buf, n));
}

ssize_t write(int fd, const void *buf, size_t n)
{
	return result(SYS(write, fd, buf, n));
}

int fcntl(int fd, int what, ...)
{
	va_list ap;
	va_start(ap, what);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return (int)result(SYS(fcntl, fd, what, arg));
}

int fstat(int fd, struct stat *st)
{
	return (int)result(SYS(newfstatat, fd, "", st, AT_EMPTY_PATH));
}

int fstatat(int at, const char *restrict path, struct stat *restrict st, int flags)
{
	return (int)result(SYS(newfstatat, at, path, st, flags));
}

int stat(const char *restrict path, struct stat *restrict st)
{
	return fstatat(AT_FDCWD, path, st, 0);
}

int fstatfs(int fd, struct statfs *fs)
{
	return (int)result(SYS(fstatfs, fd, fs));
}

int access(const char *path, int mode)
{
	return (int)result(SYS(faccessat, AT_FDCWD, path, mode));
}

int mkdir(const char *path, mode_t mode)
{
	return (int)result(SYS(mkdirat, AT_FDCWD, path, mode));
}

int rmdir(const char *path)
{
	return (int)result(SYS(unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t n)
{
	return result(SYS(readlinkat, AT_FDCWD, path, buf, n));
}

/* By way of a descriptor: the kernel resolves, and tells where it came to. `to` is given. */
char *realpath(const char *restrict path, char *restrict to)
{
	char link[32];
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, to, 4095);
	close(fd);
	if (n < 0)
		return NULL;
	to[n] = '\0';
	return to;
}

/* The kernel's records are what struct dirent describes. */
struct __dirstream {
	int fd;
	long at, n;
	char buf[2048] __attribute__((aligned(16)));
};

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : calloc(1, sizeof *d);
	if (d)
		d->fd = fd;
	else if (fd >= 0)
		close(fd);
	return d;
}

struct dirent *readdir(DIR *d)
{
	if (d->at == d->n) {
		d->at = 0;
		d->n = SYS(getdents64, d->fd, d->buf, sizeof d->buf);
		if (d->n <= 0)
			return d->n = 0, NULL;
	}
	struct dirent *e = (struct dirent *)(void *)(d->buf + d->at);
	d->at += e->d_reclen;
	return e;
}

int closedir(DIR *d)
{
	int r = close(d->fd);
	free(d);
	return r;
}

/* --- processes, signals, sockets, time --- */

pid_t getpid(void)
{
	return (pid_t)SYS(getpid);
}

pid_t getppid(void)
{
	return (pid_t)SYS(getppid);
}

uid_t geteuid(void)
{
	return (uid_t)SYS(geteuid);
}

int kill(pid_t pid, int sig)
{
	return (int)result(SYS(kill, pid, sig));
}

/* Only asked what is in force. The kernel's structure begins with the handler. */
int sigaction(int sig, const struct sigaction *restrict new, struct sigaction *restrict old)
{
	uint64_t kernel[4] = { 0 };
	if (new) {
		error_number = ENOSYS;
		return -1;
	}
	long r = result(SYS(rt_sigaction, sig, NULL, kernel, 8));
	if (r >= 0)
		old->sa_handler = (__sighandler_t)kernel[0];
	return (int)r;
}

int sigemptyset(sigset_t *set)
{
	memset(set, 0, sizeof *set);
	return 0;
}

int sigaddset(sigset_t *set, int sig)
{
	set->__val[0] |= 1UL << (sig - 1);
	return 0;
}

int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return (int)result(SYS(rt_sigprocmask, how, set, old, 8));
}

int signalfd(int fd, const sigset_t *set, int flags)
{
	return (int)result(SYS(signalfd4, fd, set, 8, flags));
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	return (int)result(SYS(ppoll, fds, n, ms < 0 ? NULL : &t, NULL, 8));
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *wait, const sigset_t *mask)
{
	struct timespec t = { 0 };
	if (wait)
		t = *wait; /* the kernel writes what is left */
	return (int)result(SYS(ppoll, fds, n, wait ? &t : NULL, mask, 8));
}

int socketpair(int domain, int type, int protocol, int pair[2])
{
	return (int)result(SYS(socketpair, domain, type, protocol, pair));
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	return result(SYS(sendto, fd, buf, n, flags, NULL, 0));
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	return result(SYS(recvfrom, fd, buf, n, flags, NULL, NULL));
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	return result(SYS(recvmsg, fd, msg, flags));
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	return (int)result(SYS(setsockopt, fd, level, name, value, n));
}

ssize_t getrandom(void *buf, size_t n, unsigned flags)
{
	return result(SYS(getrandom, buf, n, flags));
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	return (int)result(SYS(clock_gettime, clock, ret));
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
	return (int)result(SYS(nanosleep, t, left));
}
