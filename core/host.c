/* host.c: the only prober: what this machine and this caller offer, in as few system calls as can be, because every
 * launch pays for them. It tries nothing out (that is doctor.c) and reads no environment variable (that is the options'
 * business). The one thing it makes is the state directory (state_dir.c).
 * Must not know what the facts are used for. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"
#include "host.h"
#include "ids.h"
#include "state_dir.h"
#include "sys.h"

#define ACCOUNTS_MAX (16 * 1024 * 1024) /* the host's own files */
#define MOUNTINFO_MAX (16 * 1024 * 1024)
#define NEWUIDMAP "/usr/bin/newuidmap"
#define NEWGIDMAP "/usr/bin/newgidmap"

/* --- ids --- */

static void reserve(struct lw_host *h, size_t *cap, uint64_t first, uint64_t count)
{
	if (!count || first + count <= LW_AUTO_FIRST || first > LW_AUTO_LAST)
		return; /* cannot meet an auto range */
	if (h->n_reserved == *cap) {
		*cap = *cap ? *cap * 2 : 16;
		struct lw_range *v = lw_arena_array(h->arena, *cap, sizeof *v);
		if (!v)
			return;
		if (h->n_reserved)
			memcpy(v, h->reserved, h->n_reserved * sizeof *v);
		h->reserved = v;
	}
	h->reserved[h->n_reserved++] = (struct lw_range){ (uint32_t)first, (uint32_t)count };
}

/* Ids in the colon-separated fields `from` to `to` (0-based) of every line. Names do not matter here. */
static void reserve_ids(struct lw_host *h, size_t *cap, const char *text, int from, int to)
{
	int field = 0;
	for (const char *p = text; *p; p++) {
		if (*p == '\n') {
			field = 0;
		} else if (*p == ':' && ++field >= from && field <= to) {
			uint64_t id = 0;
			const char *d = p + 1;
			for (; *d >= '0' && *d <= '9' && id <= UINT32_MAX; d++)
				id = id * 10 + (uint64_t)(*d - '0');
			if (d != p + 1 && id <= UINT32_MAX)
				reserve(h, cap, id, 1);
		}
	}
}

/* In a user namespace only some ids exist: what /proc/self/uid_map (gid_map) does not name is nobody's to give. */
static void reserve_unmapped(struct lw_host *h, size_t *cap, const char *map)
{
	for (uint64_t at = LW_AUTO_FIRST; at <= LW_AUTO_LAST;) {
		uint64_t covered_to = at, next = (uint64_t)LW_AUTO_LAST + 1;
		unsigned inside, outside, count;
		int used;
		for (const char *p = map; sscanf(p, "%u %u %u%n", &inside, &outside, &count, &used) == 3; p += used) {
			uint64_t end = (uint64_t)inside + count;
			if (inside <= at && end > covered_to)
				covered_to = end;
			else if (inside > at && inside < next)
				next = inside;
		}
		if (covered_to > at) {
			at = covered_to;
		} else {
			reserve(h, cap, at, next - at);
			at = next;
		}
	}
}

static int read_optional(const char *path, size_t max, char **ret, size_t *n)
{
	int r = lw_read_file(path, max, ret, n);
	if (r == -ENOENT || r == -EACCES || r == -EINVAL) {
		*n = 0;
		*ret = strdup("");
		r = *ret ? 0 : -ENOMEM;
	}
	return r;
}

