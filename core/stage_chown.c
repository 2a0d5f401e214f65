/* stage_chown.c: `chown` of a bind: who its source is given to. Part of the sources stage. */
#include <errno.h>
#include <linux/sched.h>
#include "ids_modes.h"
#include "stage.h"

/* The id outside; -1 when there is none. A lease's counts from its first. */
static int64_t outside(const struct lw_plan *p, const struct lw_idmaps *m, uint32_t id)
{
	if (!(p->clone_flags & CLONE_NEWUSER))
		return id;
	for (size_t i = 0; i < m->n; i++) {
		const struct lw_idmap *r = &m->v[i];
		if (id >= r->inside && id - r->inside < r->count)
			return r->outside == LW_IDS_LEASED ? id - r->inside : (int64_t)r->outside + (id - r->inside);
	}
	return -1;
}

int lw_plan_chown(struct lw_plan *p, const struct lw_mount *m, const char *key, int slot, struct lw_err *err)
{
	const struct lw_host *h = p->host;
	bool leased = lw_ids_leased(p->spec, h);
	int64_t uid = outside(p, &p->uid_map, p->uid), gid = outside(p, &p->gid_map, p->gid);
	int64_t root = outside(p, &p->uid_map, 0);
	if (!h->privileged && (uid != (int64_t)h->uid || gid != (int64_t)h->gid)) {
		lw_fail(err, -EPERM, "giving files to another user than the caller needs root");
		lw_err_hint(err, "run as root, or as user = \"root\" inside, who is the caller outside");
		lw_err_at(err, m->rec.origin);
		lw_err_in(err, "%s.chown", key);
		return -EPERM;
	}
	return PLAN_OP(p, LW_OP_SOURCE_CHOWN, &m->rec, key, .str = { m->source, leased ? "lease" : NULL },
		       .num = { slot, uid, gid, root < 0 ? uid : root });
}
