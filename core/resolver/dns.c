/* dns.c: see dns.h. */
#include "resolver/dns.h"
#include <arpa/nameser.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include "base/cleanup.h"

#define HEADER NS_HFIXEDSZ
#define OPT 41
#define CHAIN 12 /* aliases on the way to an address */

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static size_t put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return 2;
}

/* The name of the message's only question, and where the question ends. */
static int only_question(ns_msg *m, const uint8_t *msg, size_t n, ns_rr *ret, size_t *ret_end)
{
	if (ns_msg_count(*m, ns_s_qd) != 1 || ns_parserr(m, ns_s_qd, 0, ret) < 0 || ns_rr_class(*ret) != ns_c_in)
		return -EINVAL;
	const uint8_t *p = msg + HEADER;
	while (p < msg + n && *p && *p < 64)
		p += 1 + *p;
	/* A pointer in the first name there is can lead nowhere good. */
	if (p >= msg + n || *p || p + 5 > msg + n)
		return -EINVAL;
	*ret_end = (size_t)(p + 5 - msg);
	return 0;
}

/* What the asker takes by UDP, RFC 6891. */
static size_t room_of(ns_msg *m)
{
	ns_rr rr;
	for (int i = 0; i < ns_msg_count(*m, ns_s_ar) && i < 8; i++)
		if (ns_parserr(m, ns_s_ar, i, &rr) == 0 && ns_rr_type(rr) == OPT && ns_rr_class(rr) > NS_PACKETSZ)
			return ns_rr_class(rr) < DNS_UDP_MAX ? ns_rr_class(rr) : DNS_UDP_MAX;
	return NS_PACKETSZ;
}

int dns_read_question(const uint8_t *msg, size_t n, struct dns_question *ret)
{
	struct dns_question q = { 0 };
	ns_msg m;
	ns_rr rr;

	if (n < HEADER || (msg[2] & 0x80)) /* an answer */
		return -EINVAL;
	q.id = get16(msg);
	q.recursion = msg[2] & 1;
	q.end = HEADER;
	q.room = NS_PACKETSZ;
	*ret = q;
	if ((msg[2] >> 3 & 15) != ns_o_query)
		return ns_r_notimpl;
	if (ns_initparse(msg, (int)n, &m) < 0 || only_question(&m, msg, n, &rr, &q.end) < 0)
		return ns_r_formerr;
	q.type = ns_rr_type(rr);
	q.room = room_of(&m);
	if (lw_dns_name_normalise(ns_rr_name(rr), q.name) < 0)
		q.name[0] = '\0';
	*ret = q;
	return 0;
}

static bool same_name(const char *text, const char *name)
{
	char norm[LW_DNS_NAME_MAX + 1];
	return lw_dns_name_normalise(text, norm) >= 0 && strcmp(norm, name) == 0;
}

static void least(uint32_t *ttl, uint32_t v)
{
	if (v < *ttl)
		*ttl = v;
}

/* Where an alias leads, in `name`'s place. */
static bool follow(ns_msg *m, char name[static LW_DNS_NAME_MAX + 1], uint32_t *ttl)
{
	ns_rr rr;
	char target[NS_MAXDNAME];
	for (int i = 0; i < ns_msg_count(*m, ns_s_an); i++) {
		if (ns_parserr(m, ns_s_an, i, &rr) < 0)
			return false;
		if (ns_rr_type(rr) != ns_t_cname || ns_rr_class(rr) != ns_c_in || !same_name(ns_rr_name(rr), name))
			continue;
		if (ns_name_uncompress(ns_msg_base(*m), ns_msg_end(*m), ns_rr_rdata(rr), target, sizeof target) < 0)
			return false;
		least(ttl, ns_rr_ttl(rr));
		return lw_dns_name_normalise(target, name) >= 0;
	}
	return false;
}

int dns_read_answer(const uint8_t *msg, size_t n, uint16_t id, const char *name, uint16_t type, struct dns_answer *ret)
{
	struct dns_answer a = { .ttl = UINT32_MAX };
	char at[LW_DNS_NAME_MAX + 1];
	size_t end, size = type == ns_t_a ? 4 : 16;
	ns_msg m;
	ns_rr rr;

	if (n < HEADER || get16(msg) != id || !(msg[2] & 0x80) || ns_initparse(msg, (int)n, &m) < 0 ||
	    only_question(&m, msg, n, &rr, &end) < 0 || ns_rr_type(rr) != type || !same_name(ns_rr_name(rr), name))
		return -EINVAL;
	a.truncated = msg[2] & 2;
	a.rcode = msg[3] & 15;
	strcpy(at, name);
	for (int hop = 0; hop < CHAIN && follow(&m, at, &a.ttl); hop++)
		;
	for (int i = 0; i < ns_msg_count(m, ns_s_an) && a.n < DNS_ADDRESSES; i++) {
		if (ns_parserr(&m, ns_s_an, i, &rr) < 0)
			return -EINVAL;
		if (ns_rr_type(rr) != type || ns_rr_class(rr) != ns_c_in || ns_rr_rdlen(rr) != size ||
		    !same_name(ns_rr_name(rr), at))
			continue;
		struct lw_ip *ip = &a.ip[a.n++];
		ip->family = size == 4 ? AF_INET : AF_INET6;
		ip->prefix = lw_ip_width(ip->family);
		memcpy(ip->bytes, ns_rr_rdata(rr), size);
		least(&a.ttl, ns_rr_ttl(rr));
	}
	*ret = a;
	return 0;
}

