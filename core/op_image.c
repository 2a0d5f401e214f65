/* op_image.c: the host side of a root that is an image: the tree it was unpacked to is opened and held, or the image
 * itself mounted, on no directory: the mount is a descriptor that goes to the child, and with its namespace. */
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "image.h"
#include "op_host.h"
#include "safepath.h"
#include "sys.h"

#define LOOP_TRIES 64

static int tree_op(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	_cleanup_close_ int fd = lw_safe_open_host(op->str[0]);
	_cleanup_close_ int held = fd < 0 ? -1 : lw_safe_open_again(fd);
	int r = fd < 0 ? fd : held < 0 ? held : st->n_held >= LW_HOST_HELD ? -E2BIG : (int)SYS(flock, held, LOCK_SH);
	if (r < 0)
		return lw_fail(err, r, "'%s': %s", op->str[0], strerror(-r));
	st->held[st->n_held++] = TAKE_FD(held);
	if (!(op->num[2] & LW_SRC_REOPEN)) {
		r = lw_safe_tree(fd, (uint64_t)op->num[1], 0);
		if (r < 0)
			return lw_fail(err, r, "'%s': open_tree: %s", op->str[0], strerror(-r));
	}
	run->fd[op->num[0]] = op->num[2] & LW_SRC_REOPEN ? TAKE_FD(fd) : r;
	return 0;
}

/* The kernel reads the file as it goes: who could write it meanwhile would talk to the kernel's parser. */
static int only_ours(int fd, const char *path, struct lw_err *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return lw_fail(err, -errno, "'%s': %s", path, strerror(errno));
	if (!(st.st_mode & 022) && (!st.st_uid || st.st_uid == geteuid()))
		return 0;
	lw_fail_as(err, LW_ERR_POLICY, -EPERM, "'%s' can be written by others while the kernel reads it", path);
	lw_err_hint(err, "chown root '%s'; chmod go-w '%s'", path, path);
	return -EPERM;
}

static int configure_loop(int loop, int image)
{
	struct loop_config c = { .fd = (uint32_t)image, .info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR };
	return ioctl(loop, LOOP_CONFIGURE, &c) < 0 ? -errno : 0;
}

/* A loop device that goes away with its last user. Another process may take the free one first. */
static int open_loop(int image, char ret_path[static 32], int *ret)
{
	_cleanup_close_ int control = lw_safe_open_device("/dev/loop-control", O_RDWR);
	if (control < 0)
		return control;
	for (int i = 0; i < LOOP_TRIES; i++) {
		int n = ioctl(control, LOOP_CTL_GET_FREE);
		if (n < 0)
			return -errno;
		snprintf(ret_path, 32, "/dev/loop%d", n);
		_cleanup_close_ int loop = lw_safe_open_device(ret_path, O_RDWR);
		int r = loop < 0 ? loop : configure_loop(loop, image);
		if (r >= 0)
			*ret = TAKE_FD(loop);
		if (r != -EBUSY)
			return r;
	}
	return -EBUSY;
}

/* A detached mount of the image that fd is open on. */
static int mount_image(int fd, const char *fs, uint64_t attributes)
{
	char options[64], device[32];
	_cleanup_close_ int loop = -1;
	snprintf(options, sizeof options, "source=/proc/self/fd/%d,ro", fd);
	/* Since Linux 6.12 erofs reads a file without a device in between. */
	int r = strcmp(fs, "erofs") ? -ENOTBLK : lw_safe_new_fs(fs, options, attributes);
	if (r != -ENOTBLK)
		return r;
	r = open_loop(fd, device, &loop);
	if (r < 0)
		return r;
	snprintf(options, sizeof options, "source=%s,ro", device);
	return lw_safe_new_fs(fs, options, attributes);
}

static int open_file(const char *path)
{
	_cleanup_close_ int fd = lw_safe_open_host(path);
	return fd < 0 ? fd : lw_safe_open_again(fd);
}

static int mount_op(struct lw_run *run, const struct lw_op *op, struct lw_err *err)
{
	const char *image = op->str[0], *fs = op->str[1], *wanted = op->str[2];
	char digest[65];
	_cleanup_close_ int fd = open_file(image);
	int r = fd < 0 ? lw_fail(err, fd, "'%s': %s", image, strerror(-fd)) : only_ours(fd, image, err);
	if (r < 0)
		return r;
	if (wanted) {
		r = lw_image_digest(fd, run->plan->pool.state_fd, digest);
		if (r < 0 || strcmp(digest, wanted + strlen("sha256:")) != 0)
			return lw_fail(err, r < 0 ? r : -EBADMSG, "'%s' is not the image that was verified", image);
	}
	r = mount_image(fd, fs, (uint64_t)op->num[1]);
	if (r >= 0) {
		run->fd[op->num[0]] = r;
		return 0;
	}
	lw_fail(err, r, "mounting '%s' as %s: %s", image, fs,
		r == -ENODEV ? "this kernel does not know it" : strerror(-r));
	lw_err_hint(err, "see `lunward doctor`; or unpack it: %s",
		    strcmp(fs, "erofs") ? "unsquashfs -d DIR IMAGE (package squashfs-tools)"
					: "fsck.erofs --extract=DIR IMAGE (package erofs-utils)");
	return r;
}

int lw_host_image(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	return op->kind == LW_OP_IMAGE_TREE ? tree_op(run, st, op, err) : mount_op(run, op, err);
}

int lw_image_read(const struct lw_root *root, int state_fd, const char *path, size_t max, char **ret, size_t *ret_len)
{
	char digest[65];
	struct lw_err err;
	_cleanup_close_ int fd = open_file(root->image);
	if (fd < 0)
		return fd;
	if (only_ours(fd, root->image, &err) < 0)
		return -EPERM;
	if (root->verify.digest &&
	    (lw_image_digest(fd, state_fd, digest) < 0 || strcmp(digest, root->verify.digest + strlen("sha256:")) != 0))
		return -EBADMSG;
	_cleanup_close_ int mount = mount_image(
		fd, root->image_fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	_cleanup_close_ int file = mount < 0 ? mount : lw_safe_open_read(mount, path);
	return file < 0 ? file : lw_read_all(file, max, ret, ret_len);
}
