/* cmd_life.c: `lunward stop`, `kill`, `restart`, `pause`, `resume` and `rm`: what box.h does, to one or to several. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "box/box.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"
#include "lua/cli/options.h"
#include "lua/cli/supervision.h"
#include "supervise/control.h"

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

/* --- one after the other for several; each is begun before the first is waited for --- */

struct acting {
	struct cli *c;
	struct cli_job *job;
	int sig;
};

static int stop_begin(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err)
{
	return lw_box_stop(r, a->c->wait_usec, 0, e, err);
}

static int finish(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err)
{
	return lw_box_ended(a->job->host, r, e, err);
}

static int kill_begin(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err)
{
	return a->sig == SIGKILL ? lw_box_kill(r, e, err) : lw_box_signal(r, a->sig, err);
}

static int restart_begin(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err)
{
	return lw_box_stop(r, a->c->wait_usec, LW_STOP_KEEP, e, err);
}

static int restart_finish(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err)
{
	int n = lw_box_ended(a->job->host, r, e, err);
	if (n >= 0 && (n = lw_record_lock(r)) < 0)
		lw_fail(err, n, "the record of %s: %s", r->id, strerror(-n));
	if (n < 0)
		return n;
	/* Somebody else's restart, of the same stop, has done it already? */
	if (!lw_record_supervised(r)) {
		n = lw_record_reload(r);
		if (n >= 0 && (r->damaged || r->newer))
			n = -EBADMSG;
		json_t *request = n < 0 ? NULL : cli_supervision_again(a->c, a->job, r);
		n = n < 0 ? lw_fail(err, n, "the record of %s: %s", r->id, strerror(-n))
			  : cli_supervise(a->job, request, err);
		json_decref(request);
	}
	lw_record_unlock(r);
	return n;
}

static int rm_begin(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err)
{
	return a->c->force ? lw_box_kill(r, e, err) : 0;
}

static int rm_finish(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err)
{
	int n = lw_box_ended(a->job->host, r, e, err);
	return n < 0 ? n : lw_box_remove(a->job->host, r, err);
}

/* Of all, those that run are meant. */
static int pause_begin(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err)
{
	(void)e;
	return a->c->all && !lw_record_runs(r) ? 0 : lw_box_pause(r, a->c->verb == &cli_verb_table[CLI_PAUSE], err);
}

static const struct act {
	enum cli_verb_id verb;
	int (*begin)(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err);
	int (*finish)(struct acting *a, struct lw_record *r, struct lw_box_end *e, struct lw_err *err);
} acts[] = {
	{ CLI_STOP, stop_begin, finish },
	{ CLI_KILL, kill_begin, finish },
	{ CLI_RESTART, restart_begin, restart_finish },
	{ CLI_RM, rm_begin, rm_finish },
	{ CLI_PAUSE, pause_begin, finish },
	{ CLI_RESUME, pause_begin, finish },
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

struct begun {
	int result;
	struct lw_box_end end;
};

static int act(struct acting *a, struct lw_record *records, size_t n)
{
	const struct act *act = act_of(a->c);
	struct begun *begun = calloc(n ? n : 1, sizeof *begun);
	int code = CLI_OK;
	/* What goes wrong with one does not keep the others from it. */
	for (size_t i = 0; i < n && begun; i++) {
		struct lw_err err = { 0 };
		begun[i].end.supervisor = -1;
		begun[i].result = act->begin(a, &records[i], &begun[i].end, &err);
		if (begun[i].result < 0) {
			note(a, &records[i], &err);
			code = cli_fail(&err);
		}
	}
	for (size_t i = 0; i < n && begun; i++) {
		struct lw_err err = { 0 };
		if (begun[i].result < 0) {
			lw_box_end_done(&begun[i].end);
			continue;
		}
		bool failed = act->finish(a, &records[i], &begun[i].end, &err) < 0;
		note(a, &records[i], failed ? &err : NULL);
		if (failed)
			code = cli_fail(&err);
		lw_box_end_done(&begun[i].end);
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
