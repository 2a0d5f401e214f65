/* start_set.c: see start_set.h. `requires` and `after` name sandboxes; what is required has to be ready, here or
 * already; what only comes after is waited for when it is in the same set. */
#include "lua/cli/start_set.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/overrides.h"
#include "lua/cli/supervision.h"
#include "record_state.h"
#include "supervise/request.h"

#define NAP_MS 10 /* between two looks at who is not ready yet */

static const char *name_of(const struct cli_start *s)
{
	return s->job.spec->name;
}

static struct cli_start *in_set(struct cli_start *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name_of(&v[i]), name))
			return &v[i];
	return NULL;
}

/* Its i-th dependency, `requires` first; NULL past the last. */
static const char *dependency(const struct cli_start *s, size_t i, bool *ret_required)
{
	const struct lw_service *k = &s->job.spec->service;
	*ret_required = i < k->requires.n;
	if (*ret_required)
	return k->requires.v[i];
	i -= k->requires.n;
	return i < k->after.n ? k->after.v[i] : NULL;
}

/* --- circles --- */

struct search {
	struct cli_start *v;
	size_t n, depth;
	int *mark; /* 0 not seen, 1 on the way, 2 done */
	size_t *way;
};

static int say_circle(const struct search *s, size_t again, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	size_t from = 0;
	while (s->way[from] != again)
		from++;
	for (size_t i = from; i < s->depth; i++)
		lw_text_addf(&t, "%s after ", name_of(&s->v[s->way[i]]));
	lw_text_add(&t, name_of(&s->v[again]));
	lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "they wait for each other: %s", t.buf ? t.buf : "");
	lw_err_hint(err, "one of them has to do without the next");
	lw_err_at(err, s->v[again].job.spec->service.rec.origin);
	lw_err_in(err, "service.after");
	return -EINVAL;
}

static int visit(struct search *s, size_t i, struct lw_err *err)
{
	bool required;
	const char *name;
	if (s->mark[i] == 2)
		return 0;
	if (s->mark[i] == 1)
		return say_circle(s, i, err);
	s->mark[i] = 1;
	s->way[s->depth++] = i;
	for (size_t k = 0; (name = dependency(&s->v[i], k, &required)); k++) {
		const struct cli_start *d = in_set(s->v, s->n, name);
		int r = d ? visit(s, (size_t)(d - s->v), err) : 0;
		if (r < 0)
			return r;
	}
	s->depth--;
	s->mark[i] = 2;
	return 0;
}

static int check(struct cli_start *v, size_t n, struct lw_err *err)
{
	struct search s = { .v = v, .n = n };
	for (size_t i = 0; i < n; i++)
		if (in_set(v, n, name_of(&v[i])) != &v[i]) {
			lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "two of them are called \"%s\"", name_of(&v[i]));
			lw_err_hint(err, "start them apart, with --name");
			return -EINVAL;
		}
	s.mark = calloc(n, sizeof *s.mark);
	s.way = calloc(n, sizeof *s.way);
	int r = s.mark && s.way ? 0 : lw_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n && r >= 0; i++)
		r = visit(&s, i, err);
	free(s.mark);
	free(s.way);
	return r;
}

/* --- starting --- */

static void fail(struct cli_start *s)
{
	s->state = CLI_START_FAILED;
	if (!s->err.code)
		lw_fail(&s->err, -ECANCELED, "%s was not started", name_of(s));
}

/* Ready, not yet (running), or not any more: err says why. */
static enum cli_start_state look(int state_fd, const char *name, struct lw_err *err)
{
	struct lw_record r = LW_RECORD_NONE;
	struct lw_err none = { 0 };
	enum cli_start_state state = CLI_START_FAILED;
	if (lw_record_find(state_fd, name, &r, &none) >= 0 && lw_record_supervised(&r)) {
		const char *word = lw_record_state(&r);
		if (json_is_true(json_object_get(r.data, "ready")))
			state = CLI_START_READY;
		else if (strcmp(word, "stopped") != 0 && strcmp(word, "failed") != 0)
			state = CLI_START_RUNS;
	}
	const char *why = json_string_value(json_object_get(r.data, "error"));
	if (state == CLI_START_FAILED)
		lw_fail(err, -ECANCELED, "%s", why ? why : "it ended before it was ready");
	lw_record_done(&r);
	return state;
}

