/* spec_testing.h: what the tests of the JSON waist share: specs from single-quoted JSON text, and how they are refused.
 * Include it after cmocka.h. */
#ifndef SPEC_TESTING_H
#define SPEC_TESTING_H

#include <stdlib.h>
#include <string.h>
#include "schema.h"

/* Test texts are written with ' for ". */
static inline char *requote(const char *text)
{
	char *copy = strdup(text);
	assert_non_null(copy);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return copy;
}

static inline json_t *raw_of(const char *text)
{
	char *copy = requote(text);
	json_t *v = json_loads(copy, JSON_REJECT_DUPLICATES, NULL);
	if (!v)
		fail_msg("the test's own JSON is wrong: %s", text);
	free(copy);
	return v;
}

static inline struct lw_spec *spec_of(const char *text)
{
	struct lw_err err = { 0 };
	struct lw_spec *s = NULL;
	json_t *raw = raw_of(text);
	int r = lw_spec_decode(raw, &s, &err);
	json_decref(raw);
	if (r < 0)
		fail_msg("%s: refused: %s: %s", text, err.path, err.msg);
	return s;
}

static inline char *canonical(const struct lw_spec *s)
{
	json_t *j = lw_spec_to_json(s);
	assert_non_null(j);
	char *text = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(15));
	assert_non_null(text);
	json_decref(j);
	return text;
}

static inline void same_err(const char *text, const struct lw_err *err, const char *path, const char *part)
{
	if (err->cls != LW_ERR_POLICY || err->code <= 0)
		fail_msg("%s: class %d, code %d", text, (int)err->cls, err->code);
	if (strcmp(err->path, path) != 0)
		fail_msg("%s: path '%s' and not '%s' (%s)", text, err->path, path, err->msg);
	if (!strstr(err->msg, part) && !strstr(err->hint, part))
		fail_msg("%s: '%s' (%s) does not say '%s'", text, err->msg, err->hint, part);
}

/* Decoding refuses it at this path with this in the message or the hint. */
static inline void refused(const char *text, const char *path, const char *part)
{
	struct lw_err err = { 0 };
	struct lw_spec *s = NULL;
	json_t *raw = raw_of(text);
	int r = lw_spec_decode(raw, &s, &err);
	json_decref(raw);
	if (r == 0)
		fail_msg("%s: taken", text);
	assert_null(s);
	same_err(text, &err, path, part);
}

#endif
