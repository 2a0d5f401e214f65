/* child_net.c: the network of a sandbox, made on the child side of clone. Same rules as child.c: raw system calls, no
 * allocation. */
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "child_net.h"
#include "child_proc.h"
#include "sys.h"

int lw_child_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = (int)SYS(socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -EAFNOSUPPORT) /* a kernel without IPv4 has no loopback to bring up */
		return 0;
	if (fd < 0)
		return fd;
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	int r = (int)SYS(ioctl, fd, SIOCSIFFLAGS, &request);
	SYS(close, fd);
	return r;
}

int lw_child_send(int sock, const void *data, size_t n, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, n };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof control.buf
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return (int)SYS(sendmsg, sock, &msg, 0);
}

int lw_child_offer_network(struct lw_run *run)
{
	struct lw_report offer = { .magic = LW_REPORT_MAGIC, .kind = LW_REPORT_NETWORK };
	if (!run->plan->network)
		return 0;
	int fd = (int)SYS(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return fd;
	int r = lw_child_send(run->sync, &offer, sizeof offer, fd);
	SYS(close, fd);
	return r;
}

/* The process that becomes init makes the network namespace and brings its loopback up beside set-up, and hands it over
 * through the socket on which init will say that it is ready. */
int lw_child_make_network(struct lw_run *run)
{
	int r = (int)SYS(unshare, CLONE_NEWNET);
	if (r >= 0)
		r = lw_child_offer_network(run);
	int dir = r < 0 ? r : lw_child_proc("self/ns", O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	int ns = (int)SYS(openat, dir, "net", O_RDONLY | O_CLOEXEC, 0);
	SYS(close, dir);
	if (ns < 0)
		return ns;
	r = lw_child_send(run->ready_write, "", 1, ns);
	SYS(close, ns);
	/* The command waits for init, and so for this. */
	return r < 0 ? r : lw_child_loopback();
}

int lw_child_join_network(struct lw_run *run)
{
	char byte;
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof control.buf
	};
	int ns = -1;
	long n = SYS(recvmsg, run->ready_read, &msg, MSG_CMSG_CLOEXEC);
	if (n != 1)
		return n < 0 ? (int)n : -ESRCH;
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return -ESRCH;
	memcpy(&ns, CMSG_DATA(c), sizeof ns);
	int r = (int)SYS(setns, ns, CLONE_NEWNET);
	SYS(close, ns);
	return r;
}
