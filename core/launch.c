/* launch.c: the walk of a plan as the parent: host operations, the clone, the handover. The child side is child.c; the
 * words for what went wrong there are launch_words.c's. */
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "child_join.h"
#include "init.h"
#include "launch_words.h"
#include "listen.h"
#include "instance_private.h"
#include "sys.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#define SET_UP_SECONDS 30 /* nothing in set-up waits for anybody else: longer than this is a fault */

static int make_id(char id[static 65], const char *given)
{
	uint8_t bytes[32];
	if (given) {
		snprintf(id, 65, "%s", given);
		return 0;
	}
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return -errno;
	lw_hex(bytes, sizeof bytes, id);
	return 0;
}

/* pid 1's program in a memfd nobody can change: what /proc/1/exe shows is neither ours nor writable (CVE-2019-5736). */
static int make_image(unsigned flags, const void *bytes, size_t n)
{
	int fd = (int)SYS(memfd_create, "lunward-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
	if (fd == -EINVAL) /* before Linux 6.3 every memfd is executable */
		fd = (int)SYS(memfd_create, "lunward-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return fd;
	int r = lw_write_full(fd, bytes, n);
	if (r >= 0)
		r = (int)SYS(fcntl, fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int make_init_image(void)
{
	int fd = make_image(MFD_EXEC, lw_init_image, lw_init_image_size);
	/* Not readable by those inside: the kernel then keeps init from being dumped or traced from its first
	 * instruction on, even by somebody with CAP_SYS_PTRACE there (would_dump() in its fs/exec.c). */
	int r = fd < 0 ? fd : (int)SYS(fchmod, fd, 0111);
	if (fd >= 0 && r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

/* Internal descriptors stay clear of 0-2, whatever the caller has closed. */
static int high(int fd)
{
	if (fd < 0 || fd > 2)
		return fd;
	int r = (int)SYS(fcntl, fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return r;
}

static int make_channels(struct lw_instance *s, struct lw_run *run, int *ret_sync)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	*ret_sync = run->outer[0] = high(pair[0]);
	run->sync = high(pair[1]);
	/* Who says something is known by the kernel's word, even if it has ended by the time it is read. */
	setsockopt(*ret_sync, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int));
	if (!run->plan->init)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	s->control = run->outer[1] = high(pair[0]);
	run->control = high(pair[1]);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	run->ready_read = high(pair[0]);
	run->ready_write = high(pair[1]);
	run->init_image = high(make_init_image());
	return run->init_image < 0 ? run->init_image : 0;
}

static int last_step_text(const struct lw_run *run, struct lw_text *t)
{
	const struct lw_plan *p = run->plan;
	bool late = p->no_new_privileges;
	const struct lw_filter *first = run->notify ? &run->notify[0] : &p->filter;
	struct lw_last_step head = { .n_insns = late ? first->n : 0, .n_listen = (uint32_t)run->n_listen };
	if (late && run->notify)
		head.n_second = run->notify[1].n;
	for (size_t i = 0; i < p->n_ops; i++) {
		if (p->ops[i].kind == LW_OP_SECCOMP) {
			head.seccomp_op = (uint32_t)i;
			head.seccomp_log = p->ops[i].str[0] != NULL;
		}
		if (p->ops[i].kind == LW_OP_EXEC)
			head.exec_op = (uint32_t)i;
	}
	for (char *const *path = p->exec_paths; *path; path++)
		head.n_paths++;
	lw_text_addn(t, (const char *)&head, sizeof head);
	lw_text_addn(t, (const char *)first->insns, head.n_insns * sizeof *first->insns);
	if (head.n_second)
		lw_text_addn(t, (const char *)run->notify[1].insns, head.n_second * sizeof *first->insns);
	for (char *const *path = p->exec_paths; *path; path++)
		lw_text_addn(t, *path, strlen(*path) + 1);
	return t->failed ? -ENOMEM : t->len >= LW_LAST_STEP_MAX ? -E2BIG : 0;
}

/* Where the host's root is inside, the command's files could name and change this very program through /proc/self/exe
 * (CVE-2019-5736): set-up then leaves the last step to the sealed one. Elsewhere the ids inside may not write it. */
static int make_last_step(struct lw_run *run)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	if (!lw_plan_host_root_inside(run->plan))
		return 0;
	int r = last_step_text(run, &t);
	if (r >= 0 && run->init_image < 0)
		r = run->init_image = high(make_init_image());
	if (r >= 0)
		r = run->last_step = high(make_image(0, t.buf, t.len));
	return r < 0 ? r : 0;
}

static void close_run(struct lw_run *run)
{
	int *const fds[] = { &run->sync,        &run->control,    &run->ready_read, &run->network,
			     &run->ready_write, &run->init_image, &run->last_step };
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		lw_close_p(fds[i]);
	for (int i = 0; i < run->plan->n_fds; i++)
		lw_close_p(&run->fd[i]);
}

static int do_clone(struct lw_instance *s, struct lw_run *run, uint64_t flags, struct lw_err *err)
{
	uint64_t all = ~UINT64_C(0), before;
	/* No exit signal until init is executed, which brings SIGCHLD back. A host program whose own waitpid(-1) then
	 * takes init's status takes nothing from us: the command's comes over the control socket. */
	struct clone_args args = { .flags = flags | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&s->pidfd };
	if (!run->plan->init && run->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)run->cgroup;
	}
	/* Signals wait until the child has set its own dispositions: a handler of the host program must not run there.
	 */
	SYS(rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
	struct clone_args plain = { .flags = CLONE_PIDFD, .pidfd = args.pidfd };
	long pid = SYS(clone3, run->joins ? &plain : &args, sizeof args);
	if (pid == 0 && run->joins)
		lw_child_join(run, &args);
	if (pid == 0)
		lw_child_main(run);
	SYS(rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
	if (pid < 0) {
		lw_fail(err, (int)pid, "creating the namespaces: %s", strerror((int)-pid));
		if (pid == -EPERM)
			lw_err_hint(err, "unprivileged user namespaces are switched off here; see `lunward doctor`");
		else if (pid == -ENOSPC || pid == -EUSERS)
			lw_err_hint(err, "a limit in /proc/sys/user/max_*_namespaces is reached");
		return (int)pid;
	}
	s->pid = (pid_t)pid;
	return 0;
}

struct message {
	struct lw_report report;
	int fd;    /* what came with it, or -1 */
	pid_t pid; /* who sent it, as we see it; 0: unknown */
};

/* CMSG_NXTHDR, which is a function of libc's. */
static struct cmsghdr *next_control(const struct msghdr *msg, const struct cmsghdr *c)
{
	char *next = (char *)c + CMSG_ALIGN(c->cmsg_len), *end = (char *)msg->msg_control + msg->msg_controllen;
	return next + sizeof *c <= end ? (struct cmsghdr *)next : NULL;
}

/* 1 a message, 0 end of file, negative errno. */
static int receive(int sync, struct message *m)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { &m->report, sizeof m->report };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof control.buf
	};
	m->fd = -1;
	m->pid = 0;
	bool reset = false;
	ssize_t n;
	/* Who dies without having read our word leaves a reset, which comes before what was said last. */
	do {
		n = recvmsg(sync, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !reset && (reset = true))));
	if (n <= 0)
		return n < 0 ? -errno : 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = next_control(&msg, c)) {
		struct ucred from;
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			memcpy(&m->fd, CMSG_DATA(c), sizeof m->fd);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&from, CMSG_DATA(c), sizeof from);
			m->pid = from.pid;
		}
	}
	return n == sizeof m->report && m->report.magic == LW_REPORT_MAGIC ? 1 : -EPROTO;
}

