/* policy.h: whom the resolver answers what. A file for each sandbox of the network, written by whoever launches it; its
 * lines are "name NAME", "ip ADDRESS" (its own), "filter", "allow SET RULE", "net SUBNET" (private addresses it may
 * have anyway) and "server ADDRESS" (whom to ask for it). */
#ifndef LW_RESOLVER_POLICY_H
#define LW_RESOLVER_POLICY_H

#include "resolver/dns.h"

#define POLICY_TEXT_MAX 131072
#define POLICY_SETS 64
#define POLICY_SERVERS 3

struct policy_rule {
	struct lw_egress_rule rule;
	int set;
};
struct policy_sandbox {
	char id[65];
	char name[64];
	struct lw_ip ip[2];
	bool filter;
	size_t n_rules, n_nets, n_servers;
	struct policy_rule *rules;
	struct lw_ip *nets;
	struct lw_ip server[POLICY_SERVERS];
	unsigned tokens; /* questions it may still ask in this second, which began at `refilled` */
	int64_t refilled;
};
struct policy {
	size_t n;
	struct policy_sandbox *v;
};

/* Takes or replaces the sandbox `id`, as its file has it. */
int policy_put(struct policy *p, const char *id, const char *text, struct lw_err *err);
void policy_drop(struct policy *p, const char *id);
void policy_done(struct policy *p);
const struct policy_sandbox *policy_by_id(const struct policy *p, const char *id);
const struct policy_sandbox *policy_by_ip(const struct policy *p, const struct lw_ip *ip);

enum verdict {
	VERDICT_REFUSE,  /* no such name, for this one */
	VERDICT_NOTHING, /* a name it may have, and nothing of this type */
	VERDICT_LOCAL,   /* a sandbox of this network */
	VERDICT_ASK,     /* the world is asked; addresses alone come back */
	VERDICT_PASS,    /* the question is passed on as it is */
};
/* *ret_local: of VERDICT_LOCAL; *ret_sets: bit i: its addresses go to set i before it hears of them. */
enum verdict policy_decide(const struct policy *p, const struct policy_sandbox *s, const struct dns_question *q,
			   const struct policy_sandbox **ret_local, uint64_t *ret_sets);
/* May an address from the world be told, and reached by, this sandbox? */
bool policy_takes(const struct policy_sandbox *s, const struct lw_ip *ip);
/* Seconds that an address of so long a life is kept. */
unsigned policy_seconds(uint32_t ttl);

#endif
