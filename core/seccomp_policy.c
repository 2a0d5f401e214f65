/* seccomp_policy.c: from a policy and a capability set to a verdict per system call. Pure: no libseccomp, no program,
 * no kernel. The bases are tables of names (core/tables/seccomp_*.c); a call no table names is denied. */
#include "seccomp_policy.h"

#include <errno.h>
#include <string.h>
#include "seccomp.h"
#include "seccomp_groups.h"

static unsigned abi_bit(const struct lw_abi *abi)
{
	if (abi->audit_arch == AUDIT_ARCH_I386)
		return LW_ON_I386;
	if (abi->audit_arch == AUDIT_ARCH_AARCH64)
		return LW_ON_ARM64;
	return abi->first ? LW_ON_X32 : LW_ON_X86_64;
}

static void set_all(const struct lw_verdicts *all, uint32_t action)
{
	for (unsigned nr = 0; nr < *all->abi->count; nr++)
		if (all->abi->names[nr])
			all->v[nr] = (struct lw_verdict){ .action = action };
}

/* Docker's rules for one call are alternatives: a further one is added unless the call is allowed outright. */
static void docker_add(struct lw_verdict *v, const struct lw_arg_rule *rule, struct lw_arena *a)
{
	if (rule->n == 0) {
		if (v->action != SECCOMP_RET_ALLOW)
			*v = (struct lw_verdict){ .action = rule->action };
		return;
	}
	if (v->action == SECCOMP_RET_ALLOW)
		return;
	struct lw_arg_rule *rules = lw_arena_array(a, v->n_rules + 1, sizeof *rules);
	if (!rules)
		return;
	if (v->n_rules)
		memcpy(rules, v->rules, v->n_rules * sizeof *rules);
	rules[v->n_rules] = *rule;
	v->rules = rules;
	v->n_rules++;
}

static void base_docker(const struct lw_verdicts *all, uint64_t caps, struct lw_arena *a)
{
	set_all(all, LW_DENY);
	for (unsigned i = 0; i < lw_docker_count; i++) {
		const struct lw_docker_row *row = &lw_docker_table[i];
		if (row->cap >= 0 && !(caps >> row->cap & 1))
			continue;
		if (row->unless >= 0 && (caps >> row->unless & 1))
			continue;
		if (row->abis && !(row->abis & abi_bit(all->abi)))
			continue;
		for (const char *const *name = row->names; *name; name++) {
			int nr = lw_abi_number(all->abi, *name);
			if (nr >= 0)
				docker_add(&all->v[nr], &row->rule, a);
		}
	}
}

static void take(const struct lw_verdicts *all, const struct lw_seccomp_cut *table, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct lw_seccomp_cut *cut = &table[i];
		if (cut->abis && !(cut->abis & abi_bit(all->abi)))
			continue;
		int nr = lw_abi_number(all->abi, cut->name);
		if (nr >= 0)
			all->v[nr] = (struct lw_verdict){ cut->action, cut->n_rules, cut->rules };
	}
}

struct set_call {
	const struct lw_verdicts *all;
	uint32_t action;
};

static void set_call(void *arg, const char *name)
{
	const struct set_call *s = arg;
	int nr = lw_abi_number(s->all->abi, name);
	if (nr >= 0)
		s->all->v[nr] = (struct lw_verdict){ .action = s->action };
}

static int rule_action(const struct lw_seccomp_rule *rule, uint32_t *ret, struct lw_err *err)
{
	switch (rule->action) {
	case LW_SECCOMP_ALLOW:
		*ret = SECCOMP_RET_ALLOW;
		return 0;
	case LW_SECCOMP_ERRNO:
		if (rule->errno_value < 1 || rule->errno_value > 4095)
			return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%d is no error number", rule->errno_value);
		*ret = SECCOMP_RET_ERRNO | (uint32_t)rule->errno_value;
		return 0;
	case LW_SECCOMP_KILL:
		*ret = SECCOMP_RET_KILL_PROCESS;
		return 0;
	case LW_SECCOMP_LOG:
		*ret = SECCOMP_RET_LOG;
		return 0;
	}
	return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "unknown action %d", rule->action);
}

