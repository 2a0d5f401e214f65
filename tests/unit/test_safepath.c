/* test_safepath.c: a root that wants out. Every case is a known escape: links to the host, "..", magic links, FIFOs, a
 * component exchanged while it is resolved. Needs no privilege. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "safepath.h"

struct tree {
	char top[64], root[80], outside[80];
	int rootfd;
};

static int unlink_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st, (void)flag, (void)f;
	return remove(path);
}

static int set_up(void **state)
{
	struct tree *t = calloc(1, sizeof *t);
	strcpy(t->top, "/tmp/lunward-safepath-XXXXXX");
	assert_non_null(mkdtemp(t->top));
	snprintf(t->root, sizeof t->root, "%s/root", t->top);
	snprintf(t->outside, sizeof t->outside, "%s/outside", t->top);
	assert_int_equal(mkdir(t->root, 0755), 0);
	assert_int_equal(mkdir(t->outside, 0755), 0);
	t->rootfd = open(t->root, O_PATH | O_DIRECTORY);
	assert_true(t->rootfd >= 0);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct tree *t = *state;
	close(t->rootfd);
	nftw(t->top, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

static const char *where(int fd)
{
	static char buf[PATH_MAX];
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, buf, sizeof buf - 1);
	assert_true(n > 0);
	buf[n] = 0;
	return buf;
}

static int inside(const struct tree *t, int fd)
{
	const char *path = where(fd);
	size_t len = strlen(t->root);
	return !strncmp(path, t->root, len) && (path[len] == '/' || !path[len]);
}

static int entries(const char *dir)
{
	struct stat st;
	assert_int_equal(stat(dir, &st), 0);
	return (int)st.st_nlink - 2; /* subdirectories; files are checked by name */
}

static void links_stay_inside(void **state)
{
	struct tree *t = *state;
	assert_int_equal(symlinkat(t->outside, t->rootfd, "absolute"), 0);
	assert_int_equal(symlinkat("../outside", t->rootfd, "relative"), 0);
	assert_int_equal(symlinkat("../../../../../../../../", t->rootfd, "up"), 0);
	/* As if the root were "/": absolute links start there, ".." stops there. Their targets do not exist there. */
	assert_int_equal(lw_safe_target(t->rootfd, "/absolute", LW_SAFE_DIR | LW_SAFE_EXISTING, 0), -ENOENT);
	assert_int_equal(lw_safe_target(t->rootfd, "/relative", LW_SAFE_DIR | LW_SAFE_EXISTING, 0), -ENOENT);
	int fd = lw_safe_target(t->rootfd, "/up", LW_SAFE_DIR, 0);
	assert_true(fd >= 0 && inside(t, fd));
	close(fd);
	/* Creating through a dangling link is refused, and nothing appears outside. */
	assert_true(lw_safe_target(t->rootfd, "/relative/made", LW_SAFE_DIR, 0) < 0);
	assert_true(lw_safe_target(t->rootfd, "/absolute", LW_SAFE_DIR, 0) < 0);
	assert_true(lw_safe_create(t->rootfd, "/relative/file", 0644) < 0);
	assert_int_equal(entries(t->outside), 0);
}

/* Profiles' paths are normalised long before; here nothing relies on it. */
static void missing_parts_do_not_climb(void **state)
{
	static const char *const paths[] = { "/new/../../outside/made", "new/../../outside/made", "/a/b/../../../x/y",
					     "/new/..", "/new/./x" };
	struct tree *t = *state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		int fd = lw_safe_target(t->rootfd, paths[i], LW_SAFE_DIR, 0);
		assert_true(fd < 0 || inside(t, fd));
		if (fd >= 0)
			close(fd);
		fd = lw_safe_create(t->rootfd, paths[i], 0644);
		assert_true(fd < 0 || inside(t, fd));
		if (fd >= 0)
			close(fd);
		(void)lw_safe_symlink(t->rootfd, "/gone/../../outside/link", "x");
	}
	assert_int_equal(entries(t->outside), 0);
	char made[128];
	snprintf(made, sizeof made, "%s/x", t->top);
	assert_int_equal(access(made, F_OK), -1);
	snprintf(made, sizeof made, "%s/link", t->outside);
	assert_int_equal(access(made, F_OK), -1);
}

