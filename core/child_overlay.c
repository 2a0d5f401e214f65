/* child_overlay.c: makes an overlay on the child side of clone. Its layers must stand in this mount namespace for the
 * kernel to take them: what the host side opened is stacked on the old root, which goes away when the root is entered.
 * Same rules as child.c: raw system calls, no allocation. */
#include <string.h>
#include "child_mount.h"
#include "overlay.h"
#include "safepath.h"
#include "sys.h"

/* redirect_dir and metacopy let a mark in one layer name files of another: whoever could write a layer before would
 * choose what is shown. index is off because it would tie upper to this very copy of lower. */
#define OPTIONS "redirect_dir=nofollow,metacopy=off,index=off"

static char *add(char *at, const char *text)
{
	size_t n = strlen(text);
	memcpy(at, text, n + 1);
	return at + n;
}

/* Descriptors by name: the kernel has taken them directly since 6.13 only. */
static char *add_fd(char *at, const char *key, int fd)
{
	char digits[12], *p = digits + sizeof digits;
	*--p = 0;
	do
		*--p = (char)('0' + fd % 10);
	while (fd /= 10);
	at = add(at, key);
	at = add(at, "=/proc/self/fd/");
	return add(add(at, p), ",");
}

static int on_old_root(int tree)
{
	int root = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		return root;
	int r = sys_mount_setattr(root, AT_RECURSIVE, 0, 0, MS_PRIVATE, -1);
	if (r >= 0)
		r = sys_move_mount(tree, root);
	SYS(close, root);
	return r;
}

/* A descriptor of the layer, in this mount namespace. */
static int layer(struct lw_run *run, int slot, const char *path, int64_t how, int *ret_step)
{
	*ret_step = LW_STEP_SOURCE;
	if (slot < 0 || how & LW_OVERLAY_REOPEN)
		return lw_child_reopen_path(run, slot, path, ret_step);
	int r = on_old_root(run->fd[slot]);
	return r < 0 ? r : run->fd[slot];
}

/* A directory above the lower one: made by the host side, or new in memory; that one gets the lower one's owner and
 * mode, for it stands for it inside. */
static int above(int dir, const char *name, const struct stat *like)
{
	int fd = lw_safe_target(dir, name, LW_SAFE_DIR | LW_SAFE_NO_SYMLINK, 0755);
	if (fd < 0 || !like)
		return fd;
	/* An owner that is nobody inside cannot be given: set-up's id stays. */
	SYS(fchownat, fd, "", like->st_uid == 65534 ? (uid_t)-1 : like->st_uid,
	    like->st_gid == 65534 ? (gid_t)-1 : like->st_gid, AT_EMPTY_PATH);
	int open = (int)SYS(openat, fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (open >= 0) {
		SYS(fchmod, open, like->st_mode & 07777);
		SYS(close, open);
	}
	return fd;
}

static int make(int lower, int upper, int work, int64_t how)
{
	char options[256], *at = options;
	at = add_fd(at, "lowerdir", lower);
	at = add_fd(at, "upperdir", upper);
	at = add_fd(at, "workdir", work);
	add(at, how & LW_OVERLAY_USERXATTR ? OPTIONS ",userxattr" : OPTIONS);
	return lw_safe_new_fs("overlay", options, (uint64_t)(how & 0xffff));
}

int lw_child_overlay(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	bool memory = !strcmp(op->str[1], LW_OVERLAY_MEMORY);
	char names[4096] = "upper//work", *work;
	struct stat like;
	int64_t how = op->num[3];
	int lower = layer(run, (int)op->num[0], op->str[0], how, ret_step), dir;
	if (lower < 0)
		return lower;
	if (fstat(lower, &like) < 0)
		return -errno;
	if (memory) {
		*ret_step = LW_STEP_CALL;
		dir = lw_safe_new_fs("tmpfs", op->str[2], MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
		int r = dir < 0 ? dir : on_old_root(dir);
		if (r < 0)
			return r;
	} else {
		if (strlen(op->str[2]) >= sizeof names)
			return -ENAMETOOLONG;
		add(names, op->str[2]);
		dir = layer(run, (int)op->num[1], op->str[1], how, ret_step);
		if (dir < 0)
			return dir;
	}
	work = lw_overlay_split(names);
	*ret_step = LW_STEP_TARGET;
	int upper = above(dir, names, memory ? &like : NULL);
	if (upper < 0)
		return upper;
	int scratch = above(dir, work, NULL);
	if (scratch < 0)
		return scratch;
	*ret_step = LW_STEP_CALL;
	int r = make(lower, upper, scratch, how);
	SYS(close, upper);
	SYS(close, scratch);
	SYS(close, dir);
	if (r >= 0)
		run->fd[op->num[2]] = r;
	return r;
}
