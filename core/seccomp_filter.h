/* seccomp_filter.h: from verdicts to programs: our layout, libseccomp's, the check of one against the other, and the
 * store of finished ones. Internal to the seccomp part. */
#ifndef LW_SECCOMP_FILTER_H
#define LW_SECCOMP_FILTER_H

#include "seccomp.h"
#include "seccomp_policy.h"

#define LW_FILTER_MAX 4096 /* instructions, the kernel's BPF_MAXINSNS */
#define LW_ABI_MAX 3       /* native and two foreign ones */

/* --- seccomp.c --- */

/* The ABIs a policy is for, the native one first. */
int lw_seccomp_abis(const struct lw_seccomp *p, const struct lw_abi *ret[LW_ABI_MAX], unsigned *ret_n,
		    struct lw_err *err);

/* --- seccomp_cover.c --- */

/* What a verdict does for the calls whose arguments have these bits. */
struct lw_term {
	uint32_t action;
	uint64_t mask[6], value[6];
};
#define LW_TERMS_MAX 512
struct lw_terms {
	unsigned n;
	struct lw_term v[LW_TERMS_MAX];
};
/* Disjoint terms that together are the verdict, its last action included. -1 when there are too many. */
int lw_verdict_cover(const struct lw_verdict *v, struct lw_arena *a, struct lw_terms *ret);

/* --- seccomp_layout.c --- */

/* Our own program for the ABIs given, the native one first. */
int lw_layout_build(const struct lw_verdicts *abis, unsigned n_abis, struct lw_arena *a, struct lw_filter *ret,
		    struct lw_err *err);

/* --- seccomp_verify.c --- */

/* True when the program gives every system call of the ABI what the other gives it, for every argument value that a
 * comparison could tell from another (each constant, its neighbours, single bits, high words set). skip, by number, or
 * NULL: calls that are not compared, numbers past the table among them. */
bool lw_filter_equal(const struct lw_filter *f, const struct lw_filter *reference, const struct lw_verdicts *all,
		     const bool *skip);
/* True when the program gives every call of every ABI its verdict, other ABIs' and numbers past the table included. */
bool lw_filter_obeys(const struct lw_filter *f, const struct lw_verdicts *abis, unsigned n_abis);

/* --- seccomp_compile.c --- */

/* What libseccomp makes of the same verdicts. For the native ABI its program stands behind a prologue of ours: other
 * ABIs die, new numbers are ENOSYS; skip is NULL when it says all of them. */
struct lw_reference {
	struct lw_filter filter;
	bool *skip; /* by number: calls it cannot say, in the arena; or NULL */
};
int lw_libseccomp_build(const struct lw_verdicts *all, struct lw_arena *a, struct lw_reference *ret,
			struct lw_err *err);
/* Our program if it is what libseccomp's are, ABI by ABI, else libseccomp's (which alone knows no foreign ABI). */
int lw_seccomp_choose(const struct lw_filter *own, const struct lw_reference *references,
		      const struct lw_verdicts *abis, unsigned n_abis, struct lw_filter *ret, struct lw_err *err);

/* --- seccomp_cache.c --- */

void lw_seccomp_key(const struct lw_seccomp *p, uint64_t caps, uint8_t ret[32]);
/* 1: found and whole; 0: not there, or damaged. */
int lw_seccomp_cache_get(int state_fd, const uint8_t key[32], struct lw_arena *a, struct lw_filter *ret);
/* Failing to store costs the next launch time, nothing else: 0 or a negative errno for the curious. */
int lw_seccomp_cache_put(int state_fd, const uint8_t key[32], const struct lw_filter *f);

#endif
