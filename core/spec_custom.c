/* spec_custom.c: values with a form of their own: user, ids, root and rlimits, and the rules that come with a mount's
 * or a device's type. Each reader has its writer beside it; what one writes, the other reads to the same record. */
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "spec_codec.h"

static void *member(const struct lw_field *f, void *rec)
{
	return (char *)rec + f->offset;
}
static const void *member_const(const struct lw_field *f, const void *rec)
{
	return (const char *)rec + f->offset;
}
static struct lw_origin origin_of(const void *rec)
{
	return ((const struct lw_rec *)rec)->origin;
}

/* --- user --- */

/* "NAME", "UID" or "UID:GID", as `-u` of other tools has it. */
static int read_user_text(struct lw_user *u, const char *text, struct lw_err *err)
{
	const char *colon = strchr(text, ':');
	char head[32];
	int64_t uid;

	if (!colon && text[strspn(text, "0123456789")]) {
		u->name = text;
		u->rec.set = 1;
		return lw_check_user_name(text, err);
	}
	snprintf(head, sizeof(head), "%.*s", (int)(colon ? colon - text : (ptrdiff_t)sizeof(head) - 1), text);
	if (lw_parse_i64(head, &uid) < 0 || (colon && lw_parse_i64(colon + 1, &u->gid) < 0)) {
		lw_codec_fail(err, "not a user: \"%.80s\"", text);
		lw_err_hint(err, "write a name, \"UID\", \"UID:GID\" or { uid=, gid= }");
		return -EINVAL;
	}
	if (uid < 0 || uid > LW_ID_MAX || (colon && (u->gid < 0 || u->gid > LW_ID_MAX)))
		return lw_codec_fail(err, "out of range: ids are 0 to %lld", (long long)LW_ID_MAX);
	u->name = NULL;
	u->uid = uid;
	u->rec.set = colon ? 2 | 4 : 2;
	return 0;
}

int lw_read_user(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_user *u = member(f, rec);
	const char *text;
	int r;

	u->rec.origin = origin_of(rec);
	if (json_is_string(v)) {
		r = lw_codec_string(s, v, &text, err);
		return r < 0 ? r : read_user_text(u, text, err);
	}
	if (json_is_number(v)) {
		u->name = NULL;
		u->rec.set = 2;
		return lw_codec_int(f, v, 0, LW_ID_MAX, &u->uid, err);
	}
	if (!json_is_object(v))
		return lw_codec_mismatch(f, v, err);
	r = lw_codec_record(s, &lw_user_schema, v, u, err);
	if (r < 0)
		return r;
	if (lw_is_set(&u->rec, 0) && lw_is_set(&u->rec, 1))
		return lw_codec_fail(err, "give a name or a uid, not both");
	if (lw_is_set(&u->rec, 1))
		u->name = NULL;
	return 0;
}

json_t *lw_write_user(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_user *u = member_const(f, rec);

	if (lw_codec_same_origin(u->rec.origin, origin_of(rec))) {
		if (u->rec.set == 1)
			return lw_codec_write_string(u->name);
		if (u->rec.set == 2)
			return json_integer(u->uid);
	}
	return lw_codec_write_record(s, &lw_user_schema, u, origin_of(rec));
}

int lw_read_groups(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_user *u = rec;
	size_t n;

	if (!lw_codec_is_list(v))
		return lw_codec_mismatch(f, v, err);
	n = json_array_size(v);
	if (n > LW_LIST_MAX)
		return lw_codec_fail(err, "%zu entries; at most %d are allowed", n, LW_LIST_MAX);
	u->groups = lw_arena_array(s->arena, n, sizeof(*u->groups));
	if (!u->groups)
		return lw_codec_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const json_t *id = json_array_get(v, i);
		int r;
		if (json_is_string(id) && lw_parse_i64(json_string_value(id), &u->groups[i]) < 0) {
			r = lw_codec_fail(err, "expected a group's number, not \"%.80s\"", json_string_value(id));
			lw_err_hint(err, "names of groups are not looked up; getent group NAME tells the number");
		} else {
			r = lw_codec_int(f, id, 0, LW_ID_MAX, &u->groups[i], err);
		}
		if (r < 0) {
			lw_codec_at_index(err, i);
			return r;
		}
	}
	u->n_groups = n;
	u->has_groups = true;
	return 0;
}

