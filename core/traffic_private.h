/* traffic_private.h: between traffic.c, traffic_policy.c and traffic_find.c. */
#ifndef LW_TRAFFIC_PRIVATE_H
#define LW_TRAFFIC_PRIVATE_H

#include <limits.h>
#include "traffic.h"

#define LW_TRAFFIC_SETS 64        /* resolver/policy.h: POLICY_SETS */
#define LW_TRAFFIC_DIR "resolver" /* in the state directory: a directory for each network, a file for each sandbox */

/* The state directory's path, and the tables' name, which comes of it. */
int lw_traffic_state_path(int state_fd, char ret[static PATH_MAX]);
char *lw_traffic_table(int state_fd, char ret[static LW_NFT_TABLE_MAX]);
/* Writes the sandbox's policy, sees to it that somebody reads it, and waits until it was read. */
int lw_traffic_policy_write(const struct lw_traffic *f, const struct lw_nft_sandbox *s, struct lw_err *err);
/* Of whatever network. */
void lw_traffic_policy_remove(int state_fd, const char *id);
/* Around the rules: who has made them, for lw_traffic_sweep. */
int lw_traffic_own(int state_fd, const char *id, const char *port, struct lw_err *err);
void lw_traffic_disown(int state_fd, const char *id);
/* After -EEXIST: which sandbox publishes a port that this one wants, in err. */
void lw_traffic_who_publishes(const struct lw_nft_sandbox *s, const struct lw_network *spec, struct lw_err *err);

#endif