static void no_symlink_means_none(void **state)
{
	struct tree *t = *state;
	assert_int_equal(mkdirat(t->rootfd, "real", 0755), 0);
	assert_int_equal(symlinkat("real", t->rootfd, "proc"), 0);
	int fd = lw_safe_target(t->rootfd, "/proc", LW_SAFE_DIR, 0);
	assert_true(fd >= 0);
	close(fd);
	/* CVE-2019-19921: /proc as a link to a directory of the attacker's. */
	assert_int_equal(lw_safe_target(t->rootfd, "/proc", LW_SAFE_DIR | LW_SAFE_NO_SYMLINK, 0), -ELOOP);
	assert_int_equal(lw_safe_target(t->rootfd, "/proc/sys", LW_SAFE_DIR | LW_SAFE_NO_SYMLINK, 0), -ELOOP);
	assert_int_equal(entries(t->root), 1);
}

static void missing_is_made(void **state)
{
	struct tree *t = *state;
	struct stat st;
	int fd = lw_safe_target(t->rootfd, "/a/b/c", LW_SAFE_DIR, 0700);
	assert_true(fd >= 0 && inside(t, fd));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	close(fd);
	fd = lw_safe_target(t->rootfd, "a/b/file", 0, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	close(fd);
	assert_int_equal(lw_safe_target(t->rootfd, "/a/x/y", LW_SAFE_DIR | LW_SAFE_EXISTING, 0), -ENOENT);
	assert_int_equal(lw_safe_target(t->rootfd, "/a/b/file/below", LW_SAFE_DIR, 0), -ENOTDIR);
	assert_int_equal(lw_safe_create(t->rootfd, "/a/b/file", 0600), -EEXIST);
}

static void reading_never_blocks(void **state)
{
	struct tree *t = *state;
	assert_int_equal(mkfifoat(t->rootfd, "passwd", 0644), 0);
	alarm(10);
	assert_int_equal(lw_safe_open_read(t->rootfd, "passwd"), -EINVAL);
	assert_int_equal(lw_safe_open_read(t->rootfd, "."), -EINVAL);
	char *text;
	size_t n;
	assert_int_equal(symlinkat("/dev/zero", t->rootfd, "group"), 0);
	assert_int_equal(lw_safe_read_in_root(t->root, "group", 100, &text, &n), -ENOENT);
	int fd = lw_safe_create(t->rootfd, "big", 0644);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	close(fd);
	assert_int_equal(lw_safe_read_in_root(t->root, "big", 100, &text, &n), -EFBIG);
	alarm(0);
}

static void magic_links_are_refused(void **state)
{
	(void)state;
	char path[64];
	int fd = open("/", O_PATH);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_int_equal(lw_safe_open_host(path), -ELOOP);
	assert_int_equal(lw_safe_open_host("/proc/self/root/etc"), -ELOOP);
	close(fd);
}

struct racer {
	const struct tree *t;
	int stop;
};

/* Exchanges a directory of the root with a link that leads out, as fast as it can (CVE-2021-30465). */
static void *exchange(void *arg)
{
	struct racer *r = arg;
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED))
		renameat2(r->t->rootfd, "target", r->t->rootfd, "evil", RENAME_EXCHANGE);
	return NULL;
}

static void exchanged_target_never_leads_out(void **state)
{
	struct tree *t = *state;
	struct racer r = { t, 0 };
	pthread_t thread;
	int opened = 0;
	assert_int_equal(mkdirat(t->rootfd, "target", 0755), 0);
	assert_int_equal(symlinkat("../outside", t->rootfd, "evil"), 0);
	assert_int_equal(pthread_create(&thread, NULL, exchange, &r), 0);
	for (int i = 0; i < 10000; i++) {
		char path[32];
		snprintf(path, sizeof path, "target/%d", i % 100);
		int fd = lw_safe_target(t->rootfd, path, LW_SAFE_DIR, 0);
		if (fd < 0)
			continue;
		opened++;
		assert_true(inside(t, fd));
		close(fd);
	}
	__atomic_store_n(&r.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(opened > 0);
	assert_int_equal(entries(t->outside), 0);
}

static void proc_writes_stay_in_proc(void **state)
{
	(void)state;
	int proc = open("/proc", O_PATH | O_DIRECTORY);
	assert_int_equal(lw_safe_open_proc(proc, "../etc/passwd", O_RDONLY), -EXDEV);
	assert_true(lw_safe_open_proc(proc, "self/root/etc/passwd", O_RDONLY) < 0);
	int fd = lw_safe_open_proc(proc, "sys/kernel/ostype", O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
	close(proc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(links_stay_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_parts_do_not_climb, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_symlink_means_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_is_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reading_never_blocks, set_up, tear_down),
		cmocka_unit_test(magic_links_are_refused),
		cmocka_unit_test_setup_teardown(exchanged_target_never_leads_out, set_up, tear_down),
		cmocka_unit_test(proc_writes_stay_in_proc),
	};
	return cmocka_run_group_tests_name("safepath", tests, NULL, NULL);
}
