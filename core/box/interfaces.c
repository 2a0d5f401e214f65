/* interfaces.c: the network interfaces of a sandbox. A netlink socket belongs for good to the network namespace that it
 * was made in, so a child enters the sandbox's, makes one, and passes it up; what is asked of it is asked here. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "box/box.h"
#include "sys.h"

#define PATIENCE_MS 2000

union room_for_fd {
	struct cmsghdr head;
	char buf[CMSG_SPACE(sizeof(int))];
};

/* In the child: nothing but system calls. The user namespace may be ours already, or not ours to enter; then the other
 * decides. */
static void make_socket(int pidfd, int to)
{
	struct iovec iov = { (char[]){ 0 }, 1 };
	union room_for_fd c = {
		.head = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) }
	};
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf, .msg_controllen = sizeof c.buf };
	if (SYS(setns, pidfd, CLONE_NEWNET) < 0 &&
	    (SYS(setns, pidfd, CLONE_NEWUSER) < 0 || SYS(setns, pidfd, CLONE_NEWNET) < 0))
		return;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	memcpy(CMSG_DATA(&c.head), &fd, sizeof fd);
	if (fd >= 0)
		sendmsg(to, &m, MSG_NOSIGNAL);
}

static int take_socket(int from)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union room_for_fd c;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf, .msg_controllen = sizeof c.buf };
	int fd = -1;
	if (recvmsg(from, &m, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&m) ||
	    CMSG_FIRSTHDR(&m)->cmsg_len != CMSG_LEN(sizeof fd))
		return -ECONNRESET;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	return fd;
}

static int open_socket(pid_t pid)
{
	_cleanup_close_ int pidfd = (int)SYS(pidfd_open, pid, 0), ours = -1, theirs = -1;
	int pair[2];
	if (pidfd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return pidfd < 0 ? pidfd : -errno;
	ours = pair[0];
	theirs = pair[1];
	pid_t child = fork();
	if (child == 0) {
		make_socket(pidfd, theirs);
		_exit(0);
	}
	if (child < 0)
		return -errno;
	lw_close_p(&theirs);
	int fd = take_socket(ours);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

/* --- asking --- */

static int dump(int fd, int type, size_t size, void (*each)(json_t *list, const struct nlmsghdr *h), json_t *list)
{
	struct {
		struct nlmsghdr h;
		union {
			struct ifinfomsg link;
			struct ifaddrmsg address;
		} u;
	} ask = { .h = { .nlmsg_len = NLMSG_LENGTH((unsigned)size),
			 .nlmsg_type = (unsigned short)type,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			 .nlmsg_seq = (unsigned)type } };
	_cleanup_free_ char *buf = malloc(65536);
	if (!buf || send(fd, &ask, ask.h.nlmsg_len, MSG_NOSIGNAL) < 0)
		return -EIO;
	for (;;) {
		ssize_t n = recv(fd, buf, 65536, 0);
		if (n <= 0)
			return -EIO;
		for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
				return 0;
			each(list, h);
		}
	}
}

static void add_link(json_t *list, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	int left = (int)IFLA_PAYLOAD(h);
	char mac[18] = "";
	const char *name = "";
	unsigned other = 0;
	if (h->nlmsg_type != RTM_NEWLINK || m->ifi_flags & IFF_LOOPBACK)
		return;
	for (struct rtattr *a = IFLA_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		const unsigned char *b = RTA_DATA(a);
		if (a->rta_type == IFLA_IFNAME)
			name = RTA_DATA(a);
		else if (a->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(a) == 6)
			snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
		else if (a->rta_type == IFLA_LINK && RTA_PAYLOAD(a) == 4)
			memcpy(&other, b, sizeof other);
	}
	json_array_append_new(list, json_pack("{s:i,s:i,s:s,s:n,s:n,s:o,s:[]}", "index", m->ifi_index, "other",
					      (int)other, "name", name, "host_name", "bridge", "mac",
					      *mac ? json_string(mac) : json_null(), "addresses"));
}

/* An interface of ours: the other end of one of theirs, when each names the other. */
static void add_host_end(json_t *list, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	int left = (int)IFLA_PAYLOAD(h);
	char bridge[IF_NAMESIZE];
	const char *name = NULL;
	unsigned other = 0, master = 0;
	size_t i;
	json_t *o;
	if (h->nlmsg_type != RTM_NEWLINK)
		return;
	for (struct rtattr *a = IFLA_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_IFNAME)
			name = RTA_DATA(a);
		else if (a->rta_type == IFLA_LINK && RTA_PAYLOAD(a) == 4)
			memcpy(&other, RTA_DATA(a), sizeof other);
		else if (a->rta_type == IFLA_MASTER && RTA_PAYLOAD(a) == 4)
			memcpy(&master, RTA_DATA(a), sizeof master);
	}
	json_array_foreach(list, i, o)
	{
		if (!name || json_integer_value(json_object_get(o, "other")) != m->ifi_index ||
		    json_integer_value(json_object_get(o, "index")) != (json_int_t)other)
			continue;
		json_object_set_new(o, "host_name", json_string(name));
		if (master && if_indextoname(master, bridge))
			json_object_set_new(o, "bridge", json_string(bridge));
	}
}

static void add_address(json_t *list, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	int left = (int)IFA_PAYLOAD(h);
	const void *address = NULL;
	char text[INET6_ADDRSTRLEN];
	size_t i;
	json_t *o;
	if (h->nlmsg_type != RTM_NEWADDR || (m->ifa_family != AF_INET && m->ifa_family != AF_INET6))
		return;
	/* IFA_ADDRESS is the peer's where there is one. */
	for (struct rtattr *a = IFA_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && !address))
			address = RTA_DATA(a);
	if (!address || !inet_ntop(m->ifa_family, address, text, sizeof text))
		return;
	json_array_foreach(list, i, o)
	{
		json_t *all = json_object_get(o, "addresses"), *it;
		size_t at = 0;
		if (json_integer_value(json_object_get(o, "index")) != (json_int_t)m->ifa_index)
			continue;
		/* IPv4 before IPv6. */
		while (at < json_array_size(all) && (it = json_array_get(all, at)) &&
		       (m->ifa_family == AF_INET6 || !strchr(json_string_value(it), ':')))
			at++;
		json_array_insert_new(all, at, json_sprintf("%s/%u", text, m->ifa_prefixlen));
	}
}

json_t *lw_box_interfaces(pid_t pid)
{
	json_t *list = json_array(), *o;
	size_t i;
	if (pid <= 0 || !lw_process_apart(pid, "net", NULL))
		return list;
	_cleanup_close_ int fd = open_socket(pid), own = -1;
	if (fd >= 0 && dump(fd, RTM_GETLINK, sizeof(struct ifinfomsg), add_link, list) >= 0)
		dump(fd, RTM_GETADDR, sizeof(struct ifaddrmsg), add_address, list);
	if (json_array_size(list))
		own = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (own >= 0)
		dump(own, RTM_GETLINK, sizeof(struct ifinfomsg), add_host_end, list);
	json_array_foreach(list, i, o)
	{
		json_object_del(o, "index");
		json_object_del(o, "other");
	}
	return list;
}
