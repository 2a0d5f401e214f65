/* spec_scalar.c: single values out of raw JSON: strings, numbers, sizes, durations, words. Each says what was expected
 * and what came instead; where the value stands, its caller says (spec_decode.c). */
#include <string.h>
#include "base/cleanup.h"
#include "spec_codec.h"

#define EXACT_MAX 9007199254740992.0 /* beyond 2^53 a double skips integers */

const char *lw_codec_type(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_ARRAY:
		return "a list";
	case JSON_OBJECT:
		return "a table";
	default:
		return "null";
	}
}

/* A list is expected. One item without its braces is the common slip; a record among the others is known by a key of
 * its own, a table of items by its having none. */
static void hint_list(const struct lw_field *f, const char *form, const json_t *v, struct lw_err *err)
{
	bool items = !strncmp(form, "a list of", strlen("a list of"));
	const char *key;
	json_t *value;

	if (!items)
		return;
	if (f->kind != LW_K_RECLIST && json_is_object(v))
		lw_err_hint(err, "leave the names away: { \"ITEM\", \"ITEM\" }");
	else if ((f->kind != LW_K_RECLIST || f->from_text) && (json_is_string(v) || json_is_number(v)))
		lw_err_hint(err, "put it in braces");
	if (f->kind != LW_K_RECLIST || !json_is_object(v))
		return;
	lw_err_hint(err, "leave the names away: a list has none");
	json_object_foreach((json_t *)v, key, value) if (lw_schema_field(f->rec, key))
		lw_err_hint(err, "put it in braces");
}

int lw_codec_mismatch(const struct lw_field *f, const json_t *v, struct lw_err *err)
{
	char form[200];

	lw_codec_fail(err, "expected %s, not %s", lw_field_form(f, form, sizeof(form)), lw_codec_type(v));
	if (f->kind == LW_K_MODE && json_is_number(v))
		lw_err_hint(err, "modes are octal: write \"%04o\" with quotes", f->max == 0777 ? 0022 : 0755);
	else if (f->kind == LW_K_BOOL && json_is_string(v))
		lw_err_hint(err, "write true or false without quotes");
	else
		hint_list(f, form, v, err);
	return -EINVAL;
}

int lw_codec_string(struct lw_spec *s, const json_t *v, const char **ret, struct lw_err *err)
{
	const char *text = json_string_value(v);
	size_t n = json_string_length(v);

	if (n > LW_STRING_MAX)
		return lw_codec_fail(err, "longer than %zu KiB", LW_STRING_MAX / 1024);
	if (strlen(text) != n)
		return lw_codec_fail(err, "holds a NUL byte");
	*ret = lw_arena_strndup(s->arena, text, n);
	return *ret ? 0 : lw_codec_nomem(err);
}

static int text_mismatch(const struct lw_field *f, const json_t *v, struct lw_err *err)
{
	bool pairs = f->kind == LW_K_PAIRS;

	lw_codec_fail(err, "expected a string%s, not %s", pairs ? ", a number or false" : " or a number",
		      lw_codec_type(v));
	if (json_is_true(v))
		lw_err_hint(err, "write 1 or \"true\"");
	return -EINVAL;
}

/* A string, or a number as Lua would print it when it is a whole one. */
int lw_codec_text(struct lw_spec *s, const struct lw_field *f, const json_t *v, const char **ret, struct lw_err *err)
{
	double d = json_number_value(v);

	if (json_is_string(v))
		return lw_codec_string(s, v, ret, err);
	if (!json_is_number(v))
		return text_mismatch(f, v, err);
	if (json_is_integer(v) || (d > -EXACT_MAX && d < EXACT_MAX && d == (double)(int64_t)d)) {
		*ret = lw_arena_printf(s->arena, "%lld",
				       json_is_integer(v) ? (long long)json_integer_value(v) : (long long)d);
	} else {
		/* jansson, because printf would follow a host program's locale and write a comma. */
		_cleanup_free_ char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(14));
		*ret = text ? lw_arena_strdup(s->arena, text) : NULL;
	}
	return *ret ? 0 : lw_codec_nomem(err);
}

int lw_codec_int(const struct lw_field *f, const json_t *v, int64_t min, int64_t max, int64_t *ret, struct lw_err *err)
{
	int64_t n = 0;

	if (json_is_integer(v)) {
		n = json_integer_value(v);
	} else if (json_is_real(v)) {
		double d = json_real_value(v);
		if (!(d > -EXACT_MAX && d < EXACT_MAX && d == (double)(int64_t)d))
			return lw_codec_fail(err, "expected a whole number, not %.14g", d);
		n = (int64_t)d;
	} else if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v) ||
		   lw_parse_i64(json_string_value(v), &n) < 0) {
		return lw_codec_mismatch(f, v, err);
	}
	if (n < min || n > max)
		return lw_codec_fail(err, "out of range: %lld is not within %lld to %lld", (long long)n, (long long)min,
				     (long long)max);
	*ret = n;
	return 0;
}

