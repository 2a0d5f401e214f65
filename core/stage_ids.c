/* stage_ids.c: user ids: the maps of the user namespace, who set-up runs as and who the command runs as. */
#include <linux/sched.h>
#include <string.h>
#include "base/cleanup.h"
#include "ids.h"
#include "ids_modes.h"
#include "image.h"
#include "root_layout.h"
#include "safepath.h"
#include "schema.h"
#include "stage.h"

#define PASSWD_MAX (1024 * 1024)

static const uint64_t clone_flag[LW_NS_COUNT] = {
	[LW_NS_USER] = CLONE_NEWUSER,     [LW_NS_PID] = CLONE_NEWPID,   [LW_NS_MOUNT] = CLONE_NEWNS,
	[LW_NS_NET] = CLONE_NEWNET,       [LW_NS_IPC] = CLONE_NEWIPC,   [LW_NS_UTS] = CLONE_NEWUTS,
	[LW_NS_CGROUP] = CLONE_NEWCGROUP, [LW_NS_TIME] = CLONE_NEWTIME,
};

static struct lw_idmaps one_map(struct lw_plan *p, uint32_t inside, uint32_t outside, uint32_t count)
{
	struct lw_idmap *m = lw_arena_alloc(p->arena, sizeof *m);
	if (m)
		*m = (struct lw_idmap){ inside, outside, count };
	return (struct lw_idmaps){ .n = m ? 1 : 0, .v = m };
}

/* Without root: 0 is the caller, 1 to 65535 the caller's subordinate ids, as newuidmap(1) grants them. */
static struct lw_idmaps user_map(struct lw_plan *p, uint32_t self, const struct lw_range *sub, size_t n)
{
	struct lw_idmap *v = lw_arena_array(p->arena, n + 1, sizeof *v);
	if (!v)
		return (struct lw_idmaps){ 0 };
	v[0] = (struct lw_idmap){ 0, self, 1 };
	uint64_t next = 1;
	size_t used = 1;
	for (size_t i = 0; i < n && used < 340; i++) {
		uint64_t count = sub[i].count;
		if (next + count > LW_AUTO_COUNT)
			count = LW_AUTO_COUNT - next;
		if (!count)
			continue;
		v[used++] = (struct lw_idmap){ (uint32_t)next, sub[i].first, (uint32_t)count };
		next += count;
	}
	return (struct lw_idmaps){ .n = used, .v = v };
}

static bool mapped(const struct lw_idmaps *m, uint64_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (id >= m->v[i].inside && id - m->v[i].inside < m->v[i].count)
			return true;
	return false;
}

static int plan_maps(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	const struct lw_host *h = p->host;
	p->setgroups = true;
	switch (s->ids.mode) {
	case LW_IDS_AUTO:
		if (h->privileged) {
			p->ids_auto = true;
			p->uid_map = one_map(p, 0, LW_IDS_LEASED, LW_AUTO_COUNT);
			p->gid_map = one_map(p, 0, LW_IDS_LEASED, LW_AUTO_COUNT);
			return 0;
		}
		p->map_helper = h->has_newuidmap && h->n_subuid && h->n_subgid;
		p->setgroups = p->map_helper;
		p->uid_map = user_map(p, h->uid, h->subuid, p->map_helper ? h->n_subuid : 0);
		p->gid_map = user_map(p, h->gid, h->subgid, p->map_helper ? h->n_subgid : 0);
		return 0;
	case LW_IDS_KEEP:
		p->setgroups = h->privileged;
		p->uid_map = one_map(p, h->uid, h->uid, 1);
		p->gid_map = one_map(p, h->gid, h->gid, 1);
		return 0;
	case LW_IDS_ROOT_ONLY:
	case LW_IDS_IDENTITY:
	case LW_IDS_SINGLE:
		return lw_ids_mode_maps(p, err);
	default:
		p->uid_map = s->ids.uid;
		p->gid_map = s->ids.gid;
		if (h->privileged)
			return 0;
		p->map_helper = true;
		if (h->has_newuidmap)
			return 0;
		lw_fail(err, -EPERM, "explicit maps need newuidmap and newgidmap");
		lw_err_hint(err, "install the package uidmap, or run as root, or use ids = \"auto\"");
		lw_err_at(err, s->ids.rec.origin);
		lw_err_in(err, "ids");
		return -EPERM;
	}
}

static int read_table(struct lw_plan *p, const char *path, char **ret, size_t *n)
{
	const struct lw_spec *s = p->spec;
	if (s->root.kind == LW_ROOT_EMPTY)
		return -ENOENT;
	if (s->root.image_fs && !p->host->read_in_root)
		return lw_image_read(&s->root, p->host->state_fd, path, PASSWD_MAX, ret, n);
	const char *root = s->root.kind == LW_ROOT_DIR ? s->root.path : "/";
	return (p->host->read_in_root ? p->host->read_in_root : lw_safe_read_in_root)(root, path, PASSWD_MAX, ret, n);
}

static int unknown_user(struct lw_err *err, const char *name)
{
	lw_fail_as(err, LW_ERR_POLICY, -ENOENT, "no user \"%s\" in the root's /etc/passwd", name);
	lw_err_hint(err, "write the uid as a number, or add the user to the root");
	return -ENOENT;
}

