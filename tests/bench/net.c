/* net.c: what an interface of a sandbox costs when so many are on the bridge already: by net/, with one family and with
 * both, and by the barest messages that do the same, sent by hand. In turn, in a network namespace of its own; prints
 * medians in microseconds. bench_net [TURNS [EXISTING...]] */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "net/net.h"

#define TURNS_MAX 1000
#define SUBNET "10.0.0.0/8"
#define SUBNET6 "fd00::/64"

static int home = -1, bridge;
static struct lw_nl *outer;
static unsigned serial;

static _Noreturn void fail(const char *what, const struct lw_err *err)
{
	fprintf(stderr, "bench_net: %s: %s\n", what, err ? err->msg : strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET) < 0)
		fail("setns", NULL);
}

/* A namespace, and a netlink socket in it, as a sandbox's future init makes both. */
static int new_namespace(int *ret_socket)
{
	if (unshare(CLONE_NEWNET) < 0)
		fail("unshare", NULL);
	int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	*ret_socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (home >= 0)
		enter(home);
	if (ns < 0 || *ret_socket < 0)
		fail("a namespace", NULL);
	return ns;
}

/* --- by hand --- */

struct bytes {
	size_t len;
	unsigned n;
	char v[2048] __attribute__((aligned(4)));
};

static struct nlmsghdr *head(struct bytes *b, int type, int flags, const void *body, size_t n)
{
	struct nlmsghdr *h = (void *)(b->v + b->len);
	*h = (struct nlmsghdr){ .nlmsg_len = (unsigned)NLMSG_LENGTH(n),
				.nlmsg_type = (unsigned short)type,
				.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags),
				.nlmsg_seq = ++b->n };
	memcpy(NLMSG_DATA(h), body, n);
	b->len += NLMSG_ALIGN(h->nlmsg_len);
	return h;
}

static struct nlattr *put(struct bytes *b, struct nlmsghdr *h, int type, const void *v, size_t n)
{
	struct nlattr *a = (void *)(b->v + b->len);
	*a = (struct nlattr){ .nla_len = (unsigned short)(NLA_HDRLEN + n), .nla_type = (unsigned short)type };
	if (n)
		memcpy((char *)a + NLA_HDRLEN, v, n);
	b->len += NLA_ALIGN(a->nla_len);
	h->nlmsg_len = (unsigned)(b->v + b->len - (char *)h);
	return a;
}

static void close_nest(const struct bytes *b, struct nlattr *a)
{
	a->nla_len = (unsigned short)(b->v + b->len - (char *)a);
}

static void exchange(int fd, struct bytes *b)
{
	char answer[8192];
	unsigned left = b->n;
	if (send(fd, b->v, b->len, 0) < 0)
		fail("send", NULL);
	while (left) {
		ssize_t n = recv(fd, answer, sizeof answer, 0);
		for (struct nlmsghdr *h = (void *)answer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n), left--)
			if (h->nlmsg_type != NLMSG_ERROR || ((struct nlmsgerr *)NLMSG_DATA(h))->error)
				fail("a message by hand was refused", NULL);
	}
}

static void by_hand(int ns, int inside, const char *name, const struct lw_ip *ip, const struct lw_ip *gateway, int out)
{
	struct bytes b = { 0 };
	struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP }, peer = { 0 };
	struct nlmsghdr *h = head(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof up);
	put(&b, h, IFLA_IFNAME, name, strlen(name) + 1);
	put(&b, h, IFLA_MASTER, &bridge, sizeof bridge);
	struct nlattr *info = put(&b, h, IFLA_LINKINFO, NULL, 0);
	put(&b, h, IFLA_INFO_KIND, "veth", 5);
	struct nlattr *data = put(&b, h, IFLA_INFO_DATA, NULL, 0),
		      *other = put(&b, h, VETH_INFO_PEER, &peer, sizeof peer);
	put(&b, h, IFLA_IFNAME, "eth0", 5);
	put(&b, h, IFLA_NET_NS_FD, &ns, sizeof ns);
	close_nest(&b, other);
	close_nest(&b, data);
	close_nest(&b, info);
	exchange(out, &b);
	b = (struct bytes){ 0 };
	up.ifi_index = 2;
	head(&b, RTM_NEWLINK, 0, &up, sizeof up);
	struct ifaddrmsg a = { .ifa_family = AF_INET, .ifa_prefixlen = (unsigned char)ip->prefix, .ifa_index = 2 };
	h = head(&b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof a);
	put(&b, h, IFA_LOCAL, ip->bytes, 4);
	struct rtmsg r = { .rtm_family = AF_INET,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_type = RTN_UNICAST };
	h = head(&b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r, sizeof r);
	put(&b, h, RTA_GATEWAY, gateway->bytes, 4);
	exchange(inside, &b);
}

