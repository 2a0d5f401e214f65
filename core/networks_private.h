/* networks_private.h: what networks*.c share: files in STATE/networks, and the locks of one network. */
#ifndef LW_NETWORKS_PRIVATE_H
#define LW_NETWORKS_PRIVATE_H

#include <jansson.h>
#include "networks.h"

/* A JSON object of STATE/networks, or NULL. */
json_t *lw_networks_load(int dir, const char *file);
int lw_networks_save(int dir, const char *file, const json_t *o, struct lw_err *err);
/* The inode of our network namespace, and whether an object's "namespace" is that. */
uint64_t lw_networks_namespace(void);
bool lw_networks_here(const json_t *o);

/* --- networks_lease.c --- */
/* Opens NAME.leases and locks the network: for use (shared: it stays as it is), or alone, to make or take away. */
int lw_leases_open(int dir, const char *name, bool alone, int *ret_fd, struct lw_err *err);
/* The network may be changed by others from here on. */
void lw_leases_unlock(int fd);
/* Every address that this descriptor and its copies hold. */
void lw_leases_give_back(int fd);
/* How many addresses others than the holders of this descriptor have; at most `enough` are counted. */
unsigned lw_leases_used(int fd, unsigned enough);
/* Addresses for `want` in the subnets of `n`, held by fd. */
int lw_leases_take(int fd, const struct lw_named_network *n, const struct lw_network_want *want,
		   struct lw_ip ret[static 2], struct lw_err *err);

#endif
