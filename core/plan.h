/* plan.h: struct lw_plan, a spec met with a host: the ordered list of primitive operations. Building one needs no
 * privilege and changes nothing. core/stages.c has the order; core/ops.c has one row per kind of operation. */
#ifndef LW_PLAN_H
#define LW_PLAN_H

#include <jansson.h>
#include <linux/sched.h>
#include "base/text.h"
#include "host.h"
#include "lunward.h"
#include "seccomp.h"
#include "spec.h"

enum lw_side { LW_SIDE_HOST, LW_SIDE_CHILD };

enum lw_op_kind {
	/* host side, before the clone */
	LW_OP_IDS_LEASE,   /* num: index into ids */
	LW_OP_CGROUP_MAKE, /* str0: directory, num0: controller mask, num1: slot of its tasks/cgroup fd, num2: version,
			    * num3: LW_CGROUP_* */
	LW_OP_CGROUP_SET,  /* str0: directory, str1: file, str2: value */
	LW_OP_CGROUP_CPUSET,  /* str0: directory, str1: list of processors, num0: version */
	LW_OP_CGROUP_IO,      /* str0: directory, str1: device, str2: version, num0-3: LW_IO_* */
	LW_OP_CGROUP_DEVICES, /* str0: directory, str1: rules, a line each, num0: version */
	LW_OP_APPARMOR_LOAD,  /* str0: its name, str1: the text; LW_PLAN_ID in both; removed when the sandbox ends */
	LW_OP_SELINUX_MCS,    /* a pair of categories for this sandbox alone */
	/* str0: host path; num0: fd slot; num1: CLONE_NEW* it must be; num2: inode it must be, or 0 */
	LW_OP_NAMESPACE_OPEN,
	LW_OP_SOURCE_OPEN, /* str0: host path; num0: fd slot; num1: attributes to set; num2: LW_SRC_* */
	/* str0: host path, str1: "lease" when the ids count from the lease's first; num0: fd slot, num1 uid, num2 gid
	 * outside, num3: outside id of root inside */
	LW_OP_SOURCE_CHOWN,
	LW_OP_IMAGE_TREE,  /* str0: the unpacked tree, str1: its image; num0: fd slot, num1: attributes, num2: LW_SRC_*
			    */
	LW_OP_IMAGE_MOUNT, /* str0: image, str1: fstype, str2: "sha256:…" or NULL; num0: fd slot, num1: attributes */
	LW_OP_SECRET_OPEN, /* str0: host file, num0: fd slot */
	LW_OP_NETWORK_USE, /* str0: the network, str1: addresses asked for or "auto"; made when it is not there, and an
			    * address leased */
	/* str0: the directory that holds upper and work, str1: their names, "A//B", str2: lower; num0: fd slot of str0
	 */
	LW_OP_OVERLAY_KEEP,
	/* child side, by a process of its own before the clone, which it then does */
	/* str0: the path, for messages; num0: fd slot; num1: CLONE_NEW*; of the mount namespace, num2, num3: device and
	 * inode that its root must be, or 0 */
	LW_OP_NAMESPACE_JOIN,
	/* the clone itself, with these namespace flags; num0: flags */
	LW_OP_CLONE,
	/* child side, before set-up is forked */
	LW_OP_TIME_OFFSETS, /* str0: the offsets in words; str1: lines for timens_offsets; makes the namespace */
	/* host side, the child waiting */
	LW_OP_IDMAP_WRITE,  /* the maps in plan->uid_map, gid_map */
	LW_OP_SOURCE_IDMAP, /* num0: fd slot: idmapped with the sandbox's user namespace */
	LW_OP_NETWORK_LINK, /* str0: "veth", "macvlan" or "move", str1: name inside, str2: the host's interface or the
			     * network; num0: mtu or 0, num1: isolated; with addresses and routes of plan->network */
	LW_OP_RLIMIT_RAISE, /* str0: name, num0 resource, num1 soft, num2 hard: above what the child may do itself */
	/* child side */
	LW_OP_APPARMOR,      /* str0: the profile from execve(2) on; LW_PLAN_ID: the one loaded for this sandbox */
	LW_OP_SELINUX,       /* str0: context from execve(2) on; str1: its level, or NULL: the pair's */
	LW_OP_SELINUX_MOUNT, /* the same of every file system mounted from here on */
	LW_OP_CGROUP_JOIN,   /* num0: fd slot (v1: tasks) */
	LW_OP_UNSHARE,       /* num0: flags (cgroup) */
	LW_OP_BECOME_ROOT,   /* the inside ids set-up runs as: num0 uid, num1 gid, num2: setgroups allowed */
	LW_OP_OVERLAY,    /* str0: lower, str1: the directory that holds upper and work, str2: their names, "A//B"; or
			   * LW_OVERLAY_MEMORY and the tmpfs' options; num0, num1: fd slots of both or -1, num2: slot
			   * of the result, num3: LW_OVERLAY_* and attributes */
	LW_OP_ROOT_BEGIN, /* num0: LW_ROOT_*; a directory: str0, num1: fd slot, num2: LW_SRC_*, num3: attributes */
	LW_OP_MKDIR,      /* str0: path in root, num0: mode, num1 uid, num2 gid */
	LW_OP_SYMLINK,    /* str0: path in root, str1: target */
	LW_OP_FILE,       /* str0: path in root, str1: data, num0: mode, num1 uid, num2 gid */
	LW_OP_NETWORK_HOSTS, /* str0: path in root; num0: mode, num1: name servers, not names; known once there is a
				lease */
	LW_OP_MOUNT_BIND,    /* str0: path in root, str1: source; num0: fd slot or -1: the child opens str1 itself;
			      * num1: LW_SRC_*, num2: attributes */
	LW_OP_NODE,     /* str0: path in root, str1: host node; num0: device number expected, or -1: a directory stands
			 * for the nodes below it; num1: attributes */
	LW_OP_MOUNT_FS, /* str0: path in root, str1: fstype, str2: options "k=v,k", num0: attributes */
	LW_OP_MOUNT_SCRATCH, /* str0: path in root, num0: mode, num1: attributes; all of them share one tmpfs */
	LW_OP_SECRET,        /* str0: path in root, str1: host file, num0: fd slot, num1 uid, num2 gid */
	LW_OP_MASK,          /* str0: path in root; skipped when absent */
	LW_OP_READONLY,      /* str0: path in root; recursive; skipped when absent */
	LW_OP_ROOT_END,      /* pivot_root, detach the old root, read-only when num0 */
	LW_OP_NET_JOIN,      /* the network namespace that the process to become init has made meanwhile */
	LW_OP_LOOPBACK,      /* lo up */
	LW_OP_HOSTNAME,      /* str0; num0: where in it the first LW_NAME_ID digits of the id go, or 0 */
	LW_OP_DOMAINNAME,    /* str0 */
	LW_OP_SYSCTL,        /* str0: path below /proc/sys, str1: value */
	LW_OP_TERMINAL,      /* num0: bit set of fds 0-2 to replace by our pty; num1: of a root that was joined */
	LW_OP_STDIO,         /* num0: fd, to /dev/null */
	LW_OP_SESSION,       /* setsid */
	LW_OP_KEYRING,       /* new session keyring; num0: EDQUOT may be ignored */
	LW_OP_RLIMIT,        /* str0: name, num0: resource, num1: soft, num2: hard */
	LW_OP_OOM_SCORE_ADJ, /* num0 */
	LW_OP_NICE,          /* num0 */
	LW_OP_UMASK,         /* num0 */
	LW_OP_CWD,           /* str0: chdir, then verified inside */
	LW_OP_PRCTL,         /* str0: what for; num0: option, num1-num3: arguments of prctl(2) */
	LW_OP_PERSONALITY,   /* num0: personality(2) */
	LW_OP_LANDLOCK_NEW,  /* num0: restricted file accesses, num1: network, num2: scopes */
	LW_OP_LANDLOCK_PATH, /* str0: path inside; num0: accesses allowed below it */
	LW_OP_LANDLOCK_PORT, /* num0: port, num1: accesses allowed */
	LW_OP_LANDLOCK_END,  /* the rules hold from here on */
	LW_OP_SECUREBITS,    /* num0: SECBIT_* (keep capabilities over the change of ids; no root privileges) */
	LW_OP_USER,          /* num0 uid, num1 gid; groups in plan->groups; num2: setgroups allowed */
	LW_OP_LISTEN,        /* str0: LISTEN_FDNAMES; num0: how many sockets become descriptors 3 and on */
	LW_OP_BOUNDING_DROP, /* num0: mask to keep */
	LW_OP_CAPSET,        /* num0 effective, num1 permitted, num2 inheritable */
	LW_OP_AMBIENT,       /* num0: mask to raise, all others lowered */
	LW_OP_NO_NEW_PRIVS,
	LW_OP_SECCOMP, /* plan->filter */
	LW_OP_EXEC,    /* plan->argv, envp, exec_paths */
	LW_OP_COUNT,
};

