/* test_rolled.c: files of lines that are renamed when full: written by many, read across it, damaged anywhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "rolled.h"

static char path[] = "/tmp/lunward-rolled-XXXXXX";
static int dir;

static int make_dir(void **state)
{
	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return dir < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
	char command[64];
	(void)state;
	close(dir);
	snprintf(command, sizeof command, "rm -rf %s", path);
	return system(command);
}

static void append(struct lw_rolled *r, int i)
{
	char line[64];
	int n = snprintf(line, sizeof line, "{\"i\":%d,\"of\":{\"x\":\"y\"}}\n", i);
	assert_int_equal(lw_rolled_append(r, line, (size_t)n), 0);
}

/* The next object's number; -1: none now. */
static int next(struct lw_rolled_reader *r)
{
	const char *line;
	size_t n;
	while (lw_rolled_next(r, &line, &n) > 0) {
		json_t *o = lw_rolled_object(line, n);
		int i = o ? (int)json_integer_value(json_object_get(o, "i")) : -1;
		json_decref(o);
		if (i >= 0)
			return i;
	}
	return -1;
}

static off_t size_of(const char *name)
{
	struct stat st;
	return fstatat(dir, name, &st, 0) < 0 ? -1 : st.st_size;
}

static void test_bounded(void **state)
{
	struct lw_rolled w = { dir, "f", 3000, 2, -1 };
	struct lw_rolled_reader r;
	(void)state;
	for (int i = 0; i < 1000; i++)
		append(&w, i);
	lw_rolled_close(&w);
	assert_true(size_of("f") > 0 && size_of("f.1") > 900 && size_of("f.2") > 900);
	assert_int_equal(size_of("f.3"), -1);
	assert_true(size_of("f") + size_of("f.1") + size_of("f.2") <= 3000);
	assert_int_equal(lw_rolled_begin(&r, dir, "f", 2), 0);
	int last = next(&r);
	assert_true(last > 800);
	for (int i; (i = next(&r)) >= 0; last = i)
		assert_int_equal(i, last + 1);
	assert_int_equal(last, 999);
	lw_rolled_end(&r);
}

static void test_followed(void **state)
{
	struct lw_rolled w = { dir, "f", 4000, 3, -1 };
	struct lw_rolled_reader r;
	int seen = 0;
	(void)state;
	assert_int_equal(lw_rolled_begin(&r, dir, "f", 3), 0);
	assert_int_equal(next(&r), -1);
	/* Up to 90 lines, which are two renames, between one look and the next. */
	for (int i = 0, step = 1; i < 2000; step = step % 90 + 1) {
		for (int k = 0; k < step; k++)
			append(&w, i++);
		for (int n; (n = next(&r)) >= 0; seen++)
			assert_int_equal(n, seen);
		assert_int_equal(seen, i);
	}
	lw_rolled_end(&r);
	lw_rolled_close(&w);
}

static void test_none_kept(void **state)
{
	struct lw_rolled w = { dir, "f", 500, 0, -1 };
	(void)state;
	for (int i = 0; i < 100; i++)
		append(&w, i);
	lw_rolled_close(&w);
	assert_true(size_of("f") > 0 && size_of("f") <= 500);
	assert_int_equal(size_of("f.1"), -1);
}

/* Each writer opens the file for each line, as those of events do. */
static void test_many_writers(void **state)
{
	enum { WRITERS = 6, LINES = 400 };
	struct lw_rolled_reader r;
	int next_of[WRITERS] = { 0 }, total = 0, status;
	(void)state;
	for (int w = 0; w < WRITERS; w++)
		if (fork() == 0) {
			for (int i = 0; i < LINES; i++) {
				struct lw_rolled one = { dir, "f", 1 << 20, 1, -1 };
				append(&one, w * LINES + i);
				lw_rolled_close(&one);
			}
			_exit(0);
		}
	for (int w = 0; w < WRITERS; w++)
		assert_true(wait(&status) > 0 && status == 0);
	assert_int_equal(lw_rolled_begin(&r, dir, "f", 1), 0);
	for (int i; (i = next(&r)) >= 0; total++)
		assert_int_equal(i % LINES, next_of[i / LINES]++);
	assert_int_equal(total, WRITERS * LINES);
	lw_rolled_end(&r);
}

/* Killed, or without power, in the middle of a line: all before it is read, and all that is written after it. */
static void test_torn(void **state)
{
	static const char third[] = "{\"i\":2,\"of\":{\"x\":\"y\"}}\n";
	(void)state;
	for (size_t cut = 0; cut < sizeof third; cut++) {
		struct lw_rolled w = { dir, "f", 1 << 20, 1, -1 };
		struct lw_rolled_reader r;
		unlinkat(dir, "f", 0);
		append(&w, 0);
		append(&w, 1);
		assert_int_equal(lw_rolled_append(&w, third, cut), 0);
		append(&w, 3);
		append(&w, 4);
		lw_rolled_close(&w);
		assert_int_equal(lw_rolled_begin(&r, dir, "f", 1), 0);
		assert_int_equal(next(&r), 0);
		assert_int_equal(next(&r), 1);
		int i = next(&r);
		if (cut == sizeof third - 1)
			assert_int_equal(i, 2);
		if (i == 2)
			i = next(&r);
		assert_int_equal(i, 3);
		i = next(&r);
		assert_int_equal(i, 4);
		assert_int_equal(next(&r), -1);
		lw_rolled_end(&r);
	}
}

static void test_what_is_refused(void **state)
{
	struct lw_rolled w = { dir, "f", 1000, 1, -1 };
	(void)state;
	assert_int_equal(symlinkat("elsewhere", dir, "f"), 0);
	assert_true(lw_rolled_append(&w, "x\n", 2) < 0);
	assert_int_equal(unlinkat(dir, "f", 0), 0);
	assert_int_equal(mkfifoat(dir, "f", 0600), 0);
	assert_true(lw_rolled_append(&w, "x\n", 2) < 0);
	assert_int_equal(unlinkat(dir, "f", 0), 0);
	int fd = openat(dir, "other", O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(linkat(dir, "other", dir, "f", 0), 0);
	assert_int_equal(lw_rolled_append(&w, "x\n", 2), -EPERM);
	assert_int_equal(size_of("other"), 0);
	assert_int_equal(size_of("elsewhere"), -1);
}

static void test_long_line(void **state)
{
	struct lw_rolled w = { dir, "f", 1 << 20, 0, -1 };
	struct lw_rolled_reader r;
	char *line = malloc(3 * LW_ROLLED_LINE);
	(void)state;
	assert_non_null(line);
	memset(line, 'x', 3 * LW_ROLLED_LINE);
	line[3 * LW_ROLLED_LINE - 1] = '\n';
	append(&w, 0);
	assert_int_equal(lw_rolled_append(&w, line, 3 * LW_ROLLED_LINE), 0);
	append(&w, 1);
	lw_rolled_close(&w);
	free(line);
	assert_int_equal(lw_rolled_begin(&r, dir, "f", 0), 0);
	assert_int_equal(next(&r), 0);
	assert_int_equal(next(&r), 1);
	assert_int_equal(next(&r), -1);
	lw_rolled_end(&r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		TEST(test_bounded), TEST(test_followed),        TEST(test_none_kept), TEST(test_many_writers),
		TEST(test_torn),    TEST(test_what_is_refused), TEST(test_long_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
