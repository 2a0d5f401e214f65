/* host.h: struct lw_host, what this machine and this caller offer. core/host.c is the only prober; tests build one by
 * hand. Planning looks at a spec and a host and at nothing else. */
#ifndef LW_HOST_H
#define LW_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include "base/arena.h"
#include "base/err.h"
#include "lunward.h"

enum lw_controller {
	LW_CTL_PIDS,
	LW_CTL_MEMORY,
	LW_CTL_CPU,
	LW_CTL_DEVICES, /* v2: a program on the cgroup, for who may load one; nothing to hand on */
	LW_CTL_FREEZER, /* v1 only */
	LW_CTL_CPUSET,
	LW_CTL_IO, /* v1: "blkio" */
	LW_CTL_COUNT,
};

struct lw_range {
	uint32_t first, count;
};

/* What leasing ids needs to know. */
struct lw_id_pool {
	const char *state_dir; /* as lw_host's */
	int state_fd;
	size_t n_reserved; /* ranges to stay clear of */
	struct lw_range *reserved;
};

struct lw_cgroup_host {
	int version; /* 0 none, 1 per-controller hierarchies, 2 unified */
	const char
		*parent[LW_CTL_COUNT]; /* absolute directory below which <id> is made, per controller; NULL: controller
					* not usable. v2: the same directory for every usable controller. */
	bool parent_create[LW_CTL_COUNT]; /* the parent itself ("/lunward") may have to be made first */
	const char *why[LW_CTL_COUNT];    /* NULL parent: the reason and the cure, "REASON; CURE", for messages */
	const char *vain[LW_CTL_COUNT];   /* NULL parent: the directory that did not allow it; NULL: none is mounted */
	const char *given;                /* v2: the directory whose controllers are those that can be had */
	const char *shared;               /* v2: no parent, because others sit in this cgroup of ours just now */
	bool passing;                     /* NULL parents for a reason that nothing tells the end of */
	bool memsw;                       /* v1: memory.memsw.* exists (swap accounting) */
	bool own_leaf;                    /* v2: our own process sits in the parent and must first move to a leaf
					   * (<parent>/supervisor) so that subtree_control can be written */
};

enum lw_selinux_host { LW_SELINUX_OFF, LW_SELINUX_PERMISSIVE, LW_SELINUX_ENFORCING };

/* One top-level entry of the host view: a directory to bind, or a link to copy. */
struct lw_view_entry {
	const char *path; /* "/usr" */
	const char *link; /* its target when it is a symbolic link, else NULL */
};

struct lw_sockets;
struct lw_host {
	struct lw_arena *arena;
	uid_t uid;
	gid_t gid;
	const char *user, *home; /* from the passwd file; "" when unknown */
	const char *cwd;
	uint64_t caps_effective, caps_bounding;
	int cap_last; /* /proc/sys/kernel/cap_last_cap */
	unsigned kernel_major, kernel_minor;
	const char *kernel; /* uname release */
	const char *arch;   /* "x86_64", "aarch64", … as uname says */
	unsigned cpus;      /* usable by us (affinity) */
	int64_t memory_bytes;
	struct rlimit rlimits[16];
	bool privileged; /* may make mounts and map ids without a helper: uid 0 with CAP_SYS_ADMIN, SETUID, SETGID, and
			  * (in a container) with ids to give away */
	struct lw_cgroup_host cgroup;
	int landlock_abi;          /* 0: this kernel has no Landlock, or hides it */
	bool apparmor;             /* enabled in this kernel */
	int selinux;               /* enum lw_selinux_host */
	const char *state_dir;     /* exists, 0700, ours */
	int state_fd;              /* O_PATH|O_DIRECTORY on it; -1 in tests */
	size_t n_subuid, n_subgid; /* the caller's own ranges in /etc/subuid, /etc/subgid */
	struct lw_range *subuid, *subgid;
	size_t n_reserved; /* privileged: ranges auto ids must stay clear of: every /etc/subuid and /etc/subgid line,
			    * every passwd and group id at or above 524288; in a user namespace also what it does not
			    * map */
	struct lw_range *reserved;
	bool has_newuidmap;    /* newuidmap and newgidmap; looked for only when not privileged */
	bool swap_accounting;  /* limits.swap can be enforced: memory.memsw.* (v1) or memory.swap.max (v2) is there */
	int64_t swap_bytes;    /* swap space of this machine */
	char *const *environ_; /* the caller's environment, for inherit_env; NULL in tests */
	const char *cgroup_parent, *profiles, *helpers; /* as asked for; or NULL */
	const char *notify_socket;                      /* made by whoever launches; NULL: "<id>" stands for the id */
	const struct lw_sockets *sockets; /* those of service.listen, opened by whoever launches; NULL: not yet */
	bool background;  /* set by whoever launches: acted on from outside later, paused, updated (stage_cgroup.c) */
	unsigned tty_fds; /* bit set of 0-2 that are terminals; filled by whoever launches, 0 otherwise */
	size_t n_view;    /* what the host view shows (core/host_view.c) */
	struct lw_view_entry *view;
	/* Reads a small file inside a root directory ("/" for the host's), for user names; NULL: lw_safe_read_in_root.
	 */
	int (*read_in_root)(const char *root, const char *path, size_t max, char **ret, size_t *ret_len);
};

