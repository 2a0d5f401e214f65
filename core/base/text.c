/* text.c: small values to numbers and back, and growing text. Inputs may come from an enemy: every product is checked,
 * nothing depends on the locale, no float is involved (0.1G has one meaning). Names and typos live in near.c. */
#include "base/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool lw_case_equal(const char *a, const char *b)
{
	const char *end = lw_case_skip(a, b);
	return end && !*end;
}

const char *lw_case_skip(const char *s, const char *prefix)
{
	for (; *prefix; s++, prefix++)
		if (lower(*s) != lower(*prefix))
			return NULL;
	return s;
}

/* A number as written: "12.034" is whole 12, frac 34, scale 1000. */
struct decimal {
	uint64_t whole, frac, scale;
};

#define FRACTION_SCALE_MAX UINT64_C(1000000000)

/* Reads digits[.digits] or .digits at *s and moves *s behind it. */
static int scan_decimal(const char **s, struct decimal *ret)
{
	struct decimal d = { .scale = 1 };
	bool any = false, range = false;
	const char *p = *s;
	for (; is_digit(*p); p++, any = true)
		range |= __builtin_mul_overflow(d.whole, 10, &d.whole) ||
			 __builtin_add_overflow(d.whole, (uint64_t)(*p - '0'), &d.whole);
	if (*p == '.') {
		if (!is_digit(p[1]))
			return -EINVAL;
		for (p++; is_digit(*p); p++, any = true) {
			if (d.scale == FRACTION_SCALE_MAX)
				return -EINVAL;
			d.frac = d.frac * 10 + (uint64_t)(*p - '0');
			d.scale *= 10;
		}
	}
	if (!any)
		return -EINVAL;
	*s = p;
	*ret = d;
	return range ? -ERANGE : 0;
}

/* whole.frac * unit, rounded up, added to *sum; false when it does not fit int64_t. */
static bool add_scaled(const struct decimal *d, uint64_t unit, int64_t *sum)
{
	uint64_t whole;
	if (__builtin_mul_overflow(d->whole, unit, &whole))
		return false;
	/* At most 10^9 * 2^50: needs more than 64 bits on the way, never after the division. */
	unsigned __int128 part = ((unsigned __int128)d->frac * unit + d->scale - 1) / d->scale;
	return !__builtin_add_overflow(*sum, whole, sum) && !__builtin_add_overflow(*sum, (uint64_t)part, sum);
}

int lw_parse_i64(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	if (!is_digit(*s))
		return -EINVAL;
	int64_t value = 0;
	bool range = false;
	for (; is_digit(*s); s++) {
		int digit = *s - '0';
		range |= __builtin_mul_overflow(value, 10, &value) ||
			 __builtin_add_overflow(value, negative ? -digit : digit, &value);
	}
	if (*s)
		return -EINVAL;
	if (range)
		return -ERANGE;
	*ret = value;
	return 0;
}

static const char size_units[] = "kmgtp";

int lw_parse_size(const char *s, int64_t *ret_bytes)
{
	struct decimal d;
	int r = scan_decimal(&s, &d);
	if (r == -EINVAL)
		return r;
	bool bare = !*s;
	uint64_t unit = 1;
	const char *u = *s ? strchr(size_units, lower(*s)) : NULL;
	if (u) {
		unit = UINT64_C(1) << (10 * (u - size_units + 1));
		s++;
		if (lower(s[0]) == 'i' && lower(s[1]) == 'b')
			s += 2;
		else if (lower(s[0]) == 'b')
			s++;
	} else if (lower(*s) == 'b')
		s++;
	if (*s || (unit == 1 && d.scale != 1))
		return -EINVAL;
	int64_t bytes = 0;
	if (r < 0 || !add_scaled(&d, unit, &bytes))
		return -ERANGE;
	if (bare && bytes > 0 && bytes < 65536)
		return -EDOM;
	*ret_bytes = bytes;
	return 0;
}

