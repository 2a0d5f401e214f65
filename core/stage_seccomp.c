/* stage_seccomp.c: the filter of the plan. Compiles the policy for the capabilities in force and refuses one that would
 * stop set-up itself; when it is loaded is told to the plan. Knows no libseccomp. */
#include "stage.h"

#include <errno.h>
#include "seccomp.h"

int lw_stage_seccomp(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_seccomp *policy = &p->spec->seccomp;
	uint64_t caps = p->spec->capabilities.set[LW_CAP_BOUNDING];
	/* Without no_new_privileges loading a filter needs CAP_SYS_ADMIN, so it comes before capabilities drop. */
	bool early = !p->spec->no_new_privileges;
	char missing[160];
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
		lw_err_hint(err, "allow them");
		lw_err_in(err, "seccomp");
		lw_err_at(err, policy->rec.origin);
		return r;
	}
	struct lw_op *op = lw_plan_add(p, LW_OP_SECCOMP, &policy->rec, "seccomp");
	if (op)
		op->num[0] = early;
	return 0;
}
