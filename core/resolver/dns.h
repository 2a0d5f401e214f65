/* dns.h: the few messages of DNS (RFC 1035) that the resolver reads and writes. Reading is libc's (ns_initparse), of
 * bytes from anybody; what is written is made from scratch, so nothing of a stranger's message but its question and its
 * addresses ever reaches anybody. */
#ifndef LW_RESOLVER_DNS_H
#define LW_RESOLVER_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/ip.h"
#include "net/egress.h"

#define DNS_MAX 65535
#define DNS_UDP_MAX 1232 /* what we say we take, and never send more of */
#define DNS_ADDRESSES 32
#define DNS_MIX ((LW_DNS_NAME_MAX + 7) / 8) /* bytes: a bit for each letter of a name */

struct dns_question {
	uint16_t id, type;
	bool recursion;                 /* is desired */
	size_t end;                     /* of the question, in the message */
	size_t room;                    /* what the asker takes by UDP */
	char name[LW_DNS_NAME_MAX + 1]; /* as lw_dns_name_normalise has it; "" for a name it does not take */
};
/* 0; -EINVAL: no question, nothing to answer; or an rcode (positive) to answer with. */
int dns_read_question(const uint8_t *msg, size_t n, struct dns_question *ret);

struct dns_answer {
	int rcode;
	bool truncated;
	uint32_t ttl; /* the least on the way */
	size_t n;
	struct lw_ip ip[DNS_ADDRESSES];
};
/* The answer to what was asked with this id: the addresses that the name leads to, by aliases too. -EINVAL: it is none,
 * or another's. */
int dns_read_answer(const uint8_t *msg, size_t n, uint16_t id, const char *name, uint16_t type, struct dns_answer *ret);
/* Each letter large or small as a bit of `random` says. Who has not seen the question does not know which. */
void dns_mix(char name[static LW_DNS_NAME_MAX + 1], const uint8_t random[static DNS_MIX]);
/* The answer repeats this very name, letter for letter. */
bool dns_repeats(const uint8_t *answer, size_t n, const char *name);
/* A message of ours that asks. `name` is normalised but for large letters. Returns its length. */
size_t dns_write_question(uint16_t id, const char *name, uint16_t type, uint8_t buf[static DNS_UDP_MAX]);
/* The answer to `msg`, whose question was read: addresses of its type, or none. Returns its length. */
size_t dns_write_answer(const uint8_t *msg, const struct dns_question *q, int rcode, const struct lw_ip *ip,
			size_t n_ip, uint32_t ttl, uint8_t buf[static DNS_UDP_MAX]);
/* Is this message the answer to that one, but for the id? For what is passed on as it is. */
bool dns_answers(const uint8_t *answer, size_t n, uint16_t id, const uint8_t *question, const struct dns_question *q);

/* Nobody on the internet has this address: private, loopback, link-local, multicast and so on. */
bool dns_is_private(const struct lw_ip *ip);

#endif
