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

/* What every sandbox has: null, zero, full, random, urandom, tty, console, ptmx, ptys. Unlike in Docker's list nothing
 * else may even be made. One rule a line. */
#define DEVICE_RULES                                                                                                   \
	"c 1:3 rwm\nc 1:5 rwm\nc 1:7 rwm\nc 1:8 rwm\nc 1:9 rwm\nc 5:0 rwm\nc 5:1 rwm\nc 5:2 rwm\nc 136:* rwm"

static const char *const limit_keys[LW_LIMIT_COUNT] = {
	[LW_LIMIT_PIDS] = "limits.pids",
	[LW_LIMIT_MEMORY] = "limits.memory",
	[LW_LIMIT_SWAP] = "limits.swap",
	[LW_LIMIT_CPUS] = "limits.cpus",
	[LW_LIMIT_MEMORY_HIGH] = "limits.memory_high",
	[LW_LIMIT_MEMORY_LOW] = "limits.memory_low",
	[LW_LIMIT_CPU_WEIGHT] = "limits.cpu_weight",
	[LW_LIMIT_CPUSET] = "limits.cpuset",
	[LW_LIMIT_IO] = "limits.io",
	[LW_LIMIT_OOM_GROUP] = "limits.oom_group",
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
		bool v2_only;
	} needs[] = {
		{ LW_LIMIT_PIDS, LW_CTL_PIDS, false },
		{ LW_LIMIT_MEMORY, LW_CTL_MEMORY, false },
		{ LW_LIMIT_SWAP, LW_CTL_MEMORY, false },
		{ LW_LIMIT_CPUS, LW_CTL_CPU, false },
		{ LW_LIMIT_MEMORY_HIGH, LW_CTL_MEMORY, true },
		{ LW_LIMIT_MEMORY_LOW, LW_CTL_MEMORY, false },
		{ LW_LIMIT_CPU_WEIGHT, LW_CTL_CPU, false },
		{ LW_LIMIT_CPUSET, LW_CTL_CPUSET, false },
		{ LW_LIMIT_IO, LW_CTL_IO, false },
		{ LW_LIMIT_OOM_GROUP, LW_CTL_MEMORY, true },
	};
	const struct lw_limits *l = &p->spec->limits;
	const struct lw_host *h = p->host;
	const bool wanted[LW_LIMIT_COUNT] = {
		[LW_LIMIT_PIDS] = l->pids > 0,
		[LW_LIMIT_MEMORY] = l->memory > 0 || h->memory_bytes > 0,
		[LW_LIMIT_SWAP] = lw_is_set(&l->rec, LW_LIMIT_SWAP),
		[LW_LIMIT_CPUS] = l->cpus > 0,
		[LW_LIMIT_MEMORY_HIGH] = l->memory_high > 0,
		[LW_LIMIT_MEMORY_LOW] = l->memory_low > 0,
		[LW_LIMIT_CPU_WEIGHT] = l->cpu_weight > 0,
		[LW_LIMIT_CPUSET] = l->cpuset,
		[LW_LIMIT_IO] = l->io.n > 0,
		[LW_LIMIT_OOM_GROUP] = l->oom_group,
	};
	*ret = 0;
	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		int limit = needs[i].limit, ctl = needs[i].controller;
		if (!wanted[limit])
			continue;
		if (needs[i].v2_only && h->cgroup.version == 1)
			return refuse(&l->rec, limit_keys[limit], "this limit cannot be enforced here",
				      "cgroup version 1, which this host uses, does not have it; boot with "
				      "systemd.unified_cgroup_hierarchy=1, or take it out",
				      err);
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

/* What is done to a sandbox in the background later needs its cgroups from the start: processes join by themselves,
 * when they begin, and nobody moves them afterwards. Version 2 has one directory, whose controllers can be had later.
 */
static unsigned choose_for_later(const struct lw_plan *p)
{
	static const int later[] = { LW_CTL_FREEZER, LW_CTL_CPU, LW_CTL_IO };
	unsigned mask = 0;
	if (p->host->background && p->host->cgroup.version == 1)
		for (size_t i = 0; i < ARRAY_LEN(later); i++)
			if (usable(p, later[i]))
				mask |= 1u << later[i];
	return mask;
}

static bool every_device(const struct lw_device *d)
{
	return !strcmp(d->source ? d->source : d->path, "/dev") && (!d->access || strlen(d->access) == 3);
}

/* Device rules: the controller (v1), or a program of ours (v2). Without either a sandbox in a user namespace of its own
 * still cannot make nodes, and sees only the nodes that are bound into it; everything else would be an open hole. */
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
	for (size_t i = 0; i < s->devices.n; i++)
		if (every_device(&s->devices.v[i])) /* nothing is left to refuse */
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
		if (r >= 0 && l->memory_high)
			r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_MEMORY_HIGH, "memory.high", l->memory_high);
		if (r >= 0 && l->memory_low)
			r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_MEMORY_LOW, "memory.low", l->memory_low);
		if (r >= 0 && l->oom_group)
			r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_OOM_GROUP, "memory.oom.group", 1);
		return r;
	}
	/* memsw, the sum, may never be below the memory limit, so it comes second. */
	r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_MEMORY, "memory.limit_in_bytes", memory);
	if (r >= 0 && h->cgroup.memsw)
		r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_SWAP, "memory.memsw.limit_in_bytes", memory + l->swap);
	/* What is above it is reclaimed first, so that what is below is kept: the same promise the other way round. */
	if (r >= 0 && l->memory_low)
		r = set_limit(p, LW_CTL_MEMORY, LW_LIMIT_MEMORY_LOW, "memory.soft_limit_in_bytes", l->memory_low);
	return r;
}

