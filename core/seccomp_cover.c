/* seccomp_cover.c: turns a verdict's ordered rules into disjoint terms that can be given to libseccomp in any order.
 * Its rules have no order, its comparisons other than MASKED_EQ look at all 64 bits, and it has no "everything but": so
 * ranges become prefixes and what remains after a match is split bit by bit (the "sharp" of two cubes). */
#include "seccomp_filter.h"

#include <string.h>

#define ARGS 6

#define BITS 64

/* Terms that an open comparison stands for: one for EQ, else at most one prefix for each bit compared. */
static unsigned prefixes(const struct lw_arg_cmp *cmp, uint64_t mask[BITS], uint64_t value[BITS])
{
	unsigned n = 0;
	if (cmp->op == LW_ARG_EQ) {
		mask[0] = cmp->mask;
		value[0] = cmp->value;
		return 1;
	}
	/* x < v: for every bit set in v, the same bits above it, a 0 there, anything below. x > v: bits clear, a 1. x
	 * != v: either. */
	for (unsigned bit = 0; bit < BITS; bit++) {
		uint64_t one = UINT64_C(1) << bit;
		bool set = cmp->value & one;
		if (!(cmp->mask & one) || (cmp->op != LW_ARG_NE && set != (cmp->op == LW_ARG_LT)))
			continue;
		mask[n] = cmp->mask & ~(one - 1);
		value[n] = (cmp->value ^ one) & mask[n];
		n++;
	}
	return n;
}

/* a and b; false when nothing is in both. */
static bool both(const struct lw_term *a, const struct lw_term *b, struct lw_term *ret)
{
	struct lw_term t = { .action = b->action };
	for (unsigned i = 0; i < ARGS; i++) {
		if ((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i])
			return false;
		t.mask[i] = a->mask[i] | b->mask[i];
		t.value[i] = a->value[i] | b->value[i];
	}
	*ret = t;
	return true;
}

static int push(struct lw_terms *list, const struct lw_term *t)
{
	if (list->n == LW_TERMS_MAX)
		return -1;
	list->v[list->n++] = *t;
	return 0;
}

/* a without b, as disjoint terms. From the highest bit down, so that what is left of a range stays made of prefixes:
 * the other way round the next range would shatter it. */
static int without(const struct lw_term *a, const struct lw_term *b, struct lw_terms *out)
{
	struct lw_term rest = *a, common;
	if (!both(a, b, &common))
		return push(out, a);
	for (unsigned i = 0; i < ARGS; i++) {
		for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1) {
			struct lw_term t = rest;
			if (!(bit & b->mask[i] & ~a->mask[i]))
				continue;
			t.mask[i] |= bit;
			t.value[i] = (t.value[i] & ~bit) | (~b->value[i] & bit);
			if (push(out, &t) < 0)
				return -1;
			rest.mask[i] |= bit;
			rest.value[i] = (rest.value[i] & ~bit) | (b->value[i] & bit);
		}
	}
	return 0;
}

/* Takes one term out of what is left and adds what matched to ret. */
static int take(struct lw_terms *left, struct lw_terms *spare, const struct lw_term *term, struct lw_terms *ret)
{
	spare->n = 0;
	for (unsigned i = 0; i < left->n; i++) {
		struct lw_term match;
		if (both(&left->v[i], term, &match) && push(ret, &match) < 0)
			return -1;
		if (without(&left->v[i], term, spare) < 0)
			return -1;
	}
	left->n = spare->n;
	memcpy(left->v, spare->v, spare->n * sizeof spare->v[0]);
	return 0;
}

static int take_rule(struct lw_terms *left, struct lw_terms *spare, const struct lw_arg_rule *rule,
		     struct lw_terms *ret)
{
	uint64_t mask[LW_ARG_CMPS][BITS], value[LW_ARG_CMPS][BITS];
	unsigned n[LW_ARG_CMPS] = { 0 }, total = 1;
	for (unsigned j = 0; j < rule->n; j++) {
		n[j] = prefixes(&rule->cmp[j], mask[j], value[j]);
		total *= n[j];
		if (total > LW_TERMS_MAX)
			return -1;
	}
	for (unsigned k = 0; k < total; k++) {
		struct lw_term term = { .action = rule->action };
		unsigned pick = k;
		bool possible = true;
		for (unsigned j = 0; j < rule->n; j++) {
			struct lw_term one = { .action = rule->action }, sum;
			unsigned arg = rule->cmp[j].arg;
			one.mask[arg] = mask[j][pick % n[j]];
			one.value[arg] = value[j][pick % n[j]];
			pick /= n[j];
			possible = possible && both(&term, &one, &sum);
			if (possible)
				term = sum;
		}
		if (possible && take(left, spare, &term, ret) < 0)
			return -1;
	}
	return 0;
}

int lw_verdict_cover(const struct lw_verdict *v, struct lw_arena *a, struct lw_terms *ret)
{
	struct lw_terms *left = lw_arena_alloc(a, sizeof *left), *spare = lw_arena_alloc(a, sizeof *spare);
	if (!left || !spare)
		return -1;
	ret->n = 0;
	left->n = 1;
	for (unsigned i = 0; i < v->n_rules; i++)
		if (take_rule(left, spare, &v->rules[i], ret) < 0)
			return -1;
	for (unsigned i = 0; i < left->n; i++) {
		left->v[i].action = v->action;
		if (push(ret, &left->v[i]) < 0)
			return -1;
	}
	return 0;
}
