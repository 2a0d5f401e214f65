/* cmd_look.c: `lunward status`: whether a sandbox in the background runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/detached.h"

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static json_t *member(const struct lw_record *r, const char *key)
{
	json_t *v = json_object_get(r->data, key);
	return v ? json_incref(v) : json_null();
}

static int print_status(const struct cli *c, const struct lw_record *r, const char *state)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	const char *error = lw_record_reason(r, state), *why = word(r->data, "status");
	json_t *exit = json_object_get(r->data, "code");
	char words[CLI_STATE_WORDS];
	if (cli_is_data(c))
		return cli_print_data(c,
				      json_pack("{s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:o}", "id", r->id, "name",
						member(r, "name"), "state", state, "ready", member(r, "ready"),
						"health", member(r, "health"), "status", member(r, "status"), "code",
						member(r, "code"), "error", error ? json_string(error) : json_null()));
	if (!strcmp(state, "failed"))
		why = error ? error : "";
	lw_text_addf(&t, "%s: %s", word(r->data, "name"), cli_state_words(state, r->data, words));
	if (json_is_integer(exit))
		lw_text_addf(&t, " (%d)", (int)json_integer_value(exit));
	lw_text_addf(&t, "%s%s\n", *why ? ": " : "", why);
	return cli_print(&t);
}

/* 0 running or paused, 1 but unhealthy; 3 stopped, 4 none: the init scripts' codes. */
int cli_cmd_status(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int code, r = cli_find_sandbox(c, &job, &rec, &err);
	if (r == -ENOENT && c->n_words == 1) {
		cli_fail(&err);
		code = 4;
	} else if (r < 0) {
		code = cli_fail(&err);
	} else {
		const char *state = lw_record_state(&rec); /* which may read the record again */
		code = print_status(c, &rec, state);
		if (code == CLI_OK && strcmp(state, "running") != 0 && strcmp(state, "paused") != 0)
			code = 3;
		else if (code == CLI_OK && !strcmp(word(rec.data, "health"), "unhealthy"))
			code = CLI_NO;
	}
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
