/* network_graph.c: see network_graph.h. From records and from what the kernel lists; nothing is made or changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "network_graph.h"
#include "record_state.h"

json_t *lw_network_json(const struct lw_named_network *n, unsigned users, struct lw_nl *nl)
{
	json_t *subnets = json_array(), *gateways = json_array();
	char text[LW_IP_MAX], mac[LW_MAC_MAX];
	struct lw_link link;

	for (int i = 0; i < 2; i++)
		if (n->subnet[i].family) {
			json_array_append_new(subnets, json_string(lw_ip_format(&n->subnet[i], text)));
			json_array_append_new(gateways, json_string(lw_ip_format_host(&n->gateway[i], text)));
		}
	json_t *o = json_pack("{s:s,s:s,s:o,s:o,s:s,s:i,s:b,s:i}", "name", n->name, "bridge", n->bridge, "subnets",
			      subnets, "gateways", gateways, "mac", lw_mac_format(n->mac, mac), "mtu", (int)n->mtu,
			      "declared", n->declared, "users", (int)users);
	if (nl)
		json_object_set_new(o, "up", json_boolean(lw_link_get(nl, n->bridge, &link, NULL) >= 0 && link.up));
	return o;
}

struct listing {
	json_t *list;
	struct lw_nl *nl;
};

static int add_network(void *arg, const struct lw_named_network *n, unsigned users)
{
	struct listing *l = arg;
	return json_array_append_new(l->list, lw_network_json(n, users, l->nl));
}

json_t *lw_networks_json(int state_fd, struct lw_nl *nl)
{
	struct listing l = { json_array(), nl };
	lw_networks_each(state_fd, add_network, &l);
	return l.list;
}

static int add_sandbox(void *arg, struct lw_record *r)
{
	json_t *list = arg, *interfaces = json_object_get(json_object_get(r->data, "network"), "interfaces");
	json_auto_t *spec = NULL;

	if (!lw_record_runs(r) || !json_array_size(interfaces))
		return 0;
	spec = lw_record_spec(r);
	json_t *publish = json_object_get(json_object_get(spec, "network"), "publish");
	return json_array_append_new(list, json_pack("{s:s?,s:s,s:O,s:o}", "name",
						     json_string_value(json_object_get(r->data, "name")), "id", r->id,
						     "interfaces", interfaces, "publish",
						     publish ? json_incref(publish) : json_array()));
}

/* The host's own: without what belongs to networks and sandboxes. */
static json_t *host_interfaces(struct lw_nl *nl, const json_t *networks, struct lw_err *err)
{
	_cleanup_free_ struct lw_link *links = NULL;
	_cleanup_free_ struct lw_addr *addrs = NULL;
	size_t n = 0, n_addrs = 0, i;
	json_t *list, *o;

	if (lw_link_list(nl, &links, &n, err) < 0 || lw_addr_list(nl, &addrs, &n_addrs, err) < 0)
		return NULL;
	list = json_array();
	for (size_t k = 0; k < n; k++) {
		bool ours = false;
		char text[LW_IP_MAX], mac[LW_MAC_MAX];
		json_array_foreach(networks, i, o) ours =
			ours || !strcmp(links[k].name, json_string_value(json_object_get(o, "bridge")));
		for (size_t m = 0; m < n && links[k].master && !ours; m++)
			json_array_foreach(networks, i, o) ours =
				ours || (links[m].index == links[k].master &&
					 !strcmp(links[m].name, json_string_value(json_object_get(o, "bridge"))));
		if (ours)
			continue;
		json_t *addresses = json_array();
		for (size_t m = 0; m < n_addrs; m++)
			if (addrs[m].link == links[k].index)
				json_array_append_new(addresses, json_string(lw_ip_format(&addrs[m].ip, text)));
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:b,s:o}", "name", links[k].name, "kind",
						      links[k].kind, "mac", lw_mac_format(links[k].mac, mac), "up",
						      links[k].up, "addresses", addresses));
	}
	return list;
}

json_t *lw_network_graph(int state_fd, struct lw_nl *nl, struct lw_err *err)
{
	json_t *networks = lw_networks_json(state_fd, nl), *sandboxes = json_array();
	json_t *host = host_interfaces(nl, networks, err);

	if (!host) {
		json_decref(networks);
		json_decref(sandboxes);
		return NULL;
	}
	lw_record_each(state_fd, add_sandbox, sandboxes);
	return json_pack("{s:{s:o},s:o,s:o}", "host", "interfaces", host, "networks", networks, "sandboxes", sandboxes);
}
