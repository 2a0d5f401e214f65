/* op_network.h: what a sandbox's network holds on the host while it lives. Private to the host side of a launch. */
#ifndef LW_OP_NETWORK_H
#define LW_OP_NETWORK_H

#include "base/text.h"
#include "networks.h"
#include "op_host.h"

struct lw_network_state {
	int state_fd;                  /* our own: the plan is gone when it is needed last */
	struct lw_nl *outer;           /* the host side's namespace */
	struct lw_nl *inner;           /* the sandbox's; kept where an interface has to be brought back */
	struct lw_network_lease lease; /* fd -1: none */
	char interface[LW_IFNAME_MAX]; /* inside */
	char host_name[LW_IFNAME_MAX]; /* of a veth its outer end, else the host's interface */
	struct lw_link inside;         /* as it was when it was set up */
	bool moved, was_up;            /* host_name is inside and has to come back */
	uint8_t mac[6];
	struct lw_ip address[2]; /* family 0: none */
	struct lw_ip gateway[2];
	uint32_t mtu;
	struct lw_text hosts, servers;
	char id[65];
	struct lw_text traffic; /* what takes its packet rules away; NULL: there are none */
};

/* op_traffic.c: what may pass over its veth, before that is there, and after it is gone. */
int lw_host_traffic_add(const struct lw_run *run, const struct lw_host_state *st, struct lw_network_state *n,
			struct lw_err *err);
void lw_host_traffic_remove(struct lw_network_state *n);

#endif
