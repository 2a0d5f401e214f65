/* nft.h: the packet rules of lunward's networks: one pair of tables (inet and bridge) for each state directory, whose
 * rules stand still; a network or a sandbox adds elements to their sets, and a sandbox chains of its own. The text for
 * nft(8) is made here, in one transaction for each act, and run by a child process. docs/network.md shows the whole. */
#ifndef LW_NET_NFT_H
#define LW_NET_NFT_H

#include "base/text.h"
#include "net/egress.h"

#define LW_NFT_TABLE_MAX 24
/* The tables' name: of the state directory (absolute), so that two do not touch each other's. Returns buf. */
char *lw_nft_table(const char *state_dir, char buf[static LW_NFT_TABLE_MAX]);

struct lw_nft_network {
	const char *table, *bridge;
	struct lw_ip subnet4, subnet6; /* family 0: none */
};
struct lw_nft_publish {
	struct lw_ip address; /* of the host; family 0: every one */
	uint16_t host, port, count;
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
};
struct lw_nft_sandbox {
	const char *table;
	const char *id;   /* hexadecimal */
	const char *name; /* for people */
	const char *port; /* its veth's outer end */
	uint8_t mac[6];
	struct lw_ip ip4, ip6;           /* with the subnet's prefix; family 0: none */
	struct lw_ip gateway4, gateway6; /* the bridge's own; family 0: none */
	size_t n_publish;
	const struct lw_nft_publish *publish;
	bool filter; /* nothing may be connected to but by `rules` */
	size_t n_rules;
	const struct lw_egress_rule *rules;
	bool isolate;
	uint64_t out, in; /* bytes each second that it may send, and be sent; 0: no limit */
};

/* The tables with their rules, and a network in them. Whether they are there already makes no difference. */
void lw_nft_network_add(const struct lw_nft_network *n, struct lw_text *t);
void lw_nft_network_remove(const struct lw_nft_network *n, struct lw_text *t);
/* Takes the tables, with everything. */
void lw_nft_tables_remove(const char *table, struct lw_text *t);
/* `remove` undoes exactly what `add` does, which either was done as a whole or not at all. */
void lw_nft_sandbox_add(const struct lw_nft_sandbox *s, struct lw_text *t);
void lw_nft_sandbox_remove(const struct lw_nft_sandbox *s, struct lw_text *t);

/* Rules on names that open the same ports share a set. Which one, counted from 0, or -1: the rule is no name's. */
int lw_nft_name_set(const struct lw_egress_rule *rules, size_t n, size_t i);
/* An address that a name led to, into that set, for so many seconds; one that is there is kept longer. */
void lw_nft_name_add(const char *table, const char *id, int set, const struct lw_ip *ip, unsigned seconds,
		     struct lw_text *t);

/* Begins and ends a transaction; the functions above add to one. */
void lw_nft_begin(struct lw_text *t);
void lw_nft_end(struct lw_text *t);
/* Runs nft(8) on one: all of it or nothing. -ENOENT also when there is no nft; -EEXIST: somebody has an element that
 * was to be added, which only a published port can be. */
int lw_nft_run(const struct lw_text *t, struct lw_err *err);
/* What nft lists, as JSON, at most 64 MiB; malloc'ed. `args` are its arguments behind "-j", NULL-terminated. */
int lw_nft_list(const char *const *args, char **ret, size_t *ret_len, struct lw_err *err);

#endif
