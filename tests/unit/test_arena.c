/* test_arena.c: bump allocation (core/base/arena.h): alignment, zeroes, overflow, and that pieces never overlap. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"

static int setup(void **state)
{
	*state = lw_arena_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	*state = lw_arena_free(*state);
	return *state ? -1 : 0;
}

static void test_pieces_are_aligned_zeroed_apart(void **state)
{
	enum { COUNT = 600 };
	static unsigned char *p[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		size_t size = i * 7 % 5000;
		p[i] = lw_arena_alloc(*state, size);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(p[i][j], 0);
		memset(p[i], (int)(i % 251), size);
	}
	for (size_t i = 0; i < COUNT; i++)
		for (size_t j = 0; j < i * 7 % 5000; j++)
			assert_int_equal(p[i][j], i % 251);
	assert_false(lw_arena_failed(*state));
}

static void test_empty_pieces_are_valid(void **state)
{
	assert_non_null(lw_arena_alloc(*state, 0));
	assert_non_null(lw_arena_array(*state, 0, 8));
	assert_non_null(lw_arena_array(*state, 8, 0));
	assert_non_null(lw_arena_memdup(*state, NULL, 0));
}

static void test_overflow_fails_and_is_remembered(void **state)
{
	assert_null(lw_arena_array(*state, SIZE_MAX / 2, 3));
	assert_true(lw_arena_failed(*state));
	/* It goes on serving what it can; the memory of the failure stays. */
	assert_non_null(lw_arena_alloc(*state, 8));
	assert_true(lw_arena_failed(*state));
}

static void test_huge_sizes_fail(void **state)
{
	assert_null(lw_arena_alloc(*state, SIZE_MAX));
	assert_null(lw_arena_alloc(*state, SIZE_MAX - 16));
	assert_true(lw_arena_failed(*state));
}

static void test_strings(void **state)
{
	assert_null(lw_arena_strdup(*state, NULL));
	assert_null(lw_arena_strndup(*state, NULL, 3));
	assert_string_equal(lw_arena_strdup(*state, ""), "");
	assert_string_equal(lw_arena_strdup(*state, "word"), "word");
	assert_string_equal(lw_arena_strndup(*state, "word", 2), "wo");
	assert_string_equal(lw_arena_strndup(*state, "word", 99), "word");
	const char unterminated[2] = { 'a', 'b' };
	assert_string_equal(lw_arena_strndup(*state, unterminated, 2), "ab");
	assert_memory_equal(lw_arena_memdup(*state, "a\0b", 3), "a\0b", 3);
}

static void test_printf_of_every_length(void **state)
{
	for (int n = 0; n < 600; n++) {
		char *s = lw_arena_printf(*state, "%*s", n, "");
		assert_int_equal(strlen(s), n);
	}
	char *s = lw_arena_printf(*state, "%*s|", 100000, "x");
	assert_int_equal(strlen(s), 100001);
	assert_string_equal(s + 99999, "x|");
}

static void test_free_of_null(void **state)
{
	(void)state;
	assert_null(lw_arena_free(NULL));
}

#define ARENA_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest arena[] = {
		ARENA_TEST(test_pieces_are_aligned_zeroed_apart),
		ARENA_TEST(test_empty_pieces_are_valid),
		ARENA_TEST(test_overflow_fails_and_is_remembered),
		ARENA_TEST(test_huge_sizes_fail),
		ARENA_TEST(test_strings),
		ARENA_TEST(test_printf_of_every_length),
		cmocka_unit_test(test_free_of_null),
	};
	return cmocka_run_group_tests_name("arena", arena, NULL, NULL);
}
