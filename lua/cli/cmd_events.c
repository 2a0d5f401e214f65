/* cmd_events.c: `lunward events`: what is on record (core/events.h), as far as it is asked for, and what is added. */
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "events.h"
#include "lua/cli/cli.h"
#include "lua/cli/follow.h"
#include "record.h"
#include "rolled.h"

#define FLUSH_AT ((size_t)64 * 1024)

struct showing {
	struct cli *c;
	struct lw_event_filter filter;
	struct lw_text out;
	json_t *list; /* of --format lua, else NULL */
	bool known;   /* the sandbox is named in some event, of whatever time */
};

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* What a line for people says after its first three words, in order; what it does not name follows as it is. */
static const char *const told[] = { "schema_version", "time",    "event",      "verb",     "id",    "name", "uid",
				    "loginuid",       "profile", "privileged", "decision", "reason" };

static void put_text(struct lw_text *t, const json_t *raw)
{
	json_auto_t *o = cli_plain(raw);
	const json_t *login = json_object_get(o, "loginuid");
	const char *key;
	json_t *v;
	lw_text_addf(t, "%s %-8s %s uid=%" JSON_INTEGER_FORMAT, word(o, "time"), word(o, "event"),
		     *word(o, "name") ? word(o, "name") : "-", json_integer_value(json_object_get(o, "uid")));
	if (json_is_integer(login))
		lw_text_addf(t, " loginuid=%" JSON_INTEGER_FORMAT, json_integer_value(login));
	if (json_is_true(json_object_get(o, "privileged")))
		lw_text_add(t, " privileged");
	json_object_foreach(o, key, v)
	{
		bool known = json_is_null(v) || json_is_false(v);
		for (size_t i = 0; i < ARRAY_LEN(told) && !known; i++)
			known = !strcmp(key, told[i]);
		_cleanup_free_ char *s = known ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
		if (s)
			lw_text_addf(t, " %s=%s", key, s);
	}
	if (!strcmp(word(o, "decision"), "refused"))
		lw_text_add(t, " refused");
	if (*word(o, "reason"))
		lw_text_addf(t, ": %s", word(o, "reason"));
	lw_text_add(t, "\n");
}

static void show(struct showing *s, const char *line, size_t n)
{
	json_auto_t *o = lw_rolled_object(line, n);
	if (!o)
		return;
	s->known = s->known || (s->filter.sandbox && lw_event_is_of(o, s->filter.sandbox));
	if (!lw_event_passes(o, &s->filter))
		return;
	if (!cli_is_data(s->c)) {
		put_text(&s->out, o);
		return;
	}
	cli_stream_item(&s->out, s->list, o);
}

/* False: nobody reads any more. */
static bool flush(struct showing *s)
{
	int r = s->out.len ? lw_write_full(STDOUT_FILENO, s->out.buf, s->out.len) : 0;
	s->out.len = 0;
	return r >= 0;
}

static int read_on(struct showing *s, struct lw_rolled_reader *r, struct lw_err *err)
{
	const char *line;
	size_t n;
	int more;
	while ((more = lw_rolled_next(r, &line, &n)) > 0) {
		show(s, line, n);
		if (s->out.len > FLUSH_AT && !flush(s))
			return 0;
	}
	if (more < 0)
		return lw_fail(err, more, "reading " LW_EVENTS ": %s", strerror(-more));
	return flush(s);
}

static int follow(struct showing *s, struct lw_rolled_reader *r, int dir, struct lw_err *err)
{
	struct cli_follow f;
	int n = cli_follow_open(&f, dir, err);
	while (n >= 0 && (n = read_on(s, r, err)) > 0)
		if (!cli_follow_wait(&f, -1))
			break;
	cli_follow_close(&f);
	return n;
}

/* Nothing was ever heard of it: a typo, more likely than a sandbox that did nothing. */
static int look_for(const struct showing *s, int state_fd, struct lw_err *err)
{
	struct lw_record rec = LW_RECORD_NONE;
	int r = s->known || !s->filter.sandbox ? 0 : lw_record_find(state_fd, s->filter.sandbox, &rec, err);
	lw_record_done(&rec);
	return r;
}

int cli_cmd_events(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct showing s = { .c = c, .filter = { c->since, c->until, c->n_words ? c->words[0] : NULL } };
	struct lw_rolled_reader reader = { .fd = -1 };
	int r = c->n_words > 1 ? lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "events: one sandbox at a time")
			       : cli_probe(c, &job, &err);
	if (r >= 0)
		r = cli_stream_begin(c, &s.list, &err);
	if (r >= 0 && lw_rolled_begin(&reader, job.host->state_fd, LW_EVENTS, LW_EVENTS_KEEP) < 0)
		r = lw_fail(&err, -ENOMEM, "out of memory");
	if (r >= 0)
		r = c->follow ? follow(&s, &reader, job.host->state_fd, &err) : read_on(&s, &reader, &err);
	if (r >= 0 && !c->follow)
		r = look_for(&s, job.host->state_fd, &err);
	int code = r < 0 ? cli_fail(&err) : s.list ? cli_print_data(c, json_incref(s.list)) : CLI_OK;
	json_decref(s.list);
	lw_text_done(&s.out);
	lw_rolled_end(&reader);
	cli_job_done(&job);
	return code;
}
