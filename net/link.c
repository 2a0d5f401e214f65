/* link.c: interfaces: bridge, veth, macvlan, dummy, and what is changed of one. */
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include "net/nl.h"

static int put_name(struct nl_msg *m, const char *name)
{
	return name ? nla_put_string(m, IFLA_IFNAME, name) : 0;
}

static int put_number(struct nl_msg *m, int type, uint32_t v)
{
	return v ? nla_put_u32(m, type, v) : 0;
}

static int put_mac(struct nl_msg *m, const uint8_t *mac)
{
	return mac ? nla_put(m, IFLA_ADDRESS, 6, mac) : 0;
}

static int put_namespace(struct nl_msg *m, int fd)
{
	return fd >= 0 ? nla_put_u32(m, IFLA_NET_NS_FD, (uint32_t)fd) : 0;
}

static struct nlattr *begin_info(struct nl_msg *m, const char *kind)
{
	struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO);
	return info && nla_put_string(m, IFLA_INFO_KIND, kind) >= 0 ? info : NULL;
}

int lw_link_add_veth(struct lw_nl *nl, const struct lw_link_veth *v)
{
	struct ifinfomsg head = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP }, peer_head = { 0 };
	struct nl_msg *m = lw_nl_request(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head,
					 "adding the interface '%s'", v->name);
	struct nlattr *info, *data, *peer;
	int r = m ? 0 : -1;

	if (r == 0 && (put_name(m, v->name) < 0 || put_number(m, IFLA_MTU, v->mtu) < 0 ||
		       put_mac(m, v->outer_mac) < 0 || put_number(m, IFLA_MASTER, (uint32_t)v->master) < 0))
		r = -1;
	if (r == 0 &&
	    (!(info = begin_info(m, "veth")) || !(data = nla_nest_start(m, IFLA_INFO_DATA)) ||
	     !(peer = nla_nest_start(m, VETH_INFO_PEER)) ||
	     nlmsg_append(m, &peer_head, sizeof peer_head, NLMSG_ALIGNTO) < 0 || put_name(m, v->peer) < 0 ||
	     put_number(m, IFLA_MTU, v->mtu) < 0 || put_mac(m, v->mac) < 0 || put_namespace(m, v->peer_namespace) < 0))
		r = -1;
	if (r == 0) {
		nla_nest_end(m, peer);
		nla_nest_end(m, data);
		nla_nest_end(m, info);
	}
	return lw_nl_queue(nl, m, r);
}

int lw_link_add_bridge(struct lw_nl *nl, const char *name, const uint8_t mac[static 6], uint32_t mtu)
{
	struct ifinfomsg head = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nl_msg *m = lw_nl_request(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head,
					 "adding the bridge '%s'", name);
	struct nlattr *info, *data;
	int r = -1;

	/* No spanning tree, so a port forwards from its first packet on. And frames to LLDP's address are what they
	 * would be anywhere else: else a port takes them as its own, past every rule of the bridge. */
	if (m && put_name(m, name) >= 0 && put_mac(m, mac) >= 0 && put_number(m, IFLA_MTU, mtu) >= 0 &&
	    (info = begin_info(m, "bridge")) && (data = nla_nest_start(m, IFLA_INFO_DATA)) &&
	    nla_put_u32(m, IFLA_BR_STP_STATE, 0) >= 0 && nla_put_u32(m, IFLA_BR_FORWARD_DELAY, 0) >= 0 &&
	    nla_put_u8(m, IFLA_BR_MCAST_SNOOPING, 0) >= 0 && nla_put_u16(m, IFLA_BR_GROUP_FWD_MASK, 1U << 0xe) >= 0) {
		nla_nest_end(m, data);
		nla_nest_end(m, info);
		r = 0;
	}
	return lw_nl_queue(nl, m, r);
}

int lw_link_add_macvlan(struct lw_nl *nl, const char *name, int link, int namespace, const uint8_t *mac, uint32_t mtu)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = lw_nl_request(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head,
					 "adding the macvlan '%s'", name);
	struct nlattr *info, *data;
	int r = -1;

	if (m && put_name(m, name) >= 0 && put_mac(m, mac) >= 0 && put_number(m, IFLA_MTU, mtu) >= 0 &&
	    put_namespace(m, namespace) >= 0 && nla_put_u32(m, IFLA_LINK, (uint32_t)link) >= 0 &&
	    (info = begin_info(m, "macvlan")) && (data = nla_nest_start(m, IFLA_INFO_DATA)) &&
	    nla_put_u32(m, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE) >= 0) {
		nla_nest_end(m, data);
		nla_nest_end(m, info);
		r = 0;
	}
	return lw_nl_queue(nl, m, r);
}

