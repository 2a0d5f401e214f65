/* handle.c: waiting for a sandbox that somebody else, its supervisor, minds. See handle.h. */
#include "lib/handle.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "supervise/control.h"
#include "sys.h"

#define CLOSE_MSEC 15000 /* for a supervisor to end everything; it takes milliseconds */

struct lw_sandbox *lw_handle_new(int state_fd, const char *id, const char *name)
{
	struct lw_sandbox *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->events = s->pidfd = -1;
	s->record = LW_RECORD_NONE;
	s->status.memory_peak_bytes = -1;
	s->state_fd = fcntl(state_fd, F_DUPFD_CLOEXEC, 3);
	snprintf(s->id, sizeof s->id, "%s", id);
	snprintf(s->name, sizeof s->name, "%s", name ? name : "");
	return s->state_fd < 0 ? lw_sandbox_close(s) : s;
}

const char *lw_sandbox_id(const struct lw_sandbox *s)
{
	return s->id;
}

const char *lw_sandbox_name(const struct lw_sandbox *s)
{
	return s->name;
}

pid_t lw_sandbox_pid(const struct lw_sandbox *s)
{
	return s->over ? 0 : s->pid;
}

int lw_sandbox_pollfd(const struct lw_sandbox *s)
{
	return s->events;
}

int lw_handle_record(struct lw_sandbox *s, struct lw_err *err)
{
	struct stat st;
	if (s->record.dir >= 0) {
		/* Without a name any more: it has been removed. */
		if (fstat(s->record.dir, &st) < 0 || !st.st_nlink)
			return lw_fail(err, -ESRCH, "%s has ended", s->name);
		lw_record_reload(&s->record);
		return 0;
	}
	int r = lw_record_find(s->state_fd, s->id, &s->record, err);
	return r == -ENOENT ? lw_fail(err, -ESRCH, "%s has ended", s->name) : r;
}

/* --- events --- */

/* End of file: the descriptor stays, readable for good, so that whoever polls it is woken and asks. */
static void gone(struct lw_sandbox *s)
{
	s->gone = true;
	/* Where this process adopts orphans the supervisor has become its child. */
	if (s->pidfd >= 0) {
		siginfo_t info;
		struct pollfd p = { .fd = s->pidfd, .events = POLLIN };
		poll(&p, 1, 1000);
		SYS(waitid, P_PIDFD, s->pidfd, &info, WEXITED | WNOHANG | __WALL, NULL);
	}
	if (s->over)
		s->seen |= LW_EVENT_ENDED;
	else if (!s->failed)
		s->failed = lw_fail(&s->err, -ECHILD, "the supervisor of %s ended without saying why (was it killed?)",
				    s->name);
}

static void take(struct lw_sandbox *s, const struct lw_control_event *e)
{
	switch (e->m.verb) {
	case LW_CONTROL_STARTED:
		s->pid = (pid_t)e->m.arg;
		s->seen |= LW_EVENT_STARTED;
		break;
	case LW_CONTROL_READY:
		s->seen |= LW_EVENT_READY;
		break;
	case LW_CONTROL_ENDED:
		s->status = e->status;
		s->over = true;
		break;
	case LW_CONTROL_FAILED:
		s->err = e->err;
		s->failed = e->m.result < 0 ? e->m.result : -ECHILD;
		break;
	default: /* of a later version */
		break;
	}
}

/* One message, if there is one: 1. */
static int take_one(struct lw_sandbox *s)
{
	struct lw_control_event e = { 0 };
	ssize_t n;
	if (s->gone)
		return 0;
	do
		n = recv(s->events, &e, sizeof e, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n == (ssize_t)sizeof e && e.m.magic == LW_CONTROL_MAGIC)
		take(s, &e);
	else
		gone(s);
	return 1;
}

static int failure(const struct lw_sandbox *s, struct lw_err *err)
{
	if (s->failed && err)
		*err = s->err;
	return s->failed;
}

int lw_sandbox_step(struct lw_sandbox *s, struct lw_err *err)
{
	while (take_one(s))
		;
	unsigned fresh = s->seen & ~s->told;
	s->told |= fresh;
	return s->failed ? failure(s, err) : (int)fresh;
}

/* Until one of the bits has been seen, or the end; what comes after that is left to whoever polls. */
static int until(struct lw_sandbox *s, unsigned bits, int64_t timeout, const char *still, struct lw_err *err)
{
	int64_t now = lw_now_usec(), end = timeout < 0 || timeout > INT64_MAX - now ? INT64_MAX : now + timeout;
	for (;;) {
		while (!(s->seen & bits) && take_one(s))
			;
		if (s->failed)
			return failure(s, err);
		if (s->seen & (bits | LW_EVENT_ENDED))
			return 0;
		int64_t left = end - lw_now_usec();
		if (left <= 0)
			return lw_fail_as(err, LW_ERR_TIMEOUT, -ETIMEDOUT, "%s is %s", s->name, still);
		struct pollfd p = { .fd = s->events, .events = POLLIN };
		struct timespec wait = { left / 1000000, left % 1000000 * 1000 };
		ppoll(&p, 1, end == INT64_MAX ? NULL : &wait, NULL);
	}
}

int lw_sandbox_wait(struct lw_sandbox *s, int64_t timeout_usec, struct lw_status *ret, struct lw_err *err)
{
	int r = until(s, LW_EVENT_ENDED, timeout_usec, "still running", err);
	if (r < 0)
		return r;
	s->told |= LW_EVENT_ENDED;
	*ret = s->status;
	return 0;
}

int lw_handle_started(struct lw_sandbox *s, struct lw_err *err)
{
	int r = until(s, LW_EVENT_STARTED, -1, "", err);
	s->told |= LW_EVENT_STARTED;
	return r;
}

int lw_sandbox_wait_ready(struct lw_sandbox *s, int64_t timeout_usec, struct lw_err *err)
{
	int r = until(s, LW_EVENT_READY, timeout_usec, "not ready yet", err);
	if (r < 0)
		return r;
	return s->seen & LW_EVENT_READY ? 0 : lw_fail(err, -ESRCH, "%s has ended", s->name);
}

/* --- the end --- */

struct lw_sandbox *lw_sandbox_close(struct lw_sandbox *s)
{
	if (!s)
		return NULL;
	if (s->bound && s->events >= 0 && !s->gone) {
		/* It hears that nobody holds the other end any more, and answers with its own end. */
		struct pollfd p = { .fd = s->events, .events = POLLIN };
		char rest[sizeof(struct lw_control_event)];
		shutdown(s->events, SHUT_WR);
		while (poll(&p, 1, CLOSE_MSEC) > 0 || errno == EINTR)
			if (recv(s->events, rest, sizeof rest, MSG_DONTWAIT) == 0)
				break;
		gone(s);
	}
	lw_close_p(&s->events);
	lw_close_p(&s->pidfd);
	lw_close_p(&s->state_fd);
	lw_record_done(&s->record);
	free(s);
	return NULL;
}
