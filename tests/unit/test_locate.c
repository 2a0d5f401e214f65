/* test_locate.c: Lua source read as text: which line a key is on, and which key stands twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "lua/eval.h"
#include "lua/scan.h"

static const char profile[] = "-- { a = comment }\n"                                            /* 1 */
			      "local function f(t) return t[1] == { x = 1 } end\n"              /* 2 */
			      "return sandbox \"db\"\n"                                         /* 3 */
			      "{\n"                                                             /* 4 */
			      "  command = { 'a', -- , }\n"                                     /* 5 */
			      "    false,\n"                                                    /* 6 */
			      "    'b' },\n"                                                    /* 7 */
			      "  limits = {\n"                                                  /* 8 */
			      "    pids = 3; memory =\n"                                        /* 9 */
			      "      \"64M }\",\n"                                              /* 10 */
			      "  },\n"                                                          /* 11 */
			      "  mounts = {\n"                                                  /* 12 */
			      "    bind '/srv:/srv',\n"                                         /* 13 */
			      "    bind {\n"                                                    /* 14 */
			      "      destination = [[\n"                                        /* 15 */
			      "/x]],\n"                                                         /* 16 */
			      "      source = (function() local a, b = 1, 2 return a end)(),\n" /* 17 */
			      "    },\n"                                                        /* 18 */
			      "  },\n"                                                          /* 19 */
			      "  sysctls = { [\"net.ipv4.ip_forward\"] = 1,\n"                  /* 20 */
			      "    ['kernel.x'] = 2 },\n"                                       /* 21 */
			      "  user = cond and {\n"                                           /* 22 */
			      "    uid = 0 },\n"                                                /* 23 */
			      "}\n";

static void locates(uint32_t line, const char *path, uint32_t expected)
{
	uint32_t got = scan_locate(profile, sizeof(profile) - 1, line, path);

	if (got != expected)
		fail_msg("%s from line %u: %u, not %u", path, line, got, expected);
}

static void keys_of_the_sandbox(void **state)
{
	(void)state;
	locates(3, "command", 5);
	locates(4, "command", 5); /* by the brace */
	locates(3, "limits.memory", 9);
	locates(3, "limits.pids", 9);
	locates(3, "mounts[1].destination", 15);
	locates(3, "mounts[1].source", 17);
	locates(3, "mounts[0]", 13);
	locates(3, "command[1]", 7); /* false is left out of the list */
	locates(3, "user.uid", 23);
}

static void keys_with_dots(void **state)
{
	(void)state;
	locates(3, "sysctls.net.ipv4.ip_forward", 20);
	locates(3, "sysctls.kernel.x", 21);
}

static void paths_from_a_nested_record(void **state)
{
	(void)state;
	locates(14, "mounts[1].source", 17);
	locates(14, "source", 17);
	locates(8, "limits.memory", 9);
}

static void the_nearest_known_part(void **state)
{
	(void)state;
	locates(3, "mounts[0].source", 13); /* inside a string */
	locates(3, "limits.swap", 8);
	locates(3, "nothing", 0);
	locates(1, "a", 0); /* a comment is no table */
	locates(2, "x", 2);
	locates(99, "command", 0);
	locates(3, "", 0);
	locates(3, "[", 0);
	locates(3, "[99999999999999999999]", 0);
	locates(3, "mounts[", 12);
}

static void lines_end_as_lua_has_it(void **state)
{
	static const char text[] = "#!x\r\n"
				   "local s = 'a\\\r\nb\\z\n\r  c'\r"
				   "t = { a = 1,\n\rb = 2 }";

	(void)state;
	assert_int_equal(scan_locate(text, sizeof(text) - 1, 5, "a"), 5);
	assert_int_equal(scan_locate(text, sizeof(text) - 1, 5, "b"), 6);
}

static int duplicate(const char *text, struct scan_duplicate *ret)
{
	size_t slots = scan_slots(text, strlen(text));
	_cleanup_free_ struct scan_slot *v = calloc(slots, sizeof(*v));

	assert_non_null(v);
	return scan_duplicate(text, strlen(text), v, slots, ret);
}

