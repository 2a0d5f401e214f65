/* test_fdio.c: reads, writes and frames (core/base/fdio.h) on files, pipes and sockets, with peers that stop early,
 * claim too much, or are no regular file at all. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/fdio.h"

static char dir[32];
static int dir_fd = -1;

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_fdio.XXXXXX");
	dir_fd = mkdtemp(dir) ? open(dir, O_DIRECTORY | O_CLOEXEC) : -1;
	return dir_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	static const char *const names[] = { "file", "fifo", "link" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlinkat(dir_fd, names[i], 0);
	close(dir_fd);
	return rmdir(dir);
}

static void put_file(const char *text, size_t n)
{
	_cleanup_close_ int fd = openat(dir_fd, "file", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(lw_write_full(fd, text, n), 0);
}

static void test_read_file_by_size(void **state)
{
	(void)state;
	enum { MAX = 10000 };
	static char text[MAX + 2];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)i;
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, MAX - 1, MAX };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		_cleanup_free_ char *got = NULL;
		size_t n = 99;
		put_file(text, sizes[i]);
		assert_int_equal(lw_read_file_at(dir_fd, "file", MAX, &got, &n), 0);
		assert_int_equal(n, sizes[i]);
		assert_memory_equal(got, text, n);
		assert_int_equal(got[n], 0);
	}
	char *got = (char *)1;
	size_t n = 99;
	put_file(text, MAX + 1);
	assert_int_equal(lw_read_file_at(dir_fd, "file", MAX, &got, &n), -EFBIG);
	put_file(text, 1);
	assert_int_equal(lw_read_file_at(dir_fd, "file", 0, &got, &n), -EFBIG);
	assert_ptr_equal(got, (char *)1);
	assert_int_equal(n, 99);
}

static void test_read_file_of_unknown_size(void **state)
{
	(void)state;
	_cleanup_free_ char *got = NULL;
	size_t n = 0;
	assert_int_equal(lw_read_file("/proc/self/status", 1 << 20, &got, &n), 0);
	assert_true(n > 100 && strlen(got) == n);
	char *no = NULL;
	assert_int_equal(lw_read_file("/proc/self/status", 10, &no, &n), -EFBIG);
	assert_null(no);
}

static void test_read_file_refuses_what_is_no_file(void **state)
{
	(void)state;
	char *got = NULL;
	size_t n;
	assert_int_equal(mkfifoat(dir_fd, "fifo", 0600), 0);
	assert_int_equal(symlinkat("fifo", dir_fd, "link"), 0);
	assert_int_equal(lw_read_file_at(dir_fd, "fifo", 10, &got, &n), -EINVAL);
	assert_int_equal(lw_read_file_at(dir_fd, "link", 10, &got, &n), -EINVAL);
	assert_int_equal(lw_read_file(dir, 10, &got, &n), -EINVAL);
	assert_int_equal(lw_read_file("/dev/zero", 10, &got, &n), -EINVAL);
	assert_int_equal(lw_read_file_at(dir_fd, "missing", 10, &got, &n), -ENOENT);
	assert_null(got);
}

static void test_write_file_neither_creates_nor_truncates(void **state)
{
	(void)state;
	assert_int_equal(lw_write_file_at(dir_fd, "missing", "x"), -ENOENT);
	put_file("abcdef", 6);
	assert_int_equal(lw_write_file_at(dir_fd, "file", "XY"), 0);
	_cleanup_free_ char *got = NULL;
	size_t n;
	assert_int_equal(lw_read_file_at(dir_fd, "file", 100, &got, &n), 0);
	assert_string_equal(got, "XYcdef");
	assert_int_equal(lw_write_file("/dev/full", "x"), -ENOSPC);
	assert_int_equal(lw_write_file("/dev/null", ""), 0);
}

static void test_full_over_a_pipe(void **state)
{
	(void)state;
	int p[2];
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(lw_write_full(p[1], "abcde", 5), 0);
	close(p[1]);
	char b[8] = "";
	assert_int_equal(lw_read_full(p[0], b, 2), 0);
	assert_int_equal(lw_read_full(p[0], b, 0), 0);
	assert_memory_equal(b, "ab", 2);
	assert_int_equal(lw_read_full(p[0], b, 4), -EPIPE);
	close(p[0]);
	assert_int_equal(lw_read_full(-1, b, 1), -EBADF);
	assert_int_equal(lw_write_full(-1, b, 1), -EBADF);
}

struct slow {
	int fd;
	const char *text;
	size_t n;
};

/* Writes in small pieces with signals sent to the reader in between. */
static void *write_slowly(void *arg)
{
	const struct slow *s = arg;
	for (size_t at = 0; at < s->n; at += 1000) {
		size_t n = s->n - at < 1000 ? s->n - at : 1000;
		if (lw_write_full(s->fd, s->text + at, n) < 0)
			break;
		kill(getpid(), SIGUSR1);
	}
	close(s->fd);
	return NULL;
}

static void nothing(int sig)
{
	(void)sig;
}

