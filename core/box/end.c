/* end.c: the end of a sandbox from outside: see box.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "box/box.h"
#include "cgroup.h"
#include "supervise/control.h"
#include "sys.h"

#define END_USEC (10 * INT64_C(1000000))   /* for a supervisor to clean up after the end of everything inside */
#define SOCKET_USEC (2 * INT64_C(1000000)) /* for one that has just begun to open its socket */

void lw_box_end_done(struct lw_box_end *e)
{
	lw_close_p(&e->supervisor);
}

static int send(const struct lw_record *r, const char *which, int sig, struct lw_err *err)
{
	_cleanup_close_ int fd = -1;
	int n = lw_record_process(r, which, NULL, &fd);
	if (n >= 0)
		n = (int)SYS(pidfd_send_signal, fd, sig, NULL, 0);
	return n == -ESRCH ? 0 : n < 0 ? lw_fail(err, n, "signalling %s: %s", which, strerror(-n)) : 0;
}

/* The present supervisor, which may be a later one than the record that was read says; -1: it cannot be seen from here.
 */
static int hold_supervisor(struct lw_record *r)
{
	int fd = -1;
	if (lw_record_process(r, "supervisor", NULL, &fd) >= 0)
		return fd;
	lw_record_reload(r);
	return lw_record_process(r, "supervisor", NULL, &fd) >= 0 ? fd : -1;
}

static bool has_ended(const struct lw_record *r, const struct lw_box_end *e)
{
	struct pollfd p = { .fd = e->supervisor, .events = POLLIN };
	return (e->supervisor >= 0 && poll(&p, 1, 0) == 1) || !lw_record_supervised(r);
}

static int wait_end(const struct lw_record *r, const struct lw_box_end *e, int64_t usec)
{
	struct pollfd p = { .fd = e->supervisor, .events = POLLIN };
	int64_t left, now = lw_now_usec(), until = usec > INT64_MAX - now ? INT64_MAX : now + usec;
	if (e->supervisor < 0)
		return lw_record_wait(r, usec);
	while (!has_ended(r, e)) {
		left = until - lw_now_usec();
		if (left <= 0)
			return -ETIMEDOUT;
		poll(&p, 1, left / 1000 > 60000 ? 60000 : (int)(left / 1000) + 1);
	}
	return 0;
}

/* 0 also when there is nobody to be asked any more; else the microseconds that the supervisor will wait. */
static int64_t ask(const struct lw_record *r, const struct lw_box_end *e, int64_t patience, unsigned flags,
		   struct lw_err *err)
{
	int64_t until = lw_now_usec() + SOCKET_USEC;
	_cleanup_close_ int fd = -1;
	while ((fd = lw_control_connect(r->dir)) < 0 && !has_ended(r, e) && lw_now_usec() < until)
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
	if (has_ended(r, e))
		return 0;
	struct lw_control_message m = { .verb = LW_CONTROL_STOP, .arg = patience, .flags = flags };
	int n = fd < 0 ? fd : lw_control_ask(fd, &m, NULL, 0);
	/* Gone while it was asked: that is what was wanted. */
	if (n == -ECONNRESET || n == -EPIPE || has_ended(r, e))
		return 0;
	return n < 0 ? lw_fail(err, n, "its supervisor does not answer: %s", strerror(-n)) : m.arg;
}

/* By its first process. */
static int kill_all(const struct lw_record *r, struct lw_err *err)
{
	const char *freezer = lw_record_freezer(r);
	int n = send(r, "init", SIGKILL, err);
	if (freezer) /* version 1: what is frozen does not die */
		lw_cgroup_freeze(freezer, false);
	return n;
}

int lw_box_stop(struct lw_record *r, int64_t patience_usec, unsigned flags, struct lw_box_end *ret, struct lw_err *err)
{
	*ret = (struct lw_box_end){ .supervisor = -1 };
	if (!lw_record_supervised(r))
		return 0;
	ret->supervisor = hold_supervisor(r);
	ret->asked = true;
	int64_t n = ask(r, ret, patience_usec, flags, err);
	ret->patience = n < 0 ? 0 : n;
	return n < 0 ? (int)n : 0;
}

int lw_box_kill(struct lw_record *r, struct lw_box_end *ret, struct lw_err *err)
{
	struct lw_err unheard = { 0 };
	/* A supervisor that is stuck is no reason to let live what it watches. */
	ret->deaf = lw_box_stop(r, 0, LW_STOP_KILL, ret, &unheard) < 0;
	return ret->asked ? kill_all(r, err) : 0;
}

/* Stopped, or stuck: it is ended itself, and cleaned up after. */
static int kill_supervisor(const struct lw_record *r, const struct lw_box_end *e, struct lw_err *err)
{
	int n = e->supervisor < 0 ? send(r, "supervisor", SIGKILL, err)
				  : (int)SYS(pidfd_send_signal, e->supervisor, SIGKILL, NULL, 0);
	if (n < 0 && n != -ESRCH)
		return lw_fail(err, n, "signalling its supervisor: %s", strerror(-n));
	return wait_end(r, e, END_USEC) < 0 ? lw_fail(err, -ETIMEDOUT, "its supervisor does not end") : 0;
}

int lw_box_ended(const struct lw_host *h, struct lw_record *r, const struct lw_box_end *e, struct lw_err *err)
{
	struct lw_err unheard = { 0 };
	int n = 0;
	int64_t patience = e->patience > INT64_MAX - END_USEC ? INT64_MAX : e->patience + END_USEC;
	if (e->asked && (e->deaf || wait_end(r, e, patience) < 0)) {
		bool deaf = e->deaf || ask(r, e, 0, LW_STOP_KILL, &unheard) < 0;
		n = kill_all(r, err);
		if (n >= 0 && wait_end(r, e, deaf ? SOCKET_USEC : END_USEC) < 0)
			n = kill_supervisor(r, e, err);
	}
	if (n >= 0)
		lw_record_sweep(h, r, err);
	return n;
}

int lw_box_signal(struct lw_record *r, int sig, struct lw_err *err)
{
	return lw_record_supervised(r) && lw_record_runs(r) ? send(r, "command", sig, err) : 0;
}

int lw_box_remove(const struct lw_host *h, struct lw_record *r, struct lw_err *err)
{
	lw_record_sweep(h, r, err);
	int n = lw_record_lock(r);
	if (n < 0)
		return lw_fail(err, n, "the record of %s: %s", r->id, strerror(-n));
	if (lw_record_supervised(r)) {
		n = lw_fail_as(err, LW_ERR_USAGE, -EBUSY, "%s is running", lw_record_name(r));
		lw_err_hint(err, "`lunward stop %s` first, or rm -f", lw_record_name(r));
	} else {
		n = lw_record_remove(h->state_fd, r, err);
	}
	lw_record_unlock(r);
	return n;
}
