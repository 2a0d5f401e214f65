/* seccomp_policy.c: from a policy and a capability set to a verdict per system call. Pure: no libseccomp, no program,
 * no kernel. The bases are tables of names (core/tables/seccomp_*.c); a call no table names is denied. */
#include "seccomp_policy.h"

#include <errno.h>
#include <string.h>
#include "call_text.h"
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

static void set_all(const struct lw_verdicts *all, uint32_t action, uint16_t by)
{
	for (unsigned nr = 0; nr < *all->abi->count; nr++)
		if (all->abi->names[nr])
			all->v[nr] = (struct lw_verdict){ .action = action, .by = by };
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

/* Calls newer than docker's profile, by the native numbers, are not there, as runc has it: callers go on with older
 * ones. */
static void docker_newer(const struct lw_verdicts *all)
{
	int last = -1;
	for (unsigned i = 0; i < lw_docker_count; i++)
		for (const char *const *name = lw_docker_table[i].names; *name; name++) {
			int nr = lw_syscall_number(*name);
			last = nr > last ? nr : last;
		}
	for (int nr = last + 1; nr < (int)*lw_abi_native.count; nr++) {
		const char *name = lw_syscall_name(nr);
		int here = name ? lw_abi_number(all->abi, name) : -1;
		if (here >= 0)
			all->v[here].action = LW_NOSYS;
	}
}

static void base_docker(const struct lw_verdicts *all, uint64_t caps, struct lw_arena *a)
{
	set_all(all, LW_DENY, 0);
	docker_newer(all);
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
			all->v[nr] = (struct lw_verdict){ .action = cut->action,
							  .n_rules = cut->n_rules,
							  .rules = cut->rules };
	}
}

/* A rule of the policy as it is applied to an ABI. */
struct applied {
	const struct lw_verdicts *all;
	struct lw_arena *a;
	uint32_t action;
	uint16_t by; /* its number, from 1 */
	bool only;
	struct lw_err *err;
	int r;
};

/* "only": what no pattern of this rule matches is denied. The first of them puts everything said before away. */
static void begin_only(const struct applied *r, struct lw_verdict *v)
{
	if (v->by != r->by)
		*v = (struct lw_verdict){ .action = LW_DENY, .by = r->by };
}

/* The new rules are asked before those that were there. */
static int put_rules(const struct applied *r, const struct lw_call_pattern *p, struct lw_verdict *v)
{
	struct lw_arg_rule *rules;
	if (p->n + v->n_rules > LW_VERDICT_RULES) {
		lw_fail_as(r->err, LW_ERR_POLICY, -E2BIG, "more than %d argument rules for %s", LW_VERDICT_RULES,
			   p->name);
		lw_err_hint(r->err, "write ranges, or one rule without arguments");
		return -E2BIG;
	}
	rules = lw_arena_array(r->a, p->n + v->n_rules, sizeof *rules);
	if (!rules)
		return lw_fail(r->err, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < p->n; i++) {
		rules[i] = p->rules[i];
		rules[i].action = r->action;
		rules[i].by = r->by;
	}
	if (v->n_rules)
		memcpy(rules + p->n, v->rules, v->n_rules * sizeof *rules);
	v->rules = rules;
	v->n_rules = (uint16_t)(v->n_rules + p->n);
	return 0;
}

/* A call by name, or a pattern. */
static void apply_call(void *arg, const char *text)
{
	struct applied *r = arg;
	struct lw_call_pattern p = { .any = true };
	bool plain = !strchr(text, '(');
	if (r->r < 0)
		return;
	if (!plain)
		r->r = lw_call_pattern_parse(text, r->a, &p, r->err);
	int nr = r->r < 0 ? -1 : lw_abi_number(r->all->abi, plain ? text : p.name);
	if (nr < 0)
		return;
	struct lw_verdict *v = &r->all->v[nr];
	if (r->only)
		begin_only(r, v);
	if (!p.any)
		r->r = put_rules(r, &p, v);
	else
		*v = (struct lw_verdict){ .action = r->action, .by = r->by };
}

static int rule_action(const struct lw_seccomp_rule *rule, uint32_t *ret, struct lw_err *err)
{
	switch (rule->action) {
	case LW_SECCOMP_ALLOW:
	case LW_SECCOMP_ONLY:
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

static int apply_rule(struct lw_verdicts *all, const struct lw_seccomp_rule *rule, uint16_t by, struct lw_arena *a,
		      struct lw_err *err)
{
	struct applied s = { .all = all, .a = a, .by = by, .only = rule->action == LW_SECCOMP_ONLY, .err = err };
	int r = rule_action(rule, &s.action, err);
	for (size_t i = 0; i < rule->names.n && r == 0; i++) {
		const char *name = rule->names.v[i];
		const struct lw_syscall_group *g = name[0] == '@' ? lw_syscall_group_find(name) : NULL;
		if (strcmp(name, "all") == 0 || (g && !g->members)) {
			set_all(all, s.action, by);
			/* What is newer than our table is not there, unless a filter that allowed everything is told to
			 * go on doing so. */
			if (s.action != SECCOMP_RET_ALLOW && s.action != SECCOMP_RET_LOG)
				all->beyond = LW_NOSYS;
		} else if (g) {
			lw_syscall_group_each(g, apply_call, &s);
		} else if (strchr(name, '(') || lw_seccomp_name_known(name)) {
			apply_call(&s, name);
		} else {
			r = lw_call_unknown(name, err);
		}
		if (r == 0)
			r = s.r;
	}
	return r;
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
		set_all(&all, LW_DENY, 0);
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
		const struct lw_seccomp_rule *rule = &p->rules[i];
		if ((rule->caps & caps) != rule->caps || (rule->unless & caps))
			continue;
		int r = apply_rule(&all, rule, (uint16_t)(i + 1), a, err);
		if (r < 0) {
			lw_err_at(err, rule->rec.origin);
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
	uint64_t v = call->args[cmp->arg] & cmp->mask;
	switch (cmp->op) {
	case LW_ARG_EQ:
		return v == cmp->value;
	case LW_ARG_NE:
		return v != cmp->value;
	case LW_ARG_LT:
		return v < cmp->value;
	default: /* LW_ARG_GT */
		return v > cmp->value;
	}
}

uint32_t lw_verdict_blame(const struct lw_verdict *v, const struct seccomp_data *call, unsigned *ret_by)
{
	for (unsigned i = 0; i < v->n_rules; i++) {
		const struct lw_arg_rule *rule = &v->rules[i];
		bool match = true;
		for (unsigned j = 0; j < rule->n && match; j++)
			match = holds(&rule->cmp[j], call);
		if (match) {
			*ret_by = rule->by;
			return rule->action;
		}
	}
	*ret_by = v->by;
	return v->action;
}

uint32_t lw_verdict_eval(const struct lw_verdict *v, const struct seccomp_data *call)
{
	unsigned by;
	return lw_verdict_blame(v, call, &by);
}

uint32_t lw_verdicts_eval(const struct lw_verdicts *all, const struct seccomp_data *call)
{
	uint32_t nr = (uint32_t)call->nr - all->abi->first;
	return nr < *all->abi->count ? lw_verdict_eval(&all->v[nr], call) : all->beyond;
}
