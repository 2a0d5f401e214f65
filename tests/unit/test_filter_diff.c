/* test_filter_diff.c: what is told about two filters is what they do. For random policies and random calls: a call is
 * covered by a line exactly when the verdicts differ, with those verdicts, and every line's example is one. */
#include "seccomp_fixture.h"

#include <stdlib.h>
#include "filter_diff.h"

static uint64_t seed;
static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}
static unsigned below(unsigned n)
{
	return (unsigned)(next_random() >> 16) % n;
}

/* Calls with arguments of 32 and of 64 bits, and what their arguments are compared with. */
static const char *const call_table[] = { "socket", "clone", "ioctl", "read", "mmap", "openat", "kill", "personality" };
#define CALLS (sizeof call_table / sizeof call_table[0])
static const uint64_t value_table[] = { 0, 1, 2, 3, 10, 16, 38, 40, 0x5412, 0x80, 0x10000000, 0x7e020080, 0x7fffffff };
#define VALUES (sizeof value_table / sizeof value_table[0])
static const uint64_t wide_table[] = { 0xffffffff, 0x100000000, 0x100000001, 0x8000000000000000, UINT64_MAX };

static uint64_t random_value(const char *call, unsigned arg)
{
	if (lw_call_argument_mask(call, arg) == LW_ARG_WIDE && below(2))
		return wide_table[below(5)];
	return value_table[below(VALUES)];
}

/* One argument of a pattern. */
static void random_argument(const char *call, unsigned arg, char *buf, size_t size)
{
	uint64_t v = random_value(call, arg), w = random_value(call, arg);
	switch (below(8)) {
	case 0:
		snprintf(buf, size, "%#llx", (unsigned long long)v);
		return;
	case 1:
		snprintf(buf, size, "%#llx|%#llx", (unsigned long long)v, (unsigned long long)w);
		return;
	case 2:
		snprintf(buf, size, "!=%#llx", (unsigned long long)v);
		return;
	case 3:
		snprintf(buf, size, "<%#llx", (unsigned long long)(v ? v : 1));
		return;
	case 4:
		snprintf(buf, size, ">=%#llx", (unsigned long long)v);
		return;
	case 5:
		snprintf(buf, size, "&%#llx=%#llx", (unsigned long long)v, (unsigned long long)(v & w));
		return;
	default:
		snprintf(buf, size, "*");
	}
}

static const char *random_call(struct lw_arena *a)
{
	const char *call = call_table[below(CALLS)];
	char x[64], y[64], z[64];
	if (below(4) == 0)
		return call;
	random_argument(call, 0, x, sizeof x);
	random_argument(call, 1, y, sizeof y);
	random_argument(call, 2, z, sizeof z);
	return lw_arena_printf(a, "%s(%s, %s, %s)", call, x, y, z);
}

static struct lw_seccomp random_policy(struct lw_arena *a)
{
	static const char *arch[] = { "x86" };
	static const int actions[] = { LW_SECCOMP_ALLOW, LW_SECCOMP_ALLOW, LW_SECCOMP_ERRNO,
				       LW_SECCOMP_KILL,  LW_SECCOMP_LOG,   LW_SECCOMP_ONLY };
	static const int bases[] = { LW_SECCOMP_DEFAULT, LW_SECCOMP_DOCKER, LW_SECCOMP_STRICT, LW_SECCOMP_DENY,
				     LW_SECCOMP_UNCONFINED };
	struct lw_seccomp p = { .base = bases[below(5)], .n_rules = below(4) };
	p.rules = lw_arena_array(a, p.n_rules, sizeof *p.rules);
	for (size_t i = 0; i < p.n_rules; i++) {
		const char *name = random_call(a);
		p.rules[i].action = actions[below(6)];
		p.rules[i].errno_value = below(2) ? 1 : 38;
		p.rules[i].names.n = 1;
		p.rules[i].names.v = lw_arena_memdup(a, &name, sizeof name);
	}
	if (lw_abi_native.audit_arch == AUDIT_ARCH_X86_64 && below(4) == 0)
		p.architectures = (struct lw_strlist){ 1, arch };
	return p;
}

