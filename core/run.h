/* run.h: the state of one launch that both sides of clone see: descriptors and the messages between them. Private to
 * launch.c, op_host.c, child.c and instance.c. */
#ifndef LW_RUN_H
#define LW_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "plan.h"
#include "report.h"

struct lw_run {
	const struct lw_plan *plan;
	const char *id; /* 64 hexadecimal digits */
	int *fd;        /* by slot; -1 when an optional source is missing */
	int stdio[3];
	int sync;     /* child's end of the report socket */
	int outer[2]; /* the host side's ends of both: the child closes its copies, or it would never see the host side
			 die */
	int network;  /* host side: a netlink socket that the child opened in its network namespace, or -1 */
	const char *hosts, *servers; /* LW_OP_NETWORK_HOSTS: /etc/hosts, /etc/resolv.conf */
	int address_lease;           /* of the network, or -1 */
	int control;                 /* init's end of the control socket, or -1 */
	int ready_read, ready_write; /* between the two: the network namespace, then a byte from init */
	int init_image;              /* sealed memfd, or -1 */
	int last_step; /* struct lw_last_step in a sealed memfd for the same program, or -1: the child executes itself
			*/
	int lease;     /* of the ids, or -1 */
	const struct lw_filter *notify; /* two programs to load instead of the plan's, the first with a listener; or
					 * NULL */
	const int *listen;              /* sockets for the command, in order, */
	int n_listen;                   /* and how many */
	bool joins;                     /* namespaces: a process of its own comes before the clone */
	int cgroup;                     /* v2: directory to clone into, or -1 */
	/* child only */
	int root, sysctls, empty, null, terminal;
	int dev, var; /* our own fresh directories on /dev and /var, or -1 */
	int ruleset;  /* of Landlock, while its rules are added, or -1 */
	int scratch;  /* the tmpfs that default directories share, or -1 */
	int init_is_ready;

	/* Labels: the host side's to fill, but for the last. */
	const char *apparmor;    /* the profile loaded for this sandbox, or NULL */
	char level[24];          /* "s0:c1,c2", leased for this sandbox; "" without */
	char mount_context[256]; /* SELinux context of what the child mounts; "" for the policy's */
};

/* The child side of clone: pid 1 of the sandbox, or the command itself. Never returns. */
_Noreturn void lw_child_main(struct lw_run *run);

#endif
