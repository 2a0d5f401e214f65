/* test_chown.c: who an entry is given to, what is left alone, and which directories are refused. Owners change only as
 * root; without it the tests about giving skip. */
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
#include "chown.h"
#include "safepath_walk.h"

struct fixture {
	char dir[64];
	int fd;
};

/* Inside 0 to 999 are 70000 on, 1000 is 2000000. */
static struct lw_idmap two[] = { { 0, 70000, 1000 }, { 1000, 2000000, 1 } };
static const struct lw_idmaps two_maps = { 2, two };
/* As root-only. */
static struct lw_idmap root_only[] = { { 0, 2, 1 }, { 3, 3, 4294967292U } };
static const struct lw_idmaps root_only_maps = { 2, root_only };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	strcpy(f->dir, "/tmp/lunward-chown-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->fd = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return 0;
}

static int remove_entry(void *arg, const struct lw_walk_entry *e)
{
	(void)arg;
	return e->dir < 0 ? 0 : unlinkat(e->dir, e->name, S_ISDIR(e->st.st_mode) ? AT_REMOVEDIR : 0);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct lw_walk w = { .entry = remove_entry };
	lw_safe_walk(&w, f->fd);
	close(f->fd);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void make(struct fixture *f, const char *name, uid_t uid, gid_t gid)
{
	int fd = openat(f->fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, uid, gid), 0);
	close(fd);
}

