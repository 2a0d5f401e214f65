/* spec_network.c: `network` in a spec: a word, or a table (schema_network.c) whose keys say of what kind it is. Each
 * reader has its writer beside it. What is on the host under these names is the launch's business. */
#include <string.h>
#include "base/cleanup.h"
#include "base/ip.h"
#include "spec_codec.h"

#define INTERFACE_MAX 15

/* The keys that say of what kind a network is; at most one of them is written. */
static const struct {
	enum lw_network_key key;
	enum lw_network_kind kind;
} kind_keys[] = {
	{ LW_NETWORK_KEY_PATH, LW_NET_JOIN },     { LW_NETWORK_KEY_SANDBOX, LW_NET_JOIN },
	{ LW_NETWORK_KEY_BRIDGE, LW_NET_BRIDGE }, { LW_NETWORK_KEY_MACVLAN, LW_NET_MACVLAN },
	{ LW_NETWORK_KEY_MOVE, LW_NET_MOVE },
};

/* --- words --- */

/* Words that mean something else here, to other tools or to the kernel, with what to write. */
static const struct lw_pair reserved_names[] = {
	{ "none", "network = \"none\"" },
	{ "host", "network = \"host\"" },
	{ "bridge", "a name of your own; \"" LW_NETWORK_DEFAULT "\" is the usual one" },
	{ "container", "sandbox:NAME, or network = { sandbox = \"NAME\" }" },
	{ "sandbox", "sandbox:NAME, or network = { sandbox = \"NAME\" }" },
	{ "auto", "a name of your own" },
	{ "all", "a name of your own" },
	{ "default", "a name of your own" },
	{ "lo", "a name of your own" },
};

/* Its bridge and its file are named after it. */
int lw_check_network_name(const char *v, struct lw_err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved_names); i++)
		if (strcmp(v, reserved_names[i].key) == 0) {
			lw_codec_fail(err, "\"%s\" is no name for a network", v);
			lw_err_hint(err, "write %s", reserved_names[i].value);
			return -EINVAL;
		}
	return lw_check_name(v, err);
}

/* What the kernel takes (dev_valid_name), less what would have to be quoted. */
int lw_check_interface(const char *v, struct lw_err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t n = strlen(v);

	if (n > INTERFACE_MAX)
		return lw_codec_fail(err, "\"%.40s\" is too long for an interface: at most %d bytes", v, INTERFACE_MAX);
	if (n && strspn(v, letters) == n && strcmp(v, ".") && strcmp(v, "..") && v[0] != '-')
		return 0;
	lw_codec_fail(err, "not the name of an interface: \"%.40s\"", v);
	lw_err_hint(err, "letters, digits, '_', '.' and '-', at most %d", INTERFACE_MAX);
	return -EINVAL;
}

int lw_check_mac(const char *v, struct lw_err *err)
{
	uint8_t mac[6];

	if (lw_mac_parse(v, mac) >= 0)
		return 0;
	lw_codec_fail(err, "not the MAC address of an interface: \"%.40s\"", v);
	lw_err_hint(err, "six hexadecimal pairs, \"02:42:0a:58:00:05\"; the first one is even");
	return -EINVAL;
}

int lw_check_address(const char *v, struct lw_err *err)
{
	struct lw_ip ip;

	if (lw_ip_parse(v, &ip) >= 0 && !strchr(v, '/'))
		return 0;
	lw_codec_fail(err, "not an address: \"%.80s\"", v);
	lw_err_hint(err, "a literal one, \"10.88.0.5\" or \"fd00::5\"");
	return -EINVAL;
}

/* An interface's: with a prefix or without. */
static int check_own_address(const char *v, struct lw_err *err)
{
	struct lw_ip ip;

	if (lw_ip_parse(v, &ip) < 0) {
		lw_codec_fail(err, "not an address: \"%.80s\"", v);
		lw_err_hint(err, "\"auto\", \"10.88.0.5/24\" or \"fd00::5/64\"");
		return -EINVAL;
	}
	if (strchr(v, '/') && lw_ip_is_subnet(&ip) && ip.prefix < lw_ip_width(ip.family) - 1)
		return lw_codec_fail(err, "\"%.80s\" is a subnet, not an address in it", v);
	return 0;
}

/* --- address, gateway --- */

