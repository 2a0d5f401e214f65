/* test_err.c: struct lw_err (core/base/err.h): what is kept, what is cut, and that printing is safe for a terminal. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "base/err.h"

static void test_fail_fills_and_returns(void **state)
{
	(void)state;
	struct lw_err e;
	memset(&e, 0xaa, sizeof(e));
	errno = EBUSY;
	assert_int_equal(lw_fail(&e, -ENOENT, "no %s", "file"), -ENOENT);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(e.code, ENOENT);
	assert_int_equal(e.cls, LW_ERR_SETUP);
	assert_string_equal(e.msg, "no file");
	assert_string_equal(e.file, "");
	assert_string_equal(e.path, "");
	assert_string_equal(e.hint, "");
	assert_int_equal(e.line, 0);
	assert_int_equal(lw_fail_as(&e, LW_ERR_POLICY, -EINVAL, "bad"), -EINVAL);
	assert_int_equal(e.cls, LW_ERR_POLICY);
}

static void test_null_err_is_fine(void **state)
{
	(void)state;
	assert_int_equal(lw_fail(NULL, -EPERM, "%d", 1), -EPERM);
	assert_int_equal(lw_fail_as(NULL, LW_ERR_USAGE, -EPERM, "x"), -EPERM);
	lw_err_hint(NULL, "x");
	lw_err_in(NULL, "x");
	lw_err_at(NULL, (struct lw_origin){ "f", 1 });
}

static void test_failure_never_reads_as_success(void **state)
{
	(void)state;
	struct lw_err e;
	assert_int_equal(lw_fail(&e, 0, "x"), -EIO);
	assert_int_equal(lw_fail(&e, EINVAL, "x"), -EINVAL);
	assert_int_equal(e.code, EINVAL);
}

static void test_fail_may_wrap_itself(void **state)
{
	(void)state;
	struct lw_err e;
	lw_fail(&e, -EINVAL, "inner");
	lw_err_in(&e, "key");
	lw_fail(&e, -EINVAL, "outer: %s (%s)", e.msg, e.path);
	assert_string_equal(e.msg, "outer: inner (key)");
	assert_string_equal(e.path, "");
	lw_err_hint(&e, "try %s", e.msg);
	lw_err_hint(&e, "%s again", e.hint);
	assert_string_equal(e.hint, "try outer: inner (key) again");
}

static void test_long_text_is_cut_at_a_character(void **state)
{
	(void)state;
	struct lw_err e;
	char s[2000];
	for (size_t i = 0; i + 2 < sizeof(s); i += 2)
		memcpy(s + i, "\xc3\xa9", 3);
	for (int shift = 0; shift < 2; shift++) {
		lw_fail(&e, -EINVAL, "%s%s", shift ? "x" : "", s);
		size_t n = strlen(e.msg);
		assert_true(n < sizeof(e.msg) && n > sizeof(e.msg) - 6);
		assert_string_equal(e.msg + n - 3, "...");
		assert_int_equal((unsigned char)e.msg[n - 4], 0xa9);
	}
}

static void test_path_grows_outwards(void **state)
{
	(void)state;
	struct lw_err e;
	lw_fail(&e, -EINVAL, "x");
	lw_err_in(&e, "source");
	lw_err_in(&e, "[%d]", 2);
	assert_string_equal(e.path, "[2].source");
	lw_err_in(&e, "mounts");
	assert_string_equal(e.path, "mounts[2].source");
	lw_err_in(&e, "%s", "");
	assert_string_equal(e.path, "mounts[2].source");
	lw_err_in(&e, "site");
	assert_string_equal(e.path, "site.mounts[2].source");
	for (int i = 0; i < 100; i++)
		lw_err_in(&e, "level%d", i);
	assert_int_equal(strlen(e.path), sizeof(e.path) - 1);
	assert_memory_equal(e.path, "level99.level98.", 16);
}

static void test_origin_is_set_once(void **state)
{
	(void)state;
	struct lw_err e;
	lw_fail(&e, -EINVAL, "x");
	lw_err_at(&e, (struct lw_origin){ NULL, 9 });
	assert_string_equal(e.file, "");
	lw_err_at(&e, (struct lw_origin){ "a.lua", 3 });
	lw_err_at(&e, (struct lw_origin){ "b.lua", 4 });
	assert_string_equal(e.file, "a.lua");
	assert_int_equal(e.line, 3);
	char longname[400];
	memset(longname, 'd', sizeof(longname));
	memcpy(longname + sizeof(longname) - 9, "/end.lua", 9);
	lw_fail(&e, -EINVAL, "x");
	lw_err_at(&e, (struct lw_origin){ longname, 1 });
	assert_int_equal(strlen(e.file), sizeof(e.file) - 1);
	assert_memory_equal(e.file, "...ddd", 6);
	assert_string_equal(e.file + strlen(e.file) - 8, "/end.lua");
}

static void test_format(void **state)
{
	(void)state;
	struct lw_err e;
	char b[1024];
	lw_fail(&e, -EINVAL, "unknown key");
	assert_string_equal(lw_err_format(&e, b, sizeof(b)), "unknown key");
	lw_err_in(&e, "network.brige");
	assert_string_equal(lw_err_format(&e, b, sizeof(b)), "network.brige: unknown key");
	lw_err_hint(&e, "did you mean \"bridge\"?");
	lw_err_at(&e, (struct lw_origin){ "web.lua", 8 });
	assert_string_equal(lw_err_format(&e, b, sizeof(b)),
			    "web.lua:8: network.brige: unknown key (did you mean \"bridge\"?)");
	e.line = 0;
	assert_string_equal(lw_err_format(&e, b, sizeof(b)),
			    "web.lua: network.brige: unknown key (did you mean \"bridge\"?)");
}

static void test_format_is_safe_for_a_terminal(void **state)
{
	(void)state;
	struct lw_err e;
	char b[1024];
	lw_fail(&e, -EINVAL,
		"a\x1b[31mb\nc\x7f"
		"d\xc2\x9b"
		"e\xff"
		"f \xe2\x82\xac");
	lw_err_in(&e, "k\r");
	lw_err_at(&e, (struct lw_origin){ "f\n.lua", 1 });
	lw_err_hint(&e, "h\t");
	assert_string_equal(lw_err_format(&e, b, sizeof(b)), "f?.lua:1: k?: a?[31mb?c?d?e?f \xe2\x82\xac (h?)");
}

static void test_format_fits_any_buffer(void **state)
{
	(void)state;
	struct lw_err e;
	lw_fail(&e, -EINVAL, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
	lw_err_in(&e, "key");
	lw_err_at(&e, (struct lw_origin){ "a.lua", 12 });
	for (size_t size = 1; size < 40; size++) {
		char b[48];
		memset(b, '!', sizeof(b));
		lw_err_format(&e, b, size);
		size_t n = strlen(b);
		assert_true(n < size);
		for (size_t i = size; i < sizeof(b); i++)
			assert_int_equal(b[i], '!');
		/* never half a character */
		assert_true(n <= 15 ? (unsigned char)b[n ? n - 1 : 0] < 0x80 : (n - 15) % 3 == 0);
	}
	char untouched = '!';
	lw_err_format(&e, &untouched, 0);
	assert_int_equal(untouched, '!');
}

int main(void)
{
	const struct CMUnitTest err[] = {
		cmocka_unit_test(test_fail_fills_and_returns),
		cmocka_unit_test(test_null_err_is_fine),
		cmocka_unit_test(test_failure_never_reads_as_success),
		cmocka_unit_test(test_fail_may_wrap_itself),
		cmocka_unit_test(test_long_text_is_cut_at_a_character),
		cmocka_unit_test(test_path_grows_outwards),
		cmocka_unit_test(test_origin_is_set_once),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_is_safe_for_a_terminal),
		cmocka_unit_test(test_format_fits_any_buffer),
	};
	return cmocka_run_group_tests_name("err", err, NULL, NULL);
}
