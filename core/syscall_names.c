/* syscall_names.c: names and numbers of system calls, from our own tables: libseccomp knows them too, but a launch
 * whose filter is in the cache must not wake it. Knows nothing of policies. */
#include "seccomp.h"

#include <string.h>
#include "base/text.h"
#include "seccomp_abi.h"
#include "seccomp_groups.h"

#if defined(__x86_64__)
const struct lw_abi lw_abi_native = {
	.name = "x86_64",
	.audit_arch = AUDIT_ARCH_X86_64,
	.names = lw_syscalls_x86_64,
	.count = &lw_syscalls_x86_64_count,
	.argument_mask = UINT64_MAX,
};
static const struct lw_abi foreign_table[] = {
	{ "x86", AUDIT_ARCH_I386, 0, lw_syscalls_i386, &lw_syscalls_i386_count, UINT32_MAX },
	{ "x32", AUDIT_ARCH_X86_64, LW_X32_BIT, lw_syscalls_x32, &lw_syscalls_x32_count, UINT64_MAX },
};

const struct lw_abi *lw_abi_foreign(unsigned *ret_n)
{
	*ret_n = sizeof foreign_table / sizeof foreign_table[0];
	return foreign_table;
}
#elif defined(__aarch64__)
const struct lw_abi lw_abi_native = {
	.name = "aarch64",
	.audit_arch = AUDIT_ARCH_AARCH64,
	.names = lw_syscalls_aarch64,
	.count = &lw_syscalls_aarch64_count,
	.argument_mask = UINT64_MAX,
};

const struct lw_abi *lw_abi_foreign(unsigned *ret_n)
{
	*ret_n = 0;
	return NULL;
}
#else
#error "no table of system calls for this architecture: add core/tables/syscalls_ARCH.c"
#endif

int lw_abi_number(const struct lw_abi *abi, const char *name)
{
	for (unsigned nr = 0; nr < *abi->count; nr++)
		if (abi->names[nr] && strcmp(abi->names[nr], name) == 0)
			return (int)nr;
	return -1;
}

int lw_syscall_number(const char *name)
{
	return lw_abi_number(&lw_abi_native, name);
}

const char *lw_syscall_name(int nr)
{
	return nr >= 0 && (unsigned)nr < *lw_abi_native.count ? lw_abi_native.names[nr] : NULL;
}

const char *lw_syscall_nearest(const char *word)
{
	if (word[0] == '@')
		return lw_syscall_group_nearest(word);
	return lw_nearest(word, lw_syscall_all_names, lw_syscall_all_count);
}

bool lw_seccomp_name_known(const char *name)
{
	if (name[0] == '@')
		return lw_syscall_group_find(name) != NULL;
	if (strcmp(name, "all") == 0)
		return true;
	unsigned lo = 0, hi = lw_syscall_all_count;
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int order = strcmp(name, lw_syscall_all_names[mid]);
		if (order == 0)
			return true;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}
