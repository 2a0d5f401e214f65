/* seccomp_cache.c: finished filters, kept under the digest of everything they depend on (core/cache.h). A program is
 * checked for form before it is used. */
#include "seccomp_filter.h"

#include <string.h>
#include "base/cleanup.h"
#include "base/sha256.h"
#include "cache.h"

#define KIND "seccomp"
#define FORMAT 3

static void add_number(struct lw_sha256 *c, uint64_t v)
{
	lw_sha256_add(c, &v, sizeof v);
}

static void add_text(struct lw_sha256 *c, const char *s)
{
	lw_sha256_add(c, s, strlen(s) + 1);
}

static void add_list(struct lw_sha256 *c, const struct lw_strlist *l)
{
	add_number(c, l->n);
	for (size_t i = 0; i < l->n; i++)
		add_text(c, l->v[i]);
}

void lw_seccomp_key(const struct lw_seccomp *p, uint64_t caps, uint8_t ret[32])
{
	struct lw_sha256 c;
	lw_sha256_init(&c);
	add_text(&c, "lunward filter");
	add_number(&c, FORMAT);
	add_number(&c, LW_SECCOMP_TABLES);
	add_text(&c, lw_abi_native.name);
	add_text(&c, lw_seccomp_library);
	add_number(&c, caps);
	add_number(&c, (uint64_t)p->base);
	add_number(&c, p->n_rules);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct lw_seccomp_rule *rule = &p->rules[i];
		add_number(&c, (uint64_t)rule->action);
		add_number(&c, rule->action == LW_SECCOMP_ERRNO ? (uint64_t)rule->errno_value : 0);
		add_list(&c, &rule->names);
		add_number(&c, rule->caps);
		add_number(&c, rule->unless);
	}
	add_list(&c, &p->architectures);
	lw_sha256_end(&c, ret);
}

int lw_seccomp_cache_get(int state_fd, const uint8_t key[32], struct lw_arena *a, struct lw_filter *ret)
{
	_cleanup_free_ char *data = NULL;
	size_t n = 0;
	if (!lw_cache_get(state_fd, KIND, key, LW_FILTER_MAX * sizeof *ret->insns, &data, &n) || n == 0 ||
	    n % sizeof *ret->insns != 0)
		return 0;
	struct sock_filter *insns = lw_arena_memdup(a, data, n);
	unsigned count = (unsigned)(n / sizeof *insns);
	if (!insns || !lw_filter_valid(insns, count))
		return 0;
	*ret = (struct lw_filter){ insns, count };
	return 1;
}

int lw_seccomp_cache_put(int state_fd, const uint8_t key[32], const struct lw_filter *f)
{
	return lw_cache_put(state_fd, KIND, key, f->insns, f->n * sizeof *f->insns);
}
