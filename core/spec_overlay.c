/* spec_overlay.c: overlays in a spec: root.overlay, which is a word or a table, and the rules on the directories that
 * keep what an overlay catches. It looks at no file. */
#include <stdio.h>
#include <string.h>
#include "overlay.h"
#include "spec_codec.h"

int lw_read_overlay(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_overlay *o = &((struct lw_root *)rec)->overlay;

	o->rec.origin = ((const struct lw_rec *)rec)->origin;
	o->on = !json_is_false(v);
	o->size = LW_TMPFS_SIZE;
	o->inodes = LW_TMPFS_INODES;
	o->idmap = true;
	if (json_is_boolean(v))
		return 0;
	if (!json_is_object(v))
		return lw_codec_mismatch(f, v, err);
	return lw_codec_record(s, &lw_overlay_schema, v, o, err);
}

json_t *lw_write_overlay(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_root *root = rec;

	(void)f;
	if (!root->overlay.on || !root->overlay.rec.set)
		return json_boolean(root->overlay.on);
	return lw_codec_write_record(s, &lw_overlay_schema, &root->overlay, root->rec.origin);
}

/* One that catches changes is there to be written to, unless it says otherwise. */
int lw_root_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_root *root = rec;

	(void)s;
	if (root->overlay.on && !lw_is_set(&root->rec, LW_ROOT_KEY_READONLY))
		root->readonly = false;
	return lw_root_image_finish(root, err);
}

const char *lw_overlay_work(struct lw_arena *a, const char *upper, const char *work)
{
	return work || !upper ? work : lw_arena_printf(a, "%s.work", upper);
}

/* The same rules for root.overlay and for a mount. */
struct overlay {
	const struct lw_rec *rec;
	const char *key, *lower, *upper, *work;
	bool sized;
};

static int broken(const struct overlay *o, const char *key, const char *msg, const char *hint, struct lw_err *err)
{
	lw_codec_fail(err, "%s", msg);
	lw_codec_in(err, key);
	lw_codec_in(err, o->key);
	if (hint)
		lw_err_hint(err, "%s", hint);
	lw_err_at(err, o->rec->origin);
	return -EINVAL;
}

static bool is_within(const char *path, const char *above)
{
	size_t n = strlen(above);
	return strncmp(path, above, n) == 0 && (path[n] == '\0' || path[n] == '/' || n == 1);
}

static size_t parent_len(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

static int check_one(const struct overlay *o, struct lw_err *err)
{
	if (o->work && !o->upper)
		return broken(o, "work", "means nothing without upper", NULL, err);
	if (!o->upper)
		return 0;
	if (o->sized)
		return broken(o, "upper",
			      "size and inodes bound what is kept in memory, and this keeps it in a directory",
			      "leave them out", err);
	if (o->work && (parent_len(o->upper) != parent_len(o->work) ||
			strncmp(o->upper, o->work, parent_len(o->upper)) != 0 || strcmp(o->upper, o->work) == 0))
		return broken(o, "work", "upper and work must be two directories beside each other",
			      "leave work out: it is upper with \".work\" at the end", err);
	if (parent_len(o->upper) == 0)
		return broken(o, "upper", "lies right in \"/\"", "put it into a directory of its own, mode 0700", err);
	if (o->lower && (is_within(o->upper, o->lower) || is_within(o->lower, o->upper) ||
			 (o->work && is_within(o->lower, o->work))))
		return broken(o, "upper", "and the directory it is laid over must not lie in one another",
			      "keep changes in a directory of their own", err);
	return 0;
}

int lw_check_overlays(const struct lw_spec *s, struct lw_err *err)
{
	const struct lw_overlay *r = &s->root.overlay;
	struct overlay root = { r->rec.set ? &r->rec : &s->root.rec,
				"root.overlay",
				NULL,
				r->upper,
				r->work,
				lw_is_set(&r->rec, LW_OVERLAY_KEY_SIZE) || lw_is_set(&r->rec, LW_OVERLAY_KEY_INODES) };
	char key[32];
	int n = 0;

	if (r->on && s->root.kind == LW_ROOT_EMPTY)
		return broken(&root, "", "an empty root has nothing to lay it over", "leave overlay out", err);
	/* The host view's directories are not one lower directory: none of them may hold upper. */
	root.lower = s->root.kind == LW_ROOT_DIR ? s->root.path : NULL;
	n = r->on ? check_one(&root, err) : 0;
	for (size_t i = 0; i < s->mounts.n && n == 0; i++) {
		const struct lw_mount *m = &s->mounts.v[i];
		struct overlay o = {
			&m->rec,   key,
			m->source, m->upper,
			m->work,   lw_is_set(&m->rec, LW_MOUNT_KEY_SIZE) || lw_is_set(&m->rec, LW_MOUNT_KEY_INODES)
		};
		if (m->kind != LW_MOUNT_OVERLAY)
			continue;
		snprintf(key, sizeof(key), "mounts[%zu]", i);
		n = check_one(&o, err);
		for (size_t k = 0; k <= i && n == 0 && m->upper; k++) {
			const char *other = k == i ? r->upper : s->mounts.v[k].upper;
			if (other && (k == i ? r->on : true) && strcmp(other, m->upper) == 0)
				n = broken(&o, "upper", "is another overlay's too", NULL, err);
		}
	}
	return n;
}
