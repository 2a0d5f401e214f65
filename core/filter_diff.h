/* filter_diff.h: which system calls two filters judge differently, worked out from the programs themselves. The
 * arguments are split by every comparison that either program makes of them, both are run on one call of each part, and
 * parts with the same pair of verdicts are told as patterns of the one call syntax. */
#ifndef LW_FILTER_DIFF_H
#define LW_FILTER_DIFF_H

#include "seccomp.h"
#include "seccomp_abi.h"
#include "value_set.h"

struct lw_call_change {
	const char *what; /* "ptrace", "socket(AF_VSOCK, *)", "x86:open", or words where it is no call */
	bool words;       /* what is no pattern */
	uint32_t a, b;    /* verdicts, SECCOMP_RET_* with data */
	struct seccomp_data example;
};
struct lw_call_changes {
	size_t n, cap;
	struct lw_call_change *v;
};

/* Does the verdict let the call be made? */
bool lw_action_permits(uint32_t action);

/* A filter without instructions allows everything. The programs must be valid. Of a call whose arguments are compared
 * in more ways than can be told, there are single calls that differ, one of each kind that was found, and words that it
 * is so. */
int lw_filter_diff(const struct lw_filter *f, const struct lw_filter *g, struct lw_arena *a,
		   struct lw_call_changes *ret, struct lw_err *err);

/* --- filter_tests.c --- */

#define LW_FILTER_TESTS 512
struct lw_filter_tests {
	unsigned n;
	struct lw_word_test v[LW_FILTER_TESTS];
};
/* Adds every comparison of an argument that the program may make for this call. -EOPNOTSUPP: one of a form that our
 * programs do not have; -E2BIG: too many. */
int lw_filter_tests_add(const struct lw_filter *f, uint32_t arch, uint32_t nr, struct lw_arena *a,
			struct lw_filter_tests *ret);

/* Calls fn with arguments around what the comparisons look for, a bounded number of combinations: those of values that
 * stand in the same place of the program, and others spread over all. Stops at a negative result and returns it. */
int lw_filter_tests_try(const struct lw_filter_tests *tests, int (*fn)(void *arg, const uint64_t args[6]), void *arg);

/* --- call_show.c --- */

/* One spelling of values of an argument: "AF_INET|AF_INET6", "!=0", "<10", "&1=1". */
struct lw_shown {
	const char *text;
	uint64_t example;
};
struct lw_shown_list {
	unsigned n, cap;
	struct lw_shown *v;
};
/* The values of `in` as spellings that together mean exactly them; `out` is all other values. width: the bits that the
 * kernel looks at. */
int lw_call_show_values(const char *call, unsigned arg, uint64_t width, const struct lw_value_set *in,
			const struct lw_value_set *out, struct lw_arena *a, struct lw_shown_list *ret);
/* "socket(AF_INET, *)" of the spellings of the arguments, NULL for "*". */
const char *lw_call_show(const char *prefix, const char *call, const char *const args[6], struct lw_arena *a);

/* --- tables/call_words.c --- */

/* How many arguments a call has, and with what the names of constants in each begin; '|' between several. */
struct lw_call_words {
	char name[16];
	uint8_t n;
	char prefixes[6][12];
};
extern const struct lw_call_words lw_call_words_table[];
extern const unsigned lw_call_words_count;

#endif
