/* nft.c: the text of the transactions (nft.h); nft_run.c runs them. libnftables-json(5) has the words. Names that are
 * put in come from lunward itself (ids, interfaces, tables) and hold no quotes. */
#include "net/nft.h"
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "base/sha256.h"

#define INET "inet"
#define BRIDGE "bridge"
/* How long after what came in an answer may leave a sandbox that may not speak first. */
#define REPLY_TCP "3600"
#define REPLY_UDP "180"
#define REPLY_PING "30"
#define REPLY_MAX "16384"
/* Addresses that names led to, at once: whoever answers for a name below "*.example.org" has ever new ones. */
#define NAMES_MAX "4096"

/* --- words of rules --- */
#define MATCH(op, left, right) "{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}}"
#define PAYLOAD(protocol, field) "{\"payload\":{\"protocol\":\"" protocol "\",\"field\":\"" field "\"}}"
#define RAW(offset, len) "{\"payload\":{\"base\":\"th\",\"offset\":" offset ",\"len\":" len "}}"
#define META(key) "{\"meta\":{\"key\":\"" key "\"}}"
#define CT(key) "{\"ct\":{\"key\":\"" key "\"}}"
#define STR(s) "\"" s "\""
#define PREFIX(addr, len) "{\"prefix\":{\"addr\":\"" addr "\",\"len\":" len "}}"
/* The bridge group addresses, IEEE 802.1D, table 7-10. */
#define GROUP(op) MATCH(op, PAYLOAD("ether", "daddr"), "{\"range\":[\"01:80:c2:00:00:00\",\"01:80:c2:00:00:0f\"]}")
#define DROP "{\"drop\":null}"
#define ACCEPT "{\"accept\":null}"
#define MASQUERADE "{\"masquerade\":null}"
#define LOCAL MATCH("==", "{\"fib\":{\"result\":\"type\",\"flags\":\"daddr\"}}", STR("local"))
#define L4 META("l4proto")
#define SPORT PAYLOAD("th", "sport")
#define DPORT PAYLOAD("th", "dport")

struct writer {
	struct lw_text *t;
	const char *table;
};

static void command(const struct writer *w, const char *verb, const char *what, const char *family)
{
	lw_text_addf(w->t, ",\n{\"%s\":{\"%s\":{\"family\":\"%s\",\"%s\":\"%s\"", verb, what, family,
		     strcmp(what, "table") ? "table" : "name", w->table);
}
static void end(const struct writer *w)
{
	lw_text_add(w->t, "}}}");
}
static void object(const struct writer *w, const char *verb, const char *what, const char *family, const char *name)
{
	command(w, verb, what, family);
	lw_text_addf(w->t, ",\"name\":\"%s\"", name);
	end(w);
}
static void base_chain(const struct writer *w, const char *family, const char *name, const char *type, const char *hook,
		       int priority)
{
	command(w, "add", "chain", family);
	lw_text_addf(w->t, ",\"name\":\"%s\",\"type\":\"%s\",\"hook\":\"%s\",\"prio\":%d,\"policy\":\"accept\"", name,
		     type, hook, priority);
	end(w);
	object(w, "flush", "chain", family, name);
}
/* type: as JSON; more: further keys, with their comma, or "". */
static void set(const struct writer *w, const char *what, const char *family, const char *name, const char *type,
		const char *more)
{
	command(w, "add", what, family);
	lw_text_addf(w->t, ",\"name\":\"%s\",\"type\":%s%s", name, type, more);
	end(w);
}
__attribute__((format(printf, 4, 5))) static void rule(const struct writer *w, const char *family, const char *chain,
						       const char *fmt, ...)
{
	char expr[2048];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(expr, sizeof expr, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof expr) {
		w->t->failed = true; /* rather no transaction than one that lacks a word */
		return;
	}
	command(w, "add", "rule", family);
	lw_text_addf(w->t, ",\"chain\":\"%s\",\"expr\":[%s]", chain, expr);
	end(w);
}
__attribute__((format(printf, 5, 6))) static void element(const struct writer *w, const char *verb, const char *family,
							  const char *name, const char *fmt, ...)
{
	char elem[512];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(elem, sizeof elem, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof elem) {
		w->t->failed = true;
		return;
	}
	command(w, verb, "element", family);
	lw_text_addf(w->t, ",\"name\":\"%s\",\"elem\":[%s]", name, elem);
	end(w);
}

