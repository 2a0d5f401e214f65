/* listen.h: sockets that are opened before a sandbox is launched and handed to its command, sd_listen_fds(3); and
 * addresses as profiles write them. */
#ifndef LW_LISTEN_H
#define LW_LISTEN_H

#include <netinet/in.h>
#include <sys/socket.h>
#include "base/err.h"

/* What an address says. */
struct lw_endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} at;
	socklen_t len;
	const char *path; /* of a socket at a path: then nothing else counts */
	int both;         /* a port alone: every address, IPv4 and IPv6 */
};
/* "8080", "127.0.0.1:8080", "[::1]:80" or "/run/x.sock": 0, or -EINVAL. Literal addresses only: no name is looked up.
 * ret->path points into text. */
int lw_endpoint_parse(const char *text, struct lw_endpoint *ret);

#endif
