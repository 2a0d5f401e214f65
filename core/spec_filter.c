/* spec_filter.c: what may pass between a sandbox and the world, as a profile says it: `publish`, `egress` and `rate` of
 * `network`. Each reader has its writer beside it. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/ip.h"
#include "net/egress.h"
#include "spec_codec.h"

/* --- publish --- */

#define PUBLISH_FORM                                                                                                   \
	"\"8080\", \"8080:80\", \"127.0.0.1:8080:80/tcp\", \"8000-8010:9000-9010/udp\" or \"[::1]:8080:80\""

static json_t *wrong_publish(const char *text, const char *what, const char *hint, struct lw_err *err)
{
	lw_codec_fail(err, "%s: \"%.80s\"", what, text);
	lw_err_hint(err, "%s", hint);
	return NULL;
}

/* Cuts "ADDRESS:" off the front: what stands before the second colon from the end, or in brackets. NULL: none. */
static const char *cut_address(char **text)
{
	char *t = *text, *last, *end;
	if (*t == '[') {
		end = strchr(t, ']');
		if (!end || end[1] != ':')
			return "";
		*end = '\0';
		*text = end + 2;
		return t + 1;
	}
	last = strrchr(t, ':');
	if (!last)
		return NULL;
	*last = '\0';
	end = strrchr(t, ':');
	*last = ':';
	if (!end)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return t;
}

json_t *lw_publish_from_text(const char *text, struct lw_err *err)
{
	char copy[160], *rest = copy;
	uint16_t host, host_last, port, port_last;
	int protocol = IPPROTO_TCP;
	struct lw_ip ip;

	if (strlen(text) >= sizeof copy)
		return wrong_publish(text, "too long for a published port", PUBLISH_FORM, err);
	strcpy(copy, text);
	char *slash = strrchr(copy, '/');
	if (slash) {
		protocol = lw_protocol_parse(slash + 1, false, err);
		if (protocol < 0)
			return NULL;
		*slash = '\0';
	}
	const char *address = cut_address(&rest);
	if (address && lw_ip_parse(address, &ip) < 0)
		return wrong_publish(text, "not an address of the host", PUBLISH_FORM, err);
	if (address && strchr(address, '/'))
		return wrong_publish(text, "an address, not a subnet", PUBLISH_FORM, err);
	char *colon = strchr(rest, ':');
	if (colon)
		*colon = '\0';
	if (colon && !*rest)
		return wrong_publish(text, "no port of the host", "lunward chooses none: " PUBLISH_FORM, err);
	if (lw_ports_parse(rest, &host, &host_last) < 0 ||
	    lw_ports_parse(colon ? colon + 1 : rest, &port, &port_last) < 0)
		return wrong_publish(text, "not a port or a range of ports", PUBLISH_FORM, err);
	if (host_last - host != port_last - port)
		return wrong_publish(text, "ranges that are not of one length", PUBLISH_FORM, err);
	json_t *o = json_pack("{s:i, s:i}", "host", host, "port", port);
	if (o && address)
		json_object_set_new(o, "address", json_string(address));
	if (o && host_last > host)
		json_object_set_new(o, "count", json_integer(host_last - host + 1));
	if (o && slash)
		json_object_set_new(o, "protocol", json_string(lw_protocol_name(protocol)));
	if (!o)
		lw_codec_nomem(err);
	return o;
}

int lw_publish_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_publish *p = rec;

	(void)s;
	if (!p->host && !p->port) {
		lw_codec_fail(err, "a published port without a port");
		lw_err_hint(err, "%s, or { host = 8080, port = 80 }", PUBLISH_FORM);
		return -EINVAL;
	}
	if (!p->host)
		p->host = p->port;
	if (!p->port)
		p->port = p->host;
	if (p->host + p->count - 1 > 65535 || p->port + p->count - 1 > 65535)
		return lw_codec_fail(err, "so many ports that they go past 65535");
	return 0;
}

/* Two that the same packet would be for. */
static bool collide(const struct lw_publish *a, const struct lw_publish *b)
{
	return a->protocol == b->protocol && a->host < b->host + b->count && b->host < a->host + a->count &&
	       (!a->address || !b->address || strcmp(a->address, b->address) == 0);
}

