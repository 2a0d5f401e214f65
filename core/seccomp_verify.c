/* seccomp_verify.c: holds a program against another and against the verdicts it was made from, by running it on every
 * call number and on every argument value that could make a difference. Done once per policy, when the cache misses. */
#include "seccomp_filter.h"

#include <stddef.h>

#define VALUES 512
struct values {
	unsigned n;
	uint64_t v[VALUES];
};

static void add(struct values *s, uint64_t v)
{
	if (s->n < VALUES)
		s->v[s->n++] = v;
}

/* A value, its neighbours, its single-bit neighbours, and each with something in the high word. */
static void add_around(struct values *s, uint32_t value, uint32_t mask, bool bits)
{
	uint32_t near[] = { value, value - 1, value + 1, value | ~mask, ~value };
	for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
		add(s, near[i]);
		add(s, near[i] | UINT64_C(1) << 32);
		add(s, near[i] | UINT64_C(0xffffffff) << 32);
	}
	for (unsigned bit = 0; bits && bit < 32; bit++) {
		add(s, value ^ UINT32_C(1) << bit);
		add(s, (value ^ UINT32_C(1) << bit) | UINT64_C(1) << 63);
	}
}

typedef bool check_fn(void *arg, const struct seccomp_data *call);

/* Every combination of interesting values of the arguments the verdict looks at. */
static bool each_args(const struct lw_verdict *v, struct seccomp_data *call, unsigned arg, check_fn *fn, void *data)
{
	if (arg == 6)
		return fn(data, call);
	struct values s = { 0 };
	unsigned looked_at = 0;
	for (unsigned i = 0; i < v->n_rules; i++)
		for (unsigned j = 0; j < v->rules[i].n; j++)
			looked_at |= 1U << v->rules[i].cmp[j].arg;
	add(&s, 0);
	if (looked_at >> arg & 1) {
		bool alone = looked_at == 1U << arg;
		add(&s, UINT64_MAX);
		for (unsigned i = 0; i < v->n_rules; i++)
			for (unsigned j = 0; j < v->rules[i].n; j++)
				if (v->rules[i].cmp[j].arg == arg)
					add_around(&s, v->rules[i].cmp[j].value, v->rules[i].cmp[j].mask, alone);
	}
	for (unsigned i = 0; i < s.n; i++) {
		call->args[arg] = s.v[i];
		if (!each_args(v, call, arg + 1, fn, data))
			return false;
	}
	return true;
}

/* Every number of the table, and those around its end. */
static bool each_call(const struct lw_verdicts *all, check_fn *fn, void *data)
{
	static const struct lw_verdict plain;
	static const uint32_t beyond_table[] = { 0, 1, 2, 100, 0x1fffffff };
	static const uint64_t some[2] = { 0, UINT64_MAX };
	unsigned count = *all->abi->count;
	for (unsigned nr = 0; nr < count; nr++) {
		struct seccomp_data call = { .nr = (int)(all->abi->first + nr), .arch = all->abi->audit_arch };
		if (!each_args(&all->v[nr], &call, 0, fn, data))
			return false;
		for (unsigned i = 0; i < 6; i++) /* a call without argument rules must not care about them */
			call.args[i] = UINT64_C(0x100000000) * (i + 1) + 0x5412 + i;
		if (!fn(data, &call))
			return false;
	}
	for (unsigned i = 0; i < sizeof beyond_table / sizeof beyond_table[0]; i++)
		for (unsigned j = 0; j < 2; j++) {
			struct seccomp_data call = {
				.nr = (int)(all->abi->first + count + beyond_table[i]),
				.arch = all->abi->audit_arch,
				.args = { some[j], some[j] },
			};
			if (!each_args(&plain, &call, 2, fn, data))
				return false;
		}
	return true;
}

struct pair {
	const struct lw_filter *f, *reference;
};

static bool same(void *arg, const struct seccomp_data *call)
{
	const struct pair *p = arg;
	return lw_filter_run(p->f->insns, p->f->n, call) == lw_filter_run(p->reference->insns, p->reference->n, call);
}

bool lw_filter_equal(const struct lw_filter *f, const struct lw_filter *reference, const struct lw_verdicts *native)
{
	return each_call(native, same, &(struct pair){ f, reference });
}

struct promise {
	const struct lw_filter *f;
	const struct lw_verdicts *all;
};

static bool kept(void *arg, const struct seccomp_data *call)
{
	const struct promise *p = arg;
	return lw_filter_run(p->f->insns, p->f->n, call) == lw_verdicts_eval(p->all, call);
}

static bool dies(const struct lw_filter *f, uint32_t arch, uint32_t first)
{
	for (uint32_t nr = 0; nr < 1024; nr++) {
		struct seccomp_data call = { .nr = (int)(first + nr), .arch = arch };
		if (lw_filter_run(f->insns, f->n, &call) != SECCOMP_RET_KILL_PROCESS)
			return false;
	}
	return true;
}

/* x86-64 and x32 share an audit architecture: the ends of their ranges. */
static bool ends_hold(const struct lw_filter *f, const struct lw_verdicts *native, const struct lw_verdicts *x32)
{
	const struct {
		uint32_t nr, action;
	} ends[] = {
		{ LW_X32_BIT - 1, native->beyond },
		{ UINT32_MAX - 1, x32 ? x32->beyond : SECCOMP_RET_KILL_PROCESS },
		{ UINT32_MAX, LW_NOSYS },
	};
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct seccomp_data call = { .nr = (int)ends[i].nr, .arch = AUDIT_ARCH_X86_64 };
		if (lw_filter_run(f->insns, f->n, &call) != ends[i].action)
			return false;
	}
	return true;
}

bool lw_filter_obeys(const struct lw_filter *f, const struct lw_verdicts *abis, unsigned n_abis)
{
	unsigned n_foreign;
	const struct lw_abi *foreign = lw_abi_foreign(&n_foreign);
	const struct lw_verdicts *x32 = NULL;
	if (!lw_filter_valid(f->insns, f->n))
		return false;
	for (unsigned i = 0; i < n_abis; i++) {
		if (!each_call(&abis[i], kept, &(struct promise){ f, &abis[i] }))
			return false;
		if (abis[i].abi->first == LW_X32_BIT)
			x32 = &abis[i];
	}
	if (abis[0].abi->audit_arch == AUDIT_ARCH_X86_64 && !ends_hold(f, &abis[0], x32))
		return false;
	for (unsigned i = 0; i < n_foreign; i++) {
		bool named = false;
		for (unsigned j = 0; j < n_abis; j++)
			named = named || abis[j].abi == &foreign[i];
		if (!named && !dies(f, foreign[i].audit_arch, foreign[i].first))
			return false;
	}
	return dies(f, AUDIT_ARCH_PPC64, 0) && dies(f, 0, 0);
}
