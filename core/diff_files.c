/* diff_files.c: what can be read, written and executed where, and which devices. Each plan is turned into a view: what
 * stands at a path, whether it is mounted there or lies below something that is; then both views are asked about every
 * path that either of them names. Permissions of the files themselves are not looked at. */
#include <inttypes.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "diff.h"
#include "overlay.h"
#include "root_layout.h"
#include "tables/proc_masks.h"

#define KIND "file"

/* What a file system holds; NULL content: nothing but what the sandbox puts there. */
struct place {
	const char *path;
	const char *host;  /* the host's directory, or NULL */
	const char *other; /* what else it is: "proc", "a file of the profile's" */
	const char *kept;  /* where writes go instead, or NULL */
	uint64_t attributes;
	int64_t size, inodes;         /* in memory; 0 otherwise */
	const struct lw_mount *mount; /* the key's, of a bind */
};
struct view {
	const struct lw_plan *plan;
	struct lw_arena *arena;
	size_t n, n_masks, n_readonly;
	struct place *v;
	const char **masks, **readonly;
	bool all; /* the host's mounts, as they are */
};
enum verb { READ, WRITE, EXECUTE, SUID, DEVICES, VERBS };
/* What stands at one path. */
struct seen {
	const char *what; /* in words */
	bool may[VERBS];
	const char *kept;
	bool within; /* memory, but not the root of it: nothing is here until it is made */
};

static struct place *put(struct view *w, const char *path, uint64_t attributes)
{
	struct place *p = &w->v[w->n++];
	*p = (struct place){ .path = path, .attributes = attributes };
	return p;
}

static int64_t option(const char *options, const char *key)
{
	const char *at = options ? strstr(options, key) : NULL;
	return at ? strtoll(at + strlen(key), NULL, 10) : 0;
}

/* A source that is an overlay over the host's directory. */
static void put_source(struct view *w, struct place *p, const char *source, int64_t slot)
{
	const struct lw_root_layout *l = w->plan->layout;
	const struct lw_root_layout_entry *e = lw_root_layout_find(l, p->path);
	p->host = source;
	p->mount = e && e->mount->kind == LW_MOUNT_BIND ? e->mount : NULL;
	for (size_t i = 0; i < l->n_overlays && slot >= 0; i++) {
		const struct lw_overlay_plan *o = &l->overlays[i];
		if (o->slot != slot)
			continue;
		p->attributes = o->attributes;
		p->kept = o->upper ? lw_arena_printf(w->arena, "kept in %s", o->upper) : "kept in memory";
	}
}

static void put_fs(struct view *w, const struct lw_op *op)
{
	struct place *p = put(w, op->str[0], (uint64_t)op->num[0]);
	if (strcmp(op->str[1], "tmpfs") == 0) {
		p->size = option(op->str[2], "size=");
		p->inodes = option(op->str[2], "nr_inodes=");
	} else {
		p->other = op->str[2] && *op->str[2] ? lw_arena_printf(w->arena, "%s (%s)", op->str[1], op->str[2])
						     : op->str[1];
	}
}

static void put_op(struct view *w, const struct lw_op *op)
{
	struct place *p;
	switch (op->kind) {
	case LW_OP_ROOT_BEGIN:
		p = put(w, "/", (uint64_t)op->num[3]);
		if (op->num[0] == LW_ROOT_DIR)
			put_source(w, p, op->str[0], op->num[1]);
		else
			p->attributes |= MOUNT_ATTR_NOEXEC;
		break;
	case LW_OP_MOUNT_BIND:
		put_source(w, put(w, op->str[0], (uint64_t)op->num[2]), op->str[1], op->num[0]);
		break;
	case LW_OP_MOUNT_FS:
		put_fs(w, op);
		break;
	case LW_OP_MOUNT_SCRATCH:
		p = put(w, op->str[0], (uint64_t)op->num[1]);
		p->size = LW_TMPFS_SIZE;
		p->inodes = LW_TMPFS_INODES;
		break;
	case LW_OP_FILE:
		put(w, op->str[0], MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC)->other = lw_arena_printf(
			w->arena, "a file of the profile's, %zu bytes", op->str[1] ? strlen(op->str[1]) : 0);
		break;
	case LW_OP_SECRET:
		put(w, op->str[0], MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC)->other =
			lw_arena_printf(w->arena, "a secret, what is in %s", op->str[1]);
		break;
	case LW_OP_MASK:
		w->masks[w->n_masks++] = op->str[0];
		break;
	case LW_OP_READONLY:
		w->readonly[w->n_readonly++] = op->str[0];
		break;
	case LW_OP_ROOT_END:
		if (op->num[0] && w->n)
			w->v[0].attributes |= MOUNT_ATTR_RDONLY;
		break;
	}
}

