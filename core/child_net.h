/* child_net.h: the network and the sockets of the child side; private to child.c and child_mount.c. */
#ifndef LW_CHILD_NET_H
#define LW_CHILD_NET_H

#include <stddef.h>
#include "run.h"

/* All return 0 or more, or negative errno. */
int lw_child_loopback(void);
/* By the process that becomes init: a network namespace, its loopback up, handed to set-up. */
int lw_child_make_network(struct lw_run *run);
/* Where there is to be an interface: a netlink socket of this namespace for the host side, which does the rest. */
int lw_child_offer_network(struct lw_run *run);
/* By set-up: waits for it and joins it. */
int lw_child_join_network(struct lw_run *run);
/* Sends n bytes and a descriptor. */
int lw_child_send(int sock, const void *data, size_t n, int fd);

#endif
