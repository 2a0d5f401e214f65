/* sys.h: thin names for the raw system calls that set-up makes, each returning 0 or more, or a negative errno. They
 * allocate nothing and need no libc, not even its thread pointer: the child side of clone uses them, and a warm launch
 * (lua/cli/warm) runs before libc has started. */
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

#if defined(__x86_64__) && defined(__LP64__)
static inline long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long r;
	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
static inline long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
	return x0;
}
#else
static inline long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	long r = syscall(nr, a, b, c, d, e, f);
	return r < 0 ? -errno : r;
}
#endif
/* Missing arguments are zeros; pointers and numbers alike are words. */
#define SYS_ARGS_(nr, a, b, c, d, e, f, ...)                                                                           \
	sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYS(name, ...) SYS_ARGS_(SYS_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

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
