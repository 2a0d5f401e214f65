/* child_join.c: a process between the launcher and the sandbox's first one, for plans that join namespaces: setns(2)
 * must come before the new user namespace, changes whoever calls it, and takes a pid namespace to the next child only.
 * Same rules as child.c: raw system calls, no allocation. */
#include <linux/prctl.h>
#include <signal.h>
#include <stddef.h>
#include "child_join.h"
#include "child_net.h"
#include "sys.h"

static _Noreturn void leave(struct lw_run *run, uint32_t op, int err)
{
	struct lw_report r = {
		.magic = LW_REPORT_MAGIC, .kind = LW_REPORT_FAILED, .step = LW_STEP_CALL, .op = op, .err = err
	};
	if (err)
		SYS(write, run->sync, &r, sizeof r);
	for (;;)
		SYS(exit_group, 0);
}

_Noreturn void lw_child_join(struct lw_run *run, const struct clone_args *args)
{
	const struct lw_plan *p = run->plan;
	struct clone_args first = *args;
	uint32_t op = 0;
	int pidfd = -1, r;
	/* Whoever waits for our word must hear when nobody is left to give it. */
	for (int i = 0; i < 2; i++) {
		if (run->outer[i] >= 0)
			SYS(close, run->outer[i]);
		run->outer[i] = -1;
	}
	/* Those who are in there already must not read or trace this process, which holds what is the host's. */
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	for (uint32_t i = 0; i < p->n_ops; i++) {
		if (p->ops[i].kind == LW_OP_CLONE)
			op = i;
		if (p->ops[i].kind != LW_OP_NAMESPACE_JOIN)
			continue;
		/* The caller's supplementary groups stay out; in there it may be forbidden to drop them. Without root
		 * they are the user's own, and stay. */
		if (p->ops[i].num[1] == CLONE_NEWUSER)
			SYS(setgroups, 0, NULL);
		r = (int)SYS(setns, run->fd[p->ops[i].num[0]], p->ops[i].num[1]);
		if (r < 0)
			leave(run, i, -r);
	}
	/* The launcher's own child, so that it can wait for it and is its parent when it comes to dying. */
	first.flags |= CLONE_PARENT;
	first.pidfd = (uint64_t)(uintptr_t)&pidfd;
	long pid = SYS(clone3, &first, sizeof first);
	if (pid == 0)
		lw_child_main(run);
	if (pid < 0)
		leave(run, op, (int)-pid);
	struct lw_report cloned = { .magic = LW_REPORT_MAGIC, .kind = LW_REPORT_CLONED };
	r = lw_child_send(run->sync, &cloned, sizeof cloned, pidfd);
	leave(run, op, r < 0 ? -r : 0);
}
