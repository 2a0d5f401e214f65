/* call_caps.c: calls that cannot succeed without a capability, from their man pages; data only. A call that needs one
 * only for some files or some users (chown, kill, setuid) is not here: without knowing the kernel's reason nothing
 * certain can be said about it. */
#include "call_caps.h"

#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "base/cleanup.h"

#define ALWAYS                                                                                                         \
	{                                                                                                              \
		{ 0, 0, 0 },                                                                                           \
		{                                                                                                      \
			0, 0, 0                                                                                        \
		}                                                                                                      \
	}
#define WHEN(arg, mask, value)                                                                                         \
	{                                                                                                              \
		{ arg, mask, value },                                                                                  \
		{                                                                                                      \
			0, 0, 0                                                                                        \
		}                                                                                                      \
	}
#define WHEN_BOTH(a, m, v, b, n, w)                                                                                    \
	{                                                                                                              \
		{ a, m, v },                                                                                           \
		{                                                                                                      \
			b, n, w                                                                                        \
		}                                                                                                      \
	}
#define TYPE_OF_SOCKET 0xf
enum { ANY, HOST }; /* the user namespace in which it must be had */

/* clang-format off */
const struct lw_call_cap lw_call_cap_table[] = {
	{ "acct",               CAP_SYS_PACCT,       HOST, ALWAYS },
	{ "chroot",             CAP_SYS_CHROOT,      ANY , ALWAYS },
	{ "clock_settime",      CAP_SYS_TIME,        HOST, ALWAYS },
	{ "delete_module",      CAP_SYS_MODULE,      HOST, ALWAYS },
	{ "finit_module",       CAP_SYS_MODULE,      HOST, ALWAYS },
	{ "init_module",        CAP_SYS_MODULE,      HOST, ALWAYS },
	{ "ioperm",             CAP_SYS_RAWIO,       HOST, WHEN(2, 1, 1) },
	{ "kexec_load",         CAP_SYS_BOOT,        HOST, ALWAYS },
	{ "mknod",              CAP_MKNOD,           HOST, WHEN(1, S_IFMT, S_IFCHR) },
	{ "mknod",              CAP_MKNOD,           HOST, WHEN(1, S_IFMT, S_IFBLK) },
	{ "mknodat",            CAP_MKNOD,           HOST, WHEN(2, S_IFMT, S_IFCHR) },
	{ "mknodat",            CAP_MKNOD,           HOST, WHEN(2, S_IFMT, S_IFBLK) },
	{ "mount",              CAP_SYS_ADMIN,       ANY , ALWAYS },
	{ "move_mount",         CAP_SYS_ADMIN,       ANY , ALWAYS },
	{ "open_by_handle_at",  CAP_DAC_READ_SEARCH, HOST, ALWAYS },
	{ "pivot_root",         CAP_SYS_ADMIN,       ANY , ALWAYS },
	{ "reboot",             CAP_SYS_BOOT,        ANY , ALWAYS },
	{ "setdomainname",      CAP_SYS_ADMIN,       ANY , ALWAYS },
	{ "sethostname",        CAP_SYS_ADMIN,       ANY , ALWAYS },
	{ "settimeofday",       CAP_SYS_TIME,        HOST, ALWAYS },
	{ "socket",             CAP_NET_RAW,         ANY , WHEN(0, 0xffffffff, AF_PACKET) },
	{ "socket",             CAP_NET_RAW,         ANY , WHEN_BOTH(0, 0xffffffff, AF_INET, 1, TYPE_OF_SOCKET, SOCK_RAW) },
	{ "socket",             CAP_NET_RAW,         ANY , WHEN_BOTH(0, 0xffffffff, AF_INET6, 1, TYPE_OF_SOCKET, SOCK_RAW) },
	{ "swapoff",            CAP_SYS_ADMIN,       HOST, ALWAYS },
	{ "swapon",             CAP_SYS_ADMIN,       HOST, ALWAYS },
	{ "umount2",            CAP_SYS_ADMIN,       ANY , ALWAYS },
	{ "vhangup",            CAP_SYS_TTY_CONFIG,  HOST, ALWAYS },
};
/* clang-format on */
const unsigned lw_call_cap_count = ARRAY_LEN(lw_call_cap_table);
