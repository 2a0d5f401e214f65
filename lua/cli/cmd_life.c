/* cmd_life.c: `lunward stop`, `kill`, `restart` and `rm`. A supervisor is asked over its socket, so that it knows that
 * the end is wanted; processes are held by pidfd and start time, and nobody is signalled by a number alone. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/names.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"
#include "lua/cli/options.h"
#include "lua/cli/supervision.h"
#include "supervise/control.h"
#include "sys.h"

#define END_USEC (10 * INT64_C(1000000))   /* for a supervisor to clean up after the end of everything inside */
#define SOCKET_USEC (2 * INT64_C(1000000)) /* for one that has just begun to open its socket */

static int send(const struct lw_record *r, const char *which, int sig, struct lw_err *err)
{
	_cleanup_close_ int fd = -1;
	int n = lw_record_process(r, which, NULL, &fd);
	if (n >= 0)
		n = (int)SYS(pidfd_send_signal, fd, sig, NULL, 0);
	return n == -ESRCH ? 0 : n < 0 ? lw_fail(err, n, "signalling %s: %s", which, strerror(-n)) : 0;
}

static int signal_number(const char *text, int *ret, struct lw_err *err)
{
	int64_t n;
	if (!text) {
		*ret = SIGKILL;
		return 0;
	}
	if (lw_parse_i64(text, &n) == 0 && n > 0 && n < 65) {
		*ret = (int)n;
		return 0;
	}
	n = lw_names_value(&lw_signal_table, lw_case_skip(text, "SIG") ? lw_case_skip(text, "SIG") : text);
	if (n > 0) {
		*ret = (int)n;
		return 0;
	}
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "unknown signal '%s'", text);
	lw_err_in(err, "--signal");
	return -EINVAL;
}

/* 0 also when there is nobody to be asked any more; else the microseconds that the supervisor will wait. */
static int64_t ask_to_stop(const struct lw_record *r, int64_t patience, unsigned flags, struct lw_err *err)
{
	int64_t until = lw_now_usec() + SOCKET_USEC;
	_cleanup_close_ int fd = -1;
	while ((fd = lw_control_connect(r->dir)) < 0 && lw_record_supervised(r) && lw_now_usec() < until)
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
	if (!lw_record_supervised(r))
		return 0;
	struct lw_control_message m = { .verb = LW_CONTROL_STOP, .arg = patience, .flags = flags };
	int n = fd < 0 ? fd : lw_control_ask(fd, &m, NULL, 0);
	/* Gone while it was asked: that is what was wanted. */
	if (n == -ECONNRESET || n == -EPIPE || !lw_record_supervised(r))
		return 0;
	return n < 0 ? lw_fail(err, n, "its supervisor does not answer: %s", strerror(-n)) : m.arg;
}

#define DEAF INT64_MAX /* of the patience of a supervisor: it was asked, and does not answer */

/* Everything inside, by its first process, whoever answers or does not; then the supervisor cleans up, or, when it is
 * stopped or stuck, is ended and cleaned up after. */
static int end(struct cli_job *job, struct lw_record *r, int64_t patience, struct lw_err *err)
{
	struct lw_err unheard = { 0 };
	if (patience != DEAF && ask_to_stop(r, 0, LW_STOP_KILL, &unheard) < 0)
		patience = DEAF;
	int k = send(r, "init", SIGKILL, err);
	if (k < 0)
		return k;
	if (lw_record_wait(r, patience == DEAF ? SOCKET_USEC : END_USEC) < 0) {
		k = send(r, "supervisor", SIGKILL, err);
		if (k < 0 || lw_record_wait(r, END_USEC) < 0)
			return k < 0 ? k : lw_fail(err, -ETIMEDOUT, "its supervisor does not end");
	}
	lw_record_sweep(job->host, r, err);
	return 0;
}

/* Begins it; who does not answer is not given up. */
static int64_t begin_end(struct lw_record *r)
{
	struct lw_err unheard = { 0 };
	int64_t n = ask_to_stop(r, 0, LW_STOP_KILL, &unheard);
	return n < 0 ? DEAF : n;
}

/* --- one after the other for several; each is begun before the first is waited for --- */

struct acting {
	struct cli *c;
	struct cli_job *job;
	int sig;
	int64_t patience; /* of the supervisor of the one that is being finished */
};

static int64_t stop_begin(struct acting *a, struct lw_record *r, struct lw_err *err)
{
	return lw_record_supervised(r) ? ask_to_stop(r, a->c->wait_usec, 0, err) : 0;
}

static int stop_finish(struct acting *a, struct lw_record *r, struct lw_err *err)
{
	if (lw_record_wait(r, a->patience > INT64_MAX - END_USEC ? -1 : a->patience + END_USEC) < 0)
		return end(a->job, r, a->patience, err);
	lw_record_sweep(a->job->host, r, err);
	return 0;
}

