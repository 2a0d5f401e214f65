/* filter_boxes.c: the greedy way to few and readable boxes: wide in the later arguments first, since those are what
 * patterns leave open, and each box no wider than needed where others have told the rest. */
#include "filter_boxes.h"

#include <string.h>

enum question { IS_ENTRY, IS_COVERED, COVER };

static bool ask(struct lw_box_table *t, uint32_t cell, enum question q, uint8_t entry)
{
	if (q == IS_ENTRY)
		return t->cells[cell] == entry;
	if (q == COVER)
		t->covered[cell] = true;
	return t->covered[cell];
}

/* The first choice from `from` on that is in the box, of argument `arg` only `only`; t->n[i] when there is none. */
static unsigned next(const struct lw_box_table *t, const struct lw_box *b, unsigned i, unsigned arg, unsigned only,
		     unsigned from)
{
	if (i == arg)
		return from <= only ? only : t->n[i];
	while (from < t->n[i] && !b->in[i][from])
		from++;
	return from;
}

/* Does every cell of the box with only choice `only` of argument `arg` answer yes? */
static bool every(struct lw_box_table *t, const struct lw_box *b, unsigned arg, unsigned only, enum question q,
		  uint8_t entry)
{
	unsigned at[LW_BOX_ARGS], i;
	for (i = 0; i < LW_BOX_ARGS; i++)
		at[i] = next(t, b, i, arg, only, 0);
	do {
		uint32_t cell = 0, below = 1;
		for (i = 0; i < LW_BOX_ARGS; i++) {
			cell += at[i] * below;
			below *= t->n[i];
		}
		if (!ask(t, cell, q, entry))
			return false;
		for (i = 0; i < LW_BOX_ARGS; i++) {
			at[i] = next(t, b, i, arg, only, at[i] + 1);
			if (at[i] < t->n[i])
				break;
			at[i] = next(t, b, i, arg, only, 0);
		}
	} while (i < LW_BOX_ARGS);
	return true;
}

bool lw_box_full(const struct lw_box_table *t, const struct lw_box *b, unsigned arg)
{
	for (unsigned k = 0; k < t->n[arg]; k++)
		if (!b->in[arg][k])
			return false;
	return true;
}

void lw_box_grow(struct lw_box_table *t, uint32_t cell, struct lw_box *ret)
{
	unsigned seed[LW_BOX_ARGS];
	uint8_t entry = t->cells[cell];
	memset(ret, 0, sizeof *ret);
	for (unsigned i = 0; i < LW_BOX_ARGS; i++) {
		seed[i] = cell % t->n[i];
		cell /= t->n[i];
		ret->in[i][seed[i]] = true;
	}
	for (unsigned i = LW_BOX_ARGS; i-- > 0;)
		for (unsigned k = 0; k < t->n[i]; k++)
			ret->in[i][k] = ret->in[i][k] || every(t, ret, i, k, IS_ENTRY, entry);
	for (unsigned i = 0; i < LW_BOX_ARGS; i++)
		for (unsigned k = 0; !lw_box_full(t, ret, i) && k < t->n[i]; k++)
			if (ret->in[i][k] && k != seed[i] && every(t, ret, i, k, IS_COVERED, entry))
				ret->in[i][k] = false;
	for (unsigned k = 0; k < t->n[0]; k++)
		if (ret->in[0][k])
			every(t, ret, 0, k, COVER, entry);
}