/* The process that joined namespaces is done: what it made takes its place. */
static int take_first(struct lw_instance *s, int pidfd, struct lw_err *err)
{
	siginfo_t info;
	SYS(waitid, P_PIDFD, s->pidfd, &info, WEXITED | __WALL, NULL);
	lw_close_p(&s->pidfd);
	s->pidfd = pidfd;
	errno = 0;
	s->pid = lw_pid_of(pidfd);
	int r = errno ? -errno : -ESRCH;
	return s->pid > 0 ? 1 : lw_fail(err, r, "finding the sandbox's first process: %s", strerror(-r));
}

/* One message: 1 go on, 0 end of file, negative: failed. */
static int take_message(struct lw_instance *s, const struct lw_plan *p, int sync, bool *ret_exec, struct lw_err *err)
{
	struct message m;
	/* Set-up may have to be answered before it can say anything. */
	if (lw_denials_serve_until(s->denials, sync, SET_UP_SECONDS * 1000) && !s->denied)
		lw_instance_deny(s);
	int r = receive(sync, &m);
	if (r == -EAGAIN)
		return lw_fail(err, -ETIMEDOUT, "set-up did not finish within %d seconds", SET_UP_SECONDS);
	if (r < 0)
		lw_close_p(&m.fd);
	if (r <= 0)
		return r < 0 ? lw_fail(err, r, "following set-up: %s", strerror(-r)) : 0;
	switch (m.report.kind) {
	case LW_REPORT_HELLO:
		lw_close_p(&s->command_fd);
		s->command_fd = m.fd;
		return 1;
	case LW_REPORT_CLONED:
		return take_first(s, m.fd, err);
	case LW_REPORT_NETWORK:
		lw_close_p(&s->network);
		s->network = m.fd;
		return 1;
	case LW_REPORT_PTY:
		lw_close_p(&s->pty);
		s->pty = m.fd;
		return 1;
	case LW_REPORT_LISTENER:
		lw_denials_listen(s->denials, m.fd);
		return 1;
	case LW_REPORT_EXEC:
		*ret_exec = true;
		if (m.pid > 0)
			s->command = m.pid;
		lw_close_p(&m.fd);
		return 1;
	default:
		lw_close_p(&m.fd);
		return lw_launch_failed(p, &m.report, err);
	}
}

