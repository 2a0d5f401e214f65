/* cmd_ps.c: `lunward ps`: which sandboxes there are in the background. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/detached.h"

#define SHORT_ID 12

struct listing {
	const struct cli *c;
	json_t *list;
	json_t *words; /* of the same order: the state, as people are told it */
};

static json_t *member(const struct lw_record *r, const char *key)
{
	json_t *v = json_object_get(r->data, key);
	return v ? json_incref(v) : json_null();
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* --- filters: those of one key are alternatives, different keys must all fit --- */

static bool is_state(struct lw_record *r, const char *value)
{
	return !strcmp(lw_record_state(r), value);
}

static bool is_name(struct lw_record *r, const char *value)
{
	return strstr(word(r->data, "name"), value);
}

static bool is_id(struct lw_record *r, const char *value)
{
	return !strncmp(r->id, value, strlen(value));
}

static bool is_profile(struct lw_record *r, const char *value)
{
	const char *path = word(json_object_get(r->data, "profile"), "path"), *base = strrchr(path, '/');
	base = base ? base + 1 : path;
	size_t n = strlen(value);
	return !strcmp(path, value) || (!strncmp(base, value, n) && (!base[n] || !strcmp(base + n, ".lua")));
}

static bool is_label(struct lw_record *r, const char *value)
{
	json_auto_t *spec = lw_record_spec(r);
	const char *eq = strchr(value, '=');
	_cleanup_free_ char *name = strndup(value, eq ? (size_t)(eq - value) : strlen(value));
	json_t *label = json_object_get(json_object_get(spec, "labels"), name ? name : "");
	return json_is_string(label) && (!eq || !strcmp(json_string_value(label), eq + 1));
}

static const struct filter {
	const char *key;
	bool (*is)(struct lw_record *r, const char *value);
} filters[] = {
	{ "id", is_id }, { "label", is_label }, { "name", is_name }, { "profile", is_profile }, { "state", is_state },
};

static const struct filter *find_filter(const char *text, const char **ret_value)
{
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		size_t n = strlen(filters[i].key);
		if (!strncmp(text, filters[i].key, n) && text[n] == '=') {
			*ret_value = text + n + 1;
			return &filters[i];
		}
	}
	return NULL;
}

static int check_filters(const struct cli *c, struct lw_err *err)
{
	static const char *const states[] = { "created", "failed", "paused", "running", "stopped" };
	for (size_t i = 0; i < c->n_filters; i++) {
		const char *value = "";
		const struct filter *f = find_filter(c->filters[i], &value);
		bool known = f && f->is != is_state;
		for (size_t k = 0; f && k < ARRAY_LEN(states); k++)
			known = known || !strcmp(value, states[k]);
		if (known)
			continue;
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL,
			   f ? "'%s' is no state of a sandbox" : "sandboxes cannot be filtered by '%s'",
			   f ? value : c->filters[i]);
		lw_err_hint(err, f ? "created, running, paused, stopped or failed"
				   : "state=STATE, name=PART, id=BEGINNING, profile=NAME, label=NAME[=VALUE]");
		lw_err_in(err, "--filter");
		return -EINVAL;
	}
	return 0;
}

static bool fits(const struct cli *c, struct lw_record *r)
{
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		bool asked = false, is = false;
		for (size_t k = 0; k < c->n_filters; k++) {
			const char *value;
			if (find_filter(c->filters[k], &value) == &filters[i]) {
				asked = true;
				is = is || filters[i].is(r, value);
			}
		}
		if (asked && !is)
			return false;
	}
	return true;
}

static bool by_state(const struct cli *c)
{
	for (size_t i = 0; i < c->n_filters; i++)
		if (!strncmp(c->filters[i], "state=", 6))
			return true;
	return false;
}

/* --- the list --- */

static int collect(void *arg, struct lw_record *r)
{
	struct listing *l = arg;
	const char *state = lw_record_state(r); /* which may read the record again */
	bool ended = !strcmp(state, "stopped") || !strcmp(state, "failed");
	if ((ended && !l->c->all && !by_state(l->c)) || !fits(l->c, r))
		return 0;
	bool lives = !strcmp(state, "running") || !strcmp(state, "paused");
	json_t *pid = json_object_get(json_object_get(r->data, "command"), "pid");
	char words[CLI_STATE_WORDS];
	json_array_append_new(l->words, json_string(cli_state_words(state, r->data, words)));
	json_array_append_new(l->list,
			      json_pack("{s:s,s:o,s:s,s:o,s:o,s:o}", "id", r->id, "name", member(r, "name"), "state",
					state, "pid", json_is_integer(pid) && lives ? json_incref(pid) : json_null(),
					"started_at", member(r, "started_at"), "profile", member(r, "profile")));
	return 0;
}

static int print_table(json_t *unsafe, const json_t *words)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	json_auto_t *list = cli_plain(unsafe);
	size_t n = json_array_size(list), rows = n + 1;
	const char **cells = calloc(rows * 5, sizeof *cells);
	char(*text)[2][32] = calloc(rows, sizeof *text);
	if (cells && text) {
		const char *const head[] = { "ID", "NAME", "STATE", "PID", "STARTED" };
		memcpy(cells, head, sizeof head);
		for (size_t i = 0; i < n; i++) {
			const json_t *o = json_array_get(list, i), *pid = json_object_get(o, "pid");
			const char **row = cells + (i + 1) * 5;
			snprintf(text[i][0], sizeof text[i][0], "%.*s", SHORT_ID, word(o, "id"));
			snprintf(text[i][1], sizeof text[i][1], json_is_integer(pid) ? "%d" : "-",
				 (int)json_integer_value(pid));
			row[0] = text[i][0];
			row[1] = word(o, "name");
			row[2] = json_string_value(json_array_get(words, i));
			row[3] = text[i][1];
			row[4] = word(o, "started_at");
		}
		cli_table(&t, cells, rows, 5);
	} else {
		t.failed = true;
	}
	int code = cli_print(&t);
	free(cells);
	free(text);
	return code;
}

static int print_ids(const json_t *list)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	size_t i;
	json_t *o;
	json_array_foreach((json_t *)(uintptr_t)list, i, o) lw_text_addf(&t, "%s\n", word(o, "id"));
	return cli_print(&t);
}

int cli_cmd_ps(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct listing l = { .c = c };
	int code, r = check_filters(c, &err);
	if (r >= 0 && c->n_words) {
		r = lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "ps: unexpected '%s'", c->words[0]);
		lw_err_hint(&err, "ps --filter name=%s, or `lunward status %s`", c->words[0], c->words[0]);
	}
	if (r >= 0)
		r = cli_probe(c, &job, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else {
		l.list = json_array();
		l.words = json_array();
		lw_record_each(job.host->state_fd, collect, &l);
		code = c->quiet         ? print_ids(l.list)
		       : cli_is_data(c) ? cli_print_data(c, json_incref(l.list))
					: print_table(l.list, l.words);
		json_decref(l.list);
		json_decref(l.words);
	}
	cli_job_done(&job);
	return code;
}
