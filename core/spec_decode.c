/* spec_decode.c: from raw JSON to struct lw_spec by the rows of the schema. Everything read here is hostile: depth is
 * the schema's, lengths and counts are bounded, and nothing is kept of the JSON afterwards. What one value means on
 * its own is decided here and in spec_custom.c and spec_policy.c; what values mean together, in spec_check.c. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/cleanup.h"
#include "spec_codec.h"
#include "tables/foreign_keys.h"

#define TEXT_MAX ((size_t)4 * 1024 * 1024)

int lw_codec_nomem(struct lw_err *err)
{
	return lw_fail(err, -ENOMEM, "out of memory");
}

int lw_codec_unknown(struct lw_err *err, const char *what, const char *word, const char *near)
{
	if (near)
		return lw_codec_fail(err, "unknown %s \"%.80s\" (did you mean \"%s\"?)", what, word, near);
	return lw_codec_fail(err, "unknown %s \"%.80s\"", what, word);
}

void lw_codec_in(struct lw_err *err, const char *key)
{
	char below[sizeof(err->path)];

	if (!err)
		return;
	if (err->path[0] != '[') {
		lw_err_in(err, "%s", key);
		return;
	}
	memcpy(below, err->path, sizeof(below));
	err->path[0] = '\0';
	lw_err_in(err, "%s%s", key, below);
}

void lw_codec_at_index(struct lw_err *err, size_t i)
{
	char key[32];

	snprintf(key, sizeof(key), "[%zu]", i);
	lw_codec_in(err, key);
}

bool lw_codec_is_list(const json_t *v)
{
	return json_is_array(v) || (json_is_object(v) && json_object_size(v) == 0);
}

bool lw_codec_is_table(const json_t *v)
{
	return json_is_object(v) || (json_is_array(v) && json_array_size(v) == 0);
}

bool lw_codec_is_unset(const json_t *v)
{
	return json_is_object(v) && json_object_size(v) == 1 && json_is_true(json_object_get(v, "$unset"));
}

static int list_size(const struct lw_field *f, const json_t *v, size_t *ret, struct lw_err *err)
{
	size_t most = f->max > 0 ? (size_t)f->max : LW_LIST_MAX;

	*ret = json_is_array(v) ? json_array_size(v) : json_object_size(v);
	if (*ret > most)
		return lw_codec_fail(err, "%zu entries; at most %zu are allowed", *ret, most);
	return 0;
}

int lw_codec_strlist(struct lw_spec *s, const struct lw_field *f, const json_t *v, struct lw_strlist *ret,
		     struct lw_err *err)
{
	struct lw_strlist l = { 0 };
	int r;

	if (!lw_codec_is_list(v))
		return lw_codec_mismatch(f, v, err);
	r = list_size(f, v, &l.n, err);
	if (r < 0)
		return r;
	l.v = lw_arena_array(s->arena, l.n, sizeof(*l.v));
	if (!l.v)
		return lw_codec_nomem(err);
	for (size_t i = 0; i < l.n; i++) {
		r = lw_codec_text(s, f, json_array_get(v, i), &l.v[i], err);
		if (r == 0 && f->kind == LW_K_PATHLIST)
			r = lw_codec_path(s, l.v[i], &l.v[i], err);
		if (r == 0 && f->check)
			r = f->check(l.v[i], err);
		if (r < 0) {
			lw_codec_at_index(err, i);
			return r;
		}
	}
	*ret = l;
	return 0;
}

static int read_pairs(struct lw_spec *s, const struct lw_field *f, const json_t *v, struct lw_pairs *ret,
		      struct lw_err *err)
{
	struct lw_pairs l = { 0 };
	const char *key;
	json_t *value;
	size_t n;
	int r;

	if (!lw_codec_is_table(v))
		return lw_codec_mismatch(f, v, err);
	r = list_size(f, v, &n, err);
	if (r < 0)
		return r;
	l.v = lw_arena_array(s->arena, n, sizeof(*l.v));
	if (!l.v)
		return lw_codec_nomem(err);
	json_object_foreach((json_t *)v, key, value)
	{
		if (lw_codec_is_unset(value))
			continue;
		r = strlen(key) > LW_STRING_MAX ? lw_codec_fail(err, "a name longer than %zu KiB", LW_STRING_MAX / 1024)
		    : f->check                  ? f->check(key, err)
						: 0;
		if (r < 0)
			return r;
		struct lw_pair *p = &l.v[l.n];
		if (!json_is_false(value)) {
			r = lw_codec_text(s, f, value, &p->value, err);
			if (r < 0) {
				lw_codec_in(err, key);
				return r;
			}
		}
		p->key = lw_arena_strdup(s->arena, key);
		if (!p->key)
			return lw_codec_nomem(err);
		l.n++;
	}
	*ret = l;
	return 0;
}

static int read_reclist(struct lw_spec *s, const struct lw_field *f, const json_t *v, const struct lw_rec *outer,
			void *at, struct lw_err *err)
{
	struct {
		size_t n;
		char *v;
	} l;
	int r;

	if (!lw_codec_is_list(v))
		return lw_codec_mismatch(f, v, err);
	r = list_size(f, v, &l.n, err);
	if (r < 0)
		return r;
	l.v = lw_arena_array(s->arena, l.n, f->rec->size);
	if (!l.v)
		return lw_codec_nomem(err);
	for (size_t i = 0; i < l.n; i++) {
		json_t *entry = json_array_get(v, i), *made = NULL;
		struct lw_rec *rec = (struct lw_rec *)(l.v + i * f->rec->size);

		rec->origin = outer->origin;
		if ((json_is_string(entry) || json_is_number(entry)) && f->from_text) {
			const char *text;
			r = lw_codec_text(s, f, entry, &text, err);
			made = r == 0 ? f->from_text(text, err) : NULL;
			r = made ? lw_codec_record(s, f->rec, made, rec, err) : r < 0 ? r : -EINVAL;
			json_decref(made);
		} else if (json_is_string(entry)) {
			r = lw_codec_fail(err, "expected a table, not a string");
			lw_err_hint(err, "write bind \"%.80s\", or the constructor that is meant",
				    json_string_value(entry));
		} else {
			r = lw_codec_record(s, f->rec, entry, rec, err);
		}
		if (r < 0) {
			lw_codec_at_index(err, i);
			return r;
		}
	}
	memcpy(at, &l, sizeof(l)); /* every list of records is a count and a pointer */
	return 0;
}