void lw_nft_begin(struct lw_text *t)
{
	lw_text_add(t, "{\"nftables\":[{\"metainfo\":{\"json_schema_version\":1}}");
}
void lw_nft_end(struct lw_text *t)
{
	lw_text_add(t, "]}\n");
}

char *lw_nft_table(const char *state_dir, char buf[static LW_NFT_TABLE_MAX])
{
	struct lw_sha256 c;
	uint8_t digest[32];
	char hex[9];
	lw_sha256_init(&c);
	lw_sha256_add(&c, state_dir, strlen(state_dir));
	lw_sha256_end(&c, digest);
	lw_hex(digest, 4, hex);
	snprintf(buf, LW_NFT_TABLE_MAX, "lunward-%s", hex);
	return buf;
}

/* --- the tables --- */

/* Where published ports lead. Two maps each, for nft before 1.0.7 does not take a pair from JSON. */
static const struct {
	const char *name, *key, *to;
} maps[] = {
	{ "publish4", "[\"inet_proto\",\"inet_service\"]", "ipv4_addr" },
	{ "publish4_port", "[\"inet_proto\",\"inet_service\"]", "inet_service" },
	{ "publish6", "[\"inet_proto\",\"inet_service\"]", "ipv6_addr" },
	{ "publish6_port", "[\"inet_proto\",\"inet_service\"]", "inet_service" },
	{ "publish_at4", "[\"ipv4_addr\",\"inet_proto\",\"inet_service\"]", "ipv4_addr" },
	{ "publish_at4_port", "[\"ipv4_addr\",\"inet_proto\",\"inet_service\"]", "inet_service" },
	{ "publish_at6", "[\"ipv6_addr\",\"inet_proto\",\"inet_service\"]", "ipv6_addr" },
	{ "publish_at6_port", "[\"ipv6_addr\",\"inet_proto\",\"inet_service\"]", "inet_service" },
};
#define DNAT(family, key, map)                                                                                         \
	"{\"dnat\":{\"family\":\"" family "\",\"addr\":{\"map\":{\"key\":{\"concat\":[" key "]},\"data\":\"@" map      \
	"\"}},\"port\":{\"map\":{\"key\":{\"concat\":[" key "]},\"data\":\"@" map "_port\"}}}}"
#define PORT_KEY L4 "," DPORT

static void dnat_rules(const struct writer *w, const char *chain)
{
	rule(w, INET, chain, DNAT("ip", PAYLOAD("ip", "daddr") "," PORT_KEY, "publish_at4"));
	rule(w, INET, chain, DNAT("ip6", PAYLOAD("ip6", "daddr") "," PORT_KEY, "publish_at6"));
	rule(w, INET, chain, MATCH("==", META("nfproto"), STR("ipv4")) "," LOCAL "," DNAT("ip", PORT_KEY, "publish4"));
	/* The kernel routes nothing out that comes from ::1, so whoever connects to it is refused at once. */
	rule(w, INET, chain,
	     MATCH("!=", PAYLOAD("ip6", "daddr"), STR("::1")) "," LOCAL "," DNAT("ip6", PORT_KEY, "publish6"));
}

static void inet_table(const struct writer *w)
{
	object(w, "add", "table", INET, w->table);
	set(w, "set", INET, "bridges", STR("ifname"), "");
	set(w, "set", INET, "ports", STR("ifname"), "");
	set(w, "set", INET, "same", "[\"ifname\",\"ifname\"]", "");
	set(w, "set", INET, "subnets4", STR("ipv4_addr"), ",\"flags\":[\"interval\"]");
	set(w, "set", INET, "subnets6", STR("ipv6_addr"), ",\"flags\":[\"interval\"]");
	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		char to[40];
		snprintf(to, sizeof to, ",\"map\":\"%s\"", maps[i].to);
		set(w, "map", INET, maps[i].name, maps[i].key, to);
	}
	base_chain(w, INET, "guard", "filter", "prerouting", -300);
	/* What a sandbox sends comes in by its bridge. A frame to a group address of bridges (LLDP's, for one) comes in
	 * by the port itself, past all rules of the bridge: to any port of the host, or as the word of a router. */
	rule(w, INET, "guard", MATCH("==", META("iifname"), STR("@ports")) "," DROP);
	/* route_localnet lets what is published answer on 127.0.0.1; a sandbox shall not reach the host's loopback by
	 * it (CVE-2020-8558). An answer on its way there still has the bridge's address here. */
	rule(w, INET, "guard",
	     MATCH("==", META("iifname"), STR("@bridges")) "," MATCH("==", PAYLOAD("ip", "daddr"),
								     PREFIX("127.0.0.0", "8")) "," DROP);
	base_chain(w, INET, "publish", "nat", "prerouting", -100);
	dnat_rules(w, "publish");
	base_chain(w, INET, "publish_host", "nat", "output", -100);
	dnat_rules(w, "publish_host");
	base_chain(w, INET, "masquerade", "nat", "postrouting", 100);
