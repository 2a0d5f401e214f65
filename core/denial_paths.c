/* denial_paths.c: see denial_paths.h. Only words are compared: a path with a link or ".." in it is left alone where
 * that could matter, so that nothing is claimed which is not so. */
#include "denial_paths.h"

#include <string.h>
#include <sys/mount.h>

static bool is_within(const char *path, const char *above)
{
	size_t n = strlen(above);
	return !strncmp(path, above, n) && (!path[n] || path[n] == '/');
}

enum lw_path_sight lw_path_sight(const struct lw_plan *p, const char *path, const struct lw_op **ret_op)
{
	const struct lw_op *found = NULL;
	bool root = false;
	*ret_op = NULL;
	if (strstr(path, "/.") || strstr(path, "//") || path[strlen(path) - 1] == '/')
		return LW_PATH_UNSURE;
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct lw_op *op = &p->ops[i];
		switch (op->kind) {
		case LW_OP_ROOT_BEGIN: /* of a directory root the plan knows nothing */
			root = op->num[0] != LW_ROOT_DIR;
			break;
		case LW_OP_MKDIR:
			if (is_within(op->str[0], path))
				return LW_PATH_UNSURE;
			break;
		case LW_OP_MOUNT_BIND:
		case LW_OP_MOUNT_FS:
		case LW_OP_MOUNT_SCRATCH:
		case LW_OP_NODE:
		case LW_OP_FILE:
		case LW_OP_SYMLINK:
		case LW_OP_MASK:
		case LW_OP_READONLY:
			/* A directory of the view, or one that leads there. */
			if (is_within(op->str[0], path) &&
			    (op->kind != LW_OP_MOUNT_BIND || strcmp(op->str[0], path) != 0))
				return LW_PATH_UNSURE;
			/* A later one is on top. */
			if (is_within(path, op->str[0]))
				found = op;
			break;
		default:
			break;
		}
	}
	*ret_op = found;
	if (!root)
		return LW_PATH_UNSURE;
	if (!found)
		return LW_PATH_HIDDEN;
	if (found->kind == LW_OP_MOUNT_BIND)
		return found->num[2] & MOUNT_ATTR_RDONLY ? LW_PATH_READ_ONLY : LW_PATH_UNSURE;
	bool empty = found->kind == LW_OP_MOUNT_SCRATCH ||
		     (found->kind == LW_OP_MOUNT_FS && !strcmp(found->str[1], "tmpfs"));
	return empty ? LW_PATH_HIDDEN : LW_PATH_UNSURE;
}
