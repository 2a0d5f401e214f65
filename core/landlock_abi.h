/* landlock_abi.h: Landlock's numbers as of the newest ABI, by the kernel's names, for older kernel headers do not have
 * them all. Data only. */
#ifndef LW_LANDLOCK_ABI_H
#define LW_LANDLOCK_ABI_H

#include <linux/landlock.h>
#include <stdint.h>

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (UINT64_C(1) << 15)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP (UINT64_C(1) << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (UINT64_C(1) << 1)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (UINT64_C(1) << 0)
#define LANDLOCK_SCOPE_SIGNAL (UINT64_C(1) << 1)
#endif

/* Which ABI first has what (landlock(7), kernel documentation). */
enum {
	LW_LANDLOCK_ABI_FILES = 1,    /* Linux 5.13 */
	LW_LANDLOCK_ABI_REFER = 2,    /* 5.19 */
	LW_LANDLOCK_ABI_TRUNCATE = 3, /* 6.2 */
	LW_LANDLOCK_ABI_TCP = 4,      /* 6.7 */
	LW_LANDLOCK_ABI_IOCTL = 5,    /* 6.10 */
	LW_LANDLOCK_ABI_SCOPE = 6,    /* 6.12 */
};

/* The kernel takes a longer structure than it knows as long as what it does not know is 0. */
struct lw_landlock_ruleset {
	uint64_t handled_access_fs, handled_access_net, scoped;
};
struct lw_landlock_path {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));
struct lw_landlock_port {
	uint64_t allowed_access, port;
};
#define LW_LANDLOCK_RULE_PATH 1
#define LW_LANDLOCK_RULE_PORT 2

/* What a rule may say about something that is not a directory. */
#define LW_LANDLOCK_FILE_ACCESS                                                                                        \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |                   \
	 LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

#endif
