/* egress.h: what one line of an egress list means: where a sandbox may connect to. Text only; whether a name leads
 * anywhere is the resolver's business (net/resolver). */
#ifndef LW_NET_EGRESS_H
#define LW_NET_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/ip.h"

#define LW_DNS_NAME_MAX 253 /* without the last dot */

struct lw_egress_rule {
	struct lw_ip to;                /* a subnet; family 0: a name */
	char name[LW_DNS_NAME_MAX + 1]; /* lower case, without a last dot; "example.org" */
	bool below;                     /* "*.example.org": names below it, not itself */
	uint16_t first, last;           /* ports; 0: every one */
	uint8_t protocol;               /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP (and ICMPv6); 0: every one */
};

/* "CIDR[:PORT[-PORT]][/PROTO]" or "NAME[:PORT[-PORT]][/PROTO]", where NAME may begin with "*." and an IPv6 CIDR that a
 * port follows stands in brackets. */
int lw_egress_parse(const char *text, struct lw_egress_rule *ret, struct lw_err *err);
#define LW_EGRESS_TEXT_MAX (LW_DNS_NAME_MAX + 32)
/* The canonical spelling. Returns buf. */
char *lw_egress_format(const struct lw_egress_rule *r, char buf[static LW_EGRESS_TEXT_MAX]);
/* Both open the same ports. */
bool lw_egress_same_ports(const struct lw_egress_rule *a, const struct lw_egress_rule *b);

/* A host name as DNS has it, letters in any case and a last dot as may be, copied in the form above: -EINVAL when it is
 * none. Only letters, digits, '-' and '_': nothing else is worth asking for, and anything else may be a tunnel. */
int lw_dns_name_normalise(const char *text, char ret[static LW_DNS_NAME_MAX + 1]);
/* The rule is about this name (normalised). */
bool lw_egress_names(const struct lw_egress_rule *r, const char *name);

/* "8080" or "8000-8010", from 1 to 65535, in order. */
int lw_ports_parse(const char *text, uint16_t *ret_first, uint16_t *ret_last);
/* "tcp", "udp", "icmp": its number, or -EINVAL with the nearest word. `icmp`: is there one? */
int lw_protocol_parse(const char *text, bool icmp, struct lw_err *err);
const char *lw_protocol_name(int protocol);

#endif