static void test_read_all_of_a_slow_interrupted_pipe(void **state)
{
	(void)state;
	static char text[300000];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 31);
	/* Without SA_RESTART: read(2) comes back with EINTR. */
	struct sigaction act = { .sa_handler = nothing }, old;
	sigaction(SIGUSR1, &act, &old);
	for (int round = 0; round < 2; round++) {
		int p[2];
		assert_int_equal(pipe2(p, O_CLOEXEC), 0);
		struct slow s = { p[1], text, sizeof(text) };
		pthread_t t;
		/* The writer gets no signals, so they all reach the reader. */
		sigset_t usr1, before;
		sigemptyset(&usr1);
		sigaddset(&usr1, SIGUSR1);
		pthread_sigmask(SIG_BLOCK, &usr1, &before);
		assert_int_equal(pthread_create(&t, NULL, write_slowly, &s), 0);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		_cleanup_free_ char *got = NULL;
		size_t n = 0;
		int r = lw_read_all(p[0], sizeof(text) - (size_t)round, &got, &n);
		/* Take the rest, so that the writer ends without SIGPIPE. */
		char rest[4096];
		while (read(p[0], rest, sizeof(rest)) != 0)
			;
		pthread_join(t, NULL);
		close(p[0]);
		if (round) {
			assert_int_equal(r, -EFBIG);
			assert_null(got);
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(n, sizeof(text));
		assert_memory_equal(got, text, n);
	}
	sigaction(SIGUSR1, &old, NULL);
}

static void test_read_all_without_limit(void **state)
{
	(void)state;
	int p[2];
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(lw_write_full(p[1], "abc", 3), 0);
	close(p[1]);
	_cleanup_free_ char *got = NULL;
	size_t n;
	assert_int_equal(lw_read_all(p[0], SIZE_MAX, &got, &n), 0);
	assert_string_equal(got, "abc");
	close(p[0]);
}

static void frames_over(int out, int in)
{
	assert_int_equal(lw_frame_send(out, 7, "payload", 7), 0);
	assert_int_equal(lw_frame_send(out, UINT32_MAX, NULL, 0), 0);
	assert_int_equal(lw_frame_send(out, 1, "12345678", 8), 0);
	uint32_t type = 0;
	size_t n = 99;
	_cleanup_free_ char *a = NULL, *b = NULL;
	assert_int_equal(lw_frame_recv(in, 7, &type, &a, &n), 0);
	assert_int_equal(type, 7);
	assert_int_equal(n, 7);
	assert_string_equal(a, "payload");
	assert_int_equal(lw_frame_recv(in, 0, &type, &b, &n), 0);
	assert_true(type == UINT32_MAX);
	assert_int_equal(n, 0);
	assert_string_equal(b, "");
	char *c = NULL;
	assert_int_equal(lw_frame_recv(in, 7, &type, &c, &n), -EMSGSIZE);
	assert_null(c);
}

static void test_frames(void **state)
{
	(void)state;
	int p[2];
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	frames_over(p[1], p[0]);
	close(p[0]);
	close(p[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p), 0);
	frames_over(p[1], p[0]);
	close(p[0]);
	close(p[1]);
}

static void test_frames_cut_short(void **state)
{
	(void)state;
	/* A peer that dies after `cut` bytes of a frame is seen as such at every place. */
	uint32_t frame[4] = { 1, 8, 0x61616161, 0x62626262 };
	for (size_t cut = 0; cut < sizeof(frame); cut++) {
		int p[2];
		uint32_t type;
		char *got = NULL;
		size_t n;
		assert_int_equal(pipe2(p, O_CLOEXEC), 0);
		assert_int_equal(lw_write_full(p[1], frame, cut), 0);
		close(p[1]);
		assert_int_equal(lw_frame_recv(p[0], 100, &type, &got, &n), -EPIPE);
		assert_null(got);
		close(p[0]);
	}
}

static void test_frame_to_a_dead_socket(void **state)
{
	(void)state;
	int p[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p), 0);
	close(p[0]);
	assert_int_equal(lw_frame_send(p[1], 1, "x", 1), -EPIPE); /* and no SIGPIPE, or we were not here */
	close(p[1]);
}

struct sender {
	int fd;
	const char *buf;
	size_t n;
	int result;
};

static void *send_one(void *arg)
{
	struct sender *s = arg;
	s->result = lw_frame_send(s->fd, 3, s->buf, s->n);
	return NULL;
}

static void test_frame_larger_than_the_pipe(void **state)
{
	(void)state;
	static char big[1 << 20];
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 13);
	for (int sock = 0; sock < 2; sock++) {
		int p[2];
		assert_int_equal(sock ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) : pipe2(p, O_CLOEXEC), 0);
		struct sender s = { p[1], big, sizeof(big), -1 };
		pthread_t t;
		assert_int_equal(pthread_create(&t, NULL, send_one, &s), 0);
		uint32_t type;
		_cleanup_free_ char *got = NULL;
		size_t n;
		assert_int_equal(lw_frame_recv(p[0], sizeof(big), &type, &got, &n), 0);
		pthread_join(t, NULL);
		assert_int_equal(s.result, 0);
		assert_int_equal(n, sizeof(big));
		assert_memory_equal(got, big, n);
		close(p[0]);
		close(p[1]);
	}
}

int main(void)
{
	const struct CMUnitTest fdio[] = {
		cmocka_unit_test(test_read_file_by_size),
		cmocka_unit_test(test_read_file_of_unknown_size),
		cmocka_unit_test(test_read_file_refuses_what_is_no_file),
		cmocka_unit_test(test_write_file_neither_creates_nor_truncates),
		cmocka_unit_test(test_full_over_a_pipe),
		cmocka_unit_test(test_read_all_of_a_slow_interrupted_pipe),
		cmocka_unit_test(test_read_all_without_limit),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_frames_cut_short),
		cmocka_unit_test(test_frame_to_a_dead_socket),
		cmocka_unit_test(test_frame_larger_than_the_pipe),
	};
	return cmocka_run_group_tests_name("fdio", fdio, setup, teardown);
}