#define OUT(op) MATCH(op, META("oifname"), STR("@bridges"))
#define DNATTED MATCH("in", CT("status"), STR("dnat"))
	rule(w, INET, "masquerade", MATCH("==", PAYLOAD("ip", "saddr"), STR("@subnets4")) "," OUT("!=") "," MASQUERADE);
	rule(w, INET, "masquerade",
	     MATCH("==", PAYLOAD("ip6", "saddr"), STR("@subnets6")) "," OUT("!=") "," MASQUERADE);
	/* From the host's loopback, and from sandboxes that come by the host's address: answers must come back here. */
	rule(w, INET, "masquerade",
	     OUT("==") "," MATCH("==", PAYLOAD("ip", "saddr"), PREFIX("127.0.0.0", "8")) "," MASQUERADE);
	rule(w, INET, "masquerade",
	     OUT("==") "," DNATTED "," MATCH("==", PAYLOAD("ip", "saddr"), STR("@subnets4")) "," MASQUERADE);
	rule(w, INET, "masquerade",
	     OUT("==") "," DNATTED "," MATCH("==", PAYLOAD("ip6", "saddr"), STR("@subnets6")) "," MASQUERADE);
	/* Into a network: answers, and what is published. Not its neighbours on the wire, nor another network. */
	base_chain(w, INET, "forward", "filter", "forward", 0);
	rule(w, INET, "forward", OUT("==") "," MATCH("in", CT("state"), "[\"established\",\"related\"]") "," ACCEPT);
	rule(w, INET, "forward", OUT("==") "," DNATTED "," ACCEPT);
	rule(w, INET, "forward",
	     MATCH("==", "{\"concat\":[" META("iifname") "," META("oifname") "]}", STR("@same")) "," ACCEPT);
	rule(w, INET, "forward", OUT("==") "," DROP);
}

static void bridge_table(const struct writer *w)
{
	object(w, "add", "table", BRIDGE, w->table);
	set(w, "set", BRIDGE, "isolated", STR("ifname"), "");
	set(w, "map", BRIDGE, "from", STR("ifname"), ",\"map\":\"verdict\"");
	set(w, "map", BRIDGE, "to", STR("ifname"), ",\"map\":\"verdict\"");
	base_chain(w, BRIDGE, "input", "filter", "prerouting", -300);
	rule(w, BRIDGE, "input", "{\"vmap\":{\"key\":" META("iifname") ",\"data\":\"@from\"}}");
	/* Frames to the bridge's group addresses come by here alone. */
	base_chain(w, BRIDGE, "local", "filter", "input", -300);
	rule(w, BRIDGE, "local", GROUP("!=") "," ACCEPT);
	rule(w, BRIDGE, "local", "{\"vmap\":{\"key\":" META("iifname") ",\"data\":\"@from\"}}");
	base_chain(w, BRIDGE, "across", "filter", "forward", 0);
	rule(w, BRIDGE, "across", MATCH("==", META("iifname"), STR("@isolated")) "," DROP);
	rule(w, BRIDGE, "across", MATCH("==", META("oifname"), STR("@isolated")) "," DROP);
	base_chain(w, BRIDGE, "output", "filter", "postrouting", 0);
	rule(w, BRIDGE, "output", "{\"vmap\":{\"key\":" META("oifname") ",\"data\":\"@to\"}}");
}

static void network_elements(const struct writer *w, const struct lw_nft_network *n, const char *verb)
{
	char ip[LW_IP_MAX];
	element(w, verb, INET, "bridges", STR("%s"), n->bridge);
	element(w, verb, INET, "same", "{\"concat\":[\"%s\",\"%s\"]}", n->bridge, n->bridge);
	if (n->subnet4.family)
		element(w, verb, INET, "subnets4", PREFIX("%s", "%d"), lw_ip_format_host(&n->subnet4, ip),
			n->subnet4.prefix);
	if (n->subnet6.family)
		element(w, verb, INET, "subnets6", PREFIX("%s", "%d"), lw_ip_format_host(&n->subnet6, ip),
			n->subnet6.prefix);
}

