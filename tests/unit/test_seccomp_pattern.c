/* test_seccomp_pattern.c: patterns of calls: what they match, what is refused, and that programs made of them say the
 * same as libseccomp's and as the patterns themselves. */
#include "seccomp_fixture.h"

#include <sched.h>
#include <sys/socket.h>

static struct lw_call_pattern parse(const char *text, struct lw_arena *a)
{
	struct lw_call_pattern p = { 0 };
	struct lw_err err = { 0 };
	if (lw_call_pattern_parse(text, a, &p, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return p;
}

static bool matches(const struct lw_call_pattern *p, const uint64_t args[6])
{
	struct lw_verdict v = { .n_rules = (uint16_t)p->n, .rules = p->rules };
	struct seccomp_data call = { 0 };
	unsigned by;
	memcpy(call.args, args, sizeof call.args);
	for (unsigned i = 0; i < p->n; i++)
		p->rules[i].by = 1;
	lw_verdict_blame(&v, &call, &by);
	return p->any || by == 1;
}

static void patterns_match(void **state)
{
	static const struct {
		const char *text;
		uint64_t args[6];
		bool yes;
	} rows[] = {
		{ "getcwd", { 7 }, true },
		{ "getcwd()", { 7 }, true },
		{ "socket(*)", { 7 }, true },
		{ "socket(*, *, *)", { 7 }, true },
		{ "socket(AF_INET|AF_UNIX, *)", { AF_INET }, true },
		{ "socket(AF_INET|AF_UNIX, *)", { AF_UNIX }, true },
		{ "socket(AF_INET|AF_UNIX, *)", { AF_INET | AF_UNIX }, false },
		{ "socket( = 2 | 1 )", { 1 }, true },
		{ "socket(2, SOCK_STREAM|SOCK_CLOEXEC)", { 2, SOCK_STREAM | SOCK_CLOEXEC }, true },
		{ "socket(2, SOCK_CLOEXEC|SOCK_STREAM)", { 2, SOCK_STREAM | SOCK_CLOEXEC }, true },
		{ "socket(2, SOCK_STREAM|SOCK_CLOEXEC)", { 2, SOCK_STREAM }, false },
		{ "socket(!=AF_VSOCK)", { 40 }, false },
		{ "socket(!=AF_VSOCK)", { 39 }, true },
		{ "socket(!=1|2|10)", { 2 }, false },
		{ "socket(!=1|2|10)", { 3 }, true },
		{ "socket(<3)", { 2 }, true },
		{ "socket(<3)", { 3 }, false },
		{ "socket(<=3)", { 3 }, true },
		{ "socket(<=3)", { 4 }, false },
		{ "socket(>3)", { 3 }, false },
		{ "socket(>3)", { 4 }, true },
		{ "socket(>=3)", { 3 }, true },
		{ "socket(>=3)", { 2 }, false },
		{ "socket(>=0)", { 0 }, true },
		{ "socket(<=0xffffffff)", { UINT64_MAX }, true },
		{ "clone(&CLONE_NEWUSER|CLONE_NEWNS=0)", { CLONE_NEWUSER }, false },
		{ "clone(&CLONE_NEWUSER|CLONE_NEWNS=0)", { CLONE_NEWPID }, true },
		{ "clone(&0xff=17)", { 0x12311 }, true },
		/* An int: what is above its 32 bits is not there. */
		{ "ioctl(*, TIOCSTI)", { 0, 0x5412 | UINT64_C(1) << 32 }, true },
		{ "socket(<3)", { 1 | UINT64_C(1) << 63 }, true },
		{ "kill(-1)", { UINT64_MAX }, true },
		{ "kill(-1)", { 0xffffffff }, true },
		/* A size or pointer: all of it counts. */
		{ "read(*, *, <4096)", { 0, 0, 4095 }, true },
		{ "read(*, *, <4096)", { 0, 0, UINT64_C(1) << 32 }, false },
		{ "read(*, *, >0x100000000)", { 0, 0, 0x100000001 }, true },
		{ "read(*, *, >0x100000000)", { 0, 0, 0x100000000 }, false },
		{ "read(*, *, >0x100000000)", { 0, 0, 0xffffffff }, false },
		{ "read(*, 0)", { 0, UINT64_C(1) << 32 }, false },
		{ "mmap(*, *, &PROT_EXEC=0)", { 0, 0, 3 }, true },
		{ "mmap(*, *, &PROT_EXEC=0)", { 0, 0, 7 }, false },
		{ "lseek(*, &0xff00000000=0x1200000000)", { 0, 0x1234567890 }, true },
		{ "lseek(*, &0xff00000000=0x1200000000)", { 0, 0x34567890 }, false },
		{ "mmap(1, 2, 3, 4, 5, 6)", { 1, 2, 3, 4, 5, 6 }, true },
		{ "mmap(1, 2, 3, 4, 5, 6)", { 1, 2, 3, 4, 5, 7 }, false },
		{ "socket(1|2, 1|2, 0)", { 2, 1, 0 }, true },
		{ "socket(1|2, 1|2, 0)", { 2, 3, 0 }, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lw_call_pattern p = parse(rows[i].text, *state);
		if (matches(&p, rows[i].args) != rows[i].yes)
			fail_msg("%s, row %zu", rows[i].text, i);
	}
}

static void wrong_patterns(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "expected" },
		{ "(1)", "expected" },
		{ "sokcet(1)", "unknown system call 'sokcet'" },
		{ "@clock(1)", "unknown" },
		{ "all(1)", "unknown" },
		{ "socket(1", "')' is missing" },
		{ "socket(1,)", "argument is missing" },
		{ "socket(AF_FOO)", "unknown constant" },
		{ "socket(<)", "argument is missing" },
		{ "socket(<1|2)", "one end" },
		{ "socket(<0)", "never" },
		{ "socket(>0xffffffff)", "never" },
		{ "socket(&1=2)", "never" },
		{ "socket(&1)", "needs a mask and a value" },
		{ "socket(0x100000000)", "32 bits wide" },
		{ "socket(1) x", "nothing may follow" },
		{ "mmap(1,2,3,4,5,6,7)", "six" },
		{ "socket(SOCK_STREAM|SOCK_DGRAM|SOCK_CLOEXEC)", "joins" },
		{ "socket(1|2|3|4|5|6|7|8|9, 1|2|3|4|5|6|7|8)", "too many" },
		{ "socket(!=1|2|3|4|5|6|7|8|9)", "too many" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lw_call_pattern p = { .n = 77 };
		struct lw_err err = { 0 };
		if (lw_call_pattern_parse(rows[i].text, *state, &p, &err) == 0)
			fail_msg("'%s' passes", rows[i].text);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("'%s': %s", rows[i].text, err.msg);
		assert_int_equal(p.n, 77);
	}
}

struct row {
	int action;
	const char *names[4];
};

static struct lw_seccomp *policy(int base, const struct row *rows, unsigned n, struct lw_arena *a)
{
	struct lw_seccomp *p = lw_arena_alloc(a, sizeof *p);
	p->base = base;
	p->n_rules = n;
	p->rules = lw_arena_array(a, n, sizeof *p->rules);
	for (unsigned i = 0; i < n; i++) {
		p->rules[i].action = rows[i].action;
		p->rules[i].errno_value = 1;
		p->rules[i].names.v = lw_arena_memdup(a, rows[i].names, sizeof rows[i].names);
		while (p->rules[i].names.n < 4 && rows[i].names[p->rules[i].names.n])
			p->rules[i].names.n++;
	}
	return p;
}
#define POLICY(base, a, ...)                                                                                           \
	policy(base, (const struct row[]){ __VA_ARGS__ },                                                              \
	       sizeof((const struct row[]){ __VA_ARGS__ }) / sizeof(struct row), a)

static void later_rules_win(void **state)
{
	struct lw_arena *a = *state;
	struct lw_filter f = compile(POLICY(LW_SECCOMP_DEFAULT, a, { LW_SECCOMP_ALLOW, { "socket(AF_VSOCK)" } },
					    { LW_SECCOMP_ERRNO, { "socket(*, SOCK_RAW)" } }),
				     0, a);
	assert_int_equal(ask(&f, "socket", AF_VSOCK, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, "socket", AF_VSOCK, SOCK_RAW, 0), RET_EPERM);
	assert_int_equal(ask(&f, "socket", AF_INET, SOCK_RAW, 0), RET_EPERM);
	assert_int_equal(ask(&f, "socket", AF_INET, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, "socket", AF_ALG, 1, 0), RET_EPERM);
	f = compile(POLICY(LW_SECCOMP_DEFAULT, a, { LW_SECCOMP_ONLY, { "socket(AF_INET, *)", "socket(AF_UNIX)" } },
			   { LW_SECCOMP_KILL, { "ioctl(*, TIOCSTI)" } }),
		    0, a);
	assert_int_equal(ask(&f, "socket", AF_UNIX, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, "socket", AF_INET, 3, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, "socket", AF_INET6, 1, 0), RET_EPERM);
	assert_int_equal(ask(&f, "ioctl", 0, 0x5412, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask(&f, "ioctl", 0, 0x541c, 0), RET_EPERM);
	assert_int_equal(ask(&f, "ioctl", 0, 1, 0), SECCOMP_RET_ALLOW);
	f = compile(POLICY(LW_SECCOMP_DEFAULT, a, { LW_SECCOMP_ERRNO, { "socket(AF_INET)" } },
			   { LW_SECCOMP_ALLOW, { "socket" } }),
		    0, a);
	assert_int_equal(ask(&f, "socket", AF_INET, 1, 0), SECCOMP_RET_ALLOW);
}

static void families_are_a_group(void **state)
{
	struct lw_arena *a = *state;
	struct lw_filter f = compile(POLICY(LW_SECCOMP_DOCKER, a, { LW_SECCOMP_ERRNO, { "@obsolete-families" } }),
				     LW_CAPS_DOCKER, a);
	for (unsigned family = 0; family < 46; family++) {
		bool kept = family <= 2 || family == 10 || family == 16;
		assert_int_equal(ask(&f, "socket", family, 1, 0), kept ? SECCOMP_RET_ALLOW : RET_EPERM);
		assert_int_equal(ask(&f, "socketpair", family, 1, 0), kept ? SECCOMP_RET_ALLOW : RET_EPERM);
	}
}

static void rules_depend_on_capabilities(void **state)
{
	struct lw_arena *a = *state;
	struct lw_seccomp *p =
		POLICY(LW_SECCOMP_DEFAULT, a, { LW_SECCOMP_ALLOW, { "reboot" } }, { LW_SECCOMP_ERRNO, { "getpid" } });
	p->rules[0].caps = UINT64_C(3) << 30;
	p->rules[1].unless = UINT64_C(3) << 30;
	for (uint64_t caps = 0; caps < 4; caps++) {
		struct lw_filter f = compile(p, caps << 30, a);
		assert_int_equal(ask(&f, "reboot", 0, 0, 0), caps == 3 ? SECCOMP_RET_ALLOW : RET_EPERM);
		assert_int_equal(ask(&f, "getpid", 0, 0, 0), caps ? SECCOMP_RET_ALLOW : RET_EPERM);
	}
}

/* Our program and libseccomp's, for every comparison there is; lw_seccomp_compile itself falls back silently. */
static void programs_are_libseccomps(void **state)
{
	(void)state;
	static const char *const patterns[] = {
		"socket(AF_INET|AF_UNIX, *)",
		"socket(!=AF_VSOCK, *, !=9)",
		"socket(>3, <=2, >=7)",
		"read(*, *, <4096)",
		"read(*, >0x7fffffffffff)",
		"lseek(*, !=0x123456789)",
		"lseek(*, &0xff00000000=0x1200000000)",
		"mmap(0, <=0x100000000, &PROT_EXEC|PROT_WRITE=PROT_WRITE, *, -1, 0)",
		"clone(&0x7e020080=0)",
		"prctl(PR_SET_NAME|PR_GET_NAME)",
		"kill(-1, SIGKILL|SIGTERM)",
	};
	static const int actions[] = { LW_SECCOMP_ALLOW, LW_SECCOMP_ERRNO, LW_SECCOMP_KILL, LW_SECCOMP_ONLY };
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
		for (size_t k = 0; k < sizeof actions / sizeof actions[0]; k++) {
			struct lw_arena *a = lw_arena_new();
			struct lw_seccomp *p = POLICY(LW_SECCOMP_DEFAULT, a, { LW_SECCOMP_LOG, { "read" } },
						      { actions[k], { patterns[i] } });
			struct lw_verdicts v = verdicts(p, 0, a);
			struct lw_filter own;
			struct lw_reference built;
			assert_int_equal(lw_layout_build(&v, 1, a, &own, NULL), 0);
			assert_int_equal(lw_libseccomp_build(&v, a, &built, NULL), 0);
			if (!lw_filter_obeys(&own, &v, 1) || !lw_filter_equal(&own, &built.filter, &v, built.skip))
				fail_msg("%s, action %d", patterns[i], actions[k]);
			/* What cannot be said to libseccomp is the exception. */
			if (built.skip)
				for (unsigned nr = 0; nr < *v.abi->count; nr++)
					assert_true(!built.skip[nr] || nr == (unsigned)lw_syscall_number("socket") ||
						    nr == (unsigned)lw_syscall_number("mmap"));
			lw_arena_free(a);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(patterns_match, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(wrong_patterns, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(later_rules_win, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(families_are_a_group, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(rules_depend_on_capabilities, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(programs_are_libseccomps, arena_setup, arena_teardown),
	};
	return cmocka_run_group_tests_name("seccomp_pattern", tests, NULL, NULL);
}
