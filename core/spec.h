/* spec.h: struct lw_spec, what the user wants. Plain data in one arena: no
 * descriptors, no handles, no functions. Every front end (profile, JSON, C API)
 * produces one; every back end reads one. core/schema.c has a row per field;
 * core/spec_decode.c and spec_encode.c read and write it by those rows; the
 * JSON form round-trips exactly.
 *
 * Every record starts with struct lw_rec: where it was written (its own line,
 * else the enclosing record's) and which fields the user set. A field whose bit
 * is clear holds the default. Bit i of `set` is row i of the record's field
 * table: the LW_KEY_* and similar numbers below. */
#ifndef LW_SPEC_H
#define LW_SPEC_H

#include "base/arena.h"
#include "lunward.h"
#include "spec_network.h"
#include "spec_rec.h"
#include "spec_service.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lw_ns {
	LW_NS_USER,
	LW_NS_PID,
	LW_NS_MOUNT,
	LW_NS_NET,
	LW_NS_IPC,
	LW_NS_UTS,
	LW_NS_CGROUP,
	LW_NS_TIME,
	LW_NS_COUNT
};
enum lw_ns_mode { LW_NS_NEW, LW_NS_HOST, LW_NS_JOIN };
struct lw_namespaces {
	struct lw_rec rec;                /* bit i: mode[i] was given */
	int mode[LW_NS_COUNT];            /* enum lw_ns_mode */
	struct lw_join join[LW_NS_COUNT]; /* LW_NS_JOIN only */
};

struct lw_user {
	struct lw_rec rec;
	const char *name; /* "root" by default; NULL when given by number */
	int64_t uid, gid; /* -1: not given (gid: the uid's group in the root's passwd,
			     else the uid) */
	bool has_groups;  /* false: the user's groups in the root's group file */
	size_t n_groups;
	int64_t *groups;
};

enum lw_ids_mode {
	LW_IDS_AUTO,
	LW_IDS_KEEP,
	LW_IDS_EXPLICIT,
	LW_IDS_ROOT_ONLY, /* 0 is 2 outside, everybody from 3 on is who they are */
	LW_IDS_IDENTITY,  /* 0 to 65000 are who they are */
	LW_IDS_SINGLE,    /* 0 is one id that no other sandbox has */
};
struct lw_idmap {
	uint32_t inside, outside, count;
};
struct lw_idmaps {
	size_t n; /* at most 340, the kernel's limit */
	struct lw_idmap *v;
};
struct lw_ids {
	struct lw_rec rec;
	int mode;
	struct lw_idmaps uid, gid; /* LW_IDS_EXPLICIT only */
};

enum lw_root_kind { LW_ROOT_HOST, LW_ROOT_EMPTY, LW_ROOT_DIR };
struct lw_overlay {
	struct lw_rec rec;
	bool on;
	const char *upper, *work; /* absolute; upper NULL: changes stay in memory and
				     are lost; work NULL: upper ".work" */
	int64_t size, inodes;     /* of the memory */
	bool idmap;               /* owners in both layers are those inside; true by default, needs
				     root */
};
enum lw_overlay_key {
	LW_OVERLAY_KEY_UPPER,
	LW_OVERLAY_KEY_WORK,
	LW_OVERLAY_KEY_SIZE,
	LW_OVERLAY_KEY_INODES,
	LW_OVERLAY_KEY_IDMAP
};
struct lw_verify {
	struct lw_rec rec;
	const char *digest; /* "sha256:" and 64 digits */
};
/* Bounds of what comes out of an archive. */
struct lw_unpack {
	struct lw_rec rec;
	int64_t size, files;
};
enum lw_unpack_key { LW_UNPACK_KEY_SIZE, LW_UNPACK_KEY_FILES };
#define LW_UNPACK_SIZE (INT64_C(8) << 30)
#define LW_UNPACK_FILES INT64_C(1000000)
struct lw_root {
	struct lw_rec rec;
	int kind;
	const char *path; /* absolute; LW_ROOT_DIR only; of an image NULL until
			     lw_image_prepare has found its tree */
	bool readonly;    /* true by default, but with an overlay */
	struct lw_overlay overlay;
	const char *image; /* absolute; its kind is LW_ROOT_DIR */
	struct lw_verify verify;
	struct lw_unpack unpack;
	const char *image_fs; /* "squashfs", "erofs": path is the image itself; set by
				 lw_image_prepare */
	bool image_tree;      /* path is an unpacked tree below the state directory; the
				 same */
};
enum lw_root_key {
	LW_ROOT_KEY_PATH,
	LW_ROOT_KEY_READONLY,
	LW_ROOT_KEY_OVERLAY,
	LW_ROOT_KEY_IMAGE,
	LW_ROOT_KEY_VERIFY,
	LW_ROOT_KEY_UNPACK,
};