static bool make_view(struct view *w, const struct lw_plan *p, struct lw_arena *a)
{
	*w = (struct view){ .plan = p, .arena = a, .all = !(p->clone_flags & CLONE_NEWNS) };
	w->v = lw_arena_array(a, p->n_ops, sizeof *w->v);
	w->masks = lw_arena_array(a, p->n_ops, sizeof *w->masks);
	w->readonly = lw_arena_array(a, p->n_ops, sizeof *w->readonly);
	if (!w->v || !w->masks || !w->readonly)
		return false;
	for (size_t i = 0; i < p->n_ops; i++)
		put_op(w, &p->ops[i]);
	return true;
}

/* The part of path below dir, "/x" or ""; NULL when it is not there. */
static const char *below(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]) ? path + n : NULL;
}

static bool listed(const char *path, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (below(path, list[i]))
			return true;
	return false;
}

static const struct place *place_of(const struct view *w, const char *path)
{
	const struct place *best = NULL;
	for (size_t i = 0; i < w->n; i++)
		if (below(path, w->v[i].path) && (!best || strlen(w->v[i].path) >= strlen(best->path)))
			best = &w->v[i];
	return best;
}

static struct seen look(const struct view *w, const char *path)
{
	const struct place *p = place_of(w, path);
	struct seen s = { .what = "nothing" };
	if (!p)
		return s;
	if (listed(path, w->masks, w->n_masks)) {
		s.what = "masked";
		return s;
	}
	bool memory = !p->host && !p->other;
	const char *rest = below(path, p->path);
	if (p->host)
		s.what = lw_arena_printf(w->arena, "the host's %s%s", strcmp(p->host, "/") || !*rest ? p->host : "",
					 rest);
	else
		s.what = memory ? "memory of its own" : p->other;
	s.may[READ] = !memory;
	s.may[WRITE] = !(p->attributes & MOUNT_ATTR_RDONLY) && !listed(path, w->readonly, w->n_readonly);
	s.may[EXECUTE] = (p->host || (memory && s.may[WRITE])) && !(p->attributes & MOUNT_ATTR_NOEXEC);
	s.may[SUID] = p->host && !(p->attributes & MOUNT_ATTR_NOSUID);
	s.may[DEVICES] = (p->host || memory) && !(p->attributes & MOUNT_ATTR_NODEV);
	s.kept = s.may[WRITE] ? p->kept : NULL;
	s.within = memory && *rest;
	return s;
}

static void add(const struct lw_diff_job *j, int sign, const char *path, const bool *verbs, const struct seen *s)
{
	static const char *const words[VERBS] = { "read", "write", "execute", "use set-user-ID programs on",
						  "use devices on" };
	const char *text = NULL;
	for (int k = 0; k < VERBS; k++)
		if (verbs[k])
			text = text ? lw_arena_printf(j->arena, "%s, %s", text, words[k]) : words[k];
	if (!text)
		return;
	const char *what =
		s->kept && verbs[WRITE] ? lw_arena_printf(j->arena, "%s, writes %s", s->what, s->kept) : s->what;
	lw_diff_add(j, sign, KIND, lw_arena_printf(j->arena, "%s %s", text, path), sign < 0 ? what : NULL,
		    sign > 0 ? what : NULL);
}

