/* resolver.h: lunward-resolver, two processes for each network. The worker reads what sandboxes and name servers send,
 * and may do nothing but talk to them and to the keeper; the keeper, which alone may change packet rules, reads the
 * policies and lets an address in only when policy says so, whatever the worker asks. */
#ifndef LW_RESOLVER_RESOLVER_H
#define LW_RESOLVER_RESOLVER_H

#include "resolver/policy.h"

#define RESOLVER_PORT 53
#define RESOLVER_SOCKETS 4

/* Messages between the two, each one packet of a socketpair. */
enum resolver_message {
	RESOLVER_POLICY = 'p',  /* to the worker: id, NUL, text */
	RESOLVER_DROP = 'd',    /* to the worker: id */
	RESOLVER_SERVERS = 's', /* to the worker: struct lw_ip, as many as there are */
	RESOLVER_GRANT = 'g',   /* to the keeper: struct resolver_grant; and back: struct resolver_granted */
};
struct resolver_grant {
	uint32_t serial, ttl;
	uint64_t sets;
	char id[65];
	uint8_t n;
	struct lw_ip ip[DNS_ADDRESSES];
};
struct resolver_granted {
	uint32_t serial;
	uint32_t taken; /* bit i: ip[i] is in the sets */
	bool ok;
};
_Static_assert(DNS_ADDRESSES <= 32, "a bit for each address");
#define RESOLVER_PACKET_MAX (POLICY_TEXT_MAX + 128)

/* sockets: bound to the network's gateway addresses, udp and tcp in turn, -1 where there is none. Returns when the
 * keeper is gone. */
void resolver_work(int keeper, const int sockets[RESOLVER_SOCKETS]);
/* Watches the directory of policies until it holds none; then returns 0. */
int resolver_keep(int worker, int dir, const char *table, struct lw_err *err);
bool resolver_needed(int dir); /* a policy is there */
/* Gives up everything but what resolver_work needs. 0 or a negative errno. */
int resolver_confine(void);

#endif