void lw_nft_network_add(const struct lw_nft_network *n, struct lw_text *t)
{
	const struct writer w = { t, n->table };
	inet_table(&w);
	bridge_table(&w);
	network_elements(&w, n, "add");
}

void lw_nft_network_remove(const struct lw_nft_network *n, struct lw_text *t)
{
	const struct writer w = { t, n->table };
	network_elements(&w, n, "delete");
}

void lw_nft_tables_remove(const char *table, struct lw_text *t)
{
	const struct writer w = { t, table };
	/* Adding one that is there does nothing, and so removing one that is not there is no error. */
	object(&w, "add", "table", INET, table);
	object(&w, "add", "table", BRIDGE, table);
	object(&w, "delete", "table", INET, table);
	object(&w, "delete", "table", BRIDGE, table);
}

/* --- a sandbox --- */

#define OWN_NAME 48
/* Of a set or chain of this sandbox's: 16 digits of the id are enough to be its alone. */
static const char *own(char buf[static OWN_NAME], const char *what, const char *id)
{
	snprintf(buf, OWN_NAME, "%s-%.16s", what, id);
	return buf;
}
static const char *own_set(char buf[static OWN_NAME], int set, int family, const char *id)
{
	snprintf(buf, OWN_NAME, "names%c-%d-%.16s", family == AF_INET ? '4' : '6', set, id);
	return buf;
}

/* The interface's link-local address, as the kernel makes it of its MAC address (RFC 4291, appendix A). */
static struct lw_ip link_local(const uint8_t mac[6])
{
	struct lw_ip ip = { AF_INET6,
			    { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4],
			      mac[5] },
			    128 };
	return ip;
}

#define ETHER_IS(op, what) MATCH(op, PAYLOAD("ether", "type"), what)
#define ND(op, what) MATCH(op, PAYLOAD("icmpv6", "type"), what)
#define TARGET RAW("64", "128") /* of a neighbour message; nft before 1.0.7 has no word for it */
#define LINK6 PREFIX("fe80::", "10") "," PREFIX("ff02::", "16")
#define IS_ANY6 MATCH("==", PAYLOAD("ip6", "saddr"), STR("::"))

static void spoof6_rules(const struct writer *w, const struct lw_nft_sandbox *s, const char *chain)
{
	struct lw_ip local = link_local(s->mac);
	char a[LW_IP_MAX], b[LW_IP_MAX], ah[33], bh[33];
	lw_ip_format_host(&s->ip6, a);
	lw_ip_format_host(&local, b);
	lw_hex(s->ip6.bytes, 16, ah);
	lw_hex(local.bytes, 16, bh);
	rule(w, BRIDGE, chain, MATCH("!=", PAYLOAD("ip6", "saddr"), "{\"set\":[\"::\",\"%s\",\"%s\"]}") "," DROP, a, b);
	rule(w, BRIDGE, chain, ND("==", "{\"set\":[\"nd-router-advert\",\"nd-redirect\"]}") "," DROP);
	rule(w, BRIDGE, chain,
	     ND("==", STR("nd-neighbor-advert")) "," MATCH("!=", TARGET, STR("0x%s")) "," MATCH("!=", TARGET,
												STR("0x%s")) "," DROP,
	     ah, bh);
	/* Nobody yet: asking whether an address is taken, its own, and which groups it is in. */
	rule(w, BRIDGE, chain,
	     IS_ANY6 "," ND("==", STR("nd-neighbor-solicit")) "," MATCH("!=", TARGET, STR("0x%s")) "," MATCH(
		     "!=", TARGET, STR("0x%s")) "," DROP,
	     ah, bh);
	rule(w, BRIDGE, chain, IS_ANY6 "," MATCH("!=", L4, STR("ipv6-icmp")) "," DROP);
	rule(w, BRIDGE, chain,
	     IS_ANY6 "," ND("!=", "{\"set\":[\"nd-neighbor-solicit\",\"mld2-listener-report\"]}") "," DROP);
}

