/* err.c: fills, extends and prints struct lw_err. It must not allocate, print or touch errno: failures are told from
 * places where memory is gone and where the caller still wants its errno. Text of an err may come from an enemy (names
 * out of a profile or a root file system), so printing is the one place that makes it safe for a terminal. */
#include "base/err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"

/* Formats into a buffer of its own first, because callers wrap: lw_fail(err, r, "…: %s", err->msg). Text that does not
 * fit ends in "..." after a whole character. */
static void put_text(char *dst, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
static void put_text(char *dst, size_t size, const char *fmt, va_list ap)
{
	char tmp[sizeof(((struct lw_err *)0)->msg)];
	int saved = errno;
	int n = vsnprintf(tmp, size, fmt, ap);
	if (n < 0)
		tmp[0] = '\0';
	else if ((size_t)n >= size) {
		size_t end = size - sizeof("...");
		while (end > 0 && ((unsigned char)tmp[end] & 0xc0) == 0x80)
			end--;
		memcpy(tmp + end, "...", sizeof("..."));
	}
	memcpy(dst, tmp, strlen(tmp) + 1);
	errno = saved;
}

static int fail(struct lw_err *err, enum lw_err_class cls, int code, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
static int fail(struct lw_err *err, enum lw_err_class cls, int code, const char *fmt, va_list ap)
{
	/* A failure without a code would read as success to `if (r < 0)`. */
	if (code >= 0)
		code = code ? -code : -EIO;
	if (err) {
		put_text(err->msg, sizeof(err->msg), fmt, ap);
		err->code = -code;
		err->cls = cls;
		err->line = 0;
		err->file[0] = err->path[0] = err->hint[0] = '\0';
	}
	return code;
}

int lw_fail(struct lw_err *err, int code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int r = fail(err, LW_ERR_SETUP, code, fmt, ap);
	va_end(ap);
	return r;
}

int lw_fail_as(struct lw_err *err, enum lw_err_class cls, int code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int r = fail(err, cls, code, fmt, ap);
	va_end(ap);
	return r;
}

void lw_err_hint(struct lw_err *err, const char *fmt, ...)
{
	if (!err)
		return;
	va_list ap;
	va_start(ap, fmt);
	put_text(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

void lw_err_in(struct lw_err *err, const char *fmt, ...)
{
	if (!err)
		return;
	char prefix[sizeof(err->path)], old[sizeof(err->path)];
	va_list ap;
	va_start(ap, fmt);
	put_text(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(old, err->path, sizeof(old));
	const char *joint = prefix[0] && old[0] && old[0] != '[' ? "." : "";
	size_t n = strlen(prefix), j = strlen(joint), m = strlen(old);
	/* The outer part says where to look, so what does not fit is lost at the end. */
	if (n + j + m >= sizeof(err->path)) {
		size_t room = sizeof(err->path) - 1;
		n = n < room ? n : room;
		j = j < room - n ? j : room - n;
		m = room - n - j;
	}
	memcpy(err->path, prefix, n);
	memcpy(err->path + n, joint, j);
	memcpy(err->path + n + j, old, m);
	err->path[n + j + m] = '\0';
}

void lw_err_at(struct lw_err *err, struct lw_origin at)
{
	if (!err || err->file[0] || !at.file || !at.file[0])
		return;
	/* Of a long file name the end tells more. */
	size_t n = strlen(at.file), room = sizeof(err->file) - 1;
	if (n <= room)
		memcpy(err->file, at.file, n + 1);
	else {
		memcpy(err->file, "...", 3);
		memcpy(err->file + 3, at.file + n - (room - 3), room - 3 + 1);
	}
	err->line = at.line;
}

/* Appends s, safe for a terminal: control characters (C1 too) and bytes that are not UTF-8 become '?'. Never cuts a
 * character in two. Returns the new end. */
static size_t put_safe(char *buf, size_t size, size_t at, const char *s)
{
	while (*s && at + 1 < size) {
		uint32_t c;
		size_t n = lw_utf8_decode(s, &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
			buf[at++] = '?';
			s += n ? n : 1;
			continue;
		}
		if (at + n >= size)
			break;
		memcpy(buf + at, s, n);
		at += n;
		s += n;
	}
	return at;
}

char *lw_err_format(const struct lw_err *err, char *buf, size_t size)
{
	if (!size)
		return buf;
	size_t at = 0;
	if (err->file[0]) {
		char line[16] = "";
		if (err->line)
			snprintf(line, sizeof(line), ":%lu", (unsigned long)err->line);
		at = put_safe(buf, size, at, err->file);
		at = put_safe(buf, size, at, line);
		at = put_safe(buf, size, at, ": ");
	}
	if (err->path[0]) {
		at = put_safe(buf, size, at, err->path);
		at = put_safe(buf, size, at, ": ");
	}
	at = put_safe(buf, size, at, err->msg);
	if (err->hint[0]) {
		at = put_safe(buf, size, at, " (");
		at = put_safe(buf, size, at, err->hint);
		at = put_safe(buf, size, at, ")");
	}
	buf[at] = '\0';
	return buf;
}
