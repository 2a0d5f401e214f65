/* filter_tests.c: reads out of a filter program what it compares the arguments of one call with, by walking it with the
 * number and the architecture known and the arguments not. Jumps go forward only, so one pass sees everything. */
#include <errno.h>
#include <stddef.h>
#include "filter_diff.h"

enum content { UNREACHED, KNOWN, WORD, MIXED };
struct accumulator {
	uint8_t content; /* enum content */
	uint8_t word;
	uint32_t value; /* KNOWN */
	uint32_t mask;  /* WORD: what is left of it */
};

static void join(struct accumulator *into, struct accumulator from)
{
	bool same = into->content == from.content && into->word == from.word && into->value == from.value &&
		    into->mask == from.mask;
	if (into->content == UNREACHED)
		*into = from;
	else if (!same)
		*into = (struct accumulator){ .content = MIXED };
}

static int load(uint32_t offset, uint32_t arch, uint32_t nr, struct accumulator *ret)
{
	const uint32_t args = offsetof(struct seccomp_data, args);
	if (offset == offsetof(struct seccomp_data, nr))
		*ret = (struct accumulator){ .content = KNOWN, .value = nr };
	else if (offset == offsetof(struct seccomp_data, arch))
		*ret = (struct accumulator){ .content = KNOWN, .value = arch };
	else if (offset >= args)
		*ret = (struct accumulator){ .content = WORD,
					     .word = (uint8_t)((offset - args) / 4),
					     .mask = UINT32_MAX };
	else
		return -EOPNOTSUPP; /* where the call was made from: no policy of ours asks */
	return 0;
}

static int add(struct lw_filter_tests *s, struct lw_word_test t)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->v[i].word == t.word && s->v[i].greater == t.greater && s->v[i].mask == t.mask &&
		    s->v[i].value == t.value)
			return 0;
	if (s->n == LW_FILTER_TESTS)
		return -E2BIG;
	s->v[s->n++] = t;
	return 0;
}

/* Which ways a jump on the accumulator can go; one that depends on an argument is written down. */
static int decide(const struct sock_filter *i, struct accumulator acc, struct lw_filter_tests *tests, bool *ret_true,
		  bool *ret_false)
{
	struct lw_word_test t = { .word = acc.word, .mask = acc.mask, .value = i->k };
	uint32_t v = acc.value;
	if (BPF_SRC(i->code) == BPF_X || acc.content == MIXED)
		return -EOPNOTSUPP;
	if (acc.content == KNOWN) {
		switch (BPF_OP(i->code)) {
		case BPF_JEQ:
			*ret_true = v == i->k;
			break;
		case BPF_JGT:
			*ret_true = v > i->k;
			break;
		case BPF_JGE:
			*ret_true = v >= i->k;
			break;
		default: /* BPF_JSET */
			*ret_true = v & i->k;
		}
		*ret_false = !*ret_true;
		return 0;
	}
	*ret_true = *ret_false = true;
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		*ret_true = !(i->k & ~acc.mask);
		break;
	case BPF_JSET:
		t.mask &= i->k;
		t.value = 0;
		*ret_true = t.mask != 0;
		break;
	default: /* BPF_JGT, BPF_JGE: greater than the number before */
		if (acc.mask != UINT32_MAX)
			return -EOPNOTSUPP;
		t.greater = true;
		if (BPF_OP(i->code) == BPF_JGE) {
			*ret_false = i->k != 0;
			t.value--;
		} else {
			*ret_true = i->k != UINT32_MAX;
		}
	}
	return *ret_true && *ret_false ? add(tests, t) : 0;
}

static int step(const struct sock_filter *i, uint32_t arch, uint32_t nr, struct accumulator *acc)
{
	if (i->code == (BPF_LD | BPF_W | BPF_ABS))
		return load(i->k, arch, nr, acc);
	if (i->code != (BPF_ALU | BPF_AND | BPF_K) || acc->content == MIXED)
		return -EOPNOTSUPP;
	acc->mask &= i->k;
	acc->value &= i->k;
	return 0;
}

int lw_filter_tests_add(const struct lw_filter *f, uint32_t arch, uint32_t nr, struct lw_arena *a,
			struct lw_filter_tests *ret)
{
	struct accumulator *at = lw_arena_array(a, f->n + 1, sizeof *at);
	int r = at ? 0 : -ENOMEM;
	if (at && f->n)
		at[0] = (struct accumulator){ .content = KNOWN };
	for (unsigned pc = 0; pc < f->n && r == 0; pc++) {
		const struct sock_filter *i = &f->insns[pc];
		bool yes, no;
		if (at[pc].content == UNREACHED)
			continue;
		switch (BPF_CLASS(i->code)) {
		case BPF_RET:
			r = BPF_RVAL(i->code) == BPF_K ? 0 : -EOPNOTSUPP;
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA) {
				join(&at[pc + 1 + i->k], at[pc]);
				break;
			}
			r = decide(i, at[pc], ret, &yes, &no);
			if (r == 0 && yes)
				join(&at[pc + 1 + i->jt], at[pc]);
			if (r == 0 && no)
				join(&at[pc + 1 + i->jf], at[pc]);
			break;
		default:
			r = step(i, arch, nr, &at[pc]);
			if (r == 0)
				join(&at[pc + 1], at[pc]);
		}
	}
	return r;
}

#define TRIED 96 /* values of one argument */
#define COMBINATIONS 20000
struct tried {
	unsigned n;
	uint64_t v[TRIED];
};

static void try_value(struct tried *t, uint64_t v)
{
	if (t->n < TRIED)
		t->v[t->n++] = v;
}

/* Each value that its low word is compared with, and its neighbours; the high word as the last comparison of it has it.
 */
static void try_values(const struct lw_filter_tests *tests, unsigned arg, struct tried *ret)
{
	uint64_t high = 0;
	ret->n = 0;
	for (unsigned i = 0; i < tests->n; i++) {
		const struct lw_word_test *t = &tests->v[i];
		if (t->word == 2 * arg + 1)
			high = (uint64_t)t->value << 32;
		if (t->word != 2 * arg)
			continue;
		try_value(ret, high | t->value);
		try_value(ret, high | (uint32_t)(t->value + 1));
	}
	try_value(ret, high);
	try_value(ret, 0);
}

int lw_filter_tests_try(const struct lw_filter_tests *tests, int (*fn)(void *arg, const uint64_t args[6]), void *arg)
{
	struct tried t[6];
	uint64_t args[6], total = 1;
	int r = 0;
	for (unsigned i = 0; i < 6; i++) {
		try_values(tests, i, &t[i]);
		total *= t[i].n;
	}
	for (unsigned k = 0; k < TRIED && r >= 0; k++) {
		for (unsigned i = 0; i < 6; i++)
			args[i] = t[i].v[k % t[i].n];
		r = fn(arg, args);
	}
	uint64_t step = total > COMBINATIONS ? (total / COMBINATIONS) | 1 : 1;
	for (uint64_t k = 0; k < total && r >= 0; k += step) {
		uint64_t pick = k;
		for (unsigned i = 0; i < 6; i++) {
			args[i] = t[i].v[pick % t[i].n];
			pick /= t[i].n;
		}
		r = fn(arg, args);
	}
	return r;
}
