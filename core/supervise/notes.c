/* notes.c: what happens to the sandbox, as events (core/events.h). */
#include "base/text.h"
#include "denials.h"
#include "events.h"
#include "supervise/supervisor.h"

static struct lw_event of(const struct sv *s, const char *event)
{
	struct lw_event e = lw_event_of_record(&s->record);
	e.event = event;
	e.verb = "start";
	return e;
}

void sv_note(const struct sv *s, const char *event, const char *more)
{
	struct lw_event e = of(s, event);
	e.more = more;
	lw_event_note(s->state_fd, &e, 1);
}

void sv_note_failure(const struct sv *s, const char *event, const char *reason)
{
	struct lw_event e = of(s, event);
	e.reason = reason;
	e.loud = true;
	lw_event_note(s->state_fd, &e, 1);
}

void sv_note_end(const struct sv *s, const struct lw_status *status)
{
	char more[LW_EVENT_MORE];
	lw_event_end(status, more);
	sv_note(s, "exited", more);
	if (status->oom)
		sv_note_failure(s, "oom", "out of memory");
}

void sv_note_denial(void *arg, const struct lw_denial *d)
{
	const struct sv *s = arg;
	struct lw_text more = { 0 };
	struct lw_event e = of(s, "denied");
	lw_event_denial(&more, d);
	e.more = more.buf;
	e.pid = d->pid;
	e.loud = true;
	lw_event_note(s->state_fd, &e, 1);
	lw_text_done(&more);
}
