/* seccomp_groups.h: groups of system calls ("@clock"): the table is core/tables/syscall_groups.c, the functions here
 * look a group up and walk its calls, nested groups included. */
#ifndef LW_SECCOMP_GROUPS_H
#define LW_SECCOMP_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

struct lw_syscall_group {
	const char *name;           /* "@clock" */
	const char *help;           /* one line */
	const char *const *members; /* NULL-terminated; NULL: every call of the ABI */
};
extern const struct lw_syscall_group lw_syscall_group_table[]; /* sorted by name */
extern const unsigned lw_syscall_group_count;

/* NULL when there is none of that name. */
const struct lw_syscall_group *lw_syscall_group_find(const char *name);
const char *lw_syscall_group_nearest(const char *word);
/* Calls fn for every call or pattern named by the group, a call in two nested groups twice. The group must not be
 * "@known". */
void lw_syscall_group_each(const struct lw_syscall_group *g, void (*fn)(void *arg, const char *name), void *arg);

#endif