static int read_string(struct lw_spec *s, const struct lw_field *f, const json_t *v, const char **ret,
		       struct lw_err *err)
{
	int r;

	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	r = lw_codec_string(s, v, ret, err);
	if (r == 0 && f->kind == LW_K_PATH)
		r = lw_codec_path(s, *ret, ret, err);
	if (r == 0 && f->check)
		r = f->check(*ret, err);
	return r;
}

static int read_field(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	void *at = (char *)rec + f->offset;

	switch (f->kind) {
	case LW_K_STRING:
	case LW_K_PATH:
		return read_string(s, f, v, at, err);
	case LW_K_BOOL:
		if (!json_is_boolean(v))
			return lw_codec_mismatch(f, v, err);
		*(bool *)at = json_is_true(v);
		return 0;
	case LW_K_INT:
		return lw_codec_int(f, v, f->min, f->max, at, err);
	case LW_K_SIZE:
		return lw_codec_size(f, v, at, err);
	case LW_K_DURATION:
		return lw_codec_duration(f, v, at, err);
	case LW_K_MODE:
		return lw_codec_mode(f, v, at, err);
	case LW_K_CPUS:
		return lw_codec_cpus(f, v, at, err);
	case LW_K_ENUM:
		return lw_codec_enum(f, v, at, err);
	case LW_K_STRLIST:
	case LW_K_PATHLIST:
		return lw_codec_strlist(s, f, v, at, err);
	case LW_K_PAIRS:
		return read_pairs(s, f, v, at, err);
	case LW_K_RECORD:
		if (!lw_codec_is_table(v))
			return lw_codec_mismatch(f, v, err);
		((struct lw_rec *)at)->origin = ((const struct lw_rec *)rec)->origin;
		return lw_codec_record(s, f->rec, v, at, err);
	case LW_K_RECLIST:
		return read_reclist(s, f, v, rec, at, err);
	case LW_K_CUSTOM:
		return f->read(s, f, v, rec, err);
	}
	return -EINVAL;
}

/* "FILE:LINE"; the file's name may hold colons itself. */
static int read_origin(struct lw_spec *s, const json_t *v, struct lw_origin *ret, struct lw_err *err)
{
	const char *text, *colon;
	int64_t line = 0;
	int r;

	if (!json_is_string(v) || json_string_length(v) > 4200)
		return lw_codec_fail(err, "expected \"FILE:LINE\"");
	r = lw_codec_string(s, v, &text, err);
	if (r < 0)
		return r;
	colon = strrchr(text, ':');
	if (!colon || colon == text || colon[1] < '0' || colon[1] > '9' || lw_parse_i64(colon + 1, &line) < 0 ||
	    line < 0 || line > UINT32_MAX)
		return lw_codec_fail(err, "expected \"FILE:LINE\"");
	ret->file = lw_arena_strndup(s->arena, text, (size_t)(colon - text));
	ret->line = (uint32_t)line;
	return ret->file ? 0 : lw_codec_nomem(err);
}

