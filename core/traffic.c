/* traffic.c: see traffic.h. What a sandbox gives away here is found again in three places: elements, chains and sets of
 * the tables, the policy in STATE/resolver/NETWORK, and nowhere else. */
#include "traffic.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "traffic_private.h"

/* --- a network --- */

/* What is published answers on the host's 127.0.0.1, too; the chain "guard" minds the other direction. */
static int route_localnet(const char *bridge, struct lw_err *err)
{
	char path[80];
	snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/route_localnet", bridge);
	int r = lw_write_file(path, "1");
	return r < 0 ? lw_fail(err, r, "%s: %s", path, strerror(-r)) : 0;
}

static struct lw_nft_network nft_network(const struct lw_traffic_network *n, char table[static LW_NFT_TABLE_MAX])
{
	return (struct lw_nft_network){ .table = lw_traffic_table(n->state_fd, table),
					.bridge = n->bridge,
					.subnet4 = n->subnet4,
					.subnet6 = n->subnet6 };
}

int lw_traffic_network_add(const struct lw_traffic_network *n, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	char table[LW_NFT_TABLE_MAX];
	struct lw_nft_network net = nft_network(n, table);
	lw_nft_begin(&t);
	lw_nft_network_add(&net, &t);
	lw_nft_end(&t);
	int r = lw_nft_run(&t, err);
	return r >= 0 && n->subnet4.family ? route_localnet(n->bridge, err) : r;
}

int lw_traffic_network_remove(const struct lw_traffic_network *n, bool last, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	char table[LW_NFT_TABLE_MAX];
	struct lw_nft_network net = nft_network(n, table);
	lw_nft_begin(&t);
	if (last)
		lw_nft_tables_remove(table, &t);
	else
		lw_nft_network_remove(&net, &t);
	lw_nft_end(&t);
	return lw_nft_run(&t, err);
}

/* --- a sandbox --- */

struct parts { /* what the rules are made of */
	char table[LW_NFT_TABLE_MAX];
	struct lw_nft_publish *publish;
	struct lw_egress_rule *rules;
	struct lw_nft_sandbox sandbox;
};
static void parts_done(struct parts *p)
{
	free(p->publish);
	free(p->rules);
}

static int take_apart(const struct lw_traffic *f, struct parts *p, struct lw_err *err)
{
	const struct lw_network *spec = f->spec;
	p->publish = calloc(spec->publish.n + 1, sizeof *p->publish);
	p->rules = calloc(spec->egress.rules.n + 1, sizeof *p->rules);
	if (!p->publish || !p->rules)
		return lw_fail(err, -ENOMEM, "%s", strerror(ENOMEM));
	for (size_t i = 0; i < spec->publish.n; i++) {
		const struct lw_publish *from = &spec->publish.v[i];
		struct lw_nft_publish *to = &p->publish[i];
		*to = (struct lw_nft_publish){ .host = (uint16_t)from->host,
					       .port = (uint16_t)from->port,
					       .count = (uint16_t)from->count,
					       .protocol = (uint8_t)from->protocol };
		if (from->address && lw_ip_parse(from->address, &to->address) < 0)
			return lw_fail(err, -EINVAL, "not an address: \"%.60s\"", from->address);
	}
	for (size_t i = 0; i < spec->egress.rules.n; i++)
		if (lw_egress_parse(spec->egress.rules.v[i], &p->rules[i], err) < 0)
			return -EINVAL;
	p->sandbox = (struct lw_nft_sandbox){
		.table = lw_traffic_table(f->network->state_fd, p->table),
		.id = f->id,
		.name = f->name,
		.port = f->port,
		.ip4 = f->ip4,
		.ip6 = f->ip6,
		.gateway4 = f->network->gateway4,
		.gateway6 = f->network->gateway6,
		.n_publish = spec->publish.n,
		.publish = p->publish,
		.filter = spec->egress.mode != LW_EGRESS_ALLOW,
		.n_rules = spec->egress.rules.n,
		.rules = p->rules,
		.isolate = spec->isolate,
		.out = (uint64_t)spec->rate.egress / 8,
		.in = (uint64_t)spec->rate.ingress / 8,
	};
	memcpy(p->sandbox.mac, f->mac, sizeof f->mac);
	return 0;
}

