/* ids_modes.h: what the words of `ids` mean: the maps of those that are the same everywhere, and each told in a
 * sentence. Leases are ids.h's; who the command runs as is the plan's. */
#ifndef LW_IDS_MODES_H
#define LW_IDS_MODES_H

#include "plan.h"

/* The maps of "root-only", "identity" and "single" into p. */
int lw_ids_mode_maps(struct lw_plan *p, struct lw_err *err);
/* Whether the host's uid 0 is inside by what the spec alone says. */
bool lw_ids_host_root(const struct lw_spec *s);
/* The ids of the user namespace are others in every run. */
bool lw_ids_leased(const struct lw_spec *s, const struct lw_host *h);
/* One sentence about whose the ids inside are. */
const char *lw_ids_words(const struct lw_plan *p);
/* The kernel refused to write m: says which id this machine lacks, if that is why. file: "uid_map" or "gid_map". */
void lw_ids_refused(const struct lw_idmaps *m, const char *file, int code, struct lw_err *err);

#endif
