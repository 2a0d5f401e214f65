/* stage_cgroup.c: limits and device rules as cgroups: which controllers a sandbox needs, in which directory, and what
 * is written there before anything runs in it. A limit that somebody wrote and this host cannot enforce is an error;
 * a default that it cannot enforce is a note.
 * Must not touch the cgroup file systems: that is cgroup.c, at launch. */
#include <linux/sched.h>
#include <string.h>
#include "base/cleanup.h"
#include "cgroup.h"
#include "stage.h"

#define CAP_MKNOD_BIT (UINT64_C(1) << 27)
/* cpu.cfs_period_us: the kernel's default, and its maximum for quotas that would fall below the minimum of 1 ms. */
#define PERIOD_US 100000
#define PERIOD_MAX_US 1000000
#define SMALL_QUOTA 10 /* thousandths of a cpu */

/* Docker's list: any node may be made, few may be opened (null, zero, full, random, urandom, tty, console, ptmx, ptys).
 * One rule a line. */
#define DEVICE_RULES                                                                                                   \
	"c *:* m\nb *:* m\nc 1:3 rwm\nc 1:5 rwm\nc 1:7 rwm\nc 1:8 rwm\nc 1:9 rwm\nc 5:0 rwm\nc 5:1 rwm\nc 5:2 rwm\n"   \
	"c 136:* rwm"

static const char *const limit_keys[LW_LIMIT_COUNT] = {
	[LW_LIMIT_PIDS] = "limits.pids",
	[LW_LIMIT_MEMORY] = "limits.memory",
	[LW_LIMIT_SWAP] = "limits.swap",
	[LW_LIMIT_CPUS] = "limits.cpus",
};

static bool usable(const struct lw_plan *p, int controller)
{
	return p->host->cgroup.parent[controller];
}

static const char *why_not(const struct lw_plan *p, int controller)
{
	const char *why = p->host->cgroup.why[controller];
	return why ? why : "no cgroup can be made here; run as root or in a delegated cgroup";
}

/* "REASON; CURE" as message and hint. */
static int refuse(const struct lw_rec *rec, const char *key, const char *what, const char *why, struct lw_err *err)
{
	const char *cure = strstr(why, "; ");
	int n = (int)(cure ? (size_t)(cure - why) : strlen(why));
	lw_fail(err, -EOPNOTSUPP, "%s: %.*s", what, n, why);
	if (cure)
		lw_err_hint(err, "%s", cure + 2);
	lw_err_at(err, rec->origin);
	lw_err_in(err, "%s", key);
	return -EOPNOTSUPP;
}

int64_t lw_cgroup_nproc(const struct lw_plan *p)
{
	const struct lw_host *h = p->host;
	/* From 5.14 on the kernel counts processes per user and user namespace; before, only a leased uid is alone. */
	bool counted = h->kernel_major > 5 || (h->kernel_major == 5 && h->kernel_minor >= 14) || p->ids_auto;
	if (usable(p, LW_CTL_PIDS) || p->spec->limits.pids <= 0 || !(p->clone_flags & CLONE_NEWUSER) || !counted)
		return -1;
	return p->spec->limits.pids + p->init; /* this limit counts our init too */
}

