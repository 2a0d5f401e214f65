/* test_text.c: small values both ways (core/base/text.h, near.c): the forms, their edges, and what must be refused. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/text.h"

#define UNTOUCHED INT64_C(-77)

typedef int parse_fn(const char *s, int64_t *ret);
struct value {
	const char *s;
	int r;
	int64_t v;
};

static void check(parse_fn *parse, const struct value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t got = UNTOUCHED;
		int r = parse(v[i].s, &got);
		if (r != v[i].r || got != (r == 0 ? v[i].v : UNTOUCHED))
			fail_msg("'%s': %d, %lld", v[i].s, r, (long long)got);
	}
}

static void test_i64(void **state)
{
	(void)state;
	static const struct value v[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "+7", 0, 7 },
		{ "007", 0, 7 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "99999999999999999999999999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "+-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1\n", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
		{ "99999999999999999999x", -EINVAL, 0 },
	};
	check(lw_parse_i64, v, ARRAY_LEN(v));
}

static void test_size(void **state)
{
	(void)state;
	static const struct value v[] = {
		{ "0", 0, 0 },
		{ "64M", 0, 64 << 20 },
		{ "64m", 0, 64 << 20 },
		{ "64MB", 0, 64 << 20 },
		{ "64MiB", 0, 64 << 20 },
		{ "64mIb", 0, 64 << 20 },
		{ "1.5g", 0, INT64_C(3) << 29 },
		{ ".5k", 0, 512 },
		{ "100b", 0, 100 },
		{ "100B", 0, 100 },
		{ "1p", 0, INT64_C(1) << 50 },
		{ "8191P", 0, INT64_C(8191) << 50 },
		{ "8192P", -ERANGE, 0 },
		{ "0.000000001K", 0, 1 },
		{ "0.1K", 0, 103 },
		{ "65536", 0, 65536 },
		{ "65535", -EDOM, 0 },
		{ "64", -EDOM, 0 },
		{ "1", -EDOM, 0 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775807B", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "18446744073709551616K", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ ".", -EINVAL, 0 },
		{ "1.M", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "1.5B", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
		{ "-1M", -EINVAL, 0 },
		{ "+1M", -EINVAL, 0 },
		{ "1 M", -EINVAL, 0 },
		{ "1Mi", -EINVAL, 0 },
		{ "1MBB", -EINVAL, 0 },
		{ "1iB", -EINVAL, 0 },
		{ "1E", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "0.0000000001K", -EINVAL, 0 },
		{ "50%", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
	};
	check(lw_parse_size, v, ARRAY_LEN(v));
}

static void test_duration(void **state)
{
	(void)state;
	static const struct value v[] = {
		{ "10", 0, 10000000 },
		{ "10s", 0, 10000000 },
		{ "0", 0, 0 },
		{ "0.5", 0, 500000 },
		{ "1.5h", 0, INT64_C(5400000000) },
		{ "200ms", 0, 200000 },
		{ "50us", 0, 50 },
		{ "2m", 0, 120000000 },
		{ "1d", 0, INT64_C(86400000000) },
		{ "1h30m", 0, INT64_C(5400000000) },
		{ "1m1ms", 0, 60001000 },
		{ "1d2h3m4s5ms6us", 0, INT64_C(93784005006) },
		{ "0.0000001s", 0, 1 },
		{ "9223372036854775807us", 0, INT64_MAX },
		{ "9223372036854775808us", -ERANGE, 0 },
		{ "106751991d4h54s775ms807us", 0, INT64_MAX },
		{ "106751992d", -ERANGE, 0 },
		{ "999999999999999999999d", -ERANGE, 0 },
		{ "106751991d999999999999h", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1h30", -EINVAL, 0 },
		{ "30m1h", -EINVAL, 0 },
		{ "1m1m", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "1S", -EINVAL, 0 },
		{ "1min", -EINVAL, 0 },
		{ "1smh", -EINVAL, 0 },
		{ "1.s", -EINVAL, 0 },
		{ "1s.", -EINVAL, 0 },
		{ "99999999999999999999d5", -EINVAL, 0 },
	};
	check(lw_parse_duration, v, ARRAY_LEN(v));
}

static void test_mode(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		int r;
		uint32_t v;
	} v[] = {
		{ "0755", 0, 0755 },       { "755", 0, 0755 },
		{ "1777", 0, 01777 },      { "0", 0, 0 },
		{ "07777", 0, 07777 },     { "0000007", 0, 7 },
		{ "10000", -ERANGE, 0 },   { "77777777777777777777777", -ERANGE, 0 },
		{ "", -EINVAL, 0 },        { "0o755", -EINVAL, 0 },
		{ "8", -EINVAL, 0 },       { "755 ", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },      { "u+x", -EINVAL, 0 },
		{ "100000x", -EINVAL, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		uint32_t got = 12345;
		int r = lw_parse_mode(v[i].s, &got);
		if (r != v[i].r || got != (r == 0 ? v[i].v : 12345))
			fail_msg("'%s': %d, %o", v[i].s, r, got);
	}
}

static void test_cpus(void **state)
{
	(void)state;
	static const struct value v[] = {
		{ "0.5", 0, 500 },         { "2", 0, 2000 },
		{ ".25", 0, 250 },         { "0.001", 0, 1 },
		{ "0.0005", 0, 1 },        { "0.0004", -ERANGE, 0 },
		{ "0", -ERANGE, 0 },       { "0.0", -ERANGE, 0 },
		{ "0.333333333", 0, 333 }, { "1000000", 0, 1000000000 },
		{ "1000001", -ERANGE, 0 }, { "1000000.001", -ERANGE, 0 },
		{ "1.9999", 0, 2000 },     { "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },        { "150m", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },      { "1.", -EINVAL, 0 },
		{ "50%", -EINVAL, 0 },     { "1e3", -EINVAL, 0 },
		{ "nan", -EINVAL, 0 },
	};
	check(lw_parse_cpus, v, ARRAY_LEN(v));
}

static void test_parsers_take_very_long_input(void **state)
{
	(void)state;
	static char s[1 << 20];
	int64_t v;
	uint32_t mode;
	memset(s, '9', sizeof(s) - 1);
	assert_int_equal(lw_parse_i64(s, &v), -ERANGE);
	assert_int_equal(lw_parse_size(s, &v), -ERANGE);
	assert_int_equal(lw_parse_duration(s, &v), -ERANGE);
	assert_int_equal(lw_parse_cpus(s, &v), -ERANGE);
	memset(s, '7', sizeof(s) - 1);
	assert_int_equal(lw_parse_mode(s, &mode), -ERANGE);
	memset(s, 'm', sizeof(s) - 1);
	s[0] = '1';
	assert_int_equal(lw_parse_duration(s, &v), -EINVAL);
	assert_int_equal(lw_parse_size(s, &v), -EINVAL);
}

static void test_format(void **state)
{
	(void)state;
	char b[LW_FORMAT_MAX];
	assert_string_equal(lw_format_size(64 << 20, b, sizeof(b)), "64M");
	assert_string_equal(lw_format_size(0, b, sizeof(b)), "0");
	assert_string_equal(lw_format_size(100, b, sizeof(b)), "100B");
	assert_string_equal(lw_format_size(1536, b, sizeof(b)), "1536B");
	assert_string_equal(lw_format_size(INT64_MAX, b, sizeof(b)), "9223372036854775807B");
	assert_string_equal(lw_format_size(INT64_MIN, b, sizeof(b)), "-8192P");
	assert_string_equal(lw_format_duration(0, b, sizeof(b)), "0s");
	assert_string_equal(lw_format_duration(INT64_C(5400000000), b, sizeof(b)), "1h30m");
	assert_string_equal(lw_format_duration(1200, b, sizeof(b)), "1ms200us");
	assert_string_equal(lw_format_duration(INT64_C(93784005006), b, sizeof(b)), "1d2h3m4s5ms6us");
	assert_string_equal(lw_format_duration(-1, b, sizeof(b)), "-1us");
	assert_string_equal(lw_format_cpus(500, b, sizeof(b)), "0.5");
	assert_string_equal(lw_format_cpus(2000, b, sizeof(b)), "2");
	assert_string_equal(lw_format_cpus(10, b, sizeof(b)), "0.01");
	assert_string_equal(lw_format_cpus(1000000000, b, sizeof(b)), "1000000");
	char tiny[3];
	assert_string_equal(lw_format_size(64 << 20, tiny, sizeof(tiny)), "64");
	assert_string_equal(lw_format_duration(INT64_C(5400000000), tiny, sizeof(tiny)), "1h");
}

static void test_format_parses_back(void **state)
{
	(void)state;
	char b[LW_FORMAT_MAX];
	for (int shift = 0; shift < 63; shift++) {
		for (int64_t off = -1; off <= 1; off++) {
			int64_t v = (INT64_C(1) << shift) + off, got;
			assert_int_equal(lw_parse_size(lw_format_size(v, b, sizeof(b)), &got), 0);
			assert_true(got == v);
			assert_int_equal(lw_parse_duration(lw_format_duration(v, b, sizeof(b)), &got), 0);
			assert_true(got == v);
		}
	}
	for (int64_t v = 1; v < 5000; v++) {
		int64_t got;
		assert_int_equal(lw_parse_cpus(lw_format_cpus(v, b, sizeof(b)), &got), 0);
		assert_int_equal(got, v);
	}
	int64_t got;
	assert_int_equal(lw_parse_duration(lw_format_duration(INT64_MAX, b, sizeof(b)), &got), 0);
	assert_true(got == INT64_MAX);
}

static void test_case(void **state)
{
	(void)state;
	assert_true(lw_case_equal("Net_Raw", "nET_rAW"));
	assert_false(lw_case_equal("net", "net_raw"));
	assert_false(lw_case_equal("net_raw", "net"));
	assert_false(lw_case_equal("@", "`")); /* differ by the case bit, are no letters */
	assert_true(lw_case_equal("", ""));
	assert_string_equal(lw_case_skip("cap_CHOWN", "CAP_"), "CHOWN");
	assert_null(lw_case_skip("ca", "CAP_"));
}