/* IPv6 has no way out from ::1, so nothing can be published there. */
static int check_publish(const struct lw_traffic *f, struct lw_err *err)
{
	const struct lw_publishes *l = &f->spec->publish;
	for (size_t i = 0; i < l->n; i++) {
		int r = 0;
		if (l->v[i].address && !strcmp(l->v[i].address, "::1")) {
			r = lw_fail(err, -EADDRNOTAVAIL, "a bridge network publishes nothing on ::1");
			lw_err_hint(err, "127.0.0.1, or an IPv6 address of the host");
		} else {
			r = lw_traffic_port_free(&l->v[i], err);
		}
		if (r < 0) {
			lw_err_at(err, l->v[i].rec.origin);
			lw_err_in(err, "network.publish[%zu]", i);
			return r;
		}
	}
	return 0;
}

static int names_in(const struct lw_traffic *f, const struct parts *p, struct lw_err *err)
{
	for (size_t i = 0; i < p->sandbox.n_rules; i++)
		if (lw_nft_name_set(p->rules, p->sandbox.n_rules, i) >= LW_TRAFFIC_SETS) {
			lw_fail(err, -E2BIG, "names with more than %d different ports", LW_TRAFFIC_SETS);
			lw_err_at(err, f->spec->rec.origin);
			lw_err_in(err, "network.egress");
			return -E2BIG;
		}
	return 0;
}

static int run(const struct parts *p, bool add, struct lw_text *t, struct lw_err *err)
{
	lw_nft_begin(t);
	if (add)
		lw_nft_sandbox_add(&p->sandbox, t);
	else
		lw_nft_sandbox_remove(&p->sandbox, t);
	lw_nft_end(t);
	return add ? lw_nft_run(t, err) : 0;
}

int lw_traffic_add(const struct lw_traffic *f, struct lw_text *ret_undo, struct lw_err *err)
{
	_cleanup_(parts_done) struct parts p = { 0 };
	_cleanup_(lw_text_done_p) struct lw_text add = { 0 }, undo = { 0 };
	int r = take_apart(f, &p, err);
	if (r >= 0)
		r = names_in(f, &p, err);
	if (r >= 0)
		r = check_publish(f, err);
	if (r >= 0)
		r = run(&p, false, &undo, err);
	if (r >= 0)
		r = lw_traffic_own(f->network->state_fd, f->id, f->port, err);
	if (r < 0)
		return r;
	r = run(&p, true, &add, err);
	if (r == -EEXIST)
		lw_traffic_who_publishes(&p.sandbox, f->spec, err);
	if (r >= 0 && (r = lw_traffic_policy_write(f, &p.sandbox, err)) < 0)
		(void)lw_nft_run(&undo, NULL);
	if (r < 0) {
		lw_traffic_disown(f->network->state_fd, f->id);
		return r;
	}
	*ret_undo = undo;
	undo = (struct lw_text){ 0 };
	return 0;
}

int lw_traffic_undo(int state_fd, const char *id, const struct lw_text *undo, struct lw_err *err)
{
	lw_traffic_policy_remove(state_fd, id);
	int r = lw_nft_run(undo, err);
	if (r == -ENOENT)
		r = lw_traffic_remove_id(state_fd, id, err);
	if (r >= 0)
		lw_traffic_disown(state_fd, id);
	return r;
}

int lw_traffic_state_path(int state_fd, char ret[static PATH_MAX])
{
	char link[40];
	snprintf(link, sizeof link, "/proc/self/fd/%d", state_fd);
	ssize_t n = readlink(link, ret, PATH_MAX - 1);
	ret[n > 0 ? n : 0] = '\0';
	return n < 0 ? -errno : 0;
}

char *lw_traffic_table(int state_fd, char ret[static LW_NFT_TABLE_MAX])
{
	char path[PATH_MAX];
	(void)lw_traffic_state_path(state_fd, path);
	return lw_nft_table(path, ret);
}
