/* seccomp.c: from a policy to a filter: out of the cache, or compiled, checked and stored. Knows no libseccomp. */
#include "seccomp.h"

#include <errno.h>
#include <string.h>
#include "seccomp_filter.h"

int lw_seccomp_abis(const struct lw_seccomp *p, const struct lw_abi *ret[LW_ABI_MAX], unsigned *ret_n,
		    struct lw_err *err)
{
	unsigned n_foreign, n = 0;
	const struct lw_abi *foreign = lw_abi_foreign(&n_foreign);
	ret[n++] = &lw_abi_native;
	for (size_t i = 0; i < p->architectures.n; i++) {
		const char *word = p->architectures.v[i];
		const struct lw_abi *found = strcmp(word, lw_abi_native.name) == 0 ? &lw_abi_native : NULL;
		for (unsigned j = 0; j < n_foreign && !found; j++)
			if (strcmp(word, foreign[j].name) == 0)
				found = &foreign[j];
		if (!found && strcmp(word, "x86") != 0 && strcmp(word, "x32") != 0) {
			lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "unknown architecture '%s'", word);
			lw_err_hint(err, "x86 and x32 can be allowed beside the native one");
			lw_err_in(err, "architectures[%zu]", i);
			return -EINVAL;
		}
		for (unsigned j = 0; j < n && found; j++)
			if (ret[j] == found)
				found = NULL;
		if (found)
			ret[n++] = found; /* one this machine does not have means nothing here */
	}
	*ret_n = n;
	return 0;
}

static int build(const struct lw_seccomp *p, uint64_t caps, const struct lw_abi *const abis[], unsigned n_abis,
		 struct lw_arena *a, struct lw_filter *ret, struct lw_err *err)
{
	struct lw_verdicts all[LW_ABI_MAX];
	struct lw_reference references[LW_ABI_MAX] = { 0 };
	struct lw_filter own = { 0 };
	for (unsigned i = 0; i < n_abis; i++) {
		int r = lw_seccomp_verdicts(p, caps, abis[i], a, &all[i], err);
		if (r == 0)
			r = lw_libseccomp_build(&all[i], a, &references[i], err);
		if (r < 0)
			return r;
	}
	int r = lw_layout_build(all, n_abis, a, &own, err);
	if (r < 0)
		return r;
	return lw_seccomp_choose(&own, references, all, n_abis, ret, err);
}

int lw_seccomp_compile(const struct lw_seccomp *p, uint64_t caps, int state_fd, struct lw_arena *a,
		       struct lw_filter *ret, struct lw_err *err)
{
	const struct lw_abi *abis[LW_ABI_MAX];
	unsigned n_abis;
	uint8_t key[32];
	if (p->base == LW_SECCOMP_UNCONFINED && p->n_rules == 0) {
		*ret = (struct lw_filter){ 0 };
		return 0;
	}
	if (state_fd >= 0) {
		lw_seccomp_key(p, caps, key);
		if (lw_seccomp_cache_get(state_fd, key, a, ret))
			return 0;
	}
	int r = lw_seccomp_abis(p, abis, &n_abis, err);
	if (r < 0)
		return r;
	/* The intermediate forms are large: they go with an arena of their own. */
	struct lw_arena *scratch = lw_arena_new();
	struct lw_filter built = { 0 };
	r = scratch ? build(p, caps, abis, n_abis, scratch, &built, err) : lw_fail(err, -ENOMEM, "out of memory");
	if (r == 0) {
		struct sock_filter *insns = lw_arena_memdup(a, built.insns, built.n * sizeof *insns);
		if (insns)
			*ret = (struct lw_filter){ insns, built.n };
		else
			r = lw_fail(err, -ENOMEM, "out of memory");
	}
	lw_arena_free(scratch);
	if (r == 0 && state_fd >= 0)
		(void)lw_seccomp_cache_put(state_fd, key, ret);
	return r;
}
