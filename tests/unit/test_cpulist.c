/* test_cpulist.c: lists of processors: what is one, how many it names, and what one has that another lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>
#include "cpulist.h"

static void lists(void **state)
{
	static const struct {
		const char *text;
		int count;
	} cases[] = {
		{ "0", 1 },          { "0-3", 4 },          { "0-3,8", 5 },
		{ "8,0-3\n", 5 },    { "1,1,0-2", 3 },      { "8191", 1 },
		{ "0-8191", 8192 },  { "", -EINVAL },       { "\n", -EINVAL },
		{ "3-1", -EINVAL },  { "-1", -EINVAL },     { "0-", -EINVAL },
		{ "0,", -EINVAL },   { ",0", -EINVAL },     { "0 1", -EINVAL },
		{ "0x1", -EINVAL },  { "all", -EINVAL },    { "0-3:1", -EINVAL },
		{ "8192", -ERANGE }, { "0-8192", -ERANGE }, { "99999999999999999999", -ERANGE },
	};
	struct lw_cpulist list;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (lw_cpulist_parse(cases[i].text, &list) != cases[i].count)
			fail_msg("'%s': %d", cases[i].text, lw_cpulist_parse(cases[i].text, &list));
}

static void what_is_missing(void **state)
{
	static const struct {
		const char *part, *all;
		int missing;
	} cases[] = { { "0-1", "0-3", -1 }, { "0-4", "0-3", 4 },      { "64,200", "64", 200 },
		      { "64", "0-63", 64 }, { "8191", "0-8191", -1 }, { "5,70", "70", 5 } };
	struct lw_cpulist part, all;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(lw_cpulist_parse(cases[i].part, &part) > 0);
		assert_true(lw_cpulist_parse(cases[i].all, &all) > 0);
		assert_int_equal(lw_cpulist_missing(&part, &all), cases[i].missing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(what_is_missing),
	};
	return cmocka_run_group_tests_name("cpulist", tests, NULL, NULL);
}