/* Does x, at `rest` below z, show what follows from z, but for verbs that are missing? */
static bool follows(const struct lw_diff_job *j, const struct seen *x, const struct seen *z, const char *rest)
{
	const char *text =
		strncmp(z->what, "the host's ", 11) == 0 ? lw_arena_printf(j->arena, "%s%s", z->what, rest) : z->what;
	for (int k = 0; k < VERBS; k++)
		if (x->may[k] && !z->may[k])
			return false;
	return text && strcmp(x->what, text) == 0;
}

/* Is what differs at a path only what differs at a directory above it? */
static bool implied(const struct lw_diff_job *j, const char *path, const char *above, const struct view *v,
		    const struct view *w)
{
	struct seen a = look(v, path), b = look(w, path), x = look(v, above), y = look(w, above);
	const char *rest = below(path, above);
	for (int k = 0; k < VERBS; k++)
		if ((x.may[k] && !a.may[k]) != (y.may[k] && !b.may[k]))
			return false;
	return follows(j, &a, &x, rest) && follows(j, &b, &y, rest);
}

static void compare(const struct lw_diff_job *j, const char *path, const struct view *v, const struct view *w)
{
	struct seen a = look(v, path), b = look(w, path);
	bool less[VERBS], more[VERBS], same = a.what && b.what && strcmp(a.what, b.what) == 0;
	const char *x = a.kept ? a.kept : "", *y = b.kept ? b.kept : "";
	for (int k = 0; k < VERBS; k++) {
		bool both = same && a.may[k] && b.may[k] && (k != WRITE || strcmp(x, y) == 0);
		less[k] = a.may[k] && !both && (same || !a.within);
		more[k] = b.may[k] && !both && (same || !b.within);
	}
	add(j, LW_DIFF_LESS, path, less, &a);
	add(j, LW_DIFF_MORE, path, more, &b);
}

static void compare_size(const struct lw_diff_job *j, const char *word, const char *path, int64_t x, int64_t y,
			 bool bytes)
{
	char buf[2][LW_FORMAT_MAX];
	const char *text[2];
	const int64_t v[2] = { x, y };
	if (x == y)
		return;
	for (int i = 0; i < 2; i++)
		text[i] = bytes ? lw_arena_strdup(j->arena, lw_format_size(v[i], buf[i], sizeof buf[i]))
				: lw_arena_printf(j->arena, "%" PRId64, v[i]);
	lw_diff_add(j, y > x ? LW_DIFF_MORE : LW_DIFF_LESS, "limit", lw_arena_printf(j->arena, "%s %s", word, path),
		    text[0], text[1]);
}

static void compare_sizes(const struct lw_diff_job *j, const struct view *v, const struct view *w)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct place *x = &v->v[i], *y = place_of(w, x->path);
		if (!y || !x->size || !y->size || strcmp(x->path, y->path) != 0)
			continue;
		compare_size(j, "bytes in", x->path, x->size, y->size, true);
		compare_size(j, "files in", x->path, x->inodes, y->inodes, false);
	}
}

/* Whose the files of a bind are, and whether it follows what the host mounts there. */
static void compare_binds(const struct lw_diff_job *j, const struct view *v, const struct view *w)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct place *x = &v->v[i], *y = place_of(w, x->path);
		if (!x->mount || !y || !y->mount || strcmp(x->path, y->path) != 0)
			continue;
		const struct lw_mount *a = x->mount, *b = y->mount;
		const char *owners[2] = { a->chown   ? "given to the sandbox"
					  : a->idmap ? "as outside"
						     : "not translated",
					  b->chown   ? "given to the sandbox"
					  : b->idmap ? "as outside"
						     : "not translated" };
		if (strcmp(owners[0], owners[1]) != 0)
			lw_diff_add(j, LW_DIFF_OTHER, KIND, lw_arena_printf(j->arena, "owners in %s", x->path),
				    owners[0], owners[1]);
		if (a->propagation != b->propagation)
			lw_diff_add(j, b->propagation == LW_PROPAGATION_SLAVE ? LW_DIFF_MORE : LW_DIFF_LESS, KIND,
				    lw_arena_printf(j->arena, "see later mounts of the host in %s", x->path), NULL,
				    NULL);
	}
}

