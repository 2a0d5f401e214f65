/* test_seccomp_compile.c: programs say what the policy says: our layout, libseccomp's, and the choice between them. */
#include "seccomp_fixture.h"

#include <linux/audit.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "base/sha256.h"

static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Values that policies compare with, often, so that the random calls meet the rules. */
static uint64_t random_argument(void)
{
	static const uint32_t near[] = { 0,          1,       2,          10,         16,     37,
					 38,         39,      40,         41,         0x5412, 0x541c,
					 0x20000,    0x20008, 0xffffffff, 0x10000000, 0x80,   0x20000,
					 0x7e020000, 0x5413,  0x80000000, 0x7fffffff };
	uint64_t r = next_random();
	uint64_t v = r & 1 ? next_random() : near[r / 2 % (sizeof near / sizeof near[0])] + (r >> 8) % 3 - 1;
	return r & 0x10000 ? v : v & 0xffffffff;
}

static void layout_is_libseccomps(void **state)
{
	for (size_t base = 0; base < BASES; base++)
		for (int admin = 0; admin < 2; admin++) {
			struct lw_verdicts v = verdicts(&base_table[base], admin ? UINT64_MAX : LW_CAPS_DOCKER, *state);
			struct lw_filter own, reference;
			struct lw_reference built;
			struct lw_err err = { 0 };
			assert_int_equal(lw_layout_build(&v, 1, *state, &own, &err), 0);
			assert_int_equal(lw_libseccomp_build(&v, *state, &built, &err), 0);
			assert_null(built.skip);
			reference = built.filter;
			assert_true(lw_filter_valid(own.insns, own.n));
			assert_true(lw_filter_valid(reference.insns, reference.n));
			assert_true(own.n < reference.n);
			assert_true(lw_filter_obeys(&own, &v, 1));
			assert_true(lw_filter_obeys(&reference, &v, 1));
			assert_true(lw_filter_equal(&own, &reference, &v, NULL));
			for (unsigned i = 0; i < 100000; i++) {
				struct seccomp_data call = { .nr = (int)(next_random() % 520),
							     .arch = lw_abi_native.audit_arch };
				if (i % 8 == 0)
					call.nr = (int)next_random();
				if (i % 64 == 1)
					call.arch = (uint32_t)next_random();
				if (i % 3 == 0)
					call.nr = lw_syscall_number(i % 2 ? "socket" : i % 5 ? "clone" : "ioctl");
				for (unsigned j = 0; j < 6; j++)
					call.args[j] = random_argument();
				uint32_t a = lw_filter_run(own.insns, own.n, &call);
				uint32_t b = lw_filter_run(reference.insns, reference.n, &call);
				if (a != b)
					fail_msg("nr %d arch %x args %llx %llx %llx: %x and %x", call.nr, call.arch,
						 (unsigned long long)call.args[0], (unsigned long long)call.args[1],
						 (unsigned long long)call.args[2], a, b);
			}
		}
}

/* The check itself must notice: every single damaged verdict, and a comparison that looks at the wrong bits. */
static void check_notices_differences(void **state)
{
	struct lw_verdicts v = verdicts(&base_table[0], LW_CAPS_DOCKER, *state);
	struct lw_filter own, chosen;
	struct lw_reference reference;
	struct lw_err err = { 0 };
	assert_int_equal(lw_layout_build(&v, 1, *state, &own, &err), 0);
	assert_int_equal(lw_libseccomp_build(&v, *state, &reference, &err), 0);
	assert_int_equal(lw_seccomp_choose(&own, &reference, &v, 1, &chosen, &err), 0);
	assert_ptr_equal(chosen.insns, own.insns);
	unsigned tried = 0;
	for (unsigned i = 0; i < own.n; i++) {
		struct sock_filter saved = own.insns[i];
		if (BPF_CLASS(saved.code) == BPF_RET)
			own.insns[i].k = saved.k == SECCOMP_RET_ALLOW ? RET_EPERM : SECCOMP_RET_ALLOW;
		else if (BPF_CLASS(saved.code) == BPF_JMP && BPF_OP(saved.code) != BPF_JA)
			own.insns[i].k ^= 1;
		else if (BPF_CLASS(saved.code) == BPF_ALU)
			own.insns[i].k ^= 0x20000;
		else
			continue;
		if (lw_filter_obeys(&own, &v, 1))
			fail_msg("instruction %u may be anything", i);
		if (tried++ % 16 == 0) {
			assert_int_equal(lw_seccomp_choose(&own, &reference, &v, 1, &chosen, &err), 0);
			assert_ptr_equal(chosen.insns, reference.filter.insns);
		}
		own.insns[i] = saved;
	}
	assert_true(tried > 100);
	struct sock_filter saved = reference.filter.insns[0];
	reference.filter.insns[0].k = 0;
	own.insns[0].k = 0;
	assert_int_equal(lw_seccomp_choose(&own, &reference, &v, 1, &chosen, &err), -EIO);
	reference.filter.insns[0] = saved;
}

