/* cmd_cp.c: `lunward cp`: files into and out of a running sandbox (core/copy.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "copy.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"

/* "SANDBOX:PATH", as docker has it: what stands before the colon is no path. */
static const char *inside_path(const char *word)
{
	const char *colon = strchr(word, ':'), *slash = strchr(word, '/');
	return colon && colon != word && *word != '.' && (!slash || slash > colon) ? colon + 1 : NULL;
}

static int usage(struct lw_err *err, const char *msg, const char *hint)
{
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "cp: %s", msg);
	lw_err_hint(err, "%s", hint);
	return -EINVAL;
}

static int check(const struct cli *c, struct lw_err *err)
{
	if (c->n_words != 2)
		return usage(err, "from where, to where?", "lunward cp SANDBOX:PATH PATH, or PATH SANDBOX:PATH");
	for (int i = 0; i < 2; i++)
		if (!strcmp(c->words[i], "-"))
			return usage(err, "there are no archives",
				     "lunward exec SANDBOX -- tar -c PATH >FILE, or < with -x");
	if (!inside_path(c->words[0]) == !inside_path(c->words[1]))
		return usage(err, "one of the two is in a sandbox, the other is not",
			     "lunward cp SANDBOX:PATH PATH, or PATH SANDBOX:PATH");
	return 0;
}

static void tell_left(const struct lw_copied *d)
{
	char shown[sizeof d->first];
	size_t n = 0;
	/* The name is the sandbox's to choose, and this may be a terminal. */
	for (const char *p = d->first; *p && n < sizeof shown - 1; p++)
		shown[n++] = (unsigned char)*p < ' ' || *p == 127 ? '?' : *p;
	shown[n] = 0;
	if (d->left)
		cli_warn("left out: %llu, the first '%s': %s", (unsigned long long)d->left, shown,
			 d->first_err ? strerror(d->first_err) : "neither a file, a directory nor a link");
}

int cli_cmd_cp(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec = LW_RECORD_NONE;
	struct lw_inside in = LW_INSIDE_NONE;
	struct lw_copied done = { 0 };
	char name[80] = "";
	int r = check(c, &err);
	bool out = r >= 0 && inside_path(c->words[0]);
	if (r >= 0) {
		const char *word = c->words[out ? 0 : 1];
		snprintf(name, sizeof name, "%.*s", (int)(inside_path(word) - 1 - word), word);
		r = cli_probe(c, &job, &err);
	}
	if (r >= 0)
		r = lw_record_find(job.host->state_fd, name, &rec, &err);
	if (r >= 0)
		r = lw_inside_open(&rec, job.host, name, &in, &err);
	int64_t max = c->max_size ? c->max_size : LW_COPY_MAX;
	if (r >= 0 && out)
		r = lw_copy_out(&in, inside_path(c->words[0]), c->words[1], max, &done, &err);
	else if (r >= 0)
		r = lw_copy_in(&in, c->words[0], inside_path(c->words[1]), max, &done, &err);
	cli_act_on_record(c, &job, &rec, r < 0 ? &err : NULL);
	if (r >= 0)
		tell_left(&done);
	int code = r < 0 ? cli_fail(&err) : done.left ? CLI_NO : CLI_OK;
	lw_inside_close(&in);
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