static int read_addresses(struct lw_spec *s, const struct lw_field *f, const json_t *v, struct lw_strlist *ret,
			  struct lw_err *err)
{
	struct lw_ip first, second;
	int r = lw_codec_strlist(s, f, v, ret, err);

	for (size_t i = 0; i < ret->n && r >= 0; i++)
		if ((r = check_own_address(ret->v[i], err)) < 0)
			lw_codec_at_index(err, i);
	if (r < 0 || ret->n < 2)
		return r;
	if (ret->n > 2 ||
	    (lw_ip_parse(ret->v[0], &first), lw_ip_parse(ret->v[1], &second), first.family == second.family))
		return lw_codec_fail(err, "more than one address of a family");
	return 0;
}

int lw_read_network_address(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_strlist *l = &((struct lw_network *)rec)->addresses;
	json_auto_t *one = NULL;

	*l = (struct lw_strlist){ 0 };
	if (json_is_string(v) && strcmp(json_string_value(v), "auto") == 0)
		return 0;
	if (json_is_string(v))
		v = one = json_pack("[O]", v);
	if (!v || !lw_codec_is_list(v))
		return v ? lw_codec_mismatch(f, v, err) : lw_codec_nomem(err);
	return read_addresses(s, f, v, l, err);
}

json_t *lw_write_network_address(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_strlist *l = &((const struct lw_network *)rec)->addresses;

	(void)s, (void)f;
	if (!l->n)
		return json_string("auto");
	return l->n == 1 ? lw_codec_write_string(l->v[0]) : lw_codec_write_strlist(l);
}

int lw_read_network_gateway(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_network *n = rec;
	const char *text;

	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	int r = lw_codec_string(s, v, &text, err);
	if (r < 0)
		return r;
	n->gateway = strcmp(text, "auto") == 0 ? NULL : strcmp(text, "none") == 0 ? "" : text;
	return n->gateway && *n->gateway ? lw_check_address(text, err) : 0;
}

json_t *lw_write_network_gateway(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const char *gateway = ((const struct lw_network *)rec)->gateway;

	(void)s, (void)f;
	return json_string(!gateway ? "auto" : *gateway ? gateway : "none");
}

/* --- the table --- */

static int one_kind(struct lw_network *n, struct lw_err *err)
{
	const char *first = NULL;

	n->kind = LW_NET_BRIDGE;
	for (size_t i = 0; i < ARRAY_LEN(kind_keys); i++) {
		const char *key = lw_network_schema.fields[kind_keys[i].key].key;
		if (!lw_is_set(&n->rec, kind_keys[i].key))
			continue;
		if (first) {
			lw_codec_fail(err, "a %s and a %s: which?", first, key);
			lw_codec_in(err, key);
			return -EINVAL;
		}
		first = key;
		n->kind = kind_keys[i].kind;
	}
	return 0;
}

/* What is made with the interface means nothing where there is one already. */
static int only_with_a_link(const struct lw_network *n, struct lw_err *err)
{
	for (unsigned i = LW_NETWORK_KEY_ADDRESS; i < LW_NETWORK_KEY_COUNT; i++) {
		bool files = i == LW_NETWORK_KEY_DNS || i == LW_NETWORK_KEY_HOSTS;
		if (n->kind != LW_NET_JOIN || files || !lw_is_set(&n->rec, i))
			continue;
		lw_codec_fail(err, "means nothing for a network that is joined");
		lw_err_hint(err, "write it where that network is made");
		lw_codec_in(err, lw_network_schema.fields[i].key);
		return -EINVAL;
	}
	if (n->kind == LW_NET_MOVE && lw_is_set(&n->rec, LW_NETWORK_KEY_MAC)) {
		lw_codec_fail(err, "an interface that is moved keeps its own");
		lw_codec_in(err, "mac");
		return -EINVAL;
	}
	static const enum lw_network_key bridged[] = { LW_NETWORK_KEY_ISOLATE, LW_NETWORK_KEY_PUBLISH,
						       LW_NETWORK_KEY_EGRESS, LW_NETWORK_KEY_RATE };
	for (size_t i = 0; i < ARRAY_LEN(bridged); i++) {
		if (n->kind == LW_NET_BRIDGE || !lw_is_set(&n->rec, bridged[i]))
			continue;
		lw_codec_fail(err, "needs a bridge");
		lw_codec_in(err, lw_network_schema.fields[bridged[i]].key);
		return -EINVAL;
	}
	return 0;
}