static int probe_reserved(struct lw_host *h, const char *passwd, struct lw_err *err)
{
	static const char *const subid_files[] = { "/etc/subuid", "/etc/subgid" };
	static const char *const map_files[] = { "/proc/self/uid_map", "/proc/self/gid_map" };
	size_t cap = 0, n;
	reserve_ids(h, &cap, passwd, 2, 3);
	_cleanup_free_ char *group = NULL;
	int r = read_optional("/etc/group", ACCOUNTS_MAX, &group, &n);
	if (r < 0)
		return lw_fail(err, r, "/etc/group: %s", strerror(-r));
	reserve_ids(h, &cap, group, 2, 2);
	for (size_t i = 0; i < ARRAY_LEN(subid_files); i++) {
		_cleanup_free_ char *text = NULL;
		struct lw_range *v = NULL;
		size_t n_v = 0;
		r = read_optional(subid_files[i], ACCOUNTS_MAX, &text, &n);
		if (r >= 0)
			r = lw_subid_parse(h->arena, text, n, NULL, 0, &v, &n_v);
		if (r < 0)
			return lw_fail(err, r, "%s: %s", subid_files[i], strerror(-r));
		for (size_t k = 0; k < n_v; k++)
			reserve(h, &cap, v[k].first, v[k].count);
	}
	char ns[64];
	ssize_t len = readlink("/proc/self/ns/user", ns, sizeof ns - 1);
	ns[len > 0 ? len : 0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(map_files) && strcmp(ns, LW_FIRST_USER_NAMESPACE); i++) {
		_cleanup_free_ char *text = NULL;
		r = read_optional(map_files[i], ACCOUNTS_MAX, &text, &n);
		if (r < 0)
			return lw_fail(err, r, "%s: %s", map_files[i], strerror(-r));
		reserve_unmapped(h, &cap, text);
	}
	/* Root of a container that has no ids to give away maps what it can like any other user: itself. */
	const struct lw_id_pool pool = lw_host_pool(h);
	h->privileged = lw_ids_possible(&pool);
	return 0;
}

/* The caller's own subordinate ranges, which newuidmap(1) will grant. */
static int probe_own_ranges(struct lw_host *h, struct lw_err *err)
{
	h->has_newuidmap = !access(NEWUIDMAP, X_OK) && !access(NEWGIDMAP, X_OK);
	if (!h->has_newuidmap)
		return 0;
	_cleanup_free_ char *uids = NULL, *gids = NULL;
	size_t n;
	int r = read_optional("/etc/subuid", ACCOUNTS_MAX, &uids, &n);
	if (r >= 0)
		r = lw_subid_parse(h->arena, uids, n, h->user, h->uid, &h->subuid, &h->n_subuid);
	if (r >= 0)
		r = read_optional("/etc/subgid", ACCOUNTS_MAX, &gids, &n);
	if (r >= 0)
		r = lw_subid_parse(h->arena, gids, n, h->user, h->uid, &h->subgid, &h->n_subgid);
	return r < 0 ? lw_fail(err, r, "/etc/subuid, /etc/subgid: %s", strerror(-r)) : 0;
}

static int probe_accounts(struct lw_host *h, struct lw_err *err)
{
	_cleanup_free_ char *passwd = NULL;
	size_t n;
	struct lw_passwd who = { .name = "", .home = "" };
	int r = read_optional("/etc/passwd", ACCOUNTS_MAX, &passwd, &n);
	if (r < 0)
		return lw_fail(err, r, "/etc/passwd: %s", strerror(-r));
	if (lw_passwd_lookup(h->arena, passwd, n, NULL, h->uid, &who) <= 0)
		who = (struct lw_passwd){ .name = "", .home = "" };
	h->user = who.name;
	h->home = who.home;
	if (h->privileged) {
		r = probe_reserved(h, passwd, err);
		if (r < 0 || h->privileged)
			return r;
	}
	return probe_own_ranges(h, err);
}

/* --- the caller and the machine --- */

static int probe_caps(struct lw_host *h, struct lw_err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	long r = SYS(capget, &head, data);
	if (r < 0)
		return lw_fail(err, (int)r, "capget: %s", strerror((int)-r));
	h->caps_effective = data[0].effective | (uint64_t)data[1].effective << 32;
	/* Asking past the kernel's last capability fails, which tells which one it is. */
	h->cap_last = -1;
	for (int c = 0; c < 64; c++) {
		int has = prctl(PR_CAPBSET_READ, c, 0, 0, 0);
		if (has < 0)
			break;
		h->caps_bounding |= (uint64_t)has << c;
		h->cap_last = c;
	}
	const uint64_t needed = UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID;
	h->privileged = h->uid == 0 && (h->caps_effective & needed) == needed;
	return 0;
}

