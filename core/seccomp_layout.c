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
struct layout {
	struct sock_filter *insns;
	unsigned n;
	struct range *ranges;
	unsigned n_ranges, cap_ranges;
	bool failed; /* more than fits */
};

static unsigned emit(struct layout *l, unsigned code, unsigned jt, unsigned jf, uint32_t k)
{
	if (l->n == LW_FILTER_MAX) {
		l->failed = true;
		return 0;
	}
	l->insns[l->n] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	return l->n++;
}

static void emit_load(struct layout *l, size_t offset)
{
	emit(l, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void emit_return(struct layout *l, uint32_t action)
{
	emit(l, BPF_RET | BPF_K, 0, 0, action);
}

/* Points the far side of a jump emitted as {jump, ja 0} here. */
static void land(struct layout *l, unsigned ja)
{
	if (!l->failed)
		l->insns[ja].k = l->n - ja - 1;
}

static size_t low_word(unsigned arg)
{
	size_t offset = offsetof(struct seccomp_data, args) + 8 * (size_t)arg;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	offset += 4;
#endif
	return offset;
}

/* One rule: its return when all comparisons hold, the next instruction when one does not. `loaded` is the argument
 * whose low word the accumulator still holds, or -1; returns what it holds for the next rule. */
static int emit_rule(struct layout *l, const struct lw_arg_rule *rule, int loaded)
{
	unsigned fails[LW_ARG_CMPS];
	bool when_true[LW_ARG_CMPS];
	int after = -1;
	for (unsigned j = 0; j < rule->n; j++) {
		const struct lw_arg_cmp *cmp = &rule->cmp[j];
		if (loaded != cmp->arg)
			emit_load(l, low_word(cmp->arg));
		loaded = cmp->arg;
		unsigned op = BPF_JEQ;
		uint32_t k = cmp->value;
		if (cmp->op == LW_ARG_EQ && cmp->mask != LW_ARG_ALL) {
			emit(l, BPF_ALU | BPF_AND | BPF_K, 0, 0, cmp->mask);
			loaded = -1;
		} else if (cmp->op == LW_ARG_LT) {
			op = BPF_JGE;
		} else if (cmp->op == LW_ARG_GT) {
			op = BPF_JGT;
		}
		when_true[j] = cmp->op == LW_ARG_LT;
		fails[j] = emit(l, BPF_JMP | op | BPF_K, 0, 0, k);
		if (j == 0)
			after = rule->n == 1 ? loaded : -1;
	}
	emit_return(l, rule->action);
	for (unsigned j = 0; j < rule->n && !l->failed; j++) {
		uint8_t distance = (uint8_t)(l->n - fails[j] - 1); /* a rule is at most 3 * LW_ARG_CMPS + 1 long */
		if (when_true[j])
			l->insns[fails[j]].jt = distance;
		else
			l->insns[fails[j]].jf = distance;
	}
	return after;
}

static void emit_leaf(struct layout *l, const struct lw_verdict *v)
{
	int loaded = -1;
	for (unsigned i = 0; i < v->n_rules; i++)
		loaded = emit_rule(l, &v->rules[i], loaded);
	emit_return(l, v->action);
}

/* The search among ranges[lo..hi]. The accumulator holds the number. */
static void emit_search(struct layout *l, unsigned lo, unsigned hi)
{
	if (l->failed)
		return;
	if (lo == hi) {
		emit_leaf(l, &l->ranges[lo].verdict);
		return;
	}
	unsigned mid = lo + (hi - lo + 1) / 2;
	unsigned jump = emit(l, BPF_JMP | BPF_JGE | BPF_K, 0, 0, l->ranges[mid].first);
	unsigned body = l->n;
	emit_search(l, lo, mid - 1);
	if (l->failed)
		return;
	unsigned distance = l->n - jump - 1;
	if (distance < 256) {
		l->insns[jump].jt = (uint8_t)distance;
	} else {
		/* Too far for a conditional jump: turn round through an unconditional one, and lay the left side out
		 * again behind it. */
		l->n = body;
		l->insns[jump].jt = 0;
		l->insns[jump].jf = 1;
		unsigned ja = emit(l, BPF_JMP | BPF_JA, 0, 0, 0);
		emit_search(l, lo, mid - 1);
		land(l, ja);
	}
	emit_search(l, mid, hi);
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
	struct layout l = { .cap_ranges = 8 };
	for (unsigned i = 0; i < n_abis; i++)
		l.cap_ranges += *abis[i].abi->count + 1;
	l.ranges = lw_arena_array(a, l.cap_ranges, sizeof *l.ranges);
	l.insns = lw_arena_array(a, LW_FILTER_MAX, sizeof *l.insns);
	if (!l.ranges || !l.insns)
		return lw_fail(err, -ENOMEM, "out of memory");

	emit_load(&l, offsetof(struct seccomp_data, arch));
	for (unsigned i = 0; i < n_abis; i++) {
		uint32_t arch = abis[i].abi->audit_arch;
		bool first = true;
		for (unsigned j = 0; j < i; j++)
			first = first && abis[j].abi->audit_arch != arch;
		if (!first)
			continue;
		add_arch(&l, abis, n_abis, arch);
		emit(&l, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, arch);
		unsigned other = emit(&l, BPF_JMP | BPF_JA, 0, 0, 0);
		emit_load(&l, offsetof(struct seccomp_data, nr));
		emit_search(&l, 0, l.n_ranges - 1);
		land(&l, other);
	}
	emit_return(&l, SECCOMP_RET_KILL_PROCESS);
	if (l.failed)
		return lw_fail_as(err, LW_ERR_POLICY, -E2BIG, "the policy needs more than %d instructions",
				  LW_FILTER_MAX);
	ret->insns = l.insns;
	ret->n = l.n;
	return 0;
}
