/* op_lsm.h: the host side of labels (op_lsm.c): AppArmor profiles loaded and removed, SELinux categories leased.
 * Private to op_host.c. */
#ifndef LW_OP_LSM_H
#define LW_OP_LSM_H

#include "run.h"

struct lw_lsm_state {
	char *profile; /* loaded, to be removed; malloc'ed */
	bool leased;
	int categories; /* leased: holds the lock on the pair */
};

int lw_lsm_host_apply(struct lw_run *run, struct lw_lsm_state *st, const char *id, const struct lw_op *op,
		      struct lw_err *err);
/* Once nothing runs under them. May be called again. */
void lw_lsm_host_undo(struct lw_lsm_state *st);

/* A pair of SELinux categories that no other sandbox of this state directory has while *ret_fd is open: "s0:c1,c2". */
int lw_mcs_lease(int state_fd, char ret_level[static 24], int *ret_fd, struct lw_err *err);
/* The n-th pair, c0 < c1 < 1024; n below LW_MCS_PAIRS. */
void lw_mcs_pair(uint32_t n, unsigned ret[static 2]);
#define LW_MCS_CATEGORIES 1024u
#define LW_MCS_PAIRS (LW_MCS_CATEGORIES * (LW_MCS_CATEGORIES - 1) / 2)

#endif