/* Which controllers are wanted, after errors and notes about those that cannot be had. */
static int choose(struct lw_plan *p, unsigned *ret, struct lw_err *err)
{
	static const struct {
		int limit, controller;
	} needs[] = {
		{ LW_LIMIT_PIDS, LW_CTL_PIDS },
		{ LW_LIMIT_MEMORY, LW_CTL_MEMORY },
		{ LW_LIMIT_SWAP, LW_CTL_MEMORY },
		{ LW_LIMIT_CPUS, LW_CTL_CPU },
	};
	const struct lw_limits *l = &p->spec->limits;
	const struct lw_host *h = p->host;
	const bool wanted[LW_LIMIT_COUNT] = {
		[LW_LIMIT_PIDS] = l->pids > 0,
		[LW_LIMIT_MEMORY] = l->memory > 0 || h->memory_bytes > 0,
		[LW_LIMIT_SWAP] = lw_is_set(&l->rec, LW_LIMIT_SWAP),
		[LW_LIMIT_CPUS] = l->cpus > 0,
	};
	*ret = 0;
	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		int limit = needs[i].limit, ctl = needs[i].controller;
		if (!wanted[limit])
			continue;
		if (usable(p, ctl)) {
			*ret |= 1u << ctl;
			continue;
		}
		if (lw_is_set(&l->rec, (unsigned)limit))
			return refuse(&l->rec, limit_keys[limit], "this limit cannot be enforced here", why_not(p, ctl),
				      err);
		lw_plan_note(p, "%s: %s is not enforced (%s)", limit_keys[limit],
			     limit == LW_LIMIT_PIDS && lw_cgroup_nproc(p) >= 0
				     ? "the cgroup limit, for which RLIMIT_NPROC stands in,"
				     : "the default",
			     why_not(p, ctl));
	}
	if ((*ret & 1u << LW_CTL_MEMORY) && !h->swap_accounting) {
		if (lw_is_set(&l->rec, LW_LIMIT_SWAP))
			return refuse(&l->rec, limit_keys[LW_LIMIT_SWAP], "this limit cannot be enforced here",
				      "the kernel does not account swap; boot with swapaccount=1", err);
		if (h->swap_bytes > 0)
			lw_plan_note(p,
				     "%s: the default is not enforced (the kernel does not account swap; boot with "
				     "swapaccount=1)",
				     limit_keys[LW_LIMIT_SWAP]);
	}
	return 0;
}

/* Device rules: a controller where there is one (v1). Without it a sandbox in a user namespace of its own still cannot
 * make nodes, and sees only the nodes that are bound into it; everything else would be an open hole. */
static int choose_devices(struct lw_plan *p, unsigned *mask, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	/* In a user namespace of its own the kernel refuses mknod of devices, every mount is nodev and the only nodes
	 * are the ones bound one by one: the controller could refuse nothing more, and costs a tenth of a launch. */
	bool nodev = true;
	for (size_t i = 0; i < s->mounts.n; i++)
		nodev = nodev && !s->mounts.v[i].dev && s->mounts.v[i].propagation == LW_PROPAGATION_PRIVATE;
	if ((p->clone_flags & CLONE_NEWUSER) && !s->devices.n && nodev)
		return 0;
	if (usable(p, LW_CTL_DEVICES)) {
		*mask |= 1u << LW_CTL_DEVICES;
		return 0;
	}
	for (size_t i = 0; i < s->devices.n; i++) {
		const struct lw_device *d = &s->devices.v[i];
		if (d->access && (!strchr(d->access, 'r') || !strchr(d->access, 'w')))
			return refuse(&d->rec, lw_arena_printf(p->arena, "devices[%zu].access", i),
				      "narrower access than \"rw\" needs the devices controller",
				      why_not(p, LW_CTL_DEVICES), err);
	}
	if (!lw_plan_own_user(p) && (s->capabilities.set[LW_CAP_BOUNDING] & CAP_MKNOD_BIT))
		return refuse(
			&s->capabilities.rec, "capabilities",
			"MKNOD without a user namespace of its own needs the devices controller",
			"without it every device of the host could be opened; take MKNOD out of the capabilities, or "
			"leave namespaces.user new",
			err);
	return 0;
}

/* One directory for each hierarchy: all controllers on v2, co-mounted ones on v1. */
static int make(struct lw_plan *p, unsigned mask)
{
	const struct lw_cgroup_host *c = &p->host->cgroup;
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		unsigned here = 0;
		if (!(mask & 1u << i) || p->cgroup_dir[i])
			continue;
		const char *dir = lw_arena_printf(p->arena, "%s/" LW_PLAN_ID, c->parent[i]);
		for (int k = i; k < LW_CTL_COUNT; k++) {
			if (!(mask & 1u << k) || strcmp(c->parent[k], c->parent[i]))
				continue;
			p->cgroup_dir[k] = dir;
			here |= 1u << k;
		}
		int r = PLAN_OP(p, LW_OP_CGROUP_MAKE, &p->spec->limits.rec, "limits", .str = { dir },
				.num = { here, lw_plan_slot(p), c->version, lw_cgroup_how(p->host, here) });
		if (r < 0)
			return r;
		p->cgroup_slots++;
	}
	return 0;
}

