/* cmd_wait.c: `lunward wait`: until the end, whose code is then its own, or until it is ready. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "lua/cli/detached.h"
#include "lua/cli/options.h"
#include "supervise/control.h"

#define NAP_NSEC 10000000

/* --timeout shapes a sandbox elsewhere; here it bounds the waiting. */
static int waiting_time(const struct cli *c, int64_t *ret, struct lw_err *err)
{
	*ret = -1;
	for (size_t i = 0; i < c->n_uses; i++)
		if (!strcmp(c->uses[i].option->name, "timeout") && lw_parse_duration(c->uses[i].value, ret) < 0) {
			lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "--timeout: '%s' is not a duration", c->uses[i].value);
			lw_err_hint(err, "\"10s\", \"1h30m\", or a number of seconds");
			return -EINVAL;
		}
	return 0;
}

static int too_long(const struct cli *c, const char *still, struct lw_err *err)
{
	return lw_fail_as(err, LW_ERR_TIMEOUT, -ETIMEDOUT, "%s is %s", c->words[0], still);
}

/* What a record says of an end that was not the command's own, or that came too early. */
static void say_failed(const struct cli *c, struct lw_record *r, struct lw_err *err)
{
	const char *state = lw_record_state(r); /* which may read the record again */
	const char *why = lw_record_reason(r, state);
	lw_fail(err, -ECHILD, "%s has %s%s%s", c->words[0], state, why ? ": " : "", why ? why : "");
}

/* 0 ready, 1 it will not be. */
static int until_ready(const struct cli *c, struct lw_record *r, int64_t until, struct lw_err *err)
{
	for (;;) {
		const char *state = lw_record_state(r);
		if (!lw_record_supervised(r) || !strcmp(state, "stopped") || !strcmp(state, "failed"))
			return 1;
		if (json_is_true(json_object_get(r->data, "ready")))
			return 0;
		if (until && lw_now_usec() >= until)
			return too_long(c, "not ready yet", err);
		nanosleep(&(struct timespec){ 0, NAP_NSEC }, NULL);
		lw_record_reload(r);
	}
}

/* The supervisor says how it ended to whoever watches; the record may be gone by then (--rm). -1: it did not say. */
static int hear_end(int fd, int64_t until)
{
	struct lw_control_message m;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left = until ? until - lw_now_usec() : -1;
	int ms = left < 0 ? (until ? 0 : -1) : left / 1000 > 1 << 30 ? 1 << 30 : (int)(left / 1000) + 1;
	if (fd < 0 || poll(&p, 1, ms) <= 0 || recv(fd, &m, sizeof m, 0) != sizeof m || m.verb != LW_CONTROL_ENDED)
		return -1;
	return (int)m.arg;
}

/* The exit code, or negative errno. */
static int until_end(const struct cli *c, struct cli_job *job, struct lw_record *r, int64_t until, struct lw_err *err)
{
	struct lw_control_message m = { .verb = LW_CONTROL_WATCH };
	struct lw_record now;
	struct lw_err none = { 0 };
	_cleanup_close_ int fd = lw_control_connect(r->dir);
	if (fd >= 0 && lw_control_ask(fd, &m, NULL, 0) < 0)
		lw_close_p(&fd);
	int heard = hear_end(fd, until);
	int64_t left = until ? until - lw_now_usec() : -1;
	if (lw_record_wait(r, left < 0 && until ? 0 : left) < 0)
		return too_long(c, "still running", err);
	if (lw_record_find(job->host->state_fd, r->id, &now, &none) < 0) {
		if (heard < 0)
			lw_fail(err, -ESRCH, "%s was removed before it said how it ended", c->words[0]);
		return heard >= 0 ? heard : -ESRCH;
	}
	lw_record_sweep(job->host, &now, &none);
	json_t *exit = json_object_get(now.data, "code");
	int code = json_is_integer(exit) ? (int)json_integer_value(exit) : heard >= 0 ? heard : CLI_FAILED;
	if (code == CLI_FAILED && !strcmp(lw_record_state(&now), "failed")) {
		say_failed(c, &now, err);
		code = -ECHILD;
	}
	lw_record_done(&now);
	return code;
}

int cli_cmd_wait(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int64_t patience = -1;
	int r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0)
		r = waiting_time(c, &patience, &err);
	int64_t until = patience < 0 ? 0 : lw_now_usec() + patience;
	if (r >= 0)
		r = c->ready ? until_ready(c, &rec, until, &err) : until_end(c, &job, &rec, until, &err);
	int code = r < 0 ? cli_fail(&err) : r;
	if (r == CLI_NO && c->ready) {
		say_failed(c, &rec, &err);
		cli_fail(&err);
	}
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
