/* cmd_logs.c: `lunward logs`: what a sandbox in the background has printed, from the files that its supervisor writes
 * (core/supervise/log.h), each stream to its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "lua/cli/detached.h"
#include "lua/cli/follow.h"
#include "schema.h"
#include "supervise/log.h"

#define LOOK_MS 200     /* how often it is asked whether the supervisor lives */
#define RETURN_LOOKS 3  /* so often, before it is believed that it will not be started again */
#define FLUSH_AT 65536u /* bytes */

struct printing {
	const struct cli *c;
	bool terminal[2], goes_on[2]; /* by stream: the line that was printed last has no end yet */
	int fd;                       /* of what is in `out` */
	struct lw_text out;
	json_t *list;   /* of --format lua, else NULL */
	int64_t begun;  /* CLOCK_REALTIME, microseconds */
	bool gone;      /* nobody reads any more */
	bool done;      /* past what was there when we began */
	json_t **last;  /* -n: a ring */
	size_t n, seen; /* its size, and how many have been put there */
};

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void flush(struct printing *p)
{
	if (p->out.len && lw_write_full(p->fd, p->out.buf, p->out.len) < 0)
		p->gone = true;
	p->out.len = 0;
}

/* For a terminal, what would act on it is spelt out; a tab is left, and the end that a terminal's line has. */
static void put_harmless(struct lw_text *t, const char *s)
{
	while (*s) {
		uint32_t c;
		size_t n = lw_utf8_decode(s, &c);
		if (n && c != '\t' && (c < 0x20 || (c >= 0x7f && c < 0xa0))) {
			if (c != '\r' || s[1])
				lw_text_addf(t, "\\x%02x", (unsigned)c);
		} else {
			lw_text_addn(t, s, n ? n : 1);
		}
		s += n ? n : 1;
	}
}

static void print(struct printing *p, json_t *o)
{
	bool data = cli_is_data(p->c), err = !data && !strcmp(word(o, "stream"), "stderr");
	int fd = err ? STDERR_FILENO : STDOUT_FILENO;
	if (fd != p->fd || p->out.len > FLUSH_AT)
		flush(p);
	p->fd = fd;
	if (data) {
		cli_stream_item(&p->out, p->list, o);
		return;
	}
	if (p->c->timestamps && !p->goes_on[err])
		lw_text_addf(&p->out, "%s ", word(o, "time"));
	if (p->terminal[err])
		put_harmless(&p->out, word(o, "text"));
	else
		lw_text_add(&p->out, word(o, "text"));
	p->goes_on[err] = json_is_true(json_object_get(o, "partial"));
	if (!p->goes_on[err])
		lw_text_add(&p->out, "\n");
}

static bool in_time(struct printing *p, const json_t *o)
{
	int64_t time = 0;
	bool told = lw_parse_time(word(o, "time"), &time) == 0;
	/* Who prints faster than we do is not run after, unless that was asked for. */
	p->done = p->done || (told && !p->c->follow && time > p->begun);
	bool bounded = p->c->since != INT64_MIN || p->c->until != INT64_MAX;
	return !p->done && (!bounded || (told && time >= p->c->since && time <= p->c->until));
}

static void take(struct printing *p, const char *line, size_t n)
{
	json_t *o = lw_rolled_object(line, n);
	if (!o || !in_time(p, o)) {
		json_decref(o);
	} else if (p->last) {
		json_t **slot = &p->last[p->seen++ % p->n];
		json_decref(*slot);
		*slot = o;
	} else {
		print(p, o);
		json_decref(o);
	}
}

/* What was kept for -n; from here on everything is printed. */
static void end_ring(struct printing *p)
{
	for (size_t i = 0; p->last && i < p->n; i++) {
		json_t *o = p->last[(p->seen + i) % p->n];
		if (o)
			print(p, o);
		json_decref(o);
	}
	free(p->last);
	p->last = NULL;
}

