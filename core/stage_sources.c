/* stage_sources.c: the host side of mounts: lays the root out and opens the sources of the user's binds. As root a
 * source becomes a detached mount here, with the host's rights; without root the child opens it again in its own mount
 * namespace and compares it with the descriptor opened here (DESIGN §6.4). Also the clone, which ends the host side. */
#include <linux/sched.h>
#include "image.h"
#include "overlay.h"
#include "root_layout.h"
#include "secret.h"
#include "stage.h"
#include "sys.h"

uint64_t lw_mount_attributes(const struct lw_mount *m)
{
	return (m->writable ? 0 : MOUNT_ATTR_RDONLY) | (m->suid ? 0 : MOUNT_ATTR_NOSUID) |
	       (m->dev ? 0 : MOUNT_ATTR_NODEV) | (m->exec ? 0 : MOUNT_ATTR_NOEXEC);
}

uint64_t lw_root_attributes(const struct lw_root *r)
{
	return MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | (r->readonly ? MOUNT_ATTR_RDONLY : 0);
}

static int plan_bind(struct lw_plan *p, struct lw_root_layout_entry *e, struct lw_err *err)
{
	const struct lw_mount *m = e->mount;
	bool own_user = lw_plan_own_user(p);
	if (m->idmap && !(own_user && p->host->privileged)) {
		lw_fail(err, -EPERM,
			own_user ? "an idmapped mount needs root" : "idmap means nothing in the host's user namespace");
		lw_err_hint(err, own_user ? "run as root, or leave idmap out: without root, files of the caller are "
					    "the inside root's already"
					  : "leave idmap out");
		lw_err_at(err, m->rec.origin);
		lw_err_in(err, "%s.idmap", e->key);
		return -EPERM;
	}
	if (m->propagation == LW_PROPAGATION_SLAVE && !p->host->privileged) {
		lw_fail(err, -EPERM, "needs root");
		lw_err_hint(err, "without root the sandbox's mounts are cut off from the host's by the kernel");
		lw_err_at(err, m->rec.origin);
		lw_err_in(err, "%s.propagation", e->key);
		return -EPERM;
	}
	e->slot = lw_plan_slot(p);
	int64_t flags = (m->optional ? LW_SRC_OPTIONAL : 0) | (p->host->privileged ? 0 : LW_SRC_REOPEN) |
			(m->propagation == LW_PROPAGATION_SLAVE ? LW_SRC_SLAVE : 0) | (e->own ? LW_SRC_OWN : 0);
	int r = PLAN_OP(p, LW_OP_SOURCE_OPEN, &m->rec, e->key, .str = { m->source },
			.num = { e->slot, (int64_t)lw_mount_attributes(m), flags });
	return r >= 0 && m->chown ? lw_plan_chown(p, m, e->key, e->slot, err) : r;
}

int lw_stage_sources(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	int r = lw_root_layout_build(p, err);
	if (r < 0)
		return r;
	struct lw_root_layout *l = p->layout;
	if (s->root.overlay.on) {
		r = lw_plan_overlay_root(p, l, err);
	} else if (s->root.kind == LW_ROOT_DIR) {
		l->root_slot = lw_plan_slot(p);
		r = lw_plan_root_open(p, &s->root.rec, "root", l->root_slot, lw_root_attributes(&s->root),
				      p->host->privileged ? 0 : LW_SRC_REOPEN);
	}
	for (size_t i = 0; i < l->n && r >= 0; i++) {
		if (l->v[i].mount->kind == LW_MOUNT_BIND)
			r = plan_bind(p, &l->v[i], err);
		else if (l->v[i].mount->kind == LW_MOUNT_CGROUP)
			r = lw_plan_cgroup_sources(p, &l->v[i], err);
		else if (l->v[i].mount->kind == LW_MOUNT_OVERLAY)
			r = lw_plan_overlay_entry(p, &l->v[i], err);
	}
	return r < 0 ? r : lw_plan_secret_sources(p, l);
}

int lw_stage_clone(struct lw_plan *p, struct lw_err *err)
{
	/* The cgroup namespace is made by the child once it is in its cgroup, which is then its root. */
	uint64_t flags = p->clone_flags & ~(uint64_t)CLONE_NEWCGROUP;
	/* Making a network namespace takes as long as all the mounts: where there are two processes they share the
	 * work. */
	if (p->net_beside)
		flags &= ~(uint64_t)CLONE_NEWNET;
	/* A time namespace takes its offsets before anybody is in it. */
	if (lw_plan_sets_time(p))
		flags &= ~(uint64_t)CLONE_NEWTIME;
	int r = PLAN_OP(p, LW_OP_CLONE, NULL, "namespaces", .num = { (int64_t)flags });
	if (r >= 0)
		r = lw_plan_time(p, err);
	if (r >= 0 && (p->clone_flags & CLONE_NEWUSER))
		r = PLAN_OP(p, LW_OP_IDMAP_WRITE, &p->spec->ids.rec, "ids");
	if (r >= 0 && lw_plan_root_idmapped(p) && !p->spec->root.overlay.on)
		r = PLAN_OP(p, LW_OP_SOURCE_IDMAP, &p->spec->root.rec, "root", .str = { p->spec->root.image },
			    .num = { p->layout->root_slot });
	for (size_t i = 0; i < p->layout->n && r >= 0; i++) {
		const struct lw_root_layout_entry *e = &p->layout->v[i];
		if (e->mount->kind == LW_MOUNT_BIND && e->mount->idmap)
			r = PLAN_OP(p, LW_OP_SOURCE_IDMAP, &e->mount->rec, e->key, .str = { e->mount->source },
				    .num = { e->slot });
	}
	return r < 0 ? r : lw_plan_overlay_idmaps(p);
}
