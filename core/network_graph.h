/* network_graph.h: networks and who is on them, as one JSON object; what `lunward network` and `graph --net` print. */
#ifndef LW_NETWORK_GRAPH_H
#define LW_NETWORK_GRAPH_H

#include <jansson.h>
#include "networks.h"

/* {name, bridge, subnets, gateways, mac, mtu, declared, users, up}. nl may be NULL: then `up` is not looked at. */
json_t *lw_network_json(const struct lw_named_network *n, unsigned users, struct lw_nl *nl);
/* Every network, by name. New reference. */
json_t *lw_networks_json(int state_fd, struct lw_nl *nl);
/* {host: {interfaces}, networks, sandboxes: [{name, id, interfaces, publish}]}: detached sandboxes that run. */
json_t *lw_network_graph(int state_fd, struct lw_nl *nl, struct lw_err *err);

#endif
