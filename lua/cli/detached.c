/* detached.c: see detached.h. */
#include "lua/cli/detached.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "schema.h"

int cli_find_sandbox(struct cli *c, struct cli_job *job, struct lw_record *ret, struct lw_err *err)
{
	*ret = LW_RECORD_NONE;
	if (c->n_words != 1) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "%s: %s", c->verb->name,
			   c->n_words ? "one sandbox at a time" : "which sandbox?");
		lw_err_hint(err, "its name or the beginning of its id; `lunward ps -a` lists them");
		return -EINVAL;
	}
	int r = cli_probe(c, job, err);
	return r < 0 ? r : lw_record_find(job->host->state_fd, c->words[0], ret, err);
}

struct found {
	struct lw_record *v;
	size_t n;
};

static int keep(struct found *f, struct lw_record *r)
{
	struct lw_record *more = realloc(f->v, (f->n + 1) * sizeof *more);
	if (!more)
		return -ENOMEM;
	f->v = more;
	f->v[f->n++] = *r;
	*r = LW_RECORD_NONE;
	return 0;
}

static int keep_each(void *arg, struct lw_record *r)
{
	return keep(arg, r);
}

int cli_find_sandboxes(struct cli *c, struct cli_job *job, struct lw_record **ret, size_t *ret_n, int *ret_missing,
		       struct lw_err *err)
{
	struct found f = { 0 };
	if (!c->n_words == !c->all) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "%s: %s", c->verb->name,
			   c->all ? "sandboxes and --all" : "which sandbox?");
		lw_err_hint(err, "names or the beginnings of ids, or --all; `lunward ps -a` lists them");
		return -EINVAL;
	}
	int r = cli_probe(c, job, err);
	if (r >= 0 && c->all)
		r = lw_record_each(job->host->state_fd, keep_each, &f);
	for (size_t i = 0; r >= 0 && i < c->n_words; i++) {
		struct lw_record one = LW_RECORD_NONE;
		struct lw_err why = { 0 };
		if (lw_record_find(job->host->state_fd, c->words[i], &one, &why) < 0)
			*ret_missing = cli_fail(&why);
		else
			r = keep(&f, &one);
		lw_record_done(&one);
	}
	*ret = f.v;
	*ret_n = f.n;
	return r == -ENOMEM ? lw_fail(err, r, "out of memory") : r;
}

static int keep_running(void *arg, struct lw_record *r)
{
	return lw_record_runs(r) ? keep(arg, r) : 0;
}

int cli_find_some(struct cli *c, struct cli_job *job, struct lw_record **ret, size_t *ret_n, int *ret_missing,
		  struct lw_err *err)
{
	struct found f = { 0 };
	if (c->n_words)
		return cli_find_sandboxes(c, job, ret, ret_n, ret_missing, err);
	int r = cli_probe(c, job, err);
	if (r >= 0)
		r = lw_record_each(job->host->state_fd, keep_running, &f);
	*ret = f.v;
	*ret_n = f.n;
	return r == -ENOMEM ? lw_fail(err, r, "out of memory") : r;
}

int cli_load_known(struct cli *c, const char *word, struct cli_job *job, struct lw_err *err)
{
	struct lw_record rec = LW_RECORD_NONE;
	struct lw_err none = { 0 };
	int r = cli_probe(c, job, err);
	if (r < 0)
		return r;
	bool found = !strchr(word, '/') && lw_record_find(job->host->state_fd, word, &rec, &none) >= 0;
	const char *name = json_string_value(json_object_get(rec.data, "name"));
	/* The beginning of an id may be a profile's name, too. */
	if (!found || !name || (strcmp(name, word) != 0 && strcmp(rec.id, word) != 0)) {
		lw_record_done(&rec);
		return cli_load(c, word, job, err);
	}
	json_auto_t *spec = lw_record_spec(&rec);
	r = lw_spec_decode(spec, &job->spec, err);
	if (r >= 0)
		r = lw_spec_check(job->spec, err);
	lw_record_done(&rec);
	return r;
}

const char *cli_state_words(const char *state, const json_t *record, char buf[static CLI_STATE_WORDS])
{
	const char *health = json_string_value(json_object_get(record, "health"));
	if (strcmp(state, "running") != 0)
		return state;
	if (json_is_false(json_object_get(record, "ready")))
		health = "not ready";
	else if (health && !strcmp(health, "starting"))
		health = "not checked yet";
	if (!health || !*health)
		return state;
	snprintf(buf, CLI_STATE_WORDS, "%s, %s", state, health);
	return buf;
}
