/* stage_image.c: the root's source: a directory, the tree that an image was unpacked to, or an image that the kernel
 * mounts. Part of the sources stage. */
#include <linux/sched.h>
#include "image.h"
#include "stage.h"
#include "sys.h"

int lw_plan_root_open(struct lw_plan *p, const struct lw_rec *rec, const char *key, int slot, uint64_t attributes,
		      int64_t flags)
{
	const struct lw_root *root = &p->spec->root;
	if (root->image_fs)
		return PLAN_OP(p, LW_OP_IMAGE_MOUNT, rec, key,
			       .str = { root->image, root->image_fs, root->verify.digest },
			       .num = { slot, (int64_t)(attributes | MOUNT_ATTR_RDONLY) });
	if (root->image_tree)
		return PLAN_OP(p, LW_OP_IMAGE_TREE, rec, key, .str = { root->path, root->image },
			       .num = { slot, (int64_t)(attributes | MOUNT_ATTR_RDONLY), flags });
	return PLAN_OP(p, LW_OP_SOURCE_OPEN, rec, key, .str = { root->path },
		       .num = { slot, (int64_t)attributes, flags });
}

bool lw_plan_root_idmapped(const struct lw_plan *p)
{
	const struct lw_root *root = &p->spec->root;
	return (root->image_fs || root->image_tree) && p->host->privileged && (p->clone_flags & CLONE_NEWUSER);
}