static void test_edit_distance(void **state)
{
	(void)state;
	assert_int_equal(lw_edit_distance("", "", 3), 0);
	assert_int_equal(lw_edit_distance("abc", "abc", 0), 0);
	assert_int_equal(lw_edit_distance("abc", "acb", 3), 1); /* transposed */
	assert_int_equal(lw_edit_distance("abc", "ab", 3), 1);
	assert_int_equal(lw_edit_distance("", "abc", 3), 3);
	assert_int_equal(lw_edit_distance("kitten", "sitting", 5), 3);
	assert_int_equal(lw_edit_distance("ca", "abc", 5), 3); /* optimal string alignment, not Damerau's 2 */
	assert_int_equal(lw_edit_distance("kitten", "sitting", 2), 3);
	assert_int_equal(lw_edit_distance("abcdefgh", "zzzzzzzz", 2), 3);
	assert_int_equal(lw_edit_distance("aaaaaaaaaa", "a", 4), 5);
	char a[200], b[200];
	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	a[63] = b[63] = '\0';
	b[62] = 'y';
	assert_int_equal(lw_edit_distance(a, b, 2), 1);
	a[63] = 'x';
	a[199] = '\0';
	assert_int_equal(lw_edit_distance(a, a, 2), 3); /* too long to be a name */
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const names[] = { "network", "namespaces", "name", "mounts", "memory", "pids", "cpus" };
	const size_t n = ARRAY_LEN(names);
	assert_string_equal(lw_nearest("netwrok", names, n), "network");
	assert_string_equal(lw_nearest("NETWORK", names, n), "network");
	assert_string_equal(lw_nearest("mount", names, n), "mounts");
	assert_string_equal(lw_nearest("nam", names, n), "name");
	assert_string_equal(lw_nearest("mem", names, n), "memory");
	assert_string_equal(lw_nearest("names", names, n), "name");
	assert_string_equal(lw_nearest("namesp", names, n), "name"); /* two edits beat a longer beginning */
	assert_string_equal(lw_nearest("namespac", names, n), "namespaces");
	assert_null(lw_nearest("zebra", names, n));
	assert_null(lw_nearest("", names, n));
	assert_null(lw_nearest("x", names, n));
	assert_null(lw_nearest("name", names, 0));
	char longword[300];
	memset(longword, 'n', sizeof(longword) - 1);
	longword[sizeof(longword) - 1] = '\0';
	assert_null(lw_nearest(longword, names, n));
}