static void duplicates_are_found(void **state)
{
	struct scan_duplicate d;

	(void)state;
	assert_int_equal(duplicate("return sandbox {\n limits = { pids = 1,\n memory = 2,\n pids = 3 } }", &d), 1);
	assert_int_equal(d.line, 4);
	assert_int_equal(d.first_line, 2);
	assert_int_equal(d.len, 4);
	assert_memory_equal(d.key, "pids", 4);
	assert_int_equal(duplicate("t = { a = 1, [\"a\"] = 2 }", &d), 1);
	assert_int_equal(duplicate("t = { ['a'] = 1; [ [[a]] ] = 2 }", &d), 1);
	assert_int_equal(duplicate("t = { f = function() if x then y() end end, f = 1 }", &d), 1);
	assert_int_equal(duplicate("t = { f = function() repeat local u = { a = 1 } until u.a end, a = 1, a = 2 }", &d),
			 1);
	assert_int_equal(duplicate("x = y --[==[ ]] ]==] z = { a = 1, a = 2 }", &d), 1);
	assert_int_equal(duplicate("x = 0x1p-4 y = 3..2 t = { a = 1e+5, a = .5 }", &d), 1);
}

static void only_duplicates_are_found(void **state)
{
	static const char *const fine[] = {
		"t = { a = 1, b = { a = 1 }, c = { a = 2 } }",
		"t = { a == 1, a == 1 }",
		"t = { f = function() local a = 1; a = 2; a = 3 end, a = 4 }",
		"t = { f(a, b), g(a, b), (a), [a] = 1, [b] = 2, [a] = 3 }",
		"t = { x = a, y = a, z = '\", a = 1, a = 2', w = [[, a = 1, a = 2]] }",
		"t = { a = 1, --[[ a = 2, ]] b = 2, -- a = 3\n }",
		"t = { ['a\\n'] = 1, ['a\\n'] = 2 }", /* escapes are not read: not told, rather than told wrongly */
		"t = { for_ = 1, end_ = 2, g = function() for i = 1, 2 do x = i end while y do y = 1 end end }",
		"a = 1 a = 2 local b = 3 b = 4",
		"f { a = 1 } f { a = 1 } f { f { a = 1 }, f { a = 1 } }",
		"t = { a = 1 } } a = 1, a = 2",
		"t = { a = { { { {",
		"t = { 'a, a = 1",
		"",
	};
	struct scan_duplicate d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fine); i++)
		if (duplicate(fine[i], &d))
			fail_msg("%.*s in: %s", (int)d.len, d.key, fine[i]);
}

static void deep_nesting_ends_the_walk(void **state)
{
	enum { DEPTH = 5000 };
	char *text = malloc(2 * DEPTH + 32);
	struct scan_duplicate d;

	(void)state;
	assert_non_null(text);
	memset(text, '{', DEPTH);
	strcpy(text + DEPTH, "a = 1, a = 2");
	assert_int_equal(duplicate(text, &d), 0);
	assert_int_equal(scan_locate(text, strlen(text), 1, "a"), 0);
	free(text);
}

static void errors_are_moved_to_the_key(void **state)
{
	char path[] = "/tmp/lunward-locate-XXXXXX";
	struct lw_err err = { .line = 3, .path = "limits.memory" };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, profile, sizeof(profile) - 1), sizeof(profile) - 1);
	close(fd);
	strcpy(err.file, path);
	lw_eval_locate_key(&err);
	assert_int_equal(err.line, 9);
	lw_eval_locate_key(&err); /* a second time changes nothing */
	assert_int_equal(err.line, 9);
	strcpy(err.path, "nothing");
	lw_eval_locate_key(&err);
	assert_int_equal(err.line, 9);
	unlink(path);
	lw_eval_locate_key(&err);
	lw_eval_locate_key(NULL);
	assert_int_equal(err.line, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_the_sandbox),         cmocka_unit_test(keys_with_dots),
		cmocka_unit_test(paths_from_a_nested_record),  cmocka_unit_test(the_nearest_known_part),
		cmocka_unit_test(lines_end_as_lua_has_it),     cmocka_unit_test(duplicates_are_found),
		cmocka_unit_test(only_duplicates_are_found),   cmocka_unit_test(deep_nesting_ends_the_walk),
		cmocka_unit_test(errors_are_moved_to_the_key),
	};

	return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
