/* image.h: a root that is an image: what kind it is, which tree stands for it, and the operations that open that.
 * lw_image_prepare is called between lw_spec_check and lw_plan_build by whoever is going to launch; planning itself
 * then looks at the spec alone, as ever. */
#ifndef LW_IMAGE_H
#define LW_IMAGE_H

#include "plan.h"

struct lw_host_state;
struct lw_run;

enum lw_image_kind { LW_IMAGE_DIR, LW_IMAGE_OCI, LW_IMAGE_ARCHIVE, LW_IMAGE_SQUASHFS, LW_IMAGE_EROFS };
/* "an OCI layout"; NULL for none. */
const char *lw_image_kind_name(int kind);

/* What the descriptor (O_PATH will do for a directory) is open on; -EINVAL when it is none of them. */
int lw_image_kind(int fd);
/* The sha256 of a file's bytes, hexadecimal; remembered below state_fd (-1: not) for as long as the file stays as it
 * is. */
int lw_image_digest(int fd, int state_fd, char ret[65]);

/* Finds out what root.image is, verifies it, and unpacks it below the state directory unless that was done before.
 * Sets root.path. `helper` is the program lunward-unpack. Nothing to do without an image. */
int lw_image_prepare(struct lw_spec *s, const struct lw_host *h, const char *helper, struct lw_err *err);
/* (image_cache.c) The tree of the image of this digest, below the state directory: made when it is not there. */
int lw_image_unpack(const struct lw_spec *s, const struct lw_host *h, const char *helper, int kind,
		    const char digest[65], const char *tree, struct lw_err *err);
#define LW_IMAGE_CACHE "images"
/* Removes the halves of trees that killed ones have left: how many. */
unsigned lw_image_tidy(int state_fd);

/* Planning (stage_image.c): the operation that opens root.path in the slot, whatever it is. */
int lw_plan_root_open(struct lw_plan *p, const struct lw_rec *rec, const char *key, int slot, uint64_t attributes,
		      int64_t flags);
/* Are owners in the root to be translated? */
bool lw_plan_root_idmapped(const struct lw_plan *p);

/* LW_OP_IMAGE_TREE, LW_OP_IMAGE_MOUNT (op_image.c). */
int lw_host_image(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err);
/* A file inside an image that is a file system, mounted for as long as that takes. As lw_safe_read_in_root. */
int lw_image_read(const struct lw_root *root, int state_fd, const char *path, size_t max, char **ret, size_t *ret_len);

#endif
