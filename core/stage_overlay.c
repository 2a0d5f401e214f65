/* stage_overlay.c: overlays: which directories are laid over which, what the host side opens for it and what the child
 * makes of it. What an overlay catches goes to a directory of the user's or to memory; the lower directory is never
 * written. */
#include <linux/sched.h>
#include <string.h>
#include "image.h"
#include "overlay.h"
#include "root_layout.h"
#include "stage.h"
#include "sys.h"

#define LAYER_ATTRIBUTES (MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID)

static int fail_at(const struct lw_overlay_plan *o, int code, const char *msg, const char *hint, struct lw_err *err)
{
	lw_fail(err, code, "%s", msg);
	lw_err_hint(err, "%s", hint);
	lw_err_at(err, o->rec->origin);
	lw_err_in(err, "%s", o->key);
	return code;
}

static bool idmapped(const struct lw_plan *p, const struct lw_overlay_plan *o)
{
	return o->idmap && p->host->privileged && (p->clone_flags & CLONE_NEWUSER);
}

static const char *parent(struct lw_plan *p, const char *path)
{
	return path ? lw_arena_strndup(p->arena, path, (size_t)(strrchr(path, '/') - path)) : NULL;
}

/* Of upper and work in it; no path has "//" in it. */
static const char *names(struct lw_plan *p, const struct lw_overlay_plan *o)
{
	size_t skip = strlen(o->above) + 1;
	return lw_arena_printf(p->arena, "%s//%s", o->upper + skip, o->work + skip);
}

/* Whose owner and mode a new upper directory has. An image's own root cannot be looked at before it is mounted. */
static const char *like(const struct lw_plan *p, const struct lw_overlay_plan *o)
{
	return p->spec->root.image_fs && o->lower == p->spec->root.path ? "/" : o->lower;
}

static int open_layers(struct lw_plan *p, struct lw_overlay_plan *o, struct lw_err *err)
{
	if (o->upper && p->ids_auto && p->host->privileged && !o->idmap)
		return fail_at(o, -EINVAL, "what is kept would belong to ids of this one run",
			       "leave idmap on, or give the sandbox ids that stay", err);
	int64_t flags = LW_SRC_FLAT | (p->host->privileged ? 0 : LW_SRC_REOPEN);
	int r = 0;
	o->slot = lw_plan_slot(p);
	o->above_slot = -1;
	if (!o->upper && p->clone_flags & CLONE_NEWUSER && p->host->kernel_major * 100 + p->host->kernel_minor < 606 &&
	    p->layout->n_overlays == 1)
		lw_plan_note(p,
			     "%s: before Linux 6.6 a directory of the lower one cannot be removed (EIO) where changes "
			     "are kept in memory; "
			     "with an upper directory it can",
			     o->key);
	if (o->lower_slot >= 0 && o->lower == p->spec->root.path)
		r = lw_plan_root_open(p, o->rec, o->key, o->lower_slot, LAYER_ATTRIBUTES | MOUNT_ATTR_RDONLY, flags);
	else if (o->lower_slot >= 0)
		r = PLAN_OP(p, LW_OP_SOURCE_OPEN, o->rec, o->key, .str = { o->lower },
			    .num = { o->lower_slot, LAYER_ATTRIBUTES | MOUNT_ATTR_RDONLY, flags });
	if (r < 0 || !o->upper)
		return r;
	/* Opened once: what is looked at and held is what changes go to, whoever renames directories on the way. */
	o->above_slot = lw_plan_slot(p);
	r = PLAN_OP(p, LW_OP_SOURCE_OPEN, o->rec, o->key, .str = { o->above },
		    .num = { o->above_slot, LAYER_ATTRIBUTES, flags });
	return r < 0 ? r
		     : PLAN_OP(p, LW_OP_OVERLAY_KEEP, o->rec, o->key, .str = { o->above, names(p, o), like(p, o) },
			       .num = { o->above_slot });
}

static struct lw_overlay_plan *add(struct lw_plan *p, const struct lw_overlay_plan *o)
{
	struct lw_root_layout *l = p->layout;
	l->overlays[l->n_overlays] = *o;
	return &l->overlays[l->n_overlays++];
}

/* Each of the host's directories by itself; changes are kept below upper under the directory's own name. */
static int plan_view(struct lw_plan *p, const struct lw_overlay_plan *all, struct lw_err *err)
{
	int r = 0;
	for (size_t i = 0; i < p->host->n_view && r >= 0; i++) {
		const struct lw_view_entry *v = &p->host->view[i];
		struct lw_overlay_plan o = *all;
		if (v->link || lw_root_layout_find(p->layout, v->path))
			continue;
		o.lower = o.inside = v->path;
		o.lower_slot = -1;
		if (o.upper) {
			o.upper = lw_arena_printf(p->arena, "%s%s", all->upper, v->path);
			o.work = lw_arena_printf(p->arena, "%s%s", all->work, v->path);
		}
		struct lw_overlay_plan *made = add(p, &o);
		r = open_layers(p, made, err);
	}
	return r;
}

