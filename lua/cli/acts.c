/* acts.c: see acts.h. */
#include "lua/cli/acts.h"
#include "denials.h"
#include "instance.h"

static void note(const struct cli_job *job, const struct lw_event *e, size_t n)
{
	lw_event_note(job->host ? job->host->state_fd : -1, e, n);
}

struct lw_event cli_event_of_job(const struct cli_job *job, const char *id)
{
	const struct lw_spec *s = job->spec;
	return (struct lw_event){ .id = id,
				  .name = s ? s->name : NULL,
				  .profile = s && s->profile_path ? s->profile_path : job->eval.path,
				  .sha256 = job->eval.sha256,
				  .privileged = s && s->privileged };
}

void cli_act(const struct cli *c, const struct cli_job *job, struct lw_event e, const struct lw_err *err)
{
	char line[sizeof *err + 64];
	bool starts = c->detach && c->verb == &cli_verb_table[CLI_RUN];
	e.event = starts ? cli_verb_table[CLI_START].name : c->verb->name;
	if (err && err->code) {
		e.refused = err->cls == LW_ERR_POLICY || err->cls == LW_ERR_USAGE;
		e.reason = lw_err_format(err, line, sizeof line);
	}
	note(job, &e, 1);
}

void cli_act_on_record(const struct cli *c, const struct cli_job *job, const struct lw_record *r,
		       const struct lw_err *err)
{
	cli_act(c, job, lw_event_of_record(r), err);
}

void cli_note_run(const struct cli_job *job, const struct lw_instance *s)
{
	char more[LW_EVENT_MORE];
	struct lw_event e[2];
	e[0] = e[1] = cli_event_of_job(job, lw_instance_id(s));
	e[0].event = e[1].verb = cli_verb_table[CLI_RUN].name;
	e[1].event = "started";
	e[1].more = more;
	lw_event_start(lw_instance_pid(s), more);
	note(job, e, 2);
}

void cli_note_end(const struct cli_job *job, const struct lw_instance *s, const struct lw_status *status)
{
	char more[LW_EVENT_MORE];
	struct lw_event e = cli_event_of_job(job, lw_instance_id(s));
	e.event = "exited";
	e.verb = cli_verb_table[CLI_RUN].name;
	e.more = more;
	lw_event_end(status, more);
	note(job, &e, 1);
}

void cli_note_denial(const struct cli_job *job, const char *id, const struct lw_denial *d)
{
	struct lw_text more = { 0 };
	struct lw_event e = cli_event_of_job(job, id);
	e.event = "denied";
	e.verb = cli_verb_table[CLI_RUN].name;
	e.pid = d->pid;
	e.loud = true;
	lw_event_denial(&more, d);
	e.more = more.buf;
	note(job, &e, 1);
	lw_text_done(&more);
}
