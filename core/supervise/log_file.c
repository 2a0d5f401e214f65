/* log_file.c: see log_file.h. A log that cannot be written is no reason to disturb the sandbox. */
#include "supervise/log_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/text.h"
#include "base/text.h"

static void open_file(struct cli_log *l)
{
	struct stat st;
	l->fd = openat(l->dir, CLI_LOG, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		       0600);
	if (l->fd >= 0 && (fstat(l->fd, &st) < 0 || !S_ISREG(st.st_mode)))
		lw_close_p(&l->fd);
	l->size = l->fd >= 0 ? st.st_size : 0;
}

void cli_log_open(struct cli_log *l, int dir, int out, int err)
{
	*l = (struct cli_log){ .dir = dir, .fd = -1 };
	l->stream[0].name = "stdout";
	l->stream[0].from = out;
	l->stream[1].name = "stderr";
	l->stream[1].from = err;
	for (int i = 0; i < 2; i++)
		fcntl(l->stream[i].from, F_SETFL, fcntl(l->stream[i].from, F_GETFL) | O_NONBLOCK);
	open_file(l);
}

static void write_line(struct cli_log *l, struct cli_log_stream *s, size_t n, bool partial)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	char now[LW_TIME_MAX], text[CLI_LINE_MAX + 1];
	memcpy(text, s->line, n);
	text[n] = '\0';
	/* Text may hold NUL; what comes after one would be lost to a C string. */
	for (char *p = text; (p = memchr(p, 0, (size_t)(text + n - p)));)
		*p = '?';
	lw_text_addf(&t, "{\"time\": \"%s\", \"stream\": \"%s\", \"text\": ", lw_now_text(now), s->name);
	lw_text_add_json(&t, text);
	lw_text_add(&t, partial ? ", \"partial\": true}\n" : "}\n");
	if (t.failed || l->fd < 0)
		return;
	if (l->size + (off_t)t.len > CLI_LOG_MAX / 2) {
		renameat(l->dir, CLI_LOG, l->dir, CLI_LOG_OLD);
		close(l->fd);
		open_file(l);
	}
	if (lw_write_full(l->fd, t.buf, t.len) == 0)
		l->size += (off_t)t.len;
}

/* Whole lines; what is left stays, unless it fills the buffer or nothing follows. */
static void write_lines(struct cli_log *l, struct cli_log_stream *s, bool last)
{
	size_t at = 0;
	for (char *end; (end = memchr(s->line + at, '\n', s->n - at));) {
		size_t len = (size_t)(end - s->line) - at;
		memmove(s->line, s->line + at, s->n - at);
		s->n -= at;
		write_line(l, s, len, false);
		at = len + 1;
	}
	memmove(s->line, s->line + at, s->n - at);
	s->n -= at;
	if (s->n && (last || s->n == CLI_LINE_MAX)) {
		write_line(l, s, s->n, !last);
		s->n = 0;
	}
}

void cli_log_take(struct cli_log *l, struct cli_log_stream *s)
{
	ssize_t n = read(s->from, s->line + s->n, CLI_LINE_MAX - s->n);
	if (n > 0) {
		if (l->bytes)
			l->bytes(l->arg, (int)(s - l->stream), s->line + s->n, (size_t)n);
		s->n += (size_t)n;
		write_lines(l, s, false);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		lw_close_p(&s->from);
		write_lines(l, s, true);
	}
}

void cli_log_close(struct cli_log *l)
{
	for (int i = 0; i < 2; i++) {
		struct cli_log_stream *s = &l->stream[i];
		for (ssize_t n = 1; s->from >= 0 && n > 0;) {
			n = read(s->from, s->line + s->n, CLI_LINE_MAX - s->n);
			s->n += n > 0 ? (size_t)n : 0;
			write_lines(l, s, n <= 0);
		}
		lw_close_p(&s->from);
	}
	lw_close_p(&l->fd);
}