static int missing(struct cli_start *s, const char *name, bool tried)
{
	lw_fail_as(&s->err, LW_ERR_POLICY, -ENOENT, "%s requires \"%s\", which %s", name_of(s), name,
		   tried ? "has failed" : "does not run");
	if (!tried)
		lw_err_hint(&s->err, "`lunward start` both, in one call");
	lw_err_at(&s->err, s->job.spec->service.rec.origin);
	lw_err_in(&s->err, "service.requires");
	fail(s);
	return -ENOENT;
}

/* May it be started? 1 yes, 0 not yet, negative: never. */
static int may_begin(struct cli_start *v, size_t n, struct cli_start *s)
{
	bool required;
	const char *name;
	for (size_t k = 0; (name = dependency(s, k, &required)); k++) {
		const struct cli_start *d = in_set(v, n, name);
		enum cli_start_state state = d ? d->state : look(s->job.host->state_fd, name, NULL);
		if (!d && !required)
			continue;
		if (state == CLI_START_FAILED && required)
			return missing(s, name, d != NULL);
		if (state != CLI_START_READY && state != CLI_START_FAILED)
			return 0;
	}
	return 1;
}

static void begin(struct cli *c, struct cli_start *s)
{
	json_t *request = cli_supervision(c, &s->job, s->id);
	s->state = CLI_START_BEGUN;
	if (cli_supervise_begin(&s->job, request, &s->answer, &s->err) < 0)
		fail(s);
	json_decref(request);
}

static void take_answer(struct cli_start *s)
{
	int r = lw_supervise_answer(s->answer, &s->err);
	lw_close_p(&s->answer);
	if (r < 0) {
		cli_hint_at_outside(s->job.spec, &s->err);
		fail(s);
		return;
	}
	s->state = s->job.spec->service.ready.kind == LW_PROBE_STARTED ? CLI_START_READY : CLI_START_RUNS;
}

/* Is anybody still waiting for it to be ready? */
static bool awaited(struct cli_start *v, size_t n, const struct cli_start *s)
{
	bool required;
	const char *name;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; v[i].state == CLI_START_PENDING && (name = dependency(&v[i], k, &required)); k++)
			if (!strcmp(name, name_of(s)))
				return true;
	return false;
}

static void get_ready(struct cli_start *s)
{
	s->state = look(s->job.host->state_fd, s->id, &s->err);
	if (s->state != CLI_START_FAILED)
		return;
	lw_err_hint(&s->err, "`lunward logs %s` prints what it said", name_of(s));
	lw_err_in(&s->err, "%s", name_of(s));
}

/* Whoever answers, or is ready now; waits for either. False: nobody is waited for. */
static bool wait_for_some(struct cli_start *v, size_t n, struct pollfd *fds)
{
	nfds_t n_fds = 0;
	bool pending = false;
	for (size_t i = 0; i < n; i++) {
		pending = pending || v[i].state == CLI_START_PENDING;
		if (v[i].state == CLI_START_BEGUN)
			fds[n_fds++] = (struct pollfd){ .fd = v[i].answer, .events = POLLIN };
	}
	if (!n_fds && !pending)
		return false;
	poll(fds, n_fds, pending ? NAP_MS : -1);
	for (size_t i = 0, k = 0; i < n; i++) {
		if (v[i].state == CLI_START_BEGUN && fds[k++].revents)
			take_answer(&v[i]);
		else if (v[i].state == CLI_START_RUNS && awaited(v, n, &v[i]))
			get_ready(&v[i]);
	}
	return true;
}

int cli_start_set(struct cli *c, struct cli_start *v, size_t n, struct lw_err *err)
{
	int r = check(v, n, err);
	_cleanup_free_ struct pollfd *fds = calloc(n, sizeof *fds);
	if (r < 0)
		return r;
	if (!fds)
		return lw_fail(err, -ENOMEM, "out of memory");
	do {
		for (size_t i = 0; i < n; i++)
			if (v[i].state == CLI_START_PENDING && may_begin(v, n, &v[i]) > 0)
				begin(c, &v[i]);
	} while (wait_for_some(v, n, fds));
	return 0;
}
