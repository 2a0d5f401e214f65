/* test_labels.c: AppArmor profiles made from a spec, the rules that go into them, SELinux labels, levels and pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>
#include "apparmor.h"
#include "base/cleanup.h"
#include "op_lsm.h"
#include "spec_testing.h"

static char *text_of(const char *json, const char *name)
{
	struct lw_spec *s = spec_of(json);
	struct lw_text t = { 0 };
	assert_int_equal(lw_apparmor_text(s, name, &t), 0);
	lw_spec_free(s);
	return t.buf;
}

static void has(const char *json, const char *line, bool wanted)
{
	_cleanup_free_ char *text = text_of(json, "x");
	if (!strstr(text, line) == wanted)
		fail_msg("%s: '%s' is %s in:\n%s", json, line, wanted ? "not" : "", text);
}

static void says_what_the_sandbox_may_do(void **state)
{
	(void)state;
	has("{}", "profile \"x\" flags=(attach_disconnected,mediate_deleted) {\n", true);
	has("{}", "  file,\n", true);
	has("{}", "  capability net_raw,\n", true);
	has("{}", "  deny network inet raw,\n", false);
	has("{}", "  deny \"/proc/kcore{,/**}\" rwklx,\n", true);
	has("{}", "  deny \"/proc/sys{,/**}\" wkl,\n", true);
	has("{}", "  deny mount,\n", true);
	has("{}", "  signal (send) peer=\"x\",\n", true);
	has("{'capabilities':['CHOWN']}", "  capability chown,\n", true);
	has("{'capabilities':['CHOWN']}", "  capability net_raw,\n", false);
	has("{'capabilities':['CHOWN']}", "  deny network inet raw,\n", true);
	has("{'capabilities':['SYS_ADMIN']}", "  deny mount,\n", false);
	has("{'masked_paths':['/a']}", "  deny \"/a{,/**}\" rwklx,\n", true);
	has("{'masked_paths':['/a']}", "/proc/kcore", false);
}

static void landlocks_lists_are_its_files(void **state)
{
	(void)state;
	has("{'landlock':{'bind_tcp':[]}}", "  file,\n", true);
	has("{'landlock':{'read':['/usr']}}", "  file,\n", false);
	has("{'landlock':{'read':['/usr']}}", "  \"/usr{,/**}\" rm,\n  \"/{,**}\" wkl,\n  \"/{,**}\" ix,\n", true);
	has("{'landlock':{'write':[],'read':[],'execute':[]}}", "  \"/", false);
	has("{'landlock':{'write':['/'],'read':[],'execute':[]}}", "  \"/{,**}\" rwkl,\n", true);
	has("{'landlock':{'execute':['/a*[b]^{c,d}\\\\@']}}", "\"/a\\*\\[b\\]\\^\\{c,d\\}\\\\\\@{,/**}\" rmix,", true);
}

static void rules_stay_within(void **state)
{
	(void)state;
	static const char *const good[] = {
		"network inet tcp",
		"deny network raw",
		"deny /bin/** wl",
		"/usr/{bin,sbin}/* rix",
		"\"/a b/**\" r",
		"@{PROC}/sys/** r",
		"audit deny owner /a rw",
		"capability chown",
		"include <abstractions/base>",
		"signal (send) peer=x",
		"include if exists <x>",
		"deny\t/a\tw",
		"set rlimit nofile <= 8",
		"/a\\{b r",
		"mount options=(ro,bind)",
	};
	static const char *const bad[] = {
		"",
		"deny",
		"file, capability sys_admin",
		"file }",
		"}",
		"{",
		"/a r#",
		"/a\nfile",
		"\"/a r",
		"netwrok",
		"owner",
		"profile x { file }",
		"/a{b r",
		"hat x",
		"#include <x>",
		"/a r\x01",
		"mount options=(ro,bind",
		"signal set=)kill(",
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct lw_err err = { 0 };
		if (lw_apparmor_rule_check(good[i], &err) < 0)
			fail_msg("'%s': %s", good[i], err.msg);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lw_err err = { 0 };
		if (lw_apparmor_rule_check(bad[i], &err) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_true(err.hint[0]);
	}
}

static void values(void **state)
{
	(void)state;
	static const struct {
		const char *json, *path;
	} bad[] = {
		{ "{'apparmor':'a b'}", "apparmor" },
		{ "{'apparmor':''}", "apparmor" },
		{ "{'apparmor':true}", "apparmor" },
		{ "{'apparmor':{'profile':'a*b'}}", "apparmor.profile" },
		{ "{'apparmor':{'rules':['x']}}", "apparmor.rules[0]" },
		{ "{'selinux':'container_t'}", "selinux" },
		{ "{'selinux':{'process':'a:b'}}", "selinux.process" },
		{ "{'selinux':{'process':'a:b:c:s0'}}", "selinux.process" },
		{ "{'selinux':{'mount':'a,b'}}", "selinux.mount" },
		{ "{'selinux':{'mcs':'c1'}}", "selinux.mcs" },
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lw_err err = { 0 };
		struct lw_spec *s = NULL;
		json_t *raw = raw_of(bad[i].json);
		assert_int_equal(lw_spec_decode(raw, &s, &err), -EINVAL);
		assert_string_equal(err.path, bad[i].path);
		json_decref(raw);
	}
	static const char *const good[] = {
		"{\"apparmor\":\"docker-default\"}",
		"{\"apparmor\":{\"profile\":\"a//b\",\"rules\":[\"file\"],\"required\":true}}",
		"{\"apparmor\":{}}",
		("{\"selinux\":{\"process\":\"container_t\",\"mount\":\"u:r:t\",\"mcs\":\"s0:c1,c2\",\"required\":"
		 "false}"
		 "}"),
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct lw_spec *s = spec_of(good[i]);
		_cleanup_free_ char *text = canonical(s);
		assert_string_equal(text, good[i]);
		lw_spec_free(s);
	}
}

/* The n-th pair is a bijection: every pair once, and none of one category. */
static void pairs_are_all_different(void **state)
{
	(void)state;
	unsigned before[2] = { 0, 0 }, pair[2];
	for (uint32_t n = 0; n < LW_MCS_PAIRS; n++) {
		lw_mcs_pair(n, pair);
		assert_true(pair[0] < pair[1] && pair[1] < LW_MCS_CATEGORIES);
		assert_true(pair[0] > before[0] || (pair[0] == before[0] && pair[1] > before[1]));
		before[0] = pair[0];
		before[1] = pair[1];
	}
	assert_int_equal(pair[0], 1022);
	assert_int_equal(pair[1], 1023);
}

