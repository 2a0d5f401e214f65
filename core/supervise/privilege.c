/* privilege.c: see privilege.h. Also a part of warm launches, so: bare system calls. */
#include "supervise/privilege.h"
#include <linux/capability.h>
#include <string.h>
#include "sys.h"

static uint64_t kept;

static void set(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	memset(data, 0, sizeof data);
	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(effective >> (32 * i));
		data[i].permitted = (uint32_t)(permitted >> (32 * i));
	}
	/* Refused only when it asks for more than there is: then it stays as it is. */
	(void)SYS(capset, &head, data);
}

void lw_privilege_shed(const struct lw_plan *p)
{
	if (!(p->clone_flags & CLONE_NEWUSER))
		return;
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	uint64_t want = UINT64_C(1) << CAP_KILL;
	if (SYS(capget, &head, data) < 0)
		return;
	for (size_t i = 0; i < p->n_ops; i++) {
		if (p->ops[i].kind == LW_OP_APPARMOR_LOAD)
			want |= UINT64_C(1) << CAP_MAC_ADMIN;
		/* The last one on a network takes it away. */
		if (p->ops[i].kind == LW_OP_NETWORK_USE)
			want |= UINT64_C(1) << CAP_NET_ADMIN;
	}
	kept = want & ((uint64_t)data[1].permitted << 32 | data[0].permitted);
	set(0, kept);
}

void lw_privilege_rest(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	if (SYS(capget, &head, data) < 0)
		return;
	kept = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	set(0, kept);
}

void lw_privilege_raise(bool on)
{
	if (kept)
		set(on ? kept : 0, kept);
}