/* --- by net/ --- */

static void by_net(int ns, int inside, const char *name, int families, const struct lw_ip ip[2],
		   const struct lw_ip gateway[2])
{
	struct lw_err err = { 0 };
	struct lw_nl *inner = NULL;
	struct lw_link link;
	uint8_t mac[6] = { 2, 0x42, ip->bytes[0], ip->bytes[1], ip->bytes[2], ip->bytes[3] };
	(void)ns;
	if (lw_nl_adopt(inside, &inner, &err) < 0)
		fail("adopting", &err);
	_cleanup_close_ int into = lw_nl_namespace(inner, &err);
	lw_link_add_veth(outer, &(struct lw_link_veth){ .name = name,
							.peer = "eth0",
							.peer_namespace = into,
							.mac = mac,
							.mtu = 1500,
							.master = bridge });
	if (into < 0 || lw_nl_commit(outer, &err) < 0 || lw_link_get(inner, "eth0", &link, &err) < 0)
		fail("the interface", &err);
	for (int i = 0; i < families; i++)
		lw_addr_add(inner, link.index, &ip[i]);
	lw_link_change(inner, &(struct lw_link_change){ .index = link.index, .up = 1, .namespace = -1 });
	for (int i = 0; i < families; i++)
		lw_route_add(inner, &(struct lw_route){ .to = { .family = ip[i].family },
							.gateway = gateway[i],
							.link = link.index });
	if (lw_nl_commit(inner, &err) < 0)
		fail("addresses", &err);
	lw_nl_close(inner);
}

/* Time of one, in microseconds; the namespace stays open: *ret. */
static double add(int mode, int raw, int *ret)
{
	struct lw_ip subnet[2], ip[2], gateway[2];
	char name[LW_IFNAME_MAX];
	int inside;
	lw_ip_parse(SUBNET, &subnet[0]);
	lw_ip_parse(SUBNET6, &subnet[1]);
	serial++;
	for (int i = 0; i < 2; i++) {
		ip[i] = lw_ip_nth(&subnet[i], serial + 1);
		gateway[i] = lw_ip_nth(&subnet[i], 1);
	}
	snprintf(name, sizeof name, "v%u", serial);
	*ret = new_namespace(&inside);
	double from = now();
	if (mode == 0)
		by_hand(*ret, inside, name, &ip[0], &gateway[0], raw);
	else
		by_net(*ret, inside, name, mode, ip, gateway);
	double took = now() - from;
	if (mode == 0)
		close(inside);
	return took;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_size);
	return v[n / 2];
}

static int prepare(void)
{
	struct rlimit files = { 8192, 8192 };
	struct lw_err err = { 0 };
	struct lw_link link;
	struct lw_ip ip;
	int raw;
	setrlimit(RLIMIT_NOFILE, &files);
	home = new_namespace(&raw);
	if (lw_nl_open(&outer, &err) < 0)
		fail("a socket", &err);
	lw_link_add_bridge(outer, "br0", (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 1500);
	if (lw_nl_commit(outer, &err) < 0 || lw_link_get(outer, "br0", &link, &err) < 0)
		fail("a bridge", &err);
	bridge = link.index;
	lw_ip_parse("10.0.0.1/8", &ip);
	lw_addr_add(outer, bridge, &ip);
	if (lw_nl_commit(outer, &err) < 0)
		fail("its address", &err);
	return raw;
}

int main(int argc, char **argv)
{
	static double v[3][TURNS_MAX];
	static int kept[4096];
	int turns = argc > 1 ? atoi(argv[1]) : 30, raw = prepare(), n = 0;
	static const int usual[] = { 0, 100, 900 };
	if (turns < 1 || turns > TURNS_MAX)
		turns = 30;
	printf("%9s %9s %9s %9s %9s\n", "existing", "by hand", "net/", "both", "ratio");
	for (int i = 0; i < (argc > 2 ? argc - 2 : 3); i++) {
		int want = argc > 2 ? atoi(argv[i + 2]) : usual[i], ns;
		while (n < want && n < 4096)
			add(0, raw, &kept[n++]);
		sleep(1);
		for (int t = 0; t < turns; t++)
			for (int k = 0; k < 3; k++) {
				int mode = (k + t) % 3;
				v[mode][t] = add(mode, raw, &ns);
				close(ns);
				/* The kernel takes it down beside us otherwise, and into the next one's time. */
				usleep(60000);
			}
		double hand = median(v[0], turns), ours = median(v[1], turns), both = median(v[2], turns);
		printf("%9d %9.0f %9.0f %9.0f %9.2f\n", want, hand, ours, both, ours / hand);
	}
	return 0;
}
