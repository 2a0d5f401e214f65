/* fuzz_text.c: every value parser of core/base/text.h on one string. What parses must be in range, and its canonical
 * form must parse to the same value; JSON text must stay one line of clean UTF-8, and a JSON reader must agree. */
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken property; assert() may be compiled away. */
static void require(int holds)
{
	if (!holds)
		abort();
}

static void check_result(int r)
{
	require(r == 0 || r == -EINVAL || r == -ERANGE || r == -EDOM);
}

static void numbers(const char *s)
{
	char b[LW_FORMAT_MAX];
	int64_t v = -1, again = -2;
	int r = lw_parse_i64(s, &v);
	check_result(r);
	if (r == 0) {
		snprintf(b, sizeof(b), "%lld", (long long)v);
		require(lw_parse_i64(b, &again) == 0 && again == v);
	}
	r = lw_parse_size(s, &v);
	check_result(r);
	if (r == 0)
		require(v >= 0 && lw_parse_size(lw_format_size(v, b, sizeof(b)), &again) == 0 && again == v);
	r = lw_parse_duration(s, &v);
	check_result(r);
	if (r == 0)
		require(v >= 0 && lw_parse_duration(lw_format_duration(v, b, sizeof(b)), &again) == 0 && again == v);
	r = lw_parse_cpus(s, &v);
	check_result(r);
	if (r == 0)
		require(v > 0 && v <= 1000000000 && lw_parse_cpus(lw_format_cpus(v, b, sizeof(b)), &again) == 0 &&
			again == v);
	uint32_t mode, mode_again;
	r = lw_parse_mode(s, &mode);
	check_result(r);
	if (r == 0) {
		snprintf(b, sizeof(b), "%04o", mode);
		require(mode <= 07777 && lw_parse_mode(b, &mode_again) == 0 && mode_again == mode);
	}
}

static void json(const char *s)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 }, back = { 0 };
	lw_text_add_json(&t, s);
	require(!t.failed);
	json_auto_t *v = json_loadb(t.buf, t.len, JSON_DECODE_ANY, NULL);
	require(json_is_string(v));
	/* Only bytes that were no UTF-8 are lost, and losing them once is enough. */
	lw_text_add_json(&back, json_string_value(v));
	require(!back.failed && strcmp(back.buf, t.buf) == 0);
	for (const char *p = t.buf; *p; p++)
		require((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void names(const char *s)
{
	/* Distance is symmetric and 0 for the same word alone. */
	_cleanup_free_ char *first = strndup(s, strlen(s) / 2);
	require(first != NULL);
	const char *second = s + strlen(s) / 2;
	unsigned d = lw_edit_distance(first, second, 4);
	require(d == lw_edit_distance(second, first, 4) && d <= 5);
	require((d == 0) == (strcmp(first, second) == 0 && strlen(second) < 64));
	const char *near = lw_names_nearest(&lw_signal_table, s);
	require(!near || lw_names_value(&lw_signal_table, near) > 0);
	int64_t sig = lw_names_value(&lw_signal_table, s);
	require(sig == -1 || lw_names_name(&lw_signal_table, sig) != NULL);
}

static void errors(const char *s)
{
	struct lw_err err;
	char b[128];
	lw_fail(&err, -EINVAL, "%s", s);
	lw_err_in(&err, "%s", s);
	lw_err_hint(&err, "%s", s);
	lw_err_at(&err, (struct lw_origin){ s, 1 });
	lw_err_format(&err, b, sizeof(b));
	for (const char *p = b; *p;) {
		uint32_t c;
		size_t n = lw_utf8_decode(p, &c);
		require(n > 0 && c >= 0x20 && !(c >= 0x7f && c < 0xa0));
		p += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as its text, so that one byte too far is seen. */
	_cleanup_free_ char *s = strndup((const char *)data, size);
	require(s != NULL);
	numbers(s);
	json(s);
	names(s);
	errors(s);
	return 0;
}