static void default_is_small(void **state)
{
	for (int every_cap = 0; every_cap < 2; every_cap++) {
		struct lw_filter f = compile(&base_table[0], every_cap ? UINT64_MAX : LW_CAPS_DOCKER, *state);
		assert_in_range(lw_filter_reachable(&f), 180, every_cap ? 270 : 245);
	}
	struct lw_filter none = compile(&(struct lw_seccomp){ .base = LW_SECCOMP_UNCONFINED }, 0, *state);
	assert_int_equal(none.n, 0);
	struct lw_filter deny = compile(&base_table[3], UINT64_MAX, *state);
	assert_int_equal(lw_filter_reachable(&deny), 0);
}

static void families(void **state)
{
	struct lw_filter def = compile(&base_table[0], UINT64_MAX, *state);
	struct lw_filter strict = compile(&base_table[2], UINT64_MAX, *state);
	for (uint64_t high = 0; high < 2; high++)
		for (unsigned family = 0; family < 46; family++) {
			uint64_t arg = family | high << 32;
			bool plain = family == AF_UNIX || family == AF_INET || family == AF_INET6;
			bool kept = plain || family == AF_NETLINK;
			assert_int_equal(ask(&def, "socket", arg, 1, 0), kept ? SECCOMP_RET_ALLOW : RET_EPERM);
			assert_int_equal(ask(&def, "socketpair", arg, 1, 0), kept ? SECCOMP_RET_ALLOW : RET_EPERM);
			assert_int_equal(ask(&def, "socket", arg, 3, 9), plain ? SECCOMP_RET_ALLOW : RET_EPERM);
			assert_int_equal(ask(&strict, "socket", arg, 1, 0),
					 family == AF_UNIX ? SECCOMP_RET_ALLOW : RET_EPERM);
		}
}