/* A normalised name as labels. */
static size_t put_name(uint8_t *p, const char *name)
{
	uint8_t *at = p;
	while (*name) {
		size_t label = strcspn(name, ".");
		*at++ = (uint8_t)label;
		memcpy(at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	*at++ = 0;
	return (size_t)(at - p);
}

void dns_mix(char name[static LW_DNS_NAME_MAX + 1], const uint8_t random[static DNS_MIX])
{
	for (size_t i = 0; name[i]; i++)
		if (name[i] >= 'a' && name[i] <= 'z' && random[i / 8] >> i % 8 & 1)
			name[i] = (char)(name[i] - 'a' + 'A');
}

bool dns_repeats(const uint8_t *answer, size_t n, const char *name)
{
	uint8_t labels[LW_DNS_NAME_MAX + 2];
	size_t len = put_name(labels, name);
	return n >= HEADER + len && memcmp(answer + HEADER, labels, len) == 0;
}

size_t dns_write_question(uint16_t id, const char *name, uint16_t type, uint8_t buf[static DNS_UDP_MAX])
{
	uint8_t *p = buf;
	memset(buf, 0, HEADER);
	put16(p, id);
	p[2] = 1;         /* recursion, please */
	put16(p + 4, 1);  /* one question */
	put16(p + 10, 1); /* and how much we take */
	p += HEADER;
	p += put_name(p, name);
	p += put16(p, type);
	p += put16(p, ns_c_in);
	*p++ = 0;
	p += put16(p, OPT);
	p += put16(p, DNS_UDP_MAX);
	memset(p, 0, 6);
	return (size_t)(p + 6 - buf);
}

size_t dns_write_answer(const uint8_t *msg, const struct dns_question *q, int rcode, const struct lw_ip *ip,
			size_t n_ip, uint32_t ttl, uint8_t buf[static DNS_UDP_MAX])
{
	size_t n = q->end, count = 0;
	memcpy(buf, msg, n);
	buf[2] = (uint8_t)(0x80 | (msg[2] & 0x79)); /* an answer; the opcode and "recursion desired" as they came */
	buf[3] = (uint8_t)(0x80 | rcode);
	memset(buf + 4, 0, 8);
	put16(buf + 4, n > HEADER);
	for (size_t i = 0; i < n_ip; i++) {
		size_t size = ip[i].family == AF_INET ? 4 : 16;
		if ((q->type == ns_t_a) != (size == 4))
			continue;
		if (n + 12 + size > q->room) {
			buf[2] |= 2;
			break;
		}
		n += put16(buf + n, 0xc000 | HEADER); /* the question's name */
		n += put16(buf + n, q->type);
		n += put16(buf + n, ns_c_in);
		n += put16(buf + n, ttl >> 16);
		n += put16(buf + n, ttl & 0xffff);
		n += put16(buf + n, (unsigned)size);
		memcpy(buf + n, ip[i].bytes, size);
		n += size;
		count++;
	}
	put16(buf + 6, (unsigned)count);
	return n;
}

bool dns_answers(const uint8_t *answer, size_t n, uint16_t id, const uint8_t *question, const struct dns_question *q)
{
	return n >= q->end && get16(answer) == id && (answer[2] & 0x80) && get16(answer + 4) == 1 &&
	       strncasecmp((const char *)answer + HEADER, (const char *)question + HEADER, q->end - HEADER) == 0 &&
	       memcmp(answer + q->end - 4, question + q->end - 4, 4) == 0;
}

bool dns_is_private(const struct lw_ip *ip)
{
	/* The IANA's special-purpose registries, less what is for documentation. */
	static const struct lw_ip nets[] = {
		{ AF_INET, { 0 }, 8 },     { AF_INET, { 10 }, 8 },           { AF_INET, { 100, 64 }, 10 },
		{ AF_INET, { 127 }, 8 },   { AF_INET, { 169, 254 }, 16 },    { AF_INET, { 172, 16 }, 12 },
		{ AF_INET, { 192 }, 24 },  { AF_INET, { 192, 168 }, 16 },    { AF_INET, { 198, 18 }, 15 },
		{ AF_INET, { 224 }, 3 },   { AF_INET6, { 0 }, 8 },           { AF_INET6, { 0, 0x64, 0xff, 0x9b }, 32 },
		{ AF_INET6, { 0x01 }, 8 }, { AF_INET6, { 0xfc }, 7 },        { AF_INET6, { 0xfe, 0x80 }, 9 },
		{ AF_INET6, { 0xff }, 8 }, { AF_INET6, { 0x20, 0x02 }, 16 },
	};
	for (size_t i = 0; i < ARRAY_LEN(nets); i++)
		if (lw_ip_within(&nets[i], ip))
			return true;
	return false;
}