#define LW_OP_STRS 3
#define LW_OP_NUMS 4
struct lw_op {
	int kind;
	int side;
	struct lw_origin origin; /* the record behind it */
	const char *key;         /* key path of that record, "mounts[2]" */
	const char *str[LW_OP_STRS];
	int64_t num[LW_OP_NUMS];
};

/* LW_SRC_*: how a bind's source is opened. */
#define LW_SRC_OPTIONAL 1 /* a missing source is skipped */
#define LW_SRC_REOPEN 2   /* rootless: the host side keeps an O_PATH fd; the child reopens and compares */
#define LW_SRC_DIR 4      /* known to be a directory */
#define LW_SRC_SLAVE 8    /* what the host mounts in it later appears inside */
#define LW_SRC_FLAT 16    /* without the mounts below it */
#define LW_SRC_OWN 32     /* ours: it is no stranger's control socket, and may lie in the state directory */

/* Making a plan looks at spec and host. Walking one does not: everything the walk needs is in the operations and in the
 * payloads below, so that a plan kept in the cache (lua/cli/warm/flat.c) can be walked, with spec and host NULL. */
struct lw_plan {
	struct lw_arena *arena;
	const struct lw_spec *spec; /* borrowed: must outlive the plan; for planning and for words */
	const struct lw_host *host; /* borrowed; the same */
	size_t n_ops, cap_ops;
	struct lw_op *ops;
	struct lw_root_layout *layout; /* the root's mounts in order (core/root_layout.h); for planning */
	/* Payloads of ops, by noun. */
	struct lw_id_pool pool;                  /* where ids are leased */
	struct lw_strlist allow_control_sockets; /* engines whose sockets a source may show */
	bool no_new_privileges;
	bool fresh_root; /* the root is a tmpfs of ours, not a directory that was there */
	bool fresh_dev;  /* a tmpfs of ours is mounted on /dev */
	bool sysctls;    /* some are to be written */
	bool init;       /* pid 1 is our init */
	bool net_beside; /* the network namespace is made by the process to become init, beside set-up */
	bool net_joined; /* LW_OP_NET_JOIN is planned */
	const struct lw_network *network; /* with an interface that LW_OP_NETWORK_LINK makes; or NULL */
	uint64_t clone_flags;
	bool ids_auto; /* maps are filled from the lease at launch: outside == LW_IDS_LEASED below */
	struct lw_idmaps uid_map, gid_map;
	bool map_helper; /* newuidmap/newgidmap write the maps */
	uint32_t setup_uid, setup_gid;
	uint32_t uid, gid; /* who the command runs as, inside */
	const char *home;  /* that user's home */
	size_t n_groups;
	uint32_t *groups;
	bool setgroups;   /* allowed in the new user namespace */
	int terminal_fds; /* bit set of 0-2 that our pty replaces */
	struct lw_filter filter;
	char **argv, **envp;
	char **exec_paths; /* candidates in PATH order, or the one path */
	int n_fds;         /* fd slots */
	unsigned cgroup_slots;
	const char *cgroup_dir[LW_CTL_COUNT]; /* with "%s" never: the id is LW_PLAN_ID, replaced at launch */
	size_t n_notes;
	const char **notes; /* defaults that this host cannot enforce, each with what stands in */
};
#define LW_IDS_LEASED UINT32_C(0xfffffffe) /* outside id of an auto map before the lease */
#define LW_PLAN_ID "@ID@"                  /* stands for the sandbox's id in paths of a plan */
/* sd_notify(3): the sockets, by the sandbox's id, in the state directory; and what $NOTIFY_SOCKET says inside. */
#define LW_NOTIFY_DIR "notify"
#define LW_NOTIFY_INSIDE "/run/lunward-notify"
/* sd_listen_fds(3). The child writes its pid where the room is. */
#define LW_LISTEN_MAX 64
#define LW_LISTEN_PID "LISTEN_PID"
#define LW_LISTEN_PID_ROOM "0000000000"
#define LW_NAME_ID 4 /* digits of the id in a name made from it, "web-3f2a" */