static void probe_machine(struct lw_host *h)
{
	struct utsname u;
	struct sysinfo s;
	unsigned long mask[1024 / sizeof(long)];
	if (uname(&u) == 0) {
		h->kernel = lw_arena_strdup(h->arena, u.release);
		h->arch = lw_arena_strdup(h->arena, u.machine);
		sscanf(u.release, "%u.%u", &h->kernel_major, &h->kernel_minor);
	}
	if (sysinfo(&s) == 0) {
		h->memory_bytes = (int64_t)s.totalram * s.mem_unit;
		h->swap_bytes = (int64_t)s.totalswap * s.mem_unit;
	}
	long n = SYS(sched_getaffinity, 0, sizeof mask, mask);
	for (long i = 0; i < n / (long)sizeof(long); i++)
		h->cpus += (unsigned)__builtin_popcountl(mask[i]);
	if (!h->cpus)
		h->cpus = 1;
	for (size_t i = 0; i < ARRAY_LEN(h->rlimits); i++)
		/* One that is not told is none: 0 would be handed on. */
		if (getrlimit((__rlimit_resource_t)i, &h->rlimits[i]) < 0)
			h->rlimits[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	char cwd[PATH_MAX];
	/* A working directory that was removed: relative paths have nothing to start from but the root. */
	h->cwd = lw_arena_strdup(h->arena, getcwd(cwd, sizeof cwd) ? cwd : "/");
}

static int open_state(struct lw_host *h, const struct lw_host_options *o, struct lw_err *err)
{
	char path[PATH_MAX];
	int r = lw_state_open(&(struct lw_state_choice){ o->state, o->xdg_runtime_dir, h->cwd, h->uid }, path,
			      &h->state_fd, err);
	h->state_dir = lw_arena_strdup(h->arena, path);
	return r;
}

static int probe_cgroups(struct lw_host *h, const struct lw_host_options *o, struct lw_err *err)
{
	_cleanup_free_ char *mounts = NULL, *self = NULL;
	size_t n_mounts, n_self;
	if (!o->cgroup_parent && lw_cgroup_probe_usual(h))
		return 0;
	int r = read_optional("/proc/self/mountinfo", MOUNTINFO_MAX, &mounts, &n_mounts);
	if (r >= 0)
		r = read_optional("/proc/self/cgroup", ACCOUNTS_MAX, &self, &n_self);
	if (r < 0)
		return lw_fail(err, r, "/proc/self: %s", strerror(-r));
	return lw_cgroup_probe(h, mounts, n_mounts, self, n_self, o->cgroup_parent, err);
}

int lw_host_probe(const struct lw_host_options *o, struct lw_host **ret, struct lw_err *err)
{
	static const struct lw_host_options none;
	struct lw_arena *a = lw_arena_new();
	struct lw_host *h = a ? lw_arena_alloc(a, sizeof *h) : NULL;
	if (!h) {
		lw_arena_free(a);
		return lw_fail(err, -ENOMEM, "out of memory");
	}
	if (!o)
		o = &none;
	*h = (struct lw_host){ .arena = a,
			       .uid = geteuid(),
			       .gid = getegid(),
			       .state_fd = -1,
			       .kernel = "",
			       .arch = "",
			       .environ_ = o->environ_,
			       .cgroup_parent = lw_arena_strdup(a, o->cgroup_parent),
			       .profiles = lw_arena_strdup(a, o->profiles),
			       .helpers = lw_arena_strdup(a, o->helpers) };
	probe_machine(h);
	lw_host_lsm_probe(h);
	int r = probe_caps(h, err);
	if (r >= 0)
		r = open_state(h, o, err);
	if (r >= 0)
		r = probe_accounts(h, err);
	if (r >= 0)
		r = probe_cgroups(h, o, err);
	if (r >= 0) {
		r = lw_host_view_probe(h);
		if (r < 0 || lw_arena_failed(a))
			r = lw_fail(err, -ENOMEM, "out of memory");
	}
	if (r < 0) {
		lw_host_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

struct lw_host *lw_host_free(struct lw_host *h)
{
	if (h) {
		if (h->state_fd >= 0)
			close(h->state_fd);
		lw_arena_free(h->arena);
	}
	return NULL;
}
