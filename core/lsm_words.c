/* lsm_words.c: the words for what the kernel may answer to the operations of child_lsm.c, each with its cure. */
#include <errno.h>
#include <linux/prctl.h>
#include "plan.h"

const char *lw_lsm_hint(const struct lw_op *op, int code)
{
	switch (op->kind) {
	case LW_OP_LANDLOCK_PATH:
		if (code == ELOOP)
			return "a link on the way lies where the sandbox may write, and could choose what is allowed: "
			       "name what it leads to";
		return code == ENOENT ? "the rule names what is not there inside: mount it, or take the rule out"
				      : NULL;
	case LW_OP_LANDLOCK_NEW:
		return "Landlock was there when this was planned; see `lunward doctor`";
	case LW_OP_LANDLOCK_END:
		return code == E2BIG
			       ? "the kernel holds at most 16 layers of Landlock rules, those of the caller's included"
			       : NULL;
	case LW_OP_PRCTL:
		return op->num[0] == PR_SET_SPECULATION_CTRL
			       ? "this kernel or processor gives no control over it; see `lunward doctor`, or take the "
				 "key out"
			       : "this kernel cannot do it; see `lunward doctor`, or take the key out";
	case LW_OP_APPARMOR:
		return code == ENOENT ? "no profile of that name is loaded: apparmor_parser -r FILE loads one, "
					"`lunward export --format apparmor` makes one"
				      : "the caller's own confinement does not let it change to that profile";
	case LW_OP_SELINUX:
	case LW_OP_SELINUX_MOUNT:
		return "the loaded policy does not know this context, or does not let the caller use it";
	default:
		return NULL;
	}
}
