/* value_set.h: sets of the values an argument may have, as cubes: values that have certain bits. What a filter can tell
 * apart is always such a set. Knows neither filters nor the text of calls. */
#ifndef LW_VALUE_SET_H
#define LW_VALUE_SET_H

#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"

struct lw_cube {
	uint64_t mask, value; /* v & mask == value */
};
/* Starts as { 0 }, the empty set; cubes in it do not overlap. */
struct lw_value_set {
	unsigned n, cap;
	struct lw_cube *v;
};
#define LW_VALUE_CUBES 16384

/* What one comparison of a 32-bit word is: equal under a mask, or greater. */
struct lw_word_test {
	uint8_t word; /* of the arguments: 0 the low half of the first, 1 its high half, 2 the second's low half, … */
	bool greater; /* v > value; else v & mask == value */
	uint32_t mask, value;
};

/* All of them: 0, -ENOMEM, or -E2BIG past LW_VALUE_CUBES. */
int lw_value_set_add(struct lw_value_set *s, struct lw_cube c, struct lw_arena *a);
/* The values of a word for which the comparison comes out as `outcome`. */
int lw_value_set_of_test(const struct lw_word_test *t, bool outcome, struct lw_arena *a, struct lw_value_set *ret);
/* Adds what is in both x and y to ret. */
int lw_value_set_meet(const struct lw_value_set *x, const struct lw_value_set *y, struct lw_arena *a,
		      struct lw_value_set *ret);

static inline bool lw_cube_meets(struct lw_cube x, struct lw_cube y)
{
	return !((x.value ^ y.value) & x.mask & y.mask);
}
static inline bool lw_cube_in(struct lw_cube small, struct lw_cube large)
{
	return !(large.mask & ~small.mask) && lw_cube_meets(small, large);
}

#endif