static int not_of_form(const struct lw_field *f, const char *text, struct lw_err *err)
{
	char form[200];

	return lw_codec_fail(err, "expected %s, not \"%.80s\"", lw_field_form(f, form, sizeof(form)), text);
}

static int read_number_text(const struct lw_field *f, const json_t *v, int (*parse)(const char *, int64_t *),
			    int64_t *ret, struct lw_err *err)
{
	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
		return lw_codec_mismatch(f, v, err);
	return parse(json_string_value(v), ret) < 0 ? not_of_form(f, json_string_value(v), err) : 0;
}

/* 64K is less than any size here can sensibly be, so a smaller number is nearly always megabytes without the M. */
int lw_codec_size(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err)
{
	int64_t n = 0;
	int r = 0;

	if (json_is_number(v)) {
		r = lw_codec_int(f, v, INT64_MIN, INT64_MAX, &n, err);
	} else if (json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v)) {
		/* The parser refuses a small bare count itself; here it is read to be named in the message. */
		const char *text = json_string_value(v);
		if (lw_parse_i64(text, &n) < 0 && lw_parse_size(text, &n) < 0)
			r = not_of_form(f, text, err);
	} else {
		r = lw_codec_mismatch(f, v, err);
	}
	if (r < 0)
		return r;
	if (n < 0)
		return lw_codec_fail(err, "out of range: a size is not negative");
	if (n > f->max)
		return lw_codec_fail(err, "out of range: at most %lld bytes", (long long)f->max);
	if (n < 65536 && !(n == 0 && f->min == 0)) {
		lw_codec_fail(err, "%lld bytes is too little", (long long)n);
		if (json_is_number(v) || lw_parse_i64(json_string_value(v), &n) == 0)
			lw_err_hint(err, "write \"%lldM\"; a bare number is bytes",
				    (long long)(n > 0 && n < 16384 ? n : 64));
		else
			lw_err_hint(err, "at least 64K");
		return -EINVAL;
	}
	*ret = n;
	return 0;
}

int lw_codec_duration(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err)
{
	int64_t n = 0;

	if (json_is_number(v)) {
		double d = json_number_value(v);
		if (!(d >= 0 && d * 1e6 < EXACT_MAX))
			return lw_codec_fail(err, "out of range: %.14g seconds", d);
		n = (int64_t)(d * 1e6 + 0.5);
	} else {
		int r = read_number_text(f, v, lw_parse_duration, &n, err);
		if (r < 0)
			return r;
		if (n < 0)
			return lw_codec_fail(err, "a duration is not negative");
	}
	*ret = n;
	return 0;
}

int lw_codec_cpus(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err)
{
	int64_t n = 0;

	if (json_is_number(v)) {
		double d = json_number_value(v);
		n = d > 0 && d < 1e9 ? (int64_t)(d * 1000 + 0.5) : -1;
	} else {
		int r = read_number_text(f, v, lw_parse_cpus, &n, err);
		if (r < 0)
			return r;
	}
	if (n < f->min || n > f->max)
		return lw_codec_fail(err, "out of range: must be at least %.2f and at most %lld cpus",
				     (double)f->min / 1000, (long long)f->max / 1000);
	*ret = n;
	return 0;
}

int lw_codec_mode(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err)
{
	uint32_t mode;

	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	if (strlen(json_string_value(v)) != json_string_length(v) || lw_parse_mode(json_string_value(v), &mode) < 0 ||
	    mode > f->max)
		return lw_codec_fail(err, "expected octal digits up to \"%04llo\", not \"%.40s\"",
				     (unsigned long long)f->max, json_string_value(v));
	*ret = mode;
	return 0;
}

int lw_codec_enum(const struct lw_field *f, const json_t *v, int *ret, struct lw_err *err)
{
	const char *word = json_is_true(v) ? "true" : json_is_false(v) ? "false" : json_string_value(v), *near;
	int64_t value;

	if (!word)
		return lw_codec_mismatch(f, v, err);
	if (json_is_string(v) && strlen(word) != json_string_length(v))
		return lw_codec_fail(err, "holds a NUL byte");
	value = lw_names_value(f->names, word);
	if (value >= 0) {
		*ret = (int)value;
		return 0;
	}
	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	near = lw_names_nearest(f->names, word);
	return near ? lw_codec_unknown(err, f->key, word, near) : not_of_form(f, word, err);
}
