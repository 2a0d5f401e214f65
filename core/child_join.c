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

/* The lowest descriptor from `from` on that is needed here or after the clone; -1. */
static int next_needed(const struct lw_run *run, int from)
{
	const int named[] = { run->sync,      run->control, run->ready_read, run->ready_write, run->init_image,
			      run->last_step, run->lease,   run->stdio[0],   run->stdio[1],    run->stdio[2] };
	int next = -1;
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (named[i] >= from && (next < 0 || named[i] < next))
			next = named[i];
	for (int i = 0; i < run->plan->n_fds; i++)
		if (run->fd[i] >= from && (next < 0 || run->fd[i] < next))
			next = run->fd[i];
	for (int i = 0; i < run->n_listen; i++)
		if (run->listen[i] >= from && (next < 0 || run->listen[i] < next))
			next = run->listen[i];
	return next;
}

/* Nothing of the host's goes along that is not for the sandbox (CVE-2016-9962, CVE-2016-8649): the state directory, the
 * record, what a host program has open. */
static void close_others(const struct lw_run *run)
{
	int from = 3, next;
	while ((next = next_needed(run, from)) >= 0) {
		if (next > from)
			SYS(close_range, from, next - 1, 0);
		from = next + 1;
	}
	SYS(close_range, from, ~0U, 0);
}

/* setns(2) has set the root directory; it must be the one that the sandbox began with (CVE-2026-109569). */
static int verify_root(const struct lw_op *op)
{
	struct stat st;
	if (op->num[1] != CLONE_NEWNS || !op->num[3])
		return 0;
	if (fstatat(AT_FDCWD, "/", &st, 0) < 0)
		return -errno;
	return (int64_t)st.st_dev == op->num[2] && (int64_t)st.st_ino == op->num[3] ? 0 : -ESTALE;
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
	close_others(run);
	for (uint32_t i = 0; i < p->n_ops; i++) {
		if (p->ops[i].kind == LW_OP_CLONE)
			op = i;
		if (p->ops[i].kind != LW_OP_NAMESPACE_JOIN || lw_child_joins_late(p, &p->ops[i]))
			continue;
		/* The caller's supplementary groups stay out; in there it may be forbidden to drop them. Without root
		 * they are the user's own, and stay. */
		if (p->ops[i].num[1] == CLONE_NEWUSER)
			SYS(setgroups, 0, NULL);
		r = (int)SYS(setns, run->fd[p->ops[i].num[0]], p->ops[i].num[1]);
		SYS(close, run->fd[p->ops[i].num[0]]);
		run->fd[p->ops[i].num[0]] = -1;
		if (r >= 0)
			r = verify_root(&p->ops[i]);
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
