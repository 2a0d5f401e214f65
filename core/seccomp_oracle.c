/* seccomp_oracle.c: what becomes of one call under a policy, and which rule says so, without libseccomp, a cache or the
 * kernel: for profiles that ask about their own policies, and for the reason behind a compiled filter's answer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "seccomp_filter.h"
#include "seccomp_groups.h"

static void arena_done_p(struct lw_arena **a)
{
	lw_arena_free(*a);
}

static int all_verdicts(const struct lw_seccomp *p, uint64_t caps, struct lw_arena *a,
			struct lw_verdicts ret[LW_ABI_MAX], unsigned *ret_n, struct lw_err *err)
{
	const struct lw_abi *abis[LW_ABI_MAX];
	int r = lw_seccomp_abis(p, abis, ret_n, err);
	for (unsigned i = 0; r == 0 && i < *ret_n; i++)
		r = lw_seccomp_verdicts(p, caps, abis[i], a, &ret[i], err);
	return r;
}

/* The ABI of the policy's that the call is made by, or NULL. */
static const struct lw_verdicts *abi_of(const struct lw_verdicts *all, unsigned n, const struct seccomp_data *call)
{
	bool x32 = call->arch == AUDIT_ARCH_X86_64 && (uint32_t)call->nr >= LW_X32_BIT;
	for (unsigned i = 0; i < n; i++)
		if (all[i].abi->audit_arch == call->arch && (all[i].abi->first == LW_X32_BIT) == x32)
			return &all[i];
	return NULL;
}

static void judge(const struct lw_verdicts *all, unsigned n, const struct seccomp_data *call, struct lw_answer *ret)
{
	const struct lw_verdicts *v = abi_of(all, n, call);
	*ret = (struct lw_answer){ .action = SECCOMP_RET_KILL_PROCESS, .foreign = !v };
	if (call->arch == AUDIT_ARCH_X86_64 && (uint32_t)call->nr == UINT32_MAX) {
		*ret = (struct lw_answer){ .action = LW_NOSYS }; /* a tracer's way to skip a call */
		return;
	}
	uint32_t nr = v ? (uint32_t)call->nr - v->abi->first : 0;
	if (v && nr < *v->abi->count)
		ret->action = lw_verdict_blame(&v->v[nr], call, &ret->rule);
	else if (v)
		ret->action = v->beyond;
}

int lw_seccomp_blame(const struct lw_seccomp *p, uint64_t caps, const struct seccomp_data *call, struct lw_answer *ret,
		     struct lw_err *err)
{
	_cleanup_(arena_done_p) struct lw_arena *a = lw_arena_new();
	struct lw_verdicts all[LW_ABI_MAX];
	unsigned n;
	if (!a)
		return lw_fail(err, -ENOMEM, "out of memory");
	if (p->base == LW_SECCOMP_UNCONFINED && p->n_rules == 0) {
		*ret = (struct lw_answer){ .action = SECCOMP_RET_ALLOW };
		return 0;
	}
	int r = all_verdicts(p, caps, a, all, &n, err);
	if (r == 0)
		judge(all, n, call, ret);
	return r;
}

int lw_seccomp_simulate(const struct lw_seccomp *p, uint64_t caps, const struct seccomp_data *call,
			struct lw_answer *ret, struct lw_err *err)
{
	_cleanup_(arena_done_p) struct lw_arena *a = lw_arena_new();
	struct lw_verdicts all[LW_ABI_MAX];
	struct lw_filter f;
	unsigned n;
	if (!a)
		return lw_fail(err, -ENOMEM, "out of memory");
	if (p->base == LW_SECCOMP_UNCONFINED && p->n_rules == 0)
		return lw_seccomp_blame(p, caps, call, ret, err);
	int r = all_verdicts(p, caps, a, all, &n, err);
	if (r == 0)
		r = lw_layout_build(all, n, a, &f, err);
	if (r < 0)
		return r;
	judge(all, n, call, ret);
	if (lw_filter_run(f.insns, f.n, call) != ret->action)
		return lw_fail(err, -EIO, "the filter is not what the policy says");
	return 0;
}

char *lw_action_format(uint32_t action, char *buf, size_t size)
{
	const char *name;
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		snprintf(buf, size, "allow");
		break;
	case SECCOMP_RET_LOG:
		snprintf(buf, size, "log");
		break;
	case SECCOMP_RET_ERRNO:
		name = strerrorname_np((int)(action & SECCOMP_RET_DATA));
		if (name)
			snprintf(buf, size, "errno %s", name);
		else
			snprintf(buf, size, "errno %u", action & SECCOMP_RET_DATA);
		break;
	default:
		snprintf(buf, size, "kill");
		break;
	}
	return buf;
}

const char *lw_call_name(const struct seccomp_data *call)
{
	unsigned n;
	const struct lw_abi *foreign = lw_abi_foreign(&n);
	if (call->arch == lw_abi_native.audit_arch && (uint32_t)call->nr < LW_X32_BIT)
		return lw_syscall_name(call->nr);
	for (unsigned i = 0; i < n; i++) {
		uint32_t nr = (uint32_t)call->nr - foreign[i].first;
		if (foreign[i].audit_arch == call->arch && nr < *foreign[i].count)
			return foreign[i].names[nr];
	}
	return NULL;
}

struct search {
	const char *name;
	bool found;
};

static void compare(void *arg, const char *text)
{
	struct search *s = arg;
	size_t n = strcspn(text, " \t(");
	s->found = s->found || (strlen(s->name) == n && strncmp(text, s->name, n) == 0);
}

const char *lw_seccomp_word(const struct lw_seccomp_rule *r, const char *call)
{
	/* The last that names it: later ones win. */
	for (size_t i = r->names.n; i > 0; i--) {
		const char *word = r->names.v[i - 1];
		const struct lw_syscall_group *g = *word == '@' ? lw_syscall_group_find(word) : NULL;
		struct search s = { .name = call, .found = !strcmp(word, "all") || (g && !g->members) };
		if (g)
			lw_syscall_group_each(g, compare, &s);
		else
			compare(&s, word);
		if (s.found)
			return word;
	}
	return NULL;
}

const char *lw_seccomp_reason(const struct lw_seccomp *p, const char *call)
{
	const struct {
		const struct lw_seccomp_cut *v;
		unsigned n;
	} tables[] = {
		{ lw_strict_table, p->base == LW_SECCOMP_STRICT ? lw_strict_count : 0 },
		{ lw_default_table,
		  p->base == LW_SECCOMP_STRICT || p->base == LW_SECCOMP_DEFAULT ? lw_default_count : 0 },
	};
	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (unsigned i = 0; i < tables[t].n; i++)
			if (strcmp(tables[t].v[i].name, call) == 0)
				return tables[t].v[i].reason;
	return NULL;
}