/* One row of the table of operations (core/ops.c). */
struct lw_op_row {
	const char *name;
	int side;
	const char *str[LW_OP_STRS]; /* names of the arguments, NULL where unused */
	const char *num[LW_OP_NUMS]; /* a trailing "=" + 'o' octal, 'x' hexadecimal: "mode=o" */
};
/* The cure for a failed operation of Landlock, hardening or a label, or NULL (core/lsm_words.c). */
const char *lw_lsm_hint(const struct lw_op *op, int code);
extern const struct lw_op_row lw_op_table[LW_OP_COUNT];
int lw_op_side(int kind);
/* The user namespace inside is not the host's: a new one, or one that is joined. */
bool lw_plan_own_user(const struct lw_plan *p);

/* Accounts of a system's own services are below this, and so are the groups that read what others may not. */
#define LW_SYSTEM_IDS 1000

/* The host's uid 0 or an account of its services is someone inside, or the user namespace is the host's, or one that is
 * joined, whose map is not known here: what only such may read must be masked. A group is enough: /etc/shadow is its
 * group's, too. */
static inline bool lw_plan_host_root_inside(const struct lw_plan *p)
{
	bool inside = !(p->clone_flags & CLONE_NEWUSER);
	for (size_t i = 0; i < p->uid_map.n; i++)
		inside = inside || p->uid_map.v[i].outside < LW_SYSTEM_IDS;
	for (size_t i = 0; i < p->gid_map.n; i++)
		inside = inside || p->gid_map.v[i].outside < LW_SYSTEM_IDS;
	return inside;
}

/* {schema_version, spec, ops}; text: one line per op. */
json_t *lw_plan_to_json(const struct lw_plan *p);
int lw_plan_to_text(const struct lw_plan *p, struct lw_text *t);

#endif