/* Our layout; what libseccomp makes of a policy is compared with it elsewhere, and takes its time. */
static struct lw_filter layout(const struct lw_seccomp *p, struct lw_arena *a)
{
	const struct lw_abi *abis[LW_ABI_MAX];
	struct lw_verdicts all[LW_ABI_MAX];
	struct lw_filter f = { 0 };
	struct lw_err err = { 0 };
	unsigned n;
	if (p->base == LW_SECCOMP_UNCONFINED && !p->n_rules)
		return f;
	int r = lw_seccomp_abis(p, abis, &n, &err);
	for (unsigned i = 0; i < n && r == 0; i++)
		r = lw_seccomp_verdicts(p, LW_CAPS_DOCKER, abis[i], a, &all[i], &err);
	if (r == 0)
		r = lw_layout_build(all, n, a, &f, &err);
	if (r < 0)
		fail_msg("%s: %s", err.path, err.msg);
	return f;
}

static uint32_t judge(const struct lw_filter *f, const struct seccomp_data *call)
{
	return f->n ? lw_filter_run(f->insns, f->n, call) : SECCOMP_RET_ALLOW;
}

/* A line, read back. */
struct line {
	const struct lw_call_change *change;
	const struct lw_abi *abi;
	int nr;
	bool any;
	struct lw_verdict matches; /* 1 or 0 */
};

static const struct lw_abi *abi_named(const char *name, size_t n)
{
	unsigned count;
	const struct lw_abi *foreign = lw_abi_foreign(&count);
	for (unsigned i = 0; i < count; i++)
		if (strlen(foreign[i].name) == n && strncmp(foreign[i].name, name, n) == 0)
			return &foreign[i];
	fail_msg("no ABI %.*s", (int)n, name);
	return NULL;
}

static struct line read_line(const struct lw_call_change *c, struct lw_arena *a)
{
	struct line l = { .change = c, .abi = &lw_abi_native, .nr = -1 };
	struct lw_call_pattern p = { .any = true };
	struct lw_err err = { 0 };
	const char *text = c->what, *colon = strchr(text, ':');
	if (strncmp(text, "the ABI ", 8) == 0) {
		l.abi = abi_named(text + 8, strlen(text) - 8);
		return l;
	}
	if (colon) {
		l.abi = abi_named(text, (size_t)(colon - text));
		text = colon + 1;
	}
	if (c->words)
		return l;
	if (lw_call_pattern_parse(text, a, &p, &err) < 0)
		fail_msg("%s: %s", c->what, err.msg);
	l.nr = lw_abi_number(l.abi, p.name);
	l.any = p.any;
	for (unsigned i = 0; i < p.n; i++)
		p.rules[i].action = 1;
	l.matches = (struct lw_verdict){ .n_rules = (uint16_t)p.n, .rules = p.rules };
	assert_true(l.nr >= 0);
	return l;
}

static bool in_abi(const struct lw_abi *abi, const struct seccomp_data *call)
{
	return call->arch == abi->audit_arch &&
	       (abi->audit_arch != AUDIT_ARCH_X86_64 || ((uint32_t)call->nr >= LW_X32_BIT) == (abi->first != 0));
}

static bool covers(const struct line *l, const struct seccomp_data *call)
{
	uint32_t nr = (uint32_t)call->nr - l->abi->first;
	if (!in_abi(l->abi, call))
		return false;
	if (strncmp(l->change->what, "the ABI ", 8) == 0)
		return true;
	if (l->change->words)
		return nr >= *l->abi->count || !l->abi->names[nr];
	return (int)nr == l->nr && (l->any || lw_verdict_eval(&l->matches, call) == 1);
}

static struct seccomp_data random_made_call(void)
{
	unsigned n_foreign;
	const struct lw_abi *abi = &lw_abi_native, *foreign = lw_abi_foreign(&n_foreign);
	if (n_foreign && below(5) == 0)
		abi = &foreign[below(n_foreign)];
	const char *name = call_table[below(CALLS)];
	struct seccomp_data call = { .arch = abi->audit_arch };
	int nr = below(2) ? lw_abi_number(abi, name) : (int)below(600);
	call.nr = (int)(abi->first + (unsigned)(nr < 0 ? 0 : nr));
	for (unsigned i = 0; i < 6; i++) {
		uint64_t near = random_value(name, i) + below(3) - 1;
		call.args[i] = (below(4) ? near : next_random()) & abi->argument_mask;
		if (below(3) == 0)
			call.args[i] &= UINT32_MAX;
	}
	return call;
}

