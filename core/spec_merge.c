/* spec_merge.c: one raw object over another by the schema's merge rules. It moves values and looks into none of them
 * further than it must: whether a value is right is spec_decode.c's to say, afterwards, so what looks wrong is passed
 * on as it is. Inputs are never changed; what both share is shared by reference. */
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "spec_codec.h"

static json_t *merge_record(const struct lw_schema *sc, const json_t *base, const json_t *over);

/* The object with this origin if it has none: a record keeps its line when it moves under another file's. */
static json_t *with_origin(json_t *v, json_t *origin)
{
	json_t *copy;

	if (!origin || !json_is_object(v) || json_object_get(v, "origin"))
		return json_incref(v);
	copy = json_copy(v);
	if (copy && json_object_set(copy, "origin", origin) < 0) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

static json_t *list_with_origin(json_t *list, json_t *origin)
{
	json_t *copy;

	if (!origin || !json_is_array(list))
		return json_incref(list);
	copy = json_array();
	for (size_t i = 0; copy && i < json_array_size(list); i++) {
		if (json_array_append_new(copy, with_origin(json_array_get(list, i), origin)) < 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

/* The layer below, its records marked with where they came from. */
static json_t *base_copy(const struct lw_schema *sc, const json_t *base)
{
	json_t *copy = json_copy((json_t *)base), *origin = json_object_get(base, "origin");

	for (size_t i = 0; copy && origin && i < sc->n; i++) {
		const struct lw_field *f = &sc->fields[i];
		json_t *v = json_object_get(base, f->key), *marked;
		if (!v || !f->rec)
			continue;
		marked = f->kind == LW_K_RECLIST ? list_with_origin(v, origin) : with_origin(v, origin);
		if (json_object_set_new_nocheck(copy, f->key, marked) < 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

/* What an element of a keyed list is known by: a mount's destination, a device's path; malloc'ed, NULL when it has
 * none. */
static char *element_key(const struct lw_field *f, const json_t *v)
{
	json_auto_t *made = NULL;
	const char *text, *type;
	char *key;

	if (json_is_string(v) && f->from_text)
		v = made = f->from_text(json_string_value(v), NULL);
	text = json_string_value(json_object_get(v, f->merge_key));
	if (!text)
		text = json_string_value(json_object_get(v, "source"));
	type = json_string_value(json_object_get(v, "type"));
	if (!text && type)
		text = lw_mount_default_destination(type);
	if (!text || *text != '/')
		return NULL;
	key = strdup(text);
	if (key)
		lw_codec_clean_path(key);
	return key;
}

struct keyed_list {
	size_t n;
	char **key;
};

static void keyed_done(struct keyed_list *l)
{
	for (size_t i = 0; l->key && i < l->n; i++)
		free(l->key[i]);
	free(l->key);
}

static int keyed_fill(struct keyed_list *l, const struct lw_field *f, const json_t *list)
{
	l->n = json_array_size(list);
	l->key = calloc(l->n + 1, sizeof(*l->key));
	for (size_t i = 0; l->key && i < l->n; i++)
		l->key[i] = element_key(f, json_array_get(list, i));
	return l->key ? 0 : -ENOMEM;
}

/* An element of `over` takes the place of base's with the same key, else it is appended. Two of `over` with one key
 * both stay, for lw_spec_check to see. */
static json_t *merge_by_key(const struct lw_field *f, json_t *base, json_t *over)
{
	_cleanup_(keyed_done) struct keyed_list keys = { 0, NULL };
	json_t *list;

	if (!json_is_array(base) || !json_is_array(over))
		return json_incref(over);
	list = json_copy(base);
	/* Longer lists are refused by decoding: not worth a quadratic search. */
	if (json_array_size(base) > LW_MOUNTS_MAX || json_array_size(over) > LW_MOUNTS_MAX) {
		if (json_array_extend(list, over) < 0)
			goto nomem;
		return list;
	}
	if (keyed_fill(&keys, f, base) < 0)
		goto nomem;
	for (size_t i = 0; i < json_array_size(over); i++) {
		json_t *v = json_array_get(over, i);
		_cleanup_free_ char *key = element_key(f, v);
		size_t k = 0;
		while (k < keys.n && !(key && keys.key[k] && strcmp(key, keys.key[k]) == 0))
			k++;
		if (k == keys.n) {
			if (json_array_append(list, v) < 0)
				goto nomem;
			continue;
		}
		if (json_array_set(list, k, v) < 0)
			goto nomem;
		free(keys.key[k]);
		keys.key[k] = NULL; /* taken */
	}
	return list;
nomem:
	json_decref(list);
	return NULL;
}

/* `remove "/dev/snd"` among the mounts above also takes away a device below. */
static int remove_devices(json_t *base, const json_t *over)
{
	const struct lw_field *mounts = &lw_sandbox_schema.fields[LW_KEY_MOUNTS];
	const struct lw_field *devices = &lw_sandbox_schema.fields[LW_KEY_DEVICES];
	_cleanup_(keyed_done) struct keyed_list keys = { 0, NULL };
	json_t *list = json_object_get(over, mounts->key), *below = json_object_get(base, devices->key), *kept;

	if (!json_is_array(list) || !json_is_array(below) || json_array_size(list) > LW_MOUNTS_MAX ||
	    json_array_size(below) > LW_MOUNTS_MAX)
		return 0;
	kept = json_copy(below);
	if (!kept || keyed_fill(&keys, devices, below) < 0)
		goto nomem;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		const char *type = json_string_value(json_object_get(m, "type"));
		_cleanup_free_ char *gone = NULL;
		if (!type || strcmp(type, "remove") != 0)
			continue;
		gone = element_key(mounts, m);
		for (size_t k = keys.n; gone && k-- > 0;) {
			if (!keys.key[k] || strcmp(keys.key[k], gone) != 0)
				continue;
			json_array_remove(kept, k);
			free(keys.key[k]);
			memmove(&keys.key[k], &keys.key[k + 1], (--keys.n - k) * sizeof(*keys.key));
		}
	}
	return json_object_set_new_nocheck(base, devices->key, kept);
nomem:
	json_decref(kept);
	return -1;
}

/* Maps of strings: key by key; {"$unset": true} removes. */
static json_t *merge_map(const json_t *base, const json_t *over)
{
	json_t *map = json_is_object(base) ? json_copy((json_t *)base) : json_object();
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)over, key, v)
	{
		if (lw_codec_is_unset(v))
			json_object_del(map, key);
		else if (json_object_set_nocheck(map, key, v) < 0) {
			json_decref(map);
			return NULL;
		}
	}
	return map;
}

static json_t *merge_value(const struct lw_field *f, json_t *base, json_t *over)
{
	json_auto_t *table = NULL;

	if (f->combine)
		return f->combine(base, over);
	if (f->merge == LW_MERGE_BY_KEY)
		return merge_by_key(f, base, over);
	if (f->merge != LW_MERGE_MAP || !json_is_object(over))
		return json_incref(over);
	if (!f->rec)
		return merge_map(base, over);
	/* "host" below { readonly=false }: a scalar stands for the first key of its table. */
	if ((json_is_string(base) || json_is_number(base)) && f->kind == LW_K_CUSTOM)
		base = table = json_pack("{s:O}", f->rec->fields[0].key, base);
	return merge_record(f->rec, json_is_object(base) ? base : NULL, over);
}

static json_t *merge_record(const struct lw_schema *sc, const json_t *base, const json_t *over)
{
	json_t *res = base ? base_copy(sc, base) : json_object();
	const char *key;
	json_t *v;

	if (!res)
		return NULL;
	if (sc == &lw_sandbox_schema && base && remove_devices(res, over) < 0)
		goto nomem;
	json_object_foreach((json_t *)over, key, v)
	{
		const struct lw_field *f = lw_schema_field(sc, key);
		if (lw_codec_is_unset(v)) {
			json_object_del(res, key);
			continue;
		}
		json_t *merged = f ? merge_value(f, json_object_get(res, key), v) : json_incref(v);
		if (json_object_set_new_nocheck(res, key, merged) < 0)
			goto nomem;
	}
	return res;
nomem:
	json_decref(res);
	return NULL;
}

json_t *lw_spec_merge(const json_t *base, const json_t *over, struct lw_err *err)
{
	json_t *res;

	if ((base && !lw_codec_is_table(base)) || !over || !lw_codec_is_table(over)) {
		lw_codec_fail(err, "expected a table");
		return NULL;
	}
	res = merge_record(&lw_sandbox_schema, json_is_object(base) ? base : NULL, over);
	if (!res)
		lw_codec_nomem(err);
	return res;
}

/* --- values that may stand on the inherited one --- */

static bool is_inherited(const json_t *over)
{
	const char *word = json_string_value(json_object_get(over, "base"));
	return word && strcmp(word, "inherited") == 0;
}

/* The base becomes the value below, so that decoding meets one value and all operations on it. */
json_t *lw_combine_capabilities(json_t *base, json_t *over)
{
	json_t *below = json_object_get(base, "base"), *first = json_object_get(base, "ops");
	json_t *more = json_object_get(over, "ops"), *res;
	json_auto_t *ops = NULL;

	if (!base || !is_inherited(over))
		return json_incref(over);
	if (!below && !first)
		below = base; /* not operations itself */
	res = json_copy(over);
	ops = json_array();
	if ((json_is_array(first) && json_array_extend(ops, first) < 0) ||
	    (json_is_array(more) && json_array_extend(ops, more) < 0) ||
	    (below && json_object_set(res, "base", below) < 0) || json_object_set(res, "ops", ops) < 0) {
		json_decref(res);
		return NULL;
	}
	return res;
}

/* The base below and its rules come first. */
json_t *lw_combine_seccomp(json_t *base, json_t *over)
{
	json_t *below = json_is_string(base) ? base : json_object_get(base, "base");
	json_t *more = json_object_get(over, "rules"), *architectures = json_object_get(base, "architectures"), *res;
	json_auto_t *rules = NULL;

	if (!base || (!json_is_string(base) && !json_is_object(base)) || !is_inherited(over))
		return json_incref(over);
	res = json_copy(over);
	rules = list_with_origin(json_object_get(base, "rules"), json_object_get(base, "origin"));
	if (below && json_object_set(res, "base", below) < 0)
		goto nomem;
	if (json_is_array(rules)) {
		json_auto_t *all = json_copy(rules);
		if ((json_is_array(more) && json_array_extend(all, more) < 0) || json_object_set(res, "rules", all) < 0)
			goto nomem;
	}
	if (architectures && !json_object_get(over, "architectures") &&
	    json_object_set(res, "architectures", architectures) < 0)
		goto nomem;
	if (json_is_true(json_object_get(base, "log")) && !json_object_get(over, "log") &&
	    json_object_set_new(res, "log", json_true()) < 0)
		goto nomem;
	return res;
nomem:
	json_decref(res);
	return NULL;
}

/* Another question takes the place of the one below; how it is asked stays. */
json_t *lw_combine_health(json_t *base, json_t *over)
{
	static const char *const questions[] = { "tcp", "exec", "file" };
	json_auto_t *below = json_is_object(base) ? json_copy(base) : NULL;
	bool another = false;

	if (!json_is_object(over) || lw_codec_is_unset(over))
		return json_incref(over);
	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		another = another || json_object_get(over, questions[i]);
	for (size_t i = 0; i < ARRAY_LEN(questions) && another && below; i++)
		json_object_del(below, questions[i]);
	return merge_map(below, over);
}

/* Key by key; but a network of another kind takes nothing that said which the one below was, and one that is joined
 * takes nothing at all. */
json_t *lw_combine_network(json_t *base, json_t *over)
{
	json_auto_t *below = NULL;

	if (!json_is_object(base) || !json_is_object(over) || lw_network_joins(over))
		return json_incref(over);
	below = json_copy(base);
	if (below && lw_network_names_kind(over))
		lw_network_drop_kind(below);
	return below ? merge_record(&lw_network_schema, below, over) : NULL;
}