static void leases_are_disjoint_and_end(void **state)
{
	(void)state;
	enum { N = 64 };
	char dir[] = "/tmp/lunward-labels-XXXXXX", level[N][24];
	int fd[N];
	struct lw_err err = { 0 };
	assert_non_null(mkdtemp(dir));
	int state_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < N; i++) {
		assert_int_equal(lw_mcs_lease(state_fd, level[i], &fd[i], &err), 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(level[i], level[k]);
	}
	/* All others taken by one lock: the one that is let go is the one that is found. */
	int all = openat(state_fd, "mcs", O_RDWR | O_CLOEXEC);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	for (int i = 1; i < N; i++)
		close(fd[i]);
	unsigned pair[2];
	uint32_t n = 0;
	char text[24] = "";
	for (; n < LW_MCS_PAIRS && strcmp(text, level[0]); n++) {
		lw_mcs_pair(n, pair);
		snprintf(text, sizeof text, "s0:c%u,c%u", pair[0], pair[1]);
	}
	lock.l_len = n - 1;
	assert_int_equal(fcntl(all, F_OFD_SETLK, &lock), 0);
	lock.l_start = n;
	lock.l_len = 0;
	assert_int_equal(fcntl(all, F_OFD_SETLK, &lock), 0);
	assert_int_equal(lw_mcs_lease(state_fd, level[1], &fd[1], &err), -ENOSPC);
	close(fd[0]);
	assert_int_equal(lw_mcs_lease(state_fd, level[1], &fd[1], &err), 0);
	assert_string_equal(level[1], level[0]);
	close(fd[1]);
	close(all);
	unlinkat(state_fd, "mcs", 0);
	close(state_fd);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_the_sandbox_may_do),
		cmocka_unit_test(landlocks_lists_are_its_files),
		cmocka_unit_test(rules_stay_within),
		cmocka_unit_test(values),
		cmocka_unit_test(pairs_are_all_different),
		cmocka_unit_test(leases_are_disjoint_and_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