enum lw_mount_kind {
	LW_MOUNT_BIND,
	LW_MOUNT_TMPFS,
	LW_MOUNT_PROC,
	LW_MOUNT_SYSFS,
	LW_MOUNT_DEVPTS,
	LW_MOUNT_MQUEUE,
	LW_MOUNT_CGROUP,
	LW_MOUNT_OVERLAY,
	LW_MOUNT_FILE,    /* inline data */
	LW_MOUNT_DIR,     /* an empty directory */
	LW_MOUNT_SYMLINK, /* target */
	LW_MOUNT_REMOVE,  /* takes an inherited or default mount away */
};
enum lw_hidepid { LW_HIDEPID_OFF, LW_HIDEPID_NOACCESS, LW_HIDEPID_INVISIBLE, LW_HIDEPID_PTRACEABLE = 4 };
enum lw_propagation { LW_PROPAGATION_PRIVATE, LW_PROPAGATION_SLAVE };
struct lw_mount {
	struct lw_rec rec;
	int kind;
	const char *source;      /* bind: absolute host path */
	const char *destination; /* absolute, normalised: no "." ".." "//" */
	const char *target;      /* symlink */
	const char *data;        /* file */
	bool writable;           /* by default false, but true for tmpfs, proc and devpts */
	bool suid, dev, exec;    /* by default suid false, dev false (devpts: true), exec
				    true for bind and tmpfs only */
	bool idmap, chown, optional;
	int64_t size, inodes;     /* tmpfs: bytes, count; defaults from LW_TMPFS_* */
	int64_t mode;             /* tmpfs 01777, dir 0755, file 0644 by default */
	int64_t uid, gid;         /* tmpfs, dir, file: inside ids; 0 */
	int hidepid;              /* proc: enum lw_hidepid */
	bool subset_pid;          /* proc: nothing but processes */
	int propagation;          /* bind: enum lw_propagation */
	const char *upper, *work; /* overlay: as in struct lw_overlay; its lower
				     directory is the source */
};
enum lw_mount_key {
	LW_MOUNT_KEY_TYPE,
	LW_MOUNT_KEY_SOURCE,
	LW_MOUNT_KEY_DESTINATION,
	LW_MOUNT_KEY_TARGET,
	LW_MOUNT_KEY_DATA,
	LW_MOUNT_KEY_WRITABLE,
	LW_MOUNT_KEY_SUID,
	LW_MOUNT_KEY_DEV,
	LW_MOUNT_KEY_EXEC,
	LW_MOUNT_KEY_IDMAP,
	LW_MOUNT_KEY_CHOWN,
	LW_MOUNT_KEY_OPTIONAL,
	LW_MOUNT_KEY_SIZE,
	LW_MOUNT_KEY_INODES,
	LW_MOUNT_KEY_MODE,
	LW_MOUNT_KEY_UID,
	LW_MOUNT_KEY_GID,
	LW_MOUNT_KEY_HIDEPID,
	LW_MOUNT_KEY_SUBSET,
	LW_MOUNT_KEY_PROPAGATION,
	LW_MOUNT_KEY_UPPER,
	LW_MOUNT_KEY_WORK,
	LW_MOUNT_KEY_COUNT,
};
struct lw_mounts {
	size_t n;
	struct lw_mount *v;
};
#define LW_TMPFS_SIZE (64 * INT64_C(1024) * 1024)
#define LW_TMPFS_INODES INT64_C(16384)