static void assert_owner(struct fixture *f, const char *name, uid_t uid, gid_t gid)
{
	struct stat st;
	assert_int_equal(fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	if (st.st_uid != uid || st.st_gid != gid)
		fail_msg("%s: %u:%u, expected %u:%u", name, st.st_uid, st.st_gid, uid, gid);
}

static struct lw_chown run(struct fixture *f, struct lw_chown c)
{
	struct lw_err err = { 0 };
	if (lw_chown_tree(f->fd, f->dir, &c, &err) < 0)
		fail_msg("%s (%s)", err.msg, err.hint);
	return c;
}
#define SHIFT(m) ((struct lw_chown){ .uid_map = &(m), .gid_map = &(m) })

static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void shifts_by_ranges(void **state)
{
	struct fixture *f = *state;
	need_root();
	make(f, "root", 0, 0);
	make(f, "last", 999, 5);
	make(f, "second", 1000, 1000);
	make(f, "there", 70003, 2000000);
	make(f, "mixed", 70003, 0);
	make(f, "unknown", 1001, 0);
	struct lw_chown c = run(f, SHIFT(two_maps));
	assert_owner(f, "root", 70000, 70000);
	assert_owner(f, "last", 70999, 70005);
	assert_owner(f, "second", 2000000, 2000000);
	assert_owner(f, "there", 70003, 2000000);
	assert_owner(f, "mixed", 70003, 70000);
	assert_owner(f, "unknown", 1001, 70000);
	assert_owner(f, ".", 70000, 70000);
	assert_int_equal(c.entries, 7);
	assert_int_equal(c.changed, 6);
	assert_int_equal(c.unmapped, 1);
	assert_string_equal(c.left, "unknown");
	/* Twice is once. */
	c = run(f, SHIFT(two_maps));
	assert_int_equal(c.changed, 0);
	assert_int_equal(c.unmapped, 1);
}

/* Where ids are inside and outside, only what has no meaning outside is shifted, and so only once. */
static void overlapping_map_is_idempotent(void **state)
{
	struct fixture *f = *state;
	need_root();
	make(f, "root", 0, 0);
	make(f, "bin", 2, 2);
	make(f, "ada", 1000, 1000);
	make(f, "one", 1, 1);
	struct lw_chown c = run(f, SHIFT(root_only_maps));
	assert_owner(f, "root", 2, 2);
	assert_owner(f, "bin", 2, 2);
	assert_owner(f, "ada", 1000, 1000);
	assert_owner(f, "one", 1, 1);
	assert_int_equal(c.changed, 2);
	assert_int_equal(c.unmapped, 1);
	assert_int_equal(run(f, SHIFT(root_only_maps)).changed, 0);
}

static void mode_of(struct fixture *f, const char *name, mode_t mode)
{
	struct stat st;
	assert_int_equal(fstatat(f->fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void set_id_bits(void **state)
{
	struct fixture *f = *state;
	need_root();
	make(f, "roots", 0, 0);
	make(f, "theirs", 500, 500);
	assert_int_equal(fchmodat(f->fd, "roots", 06755, 0), 0);
	assert_int_equal(fchmodat(f->fd, "theirs", 06755, 0), 0);
	/* By a map they stay whose they are. */
	run(f, SHIFT(two_maps));
	assert_owner(f, "theirs", 70500, 70500);
	mode_of(f, "roots", 06755);
	mode_of(f, "theirs", 06755);
	/* Given to one user they do not become a program of that user's, but for root's. */
	make(f, "roots2", 0, 0);
	assert_int_equal(fchmodat(f->fd, "roots2", 06755, 0), 0);
	run(f, (struct lw_chown){ .uid = 70001, .gid = 70001, .root = 70000 });
	assert_owner(f, "theirs", 70001, 70001);
	mode_of(f, "theirs", 00755);
	mode_of(f, "roots2", 06755);
}

static void names_outside(void **state)
{
	struct fixture *f = *state;
	need_root();
	char outside[80];
	snprintf(outside, sizeof outside, "%s.outside", f->dir);
	int fd = open(outside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(linkat(AT_FDCWD, outside, f->fd, "stolen", 0), 0);
	make(f, "one", 0, 0);
	assert_int_equal(linkat(f->fd, "one", f->fd, "two", 0), 0);
	struct lw_chown c = run(f, (struct lw_chown){ .uid = 70001, .gid = 70001, .root = 70000 });
	assert_owner(f, "stolen", 0, 0);
	assert_owner(f, "two", 70001, 70001);
	assert_int_equal(c.linked, 1);
	assert_int_equal(c.busy, 0);
	assert_string_equal(c.left, "stolen");
	assert_int_equal(unlink(outside), 0);
	/* Now it is the tree's alone. */
	c = run(f, (struct lw_chown){ .uid = 70001, .gid = 70001, .root = 70000 });
	assert_owner(f, "stolen", 70001, 70001);
	assert_int_equal(c.linked, 0);
}

static void a_link_is_given_and_not_followed(void **state)
{
	struct fixture *f = *state;
	need_root();
	char outside[80];
	struct stat st;
	snprintf(outside, sizeof outside, "%s.target", f->dir);
	int fd = open(outside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlinkat(outside, f->fd, "link"), 0);
	run(f, SHIFT(two_maps));
	assert_owner(f, "link", 70000, 70000);
	assert_int_equal(stat(outside, &st), 0);
	unlink(outside);
	assert_int_equal(st.st_uid, 0);
}

static void refused_directories(void **state)
{
	(void)state;
	static const char *const bad[] = { "/",         "/usr",     "/usr/local/x", "/etc",     "/etc/x", "/home",
					   "/home/ada", "/var/lib", "/tmp",         "/proc/1",  "/root",  "/lib64",
					   "/boot",     "/dev/shm", "/sys/x",       "/run/user" };
	static const char *const good[] = { "/home/ada/x", "/var/lib/content", "/srv/x",   "/tmp/x",
					    "/root/x",     "/etcetera",        "/usrdata", "/opt/app" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!lw_chown_forbidden(bad[i]))
			fail_msg("%s is allowed", bad[i]);
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (lw_chown_forbidden(good[i]))
			fail_msg("%s is refused", good[i]);
}

static void opening(void **state)
{
	struct fixture *f = *state;
	struct lw_err err = { 0 };
	char path[96];
	int fd = -1;
	assert_int_equal(lw_chown_open(f->dir, &fd, &err), 0);
	close(fd);
	assert_int_equal(symlinkat("/usr/share", f->fd, "link"), 0);
	snprintf(path, sizeof path, "%s/link", f->dir);
	assert_int_equal(lw_chown_open(path, &fd, &err), -ELOOP);
	assert_non_null(strstr(err.hint, "realpath"));
	assert_int_equal(lw_chown_open("/usr/share", &fd, &err), -EPERM);
	assert_non_null(strstr(err.msg, "it is the system's"));
	/* A name that the text of the rules does not know. */
	assert_int_equal(lw_chown_open("/tmp/../etc", &fd, &err), -EPERM);
	snprintf(path, sizeof path, "%s/none", f->dir);
	assert_int_equal(lw_chown_open(path, &fd, &err), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(shifts_by_ranges), TEST(overlapping_map_is_idempotent),    TEST(set_id_bits),
		TEST(names_outside),    TEST(a_link_is_given_and_not_followed), cmocka_unit_test(refused_directories),
		TEST(opening),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
