/* seccomp_fixture.h: what the tests of the seccomp part share: policies by base and capabilities, filters compiled from
 * them, and calls to ask them about. */
#ifndef LW_TEST_SECCOMP_FIXTURE_H
#define LW_TEST_SECCOMP_FIXTURE_H

/* cmocka wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/names.h"
#include "seccomp.h"
#include "seccomp_filter.h"
#include "seccomp_groups.h"

static const struct lw_seccomp base_table[] = {
	{ .base = LW_SECCOMP_DEFAULT },
	{ .base = LW_SECCOMP_DOCKER },
	{ .base = LW_SECCOMP_STRICT },
	{ .base = LW_SECCOMP_DENY },
};
#define BASES (sizeof base_table / sizeof base_table[0])

static inline int arena_setup(void **state)
{
	*state = lw_arena_new();
	return *state ? 0 : -1;
}

static inline int arena_teardown(void **state)
{
	*state = lw_arena_free(*state);
	return 0;
}

static inline struct lw_filter compile(const struct lw_seccomp *p, uint64_t caps, struct lw_arena *a)
{
	struct lw_filter f = { 0 };
	struct lw_err err = { 0 };
	if (lw_seccomp_compile(p, caps, -1, a, &f, &err) < 0)
		fail_msg("%s: %s", err.path, err.msg);
	return f;
}

static inline struct lw_verdicts verdicts(const struct lw_seccomp *p, uint64_t caps, struct lw_arena *a)
{
	struct lw_verdicts v = { 0 };
	struct lw_err err = { 0 };
	if (lw_seccomp_verdicts(p, caps, &lw_abi_native, a, &v, &err) < 0)
		fail_msg("%s: %s", err.path, err.msg);
	return v;
}

/* A policy of one rule over a base; lives as long as the arena. */
static inline struct lw_seccomp *with_rule(int base, int action, const char *name, struct lw_arena *a)
{
	struct lw_seccomp *p = lw_arena_alloc(a, sizeof *p);
	p->base = base;
	p->n_rules = 1;
	p->rules = lw_arena_alloc(a, sizeof *p->rules);
	p->rules->action = action;
	p->rules->errno_value = 1;
	p->rules->names.n = 1;
	p->rules->names.v = lw_arena_memdup(a, &name, sizeof name);
	return p;
}

static inline uint32_t ask(const struct lw_filter *f, const char *name, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data call = { .nr = lw_syscall_number(name),
				     .arch = lw_abi_native.audit_arch,
				     .args = { a0, a1, a2 } };
	assert_true(call.nr >= 0);
	return lw_filter_run(f->insns, f->n, &call);
}

#define RET_EPERM (SECCOMP_RET_ERRNO | 1U)
#define RET_ENOSYS (SECCOMP_RET_ERRNO | 38U)

#endif