/* Until the socket closes: that is exec's success, or the end of a child that could not even say why. */
static int follow(struct lw_instance *s, const struct lw_plan *p, int sync, struct lw_err *err)
{
	bool exec_follows = false;
	int r;
	while ((r = take_message(s, p, sync, &exec_follows, err)) > 0)
		;
	if (r == 0 && !exec_follows)
		return lw_fail(err, -ECHILD, "set-up ended without saying why (was it killed?)");
	return r;
}

/* Who sets up is told by the future init as soon as it has made it; waited for only where an operation needs it. */
static int greet(struct lw_instance *s, const struct lw_plan *p, int sync, struct lw_err *err)
{
	bool exec = false;
	int r = 1;
	while (r > 0 && s->command_fd < 0)
		r = take_message(s, p, sync, &exec, err);
	return r == 0 ? lw_fail(err, -ECHILD, "set-up ended before it began") : r < 0 ? r : 0;
}

/* The namespace of an interface that is to be made, waited for: where an init makes it, set-up goes on meanwhile. Both
 * of them wait for a word each; whoever takes the first, nothing of the payload runs before the second, which comes
 * when the network is whole. What set-up writes to /proc/sys/net may be about the interface: then it waits, too. */
static int meet_network(struct lw_instance *s, struct lw_run *run, int sync, int *told, struct lw_err *err)
{
	const struct lw_plan *p = run->plan;
	bool exec = false;
	int r = 1;
	if (p->init && !p->sysctls && !*told && send(sync, "", 1, MSG_NOSIGNAL) == 1)
		*told = 1;
	while (r > 0 && s->network < 0)
		r = take_message(s, p, sync, &exec, err);
	if (r <= 0)
		return r == 0 ? lw_fail(err, -ECHILD, "set-up ended before there was a network") : r;
	run->network = TAKE_FD(s->network);
	return 0;
}