static int set_quota(struct lw_plan *p, int64_t cpus)
{
	int64_t period = cpus < SMALL_QUOTA ? PERIOD_MAX_US : PERIOD_US, quota = cpus * period / 1000;
	if (p->host->cgroup.version == 2)
		return set(p, LW_CTL_CPU, &p->spec->limits.rec, limit_keys[LW_LIMIT_CPUS], "cpu.max",
			   lw_arena_printf(p->arena, "%lld %lld", (long long)quota, (long long)period));
	int r = set_limit(p, LW_CTL_CPU, LW_LIMIT_CPUS, "cpu.cfs_period_us", period);
	return r < 0 ? r : set_limit(p, LW_CTL_CPU, LW_LIMIT_CPUS, "cpu.cfs_quota_us", quota);
}

/* Shares are weights of another unit: to the scheduler a weight of 100 is 1024 (sched_weight_from_cgroup()), whatever a
 * cgroup's neighbours are written in. */
static int set_weight(struct lw_plan *p, int64_t weight)
{
	if (p->host->cgroup.version == 2)
		return set_limit(p, LW_CTL_CPU, LW_LIMIT_CPU_WEIGHT, "cpu.weight", weight);
	return set_limit(p, LW_CTL_CPU, LW_LIMIT_CPU_WEIGHT, "cpu.shares", (weight * 1024 + 50) / 100);
}

static int set_cpu(struct lw_plan *p)
{
	const struct lw_limits *l = &p->spec->limits;
	int r = l->cpus ? set_quota(p, l->cpus) : 0;
	return r >= 0 && l->cpu_weight ? set_weight(p, l->cpu_weight) : r;
}

static int set_io(struct lw_plan *p)
{
	const struct lw_ios *io = &p->spec->limits.io;
	int r = 0;
	for (size_t i = 0; i < io->n && r >= 0; i++) {
		const struct lw_io *d = &io->v[i];
		r = PLAN_OP(p, LW_OP_CGROUP_IO, &d->rec, lw_arena_printf(p->arena, "limits.io[%zu]", i),
			    .str = { p->cgroup_dir[LW_CTL_IO], d->device, p->host->cgroup.version == 1 ? "1" : "2" },
			    .num = { [LW_IO_RBPS] = d->rbps,
				     [LW_IO_WBPS] = d->wbps,
				     [LW_IO_RIOPS] = d->riops,
				     [LW_IO_WIOPS] = d->wiops });
	}
	return r;
}

static int set_devices(struct lw_plan *p)
{
	const struct lw_devices *d = &p->spec->devices;
	const char *rules = DEVICE_RULES;
	/* By path: numbers are looked up at launch, a plan is made from the spec and the host's facts alone. */
	for (size_t i = 0; i < d->n; i++)
		rules = lw_arena_printf(p->arena, "%s\n%s %s", rules, d->v[i].source ? d->v[i].source : d->v[i].path,
					d->v[i].access ? d->v[i].access : "rwm");
	return PLAN_OP(p, LW_OP_CGROUP_DEVICES, d->n ? &d->v[0].rec : &p->spec->rec, "devices",
		       .str = { p->cgroup_dir[LW_CTL_DEVICES], rules }, .num = { p->host->cgroup.version });
}

int lw_stage_cgroup(struct lw_plan *p, struct lw_err *err)
{
	unsigned mask;
	int r = choose(p, &mask, err);
	if (r >= 0)
		r = choose_devices(p, &mask, err);
	if (r >= 0)
		r = make(p, mask | choose_for_later(p));
	/* The init stays outside: only the process that becomes the command joins, so the limit counts what it says. */
	if (r >= 0 && p->cgroup_dir[LW_CTL_PIDS])
		r = set_limit(p, LW_CTL_PIDS, LW_LIMIT_PIDS, "pids.max", p->spec->limits.pids);
	if (r >= 0 && p->cgroup_dir[LW_CTL_MEMORY])
		r = set_memory(p);
	if (r >= 0 && p->cgroup_dir[LW_CTL_CPU])
		r = set_cpu(p);
	if (r >= 0 && p->spec->limits.cpuset)
		r = PLAN_OP(p, LW_OP_CGROUP_CPUSET, &p->spec->limits.rec, limit_keys[LW_LIMIT_CPUSET],
			    .str = { p->cgroup_dir[LW_CTL_CPUSET], p->spec->limits.cpuset },
			    .num = { p->host->cgroup.version });
	if (r >= 0)
		r = set_io(p);
	if (r >= 0 && p->cgroup_dir[LW_CTL_DEVICES])
		r = set_devices(p);
	return r;
}
