/* nl.h: what the files of net/ share: messages into the queue of a socket, answers out of it. Only net/ includes it. */
#ifndef LW_NET_NL_H
#define LW_NET_NL_H

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>
#include "net/net.h"

/* A request, to be filled with attributes and queued; `what` words its failure ("adding the interface 'x'"), printf's.
 * NULL when memory is out, which the queue then remembers. */
struct nl_msg *lw_nl_request(struct lw_nl *nl, int type, int flags, const void *head, size_t n, const char *what, ...)
	__attribute__((format(printf, 6, 7)));
/* Takes the message, whole or not (`failed`: an attribute had no room). 0 or -ENOMEM. */
int lw_nl_queue(struct lw_nl *nl, struct nl_msg *m, int failed);
/* Sends one request at once and gives each answer that carries data to fn; a dump ends with its last. */
typedef int lw_nl_each(void *arg, const struct nlmsghdr *h);
int lw_nl_ask(struct lw_nl *nl, struct nl_msg *m, lw_nl_each *fn, void *arg, struct lw_err *err);

/* What one datagram of the kernel's says (answer.c). The bytes are not trusted to be whole. */
struct lw_nl_answer {
	uint32_t seq;
	int code;       /* 0 or negative errno */
	char said[128]; /* the kernel's own words, or "" */
};
/* The answer in an NLMSG_ERROR message of the given length; false: it is not one. */
bool lw_nl_read_answer(const struct nlmsghdr *h, struct lw_nl_answer *ret);
/* From what a GETLINK, GETADDR or GETROUTE is answered with; false: another message, or not whole. */
bool lw_nl_read_link(const struct nlmsghdr *h, struct lw_link *ret);
bool lw_nl_read_addr(const struct nlmsghdr *h, struct lw_addr *ret);
bool lw_nl_read_route(const struct nlmsghdr *h, struct lw_route *ret);

#endif
