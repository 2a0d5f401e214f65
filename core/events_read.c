/* events_read.c: what events are made of elsewhere, and which are asked for. See events.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/text.h"
#include "denials.h"
#include "events.h"
#include "record.h"

#define ID_LENGTH_MIN 4

void lw_event_denial(struct lw_text *t, const struct lw_denial *d)
{
	const char *error = strerrorname_np(d->error);
	lw_text_addf(t, "\"layer\":\"%s\",\"syscall\":%d,\"call\":", lw_denial_layer_name(d->layer), d->number);
	lw_text_add_json(t, d->name);
	lw_text_add(t, ",\"args\":[");
	for (int i = 0; i < 6; i++)
		lw_text_addf(t, "%s\"0x%" PRIx64 "\"", i ? "," : "", d->args[i]);
	lw_text_add(t, "],\"errno\":");
	lw_text_add_json(t, error);
	lw_text_add(t, ",\"exe\":");
	lw_text_add_json(t, *d->exe ? d->exe : NULL);
	lw_text_add(t, ",\"path\":");
	lw_text_add_json(t, *d->path ? d->path : NULL);
	lw_text_add(t, ",\"cure\":");
	lw_text_add_json(t, *d->cure ? d->cure : NULL);
}

struct lw_event lw_event_of_record(const struct lw_record *r)
{
	const json_t *profile = json_object_get(r->data, "profile");
	return (struct lw_event){ .id = r->dir >= 0 ? r->id : NULL,
				  .name = json_string_value(json_object_get(r->data, "name")),
				  .profile = json_string_value(json_object_get(profile, "path")),
				  .sha256 = json_string_value(json_object_get(profile, "sha256")),
				  .privileged = json_is_true(json_object_get(r->data, "privileged")) };
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

bool lw_event_is_of(const json_t *event, const char *sandbox)
{
	size_t n = strlen(sandbox);
	return !strcmp(word(event, "name"), sandbox) || (n >= ID_LENGTH_MIN && !strncmp(word(event, "id"), sandbox, n));
}

bool lw_event_passes(const json_t *event, const struct lw_event_filter *f)
{
	int64_t time = 0;
	bool bounded = f->since != INT64_MIN || f->until != INT64_MAX;
	if (bounded && (lw_parse_time(word(event, "time"), &time) < 0 || time < f->since || time > f->until))
		return false;
	return !f->sandbox || lw_event_is_of(event, f->sandbox);
}