/* Looks the user up inside the root, never through NSS: what the root says is what its programs will see. */
static int find_user(struct lw_plan *p, const char **ret_home, struct lw_err *err)
{
	const struct lw_user *u = &p->spec->user;
	_cleanup_free_ char *passwd = NULL, *group = NULL;
	size_t n = 0, n_group = 0;
	struct lw_passwd pw = { .home = "/" };
	int found = 0;
	if (u->name && !strcmp(u->name, "root")) {
		p->uid = p->gid = 0;
		*ret_home = "/root";
	} else {
		if (read_table(p, "etc/passwd", &passwd, &n) >= 0)
			found = lw_passwd_lookup(p->arena, passwd, n, u->name, u->uid, &pw);
		if (found <= 0 && u->name)
			return unknown_user(err, u->name);
		p->uid = u->name ? pw.uid : (uint32_t)u->uid;
		p->gid = found > 0 ? pw.gid : p->uid;
		*ret_home = found > 0 ? pw.home : "/";
	}
	if (u->gid >= 0)
		p->gid = (uint32_t)u->gid;
	if (u->has_groups) {
		p->groups = lw_arena_array(p->arena, u->n_groups, sizeof *p->groups);
		for (size_t i = 0; p->groups && i < u->n_groups; i++)
			p->groups[p->n_groups++] = (uint32_t)u->groups[i];
	} else if (found > 0 && read_table(p, "etc/group", &group, &n_group) >= 0) {
		return lw_group_lookup(p->arena, group, n_group, pw.name, &p->groups, &p->n_groups);
	}
	return 0;
}

static int check_mapped(struct lw_plan *p, struct lw_err *err)
{
	if (!(p->clone_flags & CLONE_NEWUSER))
		return 0;
	const char *what = NULL;
	uint32_t id = 0;
	if (!mapped(&p->uid_map, p->uid))
		what = "uid", id = p->uid;
	else if (!mapped(&p->gid_map, p->gid))
		what = "gid", id = p->gid;
	if (what) {
		/* "auto" maps every id where the caller was given enough: then the profile is right, and this host is
		 * poor. */
		bool poor = !p->host->privileged && p->spec->ids.mode == LW_IDS_AUTO;
		lw_fail_as(err, poor ? LW_ERR_SETUP : LW_ERR_POLICY, -EINVAL,
			   "%s %u has no meaning inside: the user namespace does not map it", what, id);
		lw_err_hint(err, p->host->privileged ? "map it in ids, or choose another user"
						     : "give the caller a range in /etc/subuid and /etc/subgid");
		return -EINVAL;
	}
	/* Groups that are not mapped could not be set; a user keeps the ones that can. */
	size_t kept = 0;
	for (size_t i = 0; i < p->n_groups; i++)
		if (mapped(&p->gid_map, p->groups[i]))
			p->groups[kept++] = p->groups[i];
	p->n_groups = kept;
	return 0;
}

static int plan_user(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	const char *home = "/";
	int r;
	/* ids = "keep" has one id inside: the caller's, and that is then who the command runs as unless told. */
	if (!lw_rec_has(&s->rec, &lw_sandbox_schema, "user") && s->ids.mode == LW_IDS_KEEP &&
	    (p->clone_flags & CLONE_NEWUSER)) {
		p->uid = p->host->uid;
		p->gid = p->host->gid;
		p->home = p->uid ? p->host->home : "/root";
		return 0;
	}
	r = find_user(p, &home, err);
	if (r >= 0)
		r = check_mapped(p, err);
	if (r < 0) {
		lw_err_at(err, s->user.rec.origin);
		lw_err_in(err, "user");
		return r;
	}
	p->home = home;
	return 0;
}

int lw_stage_ids(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	for (int i = 0; i < LW_NS_COUNT; i++)
		if (s->namespaces.mode[i] == LW_NS_NEW && !(i == LW_NS_NET && s->network.kind == LW_NET_HOST))
			p->clone_flags |= clone_flag[i];
	p->init = s->init && (p->clone_flags & CLONE_NEWPID);
	p->net_beside = p->init && (p->clone_flags & CLONE_NEWNET);
	if (p->clone_flags & CLONE_NEWUSER) {
		int r = plan_maps(p, err);
		if (r < 0)
			return r;
	} else if (s->namespaces.mode[LW_NS_USER] == LW_NS_JOIN) {
		/* Its maps are as they are. Who made it may have forbidden setgroups(2), as one without root must:
		 * root's groups are dropped before it is joined, and none are set in there. */
		if (s->user.has_groups && s->user.n_groups) {
			lw_fail_as(err, LW_ERR_POLICY, -EINVAL,
				   "groups cannot be set in a user namespace that is joined");
			lw_err_hint(err, "leave groups away");
			lw_err_at(err, s->user.rec.origin);
			lw_err_in(err, "user.groups");
			return -EINVAL;
		}
	} else if (!p->host->privileged) {
		lw_fail(err, -EPERM, "sharing the host's user namespace needs root");
		lw_err_hint(err, "leave namespaces.user new, or run as root");
		lw_err_at(err, s->namespaces.rec.origin);
		lw_err_in(err, "namespaces.user");
		return -EPERM;
	} else {
		p->setgroups = true;
	}
	/* Set-up runs as the inside root where there is one. */
	if (p->clone_flags & CLONE_NEWUSER) {
		p->setup_uid = mapped(&p->uid_map, 0) || !p->uid_map.n ? 0 : p->uid_map.v[0].inside;
		p->setup_gid = mapped(&p->gid_map, 0) || !p->gid_map.n ? 0 : p->gid_map.v[0].inside;
	}
	if (p->ids_auto && PLAN_OP(p, LW_OP_IDS_LEASE, &s->ids.rec, "ids") < 0)
		return -ENOMEM;
	return plan_user(p, err);
}
