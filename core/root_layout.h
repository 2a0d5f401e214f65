/* root_layout.h: the mounts of a sandbox's root, defaults and the user's merged, parents before children. Made once by
 * the plan; the stages that open sources and that mount walk it. */
#ifndef LW_ROOT_LAYOUT_H
#define LW_ROOT_LAYOUT_H

#include <stdbool.h>
#include "plan.h"

struct lw_root_layout_entry {
	const struct lw_mount *mount;
	const char *key; /* "mounts[2]", or "root" for a default one */
	bool own;        /* a bind of ours, which may lie in the state directory */
	bool scratch;    /* shares one tmpfs with the others of its kind */
	int slot;        /* fd slot of a source the host side opens, or -1 */
};
struct lw_root_layout {
	size_t n;
	struct lw_root_layout_entry *v;
	bool has_dev; /* /dev is our tmpfs with the default nodes */
	bool has_pts;
	int root_slot;   /* LW_ROOT_DIR: slot of the directory, or of the overlay over it */
	int secret_slot; /* of the first secret; the others follow */
	size_t n_overlays;
	struct lw_overlay_plan *overlays; /* core/overlay.h */
};

/* File systems that show a namespace (stage_kernel_fs.c). */
const char *lw_plan_proc_options(struct lw_plan *p, const struct lw_mount *m); /* NULL: none */
int lw_plan_mqueue(struct lw_plan *p, const struct lw_root_layout_entry *e);
int lw_plan_cgroup_sources(struct lw_plan *p, struct lw_root_layout_entry *e, struct lw_err *err);
int lw_plan_cgroup(struct lw_plan *p, const struct lw_root_layout_entry *e);

int lw_root_layout_build(struct lw_plan *p, struct lw_err *err);
/* Is a mount visible at exactly this destination? */
const struct lw_root_layout_entry *lw_root_layout_find(const struct lw_root_layout *l, const char *destination);

#endif