/* The value is in the file, never here. */
struct lw_secret {
	struct lw_rec rec;
	const char *name; /* of its file in /run/secrets */
	const char *file; /* on the host, absolute */
};
struct lw_secrets {
	size_t n;
	struct lw_secret *v;
};

struct lw_device {
	struct lw_rec rec;
	const char *path;   /* inside, below /dev; the source by default */
	const char *source; /* host node; the path by default */
	const char *access; /* subset of "rwm"; "rwm" by default */
};
struct lw_devices {
	size_t n;
	struct lw_device *v;
};

enum lw_capset { LW_CAP_BOUNDING, LW_CAP_EFFECTIVE, LW_CAP_PERMITTED, LW_CAP_INHERITABLE, LW_CAP_AMBIENT, LW_CAP_SETS };
struct lw_caps {
	struct lw_rec rec;
	uint64_t set[LW_CAP_SETS]; /* masks by capability number */
};

/* A seccomp policy: a base and, in order, rules over it; later rules win. */
enum lw_seccomp_base {
	LW_SECCOMP_DEFAULT,
	LW_SECCOMP_DOCKER,
	LW_SECCOMP_STRICT,
	LW_SECCOMP_UNCONFINED,
	LW_SECCOMP_DENY
};
/* ONLY: allow these calls where a pattern matches, EPERM where none does. */
enum lw_seccomp_action { LW_SECCOMP_ALLOW, LW_SECCOMP_ERRNO, LW_SECCOMP_KILL, LW_SECCOMP_LOG, LW_SECCOMP_ONLY };
struct lw_seccomp_rule {
	struct lw_rec rec;
	int action;              /* enum lw_seccomp_action */
	int errno_value;         /* LW_SECCOMP_ERRNO: 1-4095; EPERM by default */
	struct lw_strlist names; /* syscall names, patterns "socket(AF_INET, *)",
				    "@group" names or "all" */
	uint64_t caps, unless;   /* holds with all of these capabilities, and without
				    any of those */
};
struct lw_seccomp {
	struct lw_rec rec;
	int base;
	size_t n_rules; /* n_rules and rules stay neighbours: the schema reads them as
			   one list */
	struct lw_seccomp_rule *rules;
	struct lw_strlist architectures; /* further ABIs to allow, "x86", "x32"; native always */
	bool log;                        /* denials go to the kernel's audit, too */
};

/* Landlock rules; a kind of access is restricted when its list was written,
 * were it empty. */
enum lw_landlock_key {
	LW_LANDLOCK_READ,
	LW_LANDLOCK_WRITE,
	LW_LANDLOCK_EXECUTE,
	LW_LANDLOCK_CONNECT_TCP,
	LW_LANDLOCK_BIND_TCP,
	LW_LANDLOCK_SCOPE,
	LW_LANDLOCK_REQUIRED,
	LW_LANDLOCK_KEY_COUNT,
};
#define LW_LANDLOCK_LISTS (LW_LANDLOCK_SCOPE + 1)
struct lw_landlock {
	struct lw_rec rec;
	struct lw_strlist list[LW_LANDLOCK_LISTS]; /* by key: paths, ports as text, scope words */
	bool required;
};

enum lw_hardening_key {
	LW_HARDENING_MEMORY,
	LW_HARDENING_SPECULATION,
	LW_HARDENING_CORE_SCHEDULING,
	LW_HARDENING_SECURE_BITS,
	LW_HARDENING_PERSONALITY,
	LW_HARDENING_TSC,
	LW_HARDENING_KEY_COUNT,
};
struct lw_hardening {
	struct lw_rec rec;
	bool memory_deny_write_execute, core_scheduling;
	bool lock_personality, time_stamp_counter;          /* true by default */
	struct lw_strlist disable_speculation, secure_bits; /* words of lw_speculation_table, lw_securebit_table */
};

enum lw_apparmor_key { LW_APPARMOR_PROFILE, LW_APPARMOR_RULES, LW_APPARMOR_REQUIRED, LW_APPARMOR_KEY_COUNT };
struct lw_apparmor {
	struct lw_rec rec;
	const char *profile; /* LW_APPARMOR_AUTO: one made from the spec and `rules`,
				loaded while the sandbox lives */
	struct lw_strlist rules;
	bool required;
};
#define LW_APPARMOR_AUTO "auto"