/* The keys there are, where they fit. */
static void hint_keys(const struct lw_schema *sc, struct lw_err *err)
{
	char list[160];
	size_t n = 0;

	for (size_t i = 0; i < sc->n && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", sc->fields[i].key);
	if (n < sizeof(list))
		lw_err_hint(err, sc->n == 1 ? "the key is %s" : "the keys are %s", list);
	else
		lw_err_hint(err, "`lunward profile keys` lists them");
}

static int unknown_key(const struct lw_schema *sc, const char *key, struct lw_err *err)
{
	const char *names[64], *near, *ours = lw_foreign_key(sc->name, key);
	int r;

	if (ours) {
		r = lw_codec_fail(err, "unknown key");
		lw_err_hint(err, "write %s", ours);
		return r;
	}
	for (size_t i = 0; i < sc->n; i++)
		names[i] = sc->fields[i].key;
	/* The kernel's name of a limit. */
	near = lw_nearest(strncasecmp(key, "RLIMIT_", 7) ? key : key + 7, names, sc->n);
	if (near)
		return lw_codec_fail(err, "unknown key (did you mean \"%s\"?)", near);
	r = lw_codec_fail(err, "unknown key");
	hint_keys(sc, err);
	return r;
}

int lw_codec_record(struct lw_spec *s, const struct lw_schema *sc, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_rec *head = rec;
	const json_t *origin;
	const char *key;
	json_t *value;
	int r = 0;

	if (!lw_codec_is_table(v))
		return lw_codec_fail(err, "expected a table, not %s", lw_codec_type(v));
	origin = json_object_get(v, "origin");
	if (origin) {
		r = read_origin(s, origin, &head->origin, err);
		if (r < 0) {
			lw_codec_in(err, "origin");
			return r;
		}
	}
	json_object_foreach((json_t *)v, key, value)
	{
		if (value == origin || lw_codec_is_unset(value))
			continue;
		const struct lw_field *f = lw_schema_field(sc, key);
		r = f ? read_field(s, f, value, rec, err) : unknown_key(sc, key, err);
		if (r < 0) {
			lw_codec_in(err, key);
			break;
		}
		head->set |= UINT64_C(1) << (f - sc->fields);
	}
	if (r == 0 && sc->finish)
		r = sc->finish(s, rec, err);
	if (r < 0 && head->origin.file)
		lw_err_at(err, head->origin);
	return r;
}

int lw_spec_decode(const json_t *raw, struct lw_spec **ret, struct lw_err *err)
{
	struct lw_spec *s;
	int r;

	if (!raw)
		return lw_codec_fail(err, "expected a table");
	s = lw_spec_new();
	if (!s)
		return lw_codec_nomem(err);
	r = lw_codec_record(s, &lw_sandbox_schema, raw, s, err);
	if (r < 0) {
		lw_spec_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* What `plan --format json` prints has the spec under "spec"; ops are its own business and are not read back. */
static int unwrap_plan(const json_t *doc, const json_t **ret, struct lw_err *err)
{
	const json_t *version = json_object_get(doc, "schema_version"), *spec = json_object_get(doc, "spec");
	const char *key;
	json_t *value;

	*ret = doc;
	if (!version && !spec)
		return 0;
	if (!json_is_integer(version) || json_integer_value(version) != LW_SCHEMA_VERSION) {
		lw_codec_fail(err, "schema_version is not %d", LW_SCHEMA_VERSION);
		lw_err_hint(err, "plan it again with this release");
		return -EINVAL;
	}
	if (!spec)
		return lw_codec_fail(err, "\"schema_version\" without \"spec\"");
	json_object_foreach((json_t *)doc, key, value)
	{
		if (strcmp(key, "schema_version") != 0 && strcmp(key, "spec") != 0 && strcmp(key, "ops") != 0) {
			lw_codec_fail(err, "unknown key");
			lw_codec_in(err, key);
			return -EINVAL;
		}
	}
	*ret = spec;
	return 0;
}

int lw_spec_from_json(const char *text, size_t n, const char *file, struct lw_spec **ret, struct lw_err *err)
{
	const json_t *raw;
	json_error_t bad;
	json_t *doc;
	int r;

	if (n > TEXT_MAX) {
		r = lw_codec_fail(err, "larger than %zu MiB", TEXT_MAX / 1024 / 1024);
		lw_err_at(err, (struct lw_origin){ file, 0 });
		return r;
	}
	doc = json_loadb(text, n, JSON_REJECT_DUPLICATES, &bad);
	if (!doc) {
		r = lw_codec_fail(err, "not JSON: %s", bad.text);
		lw_err_at(err, (struct lw_origin){ file, bad.line > 0 ? (uint32_t)bad.line : 0 });
		return r;
	}
	r = unwrap_plan(doc, &raw, err);
	if (r == 0)
		r = lw_spec_decode(raw, ret, err);
	if (r < 0 && err && !err->file[0])
		lw_err_at(err, (struct lw_origin){ file, 0 });
	json_decref(doc);
	return r;
}
