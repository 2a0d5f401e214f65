/* addr.c: addresses of interfaces, and who on a link has which. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "net/nl.h"

static int put_ip(struct nl_msg *m, int type, const struct lw_ip *ip)
{
	return nla_put(m, type, lw_ip_width(ip->family) / 8, ip->bytes);
}

static int change(struct lw_nl *nl, int type, int flags, int link, const struct lw_ip *ip, const char *doing)
{
	struct ifaddrmsg head = { .ifa_family = (uint8_t)ip->family,
				  .ifa_prefixlen = (uint8_t)ip->prefix,
				  .ifa_flags = ip->family == AF_INET6 ? IFA_F_NODAD : 0,
				  .ifa_index = (uint32_t)link };
	char text[LW_IP_MAX];
	struct nl_msg *m =
		lw_nl_request(nl, type, flags, &head, sizeof head, "%s the address %s", doing, lw_ip_format(ip, text));
	struct lw_ip all = *ip;

	for (int bit = ip->prefix; bit < 32; bit++)
		all.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return lw_nl_queue(
		nl, m,
		m && put_ip(m, IFA_LOCAL, ip) >= 0 && put_ip(m, IFA_ADDRESS, ip) >= 0 &&
				(ip->family != AF_INET || ip->prefix > 30 || put_ip(m, IFA_BROADCAST, &all) >= 0)
			? 0
			: -1);
}

int lw_addr_add(struct lw_nl *nl, int link, const struct lw_ip *ip)
{
	return change(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, ip, "adding");
}

int lw_addr_delete(struct lw_nl *nl, int link, const struct lw_ip *ip)
{
	return change(nl, RTM_DELADDR, 0, link, ip, "removing");
}

int lw_neigh_add(struct lw_nl *nl, int link, const struct lw_ip *ip, const uint8_t mac[static 6])
{
	struct ndmsg head = { .ndm_family = (uint8_t)ip->family, .ndm_ifindex = link, .ndm_state = NUD_PERMANENT };
	char text[LW_IP_MAX];
	struct nl_msg *m = lw_nl_request(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof head,
					 "adding the neighbour %s", lw_ip_format_host(ip, text));

	return lw_nl_queue(nl, m, m && put_ip(m, NDA_DST, ip) >= 0 && nla_put(m, NDA_LLADDR, 6, mac) >= 0 ? 0 : -1);
}

struct addrs {
	struct lw_addr *v;
	size_t n;
};

static int take_each(void *arg, const struct nlmsghdr *h)
{
	struct addrs *l = arg;
	struct lw_addr one, *v;

	if (!lw_nl_read_addr(h, &one))
		return 0;
	v = l->n % 16 ? l->v : reallocarray(l->v, l->n + 16, sizeof *v);
	if (!v)
		return -ENOMEM;
	l->v = v;
	l->v[l->n++] = one;
	return 0;
}

int lw_addr_list(struct lw_nl *nl, struct lw_addr **ret, size_t *ret_n, struct lw_err *err)
{
	struct ifaddrmsg head = { 0 };
	struct addrs l = { 0 };
	int r = lw_nl_ask(nl, lw_nl_request(nl, RTM_GETADDR, NLM_F_DUMP, &head, sizeof head, "listing addresses"),
			  take_each, &l, err);

	if (r < 0) {
		free(l.v);
		return r;
	}
	*ret = l.v;
	*ret_n = l.n;
	return 0;
}
