/* stage_kernel_fs.c: file systems that show a namespace rather than files: which options they get, and the cgroup tree
 * on both versions of cgroups. Where they go is the layout's business. */
#include <linux/sched.h>
#include <string.h>
#include "cgroup.h"
#include "root_layout.h"
#include "stage.h"
#include "sys.h"

#define NO_DEV_SUID (MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID)
/* Never writable: where the directory belongs to the caller, who is root inside, the sandbox could raise its limits. */
#define CGROUP_ATTRIBUTES (NO_DEV_SUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY)

const char *lw_plan_proc_options(struct lw_plan *p, const struct lw_mount *m)
{
	const char *hidepid = "";
	if (m->hidepid)
		hidepid = lw_arena_printf(p->arena, "hidepid=%d", m->hidepid);
	if (!m->subset_pid)
		return *hidepid ? hidepid : NULL;
	return *hidepid ? lw_arena_printf(p->arena, "%s,subset=pid", hidepid) : "subset=pid";
}

int lw_plan_mqueue(struct lw_plan *p, const struct lw_root_layout_entry *e)
{
	return PLAN_OP(p, LW_OP_MOUNT_FS, &e->mount->rec, e->key, .str = { e->mount->destination, "mqueue" },
		       .num = { NO_DEV_SUID | MOUNT_ATTR_NOEXEC | (e->mount->writable ? 0 : MOUNT_ATTR_RDONLY) });
}

static int no_cgroup(const struct lw_root_layout_entry *e, const char *why, const char *cure, struct lw_err *err)
{
	lw_fail(err, -EOPNOTSUPP, "cgroup: %s", why);
	lw_err_hint(err, "%s", cure);
	lw_err_at(err, e->mount->rec.origin);
	lw_err_in(err, "%s", e->key);
	return -EOPNOTSUPP;
}

/* On v1 the sandbox's own directories are opened on the host side, one for each controller it has; on v2 the file
 * system itself, mounted in its cgroup namespace, shows no more than that. */
int lw_plan_cgroup_sources(struct lw_plan *p, struct lw_root_layout_entry *e, struct lw_err *err)
{
	int r = 0;
	bool any = false;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		any = any || p->cgroup_dir[i];
	if (!any)
		return no_cgroup(e, "the sandbox has no cgroup of its own to show",
				 "see `lunward doctor` for which cgroups are usable", err);
	if (p->host->cgroup.version == 2)
		return 0;
	if (!p->host->privileged)
		return no_cgroup(e, "with cgroups v1 this needs root", "leave it out", err);
	for (int i = 0; i < LW_CTL_COUNT && r >= 0; i++) {
		if (!p->cgroup_dir[i])
			continue;
		int slot = lw_plan_slot(p);
		e->slot = e->slot < 0 ? slot : e->slot;
		r = PLAN_OP(p, LW_OP_SOURCE_OPEN, &e->mount->rec, e->key, .str = { p->cgroup_dir[i] },
			    .num = { slot, CGROUP_ATTRIBUTES });
	}
	return r;
}

int lw_plan_cgroup(struct lw_plan *p, const struct lw_root_layout_entry *e)
{
	const struct lw_mount *m = e->mount;
	const char *top = m->destination;
	int slot = e->slot, r;
	if (p->host->cgroup.version == 2)
		return PLAN_OP(p, LW_OP_MOUNT_FS, &m->rec, e->key, .str = { top, "cgroup2" },
			       .num = { CGROUP_ATTRIBUTES });
	r = PLAN_OP(p, LW_OP_MOUNT_FS, &m->rec, e->key, .str = { top, "tmpfs", "mode=755,size=65536,nr_inodes=64" },
		    .num = { NO_DEV_SUID | MOUNT_ATTR_NOEXEC });
	for (int i = 0; i < LW_CTL_COUNT && r >= 0; i++)
		if (p->cgroup_dir[i])
			r = PLAN_OP(p, LW_OP_MOUNT_BIND, &m->rec, e->key,
				    .str = { lw_arena_printf(p->arena, "%s/%s", top, lw_controller_names[i]),
					     p->cgroup_dir[i] },
				    .num = { slot++, LW_SRC_DIR, CGROUP_ATTRIBUTES });
	return r < 0 ? r : PLAN_OP(p, LW_OP_READONLY, &m->rec, e->key, .str = { top });
}