static void spoof_rules(const struct writer *w, const struct lw_nft_sandbox *s, const char *chain)
{
	char mac[LW_MAC_MAX], ip[LW_IP_MAX];
	const char *types = s->ip4.family && s->ip6.family ? "\"ip\",\"arp\",\"ip6\""
			    : s->ip6.family                ? "\"ip6\""
							   : "\"ip\",\"arp\"";
	lw_mac_format(s->mac, mac);
	/* Frames that no bridge passes on: the host takes them as if the port were an interface of its own. */
	rule(w, BRIDGE, chain, GROUP("==") "," DROP);
	rule(w, BRIDGE, chain, MATCH("!=", PAYLOAD("ether", "saddr"), STR("%s")) "," DROP, mac);
	rule(w, BRIDGE, chain, ETHER_IS("!=", "{\"set\":[%s]}") "," DROP, types);
	if (s->ip4.family) {
		lw_ip_format_host(&s->ip4, ip);
		rule(w, BRIDGE, chain, MATCH("!=", PAYLOAD("arp", "saddr ether"), STR("%s")) "," DROP, mac);
		rule(w, BRIDGE, chain, MATCH("!=", PAYLOAD("arp", "saddr ip"), STR("%s")) "," DROP, ip);
		rule(w, BRIDGE, chain, MATCH("!=", PAYLOAD("ip", "saddr"), STR("%s")) "," DROP, ip);
	}
	if (s->ip6.family)
		spoof6_rules(w, s, chain);
}

/* One family's words, and the addresses in it. */
struct family {
	const char *ip, *type, *echo, *icmp;
	const struct lw_ip *own, *gateway;
	char digit;
};

/* What goes to, or comes from, another in the subnet by way of the host. (Direct frames: the chain "across".) */
static void isolate_rule(const struct writer *w, const struct family *f, const char *chain, const char *end_of)
{
	char net[LW_IP_MAX], gateway[LW_IP_MAX];
	struct lw_ip subnet = lw_ip_subnet(f->own);
	rule(w, BRIDGE, chain,
	     MATCH("==", PAYLOAD("%s", "%s"), PREFIX("%s", "%d")) "," MATCH("!=", PAYLOAD("%s", "%s"),
									    STR("%s")) "," DROP,
	     f->ip, end_of, lw_ip_format_host(&subnet, net), subnet.prefix, f->ip, end_of,
	     lw_ip_format_host(f->gateway, gateway));
}

/* Beyond the rate frames are dropped, which TCP takes as the word to slow down. Here and not by tc(8) inside, which a
 * sandbox with the right to it could take away. The kernel lets what was not used in the last second be used at once,
 * and the burst, which has room for what a sender hands over in one piece. */
static void rate_rule(const struct writer *w, const char *chain, uint64_t rate)
{
	rule(w, BRIDGE, chain,
	     "{\"limit\":{\"rate\":%llu,\"rate_unit\":\"bytes\",\"per\":\"second\",\"burst\":65536,\"burst_unit\":"
	     "\"bytes\",\"inv\":true}}," DROP,
	     (unsigned long long)rate);
}

#define ADDR(end) PAYLOAD("%s", end)
#define UPDATE(val, seconds)                                                                                           \
	"{\"set\":{\"op\":\"update\",\"elem\":{\"elem\":{\"val\":" val ",\"timeout\":" seconds "}},\"set\":\"@%s\"}}"
#define FLOW "{\"concat\":[" ADDR("saddr") "," L4 "," SPORT "," DPORT "]}"
#define FLOW_BACK "{\"concat\":[" ADDR("daddr") "," L4 "," DPORT "," SPORT "]}"

static const char *replies(char buf[static OWN_NAME], const struct family *f, const char *id)
{
	return own(buf, f->digit == '4' ? "replies4" : "replies6", id);
}
static const char *pings(char buf[static OWN_NAME], const struct family *f, const char *id)
{
	return own(buf, f->digit == '4' ? "pings4" : "pings6", id);
}

/* Answers pass: what came in is written down, for not every kernel tracks connections in the bridge family, and what
 * goes to a neighbour is nowhere else to be seen. */
static void reply_sets(const struct writer *w, const struct lw_nft_sandbox *s, const struct family *f)
{
	char name[OWN_NAME], type[96];
	const char *more = ",\"flags\":[\"timeout\"],\"size\":" REPLY_MAX;
	snprintf(type, sizeof type, "[\"%s\",\"inet_proto\",\"inet_service\",\"inet_service\"]", f->type);
	set(w, "set", BRIDGE, replies(name, f, s->id), type, more);
	snprintf(type, sizeof type, "\"%s\"", f->type);
	set(w, "set", BRIDGE, pings(name, f, s->id), type, more);
}

