/* child_lsm.c: what the child side of clone asks the kernel to hold against itself: labels, Landlock rules, switches
 * of prctl(2), the personality. Same rules as child.c: raw system calls, no allocation. */
#include <linux/prctl.h>
#include <string.h>
#include "child_lsm.h"
#include "child_proc.h"
#include "landlock_abi.h"
#include "safepath.h"
#include "sys.h"

#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#endif

/* The path is resolved in the new root, which is "/" by now. */
static int allow_path(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	struct stat st;
	*ret_step = LW_STEP_SOURCE;
	const int fresh[2] = { run->plan->fresh_root ? run->root : -1, run->scratch };
	int fd = lw_safe_open_settled(op->str[0], fresh);
	if (fd < 0)
		return fd;
	int r = fstat(fd, &st) < 0 ? -errno : 0;
	*ret_step = LW_STEP_CALL;
	struct lw_landlock_path rule = { .allowed_access = (uint64_t)op->num[0], .parent_fd = fd };
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= LW_LANDLOCK_FILE_ACCESS;
	if (r >= 0 && rule.allowed_access)
		r = (int)SYS(landlock_add_rule, run->ruleset, LW_LANDLOCK_RULE_PATH, &rule, 0);
	SYS(close, fd);
	return r;
}

static int allow_port(struct lw_run *run, const struct lw_op *op)
{
	struct lw_landlock_port rule = { .port = (uint64_t)op->num[0], .allowed_access = (uint64_t)op->num[1] };
	return (int)SYS(landlock_add_rule, run->ruleset, LW_LANDLOCK_RULE_PORT, &rule, 0);
}

static int begin_rules(struct lw_run *run, const struct lw_op *op)
{
	struct lw_landlock_ruleset rules = { (uint64_t)op->num[0], (uint64_t)op->num[1], (uint64_t)op->num[2] };
	return run->ruleset = (int)SYS(landlock_create_ruleset, &rules, sizeof rules, 0);
}

/* Needs CAP_SYS_ADMIN in our user namespace, which set-up still has, or no_new_privileges. */
static int end_rules(struct lw_run *run)
{
	int r = (int)SYS(landlock_restrict_self, run->ruleset, 0);
	SYS(close, run->ruleset);
	run->ruleset = -1;
	return r;
}

static int do_prctl(const struct lw_op *op)
{
	int r = (int)SYS(prctl, op->num[0], op->num[1], op->num[2], op->num[3], 0);
	/* The processor has no such fault, or the kernel mitigates it for everybody: then it is off all the same. */
	if (r == -ENXIO && op->num[0] == PR_SET_SPECULATION_CTRL) {
		int now = (int)SYS(prctl, PR_GET_SPECULATION_CTRL, op->num[1], 0, 0, 0);
		if (now == PR_SPEC_NOT_AFFECTED || (now > 0 && now & (PR_SPEC_DISABLE | PR_SPEC_FORCE_DISABLE)))
			return 0;
	}
	if (r == -ENODEV && op->num[0] == PR_SCHED_CORE) /* no core has a second thread */
		return 0;
	return r;
}

/* Appends to a terminated text of `size` bytes. */
static int append(char *buf, size_t size, const char *s)
{
	size_t have = strlen(buf), n = strlen(s);
	if (have + n >= size)
		return -E2BIG;
	memcpy(buf + have, s, n + 1);
	return 0;
}

/* On the /proc that is there before the new root. Both modules want the label in one write. */
static int write_label(const char *const paths[static 2], const char *label)
{
	int fd = lw_child_proc(paths[0], O_WRONLY);
	if (fd == -ENOENT) /* before Linux 5.8 there is one directory for all modules */
		fd = lw_child_proc(paths[1], O_WRONLY);
	if (fd < 0)
		return fd;
	int r = (int)SYS(write, fd, label, strlen(label));
	SYS(close, fd);
	return r;
}

static int set_apparmor(struct lw_run *run, const struct lw_op *op)
{
	const char *const paths[] = { "self/attr/apparmor/exec", "self/attr/exec" };
	char text[512] = "exec ";
	int r = append(text, sizeof text, run->apparmor ? run->apparmor : op->str[0]);
	return r < 0 ? r : write_label(paths, text);
}

static int full_context(struct lw_run *run, const struct lw_op *op, char *buf, size_t size)
{
	int r = append(buf, size, op->str[0]);
	if (r >= 0)
		r = append(buf, size, ":");
	return r < 0 ? r : append(buf, size, op->str[1] ? op->str[1] : run->level);
}

static int set_selinux(struct lw_run *run, const struct lw_op *op)
{
	const char *const paths[] = { "self/attr/selinux/exec", "self/attr/exec" };
	char text[256] = "";
	int r = full_context(run, op, text, sizeof text);
	return r < 0 ? r : write_label(paths, text);
}

int lw_child_lsm(struct lw_run *run, const struct lw_op *op, int *ret_step)
{
	switch (op->kind) {
	case LW_OP_LANDLOCK_NEW:
		return begin_rules(run, op);
	case LW_OP_LANDLOCK_PATH:
		return allow_path(run, op, ret_step);
	case LW_OP_LANDLOCK_PORT:
		return allow_port(run, op);
	case LW_OP_LANDLOCK_END:
		return end_rules(run);
	case LW_OP_APPARMOR:
		return set_apparmor(run, op);
	case LW_OP_SELINUX:
		return set_selinux(run, op);
	case LW_OP_SELINUX_MOUNT:
		return full_context(run, op, run->mount_context, sizeof run->mount_context);
	case LW_OP_PRCTL:
		return do_prctl(op);
	case LW_OP_PERSONALITY:
		return (int)SYS(personality, op->num[0]);
	default:
		return -ENOSYS;
	}
}
