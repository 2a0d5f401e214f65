/* sys.h: thin names for the raw system calls that set-up makes, each returning 0 or more, or a negative errno. They
 * allocate nothing and touch no libc state but errno, so the child side of clone may use them. */
#ifndef LW_SYS_H
#define LW_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long sys_ret(long r)
{
	return r < 0 ? -errno : r;
}
#define SYS(name, ...) sys_ret(syscall(SYS_##name, ##__VA_ARGS__))

static inline int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve };
	return (int)SYS(openat2, dirfd, path, &how, sizeof how);
}
static inline int sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return (int)SYS(open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC);
}
static inline int sys_move_mount(int from, int to)
{
	return (int)SYS(move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
static inline int sys_mount_setattr(int fd, unsigned at_flags, uint64_t set, uint64_t clear, uint64_t propagation,
				    int userns)
{
	struct mount_attr attr = {
		.attr_set = set,
		.attr_clr = clear,
		.propagation = propagation,
		.userns_fd = userns >= 0 ? (uint64_t)userns : 0,
	};
	return (int)SYS(mount_setattr, fd, "", at_flags | AT_EMPTY_PATH, &attr, sizeof attr);
}

#endif
