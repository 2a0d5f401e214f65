/* main.c: lunward-resolver DIRECTORY TABLE GATEWAY4|- GATEWAY6|-: resolves names for the sandboxes of one network, as
 * the policies in the directory have it, and ends with the last of them. Whoever launches a sandbox writes its policy,
 * then executes this: where one is at work already, there is nothing to do. Exits once it is at work. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "base/cleanup.h"
#include "resolver/resolver.h"
#include "sys.h"

struct run {
	int dir;
	const char *table;
	struct lw_ip gateway[2];
	int socket[RESOLVER_SOCKETS];
	int worker;
	pid_t pid;
};

static int bind_one(const struct lw_ip *ip, int type, int *ret, struct lw_err *err)
{
	struct sockaddr_storage a = { .ss_family = (sa_family_t)ip->family };
	char text[LW_IP_MAX];
	int one = 1;
	_cleanup_close_ int fd = socket(ip->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len;
	if (ip->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)&a;
		in->sin_port = htons(RESOLVER_PORT);
		memcpy(&in->sin_addr, ip->bytes, 4);
		len = sizeof *in;
	} else {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a;
		in6->sin6_port = htons(RESOLVER_PORT);
		memcpy(&in6->sin6_addr, ip->bytes, 16);
		len = sizeof *in6;
	}
	/* FREEBIND: the bridge gets its address, or IPv6 makes up its mind about it, at its own time. */
	if (fd < 0 || setsockopt(fd, SOL_IP, IP_FREEBIND, &one, sizeof one) < 0 ||
	    (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0) ||
	    bind(fd, (struct sockaddr *)&a, len) < 0 || (type == SOCK_STREAM && listen(fd, 64) < 0)) {
		int r = -errno;
		lw_fail(err, r, "names cannot be served on %s, port %d: %s", lw_ip_format_host(ip, text), RESOLVER_PORT,
			strerror(-r));
		if (r == -EADDRINUSE)
			lw_err_hint(err, "a name server of the host listens on every address; bind it to its own");
		return r;
	}
	*ret = TAKE_FD(fd);
	return 0;
}

static void close_all(struct run *r)
{
	for (int i = 0; i < RESOLVER_SOCKETS; i++)
		lw_close_p(&r->socket[i]);
	lw_close_p(&r->worker);
}

static int begin(struct run *r, struct lw_err *err)
{
	int pair[2];
	for (int i = 0; i < 2; i++) {
		if (!r->gateway[i].family)
			continue;
		int v = bind_one(&r->gateway[i], SOCK_DGRAM, &r->socket[2 * i], err);
		if (v >= 0)
			v = bind_one(&r->gateway[i], SOCK_STREAM, &r->socket[2 * i + 1], err);
		if (v < 0)
			return v;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return lw_fail(err, -errno, "socketpair: %s", strerror(errno));
	r->pid = fork();
	if (r->pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return lw_fail(err, -errno, "fork: %s", strerror(errno));
	}
	if (r->pid == 0) {
		close(pair[0]);
		close(r->dir);
		prctl(PR_SET_NAME, "lunward-names");
		if (resolver_confine() >= 0)
			resolver_work(pair[1], r->socket);
		_exit(1);
	}
	close(pair[1]);
	r->worker = pair[0];
	return 0;
}

static void end(struct run *r)
{
	close_all(r); /* the worker sees that, and ends */
	if (r->pid > 0)
		(void)waitpid(r->pid, NULL, 0);
	r->pid = 0;
}

/* Descriptors, session, directory of the caller. */
static int leave_caller(const struct run *r)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || setsid() < 0 || chdir("/") < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		if (i != r->dir && dup2(null, i) < 0)
			return -errno;
	close(null);
	umask(077);
	return 0;
}

/* Nobody else is at work. Whoever finds the lock taken has written its policy before: the holder looks again after it
 * has let go. */
static bool locked(int dir)
{
	return flock(dir, LOCK_EX | LOCK_NB) == 0;
}

static int serve(struct run *r)
{
	struct lw_err err;
	for (;;) {
		int v = resolver_keep(r->worker, r->dir, r->table, &err);
		end(r);
		flock(r->dir, LOCK_UN);
		if (!resolver_needed(r->dir) || !locked(r->dir))
			return 0;
		/* The worker ended, of something that it read; who sent that shall not keep this machine busy. */
		if (v < 0)
			nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
		if (begin(r, &err) < 0)
			return 1;
	}
}

static int gateway(const char *text, struct lw_ip *ret)
{
	return strcmp(text, "-") ? lw_ip_parse(text, ret) : 0;
}

static int try_ports(const struct run *r, struct lw_err *err)
{
	int v = 0;
	for (int i = 0; i < 2 && v >= 0; i++) {
		int probe = -1;
		if (r->gateway[i].family)
			v = bind_one(&r->gateway[i], SOCK_DGRAM, &probe, err);
		lw_close_p(&probe);
	}
	return v;
}

int main(int argc, char **argv)
{
	struct run r = { .dir = -1, .socket = { -1, -1, -1, -1 }, .worker = -1 };
	struct lw_err err = { 0 };
	char line[700];
	if (argc != 5 || gateway(argv[3], &r.gateway[0]) < 0 || gateway(argv[4], &r.gateway[1]) < 0) {
		fputs("usage: lunward-resolver DIRECTORY TABLE GATEWAY4|- GATEWAY6|-; lunward calls it\n", stderr);
		return 2;
	}
	SYS(close_range, 3, ~0U, 0);
	r.table = argv[2];
	r.dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r.dir < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	if (!locked(r.dir))
		return 0;
	/* The lock is this description's, which the child has, too. */
	signal(SIGPIPE, SIG_IGN);
	int bound = try_ports(&r, &err);
	/* One whose network went a moment ago lets go of them when it hears of it. */
	for (int i = 0; bound == -EADDRINUSE && i < 40; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 25000000 }, NULL);
		bound = try_ports(&r, &err);
	}
	pid_t pid = bound < 0 ? 0 : fork();
	if (bound < 0 || pid < 0) {
		fprintf(stderr, "%s\n", bound < 0 ? lw_err_format(&err, line, sizeof line) : strerror(errno));
		return 1;
	}
	if (pid > 0)
		_exit(0);
	if (leave_caller(&r) < 0 || begin(&r, &err) < 0)
		return 1;
	return serve(&r);
}
