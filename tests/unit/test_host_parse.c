/* test_host_parse.c: the parsers of mountinfo, subid, passwd and group text (core/host.h) on real lines, quirks the
 * kernel has, and lines an enemy would write. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "host.h"

static int setup(void **state)
{
	*state = lw_arena_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	*state = lw_arena_free(*state);
	return 0;
}

struct seen {
	size_t n, stop_at;
	struct lw_mountinfo last;
};

static int remember(void *arg, const struct lw_mountinfo *m)
{
	struct seen *s = arg;
	s->last = *m;
	return ++s->n == s->stop_at ? 42 : 0;
}

#define LINE1 "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n"

static void test_mountinfo(void **state)
{
	struct seen s = { 0 };
	assert_int_equal(lw_mountinfo_parse(*state, LINE1, strlen(LINE1), remember, &s), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last.id, 36);
	assert_int_equal(s.last.parent, 35);
	assert_string_equal(s.last.root, "/mnt1");
	assert_string_equal(s.last.mount_point, "/mnt2");
	assert_string_equal(s.last.fstype, "ext3");
	assert_string_equal(s.last.source, "/dev/root");
	assert_string_equal(s.last.super_options, "rw,errors=continue");
}

static void test_mountinfo_quirks(void **state)
{
	static const struct {
		const char *line, *root, *point, *fstype, *source, *options;
	} v[] = {
		{ "1 1 0:1 / / rw - tmpfs tmpfs rw", "/", "/", "tmpfs", "tmpfs", "rw" }, /* no newline, no options */
		{ "1 1 0:1 / /a\\040b\\011c\\012d\\134e\\043 rw - tmpfs x\\040y rw", "/", "/a b\tc\nd\\e#", "tmpfs",
		  "x y", "rw" },
		{ "1 1 0:1 / /a - b rw - tmpfs", NULL, NULL, NULL, NULL, NULL }, /* a space is always escaped */
		{ "1 1 0:1 / /x rw - tmpfs  rw", "/", "/x", "tmpfs", "", "rw" }, /* mount("", …): an empty source */
		{ "1 1 0:1 / /x rw - - - rw", "/", "/x", "-", "-", "rw" },
		{ "1 1 0:1 net:[4026532281] /run/netns/a rw shared:1 - nsfs nsfs rw", "net:[4026532281]",
		  "/run/netns/a", "nsfs", "nsfs", "rw" },
		{ "1 1 0:1 / /x//deleted rw - fuse.sshfs a:b rw,x=a b", "/", "/x//deleted", "fuse.sshfs", "a:b",
		  "rw,x=a b" },
		{ "1 1 0:1 / /\\400\\08\\1 rw - t s \\", "/", "/\\400\\08\\1", "t", "s",
		  "\\" },                                                             /* no escapes of the kernel's */
		{ "1 1 0:1 / /\\134040 rw - t s rw", "/", "/\\040", "t", "s", "rw" }, /* undone once */
		{ "1 1 0:1 / /x rw - t s ", "/", "/x", "t", "s", "" },
		{ "1 1 0:1 / /\\377 rw - t s rw", "/", "/\377", "t", "s", "rw" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct seen s = { 0 };
		int r = lw_mountinfo_parse(*state, v[i].line, strlen(v[i].line), remember, &s);
		if (!v[i].root) {
			assert_int_equal(r, -EINVAL);
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(s.last.root, v[i].root);
		assert_string_equal(s.last.mount_point, v[i].point);
		assert_string_equal(s.last.fstype, v[i].fstype);
		assert_string_equal(s.last.source, v[i].source);
		assert_string_equal(s.last.super_options, v[i].options);
	}
}

static void test_mountinfo_refuses(void **state)
{
	static const char *const v[] = {
		"\n",
		" \n",
		"36\n",
		"x 35 98:0 / / rw - t s rw",
		"-1 35 98:0 / / rw - t s rw",
		"2147483648 35 98:0 / / rw - t s rw",
		"36 99999999999999999999 98:0 / / rw - t s rw",
		"36  35 98:0 / / rw - t s rw",
		"36 35 98:0 / / rw t s rw",
		"36 35 98:0 / / rw -",
		"36 35 98:0 / / rw - t",
		"36 35 98:0 / / rw - t s",
		"36 35 98:0 / / rw -  s rw",
		"36 35 98:0 /  rw - t s rw",
		"36 35 98:0  / rw - t s rw",
		"36 35 98:0 / rel rw - t s rw",
		"36 35 98:0 / /\\000 rw - t s rw",
		LINE1 "\n" LINE1,
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct seen s = { 0 };
		if (lw_mountinfo_parse(*state, v[i], strlen(v[i]), remember, &s) != -EINVAL)
			fail_msg("'%s' was taken", v[i]);
	}
	static const char nul[] = "36 35 98:0 / /a\0b rw - t s rw";
	struct seen s = { 0 };
	assert_int_equal(lw_mountinfo_parse(*state, nul, sizeof(nul) - 1, remember, &s), -EINVAL);
}

