/* op_host.h: the host side of a launch, operation by operation, with its undoing. Private to launch.c and instance.c.
 */
#ifndef LW_OP_HOST_H
#define LW_OP_HOST_H

#include <stdbool.h>
#include <sys/types.h>
#include "op_lsm.h"
#include "run.h"

#define LW_HOST_HELD 16

/* What the host side has done and must undo; lives as long as the sandbox. */
struct lw_host_state {
	char id[65];
	int lease;
	uint32_t lease_first;
	struct lw_lsm_state lsm;
	size_t n_cgroups;
	char *cgroup[LW_CTL_COUNT]; /* directories made, in order */
	unsigned controllers[LW_CTL_COUNT];
	int cgroup_lock[LW_CTL_COUNT];    /* says to `gc`, of whatever state directory, that somebody minds it */
	struct lw_network_state *network; /* or NULL */
	int n_held;
	int held[LW_HOST_HELD]; /* locked directories that keep what overlays catch */
};

/* Applies one HOST operation; `pid` is the cloned process once there is one, `command` the one that sets up. */
int lw_host_apply(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, pid_t pid, pid_t command,
		  struct lw_err *err);
/* Undoes what can be undone at once: false when something still runs in a cgroup, which then is left to lw_host_undo.
 */
bool lw_host_undo_now(struct lw_host_state *st);
/* Undoes everything, last first. Leftover processes of the cgroups are ended. */
void lw_host_undo(struct lw_host_state *st);
/* op_overlay.c: LW_OP_OVERLAY_KEEP, and its undoing. */
int lw_host_overlay_keep(const struct lw_run *run, struct lw_host_state *st, const struct lw_op *op,
			 struct lw_err *err);
void lw_host_overlay_release(struct lw_host_state *st);
/* op_network.c: LW_OP_NETWORK_*, and their undoing. */
int lw_host_network(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err);
void lw_host_network_undo(struct lw_host_state *st);
/* The directory of a controller, or NULL. */
const char *lw_host_cgroup(const struct lw_host_state *st, int controller);

#endif
