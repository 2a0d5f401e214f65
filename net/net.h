/* net.h: rtnetlink(7): interfaces, addresses, routes and neighbours of one network namespace. Requests are queued and
 * go to the kernel together; every answer is read. A failure says which request it was, and what the kernel said.
 *
 * What costs is known here: a peer is born inside its namespace (a device that is moved waits for RCU, 30 ms),
 * interfaces are asked for by name and never listed for it, and nothing is deleted that goes away with its namespace.
 */
#ifndef LW_NET_H
#define LW_NET_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "base/ip.h"

#define LW_IFNAME_MAX 16

/* --- a namespace --- */
struct lw_nl;
/* The calling thread's own network namespace. */
int lw_nl_open(struct lw_nl **ret, struct lw_err *err);
/* The one in which the socket was opened; takes it. */
int lw_nl_adopt(int fd, struct lw_nl **ret, struct lw_err *err);
struct lw_nl *lw_nl_close(struct lw_nl *nl);
/* A descriptor of the namespace. */
int lw_nl_namespace(const struct lw_nl *nl, struct lw_err *err);
/* Sends what is queued and reads every answer. The first request that failed is told of: 0 or its errno. */
int lw_nl_commit(struct lw_nl *nl, struct lw_err *err);

/* --- links --- */
struct lw_link {
	int index;
	char name[LW_IFNAME_MAX];
	char kind[16]; /* "veth", "bridge"; "" of hardware and loopback */
	uint8_t mac[6];
	uint32_t mtu;
	int master; /* index of its bridge, or 0 */
	bool up;
};
/* At once, by name. -ENODEV: there is none. */
int lw_link_get(struct lw_nl *nl, const char *name, struct lw_link *ret, struct lw_err *err);
/* At once: every one, in the kernel's order; malloc'ed. */
int lw_link_list(struct lw_nl *nl, struct lw_link **ret, size_t *ret_n, struct lw_err *err);

struct lw_link_veth {
	const char *name, *peer;
	int peer_namespace;       /* descriptor, or -1: the same */
	const uint8_t *mac;       /* of the peer, or NULL */
	const uint8_t *outer_mac; /* or NULL */
	uint32_t mtu;             /* of both, or 0 */
	int master;               /* of the outer end, or 0 */
};
struct lw_link_change {
	const char *name; /* which; or NULL: by index */
	int index;
	const char *new_name; /* or NULL */
	int up;               /* 1 up, -1 down, 0 as it is */
	uint32_t mtu;         /* or 0 */
	const uint8_t *mac;   /* or NULL */
	int master;           /* or 0 */
	int namespace;        /* where it moves to, or -1 */
};
/* Queued. */
int lw_link_add_veth(struct lw_nl *nl, const struct lw_link_veth *v);
int lw_link_add_bridge(struct lw_nl *nl, const char *name, const uint8_t mac[static 6], uint32_t mtu);
/* On the interface `link` of this namespace, born in another one (or -1: this). */
int lw_link_add_macvlan(struct lw_nl *nl, const char *name, int link, int namespace, const uint8_t *mac, uint32_t mtu);
int lw_link_add_dummy(struct lw_nl *nl, const char *name);
int lw_link_change(struct lw_nl *nl, const struct lw_link_change *c);
int lw_link_delete(struct lw_nl *nl, const char *name);
/* Of a port of a bridge: nothing passes between isolated ones. */
int lw_link_port(struct lw_nl *nl, const char *name, bool isolated);

/* --- addresses, routes, neighbours --- */
struct lw_addr {
	int link;
	struct lw_ip ip;
};
struct lw_route {
	struct lw_ip to; /* prefix 0: everything */
	struct lw_ip gateway;
	int link;
};
/* Queued. An IPv6 address is not looked for on the link first: it is known to be free. */
int lw_addr_add(struct lw_nl *nl, int link, const struct lw_ip *ip);
int lw_addr_delete(struct lw_nl *nl, int link, const struct lw_ip *ip);
int lw_route_add(struct lw_nl *nl, const struct lw_route *r);
int lw_route_delete(struct lw_nl *nl, const struct lw_route *r);
/* Who has the address, for good. */
int lw_neigh_add(struct lw_nl *nl, int link, const struct lw_ip *ip, const uint8_t mac[static 6]);
/* At once; malloc'ed. */
int lw_addr_list(struct lw_nl *nl, struct lw_addr **ret, size_t *ret_n, struct lw_err *err);
int lw_route_list(struct lw_nl *nl, struct lw_route **ret, size_t *ret_n, struct lw_err *err);

#endif
