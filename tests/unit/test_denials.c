/* test_denials.c: what a plan says about a path, the process that looks, and the table of calls that need a capability.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "call_caps.h"
#include "denial_paths.h"
#include "denial_reader.h"

static void test_sight(void **state)
{
	(void)state;
	static struct lw_op ops[] = {
		{ .kind = LW_OP_ROOT_BEGIN, .num = { LW_ROOT_HOST } },
		{ .kind = LW_OP_MOUNT_BIND, .str = { "/usr", "/usr" }, .num = { -1, 0, MOUNT_ATTR_RDONLY } },
		{ .kind = LW_OP_MOUNT_FS, .str = { "/proc", "proc" } },
		{ .kind = LW_OP_MOUNT_FS, .str = { "/dev", "tmpfs" } },
		{ .kind = LW_OP_NODE, .str = { "/dev/null", "/dev/null" } },
		{ .kind = LW_OP_MOUNT_SCRATCH, .str = { "/var" } },
		{ .kind = LW_OP_MKDIR, .str = { "/var/lib" } },
		{ .kind = LW_OP_MOUNT_BIND, .str = { "/var/lib/db", "/srv/db" }, .num = { 1, 0, 0 } },
		{ .kind = LW_OP_MASK, .str = { "/usr/secret" } },
	};
	static const struct {
		const char *path;
		enum lw_path_sight sight;
	} v[] = {
		{ "/usr/bin/env", LW_PATH_READ_ONLY },
		{ "/usr", LW_PATH_UNSURE },
		{ "/usr2/x", LW_PATH_HIDDEN },
		{ "/usr/secret", LW_PATH_UNSURE },
		{ "/srv/www", LW_PATH_HIDDEN },
		{ "/dev/kmsg", LW_PATH_HIDDEN },
		{ "/dev/null", LW_PATH_UNSURE },
		{ "/dev", LW_PATH_UNSURE },
		{ "/var/lib", LW_PATH_UNSURE },
		{ "/var/lib/other", LW_PATH_HIDDEN },
		{ "/var/lib/db/x", LW_PATH_UNSURE },
		{ "/proc/self/maps", LW_PATH_UNSURE },
		{ "/", LW_PATH_UNSURE },
		{ "/srv/", LW_PATH_UNSURE },
		{ "/usr/../srv/www", LW_PATH_UNSURE },
		{ "/srv//www", LW_PATH_UNSURE },
	};
	struct lw_plan p = { .n_ops = ARRAY_LEN(ops), .ops = ops };
	const struct lw_op *op;
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (lw_path_sight(&p, v[i].path, &op) != v[i].sight)
			fail_msg("%s", v[i].path);
	ops[0].num[0] = LW_ROOT_DIR;
	assert_int_equal(lw_path_sight(&p, "/srv/www", &op), LW_PATH_UNSURE);
	ops[0].num[0] = LW_ROOT_HOST;
}

static void test_reader(void **state)
{
	(void)state;
	char text[LW_READER_TEXT];
	struct lw_reader r;
	assert_int_equal(lw_reader_start(&r), 0);
	/* A string that ends with its page, and nothing behind it. */
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(page, MAP_FAILED);
	munmap(page + 4096, 4096);
	char *end = page + 4096 - 6;
	memcpy(end, "/path", 6);
	int n = lw_reader_string(&r, getpid(), (uintptr_t)end, text);
	if (n == -EPERM) {
		print_message("nobody may read another process here\n");
		lw_reader_stop(&r);
		skip();
	}
	assert_int_equal(n, 5);
	assert_string_equal(text, "/path");
	/* One without an end. */
	memset(page, 'x', 4096);
	assert_int_equal(lw_reader_string(&r, getpid(), (uintptr_t)page, text), -ENAMETOOLONG);
	assert_int_equal(lw_reader_string(&r, getpid(), 8, text), -EFAULT);
	assert_true(S_ISDIR(lw_reader_mode(&r, "/")));
	assert_true(S_ISCHR(lw_reader_mode(&r, "/dev/null")));
	assert_int_equal(lw_reader_mode(&r, "/nonexistent"), -ENOENT);
	munmap(page, 4096);
	pid_t pid = r.pid;
	lw_reader_stop(&r);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(lw_reader_mode(&r, "/"), -ENOTCONN);
}

/* One that does not answer is ended, and whoever asks goes on. */
static void test_reader_stuck(void **state)
{
	(void)state;
	struct lw_reader r;
	assert_int_equal(lw_reader_start(&r), 0);
	assert_int_equal(kill(r.pid, SIGSTOP), 0);
	assert_int_equal(lw_reader_mode(&r, "/"), -ETIMEDOUT);
	assert_int_equal(r.sock, -1);
	assert_int_equal(r.pid, -1);
}

static void test_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < lw_call_cap_count; i++) {
		const struct lw_call_cap *row = &lw_call_cap_table[i];
		assert_non_null(lw_names_name(&lw_capability_table, row->cap));
		if (lw_syscall_number(row->name) < 0 && strcmp(row->name, "mknod"))
			fail_msg("no call '%s'", row->name);
		if (i)
			assert_true(strcmp(lw_call_cap_table[i - 1].name, row->name) <= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sight),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_stuck),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests_name("denials", tests, NULL, NULL);
}
