/* value_set.c: the few operations on sets of cubes that comparing filters needs. */
#include "value_set.h"

#include <errno.h>
#include <string.h>

int lw_value_set_add(struct lw_value_set *s, struct lw_cube c, struct lw_arena *a)
{
	if (s->n == LW_VALUE_CUBES)
		return -E2BIG;
	if (s->n == s->cap) {
		unsigned cap = s->cap ? 2 * s->cap : 8;
		struct lw_cube *v = lw_arena_array(a, cap, sizeof *v);
		if (!v)
			return -ENOMEM;
		if (s->n)
			memcpy(v, s->v, s->n * sizeof *v);
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = c;
	return 0;
}

/* A word differs from a value first in one of the bits of `which`, counted from the top: one cube for each. */
static int differing(uint32_t mask, uint32_t value, uint32_t which, struct lw_arena *a, struct lw_value_set *ret)
{
	int r = 0;
	for (uint32_t bit = UINT32_C(1) << 31; bit && r == 0; bit >>= 1) {
		uint32_t upper = mask & ~(bit - 1);
		if (bit & mask & which)
			r = lw_value_set_add(ret, (struct lw_cube){ upper, (value ^ bit) & upper }, a);
	}
	return r;
}

int lw_value_set_of_test(const struct lw_word_test *t, bool outcome, struct lw_arena *a, struct lw_value_set *ret)
{
	struct lw_cube equal = { t->mask, t->value };
	*ret = (struct lw_value_set){ 0 };
	if (!t->greater)
		return outcome ? lw_value_set_add(ret, equal, a) : differing(t->mask, t->value, UINT32_MAX, a, ret);
	if (outcome)
		return differing(UINT32_MAX, t->value, ~t->value, a, ret);
	int r = differing(UINT32_MAX, t->value, t->value, a, ret);
	return r < 0 ? r : lw_value_set_add(ret, equal, a);
}

int lw_value_set_meet(const struct lw_value_set *x, const struct lw_value_set *y, struct lw_arena *a,
		      struct lw_value_set *ret)
{
	int r = 0;
	for (unsigned i = 0; i < x->n; i++)
		for (unsigned j = 0; j < y->n && r == 0; j++)
			if (lw_cube_meets(x->v[i], y->v[j]))
				r = lw_value_set_add(
					ret,
					(struct lw_cube){ x->v[i].mask | y->v[j].mask, x->v[i].value | y->v[j].value },
					a);
	return r;
}
