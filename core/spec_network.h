/* spec_network.h: the network of a sandbox, as a profile says it. One record for every kind: which of them, what the
 * interface is to be, and what may pass. core/spec_network.c reads and writes it, by the rows of schema_network.c. */
#ifndef LW_SPEC_NETWORK_H
#define LW_SPEC_NETWORK_H

#include "spec_rec.h"

/* A namespace that exists already: a file of /proc/PID/ns, or one bound
 * elsewhere. */
struct lw_join {
	struct lw_rec rec;
	const char *path;    /* absolute; of a sandbox, found at launch */
	const char *sandbox; /* name or id of a running one; NULL: by path */
};

enum lw_network_kind {
	LW_NET_NONE,
	LW_NET_HOST,
	LW_NET_JOIN,
	LW_NET_BRIDGE,  /* a veth whose outer end is a port of a named bridge */
	LW_NET_MACVLAN, /* an interface of its own on one of the host's */
	LW_NET_MOVE,    /* one of the host's interfaces, for as long as the sandbox lives */
};

/* A port of the host that leads to one inside. */
struct lw_publish {
	struct lw_rec rec;
	const char *address; /* literal, of the host; NULL: every one */
	int64_t host, port;  /* the first of each; host 0: as `port` */
	int64_t count;       /* of a range; 1 */
	int protocol;        /* IPPROTO_TCP or IPPROTO_UDP */
};
#define LW_PUBLISH_MAX 4096 /* ports of a sandbox, in all */
struct lw_publishes {
	size_t n;
	struct lw_publish *v;
};

enum lw_egress_mode { LW_EGRESS_ALLOW, LW_EGRESS_DENY, LW_EGRESS_LIST };
struct lw_egress {
	struct lw_rec rec;
	int mode;
	struct lw_strlist rules; /* LW_EGRESS_LIST: in their canonical spelling */
};

struct lw_rate {
	struct lw_rec rec;
	int64_t egress, ingress; /* bits per second, as the sandbox sees it; 0: no limit */
};

enum lw_network_key {
	LW_NETWORK_KEY_PATH,
	LW_NETWORK_KEY_SANDBOX,
	LW_NETWORK_KEY_BRIDGE,
	LW_NETWORK_KEY_MACVLAN,
	LW_NETWORK_KEY_MOVE,
	LW_NETWORK_KEY_ADDRESS,
	LW_NETWORK_KEY_GATEWAY,
	LW_NETWORK_KEY_MAC,
	LW_NETWORK_KEY_MTU,
	LW_NETWORK_KEY_INTERFACE,
	LW_NETWORK_KEY_PUBLISH,
	LW_NETWORK_KEY_EGRESS,
	LW_NETWORK_KEY_RATE,
	LW_NETWORK_KEY_DNS,
	LW_NETWORK_KEY_HOSTS,
	LW_NETWORK_KEY_ISOLATE,
	LW_NETWORK_KEY_COUNT,
};
/* The bridge of a table that names no network. */
#define LW_NETWORK_DEFAULT "lunward"
struct lw_network {
	struct lw_rec rec;           /* rec.set 0: a word, or nothing at all */
	int kind;                    /* enum lw_network_kind */
	struct lw_join join;         /* LW_NET_JOIN only */
	const char *bridge;          /* the network's name; LW_NETWORK_DEFAULT */
	const char *macvlan, *move;  /* the host's interface */
	struct lw_strlist addresses; /* "10.88.0.5/24", at most one of each family; none: the network's choice */
	const char *gateway;         /* literal; "" for none; NULL: the network's choice */
	const char *mac;             /* NULL: made from the address */
	int64_t mtu;                 /* 0: the network's, or the host interface's */
	const char *interface;       /* its name inside; "eth0" */
	struct lw_publishes publish;
	struct lw_egress egress;
	struct lw_rate rate;
	struct lw_strlist dns; /* literal addresses */
	struct lw_pairs hosts; /* name: address */
	bool isolate;          /* nothing between this one and the others on the bridge */
};
/* It has an interface of its own beside loopback. */
static inline bool lw_network_has_link(const struct lw_network *n)
{
	return n->kind >= LW_NET_BRIDGE;
}

#endif
