/* op_network.c: the interface of a sandbox, made by the host side: the network and an address in it before the clone,
 * then a veth whose inner end is born in the sandbox's namespace, with its addresses and routes, while the child waits.
 * What it holds goes when the sandbox does: the namespace takes its interfaces along, so nothing is removed by hand. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "op_network.h"

static struct lw_network_state *state(struct lw_run *run, struct lw_host_state *st, struct lw_err *err)
{
	struct lw_network_state *n = st->network;

	if (n)
		return n;
	n = calloc(1, sizeof *n);
	if (!n || lw_nl_open(&n->outer, err) < 0) {
		if (!n)
			lw_fail(err, -ENOMEM, "out of memory");
		free(n);
		return NULL;
	}
	n->state_fd = fcntl(run->plan->pool.state_fd, F_DUPFD_CLOEXEC, 3);
	n->lease.fd = -1;
	return st->network = n;
}

static void parse_addresses(const struct lw_network *from, struct lw_ip ret[static 2])
{
	for (size_t i = 0; i < from->addresses.n; i++) {
		struct lw_ip ip;
		if (lw_ip_parse(from->addresses.v[i], &ip) >= 0)
			ret[ip.family == AF_INET6] = ip;
	}
}

static void parse_gateway(const struct lw_network *from, struct lw_ip ret[static 2])
{
	struct lw_ip ip;

	if (from->gateway) /* said: then nothing else is one */
		memset(ret, 0, 2 * sizeof *ret);
	if (from->gateway && *from->gateway && lw_ip_parse(from->gateway, &ip) >= 0)
		ret[ip.family == AF_INET6] = ip;
}

/* As the child will set it: a name made from the id has its digits at a place that the operation tells. */
static void host_name(const struct lw_run *run, char ret[static 72])
{
	const struct lw_plan *p = run->plan;

	ret[0] = '\0';
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == LW_OP_HOSTNAME) {
			size_t at = (size_t)p->ops[i].num[0];
			int n = snprintf(ret, 72, "%s", p->ops[i].str[0]);
			if (at && n < 72 && at + LW_NAME_ID <= (size_t)n)
				memcpy(ret + at, run->id, LW_NAME_ID);
		}
}

