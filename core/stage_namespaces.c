/* stage_namespaces.c: namespaces that exist already (DESIGN §6.6): which may be joined together, and in what order.
 * They are opened on the host side; a process of its own joins them before the clone, so that the caller's rights still
 * count and a new user namespace comes after them. */
#include <linux/sched.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "root_layout.h"
#include "stage.h"

/* The mount namespace comes last of those that root may join by its own right: it takes the root directory along. */
static const enum lw_ns join_order[] = { LW_NS_CGROUP, LW_NS_IPC,  LW_NS_UTS,  LW_NS_NET,
					 LW_NS_PID,    LW_NS_TIME, LW_NS_MOUNT };

static bool joins(const struct lw_plan *p, enum lw_ns ns)
{
	return p->spec->namespaces.mode[ns] == LW_NS_JOIN;
}

bool lw_plan_own_user(const struct lw_plan *p)
{
	return p->clone_flags & CLONE_NEWUSER || joins(p, LW_NS_USER);
}

static int refuse(struct lw_plan *p, enum lw_ns ns, struct lw_err *err, const char *msg, const char *hint)
{
	lw_fail_as(err, LW_ERR_POLICY, -EPERM, "%s", msg);
	lw_err_hint(err, "%s", hint);
	lw_err_at(err, p->spec->namespaces.join[ns].rec.origin);
	lw_err_in(err, "namespaces.%s", lw_namespace_table.v[ns].name);
	return -EPERM;
}

static int check(struct lw_plan *p, enum lw_ns ns, struct lw_err *err)
{
	const struct lw_root_layout_entry *proc = lw_root_layout_find(p->layout, "/proc");
	if (!p->host->privileged && !joins(p, LW_NS_USER))
		return refuse(p, ns, err, "joining it needs root, or the user namespace that owns it",
			      "run as root, or join that one too: namespaces.user = { path = \"/proc/PID/ns/user\" }");
	if (ns == LW_NS_PID && (p->clone_flags & CLONE_NEWUSER) && (p->clone_flags & CLONE_NEWNS) && proc &&
	    proc->mount->kind == LW_MOUNT_PROC)
		return refuse(
			p, ns, err, "a new user namespace may not mount the /proc of a pid namespace it does not own",
			"join the user namespace that owns it too, or set namespaces.user = \"host\", or mounts = { "
			"remove \"/proc\" }");
	return 0;
}

static int join(struct lw_plan *p, enum lw_ns ns, struct lw_err *err)
{
	const struct lw_join *j = &p->spec->namespaces.join[ns];
	const char *key = lw_arena_printf(p->arena, "namespaces.%s", lw_namespace_table.v[ns].name);
	int64_t type = lw_namespace_table.v[ns].value;
	if (!joins(p, ns))
		return 0;
	int slot = lw_plan_slot(p), r = check(p, ns, err);
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_NAMESPACE_OPEN, &j->rec, key, .str = { j->path }, .num = { slot, type });
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_NAMESPACE_JOIN, &j->rec, key, .str = { j->path }, .num = { slot, type });
	return r;
}

int lw_stage_namespaces(struct lw_plan *p, struct lw_err *err)
{
	/* Without root the rights over the others come from their user namespace. Root has them already, and would have
	 * fewer once it is in there. */
	bool first = !p->host->privileged;
	int r = first ? join(p, LW_NS_USER, err) : 0;
	for (size_t i = 0; i < ARRAY_LEN(join_order) && r >= 0; i++)
		r = join(p, join_order[i], err);
	if (r >= 0 && !first)
		r = join(p, LW_NS_USER, err);
	return r;
}
