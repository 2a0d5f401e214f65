/* stage_seccomp.c: the filter of the plan. Compiles the policy for the capabilities in force and refuses one that would
 * stop set-up itself; when it is loaded is told to the plan. Knows no libseccomp. */
#include "stage.h"

#include <errno.h>
#include "seccomp.h"

/* Does the policy ask for the kernel's audit? Then it hears of denials, not only of the calls that are named. */
static bool logs(const struct lw_seccomp *p)
{
	bool log = p->log;
	for (size_t i = 0; i < p->n_rules; i++)
		log = log || p->rules[i].action == LW_SECCOMP_LOG;
	return log;
}

static int plan_filter(struct lw_plan *p, bool early, struct lw_err *err)
{
	const struct lw_seccomp *policy = &p->spec->seccomp;
	uint64_t caps = p->spec->capabilities.set[LW_CAP_BOUNDING];
	char missing[160], loader[200];
	int r = lw_seccomp_compile(policy, caps, p->host->state_fd, p->arena, &p->filter, err);
	if (r < 0) {
		lw_err_in(err, "seccomp");
		lw_err_at(err, policy->rec.origin);
		return r;
	}
	if (p->filter.n == 0)
		return 0;
	if (lw_seccomp_missing(&p->filter, early, missing, sizeof missing)) {
		r = lw_fail_as(err, LW_ERR_POLICY, -EPERM,
			       "the policy denies %s, which starting the command itself needs", missing);
		if (lw_seccomp_missing_for_loader(&p->filter, loader, sizeof loader))
			lw_err_hint(err, "allow them; a dynamic loader makes %s, too", loader);
		else
			lw_err_hint(err, "allow them");
		lw_err_in(err, "seccomp");
		lw_err_at(err, policy->rec.origin);
		return r;
	}
	return lw_plan_op(p, LW_OP_SECCOMP, &policy->rec, "seccomp",
			  (struct lw_op){ .str = { logs(policy) ? "denials" : NULL }, .num = { early } });
}

int lw_stage_seccomp_early(struct lw_plan *p, struct lw_err *err)
{
	return p->spec->no_new_privileges ? 0 : plan_filter(p, true, err);
}

int lw_stage_seccomp(struct lw_plan *p, struct lw_err *err)
{
	return p->spec->no_new_privileges ? plan_filter(p, false, err) : 0;
}