/* What is in /etc/hosts: loopback, ourselves, and who the profile names. */
static int write_hosts(struct lw_run *run, struct lw_network_state *n, struct lw_err *err)
{
	const struct lw_network *from = run->plan->network;
	char text[LW_IP_MAX], name[72];

	host_name(run, name);
	lw_text_add(&n->hosts, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	for (int i = 0; i < 2; i++)
		if (n->address[i].family && name[0])
			lw_text_addf(&n->hosts, "%s\t%s\n", lw_ip_format_host(&n->address[i], text), name);
	for (size_t i = 0; i < from->hosts.n; i++)
		if (from->hosts.v[i].value)
			lw_text_addf(&n->hosts, "%s\t%s\n", from->hosts.v[i].value, from->hosts.v[i].key);
	if (n->hosts.failed)
		return lw_fail(err, -ENOMEM, "out of memory");
	run->hosts = n->hosts.buf;
	for (int i = 0; i < 2; i++)
		if (n->lease.fd >= 0 && n->address[i].family && n->lease.net.gateway[i].family)
			lw_text_addf(&n->servers, "nameserver %s\n", lw_ip_format_host(&n->lease.net.gateway[i], text));
	if (n->servers.failed)
		return lw_fail(err, -ENOMEM, "out of memory");
	run->servers = n->servers.buf;
	return 0;
}

/* --- before the clone --- */

/* A network that is not there yet has the subnet of an address that was asked for. */
static int use(struct lw_run *run, struct lw_network_state *n, const struct lw_op *op, struct lw_err *err)
{
	const struct lw_network *from = run->plan->network;
	struct lw_network_want want = { .name = op->str[0], .mtu = (uint32_t)from->mtu };

	if (from->kind != LW_NET_BRIDGE) {
		parse_addresses(from, n->address);
		return write_hosts(run, n, err);
	}
	parse_addresses(from, want.fixed);
	for (int i = 0; i < 2; i++)
		if (want.fixed[i].family && want.fixed[i].prefix < lw_ip_width(want.fixed[i].family))
			want.subnet[i] = lw_ip_subnet(&want.fixed[i]);
	int r = lw_networks_use(n->state_fd, n->outer, &want, &n->lease, err);
	if (r < 0)
		return r;
	run->address_lease = n->lease.fd;
	for (int i = 0; i < 2; i++) {
		n->address[i] = n->lease.address[i];
		n->gateway[i] = n->lease.net.gateway[i];
		if (!n->address[i].family)
			n->gateway[i].family = 0;
	}
	memcpy(n->mac, n->lease.mac, sizeof n->mac);
	n->mtu = from->mtu ? (uint32_t)from->mtu : n->lease.net.mtu;
	return write_hosts(run, n, err);
}

/* --- after it --- */

/* The outer end: of the sandbox, and not one that an instance before this one has had. */
static void name_veth(const struct lw_host_state *st, char ret[static LW_IFNAME_MAX])
{
	uint16_t more = 0;

	if (getrandom(&more, sizeof more, GRND_NONBLOCK) != sizeof more)
		more = (uint16_t)getpid();
	snprintf(ret, LW_IFNAME_MAX, "lw%.8s%04x", st->id, more);
}

static int add_veth(const struct lw_run *run, struct lw_network_state *n, const struct lw_host_state *st,
		    const struct lw_network *from, int into, struct lw_err *err)
{
	name_veth(st, n->host_name);
	int r = lw_host_traffic_add(run, st, n, err);
	if (r < 0)
		return r;
	lw_link_add_veth(n->outer, &(struct lw_link_veth){ .name = n->host_name,
							   .peer = n->interface,
							   .peer_namespace = into,
							   .mac = n->mac,
							   .mtu = n->mtu,
							   .master = n->lease.bridge });
	if (from->isolate)
		lw_link_port(n->outer, n->host_name, true);
	r = lw_nl_commit(n->outer, err);
	if (r == -EXFULL) {
		lw_fail(err, r, "network \"%s\" has as many sandboxes as a bridge has ports", n->lease.net.name);
		lw_err_hint(err, "the kernel's limit is 1023: put further ones on another network");
	}
	if (r >= 0)
		lw_no_routers_on(n->host_name);
	return r;
}

static int host_link(struct lw_network_state *n, const char *name, struct lw_link *ret, struct lw_err *err)
{
	int r = lw_link_get(n->outer, name, ret, err);

	if (r == -ENODEV) {
		lw_fail(err, r, "the host has no interface '%s'", name);
		lw_err_hint(err, "`ip link` shows them");
	}
	snprintf(n->host_name, sizeof n->host_name, "%s", name);
	return r;
}

static int add_macvlan(struct lw_network_state *n, const struct lw_network *from, int into, struct lw_err *err)
{
	struct lw_link on;
	int r = host_link(n, from->macvlan, &on, err);

	if (r < 0)
		return r;
	lw_link_add_macvlan(n->outer, n->interface, on.index, into, from->mac ? n->mac : NULL, n->mtu);
	return lw_nl_commit(n->outer, err);
}

static int move_in(struct lw_network_state *n, const struct lw_network *from, int into, struct lw_err *err)
{
	struct lw_link link;
	int r = host_link(n, from->move, &link, err);

	if (r < 0)
		return r;
	n->was_up = link.up;
	lw_link_change(n->outer,
		       &(struct lw_link_change){ .index = link.index, .new_name = n->interface, .namespace = into });
	r = lw_nl_commit(n->outer, err);
	n->moved = r >= 0;
	return r;
}

/* A gateway that is on none of the interface's subnets is made reachable: it is on the link. */
static void add_routes(struct lw_network_state *n, int link)
{
	for (int i = 0; i < 2; i++) {
		struct lw_route over = { .to = { .family = i ? AF_INET6 : AF_INET },
					 .gateway = n->gateway[i],
					 .link = link };
		struct lw_route to = { .to = n->gateway[i], .link = link };
		if (!n->gateway[i].family)
			continue;
		to.to.prefix = lw_ip_width(to.to.family);
		if (!n->address[i].family || !lw_ip_within(&n->address[i], &n->gateway[i]))
			lw_route_add(n->inner, &to);
		lw_route_add(n->inner, &over);
	}
}

static int configure(struct lw_network_state *n, struct lw_err *err)
{
	struct lw_link link;
	int r = lw_link_get(n->inner, n->interface, &link, err);

	if (r < 0)
		return r;
	memcpy(n->mac, link.mac, sizeof n->mac);
	n->inside = link;
	for (int i = 0; i < 2; i++)
		if (n->address[i].family)
			lw_addr_add(n->inner, link.index, &n->address[i]);
	lw_link_change(n->inner, &(struct lw_link_change){
					 .index = link.index, .up = 1, .mtu = n->moved ? n->mtu : 0, .namespace = -1 });
	add_routes(n, link.index);
	return lw_nl_commit(n->inner, err);
}

static int make_link(struct lw_run *run, struct lw_host_state *st, struct lw_network_state *n, const struct lw_op *op,
		     struct lw_err *err)
{
	const struct lw_network *from = run->plan->network;
	_cleanup_close_ int into = -1;
	int r = lw_nl_adopt(TAKE_FD(run->network), &n->inner, err);

	if (r >= 0)
		r = into = lw_nl_namespace(n->inner, err);
	snprintf(n->interface, sizeof n->interface, "%s", op->str[1]);
	if (from->mac)
		lw_mac_parse(from->mac, n->mac);
	if (from->mtu)
		n->mtu = (uint32_t)from->mtu;
	parse_gateway(from, n->gateway);
	if (r >= 0)
		r = from->kind == LW_NET_BRIDGE ? add_veth(run, n, st, from, into, err)
		    : from->kind == LW_NET_MOVE ? move_in(n, from, into, err)
						: add_macvlan(n, from, into, err);
	if (r >= 0)
		r = configure(n, err);
	if (!n->moved)
		n->inner = lw_nl_close(n->inner);
	return r;
}

int lw_host_network(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	struct lw_network_state *n = state(run, st, err);

	if (!n)
		return err && err->code ? -err->code : -ENOMEM;
	return op->kind == LW_OP_NETWORK_USE ? use(run, n, op, err) : make_link(run, st, n, op, err);
}

json_t *lw_network_interfaces(const struct lw_network_state *n)
{
	json_t *list = json_array(), *addresses = json_array();
	char text[LW_IP_MAX], mac[LW_MAC_MAX];

	for (int i = 0; i < 2 && n; i++)
		if (n->address[i].family)
			json_array_append_new(addresses, json_string(lw_ip_format(&n->address[i], text)));
	if (n)
		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:s?,s:s,s:O}", "name", n->interface, "host_name",
						n->host_name, "bridge", n->lease.fd >= 0 ? n->lease.net.bridge : NULL,
						"mac", lw_mac_format(n->mac, mac), "addresses", addresses));
	json_decref(addresses);
	return list;
}

