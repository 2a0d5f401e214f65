/* child_mount.c: the root is built here, on the child side of clone: every target through safepath, every mount by
 * descriptor. Same rules as child.c: raw system calls, no allocation. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <termios.h>
#include "child_mount.h"
#include "child_net.h"
#include "child_nodes.h"
#include "root_layout.h"
#include "safepath.h"
#include "secret.h"
#include "sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* /proc, /sys and /dev are ours: nothing on the way to them may be a link (CVE-2019-19921, CVE-2026-41579). */
static int strict(const char *path)
{
	static const char ours[][6] = { "/proc", "/sys", "/dev" };
	for (int i = 0; i < 3; i++) {
		size_t len = strlen(ours[i]);
		if (!strncmp(path, ours[i], len) && (path[len] == '/' || !path[len]))
			return LW_SAFE_NO_SYMLINK;
	}
	return 0;
}

static int is_dir(int fd)
{
	struct stat st;
	return fstat(fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode);
}

/* A directory of a tmpfs that this launch made and nobody else has seen: a name just made in it is what it says, so
 * that mounting by the name is as safe as by descriptor, at a third of the calls. *ret_name is the name in it; -1:
 * none. */
static int fresh_dir(const struct lw_run *run, const char *path, const char **ret_name)
{
	int dir = run->plan->fresh_root ? run->root : -1;
	while (*path == '/')
		path++;
	if (run->dev >= 0 && !strncmp(path, "dev/", 4)) {
		dir = run->dev;
		path += 4;
	} else if (run->var >= 0 && !strncmp(path, "var/", 4)) {
		dir = run->var;
		path += 4;
	}
	*ret_name = path;
	return *path && !strchr(path, '/') ? dir : -1;
}

/* Mounts the detached tree on path; takes the tree. */
static int attach(struct lw_run *run, int tree, const char *path, int *ret_step)
{
	const char *name;
	int fresh = fresh_dir(run, path, &name), dir = is_dir(tree), r = dir;
	if (r >= 0 && fresh >= 0)
		r = dir ? (int)SYS(mkdirat, fresh, name, 0755) : (int)SYS(mknodat, fresh, name, S_IFREG | 0644, 0);
	if (r == -EEXIST) /* one of ours that the profile replaces */
		fresh = -1;
	if (r >= 0 && fresh >= 0) {
		*ret_step = LW_STEP_ATTACH;
		r = (int)SYS(move_mount, tree, "", fresh, name, MOVE_MOUNT_F_EMPTY_PATH);
	} else if (dir >= 0) {
		*ret_step = LW_STEP_TARGET;
		int target = lw_safe_target(run->root, path, strict(path) | (dir ? LW_SAFE_DIR : 0), 0);
		r = target;
		if (target >= 0) {
			*ret_step = LW_STEP_ATTACH;
			r = sys_move_mount(tree, target);
			SYS(close, target);
		}
	}
	SYS(close, tree);
	return r;
}

/* A new file system, labelled as the profile asks. Of ours only these take a label, in a user namespace too; proc and
 * sysfs have those that the policy gives them. */
static int new_fs(const struct lw_run *run, const char *type, const char *options, uint64_t attributes)
{
	char buf[512];
	size_t n = options ? strlen(options) : 0, label = strlen(run->mount_context);
	if (!label || (strcmp(type, "tmpfs") && strcmp(type, "devpts")))
		return lw_safe_new_fs(type, options, attributes);
	if (n + label + sizeof ",context=" > sizeof buf)
		return -E2BIG;
	if (n) {
		memcpy(buf, options, n);
		buf[n++] = ',';
	}
	memcpy(buf + n, "context=", 8);
	memcpy(buf + n + 8, run->mount_context, label + 1);
	return lw_safe_new_fs(type, buf, attributes);
}