static void test_mountinfo_stops(void **state)
{
	struct seen s = { .stop_at = 2 };
	static const char text[] = LINE1 LINE1 "rubbish that is never reached\n";
	assert_int_equal(lw_mountinfo_parse(*state, text, strlen(text), remember, &s), 42);
	assert_int_equal(s.n, 2);
	assert_int_equal(lw_mountinfo_parse(*state, NULL, 0, remember, &s), 0);
	assert_int_equal(s.n, 2);
}

static void test_mountinfo_of_this_process(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t n, lines = 0;
	struct seen s = { 0 };
	assert_int_equal(lw_read_file("/proc/self/mountinfo", 16 << 20, &text, &n), 0);
	assert_int_equal(lw_mountinfo_parse(*state, text, n, remember, &s), 0);
	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	assert_int_equal(s.n, lines);
}

static void test_subid(void **state)
{
	static const char text[] = "# comment:1:1\n"
				   "\n"
				   "alice:100000:65536\n"
				   "bob:165536:65536\n"
				   "1000:300000:10\n"
				   "alice:500000:1\n"
				   "alicex:1:1\n"
				   "alice:400000\n"
				   "alice:400000:1:1\n"
				   "alice:-1:1\n"
				   "alice: 1:1\n"
				   "alice:0x10:1\n"
				   "alice:400000:0\n"
				   ":7:7\n"
				   "alice:4294967295:1\n"
				   "alice:4294967294:9\n"
				   "alice:99999999999999999999:1\n"
				   "alice:4000000000:99999999999\n"
				   "alice:600000:3";
	struct lw_range *r;
	size_t n;
	assert_int_equal(lw_subid_parse(*state, text, strlen(text), "alice", 1000, &r, &n), 0);
	static const struct lw_range alice[] = {
		{ 100000, 65536 },         { 300000, 10 }, { 500000, 1 }, { UINT32_MAX - 1, 1 },
		{ 4000000000, 294967295 }, { 600000, 3 },
	};
	assert_int_equal(n, ARRAY_LEN(alice));
	assert_memory_equal(r, alice, sizeof(alice));
	assert_int_equal(lw_subid_parse(*state, text, strlen(text), "nobody", 65534, &r, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(lw_subid_parse(*state, text, strlen(text), "", 7, &r, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(lw_subid_parse(*state, text, strlen(text), NULL, 0, &r, &n), 0);
	assert_int_equal(n, ARRAY_LEN(alice) + 2);
	assert_int_equal(lw_subid_parse(*state, "", 0, NULL, 0, &r, &n), 0);
	assert_int_equal(n, 0);
	assert_non_null(r);
}

static int passwd(struct lw_arena *a, const char *text, const char *name, int64_t uid, struct lw_passwd *ret)
{
	return lw_passwd_lookup(a, text, strlen(text), name, uid, ret);
}

static void test_passwd(void **state)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/bash\n"
				   "web:x:33:34:a:b\n"
				   "short:x:5:6\n"
				   "+nis:x:7:7::/:\n"
				   "#off:x:8:8::/:\n"
				   ":x:9:9::/:\n"
				   "neg:x:-1:0::/:\n"
				   "big:x:4294967296:0::/:\n"
				   "none:x:4294967295:0::/:\n"
				   "max:x:4294967294:4294967294::/:\n"
				   "sp:x: 1:1::/:\n"
				   "nogid:x:1::::\n"
				   "twice:x:50:50::/first:\n"
				   "twice:x:51:51::/second:\n"
				   "last:x:60:61:,,,:/home/last:/bin/sh";
	struct lw_passwd p;
	assert_int_equal(passwd(*state, text, "root", -1, &p), 1);
	assert_string_equal(p.name, "root");
	assert_string_equal(p.home, "/root");
	assert_string_equal(p.shell, "/bin/bash");
	assert_int_equal(p.uid, 0);
	assert_int_equal(passwd(*state, text, "web", -1, &p), 1);
	assert_string_equal(p.home, "b");
	assert_string_equal(p.shell, "");
	assert_int_equal(passwd(*state, text, NULL, 5, &p), 1);
	assert_string_equal(p.name, "short");
	assert_string_equal(p.home, "");
	assert_int_equal(p.gid, 6);
	assert_int_equal(passwd(*state, text, "max", -1, &p), 1);
	assert_int_equal(passwd(*state, text, "last", -1, &p), 1);
	assert_string_equal(p.shell, "/bin/sh");
	assert_int_equal(p.gid, 61);
	assert_int_equal(passwd(*state, text, "twice", -1, &p), 1);
	assert_string_equal(p.home, "/first");
	assert_int_equal(passwd(*state, text, NULL, 51, &p), 1);
	static const char *const no[] = { "",    "roo",  "rootx", "+nis",  "nis",  "#off",  "neg",
					  "big", "none", "sp",    "nogid", "ROOT", "root:x" };
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_int_equal(passwd(*state, text, no[i], -1, &p), 0);
	assert_int_equal(passwd(*state, text, NULL, -1, &p), 0);
	assert_int_equal(passwd(*state, text, NULL, UINT32_MAX, &p), 0);
	assert_int_equal(passwd(*state, text, NULL, 9, &p), 0);
}

static void test_passwd_long_lines_and_nuls(void **state)
{
	static char text[9000];
	struct lw_passwd p;
	/* "x:x:1:1::/" then padding, then a good line. */
	for (size_t pad = 4080; pad < 4100; pad++) {
		memset(text, 'p', sizeof(text));
		memcpy(text, "x:x:1:1::/", 10);
		strcpy(text + pad, "\ngood:x:2:2::/g:\n");
		assert_int_equal(passwd(*state, text, "good", -1, &p), 1);
		assert_int_equal(passwd(*state, text, "x", -1, &p), pad <= 4096);
	}
	static const char nul[] = "evil\0:x:0:0::/:\nroot\0x:x:5:5::/:\nok:x:1:1::/:\n";
	assert_int_equal(lw_passwd_lookup(*state, nul, sizeof(nul) - 1, "evil", -1, &p), 0);
	assert_int_equal(lw_passwd_lookup(*state, nul, sizeof(nul) - 1, "root", -1, &p), 0);
	assert_int_equal(lw_passwd_lookup(*state, nul, sizeof(nul) - 1, NULL, 0, &p), 0);
	assert_int_equal(lw_passwd_lookup(*state, nul, sizeof(nul) - 1, "ok", -1, &p), 1);
	/* Ends exactly at the length given, whatever follows. */
	static const char cut[] = "ok:x:12";
	assert_int_equal(lw_passwd_lookup(*state, "ok:x:1:23", 8, "ok", -1, &p), 1);
	assert_int_equal(p.gid, 2);
	assert_int_equal(lw_passwd_lookup(*state, cut, sizeof(cut) - 1, "ok", -1, &p), 0);
}

static void test_groups(void **state)
{
	static const char text[] = "root:x:0:\n"
				   "adm:x:4:alice,bob\n"
				   "audio:x:29:bob\n"
				   "video:x:44:,alice,,\n"
				   "like:x:45:alicex,xalice\n"
				   "bad:x:zz:alice\n"
				   "-nis:x:1:alice\n"
				   "max:x:4294967295:alice\n"
				   "extra:x:46:alice:alice\n"
				   "short:x:47\n"
				   "last:x:99:alice";
	uint32_t *g, gid = 7;
	size_t n;
	assert_int_equal(lw_group_lookup(*state, text, strlen(text), "alice", &g, &n), 0);
	static const uint32_t alice[] = { 4, 44, 46, 99 };
	assert_int_equal(n, ARRAY_LEN(alice));
	assert_memory_equal(g, alice, sizeof(alice));
	assert_int_equal(lw_group_lookup(*state, text, strlen(text), "", &g, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(lw_group_lookup(*state, text, strlen(text), "nobody", &g, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(lw_group_gid(text, strlen(text), "video", &gid), 1);
	assert_int_equal(gid, 44);
	assert_int_equal(lw_group_gid(text, strlen(text), "short", &gid), 1);
	assert_int_equal(gid, 47);
	assert_int_equal(lw_group_gid(text, strlen(text), "bad", &gid), 0);
	assert_int_equal(lw_group_gid(text, strlen(text), "", &gid), 0);
	assert_int_equal(gid, 47);
}

static void test_groups_beyond_the_kernels_limit(void **state)
{
	static const char line[] = "g::1:u\n";
	const size_t len = sizeof(line) - 1, max = 65536;
	_cleanup_free_ char *text = malloc((max + 1) * len);
	assert_non_null(text);
	for (size_t i = 0; i <= max; i++)
		memcpy(text + i * len, line, len);
	uint32_t *g = NULL;
	size_t n = 0;
	assert_int_equal(lw_group_lookup(*state, text, max * len, "u", &g, &n), 0);
	assert_int_equal(n, max);
	assert_int_equal(lw_group_lookup(*state, text, (max + 1) * len, "u", &g, &n), -E2BIG);
}

#define ARENA_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest host_parse[] = {
		ARENA_TEST(test_mountinfo),
		ARENA_TEST(test_mountinfo_quirks),
		ARENA_TEST(test_mountinfo_refuses),
		ARENA_TEST(test_mountinfo_stops),
		ARENA_TEST(test_mountinfo_of_this_process),
		ARENA_TEST(test_subid),
		ARENA_TEST(test_passwd),
		ARENA_TEST(test_passwd_long_lines_and_nuls),
		ARENA_TEST(test_groups),
		ARENA_TEST(test_groups_beyond_the_kernels_limit),
	};
	return cmocka_run_group_tests_name("host_parse", host_parse, NULL, NULL);
}
