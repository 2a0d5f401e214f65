/* events.h: who did what, and what became of sandboxes: STATE/events, a JSON object a line, the older half in events.1.
 * An act (run, stop, rm …) is one event, whether it was allowed or refused, and is told to syslog and the journal, too.
 * What happens to a sandbox (started, exited …) is one event. All have the same members:
 *
 *   schema_version, time, event, verb, id, name, uid, loginuid, pid, profile {path, sha256}, privileged, decision,
 * reason
 *
 * and some have more. docs/events.md lists them. */
#ifndef LW_EVENTS_H
#define LW_EVENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"

#define LW_EVENTS "events"
#define LW_EVENTS_KEEP 1
#define LW_EVENTS_MAX ((int64_t)16 * 1024 * 1024)

struct lw_event {
	const char *event;            /* of an act: the verb */
	const char *verb;             /* what brought it about; NULL: it is an act */
	const char *id, *name;        /* of the sandbox; NULL: none */
	const char *profile, *sha256; /* NULL: not known */
	bool privileged;
	bool refused;       /* by policy: decision is "refused", not "allowed" */
	const char *reason; /* why refused or failed, or NULL */
	pid_t pid;          /* whom it happened to; 0: this process, which acts or watches */
	const char *more;   /* further members as JSON, "\"code\": 0", or NULL */
	bool loud;          /* told to syslog and the journal although it is no act */
};
/* Writes n of them down, all by one write(2), and never fails: that something could not be written down is no reason to
 * disturb what has been done. */
void lw_event_note(int state_fd, const struct lw_event *e, size_t n);

/* What is known of a sandbox in the background, for an event of it. */
struct lw_record;
struct lw_event lw_event_of_record(const struct lw_record *r);

struct lw_text;
struct lw_status;
struct lw_denial;
/* For `more`: of the start of a command; of an end, {code, signal, timed_out, oom}; of a denial. */
#define LW_EVENT_MORE 96
void lw_event_start(pid_t command, char buf[static LW_EVENT_MORE]);
void lw_event_end(const struct lw_status *s, char buf[static LW_EVENT_MORE]);
void lw_event_denial(struct lw_text *t, const struct lw_denial *d);

/* Which of them: times in microseconds since 1970, INT64_MIN and INT64_MAX without; a sandbox by its name or the
 * beginning of its id, NULL: all. */
struct lw_event_filter {
	int64_t since, until;
	const char *sandbox;
};
bool lw_event_is_of(const json_t *event, const char *sandbox);
bool lw_event_passes(const json_t *event, const struct lw_event_filter *f);

#endif
