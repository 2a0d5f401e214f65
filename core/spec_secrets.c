/* spec_secrets.c: secrets in a spec: names, and files that hold the values. A value itself is never in a spec, a plan
 * or any output: only the launch reads the file, and only the sandbox sees what is in it. */
#include <string.h>
#include "spec_codec.h"

#define SECRETS_MAX 64
#define NAME_MAX_LEN 63

static const struct lw_field secret_fields[] = {
	{ .key = "file",
	  .kind = LW_K_PATH,
	  .offset = offsetof(struct lw_secret, file),
	  .def = "none",
	  .help = "The file on the host that holds the secret, at most 1 MiB." },
};
static const struct lw_schema secret_schema = { .name = "secret",
						.size = sizeof(struct lw_secret),
						.fields = secret_fields,
						.n = sizeof secret_fields / sizeof *secret_fields };

static int check_name(const char *name, struct lw_err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t n = strlen(name);

	if (n && n <= NAME_MAX_LEN && name[0] != '.' && name[0] != '-' && strspn(name, letters) == n)
		return 0;
	lw_codec_fail(err, "not the name of a secret");
	lw_err_hint(err, "letters, digits, '_', '.' and '-', at most %d, not starting with '.' or '-'", NAME_MAX_LEN);
	return -EINVAL;
}

static int read_one(struct lw_spec *s, const char *name, const json_t *v, struct lw_secret *ret, struct lw_err *err)
{
	int r = check_name(name, err);

	if (r < 0)
		return r;
	ret->name = lw_arena_strdup(s->arena, name);
	if (!ret->name)
		return lw_codec_nomem(err);
	if (!json_is_object(v)) {
		lw_codec_fail(err, "expected { file = \"/path\" }, not %s", lw_codec_type(v));
		if (json_is_string(v))
			lw_err_hint(err, "a secret's value does not belong in a profile: name the file that holds it");
		return -EINVAL;
	}
	r = lw_codec_record(s, &secret_schema, v, ret, err);
	return r < 0 || ret->file ? r : lw_codec_fail(err, "a secret needs a file");
}

int lw_read_secrets(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_secrets *l = &((struct lw_spec *)rec)->secrets;
	const char *name;
	json_t *value;

	if (!lw_codec_is_table(v))
		return lw_codec_mismatch(f, v, err);
	if (json_object_size(v) > SECRETS_MAX)
		return lw_codec_fail(err, "%zu secrets; at most %d are allowed", json_object_size(v), SECRETS_MAX);
	l->v = lw_arena_array(s->arena, json_object_size(v), sizeof *l->v);
	if (!l->v)
		return lw_codec_nomem(err);
	json_object_foreach((json_t *)v, name, value)
	{
		struct lw_secret *one = &l->v[l->n];
		/* Where a layer's lines are stamped, and what takes an inherited one away. */
		if (strcmp(name, "origin") == 0 || json_is_false(value) || lw_codec_is_unset(value))
			continue;
		one->rec.origin = ((const struct lw_rec *)rec)->origin;
		int r = read_one(s, name, value, one, err);
		if (r < 0) {
			lw_codec_in(err, name);
			return r;
		}
		l->n++;
	}
	return 0;
}

json_t *lw_write_secrets(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_secrets *l = &((const struct lw_spec *)rec)->secrets;
	json_t *map = json_object();

	(void)f;
	for (size_t i = 0; map && i < l->n; i++) {
		json_t *one = lw_codec_write_record(s, &secret_schema, &l->v[i], ((const struct lw_rec *)rec)->origin);
		if (json_object_set_new_nocheck(map, l->v[i].name, one) < 0) {
			json_decref(map);
			map = NULL;
		}
	}
	return map;
}
