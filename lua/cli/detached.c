/* detached.c: see detached.h. */
#include "lua/cli/detached.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/cleanup.h"
#include "cgroup.h"
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

bool cli_sandbox_runs(struct lw_record *r)
{
	return !strcmp(cli_sandbox_state(r), "running");
}

const char *cli_sandbox_state(struct lw_record *r)
{
	static const char *const ends[] = { "stopped", "failed" };
	/* Whether it is supervised first: a supervisor that ends now has written how before. */
	bool supervised = lw_record_supervised(r);
	if (!supervised)
		lw_record_reload(r);
	const char *state = json_string_value(json_object_get(r->data, "state"));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (state && !strcmp(state, ends[i]))
			return ends[i];
	if (!supervised)
		return "failed";
	return state && !strcmp(state, "running") ? "running" : "created";
}

int cli_sandbox_process(const struct lw_record *r, const char *which, pid_t *ret, int *ret_fd)
{
	const json_t *p = json_object_get(r->data, which);
	pid_t pid = (pid_t)json_integer_value(json_object_get(p, "pid"));
	int fd = lw_process_open(pid, (uint64_t)json_integer_value(json_object_get(p, "start")));
	if (fd < 0)
		return fd;
	if (ret)
		*ret = pid;
	if (ret_fd)
		*ret_fd = fd;
	else
		close(fd);
	return 0;
}

char *cli_now(char buf[static CLI_TIME_MAX])
{
	struct timespec t;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &tm);
	size_t n = strftime(buf, CLI_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, CLI_TIME_MAX - n, ".%03dZ", (int)(t.tv_nsec / 1000000));
	return buf;
}

/* Written by us into a directory of ours; but what is not named after the sandbox is not removed. */
static bool sweep_cgroups(const struct lw_record *r)
{
	const char *controller;
	bool found = false;
	json_t *dir;
	json_object_foreach(json_object_get(json_object_get(r->data, "cgroup"), "paths"), controller, dir)
	{
		const char *path = json_string_value(dir), *slash = path ? strrchr(path, '/') : NULL;
		if (slash && !strcmp(slash + 1, r->id))
			found = lw_cgroup_sweep(path) > 0 || found;
	}
	return found;
}

bool cli_sandbox_sweep(const struct lw_host *h, struct lw_record *r, struct lw_err *err)
{
	char now[CLI_TIME_MAX];
	if (lw_record_supervised(r))
		return false;
	/* What its supervisor wrote last, which may be later than what we have read. */
	lw_record_reload(r);
	bool found = sweep_cgroups(r);
	const char *state = json_string_value(json_object_get(r->data, "state"));
	if (state && (!strcmp(state, "stopped") || !strcmp(state, "failed")))
		return found;
	json_object_set_new(r->data, "state", json_string("failed"));
	json_object_set_new(r->data, "ended_at", json_string(cli_now(now)));
	if (json_is_true(json_object_get(r->data, "remove")))
		lw_record_remove(h->state_fd, r, err);
	else
		lw_record_save(r, err);
	return true;
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
