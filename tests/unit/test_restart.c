/* test_restart.c: whether and when a sandbox that has ended is started again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "supervise/restart.h"

#define SECOND INT64_C(1000000)

static struct lw_service service_of(int restart)
{
	struct lw_service s = { 0 };
	lw_service_defaults(&s);
	s.restart = restart;
	return s;
}

static int64_t delay(struct lw_restarts *h, const struct lw_service *s, enum lw_end end, int64_t began, int64_t now)
{
	bool given_up;
	int64_t d = lw_restarts_delay(h, s, end, began, now, &given_up);
	return given_up ? -2 : d;
}

static void test_policy(void **state)
{
	(void)state;
	static const struct {
		int restart;
		enum lw_end end;
		bool again;
	} v[] = {
		{ LW_RESTART_NO, LW_END_WELL, false },         { LW_RESTART_NO, LW_END_FAILED, false },
		{ LW_RESTART_ON_FAILURE, LW_END_WELL, false }, { LW_RESTART_ON_FAILURE, LW_END_FAILED, true },
		{ LW_RESTART_ALWAYS, LW_END_WELL, true },      { LW_RESTART_ALWAYS, LW_END_FAILED, true },
		{ LW_RESTART_NO, LW_END_AGAIN, true },
	};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct lw_service s = service_of(v[i].restart);
		struct lw_restarts h = { 0 };
		lw_restarts_began(&h, &s, SECOND);
		assert_int_equal(delay(&h, &s, v[i].end, SECOND, 2 * SECOND), v[i].again ? SECOND / 10 : -1);
	}
}

static void test_backoff(void **state)
{
	(void)state;
	struct lw_service s = service_of(LW_RESTART_ALWAYS);
	struct lw_restarts h = { 0 };
	int64_t now = SECOND;
	s.burst.count = 0;
	s.backoff.first = SECOND;
	s.backoff.max = 5 * SECOND;
	static const int64_t pauses[] = { 1, 2, 4, 5, 5, 5 };
	for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
		lw_restarts_began(&h, &s, now);
		assert_int_equal(delay(&h, &s, LW_END_FAILED, now, now + 1), pauses[i] * SECOND);
		now += pauses[i] * SECOND + 1;
	}
	/* One that ran for as long as the interval begins with the first pause. */
	lw_restarts_began(&h, &s, now);
	assert_int_equal(delay(&h, &s, LW_END_FAILED, now, now + s.burst.interval), SECOND);
	/* Bounds that would overflow do not. */
	s.backoff.first = s.backoff.max = INT64_MAX / 2 + 1;
	h = (struct lw_restarts){ .in_a_row = 100 };
	assert_true(delay(&h, &s, LW_END_FAILED, now, now + 1) > 0);
}

static void test_burst(void **state)
{
	(void)state;
	struct lw_service s = service_of(LW_RESTART_ALWAYS);
	struct lw_restarts h = { 0 };
	int64_t now = SECOND;
	s.burst.count = 3;
	s.backoff.first = s.backoff.max = SECOND;
	for (int i = 0; i < 2; i++) {
		lw_restarts_began(&h, &s, now);
		assert_int_equal(delay(&h, &s, LW_END_FAILED, now, now), SECOND);
		now += SECOND;
	}
	lw_restarts_began(&h, &s, now);
	assert_int_equal(delay(&h, &s, LW_END_FAILED, now, now), -2);
	/* The limit holds for those that are ended for their health, too. */
	assert_int_equal(delay(&h, &s, LW_END_AGAIN, now, now), -2);
	/* The window passes. */
	lw_restarts_began(&h, &s, now + s.burst.interval);
	assert_int_equal(delay(&h, &s, LW_END_FAILED, now + s.burst.interval, now + s.burst.interval + 1), SECOND);
	/* A back-off that is longer than the interval allows keeps below the limit by itself. */
	s.backoff.first = s.backoff.max = s.burst.interval;
	h = (struct lw_restarts){ .in_window = 3, .window = now };
	assert_int_equal(delay(&h, &s, LW_END_FAILED, now, now + 1), s.burst.interval);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_burst),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
