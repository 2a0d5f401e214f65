/* filter_private.h: between filter.c, filter_policy.c and filter_find.c. */
#ifndef LW_FILTER_PRIVATE_H
#define LW_FILTER_PRIVATE_H

#include "filter.h"

#define LW_FILTER_SETS 64        /* resolver/policy.h: POLICY_SETS */
#define LW_FILTER_DIR "resolver" /* in the state directory: a directory for each network, a file for each sandbox */

/* Writes the sandbox's policy, sees to it that somebody reads it, and waits until it was read. */
int lw_filter_policy_write(const struct lw_filter *f, const struct lw_nft_sandbox *s, struct lw_err *err);
/* Of whatever network. */
void lw_filter_policy_remove(int state_fd, const char *id);
/* After -EEXIST: which sandbox publishes a port that this one wants, in err. */
void lw_filter_who_publishes(const struct lw_nft_sandbox *s, const struct lw_network *spec, struct lw_err *err);

#endif