enum lw_selinux_key {
	LW_SELINUX_PROCESS,
	LW_SELINUX_MOUNT,
	LW_SELINUX_MCS,
	LW_SELINUX_REQUIRED,
	LW_SELINUX_KEY_COUNT,
};
struct lw_selinux {
	struct lw_rec rec;
	const char *process, *mount; /* "user:role:type", without the level; NULL: not given */
	const char *mcs;             /* a level, "s0:c1,c2"; LW_SELINUX_AUTO: s0 and a pair no
					other sandbox has */
	bool required;
};
#define LW_SELINUX_AUTO "auto"

/* Limits on one block device; 0: none of that kind. */
struct lw_io {
	struct lw_rec rec;
	const char *device; /* its node, a path on it, or "MAJOR:MINOR" */
	int64_t rbps, wbps, riops, wiops;
};
struct lw_ios {
	size_t n;
	struct lw_io *v;
};

enum lw_limit_key {
	LW_LIMIT_PIDS,
	LW_LIMIT_MEMORY,
	LW_LIMIT_SWAP,
	LW_LIMIT_CPUS,
	LW_LIMIT_MEMORY_HIGH,
	LW_LIMIT_MEMORY_LOW,
	LW_LIMIT_CPU_WEIGHT,
	LW_LIMIT_CPUSET,
	LW_LIMIT_CPU_TIME,
	LW_LIMIT_IO,
	LW_LIMIT_OOM_GROUP,
	LW_LIMIT_COUNT
};
struct lw_limits {
	struct lw_rec rec;               /* bit: enum lw_limit_key */
	int64_t pids;                    /* tasks, without our init; 1024 */
	int64_t memory;                  /* bytes; 0 in the spec's default = half of RAM */
	int64_t swap;                    /* bytes in addition to memory; 0 */
	int64_t cpus;                    /* thousandths of a cpu; 0 = no quota */
	int64_t memory_high, memory_low; /* bytes; 0 = none */
	int64_t cpu_weight;              /* 1-10000; 0 = the kernel's default, 100 */
	const char *cpuset;              /* "0-3,8"; NULL = every processor */
	int64_t cpu_time;                /* microseconds for each process; 0 = none */
	struct lw_ios io;
	bool oom_group; /* out of memory, all of it is killed */
};

struct lw_rlimit {
	int64_t soft, hard; /* -1: unlimited */
	bool set;
};
#define LW_RLIM_COUNT 16
struct lw_rlimits {
	struct lw_rec rec;                 /* bit i: v[i].set */
	struct lw_rlimit v[LW_RLIM_COUNT]; /* by RLIMIT_* */
};

/* Added to the host's clocks, microseconds. */
struct lw_time_offsets {
	struct lw_rec rec;
	int64_t monotonic, boottime;
};
/* Seconds that the kernel takes either way: half of what ktime_t holds. */
#define LW_TIME_OFFSET_MAX INT64_C(4611686018)

enum lw_terminal { LW_TERMINAL_AUTO, LW_TERMINAL_ALWAYS, LW_TERMINAL_NEVER };
enum lw_stdio_mode { LW_STDIO_INHERIT, LW_STDIO_NULL };
struct lw_stdio {
	struct lw_rec rec;
	int in, out, err; /* enum lw_stdio_mode */
};

