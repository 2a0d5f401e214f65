/* text.h: parsing and printing of small values: sizes, durations, modes, numbers; growing text; nearest names.
 * Parsers take a string that may come from an enemy: they bound everything and never read past the terminator.
 * Nothing here looks at the locale. */
#ifndef LW_BASE_TEXT_H
#define LW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All parsers take the whole string, without surrounding space, and return 0, -EINVAL (not of the form) or -ERANGE (of
 * the form, but does not fit). *ret is written on success only. Fractions have at most nine digits. */

/* Decimal, optional sign. */
int lw_parse_i64(const char *s, int64_t *ret);
/* "64M", "1.5g", "512kb", "2GiB", "123456B": 1024-based, any case, K M G T P with an optional "B" or "iB"; "B" alone is
 * bytes. A bare count is bytes; from 1 to 65535 it is nearly always a forgotten unit: -EDOM. Fractions (not of bytes)
 * round up, so that nothing becomes 0 that was not written as 0. */
int lw_parse_size(const char *s, int64_t *ret_bytes);
/* "10s", "1.5h", "200ms", "50us", "2m", "1d", "1h30m": units d h m s ms us, each at most once, larger first. A lone
 * number is seconds. Rounds up to a microsecond. */
int lw_parse_duration(const char *s, int64_t *ret_usec);
/* Octal, "0755" or "755", at most 07777. */
int lw_parse_mode(const char *s, uint32_t *ret);
/* "0.5", "2": more than 0, at most 1000000; in thousandths of a cpu, rounded to the nearest. */
int lw_parse_cpus(const char *s, int64_t *ret_millicpus);

/* Canonical forms; each parses back to the same value. Return buf. LW_FORMAT_MAX bytes are always enough. */
#define LW_FORMAT_MAX 48
char *lw_format_size(int64_t bytes, char *buf, size_t size);
char *lw_format_duration(int64_t usec, char *buf, size_t size);
char *lw_format_cpus(int64_t millicpus, char *buf, size_t size);

/* ASCII letters in any case. */
bool lw_case_equal(const char *a, const char *b);
/* s behind prefix (any case), or NULL when it does not start with it. */
const char *lw_case_skip(const char *s, const char *prefix);

/* Optimal string alignment distance, capped: anything above max gives max + 1. Words over 63 bytes are never near. */
unsigned lw_edit_distance(const char *a, const char *b, unsigned max);
/* The nearest of n names (case folded), or NULL when none is near enough to be a typo: distance at most 1 + len/4, or
 * the word is the beginning of the name. */
const char *lw_nearest(const char *word, const char *const *names, size_t n);
/* The same for names that are not in one array: start with { .word = word }, offer each, read best. */
struct lw_near {
	const char *word;
	const char *best;
	unsigned score; /* of best: distance; beginnings rank after every distance */
};
void lw_near_offer(struct lw_near *near, const char *name);

/* Length of the UTF-8 sequence at s and its code point; 0 when it is none (overlong, surrogate, cut short). */
size_t lw_utf8_decode(const char *s, uint32_t *ret);

/* Growing text, malloc-backed. Start with { 0 }. buf is NULL until something was added, terminated afterwards; failed
 * is set by ENOMEM and then nothing more is added. */
struct lw_text {
	char *buf;
	size_t len, cap;
	bool failed;
};
void lw_text_add(struct lw_text *t, const char *s);
void lw_text_addn(struct lw_text *t, const char *s, size_t n);
void lw_text_addf(struct lw_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As a JSON string (RFC 8259), quoted; control characters, DEL and C1 escaped; bytes that are not UTF-8 become U+FFFD;
 * NULL is null. */
void lw_text_add_json(struct lw_text *t, const char *s);
/* 2n lower-case digits and a terminator. */
static inline void lw_hex(const uint8_t *bytes, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	ret[2 * n] = '\0';
}
void lw_text_done(struct lw_text *t);
static inline void lw_text_done_p(struct lw_text *t)
{
	lw_text_done(t);
}

#endif
