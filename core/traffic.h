/* traffic.h: what may pass between a sandbox on a bridge network and everybody else: its packet rules (net/nft.h), its
 * policy for the network's resolver (core/resolver), and who has a port that it wants to publish. Everything is known
 * by the sandbox's id, so that whoever finds it dead can take it away. */
#ifndef LW_TRAFFIC_H
#define LW_TRAFFIC_H

#include "net/nft.h"
#include "spec_network.h"

struct lw_traffic_network {
	int state_fd; /* the state directory's */
	const char *name, *bridge;
	struct lw_ip subnet4, subnet6, gateway4, gateway6; /* family 0: none */
};
struct lw_traffic {
	const struct lw_traffic_network *network;
	const char *id, *name;
	const char *port; /* the veth's outer end */
	uint8_t mac[6];
	struct lw_ip ip4, ip6; /* with the subnet's prefix */
	const struct lw_network *spec;
};

/* Once the bridge is there, before it has a port. */
int lw_traffic_network_add(const struct lw_traffic_network *n, struct lw_err *err);
/* With the last network the tables go: `last`. */
int lw_traffic_network_remove(const struct lw_traffic_network *n, bool last, struct lw_err *err);

/* Before the port is there: nothing ever comes out of it that is not allowed. 0 or a negative errno, and then nothing
 * is left. *ret_undo is what takes it away. */
int lw_traffic_add(const struct lw_traffic *f, struct lw_text *ret_undo, struct lw_err *err);
/* After the port is gone. What is not there is no error. */
int lw_traffic_undo(int state_fd, const char *id, const struct lw_text *undo, struct lw_err *err);
/* The same without `undo`: by the id in the names of its chains and sets. */
int lw_traffic_remove_id(int state_fd, const char *id, struct lw_err *err);
/* Takes away the rules of those who are dead and whose port is gone; how many. */
unsigned lw_traffic_sweep(int state_fd);

/* Is this port of the host taken by a program or another sandbox? -EADDRINUSE, naming who. */
int lw_traffic_port_free(const struct lw_publish *p, struct lw_err *err);

#endif
