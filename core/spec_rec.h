/* spec_rec.h: what every record of a spec begins with, and its lists and maps of words. */
#ifndef LW_SPEC_REC_H
#define LW_SPEC_REC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct lw_rec {
	struct lw_origin origin;
	uint64_t set;
};
static inline bool lw_is_set(const struct lw_rec *r, unsigned row)
{
	return r->set >> row & 1;
}

struct lw_strlist {
	size_t n;
	const char **v;
};

/* A map of strings that keeps its order. value NULL: "false", the key is
 * removed. */
struct lw_pair {
	const char *key, *value;
};
struct lw_pairs {
	size_t n;
	struct lw_pair *v;
};

#endif
