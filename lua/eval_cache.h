/* eval_cache.h: what a profile evaluated to, kept for the next launch. Only evaluations that depend on nothing but
 * texts are kept: no --set, nothing asked of `host`, nothing printed. The key is this program, the profile's text and
 * where it was found; an entry names the files it included, which are found and read again before it counts. */
#ifndef LW_EVAL_CACHE_H
#define LW_EVAL_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lua/eval_channel.h"
#include "lua/search.h"

struct eval_dep {
	char name[EVAL_NAME_MAX + 1]; /* as the profile asked for it */
	uint8_t digest[32];           /* of where it was found and its text */
};

/* False: this evaluation is not one to keep. */
bool eval_cache_key(const struct lw_eval_options *o, const struct profile_text *p, uint8_t ret[32]);
void eval_cache_dep(const char *name, const struct profile_text *p, struct eval_dep *ret);
/* 1 and the answer (malloc'ed, terminated) with the files it included (malloc'ed), or 0. */
int eval_cache_get(const struct lw_eval_options *o, struct lw_arena *a, const uint8_t key[32], char **ret,
		   size_t *ret_n, struct eval_dep **ret_deps, uint32_t *ret_n_deps);
void eval_cache_put(const struct lw_eval_options *o, const uint8_t key[32], const struct eval_dep *deps,
		    uint32_t n_deps, const char *answer, size_t n);

#endif