int lw_plan_overlay_root(struct lw_plan *p, struct lw_root_layout *l, struct lw_err *err)
{
	const struct lw_root *root = &p->spec->root;
	const struct lw_overlay *spec = &root->overlay;
	struct lw_overlay_plan o = {
		.rec = spec->rec.set ? &spec->rec : &root->rec,
		.key = "root.overlay",
		.lower = root->path,
		.inside = "",
		.upper = spec->upper,
		.work = lw_overlay_work(p->arena, spec->upper, spec->work),
		.above = parent(p, spec->upper),
		.size = spec->size,
		.inodes = spec->inodes,
		.idmap = spec->idmap,
		.attributes = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID,
	};
	if (root->kind == LW_ROOT_HOST && !lw_plan_host_root_inside(p))
		return fail_at(&o, -EPERM, "the host's directories belong to nobody inside, who could not write them",
			       "lay it over a directory, root = { path = DIR, overlay = true }; or, as root, give the "
			       "host's root a place inside with ids = \"keep\"",
			       err);
	if (root->kind == LW_ROOT_HOST)
		return plan_view(p, &o, err);
	o.lower_slot = lw_plan_slot(p);
	struct lw_overlay_plan *made = add(p, &o);
	int r = open_layers(p, made, err);
	l->root_slot = made->slot;
	return r;
}

int lw_plan_overlay_entry(struct lw_plan *p, struct lw_root_layout_entry *e, struct lw_err *err)
{
	const struct lw_mount *m = e->mount;
	struct lw_overlay_plan o = {
		.rec = &m->rec,
		.key = e->key,
		.lower = m->source,
		.inside = m->destination,
		.upper = m->upper,
		.work = lw_overlay_work(p->arena, m->upper, m->work),
		.above = parent(p, m->upper),
		.size = m->size,
		.inodes = m->inodes,
		.idmap = m->idmap,
		.attributes = lw_mount_attributes(m),
		.lower_slot = lw_plan_slot(p),
	};
	struct lw_overlay_plan *made = add(p, &o);
	int r = open_layers(p, made, err);
	e->slot = made->slot;
	return r;
}

int lw_plan_overlay_idmaps(struct lw_plan *p)
{
	int r = 0;
	for (size_t i = 0; i < p->layout->n_overlays && r >= 0; i++) {
		const struct lw_overlay_plan *o = &p->layout->overlays[i];
		if (!idmapped(p, o) || o->lower_slot < 0)
			continue;
		r = PLAN_OP(p, LW_OP_SOURCE_IDMAP, o->rec, o->key, .str = { o->lower }, .num = { o->lower_slot });
		if (r >= 0 && o->above_slot >= 0)
			r = PLAN_OP(p, LW_OP_SOURCE_IDMAP, o->rec, o->key, .str = { o->above },
				    .num = { o->above_slot });
	}
	return r;
}

int lw_plan_overlays(struct lw_plan *p)
{
	int64_t how = (p->host->privileged ? 0 : LW_OVERLAY_REOPEN) |
		      (p->clone_flags & CLONE_NEWUSER ? LW_OVERLAY_USERXATTR : 0);
	int r = 0;
	for (size_t i = 0; i < p->layout->n_overlays && r >= 0; i++) {
		const struct lw_overlay_plan *o = &p->layout->overlays[i];
		const char *where = o->upper ? o->above : LW_OVERLAY_MEMORY, *what;
		if (o->upper)
			what = names(p, o);
		else
			what = lw_arena_printf(p->arena, "mode=755,size=%lld,nr_inodes=%lld", (long long)o->size,
					       (long long)o->inodes);
		r = PLAN_OP(p, LW_OP_OVERLAY, o->rec, o->key, .str = { o->lower, where, what },
			    .num = { o->lower_slot, o->above_slot, o->slot, (int64_t)o->attributes | how });
	}
	return r;
}

int lw_plan_overlay_view(const struct lw_plan *p, const char *path)
{
	for (size_t i = 0; i < p->layout->n_overlays; i++)
		if (p->layout->overlays[i].lower_slot < 0 && !strcmp(p->layout->overlays[i].lower, path))
			return p->layout->overlays[i].slot;
	return -1;
}