static int read_on(struct printing *p, struct lw_rolled_reader *r, struct lw_err *err)
{
	const char *line;
	size_t n;
	int more = 0;
	while (!p->gone && !p->done && (more = lw_rolled_next(r, &line, &n)) > 0)
		take(p, line, n);
	end_ring(p);
	flush(p);
	return !p->gone && more < 0 ? lw_fail(err, more, "reading the log: %s", strerror(-more)) : 0;
}

static int follow(struct printing *p, struct lw_rolled_reader *r, const struct lw_record *rec, struct lw_err *err)
{
	struct cli_follow f;
	int n = cli_follow_open(&f, r->dir, err), without = 0;
	while (n >= 0 && !p->gone) {
		/* Asked before it is read: what a supervisor that ends now has written is there then. */
		without = lw_record_supervised(rec) ? 0 : without + 1;
		n = read_on(p, r, err);
		if (n < 0 || without > RETURN_LOOKS || !cli_follow_wait(&f, LOOK_MS))
			break;
	}
	cli_follow_close(&f);
	return n;
}

/* Where it is, or who else has it. */
static int place(const struct lw_record *rec, const struct lw_spec *s, int *ret_own_dir, char base[static 256],
		 struct lw_err *err)
{
	static const char *const elsewhere[] = { [LW_LOG_JOURNAL] = "goes to the journal",
						 [LW_LOG_SYSLOG] = "goes to syslog",
						 [LW_LOG_NONE] = "is not kept" };
	int kind = sv_log_kind(&s->log);
	const char *where = kind < (int)ARRAY_LEN(elsewhere) ? elsewhere[kind] : NULL;
	if (where) {
		lw_fail_as(err, LW_ERR_USAGE, -ENODATA, "what %s prints %s", s->name, where);
		if (kind == LW_LOG_JOURNAL)
			lw_err_hint(err, "journalctl LUNWARD_ID=%s", rec->id);
		else
			lw_err_hint(err, "`log` in its profile says so; log = \"file\" keeps it");
		return -ENODATA;
	}
	snprintf(base, 256, "%s", SV_LOG);
	return s->log.file ? sv_log_place(&s->log, ret_own_dir, base, err) : 0;
}

static int logs(struct cli *c, const struct lw_record *rec, struct lw_err *err)
{
	struct printing p = { .c = c,
			      .begun = lw_clock_usec(),
			      .terminal = { isatty(STDOUT_FILENO), isatty(STDERR_FILENO) },
			      .fd = STDOUT_FILENO,
			      .n = c->tail < 0 ? 0 : (size_t)c->tail };
	struct lw_rolled_reader reader = { .fd = -1 };
	struct lw_spec *spec = NULL;
	_cleanup_close_ int own = -1;
	char base[256];
	json_auto_t *o = lw_record_spec(rec);
	int r = o ? lw_spec_decode(o, &spec, err) : lw_fail(err, -EIO, "the record of this sandbox cannot be read");
	if (r >= 0)
		r = cli_stream_begin(c, &p.list, err);
	if (r >= 0)
		r = place(rec, spec, &own, base, err);
	if (r >= 0 && lw_rolled_begin(&reader, own >= 0 ? own : rec->dir, base, sv_log_keep(&spec->log)) < 0)
		r = lw_fail(err, -ENOMEM, "out of memory");
	if (r >= 0 && p.n && !(p.last = calloc(p.n, sizeof(json_t *))))
		r = lw_fail(err, -ENOMEM, "out of memory");
	if (r >= 0)
		r = c->follow ? follow(&p, &reader, rec, err) : read_on(&p, &reader, err);
	end_ring(&p);
	if (r >= 0 && p.list)
		r = cli_print_data(c, json_incref(p.list)); /* 0, or the exit code */
	json_decref(p.list);
	lw_text_done(&p.out);
	lw_rolled_end(&reader);
	lw_spec_free(spec);
	return r;
}

int cli_cmd_logs(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0)
		r = logs(c, &rec, &err);
	int code = r < 0 ? cli_fail(&err) : r;
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
