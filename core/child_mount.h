/* child_mount.h: the mount operations of the child side; private to child.c and child_mount.c. */
#ifndef LW_CHILD_MOUNT_H
#define LW_CHILD_MOUNT_H

#include "run.h"

/* A source opened in this mount namespace as a detached tree; with a slot it must be the file the host side opened. */
int lw_child_reopen(struct lw_run *run, int slot, const char *path, uint64_t attributes, int *ret_step);
/* The same, but the place itself and no copy of it. */
int lw_child_reopen_path(struct lw_run *run, int slot, const char *path, int *ret_step);
/* LW_OP_OVERLAY (child_overlay.c). */
int lw_child_overlay(struct lw_run *run, const struct lw_op *op, int *ret_step);
/* Applies a mount operation: 0 or negative errno; *ret_step says where it failed. */
int lw_child_mount(struct lw_run *run, const struct lw_op *op, int *ret_step);

#endif
