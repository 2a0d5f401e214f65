/* test_log.c: from what a sandbox prints to the lines of its log, and which files a log may be. */
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
#include <unistd.h>
#include "base/cleanup.h"
#include "rolled.h"
#include "supervise/log.h"

static char path[] = "/tmp/lunward-log-XXXXXX";
static int dir, out, err_end;
static struct sv_log l;
static struct lw_spec spec;

static int make_dir(void **state)
{
	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	spec = (struct lw_spec){ .name = "box" };
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

static void begin(void)
{
	struct lw_err err = { 0 };
	int a[2], b[2];
	assert_int_equal(pipe2(a, O_CLOEXEC), 0);
	assert_int_equal(pipe2(b, O_CLOEXEC), 0);
	if (sv_log_open(&l, &spec, dir, "0123", &err) < 0)
		fail_msg("%s", err.msg);
	sv_log_connect(&l, a[0], b[0]);
	out = a[1];
	err_end = b[1];
}

static void say(int fd, const char *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t some = n - at > 3000 ? 3000 : n - at;
		assert_int_equal(write(fd, bytes + at, some), some);
		sv_log_take(&l, &l.stream[fd == err_end]);
		at += some;
	}
}

static void end(void)
{
	close(out);
	close(err_end);
	sv_log_close(&l);
}

/* What the log holds, as stream>text, with + for a line that goes on and | for the end of one that does not. */
static char *read_back(void)
{
	struct lw_rolled_reader r;
	struct lw_text t = { 0 };
	const char *line;
	size_t n;
	assert_int_equal(lw_rolled_begin(&r, dir, SV_LOG, 1), 0);
	while (lw_rolled_next(&r, &line, &n) > 0) {
		json_t *o = lw_rolled_object(line, n);
		assert_non_null(o);
		lw_text_addf(&t, "%c>%s%s", json_string_value(json_object_get(o, "stream"))[3],
			     json_string_value(json_object_get(o, "text")),
			     json_is_true(json_object_get(o, "partial")) ? "+" : "|");
		assert_int_equal(strlen(json_string_value(json_object_get(o, "time"))), 27);
		json_decref(o);
	}
	lw_rolled_end(&r);
	lw_text_add(&t, "");
	return t.buf;
}

static void test_lines(void **state)
{
	(void)state;
	begin();
	say(out, "one\ntw", 6);
	say(err_end, "error\n", 6);
	say(out, "o\n\nnul\0here\nbad \xff utf\nno end", 28);
	end();
	_cleanup_free_ char *got = read_back();
	assert_string_equal(got, "o>one|e>error|o>two|o>|o>nul?here|o>bad \xef\xbf\xbd utf|o>no end|");
}

static void test_long_lines(void **state)
{
	enum { N = 20001 };
	static char line[N + 1];
	(void)state;
	/* Characters of two bytes, at an odd place: none is cut in two. */
	line[0] = 'x';
	for (int i = 1; i < N; i += 2)
		memcpy(line + i, "\xc3\xa9", 2);
	line[N] = '\n';
	begin();
	say(out, line, N + 1);
	say(out, "next\n", 5);
	end();
	_cleanup_free_ char *got = read_back();
	assert_null(strstr(got, "\xef\xbf\xbd"));
	char *plus = strchr(got, '+');
	assert_true(plus && plus - got - 2 > SV_LINE_MAX - 4 && plus - got - 2 <= SV_LINE_MAX);
	assert_int_equal(strlen(got), N + (size_t)2 * 4 + 4 + 4); /* three parts of one line, and another */
	assert_non_null(strstr(got, "|o>next|"));
}

static off_t size_of(const char *name)
{
	struct stat st;
	return fstatat(dir, name, &st, 0) < 0 ? 0 : st.st_size;
}

static void test_flood(void **state)
{
	static char lines[1000];
	(void)state;
	for (size_t i = 0; i < sizeof lines; i++)
		lines[i] = i % 10 == 9 ? '\n' : 'y';
	spec.log = (struct lw_log){ .rec.set = 1, .kind = LW_LOG_FILE, .max = 65536, .keep = 3 };
	begin();
	for (int i = 0; i < 500; i++)
		say(out, lines, sizeof lines);
	end();
	assert_true(size_of("log.3") > 0 && size_of("log.4") == 0);
	assert_true(size_of("log") + size_of("log.1") + size_of("log.2") + size_of("log.3") <= 65536 + 8192);
}

/* Nobody listens: nothing is kept, nothing waits. */
static void test_elsewhere(void **state)
{
	static const int kinds[] = { LW_LOG_NONE, LW_LOG_SYSLOG, LW_LOG_JOURNAL };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		spec.log = (struct lw_log){ .kind = kinds[i] };
		begin();
		say(out, "text\n", 5);
		end();
		assert_int_equal(size_of("log"), 0);
	}
}

static void test_file_on_the_host(void **state)
{
	char file[64], link[64], top[64];
	struct lw_err err = { 0 };
	struct lw_mount bind = { .kind = LW_MOUNT_BIND, .writable = true };
	(void)state;
	snprintf(top, sizeof top, "%s/d", path);
	snprintf(file, sizeof file, "%s/d/box.log", path);
	snprintf(link, sizeof link, "%s/l", path);
	assert_int_equal(mkdirat(dir, "d", 0700), 0);
	assert_int_equal(symlinkat("d", dir, "l"), 0);
	spec.log = (struct lw_log){ .rec.set = 1, .kind = LW_LOG_FILE, .file = file, .max = 65536, .keep = 1 };
	begin();
	say(out, "text\n", 5);
	end();
	assert_true(size_of("d/box.log") > 20);
	/* Where the sandbox writes, by whatever name. */
	spec.mounts = (struct lw_mounts){ 1, &bind };
	const char *const sources[] = { path, top, link };
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		bind.source = sources[i];
		assert_int_equal(sv_log_open(&l, &spec, dir, "0123", &err), -EPERM);
		assert_int_equal(err.cls, LW_ERR_POLICY);
		assert_string_equal(err.path, "log.file");
	}
	bind.writable = false;
	begin();
	end();
	/* What is no file, or is a link. */
	assert_int_equal(unlinkat(dir, "d/box.log", 0), 0);
	assert_int_equal(symlinkat("../target", dir, "d/box.log"), 0);
	assert_true(sv_log_open(&l, &spec, dir, "0123", &err) < 0);
	assert_int_equal(size_of("target"), 0);
	assert_int_equal(unlinkat(dir, "d/box.log", 0), 0);
	assert_int_equal(mkfifoat(dir, "d/box.log", 0600), 0);
	assert_true(sv_log_open(&l, &spec, dir, "0123", &err) < 0);
	snprintf(file, sizeof file, "%s/none/box.log", path);
	assert_int_equal(sv_log_open(&l, &spec, dir, "0123", &err), -ENOENT);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		TEST(test_lines),     TEST(test_long_lines),       TEST(test_flood),
		TEST(test_elsewhere), TEST(test_file_on_the_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
