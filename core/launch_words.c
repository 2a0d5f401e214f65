/* launch_words.c: the words for what set-up reports by numbers, with the profile's line behind them. */
#include "launch_words.h"
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"

int lw_launch_no_command(const struct lw_plan *p, struct lw_err *err)
{
	lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "no command to run");
	lw_err_hint(err, "set command = { \"/path/to/program\" }, or give one after --");
	lw_err_at(err, p->spec->rec.origin);
	lw_err_in(err, "command");
	return -EINVAL;
}

static int exec_failed(const struct lw_plan *p, int code, struct lw_err *err)
{
	const char *name = p->argv[0];
	if (code == ENOENT || code == ENOTDIR) {
		lw_fail_as(err, LW_ERR_NOT_FOUND, -code, "command not found: %s", name);
		if (strchr(name, ' '))
			lw_err_hint(err, "this is one word: write each argument as one of its own");
		else if (!strchr(name, '/'))
			lw_err_hint(err, "searched in the sandbox's PATH inside its root");
	} else if (code == ELIBACC) { /* do_exec's word for ENOENT from execve of a file that is there */
		lw_fail_as(err, LW_ERR_NOT_FOUND, -code, "%s: its interpreter is not there inside", name);
		lw_err_hint(err, "a script's first line, or the loader of a dynamic program, names it");
	} else if (code == ENOEXEC) {
		lw_fail_as(err, LW_ERR_NOT_EXECUTABLE, -code, "%s: cannot be executed: %s", name, strerror(code));
	} else {
		const struct lw_landlock *l = &p->spec->landlock;
		lw_fail_as(err, LW_ERR_NOT_EXECUTABLE, -code, "%s: %s", name, strerror(code));
		if (code == EACCES && (lw_is_set(&l->rec, LW_LANDLOCK_EXECUTE) || lw_is_set(&l->rec, LW_LANDLOCK_READ)))
			lw_err_hint(err, "landlock lets only what it lists be read and executed, the dynamic loader "
					 "included");
		else if (code == EACCES)
			lw_err_hint(err, "a directory, a file without execute permission, or one on a noexec mount");
	}
	return -code;
}

