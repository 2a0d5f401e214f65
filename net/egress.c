/* egress.c: see egress.h. */
#include "net/egress.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"

static const struct lw_name protocols[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP } };
static const struct lw_names protocol_table = { protocols, ARRAY_LEN(protocols), NULL };

const char *lw_protocol_name(int protocol)
{
	return lw_names_name(&protocol_table, protocol);
}

int lw_protocol_parse(const char *text, bool icmp, struct lw_err *err)
{
	struct lw_names known = protocol_table;
	known.n -= icmp ? 0 : 1;
	int64_t v = lw_names_value(&known, text);
	if (v >= 0)
		return (int)v;
	const char *near = lw_names_nearest(&known, text);
	if (near)
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "unknown protocol \"%.40s\" (did you mean \"%s\"?)", text,
			   near);
	else
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "unknown protocol \"%.40s\": tcp%s", text,
			   icmp ? ", udp or icmp" : " or udp");
	return -EINVAL;
}

static int port(const char *s, size_t n, uint16_t *ret)
{
	unsigned v = 0;
	if (n == 0 || n > 5 || s[0] == '0')
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	*ret = (uint16_t)v;
	return v <= 65535 ? 0 : -EINVAL;
}

int lw_ports_parse(const char *text, uint16_t *ret_first, uint16_t *ret_last)
{
	const char *dash = strchr(text, '-');
	uint16_t first, last;
	if (port(text, dash ? (size_t)(dash - text) : strlen(text), &first) < 0)
		return -EINVAL;
	last = first;
	if (dash && (port(dash + 1, strlen(dash + 1), &last) < 0 || last < first))
		return -EINVAL;
	*ret_first = first;
	*ret_last = last;
	return 0;
}

int lw_dns_name_normalise(const char *text, char ret[static LW_DNS_NAME_MAX + 1])
{
	size_t n = strlen(text), label = 0;
	if (n && text[n - 1] == '.')
		n--;
	if (n == 0 || n > LW_DNS_NAME_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c == '.' ? label == 0
			     : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c == '-' && label)))
			return -EINVAL;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return -EINVAL;
		ret[i] = c;
	}
	ret[n] = '\0';
	return label ? 0 : -EINVAL;
}

bool lw_egress_names(const struct lw_egress_rule *r, const char *name)
{
	size_t n = strlen(name), suffix = strlen(r->name);
	if (r->to.family)
		return false;
	if (!r->below)
		return strcmp(name, r->name) == 0;
	return n > suffix + 1 && name[n - suffix - 1] == '.' && strcmp(name + n - suffix, r->name) == 0;
}

bool lw_egress_same_ports(const struct lw_egress_rule *a, const struct lw_egress_rule *b)
{
	return a->first == b->first && a->last == b->last && a->protocol == b->protocol;
}

static int wrong(struct lw_err *err, const char *text, const char *what, const char *hint)
{
	lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: \"%.80s\"", what, text);
	lw_err_hint(err, "%s", hint);
	return -EINVAL;
}
#define FORM "\"10.0.0.0/8:443/tcp\", \"[2001:db8::/32]:443\", \"example.org:443\" or \"*.example.org\""

/* An address or subnet. */
static int read_subnet(const char *text, const char *where, struct lw_egress_rule *r, struct lw_err *err)
{
	char buf[LW_IP_MAX];
	if (lw_ip_parse(where, &r->to) < 0)
		return wrong(err, text, "not an address", FORM);
	if (lw_ip_is_subnet(&r->to))
		return 0;
	struct lw_ip subnet = lw_ip_subnet(&r->to);
	lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "\"%.60s\" has bits behind its prefix (did you mean \"%s\"?)", where,
		   lw_ip_format(&subnet, buf));
	return -EINVAL;
}

