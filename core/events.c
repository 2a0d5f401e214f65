/* events.c: writing events down, see events.h. Also a part of warm launches: no libc but what they have. */
#include "events.h"
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "rolled.h"
#include "instance.h"
#include "schema.h"
#include "sinks.h"
#include "sys.h"

#define NO_LOGIN UINT32_MAX

struct who {
	uint32_t uid, loginuid;
	pid_t pid;
};

/* Whom the kernel's audit takes for the one who logged in: it stays through su and sudo. NO_LOGIN: nobody, or not known
 * here. */
static uint32_t login(void)
{
	char text[16] = "";
	long fd = SYS(openat, AT_FDCWD, "/proc/self/loginuid", O_RDONLY | O_CLOEXEC, 0);
	long n = fd < 0 ? fd : SYS(read, fd, text, sizeof text - 1);
	uint32_t uid = 0;
	if (fd >= 0)
		SYS(close, fd);
	for (long i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		uid = uid * 10 + (uint32_t)(text[i] - '0');
	return n > 0 ? uid : NO_LOGIN;
}

static bool is_act(const struct lw_event *e)
{
	return !e->verb;
}

static pid_t pid_of(const struct lw_event *e, const struct who *w)
{
	return e->pid ? e->pid : w->pid;
}

static void member(struct lw_text *t, const char *name, const char *value)
{
	lw_text_addf(t, ",\"%s\":", name);
	lw_text_add_json(t, value);
}

static void put(struct lw_text *t, const struct lw_event *e, const struct who *w)
{
	char now[LW_TIME_MAX];
	lw_text_addf(t, "{\"schema_version\":%d,\"time\":\"%s\"", LW_SCHEMA_VERSION,
		     lw_time_text(lw_clock_usec(), now));
	member(t, "event", e->event);
	member(t, "verb", is_act(e) ? e->event : e->verb);
	member(t, "id", e->id);
	member(t, "name", e->name);
	lw_text_addf(t, ",\"uid\":%u", w->uid);
	if (w->loginuid == NO_LOGIN)
		lw_text_add(t, ",\"loginuid\":null");
	else
		lw_text_addf(t, ",\"loginuid\":%u", w->loginuid);
	lw_text_addf(t, ",\"pid\":%d", (int)pid_of(e, w));
	lw_text_add(t, ",\"profile\":{\"path\":");
	lw_text_add_json(t, e->profile && *e->profile ? e->profile : NULL);
	member(t, "sha256", e->sha256 && *e->sha256 ? e->sha256 : NULL);
	lw_text_addf(t, "},\"privileged\":%s,\"decision\":\"%s\"", e->privileged ? "true" : "false",
		     e->refused ? "refused" : "allowed");
	member(t, "reason", e->reason);
	if (e->more && *e->more)
		lw_text_addf(t, ",%s", e->more);
	lw_text_add(t, "}\n");
}

static void quoted(struct lw_text *t, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	lw_text_addf(t, " %s=", name);
	lw_text_add_json(t, value);
}

static size_t field(struct lw_sink_field *fields, size_t n, const char *name, const char *value)
{
	fields[n] = (struct lw_sink_field){ name, value, value ? strlen(value) : 0 };
	return n + 1;
}

/* One line for people, with what a search looks for as words of their own. */
static void tell(const struct lw_event *e, const struct who *w)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	char uid[16], loginuid[16] = "";
	const char *privileged = e->privileged ? "yes" : "no", *decision = e->refused ? "refused" : "allowed";
	snprintf(uid, sizeof uid, "%u", w->uid);
	if (w->loginuid != NO_LOGIN)
		snprintf(loginuid, sizeof loginuid, "%u", w->loginuid);
	lw_text_addf(&t, "%s %s: %s uid=%s", e->event, e->name ? e->name : "-", decision, uid);
	if (*loginuid)
		lw_text_addf(&t, " loginuid=%s", loginuid);
	lw_text_addf(&t, " pid=%d privileged=%s", (int)pid_of(e, w), privileged);
	quoted(&t, "profile", e->profile);
	quoted(&t, "sha256", e->sha256);
	quoted(&t, "id", e->id);
	quoted(&t, "reason", e->reason);
	if (e->more && *e->more)
		lw_text_addf(&t, " {%s}", e->more);
	if (t.failed)
		return;
	struct lw_sink_field fields[LW_SINK_FIELDS];
	size_t n = 0;
	n = field(fields, n, "LUNWARD_EVENT", e->event);
	n = field(fields, n, "LUNWARD_VERB", is_act(e) ? e->event : e->verb);
	n = field(fields, n, "LUNWARD_ID", e->id);
	n = field(fields, n, "LUNWARD_NAME", e->name);
	n = field(fields, n, "LUNWARD_UID", uid);
	n = field(fields, n, "LUNWARD_LOGINUID", loginuid);
	n = field(fields, n, "LUNWARD_PROFILE", e->profile);
	n = field(fields, n, "LUNWARD_PROFILE_SHA256", e->sha256);
	n = field(fields, n, "LUNWARD_DECISION", decision);
	n = field(fields, n, "LUNWARD_PRIVILEGED", privileged);
	n = field(fields, n, "LUNWARD_REASON", e->reason);
	const struct lw_sink_record r = { .facility = LW_SINK_AUTHPRIV,
					  .severity = e->refused || !is_act(e) ? LW_SINK_NOTICE : LW_SINK_INFO,
					  .ident = "lunward",
					  .pid = w->pid,
					  .text = t.buf,
					  .n_text = t.len,
					  .fields = fields,
					  .n_fields = n };
	lw_sink_all(&r);
}

void lw_event_note(int state_fd, const struct lw_event *e, size_t n)
{
	struct lw_rolled file = { state_fd, LW_EVENTS, LW_EVENTS_MAX, LW_EVENTS_KEEP, -1 };
	const struct who w = { (uint32_t)SYS(getuid), login(), (pid_t)SYS(getpid) };
	struct lw_text t = { 0 };
	if (state_fd < 0)
		return;
	for (size_t i = 0; i < n; i++)
		put(&t, &e[i], &w);
	if (!t.failed)
		(void)lw_rolled_append(&file, t.buf, t.len);
	lw_rolled_close(&file);
	lw_text_done(&t);
	for (size_t i = 0; i < n; i++)
		if (is_act(&e[i]) || e[i].loud)
			tell(&e[i], &w);
}

void lw_event_start(pid_t command, char buf[static LW_EVENT_MORE])
{
	snprintf(buf, LW_EVENT_MORE, command > 0 ? "\"command_pid\":%d" : "\"command_pid\":null", (int)command);
}

void lw_event_end(const struct lw_status *s, char buf[static LW_EVENT_MORE])
{
	char signal[16] = "null";
	if (s->signal)
		snprintf(signal, sizeof signal, "%d", s->signal);
	snprintf(buf, LW_EVENT_MORE, "\"code\":%d,\"signal\":%s,\"timed_out\":%s,\"oom\":%s", s->code, signal,
		 s->timed_out ? "true" : "false", s->oom ? "true" : "false");
}