static int set(struct lw_plan *p, int controller, const struct lw_rec *rec, const char *key, const char *file,
	       const char *value)
{
	return PLAN_OP(p, LW_OP_CGROUP_SET, rec, key, .str = { p->cgroup_dir[controller], file, value });
}

static int set_limit(struct lw_plan *p, int controller, int limit, const char *file, int64_t value)
{
	return set(p, controller, &p->spec->limits.rec, limit_keys[limit], file,
		   lw_arena_printf(p->arena, "%lld", (long long)value));
}

static int set_memory(struct lw_plan *p)
{
	const struct lw_limits *l = &p->spec->limits;
	const struct lw_host *h = p->host;
	int64_t memory = l->memory > 0 ? l->memory : h->memory_bytes / 2;
	int r;
	if (h->cgroup.version == 2) {
		r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_MEMORY, "memory.max", memory);
		if (r >= 0 && h->swap_accounting)
			r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_SWAP, "memory.swap.max", l->swap);
		return r;
	}
	/* memsw, the sum, may never be below the memory limit, so it comes second. */
	r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_MEMORY, "memory.limit_in_bytes", memory);
	if (r >= 0 && h->cgroup.memsw)
		r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_SWAP, "memory.memsw.limit_in_bytes", memory + l->swap);
	return r;
}

static int set_cpu(struct lw_plan *p)
{
	int64_t cpus = p->spec->limits.cpus, period = cpus < SMALL_QUOTA ? PERIOD_MAX_US : PERIOD_US;
	int64_t quota = cpus * period / 1000;
	if (p->host->cgroup.version == 2)
		return set(p, LW_CTL_CPU, &p->spec->limits.rec, limit_keys[LW_LIMIT_CPUS], "cpu.max",
			   lw_arena_printf(p->arena, "%lld %lld", (long long)quota, (long long)period));
	int r = set_limit(p, LW_CTL_CPU, LW_LIMIT_CPUS, "cpu.cfs_period_us", period);
	return r < 0 ? r : set_limit(p, LW_CTL_CPU, LW_LIMIT_CPUS, "cpu.cfs_quota_us", quota);
}

static int set_devices(struct lw_plan *p)
{
	const struct lw_devices *d = &p->spec->devices;
	int r = set(p, LW_CTL_DEVICES, &p->spec->rec, "devices", "devices.deny", "a");
	if (r >= 0)
		r = set(p, LW_CTL_DEVICES, &p->spec->rec, "devices", "devices.allow", DEVICE_RULES);
	/* By path: numbers are looked up at launch, a plan is made from the spec and the host's facts alone. */
	for (size_t i = 0; i < d->n && r >= 0; i++)
		r = set(p, LW_CTL_DEVICES, &d->v[i].rec, lw_arena_printf(p->arena, "devices[%zu]", i), "devices.allow",
			lw_arena_printf(p->arena, "%s %s", d->v[i].source ? d->v[i].source : d->v[i].path,
					d->v[i].access ? d->v[i].access : "rwm"));
	return r;
}

int lw_stage_cgroup(struct lw_plan *p, struct lw_err *err)
{
	unsigned mask;
	int r = choose(p, &mask, err);
	if (r >= 0)
		r = choose_devices(p, &mask, err);
	if (r >= 0)
		r = make(p, mask);
	/* The init stays outside: only the process that becomes the command joins, so the limit counts what it says. */
	if (r >= 0 && p->cgroup_dir[LW_CTL_PIDS])
		r = set_limit(p, LW_CTL_PIDS, LW_LIMIT_PIDS, "pids.max", p->spec->limits.pids);
	if (r >= 0 && p->cgroup_dir[LW_CTL_MEMORY])
		r = set_memory(p);
	if (r >= 0 && p->cgroup_dir[LW_CTL_CPU])
		r = set_cpu(p);
	if (r >= 0 && p->cgroup_dir[LW_CTL_DEVICES])
		r = set_devices(p);
	return r;
}