/* Still the one that was moved in: those inside may have named another one as it was. */
static bool is_inside(struct lw_network_state *n)
{
	_cleanup_free_ struct lw_link *all = NULL;
	size_t count = 0;
	bool found = false;

	if (lw_link_list(n->inner, &all, &count, NULL) < 0)
		return false;
	for (size_t i = 0; i < count && !found; i++)
		found = all[i].index == n->inside.index && !strcmp(all[i].kind, n->inside.kind);
	return found;
}

/* A namespace that ends gives hardware back to the first one of all, and destroys what is not hardware. */
static void move_back(struct lw_network_state *n)
{
	int home = lw_nl_namespace(n->outer, NULL);

	if (home >= 0 && is_inside(n)) {
		lw_link_change(n->inner,
			       &(struct lw_link_change){ .index = n->inside.index, .up = -1, .namespace = -1 });
		lw_link_change(n->inner, &(struct lw_link_change){ .index = n->inside.index,
								   .new_name = n->host_name,
								   .namespace = home });
		if (lw_nl_commit(n->inner, NULL) >= 0 && n->was_up) {
			lw_link_change(n->outer,
				       &(struct lw_link_change){ .name = n->host_name, .up = 1, .namespace = -1 });
			(void)lw_nl_commit(n->outer, NULL);
		}
	}
	lw_close_p(&home);
}

void lw_host_network_undo(struct lw_host_state *st)
{
	struct lw_network_state *n = st->network;

	if (!n)
		return;
	st->network = NULL;
	if (n->moved)
		move_back(n);
	lw_host_traffic_remove(n);
	lw_networks_leave(n->state_fd, &n->lease);
	lw_nl_close(n->inner);
	lw_nl_close(n->outer);
	lw_close_p(&n->state_fd);
	lw_text_done(&n->hosts);
	lw_text_done(&n->servers);
	free(n);
}
