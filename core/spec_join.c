/* spec_join.c: values that are a word or a namespace that exists already: namespaces.NAME and network, and how the two
 * agree about the network. Each reader has its writer beside it. What a path leads to is the launch's business. */
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

int lw_read_network(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	s->network_join.rec.origin = ((const struct lw_rec *)rec)->origin;
	return read_word_or_join(s, f, v, LW_NET_JOIN, &s->network, &s->network_join, err);
}

json_t *lw_write_network(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	return write_word_or_join(s, f->names, s->network, LW_NET_JOIN, &s->network_join,
				  ((const struct lw_rec *)rec)->origin);
}

/* `network` decides whether the net namespace is a new one; where only the namespace was said to be another's, that is
 * the network. What was written stays as it is, so that lw_spec_check can see a disagreement. */
void lw_network_decides(struct lw_spec *s)
{
	struct lw_namespaces *n = &s->namespaces;

	if (!lw_is_set(&n->rec, LW_NS_NET)) {
		n->mode[LW_NS_NET] = s->network == LW_NET_HOST   ? LW_NS_HOST
				     : s->network == LW_NET_JOIN ? LW_NS_JOIN
								 : LW_NS_NEW;
		n->join[LW_NS_NET] = s->network_join;
	} else if (!lw_is_set(&s->rec, LW_KEY_NETWORK) && n->mode[LW_NS_NET] == LW_NS_JOIN) {
		s->network = LW_NET_JOIN;
		s->network_join = n->join[LW_NS_NET];
	}
}
