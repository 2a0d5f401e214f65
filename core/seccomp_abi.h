/* seccomp_abi.h: the system call tables of the ABIs we write filters for (core/tables/syscalls_*.c, data only).
 * Internal to the seccomp part; everybody else asks lw_syscall_number and lw_syscall_name, which mean the native ABI.
 */
#ifndef LW_SECCOMP_ABI_H
#define LW_SECCOMP_ABI_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stdint.h>

/* Raised with every change of a table (calls, groups, docker's or our own verdicts): part of the cache key. */
#define LW_SECCOMP_TABLES 3

extern const char *const lw_syscalls_x86_64[], *const lw_syscalls_i386[], *const lw_syscalls_x32[],
										  *const lw_syscalls_aarch64[];
extern const unsigned lw_syscalls_x86_64_count, lw_syscalls_i386_count, lw_syscalls_x32_count,
	lw_syscalls_aarch64_count;
extern const char *const lw_syscall_all_names[];
extern const unsigned lw_syscall_all_count;

#define LW_X32_BIT UINT32_C(0x40000000)

struct lw_abi {
	const char *name;         /* as uname -m says; for a foreign ABI the word of the key `architectures` */
	uint32_t audit_arch;      /* seccomp_data.arch */
	uint32_t first;           /* added to the table's numbers: LW_X32_BIT or 0 */
	const char *const *names; /* by number, NULL in a gap */
	const unsigned *count;    /* one past the highest number */
	uint64_t argument_mask;   /* of what a caller can put in an argument */
};

/* The table's number (without `first`) of a call, or -1. */
int lw_abi_number(const struct lw_abi *abi, const char *name);

extern const struct lw_abi lw_abi_native;
/* Foreign ABIs this machine's kernel may run and a policy may name; *ret_n of them. */
const struct lw_abi *lw_abi_foreign(unsigned *ret_n);

#endif