static inline struct lw_id_pool lw_host_pool(const struct lw_host *h)
{
	return (struct lw_id_pool){ h->state_dir, h->state_fd, h->n_reserved, h->reserved };
}

/* lw_host_probe (lunward.h) probes what a launch needs; quick (no probing by doing: that is lw_doctor). It reads no
 * environment variable itself: what counts is in the options. */
/* Fills h->view: /usr /bin /sbin /lib* /opt /etc as they are here. Called by lw_host_probe. */
int lw_host_view_probe(struct lw_host *h);
#define LW_HOST_VIEW 10
/* The inode of the first user namespace, PROC_USER_INIT_INO: part of the kernel's interface (nsfs.h). */
#define LW_FIRST_USER_NAMESPACE "user:[4026531837]"
extern const char *const lw_host_view_paths[LW_HOST_VIEW];

/* Fills landlock_abi, apparmor and selinux (core/host_lsm.c). Called by lw_host_probe. */
void lw_host_lsm_probe(struct lw_host *h);

/* Can this kernel hold all that the key (enum lw_landlock_key) of `landlock` restricts? (core/stage_landlock.c) */
bool lw_landlock_can(const struct lw_host *h, unsigned key);

/* Parsers of untrusted bytes, each with a fuzz target. */
struct lw_mountinfo {
	int id, parent;
	const char *root, *mount_point, *fstype, *source, *super_options; /* unescaped, in the arena */
};
/* Calls back per line; stops and returns the callback's non-zero. -EINVAL on a line that is not mountinfo's. */
int lw_mountinfo_parse(struct lw_arena *a, const char *text, size_t n,
		       int (*fn)(void *arg, const struct lw_mountinfo *m), void *arg);
/* subuid/subgid: ranges of `name` or uid; name NULL: every range. */
int lw_subid_parse(struct lw_arena *a, const char *text, size_t n, const char *name, uid_t uid, struct lw_range **ret,
		   size_t *ret_n);
struct lw_passwd {
	const char *name, *home, *shell;
	uint32_t uid, gid;
};
/* Looks a user up in passwd text by name (or by uid when name is NULL): 1 found, 0 not, negative errno.
 * Lines past 4 KiB are skipped, text past 1 MiB refused by the reader. */
int lw_passwd_lookup(struct lw_arena *a, const char *text, size_t n, const char *name, int64_t uid,
		     struct lw_passwd *ret);
/* Supplementary groups of a user by name in group text: gids in *ret. */
int lw_group_lookup(struct lw_arena *a, const char *text, size_t n, const char *user, uint32_t **ret, size_t *ret_n);
/* gid of a group by name: 1 found, 0 not. */
int lw_group_gid(const char *text, size_t n, const char *name, uint32_t *ret);

#endif
