/* test_safepath_walk.c: the walk: what it hands over and in which order, that links lead nowhere, how deep it goes, and
 * that what is taken away while it walks is passed over. Needs no privilege. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "safepath_walk.h"

struct fixture {
	char dir[64];
	int fd;
	struct lw_text seen; /* "path " for each entry */
	int stop;            /* what the callback answers at "stop" */
	bool remove;         /* the callback takes every file's neighbour "victim" away */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	strcpy(f->dir, "/tmp/lunward-walk-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->fd = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return 0;
}

static int remove_entry(void *arg, const struct lw_walk_entry *e)
{
	(void)arg;
	if (e->dir >= 0 && unlinkat(e->dir, e->name, S_ISDIR(e->st.st_mode) ? AT_REMOVEDIR : 0) < 0)
		return -errno;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct lw_walk w = { .entry = remove_entry };
	lw_safe_walk(&w, f->fd);
	close(f->fd);
	rmdir(f->dir);
	lw_text_done(&f->seen);
	free(f);
	return 0;
}

static void make(struct fixture *f, const char *path, int dir)
{
	int r = dir ? mkdirat(f->fd, path, 0755) : openat(f->fd, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_true(r >= 0);
	if (!dir)
		close(r);
}

static int note(void *arg, const struct lw_walk_entry *e)
{
	struct fixture *f = arg;
	struct stat st;
	assert_int_equal(fstat(e->fd, &st), 0);
	assert_int_equal(st.st_ino, e->st.st_ino);
	if (e->dir >= 0) {
		struct stat parent;
		assert_int_equal(fstat(e->dir, &parent), 0);
		assert_int_equal(parent.st_ino, e->parent);
	}
	lw_text_addf(&f->seen, "%s ", e->path);
	if (f->remove && e->dir >= 0)
		unlinkat(e->dir, "victim", 0);
	return strcmp(e->name, "stop") ? 0 : f->stop;
}

static int walk(struct fixture *f, struct lw_walk *w)
{
	*w = (struct lw_walk){ .entry = note, .arg = f };
	return lw_safe_walk(w, f->fd);
}

/* "a" is handed over somewhere before "b". */
static void assert_before(const struct fixture *f, const char *a, const char *b)
{
	const char *at = strstr(f->seen.buf, a), *then = at ? strstr(at, b) : NULL;
	if (!then)
		fail_msg("'%s' then '%s' in '%s'", a, b, f->seen.buf);
}

static void what_is_inside_comes_first(void **state)
{
	struct fixture *f = *state;
	struct lw_walk w;
	make(f, "d", 1);
	make(f, "d/e", 1);
	make(f, "d/e/file", 0);
	assert_int_equal(walk(f, &w), 0);
	assert_string_equal(f->seen.buf, "d/e/file d/e d . ");
	assert_int_equal(w.mounts, 0);
}

static void a_link_is_itself(void **state)
{
	struct fixture *f = *state;
	struct lw_walk w;
	make(f, "d", 1);
	make(f, "d/file", 0);
	assert_int_equal(symlinkat("..", f->fd, "d/up"), 0);
	assert_int_equal(symlinkat("/etc", f->fd, "etc"), 0);
	assert_int_equal(symlinkat("/proc/self/root", f->fd, "magic"), 0);
	assert_int_equal(walk(f, &w), 0);
	assert_null(strstr(f->seen.buf, "passwd"));
	assert_before(f, "d/up ", "d ");
	assert_before(f, "etc ", ". ");
	assert_before(f, "magic ", ". ");
}

static void the_callback_ends_it(void **state)
{
	struct fixture *f = *state;
	struct lw_walk w;
	make(f, "d", 1);
	make(f, "d/stop", 0);
	f->stop = 7;
	assert_int_equal(walk(f, &w), 7);
	f->stop = -EPERM;
	assert_int_equal(walk(f, &w), -EPERM);
	assert_string_equal(w.failed, "d/stop");
	assert_string_equal(f->seen.buf, "d/stop d/stop ");
}

static void too_deep_is_refused(void **state)
{
	struct fixture *f = *state;
	struct lw_walk w;
	int dir = dup(f->fd);
	for (int i = 0; i < LW_WALK_DEPTH + 2; i++) {
		assert_int_equal(mkdirat(dir, "d", 0755), 0);
		int next = openat(dir, "d", O_PATH | O_CLOEXEC);
		close(dir);
		dir = next;
	}
	close(dir);
	assert_int_equal(walk(f, &w), -ELOOP);
	assert_true(!strncmp(w.failed, "d/d/d/", 6));
	/* The deepest two are taken away, from the third on, so that the rest can be walked. */
	char path[4096];
	for (int depth = LW_WALK_DEPTH + 2; depth > LW_WALK_DEPTH - 2; depth--) {
		for (int i = 0; i < depth; i++)
			memcpy(path + 2 * i, i + 1 < depth ? "d/" : "d", 2);
		assert_int_equal(unlinkat(f->fd, path, AT_REMOVEDIR), 0);
	}
	assert_int_equal(walk(f, &w), 0);
}

static void what_vanishes_is_passed_over(void **state)
{
	struct fixture *f = *state;
	struct lw_walk w;
	char name[16];
	make(f, "victim", 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "f%d", i);
		make(f, name, 0);
	}
	f->remove = true;
	assert_int_equal(walk(f, &w), 0);
	assert_before(f, "f1999 ", ". ");
	assert_int_equal(faccessat(f->fd, "victim", F_OK, 0), -1);
}

static void a_file_is_a_tree_of_one(void **state)
{
	struct fixture *f = *state;
	make(f, "file", 0);
	_cleanup_close_ int fd = openat(f->fd, "file", O_PATH | O_CLOEXEC);
	struct lw_walk w = { .entry = note, .arg = f };
	assert_int_equal(lw_safe_walk(&w, fd), 0);
	assert_string_equal(f->seen.buf, ". ");
}

static void straight_means_no_link(void **state)
{
	struct fixture *f = *state;
	char path[96];
	make(f, "d", 1);
	make(f, "d/e", 1);
	assert_int_equal(symlinkat("d", f->fd, "l"), 0);
	snprintf(path, sizeof path, "%s/d/e", f->dir);
	int fd = lw_safe_open_straight(path);
	assert_true(fd >= 0);
	close(fd);
	snprintf(path, sizeof path, "%s/l/e", f->dir);
	assert_int_equal(lw_safe_open_straight(path), -ELOOP);
	snprintf(path, sizeof path, "%s/l", f->dir);
	assert_int_equal(lw_safe_open_straight(path), -ELOOP);
	assert_int_equal(lw_safe_open_straight("/proc/self/root"), -ELOOP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_inside_comes_first),   TEST(a_link_is_itself),
		TEST(the_callback_ends_it),         TEST(too_deep_is_refused),
		TEST(what_vanishes_is_passed_over), TEST(a_file_is_a_tree_of_one),
		TEST(straight_means_no_link),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