static int root_begin(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	int host = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (host < 0)
		return host;
	int r = sys_mount_setattr(host, AT_RECURSIVE, 0, 0, MS_PRIVATE, -1);
	if (r >= 0 && op->num[0] == LW_ROOT_DIR) {
		run->root = run->fd[op->num[1]];
		if (op->num[2] & LW_SRC_REOPEN) {
			*ret_step = LW_STEP_SOURCE;
			run->root = r =
				lw_child_reopen(run, (int)op->num[1], op->str[0], (uint64_t)op->num[3], ret_step);
		}
	} else if (r >= 0) {
		run->root = r =
			new_fs(run, "tmpfs", "mode=755,size=64m,nr_inodes=16384", MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
	}
	if (r >= 0) {
		*ret_step = LW_STEP_ATTACH;
		r = sys_move_mount(run->root, host);
	}
	SYS(close, host);
	return r;
}

/* Opens a source in this mount namespace; where the host side opened it too it must be the same file. */
int lw_child_reopen_path(struct lw_run *run, int slot, const char *path, int *ret_step)
{
	struct stat mine, theirs;
	*ret_step = LW_STEP_SOURCE;
	int fd = lw_safe_open_host(path);
	if (fd < 0)
		return fd;
	if (slot >= 0 && (fstat(fd, &mine) < 0 || fstat(run->fd[slot], &theirs) < 0 || mine.st_dev != theirs.st_dev ||
			  mine.st_ino != theirs.st_ino)) {
		SYS(close, fd);
		*ret_step = LW_STEP_CHANGED;
		return -ESTALE;
	}
	return fd;
}

int lw_child_reopen(struct lw_run *run, int slot, const char *path, uint64_t attributes, int *ret_step)
{
	int fd = lw_child_reopen_path(run, slot, path, ret_step);
	if (fd < 0)
		return fd;
	int tree = lw_safe_tree(fd, attributes, 1);
	SYS(close, fd);
	return tree;
}

static int mount_bind(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	int slot = (int)op->num[0], tree;
	if (slot >= 0 && run->fd[slot] < 0) /* optional, and not there */
		return 0;
	if (slot >= 0 && !(op->num[1] & LW_SRC_REOPEN))
		tree = run->fd[slot];
	else
		tree = lw_child_reopen(run, slot, op->str[1], (uint64_t)op->num[2], ret_step);
	return tree < 0 ? tree : attach(run, tree, op->str[0], ret_step);
}

static int mount_fs(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	int fs = new_fs(run, op->str[1], op->str[2], (uint64_t)op->num[0]);
	if (fs == -ENODEV && !strcmp(op->str[1], "mqueue"))
		return 0; /* a kernel without POSIX message queues has none to show */
	if (fs < 0)
		return fs;
	/* Held before /proc/sys is covered read-only, and only when somebody will write there. */
	if (run->plan->sysctls && !strcmp(op->str[1], "proc"))
		run->sysctls = lw_safe_open_proc(fs, "sys", O_PATH | O_DIRECTORY);
	if (run->plan->fresh_dev && !strcmp(op->str[0], "/dev"))
		run->dev = (int)SYS(fcntl, fs, F_DUPFD_CLOEXEC, 10);
	return attach(run, fs, op->str[0], ret_step);
}

/* The default directories share one tmpfs. It is mounted where the first of them goes, each gets a directory of it, and
 * the first one's then covers the mount itself. */
static int mount_scratch(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	const char *name = op->str[0] + 1;
	int r = 0;
	if (run->scratch < 0) {
		r = run->scratch = new_fs(run, "tmpfs", "mode=755,size=64m,nr_inodes=16384", (uint64_t)op->num[1]);
		int copy = r < 0 ? r : (int)SYS(fcntl, r, F_DUPFD_CLOEXEC, 3);
		r = copy < 0 ? copy : attach(run, copy, op->str[0], ret_step);
	}
	if (r >= 0)
		r = (int)SYS(mkdirat, run->scratch, name, op->num[0]);
	if (r < 0)
		return r;
	int tree = sys_open_tree(run->scratch, name, OPEN_TREE_CLONE);
	if (tree >= 0 && !strcmp(name, "var"))
		run->var = (int)SYS(fcntl, tree, F_DUPFD_CLOEXEC, 3);
	return tree < 0 ? tree : attach(run, tree, op->str[0], ret_step);
}

struct nodes {
	struct lw_run *run;
	const struct lw_op *op;
	int *step;
};

/* A host node, verified by type and number before it is bound (CVE-2025-31133). */
static int bind_node(void *arg, int node, const char *below, const struct stat *st)
{
	const struct nodes *n = arg;
	const struct lw_op *op = n->op;
	char path[4096];
	size_t len = strlen(op->str[0]), more = strlen(below);
	if (op->num[0] >= 0 && (!S_ISCHR(st->st_mode) || major(st->st_rdev) != op->num[0] >> 8 ||
				minor(st->st_rdev) != (op->num[0] & 0xff)))
		return -ENODEV;
	if (len + more >= sizeof path)
		return -ENAMETOOLONG;
	memcpy(path, op->str[0], len);
	memcpy(path + len, below, more + 1);
	if (more) {
		/* Of a whole directory, what is ours already stays ours; the host's console is its administrator's. */
		int there = lw_safe_target(n->run->root, path, LW_SAFE_EXISTING | LW_SAFE_NO_SYMLINK, 0);
		if (there >= 0)
			SYS(close, there);
		if (there >= 0 || there == -ELOOP || !strcmp(path, "/dev/console"))
			return 0;
	}
	/* Everything of this mount namespace is private already; attributes are the read-only one, or none. */
	int tree = op->num[1] & MOUNT_ATTR_RDONLY ? lw_safe_tree(node, (uint64_t)op->num[1], 0)
						  : sys_open_tree(node, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	return tree < 0 ? tree : attach(n->run, tree, path, n->step);
}

static int bind_nodes(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	struct nodes n = { run, op, ret_step };
	*ret_step = LW_STEP_SOURCE;
	return lw_nodes_walk(op->str[1], bind_node, &n);
}

static int set_owner(int fd, const struct lw_op *op)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((int64_t)st.st_uid == op->num[1] && (int64_t)st.st_gid == op->num[2])
		return 0;
	return (int)SYS(fchownat, fd, "", op->num[1], op->num[2], AT_EMPTY_PATH);
}

static int make_dir(struct lw_run *run, const struct lw_op *op)
{
	const char *name;
	int fresh = fresh_dir(run, op->str[0], &name);
	bool ours = op->num[1] == run->plan->setup_uid && op->num[2] == run->plan->setup_gid;
	if (fresh >= 0 && ours && SYS(mkdirat, fresh, name, op->num[0]) == 0)
		return 0;
	int fd = lw_safe_target(run->root, op->str[0], LW_SAFE_DIR | LW_SAFE_EXISTING | strict(op->str[0]), 0);
	if (fd != -ENOENT) { /* an existing directory is left as it is */
		if (fd >= 0)
			SYS(close, fd);
		return fd < 0 ? fd : 0;
	}
	fd = lw_safe_target(run->root, op->str[0], LW_SAFE_DIR | strict(op->str[0]), (uint32_t)op->num[0]);
	if (fd < 0)
		return fd;
	int r = set_owner(fd, op);
	SYS(close, fd);
	return r;
}

static int make_symlink(struct lw_run *run, const struct lw_op *op)
{
	const char *name;
	int fresh = fresh_dir(run, op->str[0], &name);
	return fresh >= 0 ? (int)SYS(symlinkat, op->str[1], fresh, name)
			  : lw_safe_symlink(run->root, op->str[0], op->str[1]);
}

static int fill_file(int fd, const struct lw_op *op)
{
	const char *data = op->str[1] ? op->str[1] : "";
	size_t len = strlen(data), done = 0;
	while (done < len) {
		long r = SYS(write, fd, data + done, len - done);
		if (r <= 0)
			return r < 0 ? (int)r : -EIO;
		done += (size_t)r;
	}
	int r = set_owner(fd, op);
	return r < 0 ? r : (int)SYS(fchmod, fd, op->num[0]);
}

/* Where the file cannot be made in place (it exists, or lies in something read-only), it is made aside in a tmpfs of
 * ours, bound over the target, and its name taken away. */
static int make_file(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	static const char aside[][20] = { ".lunward-file", "dev/.lunward-file" };
	int fd = lw_safe_create(run->root, op->str[0], (uint32_t)op->num[0]), r;
	if (fd >= 0) {
		r = fill_file(fd, op);
		SYS(close, fd);
		return r;
	}
	if (fd != -EEXIST && fd != -EROFS)
		return fd;
	for (int i = 0; i < 2; i++) {
		fd = lw_safe_create(run->root, aside[i], (uint32_t)op->num[0]);
		if (fd < 0)
			continue;
		r = fill_file(fd, op);
		/* By the descriptor: the name may be another file's by now, where the root is shared. */
		int tree = r < 0 ? r : lw_safe_tree(fd, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0);
		SYS(close, fd);
		r = tree < 0 ? tree : attach(run, tree, op->str[0], ret_step);
		/* Only now: a mount of something unlinked is refused. */
		SYS(unlinkat, run->root, aside[i], 0);
		return r;
	}
	return -EROFS;
}

/* The first cover of a kind is a mount of its own; the others are copies of it, flags and all, once it is attached. */
static int cover_dir(struct lw_run *run)
{
	if (run->empty >= 0)
		return sys_open_tree(run->empty, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	return run->empty = new_fs(run, "tmpfs", "mode=555,size=4k,nr_inodes=2",
				   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

static int cover_file(struct lw_run *run)
{
	struct stat st;
	if (run->null >= 0)
		return sys_open_tree(run->null, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	int null = lw_safe_open_host("/dev/null"), r = null;
	if (null < 0)
		return null;
	if (fstat(null, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		r = -ENODEV;
	else
		r = run->null = lw_safe_tree(null, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0);
	SYS(close, null);
	return r;
}

/* Hides a path: a file behind the host's /dev/null, a directory behind an empty read-only tmpfs. Sources are ours,
 * never taken from inside the root (CVE-2025-31133). */
static int mask(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	int target = lw_safe_target(run->root, op->str[0], LW_SAFE_EXISTING | strict(op->str[0]), 0);
	if (target < 0) /* what is not there needs no mask */
		return target == -ENOENT || target == -ENOTDIR ? 0 : target;
	int dir = is_dir(target);
	int r = dir < 0 ? dir : dir ? cover_dir(run) : cover_file(run);
	if (r >= 0) {
		int cover = r;
		*ret_step = LW_STEP_ATTACH;
		r = sys_move_mount(cover, target);
		if (cover != run->empty && cover != run->null)
			SYS(close, cover);
	}
	SYS(close, target);
	return r;
}

static int make_readonly(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	int target = lw_safe_target(run->root, op->str[0], LW_SAFE_EXISTING | strict(op->str[0]), 0);
	if (target < 0)
		return target == -ENOENT || target == -ENOTDIR ? 0 : target;
	int tree = lw_safe_tree(target, MOUNT_ATTR_RDONLY, 1), r = tree;
	if (tree >= 0) {
		*ret_step = LW_STEP_ATTACH;
		r = sys_move_mount(tree, target);
		SYS(close, tree);
	}
	SYS(close, target);
	return r;
}

/* A pty of the sandbox's own devpts: its slave replaces the terminals among 0-2 and is bound to /dev/console by
 * descriptor (CVE-2025-52565); its master goes to the supervisor. */
static int make_terminal(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	int unlock = 0, r, slave = -1;
	*ret_step = LW_STEP_PTY;
	if (op->num[1])
		run->root = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (run->root < 0)
		return run->root;
	int master = sys_openat2(run->root, "dev/pts/ptmx", O_RDWR | O_NOCTTY, 0,
				 RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (master < 0)
		return master;
	r = (int)SYS(ioctl, master, TIOCSPTLCK, &unlock);
	if (r >= 0)
		slave = r = (int)SYS(ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r >= 0)
		r = (int)SYS(fchown, slave, run->plan->uid, -1);
	if (r >= 0 && !op->num[1]) {
		int tree = lw_safe_tree(slave, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0);
		r = tree < 0 ? tree : attach(run, tree, "/dev/console", ret_step);
	}
	if (r >= 0) {
		struct lw_report pty = { .magic = LW_REPORT_MAGIC, .kind = LW_REPORT_PTY };
		r = lw_child_send(run->sync, &pty, sizeof pty, master);
	}
	SYS(close, master);
	for (int i = 0; i < 3 && r >= 0; i++)
		if (op->num[0] & (1 << i))
			r = (int)SYS(dup3, slave, i, 0);
	run->terminal = slave;
	return r;
}

static int root_end(struct lw_run *run, const struct lw_op *op)
{
	struct stat root, now;
	int r = 0;
	if (op->num[0])
		r = sys_mount_setattr(run->root, 0, MOUNT_ATTR_RDONLY, 0, 0, -1);
	if (r >= 0)
		r = (int)SYS(fchdir, run->root);
	/* Both arguments the same: the old root ends up mounted on top of the new one and is then detached. */
	if (r >= 0)
		r = (int)SYS(pivot_root, ".", ".");
	if (r >= 0)
		r = (int)SYS(umount2, ".", MNT_DETACH);
	if (r >= 0)
		r = (int)SYS(chdir, "/");
	if (r >= 0 && (fstat(run->root, &root) < 0 || fstatat(AT_FDCWD, "/", &now, 0) < 0 ||
		       root.st_dev != now.st_dev || root.st_ino != now.st_ino))
		r = -EXDEV;
	return r;
}

int lw_child_mount(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	struct lw_op with_hosts;
	switch (op->kind) {
	case LW_OP_OVERLAY:
		return lw_child_overlay(run, op, ret_step);
	case LW_OP_ROOT_BEGIN:
		return root_begin(run, op, ret_step);
	case LW_OP_MKDIR:
		return make_dir(run, op);
	case LW_OP_SYMLINK:
		return make_symlink(run, op);
	case LW_OP_NETWORK_HOSTS:
		with_hosts = *op;
		with_hosts.str[1] = op->num[1] ? run->servers : run->hosts;
		return make_file(run, &with_hosts, ret_step);
	case LW_OP_FILE:
		return make_file(run, op, ret_step);
	case LW_OP_MOUNT_BIND:
		return mount_bind(run, op, ret_step);
	case LW_OP_MOUNT_SCRATCH:
		return mount_scratch(run, op, ret_step);
	case LW_OP_NODE:
		return bind_nodes(run, op, ret_step);
	case LW_OP_MOUNT_FS:
		return mount_fs(run, op, ret_step);
	case LW_OP_SECRET:
		return lw_child_secret(run, op, ret_step);
	case LW_OP_MASK:
		return mask(run, op, ret_step);
	case LW_OP_READONLY:
		return make_readonly(run, op, ret_step);
	case LW_OP_TERMINAL:
		return make_terminal(run, op, ret_step);
	case LW_OP_ROOT_END:
		return root_end(run, op);
	default:
		return -ENOSYS;
	}
}