json_t *lw_write_groups(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_user *u = rec;
	json_t *list = json_array();

	(void)s;
	(void)f;
	for (size_t i = 0; list && i < u->n_groups; i++) {
		if (json_array_append_new(list, json_integer(u->groups[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* --- ids --- */

int lw_read_ids(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_ids *ids = member(f, rec);
	int r;

	ids->rec.origin = origin_of(rec);
	if (json_is_string(v)) {
		const char *word;
		int64_t mode;
		r = lw_codec_string(s, v, &word, err);
		if (r < 0)
			return r;
		mode = lw_names_value(&lw_ids_mode_table, word);
		if (mode < 0) {
			const char *near = lw_names_nearest(&lw_ids_mode_table, word);
			r = lw_codec_unknown(err, "ids", word, near);
			if (!near)
				lw_err_hint(
					err,
					"write \"auto\", \"keep\", \"root-only\", \"identity\", \"single\" or { uid = "
					"{{inside, outside, count}}, gid = … }");
			return r;
		}
		ids->mode = (int)mode;
		return 0;
	}
	if (!json_is_object(v))
		return lw_codec_mismatch(f, v, err);
	r = lw_codec_record(s, &lw_ids_schema, v, ids, err);
	if (r < 0)
		return r;
	if (ids->rec.set != 3) {
		lw_codec_fail(err, "needs both uid and gid");
		lw_err_hint(err, "write { uid={{inside, outside, count}}, gid={{inside, outside, count}} }");
		return -EINVAL;
	}
	ids->mode = LW_IDS_EXPLICIT;
	return 0;
}

json_t *lw_write_ids(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_ids *ids = member_const(f, rec);

	if (ids->mode != LW_IDS_EXPLICIT)
		return json_string(lw_names_name(&lw_ids_mode_table, ids->mode));
	return lw_codec_write_record(s, &lw_ids_schema, ids, origin_of(rec));
}

int lw_read_idmaps(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_idmaps *maps = member(f, rec);
	size_t n;

	if (!lw_codec_is_list(v))
		return lw_codec_mismatch(f, v, err);
	n = json_array_size(v);
	if (n > LW_LIST_MAX)
		return lw_codec_fail(err, "%zu entries; at most 340 are allowed", n);
	maps->v = lw_arena_array(s->arena, n, sizeof(*maps->v));
	if (!maps->v)
		return lw_codec_nomem(err);
	for (size_t i = 0; i < n; i++) {
		json_t *entry = json_array_get(v, i);
		int64_t num[3];
		int r = 0;
		if (!json_is_array(entry) || json_array_size(entry) != 3)
			r = lw_codec_fail(err, "expected {inside, outside, count}");
		for (size_t k = 0; r == 0 && k < 3; k++)
			r = lw_codec_int(f, json_array_get(entry, k), 0, UINT32_MAX, &num[k], err);
		if (r < 0) {
			lw_codec_at_index(err, i);
			return r;
		}
		maps->v[i] = (struct lw_idmap){ (uint32_t)num[0], (uint32_t)num[1], (uint32_t)num[2] };
	}
	maps->n = n;
	return 0;
}

json_t *lw_write_idmaps(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_idmaps *maps = member_const(f, rec);
	json_t *list = json_array();

	(void)s;
	for (size_t i = 0; list && i < maps->n; i++) {
		const struct lw_idmap *m = &maps->v[i];
		json_t *line =
			json_pack("[I,I,I]", (json_int_t)m->inside, (json_int_t)m->outside, (json_int_t)m->count);
		if (json_array_append_new(list, line) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* --- root --- */

int lw_read_root_path(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_root *root = rec;
	const char *text;
	int64_t kind;
	int r;

	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	r = lw_codec_string(s, v, &text, err);
	if (r < 0)
		return r;
	if (*text == '/') {
		root->kind = LW_ROOT_DIR;
		return lw_codec_path(s, text, &root->path, err);
	}
	kind = lw_names_value(&lw_root_kind_table, text);
	if (kind < 0) {
		const char *near = lw_names_nearest(&lw_root_kind_table, text);
		lw_codec_unknown(err, "root", text, near);
		if (!near)
			lw_err_hint(err, "write \"host\", \"empty\" or an absolute path");
		return -EINVAL;
	}
	root->kind = (int)kind;
	return 0;
}

json_t *lw_write_root_path(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_root *root = rec;

	(void)s;
	(void)f;
	return lw_codec_write_string(root->kind == LW_ROOT_DIR ? root->path
							       : lw_names_name(&lw_root_kind_table, root->kind));
}

int lw_read_root(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_root *root = member(f, rec);

	root->rec.origin = origin_of(rec);
	if (json_is_string(v)) {
		root->rec.set = 1;
		return lw_read_root_path(s, f, v, root, err);
	}
	if (!json_is_object(v))
		return lw_codec_mismatch(f, v, err);
	return lw_codec_record(s, &lw_root_schema, v, root, err);
}

json_t *lw_write_root(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_root *root = member_const(f, rec);

	if (root->rec.set == 1 && lw_codec_same_origin(root->rec.origin, origin_of(rec)))
		return lw_write_root_path(s, f, root);
	return lw_codec_write_record(s, &lw_root_schema, root, origin_of(rec));
}

/* --- rlimits: N, {soft, hard}, "soft:hard", "unlimited"; in bytes also "64M" --- */

static int read_rlimit_text(const struct lw_field *f, const char *text, int64_t *ret)
{
	if (strcmp(text, "unlimited") == 0 || strcmp(text, "infinity") == 0) {
		*ret = -1;
		return 0;
	}
	int r = lw_parse_i64(text, ret); /* a small bare count is a size here too: core = "0" */
	if (r < 0 && f->min)
		r = lw_parse_size(text, ret);
	return r < 0 ? r : *ret < 0 ? -EINVAL : 0;
}

static int not_a_limit(const char *text, struct lw_err *err)
{
	lw_codec_fail(err, "not a limit: \"%.80s\"", text);
	lw_err_hint(err, "write a number, {soft, hard} or \"unlimited\"; what is counted in bytes may be \"64M\"");
	return -EINVAL;
}

static int read_rlimit_value(const struct lw_field *f, const json_t *v, int64_t *ret, struct lw_err *err)
{
	const char *text = json_string_value(v);

	if (!text)
		return lw_codec_int(f, v, 0, INT64_MAX, ret, err);
	if (strlen(text) != json_string_length(v) || read_rlimit_text(f, text, ret) < 0)
		return not_a_limit(text, err);
	return 0;
}

int lw_read_rlimit(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_rlimit *l = member(f, rec);
	const char *text = json_string_value(v), *colon = text ? strchr(text, ':') : NULL;
	int r;

	(void)s;
	if (json_is_array(v)) {
		if (json_array_size(v) != 2)
			return lw_codec_fail(err, "expected {soft, hard}");
		r = read_rlimit_value(f, json_array_get(v, 0), &l->soft, err);
		if (r == 0)
			r = read_rlimit_value(f, json_array_get(v, 1), &l->hard, err);
	} else if (colon) {
		char soft[32];
		r = 0;
		snprintf(soft, sizeof(soft), "%.*s", (int)(colon - text), text);
		if ((size_t)(colon - text) >= sizeof(soft) || read_rlimit_text(f, soft, &l->soft) < 0 ||
		    strlen(text) != json_string_length(v) || read_rlimit_text(f, colon + 1, &l->hard) < 0)
			r = not_a_limit(text, err);
	} else if (text || json_is_number(v)) {
		r = read_rlimit_value(f, v, &l->soft, err);
		l->hard = l->soft;
	} else {
		r = lw_codec_mismatch(f, v, err);
	}
	if (r == 0)
		l->set = true;
	return r;
}

json_t *lw_write_rlimit(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_rlimit *l = member_const(f, rec);
	json_t *soft = l->soft < 0 ? json_string("unlimited") : json_integer(l->soft);

	(void)s;
	if (l->soft == l->hard)
		return soft;
	return json_pack("[o,o]", soft, l->hard < 0 ? json_string("unlimited") : json_integer(l->hard));
}

/* --- mounts and devices --- */

#define K(key) (1u << LW_MOUNT_KEY_##key)
/* "pid", the kernel's only word for a part of proc. */
int lw_read_subset(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	const char *word = json_string_value(v);

	(void)s;
	if (!word)
		return lw_codec_mismatch(f, v, err);
	if (strcmp(word, "pid") != 0)
		return lw_codec_fail(err, "expected \"pid\", not \"%.80s\"", word);
	*(bool *)member(f, rec) = true;
	return 0;
}

json_t *lw_write_subset(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	(void)s;
	(void)f;
	(void)rec;
	return json_string("pid"); /* written only when it was given */
}

#define K_OWNER (K(MODE) | K(UID) | K(GID))
#define K_FLAGS (K(WRITABLE) | K(SUID) | K(DEV) | K(EXEC))

/* What a mount of each type takes and needs besides type and destination, and the defaults that differ. */
static const struct {
	unsigned takes, needs;
	const char *destination;
	bool writable, dev, exec, idmap;
	int64_t mode;
} mount_types[] = {
	[LW_MOUNT_BIND] = { .takes = K(SOURCE) | K_FLAGS | K(IDMAP) | K(CHOWN) | K(OPTIONAL) | K(PROPAGATION),
			    .needs = K(SOURCE),
			    .exec = true },
	[LW_MOUNT_TMPFS] = { .takes = K_FLAGS | K(SIZE) | K(INODES) | K_OWNER,
			     .writable = true,
			     .exec = true,
			     .mode = 01777 },
	[LW_MOUNT_PROC] = { .takes = K(WRITABLE) | K(HIDEPID) | K(SUBSET), .destination = "/proc", .writable = true },
	[LW_MOUNT_SYSFS] = { .takes = K(WRITABLE), .destination = "/sys" },
	[LW_MOUNT_DEVPTS] = { .takes = K(WRITABLE), .destination = "/dev/pts", .writable = true, .dev = true },
	[LW_MOUNT_MQUEUE] = { .takes = K(WRITABLE), .destination = "/dev/mqueue", .writable = true },
	[LW_MOUNT_CGROUP] = { .destination = "/sys/fs/cgroup" },
	[LW_MOUNT_OVERLAY] = { .takes = K(SOURCE) | K_FLAGS | K(IDMAP) | K(SIZE) | K(INODES) | K(UPPER) | K(WORK),
			       .needs = K(SOURCE),
			       .writable = true,
			       .exec = true,
			       .idmap = true },
	[LW_MOUNT_FILE] = { .takes = K(DATA) | K_OWNER, .needs = K(DATA), .mode = 0644 },
	[LW_MOUNT_DIR] = { .takes = K_OWNER, .mode = 0755 },
	[LW_MOUNT_SYMLINK] = { .takes = K(TARGET), .needs = K(TARGET) },
	[LW_MOUNT_REMOVE] = { 0 },
};

const char *lw_mount_default_destination(const char *type)
{
	int64_t kind = lw_names_value(&lw_mount_kind_table, type);
	return kind < 0 ? NULL : mount_types[kind].destination;
}

/* With those that do: the wrong constructor is as likely as the wrong key. */
static int takes_no(const char *type, const struct lw_field *key, unsigned bit, struct lw_err *err)
{
	char list[100];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(mount_types) && n < sizeof(list); i++)
		if (mount_types[i].takes & bit)
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "",
					      lw_names_name(&lw_mount_kind_table, (int64_t)i));
	lw_codec_fail(err, "a %s takes no %s", type, key->key);
	lw_err_hint(err, "it is for %s", list);
	lw_codec_in(err, key->key);
	return -EINVAL;
}

static int needs(const char *type, const char *key, struct lw_err *err)
{
	lw_codec_fail(err, "a %s needs a %s", type, key);
	lw_err_hint(err, "write %s { %s = \"...\" }", type, key);
	return -EINVAL;
}

int lw_mount_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_mount *m = rec;
	const struct lw_field *rows = lw_mount_schema.fields;
	const char *type = lw_names_name(&lw_mount_kind_table, m->kind);

	(void)s;
	if (!lw_is_set(&m->rec, LW_MOUNT_KEY_TYPE)) {
		lw_codec_fail(err, "a mount without a type");
		lw_err_hint(err, "write it with a constructor: bind \"/srv\", tmpfs \"/tmp\"");
		return -EINVAL;
	}
	for (unsigned k = 0; k < LW_MOUNT_KEY_COUNT; k++) {
		unsigned bit = 1u << k;
		if (bit & (K(TYPE) | K(DESTINATION)))
			continue;
		if (lw_is_set(&m->rec, k) && !(mount_types[m->kind].takes & bit)) {
			return takes_no(type, &rows[k], bit, err);
		}
		if (!lw_is_set(&m->rec, k) && (mount_types[m->kind].needs & bit))
			return needs(type, rows[k].key, err);
	}
	if (!m->destination)
		m->destination = m->kind == LW_MOUNT_BIND || m->kind == LW_MOUNT_OVERLAY
					 ? m->source
					 : mount_types[m->kind].destination;
	if (!m->destination)
		return needs(type, "destination", err);
	if (!lw_is_set(&m->rec, LW_MOUNT_KEY_WRITABLE))
		m->writable = mount_types[m->kind].writable;
	if (!lw_is_set(&m->rec, LW_MOUNT_KEY_DEV))
		m->dev = mount_types[m->kind].dev;
	if (!lw_is_set(&m->rec, LW_MOUNT_KEY_EXEC))
		m->exec = mount_types[m->kind].exec;
	if (!lw_is_set(&m->rec, LW_MOUNT_KEY_IDMAP))
		m->idmap = mount_types[m->kind].idmap;
	if (!lw_is_set(&m->rec, LW_MOUNT_KEY_SIZE))
		m->size = LW_TMPFS_SIZE;
	if (!lw_is_set(&m->rec, LW_MOUNT_KEY_INODES))
		m->inodes = LW_TMPFS_INODES;
	if (!lw_is_set(&m->rec, LW_MOUNT_KEY_MODE))
		m->mode = mount_types[m->kind].mode;
	return 0;
}

int lw_device_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_device *d = rec;

	(void)s;
	if (!d->path && !d->source)
		return needs("device", "path", err);
	if (!d->path)
		d->path = d->source;
	if (!d->source)
		d->source = d->path;
	if (!d->access)
		d->access = "rwm";
	return 0;
}
