/* networks.h: networks by name: what is known of each (STATE/networks/<name>.json), its bridge, and who has which of
 * its addresses. One is made when the first sandbox needs it and goes with the last, unless it was declared.
 *
 * An address is an open-file-description lock on one byte of STATE/networks/<name>.leases, held by the supervisor and
 * by init: whoever dies lets go, and an address is free only when nothing can run that has it. What will be made on the
 * host is written down before it is made, so that whoever comes after a crash can take it away (lw_networks_sweep). */
#ifndef LW_NETWORKS_H
#define LW_NETWORKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "net/net.h"

#define LW_NETWORK_NAME_MAX 64
#define LW_NETWORK_MTU 1500
struct lw_named_network {
	char name[LW_NETWORK_NAME_MAX];
	char bridge[LW_IFNAME_MAX];
	struct lw_ip subnet[2];  /* IPv4, IPv6; family 0: none */
	struct lw_ip gateway[2]; /* the bridge's own, with the subnet's prefix */
	uint8_t mac[6];
	uint32_t mtu;
	bool declared;
	uint64_t namespace; /* inode of the network namespace it is in */
};
struct lw_network_want {
	const char *name;
	struct lw_ip fixed[2];  /* addresses asked for, IPv4 and IPv6; the whole width: no prefix was said */
	struct lw_ip subnet[2]; /* for one that is not there yet; family 0: chosen */
	uint32_t mtu;           /* the same; 0: LW_NETWORK_MTU */
	bool declared;
};
struct lw_network_lease {
	struct lw_named_network net;
	int bridge;              /* index of its interface */
	struct lw_ip address[2]; /* with the subnet's prefix; family 0: none */
	uint8_t mac[6];          /* made from the address */
	int fd;                  /* holds it; a copy in init does, too */
};

/* Makes the network if it is not there, and takes an address in each of its subnets. */
int lw_networks_use(int state_fd, struct lw_nl *nl, const struct lw_network_want *want, struct lw_network_lease *ret,
		    struct lw_err *err);
/* Gives it back, which is for when nothing runs any more that has it; takes the network away when nobody else is on it
 * and it was not declared. */
void lw_networks_leave(int state_fd, struct lw_network_lease *l);
/* Declares a network: -EEXIST when one of that name is declared already; one that is in use becomes declared. */
int lw_networks_create(int state_fd, struct lw_nl *nl, const struct lw_network_want *want, struct lw_err *err);
/* -EBUSY while somebody is on it. */
int lw_networks_remove(int state_fd, struct lw_nl *nl, const char *name, struct lw_err *err);
/* -ENOENT, class LW_ERR_USAGE, with the nearest name. */
int lw_networks_find(int state_fd, const char *name, struct lw_named_network *ret, struct lw_err *err);
/* Each, by name; `users` sandboxes are on it. A non-zero stops, and is returned. */
int lw_networks_each(int state_fd, int (*fn)(void *arg, const struct lw_named_network *n, unsigned users), void *arg);
/* Takes away what is left of networks that nobody is on: how many. */
unsigned lw_networks_sweep(int state_fd);

/* --- of a sandbox --- */
struct lw_network_state;
/* [{name, host_name, bridge, mac, addresses}], as `inspect` has it; [] without a network. */
json_t *lw_network_interfaces(const struct lw_network_state *n);

/* --- networks_place.c: names and subnets --- */
/* The bridge's interface: the network's name, or where that is too long its beginning and a digest, in letters that no
 * name has. */
void lw_network_bridge_name(const char *name, char ret[static LW_IFNAME_MAX]);
/* Subnets for a new network where none were asked for, clear of those in `taken` and of the host's routes and
 * addresses; those asked for are only looked at. */
struct lw_taken {
	struct lw_ip ip;
	char by[80]; /* in words, for a message */
};
int lw_network_place(const char *name, const struct lw_taken *taken, size_t n, bool inet6,
		     struct lw_ip subnet[static 2], struct lw_err *err);

/* --- networks_forward.c --- */
/* Turns forwarding on where it is off, and notes what it was; and back. `dir` is STATE/networks. */
int lw_forwarding_on(int dir, bool inet6, struct lw_err *err);
void lw_forwarding_back(int dir);
/* Of an interface that sandboxes send to: what calls itself a router there is none of the host's (CVE-2020-13401). */
void lw_no_routers_on(const char *interface);

#endif