static void track(const struct writer *w, const struct lw_nft_sandbox *s, const struct family *f, const char *to)
{
	char name[OWN_NAME];
	replies(name, f, s->id);
	rule(w, BRIDGE, to, ETHER_IS("==", STR("%s")) "," MATCH("==", L4, STR("tcp")) "," UPDATE(FLOW, REPLY_TCP),
	     f->ip, f->ip, name);
	rule(w, BRIDGE, to, ETHER_IS("==", STR("%s")) "," MATCH("==", L4, STR("udp")) "," UPDATE(FLOW, REPLY_UDP),
	     f->ip, f->ip, name);
	pings(name, f, s->id);
	rule(w, BRIDGE, to,
	     MATCH("==", PAYLOAD("%s", "type"), STR("echo-request")) "," UPDATE(ADDR("saddr"), REPLY_PING), f->echo,
	     f->ip, name);
}

/* --- egress --- */

static void ports_words(const struct lw_egress_rule *r, const struct family *f, char *buf, size_t size)
{
	size_t n = 0;
	buf[0] = '\0';
	if (r->protocol == IPPROTO_ICMP)
		n = (size_t)snprintf(buf, size, MATCH("==", L4, STR("%s")) ",", f->icmp);
	else if (r->protocol)
		n = (size_t)snprintf(buf, size, MATCH("==", L4, STR("%s")) ",", lw_protocol_name(r->protocol));
	else if (r->first)
		n = (size_t)snprintf(buf, size, MATCH("==", L4, "{\"set\":[\"tcp\",\"udp\"]}") ",");
	if (r->first && r->first == r->last)
		snprintf(buf + n, size - n, MATCH("==", DPORT, "%u") ",", r->first);
	else if (r->first)
		snprintf(buf + n, size - n, MATCH("==", DPORT, "{\"range\":[%u,%u]}") ",", r->first, r->last);
}

int lw_nft_name_set(const struct lw_egress_rule *rules, size_t n, size_t i)
{
	int set = 0;
	if (i >= n || rules[i].to.family)
		return -1;
	for (size_t k = 0; k < n; k++) {
		bool first = !rules[k].to.family;
		for (size_t j = 0; j < k && first; j++)
			first = rules[j].to.family || !lw_egress_same_ports(&rules[j], &rules[k]);
		if (first && lw_egress_same_ports(&rules[k], &rules[i]))
			return set;
		set += first;
	}
	return -1;
}

/* The rule is the first of those that share its set. */
static bool opens_set(const struct lw_nft_sandbox *s, size_t i, int set)
{
	for (size_t j = 0; j < i; j++)
		if (lw_nft_name_set(s->rules, s->n_rules, j) == set)
			return false;
	return true;
}

static void egress_rule(const struct writer *w, const struct lw_nft_sandbox *s, const struct family *f, size_t i,
			const char *from)
{
	const struct lw_egress_rule *r = &s->rules[i];
	char ports[256], ip[LW_IP_MAX], name[OWN_NAME];
	int set = lw_nft_name_set(s->rules, s->n_rules, i);
	ports_words(r, f, ports, sizeof ports);
	if (r->to.family == f->own->family)
		rule(w, BRIDGE, from, MATCH("==", ADDR("daddr"), PREFIX("%s", "%d")) ",%s" ACCEPT, f->ip,
		     lw_ip_format_host(&r->to, ip), r->to.prefix, ports);
	else if (set >= 0 && opens_set(s, i, set))
		rule(w, BRIDGE, from, MATCH("==", ADDR("daddr"), STR("@%s")) ",%s" ACCEPT, f->ip,
		     own_set(name, set, f->own->family, s->id), ports);
}

static void filter_family(const struct writer *w, const struct lw_nft_sandbox *s, const struct family *f,
			  const char *from, const char *to)
{
	char name[OWN_NAME], ip[LW_IP_MAX];
	track(w, s, f, to);
	/* The host itself only where it resolves names. */
	if (f->gateway->family)
		rule(w, BRIDGE, from,
		     MATCH("==", ADDR("daddr"), STR("%s")) "," MATCH("==", L4, "{\"set\":[\"tcp\",\"udp\"]}") "," MATCH(
			     "==", DPORT, "53") "," ACCEPT,
		     f->ip, lw_ip_format_host(f->gateway, ip));
	rule(w, BRIDGE, from, MATCH("==", FLOW_BACK, STR("@%s")) "," ACCEPT, f->ip, replies(name, f, s->id));
	rule(w, BRIDGE, from,
	     MATCH("==", PAYLOAD("%s", "type"), STR("echo-reply")) "," MATCH("==", ADDR("daddr"),
									     STR("@%s")) "," ACCEPT,
	     f->echo, f->ip, pings(name, f, s->id));
	for (size_t i = 0; i < s->n_rules; i++)
		egress_rule(w, s, f, i, from);
}

