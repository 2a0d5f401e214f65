/* cmd_start.c: `lunward start` and `run -d`: sandboxes in the background. lunward-supervisor launches and watches each,
 * with nothing of the caller's but the environment; the caller waits until the commands run, or hears why not. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/acts.h"
#include "lua/cli/overrides.h"
#include "lua/cli/start_set.h"

static int load(struct cli *c, const char *profile, struct cli_start *s, struct lw_err *err)
{
	s->answer = -1;
	int r = cli_load(c, profile, &s->job, err);
	if (r >= 0)
		r = cli_make_id(s->id, err);
	if (r >= 0 && c->detach)
		r = cli_name_it(c, s->job.spec, s->id, err);
	if (r < 0)
		cli_act(c, &s->job, cli_event_of_job(&s->job, NULL), err);
	return r;
}

/* One profile, or several without what would be the same for all of them. */
static int words(const struct cli *c, const char **ret_only, struct lw_err *err)
{
	const char *const alone = c->has_command ? "--" : c->name ? "--name" : c->spec ? "--spec" : NULL;
	if (c->n_words <= 1 || c->detach)
		return cli_profile_word(c, ret_only, err);
	*ret_only = NULL;
	if (!alone)
		return 0;
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "%s and several profiles", alone);
	lw_err_hint(err, "start them one by one; in one call they may only have options that suit all");
	return -EINVAL;
}

static int print(const struct cli *c, const struct cli_start *v, size_t n)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		if (v[i].state == CLI_START_FAILED)
			continue;
		lw_text_addf(&t, "%s\n", v[i].id);
		json_array_append_new(list, json_pack("{s:s,s:s}", "id", v[i].id, "name", v[i].job.spec->name));
	}
	int code = c->format == CLI_TEXT ? cli_print(&t)
		   : n == 1              ? cli_print_data(c, json_incref(json_array_get(list, 0)))
					 : cli_print_data(c, json_incref(list));
	json_decref(list);
	return code;
}

int cli_cmd_start(struct cli *c)
{
	struct lw_err err = { 0 };
	const char *only;
	int code = CLI_OK, r = words(c, &only, &err);
	size_t n = c->n_words > 1 ? c->n_words : 1;
	struct cli_start *v = calloc(n, sizeof *v);
	if (!v)
		r = lw_fail(&err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n && r >= 0; i++)
		r = load(c, only ? only : c->words[i], &v[i], &err);
	if (r >= 0)
		r = cli_start_set(c, v, n, &err);
	if (r < 0) {
		cli_blame_option(c, &err);
		code = cli_fail(&err);
	}
	for (size_t i = 0; i < n && r >= 0; i++)
		cli_act(c, &v[i].job, cli_event_of_job(&v[i].job, v[i].id),
			v[i].state == CLI_START_FAILED ? &v[i].err : NULL);
	for (size_t i = 0; i < n && r >= 0; i++)
		if (v[i].state == CLI_START_FAILED) {
			cli_blame_option(c, &v[i].err);
			code = cli_fail(&v[i].err);
		}
	if (r >= 0 && (n > 1 || code == CLI_OK)) {
		int printed = print(c, v, n);
		code = code == CLI_OK ? printed : code;
	}
	for (size_t i = 0; v && i < n; i++)
		cli_job_done(&v[i].job);
	free(v);
	return code;
}