static void check_call(const struct lw_filter *f, const struct lw_filter *g, const struct line *lines, size_t n,
		       const struct seccomp_data *call)
{
	uint32_t x = judge(f, call), y = judge(g, call);
	bool told = false;
	for (size_t i = 0; i < n; i++) {
		const struct lw_call_change *c = lines[i].change;
		if (!covers(&lines[i], call))
			continue;
		told = true;
		/* Of an ABI that one of them does not know, it is told only that. */
		if (strncmp(c->what, "the ABI ", 8) != 0 && (c->a != x || c->b != y))
			fail_msg("%s says %x and %x; arch %x nr %d(%#llx, %#llx, %#llx) is %x and %x", c->what, c->a,
				 c->b, call->arch, call->nr, (unsigned long long)call->args[0],
				 (unsigned long long)call->args[1], (unsigned long long)call->args[2], x, y);
	}
	if (x != y && !told)
		fail_msg("nothing tells that arch %x nr %d(%#llx, %#llx, %#llx) is %x and %x", call->arch, call->nr,
			 (unsigned long long)call->args[0], (unsigned long long)call->args[1],
			 (unsigned long long)call->args[2], x, y);
}

static void check_pair(const struct lw_filter *f, const struct lw_filter *g, unsigned calls, struct lw_arena *a,
		       unsigned *ret_differing)
{
	struct lw_call_changes changes;
	struct lw_err err = { 0 };
	if (lw_filter_diff(f, g, a, &changes, &err) < 0)
		fail_msg("%s", err.msg);
	struct line *lines = lw_arena_array(a, changes.n, sizeof *lines);
	for (size_t i = 0; i < changes.n; i++) {
		const struct lw_call_change *c = &changes.v[i];
		lines[i] = read_line(c, a);
		assert_int_not_equal(c->a, c->b);
		assert_int_equal(judge(f, &c->example), c->a);
		assert_int_equal(judge(g, &c->example), c->b);
		if (!covers(&lines[i], &c->example))
			fail_msg("%s does not cover its example", c->what);
	}
	for (unsigned k = 0; k < calls; k++) {
		struct seccomp_data call = random_made_call();
		*ret_differing += judge(f, &call) != judge(g, &call);
		check_call(f, g, lines, changes.n, &call);
	}
	for (size_t i = 0; i < changes.n; i++)
		check_call(f, g, lines, changes.n, &changes.v[i].example);
}

static void tells_what_they_do(void **state)
{
	unsigned differing = 0;
	(void)state;
	seed = UINT64_C(0x9e3779b97f4a7c15);
	for (unsigned i = 0; i < 300; i++) {
		struct lw_arena *a = lw_arena_new();
		struct lw_seccomp p = random_policy(a), q = random_policy(a);
		if (below(2))
			q.base = p.base; /* only the rules differ: arguments decide */
		struct lw_filter f = layout(&p, a), g = layout(&q, a);
		check_pair(&f, &g, 400, a, &differing);
		lw_arena_free(a);
	}
	assert_true(differing > 5000);
}

/* libseccomp's own layout is read as well as ours. */
static void reads_libseccomps_programs(void **state)
{
	unsigned differing = 0;
	seed = 12345;
	for (size_t i = 0; i < BASES; i++) {
		struct lw_verdicts v = verdicts(&base_table[i], LW_CAPS_DOCKER, *state);
		struct lw_reference built;
		struct lw_err err = { 0 };
		assert_int_equal(lw_libseccomp_build(&v, *state, &built, &err), 0);
		struct lw_filter own = compile(&base_table[i], LW_CAPS_DOCKER, *state);
		struct lw_filter other = compile(&base_table[(i + 1) % BASES], LW_CAPS_DOCKER, *state);
		struct lw_call_changes none;
		assert_int_equal(lw_filter_diff(&own, &built.filter, *state, &none, &err), 0);
		assert_int_equal(none.n, 0);
		check_pair(&built.filter, &other, 2000, *state, &differing);
	}
	assert_true(differing > 100);
}

