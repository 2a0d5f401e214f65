/* test_unpack_tree.c: what entries of an archive become: paths that are refused, links that stay inside, bounds, and
 * what is put in the place of what. Needs no privilege. */
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
#include "unpack/tree.h"

static const struct tree_meta plain = { .mode = 0755, .mtime = { .tv_sec = 1000 } };

struct fixture {
	char dir[64];
	struct tree tree;
	struct lw_err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	strcpy(f->dir, "/tmp/lunward-tree-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->tree = (struct tree){ .root = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .size = 1000, .files = 50 };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct lw_err err = { 0 };
	int r = tree_remove(&f->tree, ".", true, &err);
	close(f->tree.root);
	r = r < 0 ? r : rmdir(f->dir);
	free(f);
	return r;
}

static int file(struct fixture *f, const char *path)
{
	_cleanup_close_ int fd = -1;
	int r = tree_file(&f->tree, path, &fd, &f->err);
	return r < 0 ? r : tree_file_end(&f->tree, fd, &plain);
}

static mode_t kind(struct fixture *f, const char *path)
{
	struct stat st;
	return fstatat(f->tree.root, path, &st, AT_SYMLINK_NOFOLLOW) ? 0 : st.st_mode & S_IFMT;
}

static void paths(void **state)
{
	static const struct {
		const char *path, *clean;
	} cases[] = { { "a/b", "a/b" }, { "./a//b/.", "a/b" }, { ".", "" },        { "./", "" },    { "a..", "a.." },
		      { "/a", NULL },   { "..", NULL },        { "a/../b", NULL }, { "a/..", NULL } };
	struct lw_err err = { 0 };
	char clean[4096], longest[4200];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int r = tree_clean(cases[i].path, clean, &err);
		assert_int_equal(r, cases[i].clean ? 0 : -EINVAL);
		if (r == 0)
			assert_string_equal(clean, cases[i].clean);
	}
	memset(longest, 'a', 256);
	longest[256] = 0;
	assert_int_equal(tree_clean(longest, clean, &err), -ENAMETOOLONG);
	for (size_t i = 0; i < TREE_DEPTH + 1; i++)
		memcpy(longest + 2 * i, "a/", 3);
	assert_int_equal(tree_clean(longest, clean, &err), -ENAMETOOLONG);
	longest[2 * TREE_DEPTH] = 0;
	assert_int_equal(tree_clean(longest, clean, &err), 0);
}

static void one_takes_the_place_of_another(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(file(f, "a/b/c"), 0);
	assert_int_equal(kind(f, "a/b"), S_IFDIR);
	assert_int_equal(file(f, "a"), 0);
	assert_int_equal(kind(f, "a"), S_IFREG);
	assert_int_equal(tree_dir(&f->tree, "a", &plain, &f->err), 0);
	assert_int_equal(kind(f, "a"), S_IFDIR);
	assert_int_equal(tree_symlink(&f->tree, "a", "/etc", &plain, &f->err), 0);
	assert_int_equal(kind(f, "a"), S_IFLNK);
	assert_int_equal(tree_dir(&f->tree, "a", &plain, &f->err), 0);
	assert_int_equal(kind(f, "a"), S_IFDIR);
	assert_true(tree_symlink(&f->tree, "./", "/etc", &plain, &f->err) < 0);
	assert_true(tree_symlink(&f->tree, "b", "", &plain, &f->err) < 0);
}

static void links_lead_nowhere_else(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(tree_symlink(&f->tree, "up", "../../../../..", &plain, &f->err), 0);
	assert_int_equal(tree_symlink(&f->tree, "abs", "/", &plain, &f->err), 0);
	assert_int_equal(tree_symlink(&f->tree, "etc", "/etc/passwd", &plain, &f->err), 0);
	assert_int_equal(file(f, "up/one"), 0);
	assert_int_equal(file(f, "abs/two"), 0);
	assert_int_equal(kind(f, "one"), S_IFREG);
	assert_int_equal(kind(f, "two"), S_IFREG);
	assert_int_equal(tree_hardlink(&f->tree, "three", "up/one", &f->err), 0);
	assert_int_equal(kind(f, "three"), S_IFREG);
	/* The link itself, not what it names. */
	assert_int_equal(tree_hardlink(&f->tree, "four", "etc", &f->err), 0);
	assert_int_equal(kind(f, "four"), S_IFLNK);
	assert_true(tree_hardlink(&f->tree, "five", "/etc/passwd", &f->err) < 0);
	assert_true(tree_hardlink(&f->tree, "five", "../etc/passwd", &f->err) < 0);
	assert_true(tree_hardlink(&f->tree, "five", "absent", &f->err) < 0);
	assert_true(file(f, "etc/evil") < 0);
	assert_int_equal(kind(f, "five"), 0);
}

static void removing(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(file(f, "d/e/f"), 0);
	assert_int_equal(file(f, "d/g"), 0);
	assert_int_equal(tree_remove(&f->tree, "absent/x", false, &f->err), 0);
	assert_int_equal(tree_remove(&f->tree, "d/g/x", false, &f->err), 0);
	assert_int_equal(tree_remove(&f->tree, "d/g", true, &f->err), 0);
	assert_int_equal(kind(f, "d/g"), S_IFREG);
	assert_int_equal(tree_remove(&f->tree, "d", true, &f->err), 0);
	assert_int_equal(kind(f, "d"), S_IFDIR);
	assert_int_equal(kind(f, "d/e"), 0);
	assert_int_equal(tree_remove(&f->tree, "d", false, &f->err), 0);
	assert_int_equal(kind(f, "d"), 0);
}

static void bounds(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(tree_grow(&f->tree, 0, 1000, &f->err), 0);
	assert_int_equal(tree_grow(&f->tree, 1000, 1001, &f->err), -EFBIG);
	assert_int_equal(tree_grow(&f->tree, 5, INT64_MAX, &f->err), -EFBIG);
	assert_int_equal(file(f, "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"), 0);
	/* Directories that nobody asked for count. */
	assert_int_equal(file(f, "b/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"), -E2BIG);
	f->tree.used_files = 49;
	assert_int_equal(file(f, "last"), 0);
	assert_int_equal(file(f, "more"), -E2BIG);
	assert_int_equal(kind(f, "more"), 0);
}

static void set_id_is_for_the_owner_that_was_meant(void **state)
{
	struct fixture *f = *state;
	const struct tree_meta set_id = { .mode = 06755 }, closed = { .mode = 0 };
	struct stat st;
	int fd = -1;
	assert_int_equal(tree_file(&f->tree, "s", &fd, &f->err), 0);
	assert_int_equal(tree_file_end(&f->tree, fd, &set_id), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	close(fd);
	/* And what is the caller's can be removed by the caller. */
	assert_int_equal(tree_dir(&f->tree, "d", &closed, &f->err), 0);
	assert_int_equal(fstatat(f->tree.root, "d", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test_setup_teardown(one_takes_the_place_of_another, setup, teardown),
		cmocka_unit_test_setup_teardown(links_lead_nowhere_else, setup, teardown),
		cmocka_unit_test_setup_teardown(removing, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(set_id_is_for_the_owner_that_was_meant, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