static int read_name(const char *text, const char *where, struct lw_egress_rule *r, struct lw_err *err)
{
	if (!strcmp(where, "*") || !strcmp(where, "*."))
		return wrong(err, text, "every name there is", "egress = \"allow\"");
	r->below = where[0] == '*' && where[1] == '.';
	if (r->below)
		where += 2;
	if (strchr(where, '*'))
		return wrong(err, text, "'*' stands alone in front", "\"*.example.org\" is every name below it");
	if (lw_dns_name_normalise(where, r->name) < 0)
		return wrong(err, text, "neither an address nor a name", FORM);
	const char *last = strrchr(r->name, '.');
	last = last ? last + 1 : r->name;
	if (last[strspn(last, "0123456789")] == '\0')
		return wrong(err, text, "neither an address nor a name", FORM);
	return 0;
}

/* Cuts "/PROTO" off the end: a prefix is digits. */
static int cut_protocol(char *text, struct lw_egress_rule *r, struct lw_err *err)
{
	char *slash = strrchr(text, '/');
	if (!slash || (slash[1] >= '0' && slash[1] <= '9'))
		return 0;
	int v = lw_protocol_parse(slash + 1, true, err);
	if (v < 0)
		return v;
	r->protocol = (uint8_t)v;
	*slash = '\0';
	return 0;
}

/* Where the port begins, without its colon, or NULL; brackets are taken off. */
static char *cut_port(char **where)
{
	char *text = *where, *end, *colon;
	if (text[0] == '[' && (end = strchr(text, ']')) && (end[1] == ':' || end[1] == '\0')) {
		char *ret = end[1] ? end + 2 : NULL;
		*end = '\0';
		*where = text + 1;
		return ret;
	}
	colon = strchr(text, ':');
	if (!colon || strchr(colon + 1, ':')) /* IPv6 without brackets has no port */
		return NULL;
	*colon = '\0';
	return colon + 1;
}

int lw_egress_parse(const char *text, struct lw_egress_rule *ret, struct lw_err *err)
{
	char copy[LW_EGRESS_TEXT_MAX], *where = copy;
	struct lw_egress_rule r = { 0 };
	size_t n = strlen(text);

	if (n >= sizeof copy)
		return wrong(err, text, "too long for an address or a name", FORM);
	if (strstr(text, "://"))
		return wrong(err, text, "an address of the web", "the host and the port alone: \"example.org:443\"");
	memcpy(copy, text, n + 1);
	if (cut_protocol(copy, &r, err) < 0)
		return -EINVAL;
	bool bracket = copy[0] == '[';
	const char *ports = cut_port(&where);
	if (ports && lw_ports_parse(ports, &r.first, &r.last) < 0)
		return wrong(err, text, "not a port or a range of ports", FORM);
	if (ports && r.protocol == IPPROTO_ICMP)
		return wrong(err, text, "icmp has no ports", "\"10.0.0.0/8/icmp\"");
	bool literal = bracket || strchr(where, '/') || strchr(where, ':') ||
		       (*where && where[strspn(where, "0123456789.")] == '\0');
	int v = literal ? read_subnet(text, where, &r, err) : read_name(text, where, &r, err);
	if (v < 0)
		return v;
	*ret = r;
	return 0;
}

char *lw_egress_format(const struct lw_egress_rule *r, char buf[static LW_EGRESS_TEXT_MAX])
{
	char ip[LW_IP_MAX], ports[16] = "", proto[8] = "";
	bool bracket = r->to.family == AF_INET6 && r->first;
	if (r->first && r->first == r->last)
		snprintf(ports, sizeof ports, ":%u", r->first);
	else if (r->first)
		snprintf(ports, sizeof ports, ":%u-%u", r->first, r->last);
	if (r->protocol)
		snprintf(proto, sizeof proto, "/%s", lw_protocol_name(r->protocol));
	snprintf(buf, LW_EGRESS_TEXT_MAX, "%s%s%s%s%s",
		 bracket    ? "["
		 : r->below ? "*."
			    : "",
		 r->to.family ? lw_ip_format(&r->to, ip) : r->name, bracket ? "]" : "", ports, proto);
	return buf;
}
