/* test_clock.c: times as they are written, and read again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"

/* Against libc's calendar, over all that a year of four digits can be. */
static void test_calendar(void **state)
{
	char ours[LW_TIME_MAX], theirs[96];
	(void)state;
	for (int64_t t = -INT64_C(62167219200); t < INT64_C(253402300800); t += 86400 * 13 + 3601) {
		time_t seconds = (time_t)t;
		struct tm tm;
		int64_t back;
		gmtime_r(&seconds, &tm);
		snprintf(theirs, sizeof theirs, "%04d-%02d-%02dT%02d:%02d:%02d.000007Z", tm.tm_year + 1900,
			 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		assert_string_equal(lw_time_text(t * 1000000 + 7, ours), theirs);
		assert_int_equal(lw_parse_time(ours, &back), 0);
		assert_true(back == t * 1000000 + 7);
	}
	lw_now_text(ours);
	assert_int_equal(strlen(ours), 24);
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },      { "1970-01-01", 0 },
		{ "1970-01-02 00:00:00Z", 86400 },  { "1970-01-01t01:00:00+01:00", 0 },
		{ "1969-12-31T19:00:00-05:00", 0 }, { "2000-02-29T12:00:00.000000999z", 951825600 },
	};
	static const char *const bad[] = { "",
					   "now",
					   "1970",
					   "1970-1-1",
					   "1970-13-01",
					   "1970-02-30",
					   "2001-02-29",
					   "1900-02-29",
					   "1970-01-01T",
					   "1970-01-01T24:00:00Z",
					   "1970-01-01T00:00:00",
					   "1970-01-01T00:00:00.Z",
					   "1970-01-01T00:00:00Zx",
					   "1970-01-01T00:00:00+1:00" };
	int64_t usec;
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(lw_parse_time(good[i].text, &usec), 0);
		assert_true(usec == good[i].seconds * 1000000);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (lw_parse_time(bad[i], &usec) == 0)
			fail_msg("'%s' was read", bad[i]);
	assert_int_equal(lw_parse_time("1970-01-01T00:00:00.5Z", &usec), 0);
	assert_true(usec == 500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_calendar), cmocka_unit_test(test_parse) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
