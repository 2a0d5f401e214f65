/* fuzz_netlink.c: what net/answer.c makes of arbitrary bytes as a datagram of the kernel's. Texts end and have nothing
 * in them that acts on a terminal; addresses are as wide as their family's. The bytes lie in memory of exactly their
 * size. */
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "net/nl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void plain(const char *text, size_t size)
{
	size_t n = strnlen(text, size);
	require(n < size);
	for (size_t i = 0; i < n; i++)
		require((unsigned char)text[i] >= ' ' && text[i] != 127);
}

static void whole(const struct lw_ip *ip, int may_be_none)
{
	if (!ip->family && may_be_none)
		return;
	require(ip->family == AF_INET || ip->family == AF_INET6);
	require(ip->prefix >= 0 && ip->prefix <= lw_ip_width(ip->family));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	int rest = (int)size;
	if (!copy || size > 65536) {
		free(copy);
		return 0;
	}
	memcpy(copy, data, size);
	for (struct nlmsghdr *h = (void *)copy; nlmsg_ok(h, rest); h = nlmsg_next(h, &rest)) {
		struct lw_nl_answer a;
		struct lw_link link;
		struct lw_addr addr;
		struct lw_route route;
		if (lw_nl_read_answer(h, &a)) {
			plain(a.said, sizeof a.said);
			require(a.code <= 0);
		}
		if (lw_nl_read_link(h, &link)) {
			plain(link.name, sizeof link.name);
			plain(link.kind, sizeof link.kind);
		}
		if (lw_nl_read_addr(h, &addr))
			whole(&addr.ip, 0);
		if (lw_nl_read_route(h, &route)) {
			whole(&route.to, 0);
			whole(&route.gateway, 1);
		}
	}
	free(copy);
	return 0;
}
