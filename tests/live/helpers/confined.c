/* confined.c: tries what Landlock, hardening and labels refuse, and says how it went: "ok" or the errno's name.
 *
 *   confined wx|gain_x            memory writable and executable at once; made executable after it was writable
 *   confined connect|bind PORT    TCP, on the loopback
 *   confined abstract NAME        connects to the abstract socket of that name
 *   confined serve NAME           listens on it, says "listening", until its standard input ends
 *   confined truncate|rename FILE [TO]
 *   confined signal PID           signal 0
 *   confined rdtsc                reads the time-stamp counter
 *
 * Knows nothing of lunward: the same program run outside is the counter-proof. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int say(int r)
{
	puts(r < 0 ? strerrorname_np(errno) : "ok");
	return r < 0;
}

static int map(int prot)
{
	return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int gain_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int tcp(const char *port, int (*call)(int fd, const struct sockaddr *a, socklen_t n))
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(port)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return call(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&a, sizeof a);
}

static int abstract(const char *name, int (*call)(int fd, const struct sockaddr *a, socklen_t n), int *ret_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(name);
	memcpy(a.sun_path + 1, name, n);
	*ret_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	return call(*ret_fd, (const struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
}

static int do_connect(int fd, const struct sockaddr *a, socklen_t n)
{
	return connect(fd, a, n);
}
static int do_bind(int fd, const struct sockaddr *a, socklen_t n)
{
	return bind(fd, a, n);
}

static int serve(const char *name)
{
	int fd;
	char c;
	if (abstract(name, do_bind, &fd) < 0 || listen(fd, 8) < 0)
		return say(-1);
	puts("listening");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}

static int rdtsc(void)
{
#ifdef __x86_64__
	__asm__ volatile("rdtsc" : : : "eax", "edx");
	return 0;
#else
	errno = ENOSYS;
	return -1;
#endif
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";
	int fd;
	if (!strcmp(what, "wx"))
		return say(map(PROT_READ | PROT_WRITE | PROT_EXEC));
	if (!strcmp(what, "gain_x"))
		return say(gain_exec());
	if (!strcmp(what, "connect"))
		return say(tcp(arg, do_connect));
	if (!strcmp(what, "bind"))
		return say(tcp(arg, do_bind));
	if (!strcmp(what, "abstract"))
		return say(abstract(arg, do_connect, &fd));
	if (!strcmp(what, "serve"))
		return serve(arg);
	if (!strcmp(what, "truncate"))
		return say(truncate(arg, 0));
	if (!strcmp(what, "rename") && argc == 4)
		return say(rename(arg, argv[3]));
	if (!strcmp(what, "signal"))
		return say(kill(atoi(arg), 0));
	if (!strcmp(what, "rdtsc"))
		return say(rdtsc());
	return 2;
}
