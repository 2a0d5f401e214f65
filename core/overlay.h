/* overlay.h: what overlays share between spec, planning and the child side: the directories above a lower one, and the
 * flags of the operation that makes one. */
#ifndef LW_OVERLAY_H
#define LW_OVERLAY_H

#include "plan.h"

/* Of LW_OP_OVERLAY, beside MOUNT_ATTR_* below them. */
#define LW_OVERLAY_REOPEN 0x10000    /* rootless: layers are opened again and compared */
#define LW_OVERLAY_USERXATTR 0x20000 /* in a user namespace: marks are user.overlay.* */
#define LW_OVERLAY_MEMORY "tmpfs"    /* in place of the directory that holds upper and work */

/* The second of two names, "A//B", which are parted. */
static inline char *lw_overlay_split(char *names)
{
	char *at = names;
	while (at[0] != '/' || at[1] != '/')
		at++;
	at[0] = 0;
	return at + 2;
}

struct lw_root_layout;
struct lw_root_layout_entry;

/* One that is planned. */
struct lw_overlay_plan {
	const struct lw_rec *rec;
	const char *key;
	const char *lower, *upper, *work; /* upper NULL: in memory */
	const char *inside;               /* where it is seen */
	const char *above;                /* the directory that holds both: the kernel wants one mount for them */
	int64_t size, inodes;
	uint64_t attributes;
	bool idmap;
	int lower_slot, above_slot, slot; /* opened on the host side, or -1; and the one of the result */
};

/* spec_overlay.c: rules on upper and work; the work directory, which by default is beside upper. */
int lw_check_overlays(const struct lw_spec *s, struct lw_err *err);
const char *lw_overlay_work(struct lw_arena *a, const char *upper, const char *work);

/* stage_overlay.c. The host side opens the layers; before the root is begun the child makes each overlay, which then is
 * a slot like any other source. */
int lw_plan_overlay_root(struct lw_plan *p, struct lw_root_layout *l, struct lw_err *err);
int lw_plan_overlay_entry(struct lw_plan *p, struct lw_root_layout_entry *e, struct lw_err *err);
int lw_plan_overlay_idmaps(struct lw_plan *p);
int lw_plan_overlays(struct lw_plan *p);
/* The slot of the overlay over a directory of the host view, or -1. */
int lw_plan_overlay_view(const struct lw_plan *p, const char *path);

#endif
