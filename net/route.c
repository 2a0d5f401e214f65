/* route.c: routes of the main table. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "net/nl.h"

static int change(struct lw_nl *nl, int type, int flags, const struct lw_route *r, const char *doing)
{
	bool direct = !r->gateway.family;
	struct rtmsg head = { .rtm_family = (uint8_t)r->to.family,
			      .rtm_dst_len = (uint8_t)r->to.prefix,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_STATIC,
			      .rtm_scope = direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST };
	int n = lw_ip_width(r->to.family) / 8;
	char to[LW_IP_MAX], over[LW_IP_MAX];
	struct nl_msg *m =
		lw_nl_request(nl, type, flags, &head, sizeof head, "%s the route to %s%s%s", doing,
			      lw_ip_format(&r->to, to), direct ? "" : " over ", lw_ip_format_host(&r->gateway, over));

	if (m && (!r->to.prefix || nla_put(m, RTA_DST, n, r->to.bytes) >= 0) &&
	    (direct || nla_put(m, RTA_GATEWAY, n, r->gateway.bytes) >= 0) &&
	    (!r->link || nla_put_u32(m, RTA_OIF, (uint32_t)r->link) >= 0))
		return lw_nl_queue(nl, m, 0);
	return lw_nl_queue(nl, m, -1);
}

int lw_route_add(struct lw_nl *nl, const struct lw_route *r)
{
	return change(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r, "adding");
}

int lw_route_delete(struct lw_nl *nl, const struct lw_route *r)
{
	return change(nl, RTM_DELROUTE, 0, r, "removing");
}

struct routes {
	struct lw_route *v;
	size_t n;
};

static int take_each(void *arg, const struct nlmsghdr *h)
{
	struct routes *l = arg;
	struct lw_route one, *v;

	if (!lw_nl_read_route(h, &one))
		return 0;
	v = l->n % 16 ? l->v : reallocarray(l->v, l->n + 16, sizeof *v);
	if (!v)
		return -ENOMEM;
	l->v = v;
	l->v[l->n++] = one;
	return 0;
}

int lw_route_list(struct lw_nl *nl, struct lw_route **ret, size_t *ret_n, struct lw_err *err)
{
	struct rtmsg head = { 0 };
	struct routes l = { 0 };
	int r = lw_nl_ask(nl, lw_nl_request(nl, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof head, "listing routes"),
			  take_each, &l, err);

	if (r < 0) {
		free(l.v);
		return r;
	}
	*ret = l.v;
	*ret_n = l.n;
	return 0;
}
