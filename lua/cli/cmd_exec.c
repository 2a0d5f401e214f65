/* cmd_exec.c: `lunward exec` and `shell`: one more command in a running sandbox. It is a run of the recorded spec with
 * every namespace joined instead of made: the same capabilities, filter, limits, ids and rules as the sandbox's own
 * command, which is why only what shapes a command may be overridden. */
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "exec.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"
#include "lua/cli/naming.h"
#include "lua/cli/overrides.h"
#include "supervise/privilege.h"
#include "lua/cli/run_loop.h"
#include "lua/cli/tty.h"
#include "instance.h"

static int set_command(const struct cli *c, json_t *spec, struct lw_err *err)
{
	json_t *command = json_array();
	for (size_t i = 0; i < c->n_command; i++)
		json_array_append_new(command, json_string(c->command[i]));
	if (!c->n_command && c->verb == &cli_verb_table[CLI_SHELL]) {
		json_array_append_new(command, json_string("/bin/sh"));
		json_object_set_new(spec, "terminal", json_true());
	}
	if (json_array_size(command)) {
		json_object_set_new(spec, "command", command);
		return 0;
	}
	json_decref(command);
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "no command to execute");
	lw_err_hint(err, "after --: lunward exec %s -- COMMAND; or lunward shell %s", c->words[0], c->words[0]);
	return -EINVAL;
}

static int prepare(struct cli *c, struct cli_job *job, struct lw_record *r, struct lw_err *err)
{
	_cleanup_close_ int pidfd = -1;
	pid_t pid = 0;
	int n = lw_record_runs(r) ? lw_record_process(r, "command", &pid, &pidfd) : -ESRCH;
	if (n == -ESRCH)
		return lw_fail_as(err, LW_ERR_USAGE, n, "%s is not running", c->words[0]);
	if (n < 0)
		return lw_fail(err, n, "looking for the command of %s: %s", c->words[0], strerror(-n));
	if (!strcmp(lw_record_state(r), "paused")) {
		lw_fail_as(err, LW_ERR_USAGE, -EBUSY, "%s is paused", c->words[0]);
		lw_err_hint(err, "`lunward resume %s` first", c->words[0]);
		return -EBUSY;
	}
	json_auto_t *recorded = lw_record_spec(r);
	if (!recorded)
		return lw_fail(err, -errno, "the record of %s cannot be read: %s", c->words[0], strerror(errno));
	json_t *spec = lw_exec_spec(recorded, r->id, json_object_get(r->data, "user"), pid, err);
	n = spec ? set_command(c, spec, err) : -EOPNOTSUPP;
	if (n >= 0)
		n = cli_override(c, job->host, spec, &job->spec, err);
	json_decref(spec);
	if (n >= 0)
		n = lw_spec_check(job->spec, err);
	if (n < 0)
		return n;
	job->host->tty_fds = cli_tty_fds();
	job->host->background = true; /* as its own plan was made */
	n = lw_plan_build(job->spec, job->host, &job->plan, err);
	if (n >= 0)
		lw_exec_join(job->plan, r->id, json_object_get(r->data, "user"), pid);
	return n;
}

/* What was to be executed is the act's own. */
static struct lw_event event_of(const struct cli *c, const struct lw_record *r, struct lw_text *t)
{
	struct lw_event e = lw_event_of_record(r);
	lw_text_add(t, "\"command\":");
	lw_text_add_json(t, c->n_command ? c->command[0] : NULL);
	e.more = t->buf;
	return e;
}

int cli_cmd_exec(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	struct lw_instance *sandbox = NULL;
	struct lw_status status = { 0 };
	struct lw_instance_options o = { .stdio = { 0, 1, 2 } };
	struct lw_text command = { 0 };
	struct cli_tty tty;
	int signals = -1, code, r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0)
		r = prepare(c, &job, &rec, &err);
	if (r >= 0)
		r = cli_signals_open(&signals, &err);
	if (r >= 0)
		r = lw_plan_launch(job.plan, &o, &sandbox, &err);
	if (r < 0)
		cli_blame_option(c, &err);
	cli_act(c, &job, event_of(c, &rec, &command), r < 0 ? &err : NULL);
	lw_text_done(&command);
	if (r >= 0) {
		lw_privilege_shed(job.plan);
		cli_tty_begin(&tty, lw_instance_pty(sandbox), (unsigned)job.plan->terminal_fds);
		r = cli_run_loop(sandbox, signals, &tty, job.spec->timeout, NULL, &status, &err);
	}
	code = r < 0 ? cli_fail(&err) : status.timed_out ? CLI_TIMEOUT : status.code;
	lw_instance_close(sandbox);
	lw_close_p(&signals);
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