/* Rows of the sandbox's field table, for lw_is_set(&s->rec, LW_KEY_…). */
enum lw_key {
	LW_KEY_NAME,
	LW_KEY_COMMAND,
	LW_KEY_CWD,
	LW_KEY_ENV,
	LW_KEY_INHERIT_ENV,
	LW_KEY_UMASK,
	LW_KEY_TERMINAL,
	LW_KEY_STDIO,
	LW_KEY_HOSTNAME,
	LW_KEY_DOMAINNAME,
	LW_KEY_USER,
	LW_KEY_INIT,
	LW_KEY_NAMESPACES,
	LW_KEY_IDS,
	LW_KEY_ROOT,
	LW_KEY_MOUNTS,
	LW_KEY_DEVICES,
	LW_KEY_MASKED_PATHS,
	LW_KEY_READONLY_PATHS,
	LW_KEY_CAPABILITIES,
	LW_KEY_NO_NEW_PRIVILEGES,
	LW_KEY_SECCOMP,
	LW_KEY_LANDLOCK,
	LW_KEY_HARDENING,
	LW_KEY_APPARMOR,
	LW_KEY_SELINUX,
	LW_KEY_LIMITS,
	LW_KEY_RLIMITS,
	LW_KEY_NETWORK,
	LW_KEY_SYSCTLS,
	LW_KEY_TIME_OFFSETS,
	LW_KEY_OOM_SCORE_ADJ,
	LW_KEY_NICE,
	LW_KEY_KEYRING,
	LW_KEY_SERVICE,
	LW_KEY_LOG,
	LW_KEY_TIMEOUT,
	LW_KEY_LABELS,
	LW_KEY_ALLOW_CONTROL_SOCKETS,
	LW_KEY_SECRETS,
	LW_KEY_PRIVILEGED,
	LW_KEY_COUNT,
};

struct lw_spec {
	struct lw_rec rec; /* the sandbox{} call */
	struct lw_arena *arena;
	const char *profile_sha256; /* of its text, in hexadecimal digits; "" without one */
	const char *profile_path;   /* absolute path of the profile, "" for a spec without one;
				     * set by the front end, not part of the JSON form */
	const char *name;           /* never NULL; "sandbox" when nobody named it */
	int64_t name_id_at;         /* where in the name digits of the sandbox's id stand, or
				     * 0; set by the front end, not part of the JSON form */
	struct lw_strlist command;
	const char *cwd;
	struct lw_pairs env;
	struct lw_strlist inherit_env;
	int64_t umask;
	int terminal;
	struct lw_stdio stdio;
	const char *hostname, *domainname; /* NULL: the name */
	struct lw_user user;
	bool init; /* pid 1 is our init; false: the command itself, where the pid
		      namespace is new */
	struct lw_namespaces namespaces;
	struct lw_ids ids;
	struct lw_root root;
	struct lw_mounts mounts;                        /* the user's; default mounts are the plan's business
							   (core/stage_mount.c) */
	struct lw_devices devices;                      /* in addition to the default nodes */
	struct lw_strlist masked_paths, readonly_paths; /* used only when set; core/tables/proc_masks.c otherwise
							 */
	struct lw_caps capabilities;
	bool no_new_privileges;
	struct lw_seccomp seccomp;
	struct lw_landlock landlock;
	struct lw_hardening hardening;
	struct lw_apparmor apparmor;
	struct lw_selinux selinux;
	struct lw_limits limits;
	struct lw_rlimits rlimits;
	struct lw_network network;
	struct lw_pairs sysctls;
	struct lw_time_offsets time_offsets;
	int64_t oom_score_adj, nice; /* used only when set; inherited otherwise */
	bool keyring;                /* true: a new session keyring */
	int64_t timeout;             /* microseconds; 0 = none */
	struct lw_pairs labels;
	struct lw_strlist allow_control_sockets;
	struct lw_secrets secrets;
	struct lw_service service;
	struct lw_log log;
	bool privileged; /* unless said otherwise, every capability of the caller;
			    every device of the host */
};

/* An empty spec holding every default, or NULL on ENOMEM. */
struct lw_spec *lw_spec_new(void);

/* lw_spec_check (lunward.h): cross-field rules, core/spec_check.c. Uses no
 * privilege and looks at nothing but the spec. */
/* Warnings a person should read (`check` prints them, `run -v` too); calls back
 * for each. */
typedef void lw_warn_fn(void *arg, struct lw_origin at, const char *path, const char *msg);
void lw_spec_warnings(const struct lw_spec *s, lw_warn_fn *fn, void *arg);
/* The command does a host's own work with capabilities beyond the default:
 * true, and err says so (core/spec_jobs.c). */
bool lw_spec_host_job(const struct lw_spec *s, struct lw_err *err);

#endif
