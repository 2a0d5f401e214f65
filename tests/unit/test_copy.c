/* test_copy.c: what a copy receives is made by those inside: streams that lie are refused, and make nothing outside of
 * the place they go to. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "safepath_copy.h"

struct head {
	uint32_t magic;
	uint16_t kind, mode;
	int64_t seconds;
	uint32_t nanoseconds;
	uint16_t name, target;
	int32_t err;
	uint32_t pad;
};
enum { FILE_ = 1, DIR_, UP, LINK, LEFT, FAILED, END };

static char dir[] = "/tmp/test_copy.XXXXXX";
static int ends[2];

static int setup(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static int teardown(void **state)
{
	(void)state;
	close(ends[0]);
	return 0;
}

static void say(uint16_t kind, const char *name, const char *target, const void *data, size_t n)
{
	struct head h = { .magic = 0x6c776370,
			  .kind = kind,
			  .mode = 0644,
			  .name = (uint16_t)strlen(name),
			  .target = (uint16_t)strlen(target) };
	assert_int_equal(write(ends[1], &h, sizeof h), sizeof h);
	assert_int_equal(write(ends[1], name, h.name), h.name);
	assert_int_equal(write(ends[1], target, h.target), h.target);
	assert_int_equal(write(ends[1], data, n), n);
}

static int receive(uint64_t max)
{
	struct lw_copied done = { 0 };
	close(ends[1]);
	return lw_copy_receive(&(struct lw_copy_end){ -1, dir }, "x", ends[0], max, &done);
}

static void names_that_lead_out(void **state)
{
	static const char *const names[] = { "..", ".", "", "a/b", "/etc", "../x" };
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (uint16_t kind = FILE_; kind <= LINK; kind += kind == DIR_ ? 2 : 1) {
			if (i || kind != FILE_)
				assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
			say(kind, names[i], "t", "\0\0\0\0", 4);
			assert_int_equal(receive(100), -EPROTO);
			if (i != sizeof names / sizeof *names - 1 || kind != LINK)
				close(ends[0]);
		}
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
}

static void up_from_the_top(void **state)
{
	(void)state;
	say(UP, "", "", "", 0);
	assert_int_equal(receive(100), -EPROTO);
}

static void a_name_cut_short_by_a_zero(void **state)
{
	struct head h = { .magic = 0x6c776370, .kind = DIR_, .name = 4 };
	(void)state;
	assert_int_equal(write(ends[1], &h, sizeof h), sizeof h);
	assert_int_equal(write(ends[1], "a\0/b", 4), 4);
	assert_int_equal(receive(100), -EPROTO);
}

static void lengths_that_are_too_long(void **state)
{
	struct head h = { .magic = 0x6c776370, .kind = FILE_, .name = 60000 };
	(void)state;
	assert_int_equal(write(ends[1], &h, sizeof h), sizeof h);
	assert_int_equal(receive(100), -EPROTO);
}

static void chunks_that_are_too_long(void **state)
{
	uint32_t n = 70000;
	(void)state;
	say(FILE_, "f", "", &n, sizeof n);
	assert_int_equal(receive(100000), -EPROTO);
	assert_int_equal(rmdir(dir), 0); /* the half of it is gone */
	assert_int_equal(mkdir(dir, 0700), 0);
}

static void holes_beyond_everything(void **state)
{
	struct {
		uint32_t word;
		int64_t n;
	} __attribute__((packed)) hole = { UINT32_MAX, -5 };
	(void)state;
	say(FILE_, "f", "", &hole, sizeof hole);
	assert_int_equal(receive(100), -EPROTO);
}

static void more_than_is_allowed(void **state)
{
	struct {
		uint32_t n;
		char data[11];
	} __attribute__((packed)) chunk = { 11, "0123456789" };
	(void)state;
	say(FILE_, "f", "", &chunk, sizeof chunk);
	assert_int_equal(receive(10), -EFBIG);
}

static void things_without_end(void **state)
{
	static struct {
		struct head head;
		char name[1];
	} __attribute__((packed)) many[1024 + 2];
	(void)state;
	assert_int_equal(lw_copy_things(4096), sizeof many / sizeof *many - 1);
	for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
		many[i].head = (struct head){ .magic = 0x6c776370, .kind = LEFT, .name = 1 };
		many[i].name[0] = 'f';
	}
	assert_int_equal(write(ends[1], many, sizeof many), sizeof many);
	assert_int_equal(receive(4096), -E2BIG);
}

static void directories_without_end(void **state)
{
	(void)state;
	for (int i = 0; i < LW_COPY_DEPTH + 5; i++)
		say(DIR_, "d", "", "", 0);
	assert_int_equal(receive(10), -ELOOP);
}

static void an_end_that_comes_too_early(void **state)
{
	(void)state;
	say(DIR_, "e", "", "", 0);
	say(END, "", "", "", 0);
	assert_int_equal(receive(10), -EPROTO);
}

static void nothing_is_written_through_a_link(void **state)
{
	struct stat st;
	char path[64];
	(void)state;
	say(LINK, "l", "/tmp", "", 0);
	say(DIR_, "l", "", "", 0);
	int r = receive(10);
	assert_true(r == -ENOTDIR || r == -ELOOP);
	strcpy(path, dir);
	strcat(path, "/l");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void remove_all(void)
{
	char command[64] = "rm -rf ";
	strcat(command, dir);
	(void)!system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_that_lead_out, setup, teardown),
		cmocka_unit_test_setup_teardown(up_from_the_top, setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_cut_short_by_a_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_that_are_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(chunks_that_are_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(holes_beyond_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_is_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(things_without_end, setup, teardown),
		cmocka_unit_test_setup_teardown(directories_without_end, setup, teardown),
		cmocka_unit_test_setup_teardown(an_end_that_comes_too_early, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_written_through_a_link, setup, teardown),
	};
	if (!mkdtemp(dir))
		return 1;
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	remove_all();
	return r;
}
