/* spec_encode.c: from struct lw_spec to its canonical JSON, by the rows of the schema: rows in table order, only the
 * keys the user set, an origin where it differs from the enclosing record's. spec_decode.c reads it back to the same
 * spec, byte for byte. */
#include <stdio.h>
#include <string.h>
#include "spec_codec.h"

bool lw_codec_same_origin(struct lw_origin a, struct lw_origin b)
{
	if (!a.file || !b.file)
		return a.file == b.file;
	return a.line == b.line && strcmp(a.file, b.file) == 0;
}

/* Bytes that are not UTF-8 (a path, an argument) stay what they are; whoever dumps them as text hears of it then. */
json_t *lw_codec_write_string(const char *v)
{
	json_t *j = json_string(v);
	return j ? j : json_string_nocheck(v);
}

json_t *lw_codec_write_strlist(const struct lw_strlist *l)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < l->n; i++) {
		if (json_array_append_new(list, lw_codec_write_string(l->v[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *write_pairs(const struct lw_pairs *l)
{
	json_t *map = json_object();

	for (size_t i = 0; map && i < l->n; i++) {
		const char *value = l->v[i].value;
		if (json_object_set_new_nocheck(map, l->v[i].key, value ? lw_codec_write_string(value) : json_false()) <
		    0) {
			json_decref(map);
			map = NULL;
		}
	}
	return map;
}

static json_t *write_reclist(const struct lw_spec *s, const struct lw_field *f, const void *at, struct lw_origin outer)
{
	struct {
		size_t n;
		const char *v;
	} l;
	json_t *list = json_array();

	memcpy(&l, at, sizeof(l));
	for (size_t i = 0; list && i < l.n; i++) {
		json_t *entry = lw_codec_write_record(s, f->rec, l.v + i * f->rec->size, outer);
		if (json_array_append_new(list, entry) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *write_enum(const struct lw_field *f, int value)
{
	const char *word = lw_names_name(f->names, value);

	if (!word)
		return NULL;
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		return json_boolean(*word == 't');
	return json_string(word);
}

static json_t *write_number(const struct lw_field *f, int64_t n)
{
	char buf[64];

	switch (f->kind) {
	case LW_K_DURATION:
		return json_string(lw_format_duration(n, buf, sizeof(buf)));
	case LW_K_MODE:
		snprintf(buf, sizeof(buf), "%04llo", (unsigned long long)n);
		return json_string(buf);
	case LW_K_CPUS:
		return n % 1000 ? json_real((double)n / 1000) : json_integer(n / 1000);
	default:
		return json_integer(n);
	}
}

json_t *lw_field_to_json(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const void *at = (const char *)rec + f->offset;
	struct lw_origin outer = ((const struct lw_rec *)rec)->origin;

	switch (f->kind) {
	case LW_K_STRING:
	case LW_K_PATH:
		return lw_codec_write_string(*(const char *const *)at);
	case LW_K_BOOL:
		return json_boolean(*(const bool *)at);
	case LW_K_INT:
	case LW_K_SIZE:
	case LW_K_DURATION:
	case LW_K_MODE:
	case LW_K_CPUS:
		return write_number(f, *(const int64_t *)at);
	case LW_K_ENUM:
		return write_enum(f, *(const int *)at);
	case LW_K_STRLIST:
	case LW_K_PATHLIST:
		return lw_codec_write_strlist(at);
	case LW_K_PAIRS:
		return write_pairs(at);
	case LW_K_RECORD:
		return lw_codec_write_record(s, f->rec, at, outer);
	case LW_K_RECLIST:
		return write_reclist(s, f, at, outer);
	case LW_K_CUSTOM:
		return f->write(s, f, rec);
	}
	return NULL;
}

static json_t *write_origin(struct lw_origin o)
{
	json_t *j = json_sprintf("%s:%u", o.file, (unsigned)o.line);
	return j;
}

json_t *lw_codec_write_record(const struct lw_spec *s, const struct lw_schema *sc, const void *rec,
			      struct lw_origin outer)
{
	const struct lw_rec *head = rec;
	json_t *o = json_object();

	if (!o)
		return NULL;
	if (head->origin.file && !lw_codec_same_origin(head->origin, outer) &&
	    json_object_set_new_nocheck(o, "origin", write_origin(head->origin)) < 0)
		goto nomem;
	for (size_t i = 0; i < sc->n; i++) {
		if (!lw_is_set(head, (unsigned)i))
			continue;
		if (json_object_set_new_nocheck(o, sc->fields[i].key, lw_field_to_json(s, &sc->fields[i], rec)) < 0)
			goto nomem;
	}
	return o;
nomem:
	json_decref(o);
	return NULL;
}

json_t *lw_spec_to_json(const struct lw_spec *s)
{
	return lw_codec_write_record(s, &lw_sandbox_schema, s, (struct lw_origin){ NULL, 0 });
}
