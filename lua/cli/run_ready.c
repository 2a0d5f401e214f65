/* run_ready.c: see run_ready.h. */
#include "lua/cli/run_ready.h"
#include <errno.h>
#include <stdlib.h>
#include "base/clock.h"
#include "exec.h"
#include "schema.h"
#include "supervise/privilege.h"

static json_t *spec(void *arg)
{
	return lw_spec_to_json(((struct cli_ready *)arg)->job->spec);
}

/* Asking takes the rights that set-up took; then next to none are needed any more. */
static void tell(struct cli_ready *r)
{
	if (r->told || r->ready.state != LW_READY_YES)
		return;
	r->told = true;
	lw_privilege_shed(r->job->plan);
	cli_report_event(r->report, "ready", r->sandbox);
}

static void poll_it(void *arg, struct pollfd fds[static CLI_WATCH_POLLFDS])
{
	lw_ready_poll(&((struct cli_ready *)arg)->ready, fds);
}

static int64_t when(void *arg)
{
	return lw_ready_when(&((struct cli_ready *)arg)->ready);
}

static int look(void *arg, struct lw_err *err)
{
	struct cli_ready *r = arg;
	char within[LW_FORMAT_MAX];
	lw_ready_look(&r->ready, lw_now_usec());
	tell(r);
	if (r->ready.state != LW_READY_NEVER)
		return 0;
	lw_privilege_raise(true);
	lw_fail(err, -ETIMEDOUT, "not ready within %s",
		lw_format_duration(r->service.ready_timeout, within, sizeof within));
	lw_err_at(err, r->service.rec.origin);
	lw_err_in(err, "service.ready");
	return -ETIMEDOUT;
}

int cli_ready_open(struct cli_ready *r, const struct cli *c, const struct cli_job *job, const char *id,
		   struct lw_err *err)
{
	*r = (struct cli_ready){
		.c = c, .job = job, .id = id, .service = job->spec->service, .ready = LW_READINESS_NONE
	};
	r->watch = (struct cli_watch){ poll_it, when, look, r };
	r->ready.relay = getenv("NOTIFY_SOCKET");
	/* What it prints is the caller's, and passes us by. */
	if (r->service.ready.kind == LW_PROBE_LOG)
		r->service.ready.kind = LW_PROBE_STARTED;
	return r->service.ready.kind == LW_PROBE_NOTIFY ? lw_notify_open(job->host->state_fd, id, &r->ready.notify, err)
							: 0;
}

void cli_ready_begin(struct cli_ready *r, struct lw_instance *sandbox, const struct cli_report *report)
{
	r->sandbox = sandbox;
	r->report = report;
	r->known = lw_identity_of(lw_instance_pid(sandbox));
	json_object_set_new(r->known, "user", lw_exec_user(r->job->plan));
	struct lw_probed whom = {
		.command = lw_instance_pid(sandbox),
		.command_fd = lw_instance_command_fd(sandbox),
		.id = r->id,
		.spec = spec,
		.arg = r,
		.known = r->known,
		.state = r->job->host->state_dir,
		.cgroup_parent = r->c->cgroup_parent ? r->c->cgroup_parent : getenv("LUNWARD_CGROUP_PARENT"),
	};
	lw_privilege_rest();
	lw_ready_begin(&r->ready, &r->service, &whom, lw_now_usec());
	tell(r);
}

void cli_ready_close(struct cli_ready *r)
{
	if (!r->job)
		return;
	lw_ready_end(&r->ready);
	lw_notify_close(r->job->host->state_fd, r->id, &r->ready.notify);
	json_decref(r->known);
}
