/* stage_network.c: the interface of a sandbox: which network gives it an address, what is made on the host and inside,
 * and the files that tell of it. What it will be called and which address it has is the launch's to find. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/ip.h"
#include "base/text.h"
#include "root_layout.h"
#include "stage.h"

static int refuse(const struct lw_network *n, int code, const char *key, const char *msg, const char *hint,
		  struct lw_err *err)
{
	lw_fail(err, code, "%s", msg);
	if (hint)
		lw_err_hint(err, "%s", hint);
	lw_err_at(err, n->rec.origin);
	lw_err_in(err, "%s", key);
	return code;
}

static const char *joined(struct lw_plan *p, const struct lw_strlist *l)
{
	return !l->n ? "auto" : l->n == 1 ? l->v[0] : lw_arena_printf(p->arena, "%s,%s", l->v[0], l->v[1]);
}

static int check(const struct lw_plan *p, const struct lw_network *n, struct lw_err *err)
{
	struct lw_ip ip;

	if (!p->host->privileged)
		return refuse(n, -EPERM, "network", "an interface between host and sandbox needs root",
			      "run as root, or write network = \"host\" or \"none\"", err);
	for (size_t i = 0; i < n->addresses.n; i++) {
		bool whole = lw_ip_parse(n->addresses.v[i], &ip) < 0 || !strchr(n->addresses.v[i], '/');
		if (n->kind != LW_NET_BRIDGE && whole)
			return refuse(n, -EINVAL, "network.address", "needs the prefix of its subnet",
				      "\"10.0.0.5/24\"", err);
		if (ip.family == 10 /* AF_INET6 */ && n->mtu && n->mtu < 1280)
			return refuse(n, -EINVAL, "network.mtu", "IPv6 needs 1280", NULL, err);
	}
	return 0;
}

int lw_stage_network(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_network *n = &p->spec->network;

	if (!lw_network_has_link(n))
		return 0;
	int r = check(p, n, err);
	if (r < 0)
		return r;
	p->network = n;
	return PLAN_OP(p, LW_OP_NETWORK_USE, &n->rec, "network",
		       .str = { n->kind == LW_NET_BRIDGE ? n->bridge : NULL, joined(p, &n->addresses) });
}

int lw_stage_network_link(struct lw_plan *p, struct lw_err *err)
{
	static const char *const kinds[] = {
		[LW_NET_BRIDGE] = "veth", [LW_NET_MACVLAN] = "macvlan", [LW_NET_MOVE] = "move"
	};
	const struct lw_network *n = p->network;

	(void)err;
	if (!n)
		return 0;
	const char *on = n->kind == LW_NET_BRIDGE ? n->bridge : n->kind == LW_NET_MOVE ? n->move : n->macvlan;
	/* What is moved keeps its name unless another one is asked for. */
	bool named = lw_is_set(&n->rec, LW_NETWORK_KEY_INTERFACE) || n->kind != LW_NET_MOVE;
	return PLAN_OP(p, LW_OP_NETWORK_LINK, &n->rec, "network",
		       .str = { kinds[n->kind], named ? n->interface : n->move, on }, .num = { n->mtu, n->isolate });
}

static const char *resolv_conf(struct lw_plan *p, const struct lw_strlist *dns)
{
	const char *text = "";

	for (size_t i = 0; i < dns->n && text; i++)
		text = lw_arena_printf(p->arena, "%snameserver %s\n", text, dns->v[i]);
	return text;
}

/* Over what the root has there, unless the profile brings its own. */
int lw_plan_network_files(struct lw_plan *p)
{
	const struct lw_network *n = &p->spec->network;
	int r = 0;

	if (p->spec->root.kind == LW_ROOT_EMPTY)
		return 0;
	if (p->network && !lw_root_layout_find(p->layout, "/etc/hosts"))
		r = PLAN_OP(p, LW_OP_NETWORK_HOSTS, &n->rec, "network.hosts", .str = { "/etc/hosts" }, .num = { 0644 });
	/* On a bridge the resolver is asked, and it asks those of `dns`. */
	if (r >= 0 && n->kind == LW_NET_BRIDGE && p->network) {
		if (!lw_root_layout_find(p->layout, "/etc/resolv.conf"))
			r = PLAN_OP(p, LW_OP_NETWORK_HOSTS, &n->rec, "network.dns", .str = { "/etc/resolv.conf" },
				    .num = { 0644, 1 });
		return r;
	}
	if (r >= 0 && n->dns.n && !lw_root_layout_find(p->layout, "/etc/resolv.conf"))
		r = PLAN_OP(p, LW_OP_FILE, &n->rec, "network.dns",
			    .str = { "/etc/resolv.conf", resolv_conf(p, &n->dns) }, .num = { 0644 });
	return r;
}