static int hosts_have_addresses(const struct lw_network *n, struct lw_err *err)
{
	for (size_t i = 0; i < n->hosts.n; i++)
		if (n->hosts.v[i].value && lw_check_address(n->hosts.v[i].value, err) < 0) {
			lw_codec_in(err, n->hosts.v[i].key);
			lw_codec_in(err, "hosts");
			return -EINVAL;
		}
	return 0;
}

int lw_network_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_network *n = rec;
	int r = one_kind(n, err);

	(void)s;
	n->join.rec.origin = n->rec.origin;
	if (r >= 0)
		r = only_with_a_link(n, err);
	if (r >= 0)
		r = hosts_have_addresses(n, err);
	if (r >= 0)
		r = lw_publishes_check(&n->publish, err);
	if (r >= 0 && n->kind == LW_NET_BRIDGE && !n->bridge)
		n->bridge = LW_NETWORK_DEFAULT;
	return r;
}

/* "bridge:web" and "sandbox:db", as the command line has them. */
static json_t *table_of(const char *text)
{
	static const char *const heads[] = { "bridge", "sandbox" };
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		size_t n = strlen(heads[i]);
		if (strncmp(text, heads[i], n) == 0 && text[n] == ':')
			return json_pack("{s:s}", heads[i], text + n + 1);
	}
	return NULL;
}

int lw_read_network(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_network *n = &s->network;
	json_auto_t *made = NULL;

	n->rec.origin = ((const struct lw_rec *)rec)->origin;
	if (json_is_string(v) && (made = table_of(json_string_value(v))))
		v = made;
	if (json_is_string(v)) {
		int r = lw_codec_enum(f, v, &n->kind, err);
		if (r < 0 && err && !strncmp(err->msg, "expected", 8) && lw_check_name(json_string_value(v), NULL) >= 0)
			lw_err_hint(err, "a network of that name is { bridge = \"%.63s\" }", json_string_value(v));
		return r;
	}
	return json_is_object(v) ? lw_codec_record(s, &lw_network_schema, v, n, err) : lw_codec_mismatch(f, v, err);
}

json_t *lw_write_network(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	if (s->network.kind < LW_NET_JOIN)
		return json_string(lw_names_name(f->names, s->network.kind));
	return lw_codec_write_record(s, &lw_network_schema, &s->network, ((const struct lw_rec *)rec)->origin);
}

/* --- with the layer below --- */

bool lw_network_joins(const json_t *raw)
{
	return json_object_get(raw, "path") || json_object_get(raw, "sandbox");
}

void lw_network_drop_kind(json_t *raw)
{
	for (size_t i = 0; i < ARRAY_LEN(kind_keys); i++)
		json_object_del(raw, lw_network_schema.fields[kind_keys[i].key].key);
}

bool lw_network_names_kind(const json_t *raw)
{
	for (size_t i = 0; i < ARRAY_LEN(kind_keys); i++)
		if (json_object_get(raw, lw_network_schema.fields[kind_keys[i].key].key))
			return true;
	return false;
}

/* `network` decides whether the net namespace is a new one; where only the namespace was said to be another's, that is
 * the network. What was written stays as it is, so that lw_spec_check can see a disagreement. */
void lw_network_decides(struct lw_spec *s)
{
	struct lw_namespaces *n = &s->namespaces;
	int kind = s->network.kind;

	if (!lw_is_set(&n->rec, LW_NS_NET)) {
		n->mode[LW_NS_NET] = kind == LW_NET_HOST ? LW_NS_HOST : kind == LW_NET_JOIN ? LW_NS_JOIN : LW_NS_NEW;
		n->join[LW_NS_NET] = s->network.join;
	} else if (!lw_is_set(&s->rec, LW_KEY_NETWORK) && n->mode[LW_NS_NET] == LW_NS_JOIN) {
		s->network.kind = LW_NET_JOIN;
		s->network.join = n->join[LW_NS_NET];
		s->network.rec.set = UINT64_C(1)
				     << (s->network.join.path ? LW_NETWORK_KEY_PATH : LW_NETWORK_KEY_SANDBOX);
	}
}
