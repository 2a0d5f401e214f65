/* op_traffic.c: what may pass over a sandbox's veth, from before it is there until after it is gone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "op_network.h"
#include "traffic.h"

static struct lw_traffic_network network_of(const struct lw_network_state *n)
{
	const struct lw_named_network *net = &n->lease.net;
	return (struct lw_traffic_network){ .state_fd = n->state_fd,
					    .name = net->name,
					    .bridge = net->bridge,
					    .subnet4 = net->subnet[0],
					    .subnet6 = net->subnet[1],
					    .gateway4 = net->gateway[0],
					    .gateway6 = net->gateway[1] };
}

int lw_host_traffic_add(const struct lw_run *run, const struct lw_host_state *st, struct lw_network_state *n,
			struct lw_err *err)
{
	const struct lw_traffic_network net = network_of(n);
	const struct lw_spec *spec = run->plan->spec;
	char name[LW_NETWORK_NAME_MAX];
	struct lw_traffic t = { .network = &net,
				.id = st->id,
				.name = name,
				.port = n->host_name,
				.ip4 = n->address[0],
				.ip6 = n->address[1],
				.spec = run->plan->network };
	/* A name made from the id has its digits at a place that the spec tells. */
	snprintf(name, sizeof name, "%s", spec->name);
	if (spec->name_id_at > 0 && (size_t)spec->name_id_at + LW_NAME_ID <= strlen(name))
		memcpy(name + spec->name_id_at, st->id, LW_NAME_ID);
	memcpy(t.mac, n->mac, sizeof t.mac);
	snprintf(n->id, sizeof n->id, "%s", st->id);
	return lw_traffic_add(&t, &n->traffic, err);
}

void lw_host_traffic_remove(struct lw_network_state *n)
{
	if (n->traffic.buf)
		(void)lw_traffic_undo(n->state_fd, n->id, &n->traffic, NULL);
	lw_text_done(&n->traffic);
}