int lw_link_add_dummy(struct lw_nl *nl, const char *name)
{
	struct ifinfomsg head = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nl_msg *m = lw_nl_request(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head,
					 "adding the interface '%s'", name);
	struct nlattr *info = NULL;
	int r = m && put_name(m, name) >= 0 && (info = begin_info(m, "dummy")) ? 0 : -1;

	if (r == 0)
		nla_nest_end(m, info);
	return lw_nl_queue(nl, m, r);
}

int lw_link_change(struct lw_nl *nl, const struct lw_link_change *c)
{
	struct ifinfomsg head = { .ifi_index = c->index,
				  .ifi_flags = c->up > 0 ? IFF_UP : 0,
				  .ifi_change = c->up ? IFF_UP : 0 };
	const char *name = c->name ? c->name : c->new_name;
	struct nl_msg *m =
		name ? lw_nl_request(nl, RTM_NEWLINK, 0, &head, sizeof head, "changing the interface '%s'", name)
		     : lw_nl_request(nl, RTM_NEWLINK, 0, &head, sizeof head, "changing interface %d", c->index);
	int r = -1;

	/* With an index IFLA_IFNAME is a new name; without one it says which is meant. */
	if (m && put_name(m, c->index ? c->new_name : c->name) >= 0 && put_number(m, IFLA_MTU, c->mtu) >= 0 &&
	    put_mac(m, c->mac) >= 0 && put_number(m, IFLA_MASTER, (uint32_t)c->master) >= 0 &&
	    put_namespace(m, c->namespace) >= 0)
		r = 0;
	return lw_nl_queue(nl, m, r);
}

int lw_link_delete(struct lw_nl *nl, const char *name)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = lw_nl_request(nl, RTM_DELLINK, 0, &head, sizeof head, "removing the interface '%s'", name);

	return lw_nl_queue(nl, m, m ? put_name(m, name) : -1);
}

int lw_link_port(struct lw_nl *nl, const char *name, bool isolated)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = lw_nl_request(nl, RTM_NEWLINK, 0, &head, sizeof head, "changing the port '%s'", name);
	struct nlattr *info, *data;
	int r = -1;

	if (m && put_name(m, name) >= 0 && (info = nla_nest_start(m, IFLA_LINKINFO)) &&
	    nla_put_string(m, IFLA_INFO_SLAVE_KIND, "bridge") >= 0 &&
	    (data = nla_nest_start(m, IFLA_INFO_SLAVE_DATA)) && nla_put_u8(m, IFLA_BRPORT_ISOLATED, isolated) >= 0) {
		nla_nest_end(m, data);
		nla_nest_end(m, info);
		r = 0;
	}
	return lw_nl_queue(nl, m, r);
}

static int take_one(void *arg, const struct nlmsghdr *h)
{
	lw_nl_read_link(h, arg);
	return 0;
}

int lw_link_get(struct lw_nl *nl, const char *name, struct lw_link *ret, struct lw_err *err)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = lw_nl_request(nl, RTM_GETLINK, 0, &head, sizeof head, "the interface '%s'", name);
	struct lw_link link = { 0 };

	if (m && put_name(m, name) < 0) {
		nlmsg_free(m);
		m = NULL;
	}
	int r = lw_nl_ask(nl, m, take_one, &link, err);
	if (r >= 0 && !link.index)
		r = lw_fail(err, -ENODEV, "the interface '%s': %s", name, strerror(ENODEV));
	if (r >= 0)
		*ret = link;
	return r;
}

struct links {
	struct lw_link *v;
	size_t n;
};

static int take_each(void *arg, const struct nlmsghdr *h)
{
	struct links *l = arg;
	struct lw_link one, *v;

	if (!lw_nl_read_link(h, &one))
		return 0;
	v = l->n % 16 ? l->v : reallocarray(l->v, l->n + 16, sizeof *v);
	if (!v)
		return -ENOMEM;
	l->v = v;
	l->v[l->n++] = one;
	return 0;
}

int lw_link_list(struct lw_nl *nl, struct lw_link **ret, size_t *ret_n, struct lw_err *err)
{
	struct ifinfomsg head = { 0 };
	struct links l = { 0 };
	int r = lw_nl_ask(nl, lw_nl_request(nl, RTM_GETLINK, NLM_F_DUMP, &head, sizeof head, "listing interfaces"),
			  take_each, &l, err);

	if (r < 0) {
		free(l.v);
		return r;
	}
	*ret = l.v;
	*ret_n = l.n;
	return 0;
}
