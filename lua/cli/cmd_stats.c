/* cmd_stats.c: `lunward stats` and `top`: what sandboxes use, once, or again and again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/cleanup.h"
#include "lua/cli/detached.h"
#include "lua/cli/screen.h"
#include "lua/cli/usage.h"

#define TURN_MS 1000
#define FIRST_MS 100 /* a percentage takes two readings */

static int print_json(const struct cli *c, const struct cli_usage *v, size_t n)
{
	if (c->n_words == 1 && n == 1)
		return cli_print_data(c, cli_usage_json(v));
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, cli_usage_json(&v[i]));
	return cli_print_data(c, list);
}

/* A figure a line, for one. */
static void list_figures(struct lw_text *t, const struct cli_usage *u)
{
	json_auto_t *o = cli_usage_json(u);
	const char *key, *inner;
	json_t *value, *figure;
	json_object_foreach(o, key, value)
	{
		if (!strcmp(key, "schema_version"))
			continue;
		if (!json_is_object(value)) {
			_cleanup_free_ char *s = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
			lw_text_addf(t, "%-20s %s\n", key, s ? s : "");
		}
		json_object_foreach(value, inner, figure)
		{
			_cleanup_free_ char *s = json_dumps(figure, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
			lw_text_addf(t, "%s.%-*s %s\n", key, (int)(19 - strlen(key)), inner, s ? s : "");
		}
	}
}

static int print_once(const struct cli *c, struct cli_usage *v, size_t n, bool top)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	if (cli_is_data(c))
		return print_json(c, v, n);
	if (c->format == CLI_PROMETHEUS)
		cli_usage_prometheus(&t, v, n);
	else if (c->n_words == 1 && n == 1 && !top)
		list_figures(&t, v);
	else
		cli_usage_table(&t, v, n, false);
	return cli_print(&t);
}

/* The terminal, or a line of JSON a turn. */
static int go_on(const struct cli *c, struct cli_usage *v, size_t n, bool top, struct lw_err *err)
{
	struct cli_screen s;
	bool text = c->format == CLI_TEXT, alive = true;
	int code = CLI_OK, r = cli_screen_begin(&s, text, err);
	while (r >= 0 && alive && code == CLI_OK) {
		alive = cli_usage_read(v, n);
		if (text) {
			_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
			cli_usage_table(&t, v, n, top);
			if (!n)
				lw_text_add(&t, "no sandbox runs\n");
			cli_screen_paint(&s, &t);
		} else {
			code = print_json(c, v, n);
		}
		if (!cli_screen_wait(&s, TURN_MS))
			break;
	}
	cli_screen_end(&s);
	return r < 0 ? cli_fail(err) : code;
}

int cli_cmd_stats(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record *records = NULL;
	struct cli_usage *v = NULL;
	bool top = c->verb == &cli_verb_table[CLI_TOP];
	bool live = !c->once && (c->format == CLI_JSONL || (c->format == CLI_TEXT && isatty(STDOUT_FILENO)));
	size_t n = 0;
	int missing = CLI_OK, code, r = cli_find_some(c, &job, &records, &n, &missing, &err);
	if (r >= 0 && (r = cli_usage_begin(records, n, &v)) < 0)
		lw_fail(&err, r, "out of memory");
	if (r >= 0) {
		if (n)
			nanosleep(&(struct timespec){ 0, FIRST_MS * 1000000L }, NULL);
		if (!live && n)
			cli_usage_read(v, n);
		code = live && (n || missing == CLI_OK) ? go_on(c, v, n, top, &err)
		       : n || !c->n_words               ? print_once(c, v, n, top)
							: CLI_OK;
	} else {
		code = cli_fail(&err);
	}
	cli_usage_done(v, v ? n : 0);
	free(records);
	cli_job_done(&job);
	return code == CLI_OK ? missing : code;
}
