/* lsm_words.c: the words for what the kernel may answer to the operations of child_lsm.c, each with its cure. */
#include <errno.h>
#include <linux/prctl.h>
#include "plan.h"

const char *lw_lsm_hint(const struct lw_op *op, int code)
{
	switch (op->kind) {
	case LW_OP_LANDLOCK_PATH:
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
	default:
		return NULL;
	}
}
