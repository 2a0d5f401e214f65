/* filter_boxes.h: a table with one entry for every combination of what the arguments of a call can be, taken apart into
 * boxes: for each argument a choice, and one entry for all of what is chosen. Internal to core/filter_diff.c. */
#ifndef LW_FILTER_BOXES_H
#define LW_FILTER_BOXES_H

#include <stdbool.h>
#include <stdint.h>

#define LW_BOX_ARGS 6
#define LW_BOX_CHOICES 512 /* of one argument */

struct lw_box_table {
	unsigned n[LW_BOX_ARGS]; /* choices of each argument; the first one's are neighbours */
	uint8_t *cells;
	bool *covered; /* cells that a box has been told of */
};
struct lw_box {
	bool in[LW_BOX_ARGS][LW_BOX_CHOICES];
};

/* The box around a cell: as wide as its entry goes, but without what other boxes have told. Covers its cells. */
void lw_box_grow(struct lw_box_table *t, uint32_t cell, struct lw_box *ret);
/* Is everything chosen of this argument? */
bool lw_box_full(const struct lw_box_table *t, const struct lw_box *b, unsigned arg);

#endif
