/* test_ids.c: the range allocator: leases are disjoint, clear of what is reserved, given back by the last descriptor
 * and by nothing else, and many processes never get the same one. Needs no privilege: a lease is a lock in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "ids.h"

#define BLOCKS ((LW_AUTO_LAST - LW_AUTO_FIRST + 1) / LW_AUTO_COUNT)

struct fixture {
	char dir[64];
	struct lw_host h;
	struct lw_range reserved[4];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	strcpy(f->dir, "/tmp/lunward-ids-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->h.state_dir = f->dir;
	f->h.state_fd = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->h.reserved = f->reserved;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	unlinkat(f->h.state_fd, "ids", 0);
	close(f->h.state_fd);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* Everything but blocks `first` to `last` is reserved. */
static void leave_only(struct fixture *f, uint32_t first, uint32_t last)
{
	uint32_t begin = LW_AUTO_FIRST + first * LW_AUTO_COUNT, end = LW_AUTO_FIRST + (last + 1) * LW_AUTO_COUNT;
	f->reserved[0] = (struct lw_range){ 0, begin };
	f->reserved[1] = (struct lw_range){ end, UINT32_MAX - end };
	f->h.n_reserved = 2;
}

static uint32_t lease(struct fixture *f, int *fd)
{
	uint32_t first;
	struct lw_err err = { 0 };
	if (lw_ids_lease((struct lw_id_pool[]){ lw_host_pool(&f->h) }, &first, fd, &err) < 0)
		fail_msg("%s", err.msg);
	return first;
}

