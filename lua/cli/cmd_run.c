/* cmd_run.c: `lunward run`: from the command line to the command's exit code. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include "base/cleanup.h"
#include "listen.h"
#include "lua/cli/acts.h"
#include "lua/cli/cli.h"
#include "lua/cli/tell_denials.h"
#include "lua/cli/naming.h"
#include "lua/cli/options.h"
#include "supervise/privilege.h"
#include "lua/cli/run_loop.h"
#include "lua/cli/run_ready.h"
#include "lua/cli/status.h"
#include "lua/cli/tty.h"
#include "lua/cli/warm/warm.h"
#include "instance.h"

static void print_warning(void *arg, struct lw_origin at, const char *path, const char *msg)
{
	struct lw_err w = { 0 };
	char line[sizeof w + 64];
	lw_fail_as(&w, LW_ERR_POLICY, -EINVAL, "%s", msg);
	lw_err_at(&w, at);
	lw_err_in(&w, "%s", path);
	cli_blame_option(arg, &w);
	if (w.file[0] && w.path[0])
		lw_eval_locate_key(&w);
	cli_warn("%s (warning)", lw_err_format(&w, line, sizeof line));
}

/* Whoever asks for everything hears of it each time, asked or not. */
static void print_privileged(void *arg, struct lw_origin at, const char *path, const char *msg)
{
	if (!strcmp(path, "privileged"))
		print_warning(arg, at, path, msg);
}

static void print_notes(const struct cli *c, const struct cli_job *job)
{
	lw_spec_warnings(job->spec, print_warning, (void *)(uintptr_t)c);
	for (size_t i = 0; i < job->plan->n_notes; i++)
		cli_warn("%s (note)", job->plan->notes[i]);
}

/* The sockets that the command is handed. */
static int open_sockets(const struct cli_job *job, struct lw_sockets *ret, struct lw_err *err)
{
	struct lw_sockets inherited;
	if (!job->spec->service.listen.n)
		return 0;
	lw_sockets_inherited(job->host->environ_, &inherited);
	int r = lw_sockets_open(&job->spec->service.listen, &inherited, ret, err);
	lw_sockets_close(&inherited);
	job->host->sockets = ret;
	return r;
}

/* What one run holds besides its sandbox. */
struct running {
	const struct cli_job *job;
	const struct cli_report *report;
	char id[CLI_ID_MAX];
	struct lw_sockets sockets;
	struct cli_ready ready;
};

static void denied(void *arg, const struct lw_denial *d)
{
	const struct running *run = arg;
	cli_denial_event((void *)(uintptr_t)run->report, d);
	cli_note_denial(run->job, run->id, d);
}

static int start(struct cli *c, const char *profile, struct cli_job *job, const struct cli_report *report,
		 int *ret_signal_fd, struct running *run, struct lw_instance **ret, struct lw_err *err)
{
	char *id = run->id;
	struct lw_instance_options o = { .id = id,
					 .denials = c->denials,
					 .on_denial = denied,
					 .arg = run,
					 .stdio = { 0, 1, 2 },
					 .sockets = &run->sockets,
					 .usage = report->status_fd >= 0 || report->result_fd >= 0 };
	int r = cli_load(c, profile, job, err);
	/* Unpacking an image takes its time, and a signal is to end it. */
	if (r >= 0 && (r = cli_prepare(job, err)) < 0)
		cli_blame_option(c, err);
	if (r >= 0)
		r = cli_signals_open(ret_signal_fd, err);
	if (r >= 0)
		r = cli_make_id(id, err);
	if (r >= 0)
		r = cli_name_it(c, job->spec, id, err);
	if (r >= 0)
		r = open_sockets(job, &run->sockets, err);
	if (r >= 0)
		r = cli_ready_open(&run->ready, c, job, id, err);
	if (r < 0)
		return r;
	job->host->tty_fds = cli_tty_fds();
	job->host->notify_socket = lw_notify_path(job->host, id);
	r = lw_plan_build(job->spec, job->host, &job->plan, err);
	if (r < 0) {
		cli_blame_option(c, err);
		return r;
	}
	if (c->verbose)
		print_notes(c, job);
	else if (job->spec->privileged)
		lw_spec_warnings(job->spec, print_privileged, (void *)(uintptr_t)c);
	cli_report_event(report, "created", NULL);
	r = lw_plan_launch(job->plan, &o, ret, err);
	if (r < 0) {
		cli_blame_option(c, err);
		cli_hint_at_outside(job->spec, err);
	}
	return r;
}

int cli_cmd_run(struct cli *c)
{
	if (c->detach)
		return cli_cmd_start(c);
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct cli_report report = { -1, -1 };
	struct lw_instance *sandbox = NULL;
	struct lw_status status = { 0 };
	struct running run = { .job = &job, .report = &report };
	struct cli_tty tty;
	const char *profile;
	int signal_fd = -1, code;

	int r = cli_profile_word(c, &profile, &err);
	if (r >= 0)
		r = cli_report_open(c, &report, &err);
	if (r >= 0)
		r = start(c, profile, &job, &report, &signal_fd, &run, &sandbox, &err);
	if (r < 0)
		cli_act(c, &job, cli_event_of_job(&job, *run.id ? run.id : NULL), &err);
	if (r >= 0) {
		cli_note_run(&job, sandbox);
		cli_report_event(&report, "started", sandbox);
		warm_save(c, &job);
		cli_ready_begin(&run.ready, sandbox, &report);
		cli_tty_begin(&tty, lw_instance_pty(sandbox), (unsigned)job.plan->terminal_fds);
		r = cli_run_loop(sandbox, signal_fd, &tty, job.spec->timeout, &run.ready.watch, &status, &err);
	}
	if (r >= 0) {
		cli_note_end(&job, sandbox, &status);
		cli_report_end(&report, &status, sandbox);
		cli_denials_print(sandbox);
		code = status.timed_out ? CLI_TIMEOUT : status.code;
	} else {
		code = cli_fail(&err);
		cli_report_error(&report, &err, code);
	}
	cli_ready_close(&run.ready);
	lw_instance_close(sandbox);
	lw_sockets_close(&run.sockets);
	cli_job_done(&job);
	lw_close_p(&signal_fd);
	lw_close_p(&report.result_fd);
	return code;
}
