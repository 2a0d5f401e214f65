/* cpulist.c: reading lists of processors. Must not know where they come from nor what they are for. */
#include "cpulist.h"
#include <errno.h>
#include <string.h>

/* A number and what follows it; -1 when there is none, LW_CPULIST_MAX when it is too large. */
static int number(const char **at)
{
	int n = -1;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		n = (n < 0 ? 0 : n * 10) + (**at - '0');
		if (n > LW_CPULIST_MAX)
			n = LW_CPULIST_MAX;
	}
	return n;
}

int lw_cpulist_parse(const char *text, struct lw_cpulist *ret)
{
	int count = 0;
	memset(ret, 0, sizeof *ret);
	do {
		int first = number(&text), last = first;
		if (first >= 0 && *text == '-') {
			text++;
			last = number(&text);
		}
		if (first < 0 || last < first)
			return -EINVAL;
		if (last >= LW_CPULIST_MAX)
			return -ERANGE;
		for (int i = first; i <= last; i++) {
			uint64_t bit = UINT64_C(1) << (i % 64);
			count += !(ret->bit[i / 64] & bit);
			ret->bit[i / 64] |= bit;
		}
	} while (*text == ',' && text++);
	return !*text || !strcmp(text, "\n") ? count : -EINVAL;
}

int lw_cpulist_missing(const struct lw_cpulist *part, const struct lw_cpulist *all)
{
	for (int i = 0; i < LW_CPULIST_MAX / 64; i++) {
		uint64_t more = part->bit[i] & ~all->bit[i];
		if (more)
			return i * 64 + __builtin_ctzll(more);
	}
	return -1;
}
