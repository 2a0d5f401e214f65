/* seccomp_verify.c: holds a program against another and against the verdicts it was made from, by running it on every
 * call number and on every argument value that could make a difference. Done once per policy, when the cache misses. */
#include "seccomp_filter.h"

#include <stddef.h>
#include <string.h>

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
static void add_around(struct values *s, const struct lw_arg_cmp *cmp, bool bits)
{
	uint64_t value = cmp->value;
	uint64_t near[] = { value, value - 1, value + 1, value | ~cmp->mask, ~value };
	unsigned width = cmp->mask > LW_ARG_ALL ? 64 : 32;
	for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
		uint32_t low = (uint32_t)near[i];
		add(s, near[i]);
		add(s, low);
		add(s, low | UINT64_C(1) << 32);
		add(s, low | UINT64_C(0xffffffff) << 32);
	}
	for (unsigned bit = 0; bits && bit < width; bit++) {
		add(s, value ^ UINT64_C(1) << bit);
		add(s, (value ^ UINT64_C(1) << bit) | UINT64_C(1) << 63);
	}
}

typedef bool check_fn(void *arg, const struct seccomp_data *call);

/* What the arguments are tried with, by argument. */
static void collect(const struct lw_verdict *v, struct values s[6])
{
	unsigned looked_at = 0;
	for (unsigned i = 0; i < v->n_rules; i++)
		for (unsigned j = 0; j < v->rules[i].n; j++)
			looked_at |= 1U << v->rules[i].cmp[j].arg;
	for (unsigned arg = 0; arg < 6; arg++) {
		bool alone = looked_at == 1U << arg;
		s[arg].n = 0;
		add(&s[arg], 0);
		if (!(looked_at >> arg & 1))
			continue;
		add(&s[arg], UINT64_MAX);
		for (unsigned i = 0; i < v->n_rules; i++)
			for (unsigned j = 0; j < v->rules[i].n; j++)
				if (v->rules[i].cmp[j].arg == arg)
					add_around(&s[arg], &v->rules[i].cmp[j], alone);
	}
}

#define COMBINATIONS 50000

/* Every combination of the values; of more than COMBINATIONS, that many, spread over all of them by a step that has no
 * divisor in common with the usual counts. */
static bool combinations(const struct values s[6], struct seccomp_data *call, check_fn *fn, void *data)
{
	uint64_t total = 1, step = 1;
	for (unsigned arg = 0; arg < 6; arg++)
		total *= s[arg].n;
	if (total > COMBINATIONS)
		step = (total / COMBINATIONS) | 1;
	for (uint64_t k = 0; k < total; k += step) {
		uint64_t pick = k;
		for (unsigned arg = 0; arg < 6; arg++) {
			call->args[arg] = s[arg].v[pick % s[arg].n];
			pick /= s[arg].n;
		}
		if (!fn(data, call))
			return false;
	}
	return true;
}

/* Around each rule: a call that it matches, as far as one value of each argument can, and then every value of one
 * argument while the others stay. */
static bool around_rules(const struct lw_verdict *v, const struct values s[6], struct seccomp_data *call, check_fn *fn,
			 void *data)
{
	for (unsigned i = 0; i < v->n_rules; i++) {
		uint64_t center[6] = { 0 };
		for (unsigned j = 0; j < v->rules[i].n; j++) {
			const struct lw_arg_cmp *cmp = &v->rules[i].cmp[j];
			center[cmp->arg] = cmp->value + (cmp->op == LW_ARG_LT ? UINT64_MAX : cmp->op != LW_ARG_EQ);
		}
		for (unsigned arg = 0; arg < 6; arg++) {
			memcpy(call->args, center, sizeof center);
			for (unsigned k = 0; k < s[arg].n; k++) {
				call->args[arg] = s[arg].v[k];
				if (!fn(data, call))
					return false;
			}
		}
	}
	return true;
}

/* Combinations of interesting values of the arguments the verdict looks at. */
static bool each_args(const struct lw_verdict *v, struct seccomp_data *call, check_fn *fn, void *data)
{
	struct values s[6];
	collect(v, s);
	return combinations(s, call, fn, data) && around_rules(v, s, call, fn, data);
}

/* Every number of the table, and those around its end. */
static bool each_call(const struct lw_verdicts *all, check_fn *fn, void *data)
{
	static const uint32_t beyond_table[] = { 0, 1, 2, 100, 0x1fffffff };
	static const uint64_t some[2] = { 0, UINT64_MAX };
	unsigned count = *all->abi->count;
	for (unsigned nr = 0; nr < count; nr++) {
		struct seccomp_data call = { .nr = (int)(all->abi->first + nr), .arch = all->abi->audit_arch };
		if (!each_args(&all->v[nr], &call, fn, data))
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
			if (!fn(data, &call))
				return false;
		}
	return true;
}

struct pair {
	const struct lw_filter *f, *reference;
	const struct lw_verdicts *all;
	const bool *skip;
};

static bool same(void *arg, const struct seccomp_data *call)
{
	const struct pair *p = arg;
	uint32_t nr = (uint32_t)call->nr - p->all->abi->first;
	if (p->skip && (nr >= *p->all->abi->count || p->skip[nr]))
		return true;
	for (unsigned i = 0; i < 6; i++)
		if (call->args[i] & ~p->all->abi->argument_mask)
			return true; /* nobody can make it */
	return lw_filter_run(p->f->insns, p->f->n, call) == lw_filter_run(p->reference->insns, p->reference->n, call);
}

bool lw_filter_equal(const struct lw_filter *f, const struct lw_filter *reference, const struct lw_verdicts *all,
		     const bool *skip)
{
	return each_call(all, same, &(struct pair){ f, reference, all, skip });
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
