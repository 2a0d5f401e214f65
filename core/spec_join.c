/* spec_join.c: namespaces.NAME, which is a word or a namespace that exists already, and its writer. What a path leads
 * to is the launch's business. */
#include <string.h>
#include "base/cleanup.h"
#include "spec_codec.h"

/* The word's number, or a record with a path: then `joined`. */
static int read_word_or_join(struct lw_spec *s, const struct lw_field *f, const json_t *v, int joined, int *ret,
			     struct lw_join *join, struct lw_err *err)
{
	int r;

	if (!json_is_object(v))
		return json_is_string(v) ? lw_codec_enum(f, v, ret, err) : lw_codec_mismatch(f, v, err);
	r = lw_codec_record(s, &lw_join_schema, v, join, err);
	if (r < 0)
		return r;
	if (!join->path == !join->sandbox) {
		lw_codec_fail(err, join->path ? "a path and a sandbox: which?" : "needs a path or a sandbox");
		lw_err_hint(err, "write { path = \"/proc/PID/ns/NAME\" }, or { sandbox = \"NAME\" }");
		return -EINVAL;
	}
	*ret = joined;
	return 0;
}

static json_t *write_word_or_join(const struct lw_spec *s, const struct lw_names *words, int value, int joined,
				  const struct lw_join *join, struct lw_origin outer)
{
	return value == joined ? lw_codec_write_record(s, &lw_join_schema, join, outer)
			       : json_string(lw_names_name(words, value));
}

int lw_read_namespace(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_namespaces *n = rec;
	size_t ns = (size_t)(f - lw_namespaces_schema.fields);

	n->join[ns].rec.origin = n->rec.origin;
	return read_word_or_join(s, f, v, LW_NS_JOIN, &n->mode[ns], &n->join[ns], err);
}

json_t *lw_write_namespace(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_namespaces *n = rec;
	size_t ns = (size_t)(f - lw_namespaces_schema.fields);

	return write_word_or_join(s, f->names, n->mode[ns], LW_NS_JOIN, &n->join[ns], n->rec.origin);
}