/* Waits until the process that joins namespaces has made the sandbox's first one. */
static int await_first(struct lw_instance *s, const struct lw_plan *p, int sync, struct lw_err *err)
{
	pid_t joiner = s->pid;
	bool exec = false;
	int r = 1;
	while (r > 0 && s->pid == joiner) {
		/* Its end alone does not close the socket: what it has made has that, too, and waits for us. */
		struct pollfd fds[] = { { .fd = sync, .events = POLLIN }, { .fd = s->pidfd, .events = POLLIN } };
		do
			r = (int)SYS(ppoll, fds, 2, NULL, NULL, 0);
		while (r == -EINTR);
		if (r < 0)
			return lw_fail(err, r, "following set-up: %s", strerror(-r));
		if (fds[1].revents && !fds[0].revents) {
			fds[1].fd = -1;
			struct timespec at_once = { 0 };
			SYS(ppoll, fds, 1, &at_once, NULL, 0);
		}
		r = fds[0].revents ? take_message(s, p, sync, &exec, err) : 0;
	}
	return r == 0 ? lw_fail(err, -ECHILD, "joining namespaces ended without saying why") : r < 0 ? r : 0;
}

/* An act of the host's on a child that has ended already fails in words of its own: what the child said is the cause.
 * Whoever is still there says nothing before it is told to go on. */
static int child_said(struct lw_instance *s, const struct lw_plan *p, int sync, struct lw_err *err)
{
	struct lw_err said = { 0 };
	bool exec = false;
	int r = 1;
	while (r > 0) {
		struct pollfd fd = { .fd = sync, .events = POLLIN };
		struct timespec at_once = { 0 };
		r = (int)SYS(ppoll, &fd, 1, &at_once, NULL, 0);
		if (r > 0)
			r = take_message(s, p, sync, &exec, &said);
	}
	if (said.code && err)
		*err = said;
	return -said.code;
}

/* Before the command is told to go on: until then it ends with us by itself. */
static int guard(struct lw_instance *s, struct lw_err *err)
{
	int r = lw_guard_begin(s->pidfd, s->host.lease, &s->guard);
	return r < 0 ? lw_fail(err, r, "the process that ends the command with us: %s", strerror(-r)) : 0;
}

