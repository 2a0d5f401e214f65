/* watch.c: whether the sandbox is ready and well, as far as the supervisor is concerned: what the record says, and what
 * is done about one that is not. */
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "supervise/supervisor.h"

#define SAVE_PAUSE INT64_C(500000) /* microseconds between two writings of what it says of itself */

static json_t *recorded(void *arg)
{
	return lw_record_spec(&((struct sv *)arg)->record);
}

static struct lw_probed whom(struct sv *s)
{
	return (struct lw_probed){
		.command = lw_instance_pid(s->sandbox),
		.command_fd = lw_instance_command_fd(s->sandbox),
		.id = s->record.id,
		.spec = recorded,
		.arg = s,
		.known = s->record.data,
		.state = s->state,
		.cgroup_parent = s->cgroup_parent,
	};
}

static void set_words(struct sv *s)
{
	const char *health = lw_health_word(&s->health);
	json_t *d = s->record.data;
	json_object_set_new(d, "ready", json_boolean(s->ready.state == LW_READY_YES));
	json_object_set_new(d, "health", health ? json_string(health) : json_null());
	json_object_set_new(d, "status", *s->ready.status ? json_string(s->ready.status) : json_null());
}

static void save(struct sv *s)
{
	struct lw_err err = { 0 };
	s->at[SV_SAVE] = 0;
	set_words(s);
	lw_record_save(&s->record, &err);
}

static void end_it(struct sv *s, const char *why, bool at_once)
{
	s->failed = true;
	json_object_set_new(s->record.data, "error", json_string(why));
	lw_health_end(&s->health);
	if (at_once)
		sv_kill(s);
	else
		sv_ask_to_end(s, -1);
}

static void is_ready(struct sv *s)
{
	struct lw_probed w = whom(s);
	sv_note(s, "ready", NULL);
	lw_health_begin(&s->health, &s->spec->service.health, &w, s->began, lw_now_usec());
}

void sv_watch_begin(struct sv *s)
{
	struct lw_probed w = whom(s);
	s->failed = s->again = false;
	s->ready.relay = getenv("NOTIFY_SOCKET");
	lw_ready_begin(&s->ready, &s->spec->service, &w, s->began);
	if (s->ready.state == LW_READY_YES)
		is_ready(s);
	set_words(s);
}

void sv_watch_pause(struct sv *s, bool on)
{
	struct lw_probed w = whom(s);
	if (on)
		lw_health_end(&s->health);
	else if (s->ready.state == LW_READY_YES && !s->failed)
		lw_health_begin(&s->health, &s->spec->service.health, &w, lw_now_usec(), lw_now_usec());
	set_words(s);
}

void sv_watch_poll(const struct sv *s, struct pollfd fds[static SV_WATCH_POLLFDS])
{
	lw_ready_poll(&s->ready, fds);
	fds[LW_READY_POLLFDS] = (struct pollfd){ .fd = s->health.asking.fd, .events = POLLIN };
}

int64_t sv_watch_when(const struct sv *s)
{
	int64_t ready = lw_ready_when(&s->ready), health = lw_health_when(&s->health);
	return !ready || (health && health < ready) ? health : ready;
}

static void changed(struct sv *s, enum lw_ready_state before)
{
	if (s->ready.state == before) {
		/* A status alone: as often as it likes, but it is written down now and then. */
		if (!s->at[SV_SAVE])
			s->at[SV_SAVE] = lw_now_usec() + SAVE_PAUSE;
		return;
	}
	if (s->ready.state == LW_READY_YES) {
		is_ready(s);
		sv_clients_tell_ready(s);
	} else if (s->ready.state == LW_READY_NEVER) {
		char within[LW_FORMAT_MAX], why[LW_FORMAT_MAX + 32];
		snprintf(why, sizeof why, "not ready within %s",
			 lw_format_duration(s->spec->service.ready_timeout, within, sizeof within));
		sv_note_failure(s, "failed", why);
		end_it(s, why, false);
	}
	save(s);
}

static void look_at_health(struct sv *s)
{
	if (!lw_health_look(&s->health, lw_now_usec()))
		return;
	int action = s->spec->service.health.action;
	bool ill = s->health.state == LW_HEALTH_ILL && action != LW_HEALTH_NONE && !s->stopping;
	save(s);
	if (s->health.state == LW_HEALTH_ILL)
		sv_note_failure(s, "unhealthy", "its health check failed too often in a row");
	if (!ill)
		return;
	s->again = action == LW_HEALTH_RESTART;
	end_it(s, "unhealthy", action == LW_HEALTH_KILL);
}

void sv_watch_look(struct sv *s)
{
	enum lw_ready_state before = s->ready.state;
	if (s->at[SV_SAVE] && lw_now_usec() >= s->at[SV_SAVE])
		save(s);
	if (!s->sandbox)
		return;
	if (lw_ready_look(&s->ready, lw_now_usec()))
		changed(s, before);
	look_at_health(s);
}

void sv_watch_output(struct sv *s, int stream, const char *bytes, size_t n)
{
	enum lw_ready_state before = s->ready.state;
	if (lw_ready_output(&s->ready, stream, bytes, n))
		changed(s, before);
}

enum lw_end sv_watch_end(struct sv *s, bool well)
{
	bool early = s->spec->service.ready.kind != LW_PROBE_STARTED && s->ready.state != LW_READY_YES && !s->stopping;
	if (early && !s->failed)
		json_object_set_new(s->record.data, "error", json_string("it ended before it was ready"));
	s->failed = s->failed || early;
	lw_ready_end(&s->ready);
	lw_health_end(&s->health);
	lw_notify_close(s->state_fd, s->record.id, &s->ready.notify);
	s->ready.status[0] = '\0';
	set_words(s);
	return s->again ? LW_END_AGAIN : s->failed || !well ? LW_END_FAILED : LW_END_WELL;
}