static bool can_lease(struct fixture *f)
{
	uint32_t first;
	int fd;
	int r = lw_ids_lease((struct lw_id_pool[]){ lw_host_pool(&f->h) }, &first, &fd, NULL);
	if (r == 0)
		close(fd);
	else
		assert_int_equal(r, -ENOSPC);
	return r == 0;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static void leases_are_disjoint_blocks(void **state)
{
	struct fixture *f = *state;
	enum { N = 300 };
	uint32_t first[N];
	int fd[N];
	for (int i = 0; i < N; i++) {
		first[i] = lease(f, &fd[i]);
		assert_true(first[i] >= LW_AUTO_FIRST && first[i] - 1 + LW_AUTO_COUNT <= LW_AUTO_LAST);
		assert_int_equal((first[i] - LW_AUTO_FIRST) % LW_AUTO_COUNT, 0);
		assert_true(fcntl(fd[i], F_GETFD) & FD_CLOEXEC);
	}
	qsort(first, N, sizeof *first, by_value);
	for (int i = 1; i < N; i++)
		assert_true(first[i] >= first[i - 1] + LW_AUTO_COUNT);
	for (int i = 0; i < N; i++)
		close(fd[i]);
	struct stat st;
	assert_int_equal(fstatat(f->h.state_fd, "ids", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void given_back_by_close(void **state)
{
	struct fixture *f = *state;
	int fd;
	leave_only(f, 7, 7);
	uint32_t first = lease(f, &fd);
	assert_int_equal(first, LW_AUTO_FIRST + 7 * LW_AUTO_COUNT);
	assert_false(can_lease(f));
	int copy = dup(fd);
	close(fd);
	assert_false(can_lease(f));
	close(copy);
	assert_true(can_lease(f));
}

/* The sandbox's init holds a copy of the descriptor: its range is in use while it lives, whoever died before. */
static void survives_fork_and_exec(void **state)
{
	struct fixture *f = *state;
	int fd, gate[2];
	assert_int_equal(pipe(gate), 0);
	leave_only(f, 0, 0);
	lease(f, &fd);
	pid_t pid = fork();
	if (!pid) {
		/* cat lives until the gate closes, the lease (made inheritable) with it. */
		dup2(gate[0], 0);
		close(gate[0]);
		close(gate[1]);
		fcntl(fd, F_SETFD, 0);
		execlp("cat", "cat", NULL);
		_exit(127);
	}
	close(gate[0]);
	close(fd);
	assert_false(can_lease(f));
	close(gate[1]);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(can_lease(f));
}

static void not_given_back_by_a_child_that_exits(void **state)
{
	struct fixture *f = *state;
	int fd, status;
	leave_only(f, 3, 3);
	lease(f, &fd);
	pid_t pid = fork();
	if (!pid) {
		close(fd);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_false(can_lease(f));
	close(fd);
}

/* 64 processes, three leases each, from a space of 200 blocks: all at once, none twice. */
static void parallel(void **state)
{
	struct fixture *f = *state;
	enum { P = 64, K = 3 };
	int results[2], hold[2];
	pid_t pids[P];
	assert_int_equal(pipe(results), 0);
	assert_int_equal(pipe(hold), 0);
	leave_only(f, 100, 299);
	for (int i = 0; i < P; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			char c;
			close(hold[1]);
			for (int k = 0; k < K; k++) {
				uint32_t first = 0;
				int fd;
				lw_ids_lease((struct lw_id_pool[]){ lw_host_pool(&f->h) }, &first, &fd, NULL);
				if (write(results[1], &first, sizeof first) != sizeof first)
					_exit(1);
			}
			/* Keep them until everybody has theirs. */
			_exit(read(hold[0], &c, 1) != 0);
		}
	}
	uint32_t first[P * K];
	for (int i = 0; i < P * K; i++)
		assert_int_equal(read(results[0], &first[i], sizeof first[i]), sizeof first[i]);
	qsort(first, P * K, sizeof *first, by_value);
	close(hold[1]);
	for (int i = 0; i < P; i++) {
		int status;
		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
	close(hold[0]);
	close(results[0]);
	close(results[1]);
	assert_true(first[0] >= LW_AUTO_FIRST + 100 * LW_AUTO_COUNT);
	assert_true(first[P * K - 1] <= LW_AUTO_FIRST + 299 * LW_AUTO_COUNT);
	for (int i = 1; i < P * K; i++)
		assert_true(first[i] > first[i - 1]);
}

static void exhaustion(void **state)
{
	struct fixture *f = *state;
	int fd[5];
	uint32_t first;
	struct lw_err err = { 0 };
	leave_only(f, 11, 15);
	for (int i = 0; i < 5; i++) {
		uint32_t got = lease(f, &fd[i]);
		assert_in_range((got - LW_AUTO_FIRST) / LW_AUTO_COUNT, 11, 15);
	}
	assert_int_equal(lw_ids_lease((struct lw_id_pool[]){ lw_host_pool(&f->h) }, &first, &fd[0], &err), -ENOSPC);
	assert_non_null(strstr(err.msg, "no free range"));
	assert_non_null(strstr(err.hint, "/etc/subuid"));
	for (int i = 0; i < 5; i++)
		close(fd[i]);
}

static void clear_of_reserved(void **state)
{
	struct fixture *f = *state;
	int fd;
	/* Blocks 20 to 24 are left; single ids and an edge spoil all but the third. */
	leave_only(f, 20, 24);
	f->reserved[2] = (struct lw_range){ LW_AUTO_FIRST + 21 * LW_AUTO_COUNT - 1, 2 };
	f->reserved[3] = (struct lw_range){ LW_AUTO_FIRST + 23 * LW_AUTO_COUNT, LW_AUTO_COUNT + 1 };
	f->h.n_reserved = 4;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(lease(f, &fd), LW_AUTO_FIRST + 22 * LW_AUTO_COUNT);
		assert_false(can_lease(f));
		close(fd);
	}
}

static void all_reserved(void **state)
{
	struct fixture *f = *state;
	f->reserved[0] = (struct lw_range){ 1, UINT32_MAX - 1 };
	f->h.n_reserved = 1;
	assert_false(lw_ids_possible((struct lw_id_pool[]){ lw_host_pool(&f->h) }));
	assert_false(can_lease(f));
	leave_only(f, BLOCKS - 1, BLOCKS - 1);
	assert_true(lw_ids_possible((struct lw_id_pool[]){ lw_host_pool(&f->h) }));
	assert_true(can_lease(f));
	f->h.n_reserved = 0;
	assert_true(lw_ids_possible((struct lw_id_pool[]){ lw_host_pool(&f->h) }));
}

static void lock_file_is_not_followed(void **state)
{
	struct fixture *f = *state;
	uint32_t first;
	int fd;
	struct lw_err err = { 0 };
	assert_int_equal(symlinkat("/tmp", f->h.state_fd, "ids"), 0);
	assert_int_equal(lw_ids_lease((struct lw_id_pool[]){ lw_host_pool(&f->h) }, &first, &fd, &err), -ELOOP);
	assert_non_null(strstr(err.msg, "/ids: "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(leases_are_disjoint_blocks),
		TEST(given_back_by_close),
		TEST(survives_fork_and_exec),
		TEST(not_given_back_by_a_child_that_exits),
		TEST(parallel),
		TEST(exhaustion),
		TEST(clear_of_reserved),
		TEST(all_reserved),
		TEST(lock_file_is_not_followed),
	};
	return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
