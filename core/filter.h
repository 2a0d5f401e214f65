/* filter.h: what may pass between a sandbox on a bridge network and everybody else: its packet rules (net/nft.h), its
 * policy for the network's resolver (core/resolver), and who has a port that it wants to publish. Everything is known
 * by the sandbox's id, so that whoever finds it dead can take it away. */
#ifndef LW_FILTER_H
#define LW_FILTER_H

#include "net/nft.h"
#include "spec_network.h"

struct lw_filter_network {
	const char *state; /* the state directory's path */
	const char *name, *bridge;
	struct lw_ip subnet4, subnet6, gateway4, gateway6; /* family 0: none */
};
struct lw_filter {
	const struct lw_filter_network *network;
	int state_fd;
	const char *resolver; /* lunward-resolver's path */
	const char *id, *name;
	const char *port; /* the veth's outer end */
	uint8_t mac[6];
	struct lw_ip ip4, ip6; /* with the subnet's prefix */
	const struct lw_network *spec;
};

/* Once the bridge is there, before it has a port. */
int lw_filter_network_add(const struct lw_filter_network *n, struct lw_err *err);
/* With the last network the tables go: `last`. */
int lw_filter_network_remove(const struct lw_filter_network *n, bool last, struct lw_err *err);

/* Before the port is there: nothing ever comes out of it that is not allowed. 0 or a negative errno, and then nothing
 * is left. */
int lw_filter_add(const struct lw_filter *f, struct lw_err *err);
/* After the port is gone. What is not there is no error. */
int lw_filter_remove(const struct lw_filter *f, struct lw_err *err);
/* The same without what it was made of: by the id in the names of its chains and sets. */
int lw_filter_remove_id(const char *state, int state_fd, const char *id, struct lw_err *err);

/* Is this port of the host taken by a program or another sandbox? -EADDRINUSE, naming who. */
int lw_filter_port_free(const struct lw_publish *p, struct lw_err *err);

#endif