static int64_t kill_begin(struct acting *a, struct lw_record *r, struct lw_err *err)
{
	if (!lw_record_supervised(r))
		return 0;
	if (a->sig != SIGKILL)
		return lw_record_runs(r) ? send(r, "command", a->sig, err) : 0;
	int64_t n = begin_end(r);
	int k = send(r, "init", SIGKILL, err);
	return k < 0 ? k : n;
}

static int kill_finish(struct acting *a, struct lw_record *r, struct lw_err *err)
{
	return a->sig == SIGKILL && lw_record_supervised(r) ? end(a->job, r, a->patience, err) : 0;
}

static int64_t restart_begin(struct acting *a, struct lw_record *r, struct lw_err *err)
{
	return lw_record_supervised(r) ? ask_to_stop(r, a->c->wait_usec, LW_STOP_KEEP, err) : 0;
}

static int restart_finish(struct acting *a, struct lw_record *r, struct lw_err *err)
{
	int n = stop_finish(a, r, err);
	if (n < 0)
		return n;
	n = lw_record_reload(r);
	if (n >= 0 && (r->damaged || r->newer))
		n = -EBADMSG;
	if (n < 0)
		return lw_fail(err, n, "the record of %s: %s", r->id, strerror(-n));
	json_t *request = cli_supervision_again(a->c, a->job, r);
	n = cli_supervise(a->job, request, err);
	json_decref(request);
	return n;
}

static int64_t rm_begin(struct acting *a, struct lw_record *r, struct lw_err *err)
{
	if (!lw_record_supervised(r))
		return 0;
	if (a->c->force)
		return begin_end(r);
	const char *name = json_string_value(json_object_get(r->data, "name"));
	lw_fail_as(err, LW_ERR_USAGE, -EBUSY, "%s is running", name ? name : r->id);
	lw_err_hint(err, "`lunward stop %s` first, or rm -f", name ? name : r->id);
	return -EBUSY;
}

static int rm_finish(struct acting *a, struct lw_record *r, struct lw_err *err)
{
	int n = lw_record_supervised(r) ? end(a->job, r, a->patience, err) : 0;
	if (n < 0)
		return n;
	lw_record_sweep(a->job->host, r, err);
	return lw_record_remove(a->job->host->state_fd, r, err);
}

static const struct act {
	enum cli_verb_id verb;
	int64_t (*begin)(struct acting *a, struct lw_record *r, struct lw_err *err);
	int (*finish)(struct acting *a, struct lw_record *r, struct lw_err *err);
} acts[] = {
	{ CLI_STOP, stop_begin, stop_finish },
	{ CLI_KILL, kill_begin, kill_finish },
	{ CLI_RESTART, restart_begin, restart_finish },
	{ CLI_RM, rm_begin, rm_finish },
};

static const struct act *act_of(const struct cli *c)
{
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (c->verb == &cli_verb_table[acts[i].verb])
			return &acts[i];
	return NULL;
}

/* A kill tells which signal. */
static void note(const struct acting *a, const struct lw_record *r, const struct lw_err *err)
{
	char more[32];
	struct lw_event e = lw_event_of_record(r);
	if (a->c->verb == &cli_verb_table[CLI_KILL]) {
		snprintf(more, sizeof more, "\"signal\":%d", a->sig);
		e.more = more;
	}
	cli_act(a->c, a->job, e, err);
}

static int act(struct acting *a, struct lw_record *records, size_t n)
{
	const struct act *act = act_of(a->c);
	int64_t *begun = calloc(n ? n : 1, sizeof *begun);
	int code = CLI_OK;
	/* What goes wrong with one does not keep the others from it. */
	for (size_t i = 0; i < n && begun; i++) {
		struct lw_err err = { 0 };
		begun[i] = act->begin(a, &records[i], &err);
		if (begun[i] < 0) {
			note(a, &records[i], &err);
			code = cli_fail(&err);
		}
	}
	for (size_t i = 0; i < n && begun; i++) {
		struct lw_err err = { 0 };
		a->patience = begun[i];
		if (begun[i] < 0)
			continue;
		bool failed = act->finish(a, &records[i], &err) < 0;
		note(a, &records[i], failed ? &err : NULL);
		if (failed)
			code = cli_fail(&err);
	}
	free(begun);
	return code;
}

int cli_cmd_life(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct acting a = { .c = c, .job = &job };
	struct lw_record *records = NULL;
	size_t n = 0;
	int r = signal_number(c->signal, &a.sig, &err), missing = CLI_OK;
	if (r >= 0)
		r = cli_find_sandboxes(c, &job, &records, &n, &missing, &err);
	int code = r < 0 ? cli_fail(&err) : act(&a, records, n);
	if (code == CLI_OK)
		code = missing;
	for (size_t i = 0; i < n; i++)
		lw_record_done(&records[i]);
	free(records);
	cli_job_done(&job);
	return code;
}
