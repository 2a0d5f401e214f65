/* log.c: from what a sandbox prints to lines, and where they go. See log.h. A log that cannot be written is no reason
 * to disturb the sandbox. */
#include "supervise/log.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "sinks.h"

#define LEFT_MAX 65536          /* of what a terminal may still hold */
#define TOGETHER ((size_t)4096) /* lines of so many bytes are one write */

int sv_log_open(struct sv_log *l, const struct lw_spec *s, int dir, const char *id, struct lw_err *err)
{
	*l = SV_LOG_NONE;
	l->kind = sv_log_kind(&s->log);
	l->id = id;
	snprintf(l->name, sizeof l->name, "%s", s->name ? s->name : "lunward");
	if (l->kind != LW_LOG_FILE)
		return 0;
	l->file = (struct lw_rolled){ dir, SV_LOG, sv_log_max(&s->log), sv_log_keep(&s->log), -1 };
	if (!s->log.file) {
		(void)lw_rolled_open(&l->file); /* tried again at the first line */
		return 0;
	}
	int r = sv_log_place(&s->log, &l->dir, l->base, err);
	if (r >= 0)
		r = sv_log_apart(s, l->dir, err);
	l->file.dir = l->dir;
	l->file.name = l->base;
	if (r >= 0 && (r = lw_rolled_open(&l->file)) < 0) {
		lw_fail(err, r, "'%s': %s", s->log.file,
			r == -EPERM ? "not a regular file of yours with one name" : strerror(-r));
		lw_err_at(err, s->log.rec.origin);
		lw_err_in(err, "log.file");
	}
	if (r < 0)
		sv_log_close(l);
	return r;
}

void sv_log_connect(struct sv_log *l, int out, int err)
{
	l->stream[0].from = out;
	l->stream[1].from = err;
	for (int i = 0; i < 2; i++)
		if (l->stream[i].from >= 0)
			fcntl(l->stream[i].from, F_SETFL, fcntl(l->stream[i].from, F_GETFL) | O_NONBLOCK);
}

/* --- where lines go --- */

static void write_out(struct sv_log *l)
{
	if (l->out.len && !l->out.failed)
		(void)lw_rolled_append(&l->file, l->out.buf, l->out.len);
	l->out.len = 0;
}

static void to_file(struct sv_log *l, const struct sv_log_stream *s, char *text, size_t n, bool partial)
{
	char now[LW_TIME_MAX];
	/* What comes after a NUL would be lost to a C string. */
	for (char *p = text; (p = memchr(p, 0, (size_t)(text + n - p)));)
		*p = '?';
	lw_text_addf(&l->out, "{\"time\": \"%s\", \"stream\": \"%s\", \"text\": ", lw_time_text(lw_clock_usec(), now),
		     s->name);
	lw_text_add_json(&l->out, text);
	lw_text_add(&l->out, partial ? ", \"partial\": true}\n" : "}\n");
	if (l->out.len >= TOGETHER)
		write_out(l);
}

static int send(const struct sv_log *l, const char *stream, int severity, const char *text, size_t n, bool partial)
{
	const struct lw_sink_field fields[] = {
		{ "LUNWARD_ID", l->id, strlen(l->id) },
		{ "LUNWARD_NAME", l->name, strlen(l->name) },
		{ "LUNWARD_STREAM", stream, strlen(stream) },
		{ "LUNWARD_PARTIAL", "1", partial },
	};
	const struct lw_sink_record r = { .facility = LW_SINK_DAEMON,
					  .severity = severity,
					  .ident = l->name,
					  .pid = getpid(),
					  .text = text,
					  .n_text = n,
					  .fields = fields,
					  .n_fields = ARRAY_LEN(fields) };
	return l->kind == LW_LOG_JOURNAL ? lw_sink_journal(&r) : lw_sink_syslog(&r);
}

/* Nobody is waited for; who takes records again is told how many there were meanwhile. */
static void to_sink(struct sv_log *l, const struct sv_log_stream *s, const char *text, size_t n, bool partial)
{
	char lost[64];
	if (l->lost) {
		int len = snprintf(lost, sizeof lost, "%" PRIu64 " lines were lost here", l->lost);
		if (send(l, "lunward", LW_SINK_NOTICE, lost, (size_t)len, false) < 0) {
			l->lost++;
			return;
		}
		l->lost = 0;
	}
	if (send(l, s->name, s == &l->stream[1] ? LW_SINK_ERR : LW_SINK_INFO, text, n, partial) < 0)
		l->lost++;
}

static void put_line(struct sv_log *l, const struct sv_log_stream *s, const char *from, size_t n, bool partial)
{
	char text[SV_LINE_MAX + 1];
	memcpy(text, from, n);
	text[n] = '\0';
	if (l->kind == LW_LOG_FILE)
		to_file(l, s, text, n, partial);
	else if (l->kind != LW_LOG_NONE)
		to_sink(l, s, text, n, partial);
}

/* --- from bytes to lines --- */

/* How much of a line that is too long goes first: no character is cut in two. */
static size_t whole_characters(const char *s, size_t n)
{
	size_t at = n;
	while (at > n - 4 && ((unsigned char)s[at - 1] & 0xc0) == 0x80)
		at--;
	if (at > n - 4 && (unsigned char)s[at - 1] >= 0xc0)
		return at - 1;
	return n;
}

/* Whole lines; what is left stays, unless it fills the buffer or nothing follows. */
static void take_lines(struct sv_log *l, struct sv_log_stream *s, bool last)
{
	size_t at = 0;
	for (char *end; (end = memchr(s->line + at, '\n', s->n - at)); at = (size_t)(end - s->line) + 1)
		put_line(l, s, s->line + at, (size_t)(end - s->line) - at, false);
	if (last && s->n > at) {
		put_line(l, s, s->line + at, s->n - at, false);
		at = s->n;
	} else if (!at && s->n == SV_LINE_MAX) {
		at = whole_characters(s->line, s->n);
		put_line(l, s, s->line, at, true);
	}
	memmove(s->line, s->line + at, s->n - at);
	s->n -= at;
	write_out(l);
}

void sv_log_take(struct sv_log *l, struct sv_log_stream *s)
{
	ssize_t n = read(s->from, s->line + s->n, SV_LINE_MAX - s->n);
	if (n > 0) {
		if (l->bytes)
			l->bytes(l->arg, (int)(s - l->stream), s->line + s->n, (size_t)n);
		s->n += (size_t)n;
		take_lines(l, s, false);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		lw_close_p(&s->from);
		take_lines(l, s, true);
	}
}

void sv_log_close(struct sv_log *l)
{
	for (int i = 0; i < 2; i++) {
		struct sv_log_stream *s = &l->stream[i];
		/* What a process that is still there goes on to write is not waited for. */
		ssize_t left = s->from >= 0 ? fcntl(s->from, F_GETPIPE_SZ) : 0;
		left = left > 0 ? left : LEFT_MAX;
		for (ssize_t n = 1; s->from >= 0 && n > 0;) {
			n = left > 0 ? read(s->from, s->line + s->n, SV_LINE_MAX - s->n) : 0;
			left -= n > 0 ? n : 0;
			s->n += n > 0 ? (size_t)n : 0;
			take_lines(l, s, n <= 0);
		}
		lw_close_p(&s->from);
	}
	lw_rolled_close(&l->file);
	lw_close_p(&l->dir);
	lw_text_done(&l->out);
}
