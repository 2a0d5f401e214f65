/* listen.h: sockets that are opened before a sandbox is launched and handed to its command, sd_listen_fds(3); and
 * addresses as profiles write them. */
#ifndef LW_LISTEN_H
#define LW_LISTEN_H

#include <netinet/in.h>
#include <sys/socket.h>
#include "base/err.h"
#include "spec_service.h"

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

/* Sockets to hand on, in order. */
struct lw_sockets {
	int n;
	int fd[64];  /* LW_LISTEN_MAX */
	char *names; /* LISTEN_FDNAMES */
	struct lw_socket_at {
		int dir; /* of one at a path, or -1: it is removed again, if it is still this one */
		char name[108];
		uint64_t dev, ino;
	} at[64];
};
#define LW_LISTEN_NAME "unknown" /* of one that has no name, as in sd_listen_fds(3) */
/* Those that a caller of ours has handed to this process with LISTEN_FDS; they are closed on exec from now on. Names as
 * they were given. n is 0 when there are none, or when they are meant for another process. */
void lw_sockets_inherited(char *const *environ_, struct lw_sockets *ret);
/* Opens what the list says; `inherited` stay open, and are copied. err tells the entry. */
int lw_sockets_open(const struct lw_listens *l, const struct lw_sockets *inherited, struct lw_sockets *ret,
		    struct lw_err *err);
void lw_sockets_close(struct lw_sockets *s);
/* Is it a socket that nobody has open any more? */
bool lw_socket_is_stale(int dir, const char *name);
/* Removes it if so. */
void lw_socket_sweep(const char *path);

#endif
