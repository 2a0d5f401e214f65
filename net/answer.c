/* answer.c: what the kernel's messages say. Another namespace's interfaces are named by whoever made them, and a length
 * is a number in a message: nothing is read that its bounds do not hold (fuzzed). */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "net/nl.h"

static void copy_text(char *to, size_t size, const struct nlattr *a)
{
	size_t n = a ? strnlen(nla_data(a), (size_t)nla_len(a)) : 0;
	if (n >= size)
		n = size - 1;
	for (size_t i = 0; i < n; i++) {
		char c = ((const char *)nla_data(a))[i];
		to[i] = (unsigned char)c < ' ' || c == 127 ? '?' : c;
	}
	to[n] = '\0';
}

static uint32_t number(const struct nlattr *a)
{
	uint32_t v = 0;
	if (a && nla_len(a) >= (int)sizeof v)
		memcpy(&v, nla_data(a), sizeof v);
	return v;
}

/* The attributes behind a head of n bytes, by type; those further than max are none of ours. */
static bool attributes(const struct nlmsghdr *h, size_t n, struct nlattr *tb[], int max)
{
	if (h->nlmsg_len < NLMSG_HDRLEN || h->nlmsg_len - NLMSG_HDRLEN < n)
		return false;
	return nlmsg_parse((struct nlmsghdr *)(uintptr_t)h, (int)n, tb, max, NULL) >= 0;
}

bool lw_nl_read_answer(const struct nlmsghdr *h, struct lw_nl_answer *ret)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { NULL };
	const char *data = (const char *)h + NLMSG_HDRLEN;
	size_t n = h->nlmsg_len < NLMSG_HDRLEN ? 0 : h->nlmsg_len - NLMSG_HDRLEN, used = sizeof(struct nlmsgerr);
	int code = 0;

	*ret = (struct lw_nl_answer){ .seq = h->nlmsg_seq };
	/* The end of a list; its code is one only when it is negative. */
	if (h->nlmsg_type == NLMSG_DONE) {
		if (n >= sizeof code)
			memcpy(&code, data, sizeof code);
		ret->code = code < 0 ? code : 0;
		return true;
	}
	if (h->nlmsg_type != NLMSG_ERROR || n < used)
		return false;
	memcpy(&code, data, sizeof code);
	ret->code = code > 0 ? -EPROTO : code;
	/* The request comes back behind the code, unless the answer is capped to its head. */
	if (!(h->nlmsg_flags & NLM_F_CAPPED)) {
		uint32_t len = ((const struct nlmsgerr *)data)->msg.nlmsg_len;
		if (len < sizeof(struct nlmsghdr) || len > n - sizeof code)
			return true;
		used = sizeof code + NLMSG_ALIGN(len);
	}
	if (h->nlmsg_flags & NLM_F_ACK_TLVS && used < n &&
	    nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)(uintptr_t)(data + used), (int)(n - used), NULL) >= 0)
		copy_text(ret->said, sizeof ret->said, tb[NLMSGERR_ATTR_MSG]);
	return true;
}

bool lw_nl_read_link(const struct nlmsghdr *h, struct lw_link *ret)
{
	struct nlattr *tb[IFLA_MAX + 1] = { NULL }, *info[IFLA_INFO_MAX + 1] = { NULL };
	struct ifinfomsg head;

	if (h->nlmsg_type != RTM_NEWLINK || !attributes(h, sizeof head, tb, IFLA_MAX))
		return false;
	memcpy(&head, nlmsg_data(h), sizeof head);
	*ret = (struct lw_link){ .index = head.ifi_index,
				 .mtu = number(tb[IFLA_MTU]),
				 .master = (int)number(tb[IFLA_MASTER]),
				 .up = head.ifi_flags & IFF_UP };
	copy_text(ret->name, sizeof ret->name, tb[IFLA_IFNAME]);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == sizeof ret->mac)
		memcpy(ret->mac, nla_data(tb[IFLA_ADDRESS]), sizeof ret->mac);
	if (tb[IFLA_LINKINFO] && nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) >= 0)
		copy_text(ret->kind, sizeof ret->kind, info[IFLA_INFO_KIND]);
	return true;
}

/* False: the family is none of ours, or the attribute not as wide as its address. */
static bool address(int family, const struct nlattr *a, int prefix, struct lw_ip *ret)
{
	int width = family == AF_INET || family == AF_INET6 ? lw_ip_width(family) : 0;

	if (!width || prefix > width || (a && nla_len(a) != width / 8))
		return false;
	*ret = (struct lw_ip){ .family = family, .prefix = prefix };
	if (a)
		memcpy(ret->bytes, nla_data(a), (size_t)width / 8);
	return true;
}

bool lw_nl_read_addr(const struct nlmsghdr *h, struct lw_addr *ret)
{
	struct nlattr *tb[IFA_MAX + 1] = { NULL };
	struct ifaddrmsg head;

	if (h->nlmsg_type != RTM_NEWADDR || !attributes(h, sizeof head, tb, IFA_MAX))
		return false;
	memcpy(&head, nlmsg_data(h), sizeof head);
	ret->link = (int)head.ifa_index;
	/* Of a point to point link the other end's is in IFA_ADDRESS. */
	return address(head.ifa_family, tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS], head.ifa_prefixlen, &ret->ip);
}

bool lw_nl_read_route(const struct nlmsghdr *h, struct lw_route *ret)
{
	struct nlattr *tb[RTA_MAX + 1] = { NULL };
	struct rtmsg head;

	if (h->nlmsg_type != RTM_NEWROUTE || !attributes(h, sizeof head, tb, RTA_MAX))
		return false;
	memcpy(&head, nlmsg_data(h), sizeof head);
	*ret = (struct lw_route){ .link = (int)number(tb[RTA_OIF]) };
	if (head.rtm_type != RTN_UNICAST || head.rtm_flags & RTM_F_CLONED)
		return false;
	if (tb[RTA_GATEWAY] && !address(head.rtm_family, tb[RTA_GATEWAY], lw_ip_width(head.rtm_family), &ret->gateway))
		return false;
	return address(head.rtm_family, tb[RTA_DST], head.rtm_dst_len, &ret->to);
}
