/* spec_check.c: what values must be to each other: a table of rules, one function each, over a decoded spec. A rule
 * looks at the spec and at nothing else; what depends on the machine is said by the plan. What is merely unwise is
 * spec_warn.c's. */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include "base/cleanup.h"
#include "chown.h"
#include "ids_modes.h"
#include "overlay.h"
#include "seccomp_policy.h"
#include "spec_codec.h"

/* Fills err with the rule's message at a record and key path. */
static int broken(struct lw_err *err, struct lw_origin at, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int broken(struct lw_err *err, struct lw_origin at, const char *path, const char *fmt, ...)
{
	char msg[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	lw_codec_fail(err, "%s", msg);
	lw_codec_in(err, path);
	lw_err_at(err, at);
	return -EINVAL;
}

static int empty_range(struct lw_err *err, struct lw_origin at, const char *path)
{
	broken(err, at, path, "a range of no ids");
	lw_err_hint(err, "the third number says how many: {inside, outside, 1} is one");
	return -EINVAL;
}

static int not_a_device(const struct lw_device *d, const char *path, struct lw_err *err)
{
	broken(err, d->rec.origin, path, "\"%.120s\" is not below /dev", d->path);
	lw_err_hint(err, "mounts = { bind \"SRC:DST\" } shows a file");
	return -EINVAL;
}

/* Is `path` equal to `above`, or below it? Both normalised. */
static bool is_within(const char *path, const char *above)
{
	size_t n = strlen(above);
	return strncmp(path, above, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool is_new(const struct lw_spec *s, enum lw_ns ns)
{
	return s->namespaces.mode[ns] == LW_NS_NEW;
}

static int check_command(const struct lw_spec *s, struct lw_err *err)
{
	/* A profile may leave the command to whoever runs it; lw_plan_launch refuses to start nothing. */
	if (s->command.n && !s->command.v[0][0])
		return broken(err, s->rec.origin, "command[0]", "the program's name is empty");
	return 0;
}

/* --- namespaces, network, ids --- */

static const char *other(const struct lw_join *j)
{
	return j->sandbox ? j->sandbox : j->path;
}

static int check_network(const struct lw_spec *s, struct lw_err *err)
{
	static const int wanted[] = {
		[LW_NET_NONE] = LW_NS_NEW,   [LW_NET_HOST] = LW_NS_HOST,   [LW_NET_JOIN] = LW_NS_JOIN,
		[LW_NET_BRIDGE] = LW_NS_NEW, [LW_NET_MACVLAN] = LW_NS_NEW, [LW_NET_MOVE] = LW_NS_NEW,
	};
	const struct lw_join *join = &s->namespaces.join[LW_NS_NET];
	int mode = s->namespaces.mode[LW_NS_NET], r;
	const char *a = lw_names_name(&lw_namespace_mode_table, mode),
		   *b = lw_names_name(&lw_network_table, s->network.kind);

	if (mode == wanted[s->network.kind] &&
	    (mode != LW_NS_JOIN || strcmp(other(join), other(&s->network.join)) == 0))
		return 0;
	r = broken(err, s->namespaces.rec.origin.file ? s->namespaces.rec.origin : s->rec.origin, "namespaces.net",
		   "\"%.60s\" disagrees with network = \"%.60s\"", a ? a : other(join),
		   b                                ? b
		   : s->network.kind == LW_NET_JOIN ? other(&s->network.join)
						    : "an interface of its own");
	lw_err_hint(err, "leave namespaces.net away: network decides it");
	return r;
}

static int check_init(const struct lw_spec *s, struct lw_err *err)
{
	int r;

	if (is_new(s, LW_NS_PID) || !lw_is_set(&s->rec, LW_KEY_INIT) || !s->init)
		return 0;
	r = broken(err, s->rec.origin, "init", "true needs namespaces.pid = \"new\": ours is the first process of one");
	lw_err_hint(err, "leave init away, or let namespaces.pid be new");
	return r;
}

static int check_mount_namespace(const struct lw_spec *s, struct lw_err *err)
{
	static const int keys[] = { LW_KEY_ROOT,         LW_KEY_MOUNTS,         LW_KEY_DEVICES,
				    LW_KEY_MASKED_PATHS, LW_KEY_READONLY_PATHS, LW_KEY_SECRETS };

	if (is_new(s, LW_NS_MOUNT))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (lw_is_set(&s->rec, (unsigned)keys[i]))
			return broken(err, s->rec.origin, lw_sandbox_schema.fields[keys[i]].key,
				      "needs namespaces.mount = \"new\"");
	return 0;
}

static int check_hostname(const struct lw_spec *s, struct lw_err *err)
{
	if (is_new(s, LW_NS_UTS) || (!s->hostname && !s->domainname))
		return 0;
	return broken(err, s->rec.origin, s->hostname ? "hostname" : "domainname", "needs namespaces.uts = \"new\"");
}

static bool overlap(uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
	return (uint64_t)a < (uint64_t)b + nb && (uint64_t)b < (uint64_t)a + na;
}

static int check_map(const struct lw_ids *ids, const struct lw_idmaps *maps, const char *key, struct lw_err *err)
{
	char path[64];

	snprintf(path, sizeof(path), "ids.%s", key);
	if (maps->n == 0)
		return broken(err, ids->rec.origin, path, "an empty map: no id would exist inside");
	if (maps->n > 340)
		return broken(err, ids->rec.origin, path, "%zu ranges; the kernel takes at most 340", maps->n);
	for (size_t i = 0; i < maps->n; i++) {
		const struct lw_idmap *m = &maps->v[i];
		snprintf(path, sizeof(path), "ids.%s[%zu]", key, i);
		if (m->count == 0)
			return empty_range(err, ids->rec.origin, path);
		/* 4294967295 is "no id" to the kernel. */
		if ((uint64_t)m->inside + m->count > UINT32_MAX || (uint64_t)m->outside + m->count > UINT32_MAX)
			return broken(err, ids->rec.origin, path, "goes beyond the last id, %lld",
				      (long long)LW_ID_MAX);
		for (size_t k = 0; k < i; k++) {
			const struct lw_idmap *o = &maps->v[k];
			bool inside = overlap(m->inside, m->count, o->inside, o->count);
			if (inside || overlap(m->outside, m->count, o->outside, o->count))
				return broken(err, ids->rec.origin, path, "overlaps range %zu %s", k,
					      inside ? "inside" : "outside");
		}
	}
	return 0;
}

static bool is_mapped(const struct lw_idmaps *maps, int64_t id)
{
	for (size_t i = 0; i < maps->n; i++)
		if (id >= maps->v[i].inside && id < (int64_t)maps->v[i].inside + maps->v[i].count)
			return true;
	return false;
}

static int check_user_mapped(const struct lw_spec *s, struct lw_err *err)
{
	const struct lw_user *u = &s->user;
	int64_t uid = u->name && strcmp(u->name, "root") == 0 ? 0 : u->uid;
	int64_t gid = u->gid;
	int r = 0;

	if (uid >= 0 && !is_mapped(&s->ids.uid, uid)) {
		r = broken(err, u->rec.origin.file ? u->rec.origin : s->rec.origin, "user",
			   "ids.uid does not map uid %lld, who the command runs as", (long long)uid);
		lw_err_hint(err, "add a range that holds it, {%lld, OUTSIDE, 1}, or choose another user",
			    (long long)uid);
	} else if (gid >= 0 && !is_mapped(&s->ids.gid, gid)) {
		r = broken(err, u->rec.origin, "user.gid", "ids.gid does not map gid %lld", (long long)gid);
	}
	for (size_t i = 0; r == 0 && i < u->n_groups; i++)
		if (!is_mapped(&s->ids.gid, u->groups[i]))
			r = broken(err, u->rec.origin, "user.groups", "ids.gid does not map gid %lld",
				   (long long)u->groups[i]);
	return r;
}

static int check_ids(const struct lw_spec *s, struct lw_err *err)
{
	int r;

	if (!is_new(s, LW_NS_USER)) {
		/* A namespace that is joined has its maps already. */
		if (lw_is_set(&s->rec, LW_KEY_IDS) &&
		    (s->ids.mode != LW_IDS_KEEP || s->namespaces.mode[LW_NS_USER] == LW_NS_JOIN))
			return broken(err, s->ids.rec.origin, "ids", "needs namespaces.user = \"new\"");
		return 0;
	}
	if (s->ids.mode != LW_IDS_EXPLICIT)
		return 0;
	r = check_map(&s->ids, &s->ids.uid, "uid", err);
	if (r == 0)
		r = check_map(&s->ids, &s->ids.gid, "gid", err);
	return r < 0 ? r : check_user_mapped(s, err);
}

/* Host uid 0 owns /proc/sys whatever its capabilities: a writable core_pattern is a program run by the host. */
static int check_proc_sys(const struct lw_spec *s, struct lw_err *err)
{
	int r;

	if (!lw_ids_host_root(s) || !lw_is_set(&s->rec, LW_KEY_READONLY_PATHS))
		return 0;
	for (size_t i = 0; i < s->readonly_paths.n; i++)
		if (is_within("/proc/sys", s->readonly_paths.v[i]))
			return 0;
	r = broken(err, s->rec.origin, "readonly_paths",
		   "without /proc/sys, and the sandbox may hold the host's uid 0, which owns it");
	lw_err_hint(err, "add \"/proc/sys\", or use ids = \"auto\"");
	return r;
}

/* --- the file system --- */

/* Files of /proc that tools such as lxcfs lay a view of their own over; nothing else may be covered there, because
 * what the launcher writes to /proc must reach the kernel (CVE-2019-16884, CVE-2019-19921). */
static const char *const proc_views[] = { "/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo",
					  "/proc/stat",    "/proc/swaps",     "/proc/uptime",  "/proc/slabinfo" };

/* What a kernel file system shows is a namespace's; with the host's it would be everybody's. */
static int check_kernel_fs(const struct lw_spec *s, const struct lw_mount *m, const char *path, struct lw_err *err)
{
	if (m->kind == LW_MOUNT_MQUEUE && !is_new(s, LW_NS_IPC))
		return broken(err, m->rec.origin, path,
			      "needs namespaces.ipc = \"new\": it would show the host's queues");
	if (m->kind == LW_MOUNT_CGROUP && !is_new(s, LW_NS_CGROUP))
		return broken(err, m->rec.origin, path,
			      "needs namespaces.cgroup = \"new\": it would show everybody's cgroups");
	if (m->kind == LW_MOUNT_PROC && m->hidepid && !is_new(s, LW_NS_PID))
		return broken(err, m->rec.origin, path, "hidepid needs namespaces.pid = \"new\"");
	if (m->kind == LW_MOUNT_PROC && m->subset_pid && !is_new(s, LW_NS_PID))
		return broken(err, m->rec.origin, path, "subset needs namespaces.pid = \"new\"");
	if (m->kind == LW_MOUNT_PROC && m->subset_pid && s->sysctls.n)
		return broken(err, m->rec.origin, path,
			      "sysctls are written through /proc/sys, which subset = \"pid\" "
			      "leaves out");
	return 0;
}

static int check_destination(const struct lw_mount *m, const char *path, struct lw_err *err)
{
	const char *d = m->destination;
	int r = 0;

	if (strcmp(d, "/") == 0) {
		r = broken(err, m->rec.origin, path, "nothing can be mounted on \"/\" here");
		lw_err_hint(err, "set root = to what the sandbox sees as \"/\"");
	} else if (m->kind == LW_MOUNT_REMOVE) {
		return 0;
	} else if (m->kind == LW_MOUNT_SYMLINK &&
		   (is_within(d, "/proc") || is_within(d, "/sys") || is_within(d, "/dev"))) {
		r = broken(err, m->rec.origin, path, "no symbolic link may be made in /proc, /sys or /dev");
	} else if ((m->kind == LW_MOUNT_FILE || m->kind == LW_MOUNT_DIR) &&
		   (is_within(d, "/proc") || is_within(d, "/sys"))) {
		r = broken(err, m->rec.origin, path, "nothing can be made in /proc or /sys");
	} else if (is_within(d, "/proc") && m->kind != LW_MOUNT_PROC) {
		for (size_t i = 0; i < ARRAY_LEN(proc_views); i++)
			if (strcmp(d, proc_views[i]) == 0)
				return 0;
		r = broken(err, m->rec.origin, path, "only a proc may be mounted here");
		lw_err_hint(err, "proc \"/proc\" has its options; the host's would show its processes");
	} else if (is_within(d, "/proc") && strcmp(d, "/proc") != 0) {
		r = broken(err, m->rec.origin, path, "no proc may be mounted below /proc");
	}
	return r;
}

/* What `chown` changes stays changed on the host. */
static int check_chown(const struct lw_mount *m, size_t i, struct lw_err *err)
{
	char path[64];
	const char *why = m->chown ? lw_chown_forbidden(m->source) : NULL;
	int r = 0;

	snprintf(path, sizeof(path), "mounts[%zu].chown", i);
	if (why) {
		r = broken(err, m->rec.origin, path, "'%.120s' cannot be re-owned: %s", m->source, why);
		lw_err_hint(err, "name a directory of its own, or use idmap, which changes no file");
	} else if (m->chown && m->idmap) {
		r = broken(err, m->rec.origin, path, "needs no idmap: with it no file has to change its owner");
		lw_err_hint(err, "leave one of the two out");
	} else if (m->chown && !m->writable) {
		r = broken(err, m->rec.origin, path, "the source is changed, and the bind is read-only");
		lw_err_hint(err, "say rw too, or re-own it once with `lunward chown`");
	}
	return r;
}

static int check_mounts(const struct lw_spec *s, struct lw_err *err)
{
	char path[64];

	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct lw_mount *m = &s->mounts.v[i];
		snprintf(path, sizeof(path), "mounts[%zu].destination", i);
		int r = check_destination(m, path, err);
		if (r == 0)
			r = check_chown(m, i, err);
		if (r < 0)
			return r;
		snprintf(path, sizeof(path), "mounts[%zu]", i);
		r = check_kernel_fs(s, m, path, err);
		if (r < 0)
			return r;
		snprintf(path, sizeof(path), "mounts[%zu].destination", i);
		for (size_t k = 0; k < i; k++)
			if (strcmp(m->destination, s->mounts.v[k].destination) == 0)
				return broken(err, m->rec.origin, path,
					      "\"%.120s\" is the destination of mounts[%zu] too", m->destination, k);
	}
	return 0;
}

static int check_secrets(const struct lw_spec *s, struct lw_err *err)
{
	char path[64];

	for (size_t i = 0; i < s->mounts.n && s->secrets.n; i++) {
		if (s->mounts.v[i].kind == LW_MOUNT_REMOVE || !is_within(s->mounts.v[i].destination, "/run/secrets"))
			continue;
		snprintf(path, sizeof(path), "mounts[%zu].destination", i);
		return broken(err, s->mounts.v[i].rec.origin, path, "this is where the secrets appear");
	}
	return 0;
}

static int check_devices(const struct lw_spec *s, struct lw_err *err)
{
	char path[64];

	for (size_t i = 0; i < s->devices.n; i++) {
		const struct lw_device *d = &s->devices.v[i];
		snprintf(path, sizeof(path), "devices[%zu].path", i);
		if (!is_within(d->path, "/dev"))
			return not_a_device(d, path, err);
		for (size_t k = 0; k < i; k++)
			if (strcmp(d->path, s->devices.v[k].path) == 0)
				return broken(err, d->rec.origin, path, "\"%.120s\" is the path of devices[%zu] too",
					      d->path, k);
		for (size_t k = 0; k < s->mounts.n; k++)
			if (strcmp(d->path, s->mounts.v[k].destination) == 0)
				return broken(err, d->rec.origin, path,
					      "\"%.120s\" is the destination of mounts[%zu] too", d->path, k);
	}
	return 0;
}

/* --- kernel parameters --- */

/* Those that belong to a namespace, as in Docker's list; a name ending in '.' stands for all below it. */
static const struct {
	const char *name;
	enum lw_ns ns;
} sysctl_table[] = {
	{ "net.", LW_NS_NET },
	{ "fs.mqueue.", LW_NS_IPC },
	{ "kernel.auto_msgmni", LW_NS_IPC },
	{ "kernel.msgmax", LW_NS_IPC },
	{ "kernel.msgmnb", LW_NS_IPC },
	{ "kernel.msgmni", LW_NS_IPC },
	{ "kernel.msg_next_id", LW_NS_IPC },
	{ "kernel.sem", LW_NS_IPC },
	{ "kernel.sem_next_id", LW_NS_IPC },
	{ "kernel.shmall", LW_NS_IPC },
	{ "kernel.shmmax", LW_NS_IPC },
	{ "kernel.shmmni", LW_NS_IPC },
	{ "kernel.shm_next_id", LW_NS_IPC },
	{ "kernel.shm_rmid_forced", LW_NS_IPC },
	{ "kernel.hostname", LW_NS_UTS },
	{ "kernel.domainname", LW_NS_UTS },
};

static int check_sysctl(const struct lw_spec *s, const char *name, struct lw_err *err)
{
	char path[128];
	int r;

	snprintf(path, sizeof(path), "sysctls.%s", name);
	for (size_t i = 0; i < ARRAY_LEN(sysctl_table); i++) {
		const char *known = sysctl_table[i].name;
		size_t n = strlen(known);
		if (known[n - 1] == '.' ? strncmp(name, known, n) != 0 : strcmp(name, known) != 0)
			continue;
		if (is_new(s, sysctl_table[i].ns))
			return 0;
		return broken(err, s->rec.origin, path, "would change the host's: needs namespaces.%s = \"new\"",
			      lw_namespaces_schema.fields[sysctl_table[i].ns].key);
	}
	r = broken(err, s->rec.origin, path, "not a parameter of any namespace: setting it would change the host's");
	lw_err_hint(err, "net.*, fs.mqueue.*, kernel.shm*, kernel.msg* and kernel.sem can be set");
	return r;
}

static int check_sysctls(const struct lw_spec *s, struct lw_err *err)
{
	for (size_t i = 0; i < s->sysctls.n; i++) {
		int r = s->sysctls.v[i].value ? check_sysctl(s, s->sysctls.v[i].key, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- privileges --- */

static int check_capabilities(const struct lw_spec *s, struct lw_err *err)
{
	const uint64_t *set = s->capabilities.set;
	const struct {
		enum lw_capset part;
		uint64_t whole;
		const char *of;
	} rules[] = {
		{ LW_CAP_PERMITTED, set[LW_CAP_BOUNDING], "bounding" },
		{ LW_CAP_EFFECTIVE, set[LW_CAP_PERMITTED], "permitted" },
		{ LW_CAP_INHERITABLE, set[LW_CAP_BOUNDING], "bounding" },
		{ LW_CAP_AMBIENT, set[LW_CAP_PERMITTED], "permitted" },
		{ LW_CAP_AMBIENT, set[LW_CAP_INHERITABLE], "inheritable" },
	};
	char path[64], names[160];

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		uint64_t more = set[rules[i].part] & ~rules[i].whole;
		if (!more)
			continue;
		/* A set that follows from another is not what was written. */
		enum lw_capset part = rules[i].part;
		if (part == LW_CAP_INHERITABLE && !lw_is_set(&s->capabilities.rec, part))
			part = LW_CAP_AMBIENT;
		snprintf(path, sizeof(path), "capabilities.%s", lw_caps_schema.fields[part].key);
		return broken(err, s->capabilities.rec.origin, path, "%s must be in the %s set too",
			      lw_caps_format(more, names, sizeof(names)), rules[i].of);
	}
	return 0;
}

/* Calls with which SYS_ADMIN makes a read-only mount writable or takes a mask away. */
static const char *const mount_calls[] = { "mount",     "umount2",    "mount_setattr",  "move_mount",
					   "open_tree", "fsopen",     "fsconfig",       "fsmount",
					   "fspick",    "pivot_root", "open_tree_attr", "umount" };

static bool may_allow(const struct lw_verdict *v)
{
	bool may = v->action == SECCOMP_RET_ALLOW || v->action == SECCOMP_RET_LOG;

	for (unsigned i = 0; i < v->n_rules; i++)
		may = may || v->rules[i].action == SECCOMP_RET_ALLOW || v->rules[i].action == SECCOMP_RET_LOG;
	return may;
}

static void arena_done_p(struct lw_arena **a)
{
	lw_arena_free(*a);
}

static bool has_abi(const struct lw_seccomp *p, const char *name)
{
	for (size_t i = 0; i < p->architectures.n; i++)
		if (strcmp(p->architectures.v[i], name) == 0)
			return true;
	return false;
}

/* The first of those calls that the policy may allow by this ABI, or NULL. */
static int find_mount_call(const struct lw_spec *s, const struct lw_abi *abi, const char **ret, struct lw_err *err)
{
	_cleanup_(arena_done_p) struct lw_arena *a = lw_arena_new();
	struct lw_verdicts all;

	if (!a)
		return lw_codec_nomem(err);
	int r = lw_seccomp_verdicts(&s->seccomp, s->capabilities.set[LW_CAP_BOUNDING], abi, a, &all, err);
	for (size_t i = 0; r >= 0 && !*ret && i < ARRAY_LEN(mount_calls); i++) {
		int nr = lw_abi_number(abi, mount_calls[i]);
		if (nr >= 0 && may_allow(&all.v[nr]))
			*ret = mount_calls[i];
	}
	return r;
}

/* "Read-only" is no boundary against SYS_ADMIN that may call mount (DESIGN §6.7), by whichever ABI. */
static int check_sys_admin(const struct lw_spec *s, struct lw_err *err)
{
	const struct lw_seccomp *p = &s->seccomp;
	const char *call = NULL;
	unsigned n;
	const struct lw_abi *foreign = lw_abi_foreign(&n);
	int r = 0;

	if (!(s->capabilities.set[LW_CAP_BOUNDING] >> CAP_SYS_ADMIN & 1))
		return 0;
	if (p->base == LW_SECCOMP_UNCONFINED && p->n_rules == 0)
		call = mount_calls[0];
	else
		r = find_mount_call(s, &lw_abi_native, &call, err);
	for (unsigned i = 0; i < n && r >= 0 && !call; i++)
		if (has_abi(p, foreign[i].name))
			r = find_mount_call(s, &foreign[i], &call, err);
	if (r < 0 || !call)
		return r;
	r = broken(err, s->capabilities.rec.origin.file ? s->capabilities.rec.origin : s->rec.origin, "capabilities",
		   "SYS_ADMIN with a seccomp policy that allows %s: read-only mounts and masks would hold nothing",
		   call);
	lw_err_hint(err, "drop SYS_ADMIN, or deny the calls: seccomp = … - \"@mount\"");
	return r;
}

static int check_limits(const struct lw_spec *s, struct lw_err *err)
{
	const struct lw_limits *l = &s->limits;
	struct lw_origin at = l->rec.origin;
	char path[64];

	/* Without `memory` the bound is half of a machine's that is not known here. */
	if (l->memory && l->memory_high > l->memory)
		return broken(err, at, "limits.memory_high", "above limits.memory, which comes first then");
	if (l->memory && l->memory_low > l->memory)
		return broken(err, at, "limits.memory_low", "above limits.memory, so that it can never be reached");
	if (lw_is_set(&l->rec, LW_LIMIT_CPU_TIME) && l->cpu_time < 1000000)
		return broken(err, at, "limits.cpu_time", "the kernel counts whole seconds: at least \"1s\"");
	if (l->cpu_time && s->rlimits.v[RLIMIT_CPU].set) {
		broken(err, at, "limits.cpu_time", "rlimits.cpu says the same in other words");
		lw_err_hint(err, "take one of the two away");
		return -EINVAL;
	}
	for (size_t i = 0; i < l->io.n; i++) {
		snprintf(path, sizeof(path), "limits.io[%zu].device", i);
		for (size_t k = 0; k < i; k++)
			if (strcmp(l->io.v[i].device, l->io.v[k].device) == 0)
				return broken(err, l->io.v[i].rec.origin, path,
					      "\"%.120s\" is the device of limits.io[%zu] too", l->io.v[i].device, k);
	}
	return 0;
}

static int check_secure_bits(const struct lw_spec *s, struct lw_err *err)
{
	const struct lw_strlist *bits = &s->hardening.secure_bits;

	for (size_t i = 0; i < bits->n && s->capabilities.set[LW_CAP_AMBIENT]; i++)
		if (lw_names_value(&lw_securebit_table, bits->v[i]) == SECBIT_NO_CAP_AMBIENT_RAISE)
			return broken(err, s->hardening.rec.origin, "hardening.secure_bits",
				      "no_cap_ambient_raise refuses the ambient capabilities of this profile");
	return 0;
}

static int check_rlimits(const struct lw_spec *s, struct lw_err *err)
{
	char path[64];

	for (size_t i = 0; i < LW_RLIM_COUNT; i++) {
		const struct lw_rlimit *l = &s->rlimits.v[i];
		if (!l->set || l->hard < 0 || (l->soft >= 0 && l->soft <= l->hard))
			continue;
		snprintf(path, sizeof(path), "rlimits.%s", lw_rlimits_schema.fields[i].key);
		return broken(err, s->rlimits.rec.origin, path, "the soft limit is above the hard one");
	}
	return 0;
}

/* Neither reaches what is mounted below: it would look as if it did. */
static int check_whole_tree(const struct lw_spec *s, struct lw_err *err)
{
	const struct lw_strlist *lists[] = { &s->masked_paths, &s->readonly_paths };

	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++) {
			char path[40];
			if (strcmp(lists[k]->v[i], "/") != 0)
				continue;
			snprintf(path, sizeof(path), "%s[%zu]", k ? "readonly_paths" : "masked_paths", i);
			broken(err, s->rec.origin, path, "\"/\" has no effect on what is mounted in it");
			lw_err_hint(err, k ? "root = { readonly = true } is the default; name each other directory"
					   : "root = \"empty\" shows nothing but mounts");
			return -EINVAL;
		}
	return 0;
}

static int (*const rule_table[])(const struct lw_spec *s, struct lw_err *err) = {
	check_command,         check_network,     check_init,
	check_mount_namespace, check_hostname,    check_ids,
	check_proc_sys,        check_mounts,      lw_check_overlays,
	check_secrets,         check_devices,     check_sysctls,
	check_capabilities,    check_sys_admin,   check_rlimits,
	check_limits,          check_secure_bits, lw_check_time_offsets,
	check_whole_tree,      lw_check_service,
};

int lw_spec_check(const struct lw_spec *s, struct lw_err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(rule_table); i++) {
		int r = rule_table[i](s, err);
		if (r < 0)
			return r;
	}
	return 0;
}