static int by_path(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Masked where the host's root is inside, out of reach by its owner where it is not: no difference either way. */
static bool held_by_owner(const char *path, const struct lw_plan *a, const struct lw_plan *b)
{
	const char *const *lists[] = { lw_masked_root_only, lw_host_secrets };
	if (lw_plan_host_root_inside(a) == lw_plan_host_root_inside(b))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (const char *const *l = lists[i]; *l; l++)
			if (strcmp(path, *l) == 0)
				return true;
	return false;
}

static size_t collect(const struct view *w, const char **paths)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n; i++)
		paths[n++] = w->v[i].path;
	for (size_t i = 0; i < w->n_masks; i++)
		paths[n++] = w->masks[i];
	for (size_t i = 0; i < w->n_readonly; i++)
		paths[n++] = w->readonly[i];
	return n;
}

void lw_diff_files(const struct lw_diff_job *j)
{
	struct view v, w;
	const char **paths = lw_arena_array(j->arena, j->a->n_ops + j->b->n_ops, sizeof *paths);
	if (!paths || !make_view(&v, j->a, j->arena) || !make_view(&w, j->b, j->arena))
		return;
	if (v.all || w.all) /* the namespace is told; its mounts are not known here */
		return;
	size_t n = collect(&v, paths);
	n += collect(&w, paths + n);
	qsort(paths, n, sizeof *paths, by_path);
	for (size_t i = 0; i < n; i++) {
		const char *above = NULL;
		for (size_t k = i; k-- > 0 && !above;)
			above = below(paths[i], paths[k]) ? paths[k] : NULL;
		bool again = above && strcmp(above, paths[i]) == 0;
		if (!again && !held_by_owner(paths[i], j->a, j->b) && !(above && implied(j, paths[i], above, &v, &w)))
			compare(j, paths[i], &v, &w);
	}
	compare_binds(j, &v, &w);
	compare_sizes(j, &v, &w);
}

/* --- devices --- */
static const struct lw_device *device_at(const struct lw_devices *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].path, path) == 0)
			return &l->v[i];
	return NULL;
}

static const char *access_of(const struct lw_device *d)
{
	return d->access ? d->access : "rwm";
}

/* What y grants and x does not. */
static void diff_device(const struct lw_diff_job *j, int sign, const struct lw_device *x, const struct lw_device *y)
{
	static const char *const words[] = { "read", "write", "make" };
	const char *text = NULL, *source = y->source ? y->source : y->path;
	bool same = x && strcmp(x->source ? x->source : x->path, source) == 0;
	for (int k = 0; k < 3; k++) {
		if (!strchr(access_of(y), "rwm"[k]) || (same && strchr(access_of(x), "rwm"[k])))
			continue;
		text = text ? lw_arena_printf(j->arena, "%s, %s", text, words[k]) : words[k];
	}
	if (!text)
		return;
	source = lw_arena_printf(j->arena, "the host's %s", source);
	lw_diff_add(j, sign, "device", lw_arena_printf(j->arena, "%s %s", text, y->path), sign < 0 ? source : NULL,
		    sign > 0 ? source : NULL);
}

void lw_diff_devices(const struct lw_diff_job *j)
{
	const struct lw_devices *a = &j->a->spec->devices, *b = &j->b->spec->devices;
	for (size_t i = 0; i < b->n; i++)
		diff_device(j, LW_DIFF_MORE, device_at(a, b->v[i].path), &b->v[i]);
	for (size_t i = 0; i < a->n; i++)
		diff_device(j, LW_DIFF_LESS, device_at(b, a->v[i].path), &a->v[i]);
}