static const struct duration_unit {
	const char *name;
	int64_t usec;
} duration_unit_table[] = {
	/* Larger first: both parser and printer walk it in this order. "ms" and "us" end differently from "m" and "s",
	 * so a unit is the whole run of letters. */
	{ "d", INT64_C(86400000000) },
	{ "h", INT64_C(3600000000) },
	{ "m", 60000000 },
	{ "s", 1000000 },
	{ "ms", 1000 },
	{ "us", 1 },
};

int lw_parse_duration(const char *s, int64_t *ret_usec)
{
	int64_t sum = 0;
	bool range = false;
	size_t next = 0;
	const char *begin = s;
	do {
		struct decimal d;
		const char *number = s;
		int r = scan_decimal(&s, &d);
		if (r == -EINVAL)
			return r;
		size_t n = strspn(s, "dhmsu"), i = next;
		if (n == 0 && (number != begin || *s))
			return -EINVAL;
		const char *unit = n ? s : "s";
		size_t len = n ? n : 1;
		while (i < ARRAY_LEN(duration_unit_table) && (strlen(duration_unit_table[i].name) != len ||
							      memcmp(duration_unit_table[i].name, unit, len) != 0))
			i++;
		if (i == ARRAY_LEN(duration_unit_table))
			return -EINVAL;
		range |= r < 0 || !add_scaled(&d, (uint64_t)duration_unit_table[i].usec, &sum);
		if (range)
			sum = 0;
		next = i + 1;
		s += n;
	} while (*s);
	if (range)
		return -ERANGE;
	*ret_usec = sum;
	return 0;
}

int lw_parse_mode(const char *s, uint32_t *ret)
{
	uint32_t mode = 0;
	bool range = false;
	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '7')
			return -EINVAL;
		mode = mode << 3 | (uint32_t)(*s - '0');
		range |= mode > 07777;
		mode &= 07777;
	}
	if (range)
		return -ERANGE;
	*ret = mode;
	return 0;
}

int lw_parse_cpus(const char *s, int64_t *ret_millicpus)
{
	struct decimal d;
	int r = scan_decimal(&s, &d);
	if (r == -EINVAL || *s)
		return -EINVAL;
	const uint64_t max = 1000000;
	if (r < 0 || d.whole > max)
		return -ERANGE;
	uint64_t milli = d.whole * 1000 + (d.frac * 1000 + d.scale / 2) / d.scale;
	if (milli == 0 || milli > max * 1000)
		return -ERANGE;
	*ret_millicpus = (int64_t)milli;
	return 0;
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

char *lw_format_size(int64_t bytes, char *buf, size_t size)
{
	uint64_t v = magnitude(bytes);
	char unit[2] = "B";
	for (size_t i = 0; size_units[i] && v && v % 1024 == 0; i++) {
		v /= 1024;
		unit[0] = (char)(size_units[i] - 'a' + 'A');
	}
	snprintf(buf, size, "%s%llu%s", bytes < 0 ? "-" : "", (unsigned long long)v, v ? unit : "");
	return buf;
}

char *lw_format_duration(int64_t usec, char *buf, size_t size)
{
	uint64_t v = magnitude(usec);
	char tmp[LW_FORMAT_MAX] = "";
	size_t at = 0;
	if (usec < 0)
		tmp[at++] = '-';
	for (size_t i = 0; i < ARRAY_LEN(duration_unit_table); i++) {
		uint64_t unit = (uint64_t)duration_unit_table[i].usec;
		if (v >= unit)
			at += (size_t)snprintf(tmp + at, sizeof(tmp) - at, "%llu%s", (unsigned long long)(v / unit),
					       duration_unit_table[i].name);
		v %= unit;
	}
	snprintf(buf, size, "%s", at ? tmp : "0s");
	return buf;
}

char *lw_format_cpus(int64_t millicpus, char *buf, size_t size)
{
	uint64_t v = magnitude(millicpus);
	char tmp[LW_FORMAT_MAX];
	int n = snprintf(tmp, sizeof(tmp), "%s%llu.%03u", millicpus < 0 ? "-" : "", (unsigned long long)(v / 1000),
			 (unsigned)(v % 1000));
	while (tmp[n - 1] == '0')
		n--;
	if (tmp[n - 1] == '.')
		n--;
	snprintf(buf, size, "%.*s", n, tmp);
	return buf;
}

size_t lw_utf8_decode(const char *s, uint32_t *ret)
{
	const unsigned char *u = (const unsigned char *)s;
	if (u[0] < 0x80) {
		*ret = u[0];
		return 1;
	}
	size_t n = u[0] >= 0xf0 && u[0] < 0xf5   ? 4
		   : u[0] >= 0xe0 && u[0] < 0xf0 ? 3
		   : u[0] >= 0xc2 && u[0] < 0xe0 ? 2
						 : 0;
	if (n == 0)
		return 0;
	uint32_t c = u[0] & (0xffu >> (n + 1));
	/* A terminator is no continuation byte, so this never reads past it. */
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3fu);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return n;
}

