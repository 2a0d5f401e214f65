/* seccomp_layout.c: our own program for a set of verdicts: a binary search over ranges of numbers with equal verdicts,
 * the tests of arguments at the leaves. It is shorter and quicker to load than libseccomp's (the kernel runs it once
 * per call number while loading, to learn which answers do not depend on arguments), and is used only after a check
 * against it. */
#include "seccomp_filter.h"

#include <errno.h>
#include <stddef.h>

struct range {
	uint32_t first; /* up to the next one's */
	struct lw_verdict verdict;
};
/* The program is written from its end to its beginning, because jumps go forward: when one is written, what it jumps to
 * is there already, and returns can be shared as long as a jump reaches them. A label is an index into insns. */
struct layout {
	struct sock_filter *insns; /* LW_FILTER_MAX of them */
	unsigned at;               /* the first one written so far */
	struct range *ranges;
	unsigned n_ranges, cap_ranges;
	bool failed; /* more than fits */
};

#define REACH 250 /* of a conditional jump: 255, less what may still be written in between */

static unsigned emit(struct layout *l, unsigned code, unsigned jt, unsigned jf, uint32_t k)
{
	if (l->at == 0) {
		l->failed = true;
		return 0;
	}
	l->insns[--l->at] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	return l->at;
}

static unsigned emit_load(struct layout *l, size_t offset)
{
	return emit(l, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* A return of this action within reach: one that is there, or a new one. */
static unsigned emit_return(struct layout *l, uint32_t action)
{
	for (unsigned i = l->at; i < LW_FILTER_MAX && i < l->at + REACH; i++)
		if (l->insns[i].code == (BPF_RET | BPF_K) && l->insns[i].k == action)
			return i;
	return emit(l, BPF_RET | BPF_K, 0, 0, action);
}

/* A label within reach that leads where this one does. */
static unsigned near_label(struct layout *l, unsigned label)
{
	if (l->failed || label - l->at < REACH)
		return label;
	if (l->insns[label].code == (BPF_RET | BPF_K))
		return emit_return(l, l->insns[label].k);
	return emit(l, BPF_JMP | BPF_JA, 0, 0, label - l->at);
}

static unsigned emit_jump(struct layout *l, unsigned op, uint32_t k, unsigned when_true, unsigned when_false)
{
	when_true = near_label(l, when_true);
	when_false = near_label(l, when_false);
	return emit(l, BPF_JMP | op | BPF_K, when_true - l->at, when_false - l->at, k);
}

static size_t word_offset(unsigned arg, bool high)
{
	size_t offset = offsetof(struct seccomp_data, args) + 8 * (size_t)arg;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	high = !high;
#endif
	return offset + (high ? 4 : 0);
}

static uint32_t half(uint64_t v, bool high)
{
	return (uint32_t)(high ? v >> 32 : v);
}

/* True when the accumulator still holds the low word of this comparison's argument after it, whichever way it went. */
static bool keeps_word(const struct lw_arg_cmp *cmp)
{
	return cmp->mask == LW_ARG_ALL;
}

/* (word & mask) OP value of one half. `loaded`: the accumulator holds the word already. */
static unsigned emit_half(struct layout *l, const struct lw_arg_cmp *cmp, unsigned op, bool high, bool loaded,
			  unsigned yes, unsigned no)
{
	uint32_t mask = half(cmp->mask, high);
	unsigned label = emit_jump(l, op, half(cmp->value, high), yes, no);
	if (mask != UINT32_MAX)
		label = emit(l, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	return loaded ? label : emit_load(l, word_offset(cmp->arg, high));
}

/* One comparison; `loaded`: the accumulator holds the low word of the argument already. */
static unsigned emit_compare(struct layout *l, const struct lw_arg_cmp *cmp, bool loaded, unsigned yes, unsigned no)
{
	bool wide = half(cmp->mask, true) != 0;
	unsigned low;
	switch (cmp->op) {
	case LW_ARG_NE:
		low = emit_half(l, cmp, BPF_JEQ, false, loaded && !wide, no, yes);
		return wide ? emit_half(l, cmp, BPF_JEQ, true, false, low, yes) : low;
	case LW_ARG_LT:
		low = emit_half(l, cmp, BPF_JGE, false, loaded && !wide, no, yes);
		break;
	case LW_ARG_GT:
		low = emit_half(l, cmp, BPF_JGT, false, loaded && !wide, yes, no);
		break;
	default:
		low = emit_half(l, cmp, BPF_JEQ, false, loaded && !wide, yes, no);
		return wide ? emit_half(l, cmp, BPF_JEQ, true, false, low, no) : low;
	}
	if (!wide)
		return low;
	/* Equal high words leave it to the low ones. */
	bool less = cmp->op == LW_ARG_LT;
	low = emit_jump(l, BPF_JEQ, half(cmp->value, true), low, less ? yes : no);
	return emit_half(l, cmp, BPF_JGT, true, false, less ? no : yes, low);
}

/* One rule: to `next` when a comparison does not hold. */
static unsigned emit_rule(struct layout *l, const struct lw_arg_rule *rule, bool loaded, unsigned next)
{
	unsigned label = emit_return(l, rule->action);
	for (unsigned j = rule->n; j-- > 0;) {
		const struct lw_arg_cmp *cmp = &rule->cmp[j];
		bool before = j ? rule->cmp[j - 1].arg == cmp->arg && keeps_word(&rule->cmp[j - 1]) : loaded;
		label = emit_compare(l, cmp, before, label, next);
	}
	return label;
}

static unsigned emit_leaf(struct layout *l, const struct lw_verdict *v)
{
	unsigned label = emit_return(l, v->action);
	for (unsigned i = v->n_rules; i-- > 0;) {
		/* A rule of one comparison is left with its word in hand; one of two, with either. */
		const struct lw_arg_rule *rule = &v->rules[i], *before = i ? &v->rules[i - 1] : NULL;
		bool loaded = before && before->n == 1 && before->cmp[0].arg == rule->cmp[0].arg &&
			      keeps_word(&before->cmp[0]);
		label = emit_rule(l, rule, loaded, label);
	}
	return label;
}

/* The search among ranges[lo..hi]. The accumulator holds the number. */
static unsigned emit_search(struct layout *l, unsigned lo, unsigned hi)
{
	if (l->failed || lo == hi)
		return emit_leaf(l, &l->ranges[lo].verdict);
	unsigned mid = lo + (hi - lo + 1) / 2;
	unsigned above = emit_search(l, mid, hi);
	unsigned below = emit_search(l, lo, mid - 1);
	return emit_jump(l, BPF_JGE, l->ranges[mid].first, above, below);
}

static void add_range(struct layout *l, uint32_t first, const struct lw_verdict *v)
{
	if (l->n_ranges) {
		const struct lw_verdict *last = &l->ranges[l->n_ranges - 1].verdict;
		if (!last->n_rules && !v->n_rules && last->action == v->action)
			return;
	}
	if (l->n_ranges == l->cap_ranges) {
		l->failed = true;
		return;
	}
	l->ranges[l->n_ranges++] = (struct range){ first, *v };
}

static void add_abi(struct layout *l, const struct lw_verdicts *all)
{
	for (unsigned nr = 0; nr < *all->abi->count; nr++)
		add_range(l, all->abi->first + nr, &all->v[nr]);
	add_range(l, all->abi->first + *all->abi->count, &(struct lw_verdict){ .action = all->beyond });
}

/* The ranges of every ABI that reports this audit architecture: x32 shares x86-64's. -1 is no system call of any: a
 * tracer's way to skip one. */
static void add_arch(struct layout *l, const struct lw_verdicts *abis, unsigned n_abis, uint32_t arch)
{
	bool marked = false;
	l->n_ranges = 0;
	for (unsigned i = 0; i < n_abis; i++) {
		if (abis[i].abi->audit_arch != arch)
			continue;
		add_abi(l, &abis[i]);
		marked = marked || abis[i].abi->first == LW_X32_BIT;
	}
	if (arch != AUDIT_ARCH_X86_64)
		return;
	if (!marked)
		add_range(l, LW_X32_BIT, &(struct lw_verdict){ .action = SECCOMP_RET_KILL_PROCESS });
	add_range(l, UINT32_MAX, &(struct lw_verdict){ .action = LW_NOSYS });
}

int lw_layout_build(const struct lw_verdicts *abis, unsigned n_abis, struct lw_arena *a, struct lw_filter *ret,
		    struct lw_err *err)
{
	struct layout l = { .at = LW_FILTER_MAX, .cap_ranges = 8 };
	for (unsigned i = 0; i < n_abis; i++)
		l.cap_ranges += *abis[i].abi->count + 1;
	l.ranges = lw_arena_array(a, l.cap_ranges, sizeof *l.ranges);
	l.insns = lw_arena_array(a, LW_FILTER_MAX, sizeof *l.insns);
	if (!l.ranges || !l.insns)
		return lw_fail(err, -ENOMEM, "out of memory");

	unsigned other = emit_return(&l, SECCOMP_RET_KILL_PROCESS);
	for (unsigned i = n_abis; i-- > 0;) {
		uint32_t arch = abis[i].abi->audit_arch;
		bool first = true;
		for (unsigned j = 0; j < i; j++)
			first = first && abis[j].abi->audit_arch != arch;
		if (!first)
			continue;
		add_arch(&l, abis, n_abis, arch);
		unsigned search = emit_search(&l, 0, l.n_ranges - 1);
		/* The load falls through to what follows it: the root of the search was written last. */
		if (search != l.at)
			search = emit(&l, BPF_JMP | BPF_JA, 0, 0, search - l.at);
		search = emit_load(&l, offsetof(struct seccomp_data, nr));
		other = emit_jump(&l, BPF_JEQ, arch, search, other);
	}
	emit_load(&l, offsetof(struct seccomp_data, arch));
	if (l.failed)
		return lw_fail_as(err, LW_ERR_POLICY, -E2BIG, "the policy needs more than %d instructions",
				  LW_FILTER_MAX);
	ret->insns = l.insns + l.at;
	ret->n = LW_FILTER_MAX - l.at;
	return 0;
}