static const char *line_of(const struct lw_seccomp *p, const struct lw_seccomp *q, size_t i, struct lw_arena *a)
{
	struct lw_call_changes changes;
	struct lw_err err = { 0 };
	struct lw_filter f = layout(p, a), g = layout(q, a);
	assert_int_equal(lw_filter_diff(&f, &g, a, &changes, &err), 0);
	return i < changes.n ? changes.v[i].what : NULL;
}

/* The words: names of constants, lists, ranges, "all but", bits. */
static void reads_well(void **state)
{
	static const struct {
		const char *rule, *line;
	} table[] = {
		{ "socket(AF_VSOCK, *)", "socket(AF_VSOCK, *)" },
		{ "socket", "socket" },
		{ "socket(AF_INET|AF_INET6, *)", "socket(AF_INET|AF_INET6, *)" },
		{ "socket(!=AF_INET, SOCK_STREAM)", "socket(!=AF_INET, SOCK_STREAM, *)" },
		{ "kill(*, >=20)", "kill(*, >=20)" },
		{ "kill(<20, SIGKILL)", "kill(<20, SIGKILL)" },
		{ "read(*, *, <0x100000005)", "read(*, *, <0x100000005)" },
		{ "read(*, *, >5)", "read(*, *, >=6)" },
		{ "clone(&CLONE_NEWUSER=CLONE_NEWUSER)", "clone(&CLONE_NEWUSER=CLONE_NEWUSER, *)" },
		{ "clone(&CLONE_NEWUSER|CLONE_NEWNS=0)", "clone(&CLONE_NEWNS|CLONE_NEWUSER=0, *)" },
		{ "ioctl(*, 0x1234)", "ioctl(*, 4660, *)" },
		{ "ioctl(*, 0x12345)", "ioctl(*, 0x12345, *)" },
	};
	static const struct lw_seccomp deny = { .base = LW_SECCOMP_DENY };
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct lw_seccomp *p = with_rule(LW_SECCOMP_DENY, LW_SECCOMP_ALLOW, table[i].rule, *state);
		assert_string_equal(line_of(&deny, p, 0, *state), table[i].line);
		assert_null(line_of(&deny, p, 1, *state));
		assert_null(line_of(p, p, 0, *state));
	}
}

/* Of what differs in so many ways that nobody could read it, examples are told, and that there are more. */
static void bounds(void **state)
{
	struct lw_seccomp p = { .base = LW_SECCOMP_DENY, .n_rules = 4 };
	struct lw_call_changes changes;
	struct lw_err err = { 0 };
	p.rules = lw_arena_array(*state, p.n_rules, sizeof *p.rules);
	for (unsigned i = 0; i < p.n_rules; i++) {
		const char **names = lw_arena_array(*state, 60, sizeof *names);
		for (unsigned k = 0; k < 60; k++)
			names[k] = lw_arena_printf(*state, "ioctl(%u, %u, %u)", 1000 + 2 * k, 2000 * i + 2 * k,
						   5000 + 2 * k);
		p.rules[i].names = (struct lw_strlist){ 60, names };
	}
	struct lw_filter f = layout(&p, *state), none = { 0 };
	assert_int_equal(lw_filter_diff(&f, &none, *state, &changes, &err), 0);
	unsigned single = 0, words = 0;
	for (size_t i = 0; i < changes.n; i++) {
		const struct lw_call_change *c = &changes.v[i];
		if (strncmp(c->what, "ioctl", 5) != 0)
			continue;
		assert_int_equal(judge(&f, &c->example), c->a);
		assert_int_equal(judge(&none, &c->example), c->b);
		single += !c->words;
		words += c->words;
	}
	assert_int_equal(single, 1);
	assert_int_equal(words, 1);
	assert_int_equal(lw_filter_diff(&f, &f, *state, &changes, &err), 0);
	assert_int_equal(changes.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_what_they_do, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(reads_libseccomps_programs, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(reads_well, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(bounds, arena_setup, arena_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