/* Room for n more bytes and the terminator. */
static bool text_reserve(struct lw_text *t, size_t n)
{
	if (t->failed)
		return false;
	size_t need;
	if (__builtin_add_overflow(t->len, n, &need) || need >= SIZE_MAX / 2) {
		t->failed = true;
		return false;
	}
	if (need < t->cap)
		return true;
	size_t cap = t->cap ? t->cap : 128;
	while (cap <= need)
		cap *= 2;
	char *p = realloc(t->buf, cap);
	if (!p) {
		t->failed = true;
		return false;
	}
	t->buf = p;
	t->cap = cap;
	return true;
}

void lw_text_addn(struct lw_text *t, const char *s, size_t n)
{
	if (!text_reserve(t, n))
		return;
	if (n)
		memcpy(t->buf + t->len, s, n);
	t->len += n;
	t->buf[t->len] = '\0';
}

void lw_text_add(struct lw_text *t, const char *s)
{
	lw_text_addn(t, s, strlen(s));
}

void lw_text_addf(struct lw_text *t, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	size_t room = t->cap - t->len;
	int n = t->failed ? -1 : vsnprintf(room ? t->buf + t->len : NULL, room, fmt, ap);
	if (n < 0)
		t->failed = true;
	else if ((size_t)n >= room && text_reserve(t, (size_t)n))
		vsnprintf(t->buf + t->len, (size_t)n + 1, fmt, again);
	if (!t->failed)
		t->len += (size_t)n;
	else if (t->buf)
		t->buf[t->len] = '\0';
	va_end(again);
	va_end(ap);
}

void lw_text_add_json(struct lw_text *t, const char *s)
{
	if (!s) {
		lw_text_add(t, "null");
		return;
	}
	lw_text_addn(t, "\"", 1);
	const char *plain = s; /* start of the run that needs no escape */
	while (*s) {
		uint32_t c;
		size_t n = lw_utf8_decode(s, &c);
		if (n && c >= 0x20 && c != '"' && c != '\\' && (c < 0x7f || c >= 0xa0)) {
			s += n;
			continue;
		}
		lw_text_addn(t, plain, (size_t)(s - plain));
		if (n == 0)
			lw_text_add(t, "\xef\xbf\xbd");
		else if (c == '"' || c == '\\')
			lw_text_addf(t, "\\%c", (char)c);
		else if (c == '\n' || c == '\t' || c == '\r')
			lw_text_add(t, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
		else
			lw_text_addf(t, "\\u%04x", (unsigned)c);
		s += n ? n : 1;
		plain = s;
	}
	lw_text_addn(t, plain, (size_t)(s - plain));
	lw_text_addn(t, "\"", 1);
}

void lw_text_done(struct lw_text *t)
{
	free(t->buf);
	*t = (struct lw_text){ 0 };
}
