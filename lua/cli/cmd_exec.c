/* cmd_exec.c: `lunward exec` and `shell`: one more command in a running sandbox (core/exec.h). Only what shapes a
 * command may be overridden; the confinement is the sandbox's own. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "exec.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"
#include "lua/cli/overrides.h"
#include "lua/cli/run_loop.h"
#include "lua/cli/tty.h"
#include "instance.h"
#include "supervise/privilege.h"

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

static int prepare(struct cli *c, struct cli_job *job, struct lw_record *r, int *ret_pidfd, struct lw_err *err)
{
	pid_t pid = 0;
	int n = lw_running_command(r, c->words[0], &pid, ret_pidfd, err);
	if (n < 0)
		return n;
	json_auto_t *recorded = lw_record_spec(r);
	if (!recorded)
		return lw_fail(err, -errno, "the record of %s cannot be read: %s", c->words[0], strerror(errno));
	json_t *spec = lw_exec_spec(recorded, r->id, r->data, pid, err);
	n = spec ? set_command(c, spec, err) : -EIO;
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
		lw_exec_fit(job->plan, r->id, r->data, pid);
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

/* -d: the caller goes on once the command runs, or hears why not; who watches the command has nothing of the caller's.
 * 1 in the caller, 0 in the other. */
static int leave_caller(struct lw_err *err, int *ret_answer)
{
	int pipe[2], said = 0;
	struct lw_err why;
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return lw_fail(err, -errno, "pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid < 0)
		return lw_fail(err, -errno, "fork: %s", strerror(errno));
	close(pipe[pid != 0]);
	if (!pid) {
		*ret_answer = pipe[1];
		return 0;
	}
	if (lw_read_full(pipe[0], &said, sizeof said) < 0)
		said = lw_fail(err, -ECHILD, "it ended without saying why (was it killed?)");
	else if (said < 0 && lw_read_full(pipe[0], &why, sizeof why) == 0)
		*err = why;
	close(pipe[0]);
	return said < 0 ? said : 1;
}

static int leave_terminal(struct lw_err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r = null < 0 || setsid() < 0 || chdir("/") < 0 ? -errno : 0;
	for (int fd = 0; fd < 3 && r >= 0; fd++)
		r = dup2(null, fd) < 0 ? -errno : 0;
	if (null > 2)
		close(null);
	return r < 0 ? lw_fail(err, r, "leaving the terminal: %s", strerror(-r)) : 0;
}

static void answer(int *fd, int r, const struct lw_err *err)
{
	if (*fd < 0)
		return;
	if (lw_write_full(*fd, &r, sizeof r) >= 0 && r < 0)
		(void)!lw_write_full(*fd, err, sizeof *err);
	lw_close_p(fd);
}

/* In the sandbox until the end: the exit code, or a negative errno. */
static int follow(struct cli_job *job, struct lw_instance *sandbox, int signals, struct lw_err *err)
{
	struct lw_status status = { 0 };
	struct cli_tty tty;
	lw_privilege_shed(job->plan);
	cli_tty_begin(&tty, lw_instance_pty(sandbox), (unsigned)job->plan->terminal_fds);
	int r = cli_run_loop(sandbox, signals, &tty, job->spec->timeout, NULL, &status, err);
	return r < 0 ? r : status.timed_out ? CLI_TIMEOUT : status.code;
}

int cli_cmd_exec(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	struct lw_instance *sandbox = NULL;
	struct lw_instance_options o = { .stdio = { 0, 1, 2 } };
	struct lw_text command = { 0 };
	_cleanup_close_ int held = -1, answer_fd = -1, signals = -1;
	int r = cli_find_sandbox(c, &job, &rec, &err), elsewhere = 0;
	if (r >= 0 && c->detach && (r = elsewhere = leave_caller(&err, &answer_fd)) == 0)
		r = leave_terminal(&err);
	/* From here on there may be two of us: one that has its answer, and one that acts. */
	if (r >= 0 && !elsewhere)
		r = prepare(c, &job, &rec, &held, &err);
	if (r >= 0 && !elsewhere)
		r = cli_signals_open(&signals, &err);
	if (r >= 0 && !elsewhere)
		r = lw_plan_launch(job.plan, &o, &sandbox, &err);
	if (r < 0)
		cli_blame_option(c, &err);
	if (!elsewhere)
		cli_act(c, &job, event_of(c, &rec, &command), r < 0 ? &err : NULL);
	lw_text_done(&command);
	answer(&answer_fd, r < 0 ? r : 0, &err);
	if (r >= 0 && !elsewhere)
		r = follow(&job, sandbox, signals, &err);
	int code = r < 0 ? cli_fail(&err) : elsewhere ? CLI_OK : r;
	lw_instance_close(sandbox);
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