static int walk(struct lw_instance *s, const struct lw_plan *p, struct lw_run *run, struct lw_err *err)
{
	_cleanup_close_ int sync = -1;
	int r = 0, told = 0;
	for (size_t i = 0; i < p->n_ops && r >= 0; i++) {
		const struct lw_op *op = &p->ops[i];
		if (op->side != LW_SIDE_HOST)
			continue;
		if (op->kind == LW_OP_CLONE) {
			run->lease = s->host.lease;
			r = make_channels(s, run, &sync);
			if (r >= 0)
				r = make_last_step(run);
			if (r < 0)
				return lw_fail(err, r, "preparing the clone: %s", strerror(-r));
			r = do_clone(s, run, (uint64_t)op->num[0], err);
			lw_close_p(&run->sync);
			struct timeval limit = { .tv_sec = SET_UP_SECONDS };
			setsockopt(sync, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
			if (r >= 0 && run->joins)
				r = await_first(s, p, sync, err);
			if (r >= 0 && !p->init) {
				s->command = s->pid;
				s->command_fd = (int)SYS(fcntl, s->pidfd, F_DUPFD_CLOEXEC, 3);
				r = r < 0 ? r : guard(s, err);
			}
		} else {
			if (op->kind == LW_OP_RLIMIT_RAISE)
				r = greet(s, p, sync, err);
			else if (op->kind == LW_OP_NETWORK_LINK)
				r = meet_network(s, run, sync, &told, err);
			if (r >= 0)
				r = lw_host_apply(run, &s->host, op, s->pid,
						  op->kind == LW_OP_RLIMIT_RAISE ? lw_instance_pid(s) : -1, err);
		}
		int said = r < 0 && sync >= 0 ? child_said(s, p, sync, err) : 0;
		if (said < 0)
			return said;
		if (r < 0) {
			lw_err_at(err, op->origin);
			if (err && !err->path[0] && *op->key)
				lw_err_in(err, "%s", op->key);
			return r;
		}
	}
	/* One word for the process that sets up, one for init. Who is gone has said why. */
	for (; told < 1 + p->init; told++)
		if (send(sync, "", 1, MSG_NOSIGNAL) != 1) {
			if (errno == EPIPE || errno == ECONNRESET)
				break;
			return lw_fail(err, -errno, "handing over to set-up: %s", strerror(errno));
		}
	return follow(s, p, sync, err);
}

/* The listener is one more thing to look at: all of it behind one descriptor. */
static int watch(struct lw_instance *s, struct lw_err *err)
{
	const int fds[] = { lw_instance_pollfd(s), lw_denials_fd(s->denials) };
	if (fds[1] < 0)
		return 0;
	s->watch = (int)SYS(epoll_create1, EPOLL_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LEN(fds) && s->watch >= 0; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.fd = fds[i] };
		int r = (int)SYS(epoll_ctl, s->watch, EPOLL_CTL_ADD, fds[i], &e);
		if (r < 0)
			return lw_fail(err, r, "epoll: %s", strerror(-r));
	}
	return s->watch < 0 ? lw_fail(err, s->watch, "epoll: %s", strerror(-s->watch)) : 0;
}

int lw_plan_launch(const struct lw_plan *p, const struct lw_instance_options *o, struct lw_instance **ret,
		   struct lw_err *err)
{
	if (!p->argv)
		return lw_launch_no_command(p, err);
	struct lw_instance *s = calloc(1, sizeof *s);
	_cleanup_free_ int *slots = malloc(sizeof(int) * (size_t)(p->n_fds ? p->n_fds : 1));
	if (!s || !slots) {
		free(s);
		return lw_fail(err, -ENOMEM, "out of memory");
	}
	for (int i = 0; i < p->n_fds; i++)
		slots[i] = -1;
	*s = (struct lw_instance){ .pid = -1,
				   .command = -1,
				   .pidfd = -1,
				   .command_fd = -1,
				   .control = -1,
				   .pty = -1,
				   .network = -1,
				   .watch = -1,
				   .guard = LW_GUARD_NONE,
				   .host.lease = -1 };
	struct lw_run run = {
		.plan = p,
		.id = s->host.id,
		.fd = slots,
		.sync = -1,
		.outer = { -1, -1 },
		.network = -1,
		.address_lease = -1,
		.control = -1,
		.ready_read = -1,
		.ready_write = -1,
		.init_image = -1,
		.last_step = -1,
		.lease = -1,
		.cgroup = -1,
	};
	for (int i = 0; i < 3; i++)
		run.stdio[i] = o ? o->stdio[i] : i;
	if (o && o->sockets) {
		run.listen = o->sockets->fd;
		run.n_listen = o->sockets->n;
	}
	s->usage = o && o->usage;
	clock_gettime(CLOCK_MONOTONIC, &s->started);
	int r = make_id(s->host.id, o ? o->id : NULL);
	if (r < 0)
		lw_fail(err, r, "getrandom: %s", strerror(-r));
	else if (o && o->denials)
		r = lw_denials_new(p, o->denials == LW_DENIALS_KILL, o->on_denial, o->arg, &s->denials, err);
	run.notify = lw_denials_filters(s->denials);
	if (r >= 0)
		r = walk(s, p, &run, err);
	if (r >= 0)
		r = watch(s, err);
	close_run(&run);
	if (r < 0) {
		lw_instance_close(s);
		return r;
	}
	*ret = s;
	return 0;
}