static int apply_rule(struct lw_verdicts *all, const struct lw_seccomp_rule *rule, struct lw_err *err)
{
	struct set_call s = { .all = all };
	int r = rule_action(rule, &s.action, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < rule->names.n; i++) {
		const char *name = rule->names.v[i];
		if (!lw_seccomp_name_known(name)) {
			const char *near = lw_syscall_nearest(name);
			lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "unknown system call '%s'", name);
			if (near)
				lw_err_hint(err, "did you mean \"%s\"?", near);
			return -EINVAL;
		}
		if (strcmp(name, "all") == 0 || strcmp(name, "@known") == 0) {
			set_all(all, s.action);
			/* What is newer than our table is not there, unless a filter that allowed everything is told to
			 * go on doing so. */
			if (s.action != SECCOMP_RET_ALLOW)
				all->beyond = LW_NOSYS;
		} else if (name[0] == '@') {
			lw_syscall_group_each(lw_syscall_group_find(name), set_call, &s);
		} else {
			set_call(&s, name);
		}
	}
	return 0;
}

int lw_seccomp_verdicts(const struct lw_seccomp *p, uint64_t caps, const struct lw_abi *abi, struct lw_arena *a,
			struct lw_verdicts *ret, struct lw_err *err)
{
	struct lw_verdicts all = { .abi = abi, .fallback = LW_DENY, .beyond = LW_NOSYS };
	all.v = lw_arena_array(a, *abi->count, sizeof *all.v);
	if (!all.v)
		return lw_fail(err, -ENOMEM, "out of memory");
	for (unsigned nr = 0; nr < *abi->count; nr++)
		all.v[nr].action = LW_NOSYS;

	switch (p->base) {
	case LW_SECCOMP_DOCKER:
		base_docker(&all, caps, a);
		break;
	case LW_SECCOMP_DEFAULT:
	case LW_SECCOMP_STRICT:
		base_docker(&all, caps, a);
		take(&all, lw_default_table, lw_default_count);
		if (p->base == LW_SECCOMP_STRICT)
			take(&all, lw_strict_table, lw_strict_count);
		break;
	case LW_SECCOMP_DENY:
		set_all(&all, LW_DENY);
		break;
	case LW_SECCOMP_UNCONFINED:
		for (unsigned nr = 0; nr < *abi->count; nr++)
			all.v[nr].action = SECCOMP_RET_ALLOW;
		all.fallback = all.beyond = SECCOMP_RET_ALLOW;
		break;
	default:
		return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "unknown base policy %d", p->base);
	}
	for (size_t i = 0; i < p->n_rules; i++) {
		int r = apply_rule(&all, &p->rules[i], err);
		if (r < 0) {
			lw_err_in(err, "rules[%zu]", i);
			return r;
		}
	}
	if (lw_arena_failed(a))
		return lw_fail(err, -ENOMEM, "out of memory");
	*ret = all;
	return 0;
}

static bool holds(const struct lw_arg_cmp *cmp, const struct seccomp_data *call)
{
	uint32_t low = (uint32_t)call->args[cmp->arg];
	switch (cmp->op) {
	case LW_ARG_EQ:
		return (low & cmp->mask) == cmp->value;
	case LW_ARG_LT:
		return low < cmp->value;
	default: /* LW_ARG_GT */
		return low > cmp->value;
	}
}

uint32_t lw_verdict_eval(const struct lw_verdict *v, const struct seccomp_data *call)
{
	for (unsigned i = 0; i < v->n_rules; i++) {
		const struct lw_arg_rule *rule = &v->rules[i];
		bool match = true;
		for (unsigned j = 0; j < rule->n && match; j++)
			match = holds(&rule->cmp[j], call);
		if (match)
			return rule->action;
	}
	return v->action;
}

uint32_t lw_verdicts_eval(const struct lw_verdicts *all, const struct seccomp_data *call)
{
	uint32_t nr = (uint32_t)call->nr - all->abi->first;
	return nr < *all->abi->count ? lw_verdict_eval(&all->v[nr], call) : all->beyond;
}