/* --- published ports --- */

static void publish_elements(const struct writer *w, const struct lw_nft_sandbox *s, const char *verb,
			     const struct lw_nft_publish *p, const struct lw_ip *to)
{
	char at[LW_IP_MAX + 4] = "", ip[LW_IP_MAX], map[24], comment[100];
	bool add = verb[0] == 'a';
	if (!to->family || (p->address.family && p->address.family != to->family))
		return;
	if (p->address.family)
		snprintf(at, sizeof at, "\"%s\",", lw_ip_format_host(&p->address, ip));
	lw_ip_format_host(to, ip);
	snprintf(comment, sizeof comment, "%.16s %.64s", s->id, s->name);
	for (int ports = 0; ports < 2; ports++) {
		snprintf(map, sizeof map, "publish%s%c%s", at[0] ? "_at" : "", to->family == AF_INET ? '4' : '6',
			 ports ? "_port" : "");
		command(w, verb, "element", INET);
		lw_text_addf(w->t, ",\"name\":\"%s\",\"elem\":[", map);
		for (unsigned i = 0; i < p->count; i++) {
			lw_text_add(w->t, i ? "," : "");
			lw_text_addf(w->t,
				     add ? "[{\"elem\":{\"val\":{\"concat\":[%s\"%s\",%u]},\"comment\":\"%s\"}},"
					 : "{\"concat\":[%s\"%s\",%u]}",
				     at, lw_protocol_name(p->protocol), p->host + i, comment);
			if (add && ports)
				lw_text_addf(w->t, "%u]", p->port + i);
			else if (add)
				lw_text_addf(w->t, "\"%s\"]", ip);
		}
		lw_text_add(w->t, "]");
		end(w);
	}
}

/* --- the whole of it --- */

/* Finding neighbours, on the link alone: routers would carry such a message, and what is in it, anywhere. */
static void neighbour_rule(const struct writer *w, const struct lw_nft_sandbox *s, const char *chain)
{
	char net[LW_IP_MAX];
	struct lw_ip subnet = lw_ip_subnet(&s->ip6);
	rule(w, BRIDGE, chain,
	     ND("==",
		"{\"set\":[\"nd-neighbor-solicit\",\"nd-neighbor-advert\",\"nd-router-solicit\","
		"\"mld2-listener-report\"]}") "," MATCH("==", PAYLOAD("ip6", "daddr"),
							"{\"set\":[" LINK6 "," PREFIX("%s", "%d") "]}") "," ACCEPT,
	     lw_ip_format_host(&subnet, net), subnet.prefix);
}

/* It has rules about what goes to it, too. */
static bool hears(const struct lw_nft_sandbox *s)
{
	return s->filter || s->isolate || s->in;
}

static size_t families(const struct lw_nft_sandbox *s, struct family ret[static 2])
{
	size_t n = 0;
	if (s->ip4.family)
		ret[n++] = (struct family){ .ip = "ip",
					    .type = "ipv4_addr",
					    .echo = "icmp",
					    .icmp = "icmp",
					    .own = &s->ip4,
					    .gateway = &s->gateway4,
					    .digit = '4' };
	if (s->ip6.family)
		ret[n++] = (struct family){ .ip = "ip6",
					    .type = "ipv6_addr",
					    .echo = "icmpv6",
					    .icmp = "ipv6-icmp",
					    .own = &s->ip6,
					    .gateway = &s->gateway6,
					    .digit = '6' };
	return n;
}