static const char *hint_for(const struct lw_plan *p, const struct lw_op *op, int step, int code)
{
	switch (op->kind) {
	case LW_OP_KEYRING:
		if (code == EDQUOT)
			return "the key quota is used up: raise /proc/sys/kernel/keys/maxkeys, or set keyring = false";
		break;
	case LW_OP_MOUNT_FS:
		if (code == EPERM && !strcmp(op->str[1], "proc"))
			return "the kernel refuses a fresh /proc where the outer /proc is masked, as inside another "
			       "container; "
			       "unmask it there, or set namespaces.pid = \"host\"";
		if (code == EINVAL && !strcmp(op->str[1], "tmpfs"))
			return "its uid and gid must be ids that the sandbox has";
		break;
	case LW_OP_ROOT_BEGIN:
		if (code == EINVAL && step == LW_STEP_ATTACH)
			return "a root is a directory";
		break;
	case LW_OP_NICE:
		if (code == EACCES || code == EPERM)
			return "less than the caller's needs CAP_SYS_NICE or room in RLIMIT_NICE, outside";
		break;
	case LW_OP_OOM_SCORE_ADJ:
		if (code == EACCES || code == EPERM)
			return "less than the caller's needs CAP_SYS_RESOURCE, outside";
		break;
	case LW_OP_SYSCTL:
		if (code == ENOENT)
			return "this kernel has no such parameter, or its module is not loaded";
		if (code == EINVAL)
			return "the kernel refuses the value";
		if (code == EACCES || code == EPERM)
			return "the kernel keeps it for the host's root; the host's name has keys of its own, hostname "
			       "and "
			       "domainname";
		break;
	case LW_OP_OVERLAY:
		if (code == EINVAL && step == LW_STEP_SOURCE)
			return "only a directory can be laid over";
		if (code == EINVAL && step == LW_STEP_CALL)
			return "the kernel refuses these layers (dmesg says why): nothing may be mounted below the "
			       "lower "
			       "directory, and upper and work must be on one file system that keeps extended "
			       "attributes";
		break;
	case LW_OP_SECCOMP:
		if (code == EBUSY)
			return "somebody explains what is denied here already: only one can";
		break;
	case LW_OP_NAMESPACE_JOIN:
		if (code == EPERM)
			return "it belongs to a user namespace over which the caller has no rights";
		if (code == EINVAL)
			return "it is the caller's own already, or its owner is not to be joined";
		if (code == ESTALE)
			return "its root is not the one that the sandbox began with";
		break;
	case LW_OP_TIME_OFFSETS:
		if (code == ERANGE)
			return "no clock inside may start before zero: less can be taken away than the host has been "
			       "up";
		break;
	case LW_OP_CLONE:
		if (code == ENOMEM)
			return "the first process of the pid namespace that is joined has ended";
		break;
	case LW_OP_BECOME_ROOT:
		if (code == EINVAL)
			return "the user namespace that is joined maps no uid 0";
		break;
	case LW_OP_USER:
		if (code == EINVAL)
			return "the user namespace that is joined does not map this uid, this gid or one of its groups";
		break;
	case LW_OP_CGROUP_JOIN:
		return "see `lunward doctor` for which cgroups are usable";
	default:
		if (lw_lsm_hint(op, code))
			return lw_lsm_hint(op, code);
		break;
	}
	if (step == LW_STEP_TARGET && code == EROFS && p->spec->root.image)
		return "the image has no such place, and is not written to: overlay = true lets it be made";
	if (step == LW_STEP_TARGET && code == EROFS)
		return "its parent is read-only inside: make the mount point on the host, or mount a tmpfs above it";
	if (step == LW_STEP_TARGET && (code == ELOOP || code == ENOTDIR))
		return "a component of the path is a symbolic link or not a directory in this root";
	if (step == LW_STEP_TARGET && code == EACCES)
		return "the ids inside may not enter a directory above it";
	if (step == LW_STEP_SOURCE && code == EACCES && !p->host->privileged)
		return "the caller may not reach it";
	return NULL;
}

int lw_launch_failed(const struct lw_plan *p, const struct lw_report *r, struct lw_err *err)
{
	static const char *const doing[] = {
		[LW_STEP_CALL] = "",
		[LW_STEP_TARGET] = "the mount point: ",
		[LW_STEP_SOURCE] = "the source: ",
		[LW_STEP_CHANGED] = "the source changed while it was opened: ",
		[LW_STEP_ATTACH] = "attaching the mount: ",
		[LW_STEP_PTY] = "opening a terminal: ",
		[LW_STEP_INIT] = "starting init: ",
		[LW_STEP_FORK] = "fork: ",
		[LW_STEP_OUTSIDE] = "the directory is not inside the root: ",
	};
	int code = r->err;
	if (r->op >= p->n_ops || r->step >= ARRAY_LEN(doing) || code <= 0)
		return lw_fail(err, -EPROTO, "set-up sent a message that makes no sense");
	const struct lw_op *op = &p->ops[r->op];
	if (op->kind == LW_OP_EXEC && r->step == LW_STEP_CALL) {
		exec_failed(p, code, err);
	} else if (r->step == LW_STEP_INIT || r->step == LW_STEP_FORK) {
		lw_fail(err, -code, "%s%s", doing[r->step], strerror(code));
		return -code;
	} else {
		const char *hint = hint_for(p, op, r->step, code);
		const char *what = op->str[0] ? op->str[0] : "";
		lw_fail(err, -code, "%s%s%s: %s%s", lw_op_table[op->kind].name, *what ? " " : "", what, doing[r->step],
			strerror(code));
		if (hint)
			lw_err_hint(err, "%s", hint);
	}
	lw_err_at(err, op->origin);
	if (*op->key)
		lw_err_in(err, "%s", op->key);
	return -code;
}
