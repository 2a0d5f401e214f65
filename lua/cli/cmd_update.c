/* cmd_update.c: `lunward update`: other limits for a sandbox, by options or as NAME=VALUE. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "box/box.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"
#include "lua/cli/foreign.h"
#include "lua/cli/overrides.h"
#include "schema.h"

#define USAGE(err, ...) lw_fail_as(err, LW_ERR_USAGE, -EINVAL, __VA_ARGS__)

/* A key of `limits`, and what the kernel calls its file. */
static const struct limit {
	const char *key, *file;
	bool text;
} limits[] = {
	{ "pids", "pids.max", false },
	{ "memory", "memory.max", false },
	{ "swap", "memory.swap.max", false },
	{ "cpus", NULL, false },
	{ "memory_high", "memory.high", false },
	{ "memory_low", "memory.low", false },
	{ "cpu_weight", "cpu.weight", false },
	{ "cpuset", "cpuset.cpus", true },
	{ "io", NULL, false },
	{ "oom_group", "memory.oom.group", false },
};

static const struct limit *find_limit(const char *name)
{
	const char *key = strncmp(name, "limits.", 7) ? name : name + 7;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (!strcmp(key, limits[i].key) || (limits[i].file && !strcmp(key, limits[i].file)))
			return &limits[i];
	return NULL;
}

static int unknown(const char *name, const char *word, struct lw_err *err)
{
	const char *names[ARRAY_LEN(limits)], *foreign = cli_foreign_option("--property", word);
	USAGE(err, "update knows no limit \"%s\"", name);
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		names[i] = limits[i].key;
	const char *near = lw_nearest(strncmp(name, "limits.", 7) ? name : name + 7, names, ARRAY_LEN(names));
	if (*name >= 'A' && *name <= 'Z' && foreign)
		lw_err_hint(err, "%s%s", *foreign == '-' ? "write " : "", foreign);
	else if (!strcmp(name, "cpu_time") || !strcmp(name, "limits.cpu_time"))
		lw_err_hint(err, "each process has it from its start; start the sandbox anew with it");
	else if (!strcmp(name, "cpu.max"))
		lw_err_hint(err, "cpus=NUMBER");
	else if (near)
		lw_err_hint(err, "did you mean \"%s\"?", near);
	else
		lw_err_hint(err,
			    "memory, swap, memory_high, memory_low, cpus, cpu_weight, cpuset, pids, io, oom_group");
	return -EINVAL;
}

static json_t *value_json(const char *text, bool keep_text)
{
	int64_t n;
	char *end;
	double d = strtod(text, &end);
	if (keep_text)
		return json_string(text);
	if (lw_parse_i64(text, &n) == 0)
		return json_integer(n);
	if (*text && !*end && isfinite(d))
		return json_real(d);
	return !strcmp(text, "true") || !strcmp(text, "false") ? json_boolean(*text == 't') : json_string(text);
}

/* "/dev/sda:rbps=10M,wiops=100" */
static json_t *device_json(const char *text)
{
	const char *colon = strrchr(text, ':');
	json_t *o = json_object();
	/* The numbers of a device have one, too: 8:0. */
	if (colon && !strchr(colon, '='))
		colon = NULL;
	json_object_set_new(o, "device", json_stringn(text, colon ? (size_t)(colon - text) : strlen(text)));
	for (const char *p = colon ? colon + 1 : ""; *p;) {
		size_t n = strcspn(p, ","), k = strcspn(p, "=,");
		_cleanup_free_ char *key = strndup(p, k), *value = strndup(p + k + (k < n), n - k - (k < n));
		if (key && value)
			json_object_set_new(o, key, value_json(value, false));
		p += n + (p[n] == ',');
	}
	return o;
}

/* The words NAME=VALUE as a layer; what is left in c->words is the sandbox. */
static json_t *take_words(struct cli *c, struct lw_err *err)
{
	json_t *set = json_object();
	size_t left = 0;
	for (size_t i = 0; i < c->n_words; i++) {
		const char *word = c->words[i], *eq = strchr(word, '=');
		if (!eq) {
			c->words[left++] = word;
			continue;
		}
		_cleanup_free_ char *name = strndup(word, (size_t)(eq - word));
		const struct limit *l = name ? find_limit(name) : NULL;
		if (!l) {
			unknown(name ? name : "", word, err);
			json_decref(set);
			return NULL;
		}
		if (strcmp(l->key, "io") != 0) {
			json_object_set_new(set, l->key, value_json(eq + 1, l->text));
			continue;
		}
		if (!json_object_get(set, "io"))
			json_object_set_new(set, "io", json_array());
		if (eq[1])
			json_array_append_new(json_object_get(set, "io"), device_json(eq + 1));
	}
	c->n_words = left;
	return set;
}

struct changing {
	struct cli *c;
	const struct lw_host *host;
	json_t *set;
};

static int change(void *arg, const json_t *spec, struct lw_spec **ret, struct lw_err *err)
{
	const struct changing *g = arg;
	json_auto_t *layer = json_pack("{s:O}", "limits", g->set);
	json_auto_t *base = layer ? lw_spec_merge(spec, layer, err) : NULL;
	return base ? cli_override(g->c, g->host, base, ret, err) : lw_fail(err, -ENOMEM, "out of memory");
}

/* The kernel takes it: nothing more begins until enough have ended. */
static void tell_tasks(const struct cli *c, struct lw_record *r)
{
	struct lw_box_stats s;
	lw_box_stats(r, &s);
	if (s.tasks_limit >= 0 && s.tasks > s.tasks_limit)
		cli_warn("%s has %d tasks, more than the limit of %d: no further one begins until enough have ended",
			 c->words[0], (int)s.tasks, (int)s.tasks_limit);
}

int cli_cmd_update(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec = LW_RECORD_NONE;
	struct changing g = { .c = c, .set = take_words(c, &err) };
	int r = g.set ? cli_find_sandbox(c, &job, &rec, &err) : -EINVAL;
	if (r >= 0 && !cli_has_overrides(c) && !json_object_size(g.set)) {
		r = USAGE(&err, "update: nothing to change");
		lw_err_hint(&err, "-m, --memory-swap, --cpus, --pids-limit, or NAME=VALUE: memory_high=64M");
	}
	g.host = job.host;
	if (r >= 0)
		r = lw_box_update(job.host, &rec, change, &g, &err);
	if (r < 0) {
		/* What is new was said here, not in the profile. */
		if (!strncmp(err.path, "limits", 6))
			err.file[0] = '\0';
		cli_blame_option(c, &err);
	} else {
		tell_tasks(c, &rec);
	}
	cli_act_on_record(c, &job, &rec, r < 0 ? &err : NULL);
	int code = r < 0 ? cli_fail(&err) : CLI_OK;
	json_decref(g.set);
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
