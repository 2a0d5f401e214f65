/* cmd_mount.c: `lunward mount` and `unmount`: binds of a running sandbox (core/hot_mount.h). */
#include <errno.h>
#include "hot_mount.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"

/* Each by itself, with what it was about. */
static void note(const struct cli *c, const struct cli_job *job, const struct lw_record *r, const char *what,
		 const struct lw_err *err)
{
	struct lw_text more = { 0 };
	struct lw_event e = lw_event_of_record(r);
	lw_text_add(&more, "\"mount\":");
	lw_text_add_json(&more, what);
	e.more = more.buf;
	cli_act(c, job, e, err);
	lw_text_done(&more);
}

int cli_cmd_mount(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec = LW_RECORD_NONE;
	bool mounts = c->verb == &cli_verb_table[CLI_MOUNT];
	int r = 0;
	if (c->n_words < 2) {
		r = lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "%s: %s", c->verb->name,
			       c->n_words ? mounts ? "what is to be mounted?" : "what is to be unmounted?"
					  : "which sandbox?");
		lw_err_hint(&err, mounts ? "lunward mount SANDBOX SRC[:DST[:rw,...]]" : "lunward unmount SANDBOX DST");
	}
	if (r >= 0)
		r = cli_probe(c, &job, &err);
	if (r >= 0)
		r = lw_record_find(job.host->state_fd, c->words[0], &rec, &err);
	for (size_t i = 1; i < c->n_words && r >= 0; i++) {
		r = mounts ? lw_hot_mount(&rec, job.host, c->words[0], c->words[i], &err)
			   : lw_hot_unmount(&rec, job.host, c->words[0], c->words[i], &err);
		note(c, &job, &rec, c->words[i], r < 0 ? &err : NULL);
	}
	int code = r < 0 ? cli_fail(&err) : CLI_OK;
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
