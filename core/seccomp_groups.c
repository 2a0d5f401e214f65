/* seccomp_groups.c: looks groups of system calls up and walks them. Nesting is the table's: it has no cycle, which a
 * unit test checks, so the walk needs no memory of where it has been. */
#include "seccomp_groups.h"

#include <string.h>
#include "base/text.h"

const struct lw_syscall_group *lw_syscall_group_find(const char *name)
{
	for (unsigned i = 0; i < lw_syscall_group_count; i++)
		if (strcmp(lw_syscall_group_table[i].name, name) == 0)
			return &lw_syscall_group_table[i];
	return NULL;
}

const char *lw_syscall_group_nearest(const char *word)
{
	const char *names[64];
	size_t n = 0;
	for (unsigned i = 0; i < lw_syscall_group_count && n < sizeof names / sizeof names[0]; i++)
		names[n++] = lw_syscall_group_table[i].name;
	return lw_nearest(word, names, n);
}

void lw_syscall_group_each(const struct lw_syscall_group *g, void (*fn)(void *arg, const char *name), void *arg)
{
	for (const char *const *m = g->members; m && *m; m++) {
		if (**m != '@') {
			fn(arg, *m);
			continue;
		}
		const struct lw_syscall_group *nested = lw_syscall_group_find(*m);
		if (nested)
			lw_syscall_group_each(nested, fn, arg);
	}
}