int lw_publishes_check(const struct lw_publishes *l, struct lw_err *err)
{
	int64_t ports = 0;
	for (size_t i = 0; i < l->n; i++) {
		ports += l->v[i].count;
		for (size_t k = 0; k < i; k++)
			if (collide(&l->v[i], &l->v[k])) {
				lw_codec_fail(err, "port %lld of the host is published before",
					      (long long)(l->v[i].host > l->v[k].host ? l->v[i].host : l->v[k].host));
				goto at;
			}
		if (ports <= LW_PUBLISH_MAX)
			continue;
		lw_codec_fail(err, "more than %d ports in all", LW_PUBLISH_MAX);
	at:
		lw_err_at(err, l->v[i].rec.origin);
		lw_codec_at_index(err, i);
		lw_codec_in(err, "publish");
		return -EINVAL;
	}
	return 0;
}

/* --- egress --- */

static const struct lw_name egress_words[] = { { "allow", LW_EGRESS_ALLOW }, { "deny", LW_EGRESS_DENY } };
const struct lw_names lw_egress_table = { egress_words, ARRAY_LEN(egress_words), NULL };

static int read_egress_rules(struct lw_spec *s, const struct lw_field *f, const json_t *v, struct lw_egress *e,
			     struct lw_err *err)
{
	char text[LW_EGRESS_TEXT_MAX];
	struct lw_egress_rule rule;
	int r = lw_codec_strlist(s, f, v, &e->rules, err);

	e->mode = LW_EGRESS_LIST;
	for (size_t i = 0; i < e->rules.n && r >= 0; i++) {
		r = lw_egress_parse(e->rules.v[i], &rule, err);
		if (r < 0)
			lw_codec_at_index(err, i);
		else if (!(e->rules.v[i] = lw_arena_strdup(s->arena, lw_egress_format(&rule, text))))
			r = lw_codec_nomem(err);
	}
	return r;
}

int lw_read_egress(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_egress *e = &((struct lw_network *)rec)->egress;

	*e = (struct lw_egress){ 0 };
	e->rec.origin = ((const struct lw_rec *)rec)->origin;
	if (!json_is_string(v))
		return lw_codec_is_list(v) ? read_egress_rules(s, f, v, e, err) : lw_codec_mismatch(f, v, err);
	const char *word = json_string_value(v);
	int r = lw_codec_enum(f, v, &e->mode, err);
	if (r < 0 && lw_egress_parse(word, &(struct lw_egress_rule){ 0 }, NULL) >= 0 && strpbrk(word, ".:/"))
		lw_err_hint(err, "a list: egress = { \"%.80s\" }", word);
	return r;
}

json_t *lw_write_egress(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_egress *e = &((const struct lw_network *)rec)->egress;

	(void)s;
	if (e->mode == LW_EGRESS_LIST)
		return lw_codec_write_strlist(&e->rules);
	return json_string(lw_names_name(f->names, e->mode));
}

/* --- rate --- */

static const struct {
	const char *unit;
	int64_t bits;
} rate_units[] = {
	{ "tbit", 1000000000000 }, { "gbit", 1000000000 }, { "mbit", 1000000 }, { "kbit", 1000 }, { "bit", 1 }
};
#define RATE_MIN 8000 /* a packet each two seconds; less is a forgotten unit */
#define RATE_FORM "\"10mbit\": a number and bit, kbit, mbit, gbit or tbit, each 1000 of the one before"

static int64_t *rate_at(const struct lw_field *f, const void *rec)
{
	return (int64_t *)((uintptr_t)rec + f->offset);
}

int lw_read_rate(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	const char *text;
	int64_t n;

	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	int r = lw_codec_string(s, v, &text, err);
	if (r < 0)
		return r;
	size_t digits = strspn(text, "0123456789");
	char head[16];
	snprintf(head, sizeof head, "%.*s", (int)digits, text);
	for (size_t i = 0; i < ARRAY_LEN(rate_units); i++) {
		if (!digits || digits > 12 || !lw_case_equal(text + digits, rate_units[i].unit) ||
		    lw_parse_i64(head, &n) < 0)
			continue;
		if (__builtin_mul_overflow(n, rate_units[i].bits, &n) || n < RATE_MIN || n > 8 * rate_units[0].bits)
			return lw_codec_fail(err, "out of range: rates are \"8kbit\" to \"8tbit\"");
		*rate_at(f, rec) = n;
		return 0;
	}
	lw_codec_fail(err, "not a rate: \"%.40s\"", text);
	lw_err_hint(err, "%s", RATE_FORM);
	return -EINVAL;
}

json_t *lw_write_rate(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	int64_t n = *rate_at(f, rec);
	size_t i = 0;
	char buf[40];

	(void)s;
	if (!n)
		return json_null();
	while (n % rate_units[i].bits)
		i++;
	snprintf(buf, sizeof buf, "%lld%s", (long long)(n / rate_units[i].bits), rate_units[i].unit);
	return json_string(buf);
}
