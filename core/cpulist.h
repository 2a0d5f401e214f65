/* cpulist.h: lists of processors as the kernel writes them, "0-3,8": cpuset(7). */
#ifndef LW_CPULIST_H
#define LW_CPULIST_H

#include <stdint.h>

#define LW_CPULIST_MAX 8192 /* the most that a kernel can be built for */
struct lw_cpulist {
	uint64_t bit[LW_CPULIST_MAX / 64];
};

/* How many processors the list names; -EINVAL when it is none, -ERANGE past the last number. A line's end may follow.
 */
int lw_cpulist_parse(const char *text, struct lw_cpulist *ret);
/* The first processor of `part` that `all` lacks, or -1. */
int lw_cpulist_missing(const struct lw_cpulist *part, const struct lw_cpulist *all);

#endif
