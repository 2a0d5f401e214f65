/* privilege.c: see privilege.h. Also a part of warm launches, so: bare system calls. */
#include "lua/cli/privilege.h"
#include <linux/capability.h>
#include <string.h>
#include "sys.h"

static bool shed;

static void set(uint32_t effective, uint32_t permitted)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	memset(data, 0, sizeof data);
	data[0].effective = effective;
	data[0].permitted = permitted;
	/* Refused only when it asks for more than there is: then it stays as it is. */
	(void)SYS(capset, &head, data);
}

void cli_privilege_shed(const struct lw_plan *p)
{
	if (!(p->clone_flags & CLONE_NEWUSER))
		return;
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == LW_OP_APPARMOR_LOAD)
			return;
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	if (SYS(capget, &head, data) < 0)
		return;
	set(0, data[0].permitted & 1u << CAP_KILL);
	shed = true;
}

void cli_privilege_kill(bool on)
{
	if (shed)
		set(on ? 1u << CAP_KILL : 0, 1u << CAP_KILL);
}