static void own_objects(const struct writer *w, const struct lw_nft_sandbox *s, const struct family *f, size_t n,
			bool add)
{
	char name[OWN_NAME], type[24];
	for (size_t k = 0; k < n && s->filter; k++) {
		if (add) {
			reply_sets(w, s, &f[k]);
		} else {
			object(w, "delete", "set", BRIDGE, replies(name, &f[k], s->id));
			object(w, "delete", "set", BRIDGE, pings(name, &f[k], s->id));
		}
		for (size_t i = 0; i < s->n_rules; i++) {
			int number = lw_nft_name_set(s->rules, s->n_rules, i);
			if (number < 0 || !opens_set(s, i, number))
				continue;
			own_set(name, number, f[k].own->family, s->id);
			snprintf(type, sizeof type, "\"%s\"", f[k].type);
			if (add)
				set(w, "set", BRIDGE, name, type, ",\"flags\":[\"timeout\"],\"size\":" NAMES_MAX);
			else
				object(w, "delete", "set", BRIDGE, name);
		}
	}
}

void lw_nft_sandbox_add(const struct lw_nft_sandbox *s, struct lw_text *t)
{
	const struct writer w = { t, s->table };
	struct family f[2];
	size_t n = families(s, f);
	char from[OWN_NAME], to[OWN_NAME];
	own(from, "from", s->id);
	own(to, "to", s->id);
	own_objects(&w, s, f, n, true);
	object(&w, "add", "chain", BRIDGE, from);
	if (hears(s))
		object(&w, "add", "chain", BRIDGE, to);
	spoof_rules(&w, s, from);
	if (s->out)
		rate_rule(&w, from, s->out);
	if (s->in)
		rate_rule(&w, to, s->in);
	for (size_t k = 0; k < n && s->isolate; k++) {
		isolate_rule(&w, &f[k], from, "daddr");
		isolate_rule(&w, &f[k], to, "saddr");
	}
	if (s->filter) {
		rule(&w, BRIDGE, from, ETHER_IS("==", STR("arp")) "," ACCEPT);
		if (s->ip6.family)
			neighbour_rule(&w, s, from);
		for (size_t k = 0; k < n; k++)
			filter_family(&w, s, &f[k], from, to);
		rule(&w, BRIDGE, from, "{\"counter\":{\"packets\":0,\"bytes\":0}}," DROP);
	} else {
		rule(&w, BRIDGE, from, ACCEPT);
	}
	for (size_t i = 0; i < s->n_publish; i++)
		for (size_t k = 0; k < n; k++)
			publish_elements(&w, s, "add", &s->publish[i], f[k].own);
	if (s->isolate)
		element(&w, "add", BRIDGE, "isolated", STR("%s"), s->port);
	if (hears(s))
		element(&w, "add", BRIDGE, "to", "[\"%s\",{\"jump\":{\"target\":\"%s\"}}]", s->port, to);
	element(&w, "add", INET, "ports", STR("%s"), s->port);
	element(&w, "add", BRIDGE, "from", "[\"%s\",{\"jump\":{\"target\":\"%s\"}}]", s->port, from);
}

void lw_nft_sandbox_remove(const struct lw_nft_sandbox *s, struct lw_text *t)
{
	const struct writer w = { t, s->table };
	struct family f[2];
	size_t n = families(s, f);
	char name[OWN_NAME];
	element(&w, "delete", BRIDGE, "from", STR("%s"), s->port);
	element(&w, "delete", INET, "ports", STR("%s"), s->port);
	if (hears(s))
		element(&w, "delete", BRIDGE, "to", STR("%s"), s->port);
	if (s->isolate)
		element(&w, "delete", BRIDGE, "isolated", STR("%s"), s->port);
	for (size_t i = 0; i < s->n_publish; i++)
		for (size_t k = 0; k < n; k++)
			publish_elements(&w, s, "delete", &s->publish[i], f[k].own);
	object(&w, "delete", "chain", BRIDGE, own(name, "from", s->id));
	if (hears(s))
		object(&w, "delete", "chain", BRIDGE, own(name, "to", s->id));
	own_objects(&w, s, f, n, false);
}

void lw_nft_name_add(const char *table, const char *id, int set, const struct lw_ip *ip, unsigned seconds,
		     struct lw_text *t)
{
	const struct writer w = { t, table };
	char name[OWN_NAME], host[LW_IP_MAX];
	own_set(name, set, ip->family, id);
	lw_ip_format_host(ip, host);
	/* Adding one that is there leaves its old end of life on kernels before 6.12. */
	element(&w, "add", BRIDGE, name, STR("%s"), host);
	element(&w, "delete", BRIDGE, name, STR("%s"), host);
	element(&w, "add", BRIDGE, name, "{\"elem\":{\"val\":\"%s\",\"timeout\":%u}}", host, seconds);
}