static void test_utf8(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		size_t n;
		uint32_t c;
	} v[] = {
		{ "A", 1, 'A' },
		{ "", 1, 0 },
		{ "\xc3\xa9", 2, 0xe9 },
		{ "\xe2\x82\xac", 3, 0x20ac },
		{ "\xf0\x9f\x8c\x99", 4, 0x1f319 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\xc0\x80", 0, 0 },
		{ "\xc1\xbf", 0, 0 },
		{ "\xe0\x80\x80", 0, 0 },
		{ "\xf0\x80\x80\x80", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 },
		{ "\xf5\x80\x80\x80", 0, 0 },
		{ "\x80", 0, 0 },
		{ "\xff", 0, 0 },
		{ "\xc3", 0, 0 },
		{ "\xe2\x82", 0, 0 },
		{ "\xf0\x9f\x8c", 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		uint32_t c = 0;
		size_t n = lw_utf8_decode(v[i].s, &c);
		if (n != v[i].n || (n && c != v[i].c))
			fail_msg("row %zu: %zu, U+%04X", i, n, c);
	}
}

static void test_text_grows(void **state)
{
	(void)state;
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	lw_text_addn(&t, NULL, 0);
	assert_string_equal(t.buf, "");
	for (int i = 0; i < 2000; i++)
		lw_text_addf(&t, "%d,", i % 10);
	assert_int_equal(t.len, 4000);
	assert_int_equal(strlen(t.buf), 4000);
	assert_string_equal(t.buf + 3980, "0,1,2,3,4,5,6,7,8,9,");
	lw_text_addf(&t, "%*s", 100000, "x");
	assert_int_equal(t.len, 104000);
	assert_int_equal(t.buf[103999], 'x');
	lw_text_addn(&t, "a\0b", 3);
	assert_int_equal(t.len, 104003);
	assert_false(t.failed);
	lw_text_done(&t);
	assert_null(t.buf);
	assert_int_equal(t.len, 0);
}

static void test_text_fails_whole(void **state)
{
	(void)state;
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	lw_text_add(&t, "kept");
	char c = 'x';
	lw_text_addn(&t, &c, SIZE_MAX - 2); /* no such text; must be refused before it is read */
	assert_true(t.failed);
	lw_text_add(&t, "more");
	lw_text_addf(&t, "%d", 1);
	assert_string_equal(t.buf, "kept");
}

static void test_json(void **state)
{
	(void)state;
	static const struct {
		const char *s, *json;
	} v[] = {
		{ "", "\"\"" },
		{ NULL, "null" },
		{ "plain", "\"plain\"" },
		{ "q\"b\\", "\"q\\\"b\\\\\"" },
		{ "a\nb\tc\rd\x1b[m", "\"a\\nb\\tc\\rd\\u001b[m\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
		{ "\xc2\x85", "\"\\u0085\"" },
		{ "\xe2\x82\xac/\xf0\x9f\x8c\x99", "\"\xe2\x82\xac/\xf0\x9f\x8c\x99\"" },
		{ "\xff"
		  "a\xc3",
		  "\"\xef\xbf\xbd"
		  "a\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
		lw_text_add_json(&t, v[i].s);
		assert_string_equal(t.buf, v[i].json);
	}
}

int main(void)
{
	const struct CMUnitTest text[] = {
		cmocka_unit_test(test_i64),        cmocka_unit_test(test_size),
		cmocka_unit_test(test_duration),   cmocka_unit_test(test_mode),
		cmocka_unit_test(test_cpus),       cmocka_unit_test(test_parsers_take_very_long_input),
		cmocka_unit_test(test_format),     cmocka_unit_test(test_format_parses_back),
		cmocka_unit_test(test_case),       cmocka_unit_test(test_edit_distance),
		cmocka_unit_test(test_nearest),    cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_text_grows), cmocka_unit_test(test_text_fails_whole),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests_name("text", text, NULL, NULL);
}