/* CVE-2019-10063: the kernel reads 32 bits of these, so high bits must not hide them. */
static void high_words_hide_nothing(void **state)
{
	struct lw_filter f = compile(&base_table[0], UINT64_MAX, *state);
	static const uint64_t high[] = { 0, UINT64_C(1) << 32, UINT64_C(0xdeadbeef) << 32, UINT64_C(1) << 63 };
	for (size_t i = 0; i < sizeof high / sizeof high[0]; i++) {
		assert_int_equal(ask(&f, "ioctl", 0, 0x5412 | high[i], 0), RET_EPERM);
		assert_int_equal(ask(&f, "ioctl", 0, 0x541c | high[i], 0), RET_EPERM);
		assert_int_equal(ask(&f, "ioctl", 0, 0x5413 | high[i], 0), SECCOMP_RET_ALLOW);
		assert_int_equal(ask(&f, "clone", 0x10000000 | high[i], 0, 0), RET_EPERM);
		assert_int_equal(ask(&f, "clone", 0x3d0f00 | high[i], 0, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(ask(&f, "personality", 0x40000 | high[i], 0, 0), RET_EPERM);
		assert_int_equal(ask(&f, "personality", 0xffffffff | high[i], 0, 0), SECCOMP_RET_ALLOW);
	}
	for (unsigned bit = 0; bit < 32; bit++) {
		bool ns = 0x7e020080U >> bit & 1;
		assert_int_equal(ask(&f, "clone", UINT64_C(1) << bit, 0, 0), ns ? RET_EPERM : SECCOMP_RET_ALLOW);
	}
}

static uint32_t ask_nr(const struct lw_filter *f, uint32_t arch, uint32_t nr)
{
	struct seccomp_data call = { .nr = (int)nr, .arch = arch };
	return lw_filter_run(f->insns, f->n, &call);
}

static void foreign_abis_die(void **state)
{
	for (size_t base = 0; base < BASES; base++) {
		struct lw_filter f = compile(&base_table[base], LW_CAPS_DOCKER, *state);
		for (uint32_t nr = 0; nr < 600; nr++) {
			assert_int_equal(ask_nr(&f, AUDIT_ARCH_I386, nr), SECCOMP_RET_KILL_PROCESS);
			assert_int_equal(ask_nr(&f, AUDIT_ARCH_ARM, nr), SECCOMP_RET_KILL_PROCESS);
#ifdef __x86_64__
			assert_int_equal(ask_nr(&f, AUDIT_ARCH_X86_64, nr | LW_X32_BIT), SECCOMP_RET_KILL_PROCESS);
#endif
		}
		uint32_t arch = lw_abi_native.audit_arch, count = *lw_abi_native.count;
		assert_int_not_equal(ask_nr(&f, arch, count - 1), SECCOMP_RET_KILL_PROCESS);
		for (uint32_t nr = count; nr < count + 1000; nr++)
			assert_int_equal(ask_nr(&f, arch, nr), RET_ENOSYS);
		assert_int_equal(ask_nr(&f, arch, 0x3fffffff), RET_ENOSYS);
		assert_int_equal(ask_nr(&f, arch, UINT32_MAX), RET_ENOSYS);
	}
}

static void named_abis_live(void **state)
{
#ifdef __x86_64__
	const char *names[] = { "x86", "x32" };
	struct lw_seccomp p = { .base = LW_SECCOMP_DEFAULT, .architectures = { 2, names } };
	struct lw_filter f = compile(&p, LW_CAPS_DOCKER, *state);
	unsigned n;
	const struct lw_abi *foreign = lw_abi_foreign(&n);
	assert_int_equal(n, 2);
	for (unsigned i = 0; i < n; i++) {
		struct {
			const char *name;
			uint32_t verdict;
		} rows[] = {
			{ "getpid", SECCOMP_RET_ALLOW }, { "openat", SECCOMP_RET_ALLOW }, { "mount", RET_EPERM },
			{ "clone3", RET_ENOSYS },        { "ptrace", RET_EPERM },         { "socket", RET_EPERM },
		};
		for (size_t j = 0; j < sizeof rows / sizeof rows[0]; j++) {
			int nr = lw_abi_number(&foreign[i], rows[j].name);
			assert_true(nr >= 0);
			assert_int_equal(ask_nr(&f, foreign[i].audit_arch, foreign[i].first + (uint32_t)nr),
					 rows[j].verdict);
		}
	}
	/* socketcall would reach every family behind a pointer. */
	assert_int_equal(ask_nr(&f, AUDIT_ARCH_I386, 102), RET_EPERM);
	assert_int_equal(ask_nr(&f, AUDIT_ARCH_ARM, 1), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask_nr(&f, AUDIT_ARCH_X86_64, UINT32_MAX), RET_ENOSYS);
	assert_true(f.n < LW_FILTER_MAX);
#endif
	const char *wrong[] = { "sparc" };
	struct lw_seccomp q = { .base = LW_SECCOMP_DEFAULT, .architectures = { 1, wrong } };
	struct lw_filter none;
	struct lw_err err = { 0 };
	assert_int_equal(lw_seccomp_compile(&q, 0, -1, *state, &none, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "sparc"));
	assert_string_equal(err.path, "architectures[0]");
}

static void rules_reach_the_program(void **state)
{
	struct lw_filter f = compile(with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_ALLOW, "ptrace", *state), 0, *state);
	assert_int_equal(ask(&f, "ptrace", 0, 0, 0), SECCOMP_RET_ALLOW);
	f = compile(with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_KILL, "@clock", *state), 0, *state);
	assert_int_equal(ask(&f, "clock_settime", 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	f = compile(with_rule(LW_SECCOMP_UNCONFINED, LW_SECCOMP_ERRNO, "getcwd", *state), 0, *state);
	assert_int_equal(ask(&f, "getcwd", 0, 0, 0), RET_EPERM);
	assert_int_equal(ask(&f, "mount", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(lw_filter_reachable(&f), lw_filter_reachable(&(struct lw_filter){ 0 }) - 1);
	f = compile(with_rule(LW_SECCOMP_DENY, LW_SECCOMP_LOG, "all", *state), 0, *state);
	assert_int_equal(ask(&f, "mount", 0, 0, 0), SECCOMP_RET_LOG);
}

/* A filter that is cached under the number of our tables must stay what those tables say: when this test fails because
 * a table changed, raise LW_SECCOMP_TABLES and write the new pair here. */
static void tables_have_a_number(void **state)
{
#ifdef __x86_64__
	static const char known[] = "9d1c5baf743a851f0c39127d53fdacf2fe1ac4cc221a71b5a626b1e630fa6ccd";
	struct lw_sha256 c;
	uint8_t sum[32];
	char hex[65];
	lw_sha256_init(&c);
	for (size_t base = 0; base < BASES; base++)
		for (int every_cap = 0; every_cap < 2; every_cap++) {
			struct lw_filter f =
				compile(&base_table[base], every_cap ? UINT64_MAX : LW_CAPS_DOCKER, *state);
			lw_sha256_add(&c, f.insns, f.n * sizeof *f.insns);
		}
	for (unsigned i = 0; i < lw_syscall_group_count; i++)
		for (const char *const *m = lw_syscall_group_table[i].members; m && *m; m++)
			lw_sha256_add(&c, *m, strlen(*m) + 1);
	lw_sha256_end(&c, sum);
	lw_sha256_hex(sum, hex);
	assert_int_equal(LW_SECCOMP_TABLES, 3);
	assert_string_equal(hex, known);
#else
	(void)state;
	print_message("the digest is for x86-64\n");
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(layout_is_libseccomps, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(check_notices_differences, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(default_is_small, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(families, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(high_words_hide_nothing, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(foreign_abis_die, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(named_abis_live, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(tables_have_a_number, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(rules_reach_the_program, arena_setup, arena_teardown),
	};
	return cmocka_run_group_tests_name("seccomp_compile", tests, NULL, NULL);
}
