/* stage_namespaces.c: namespaces that exist already (DESIGN §6.6): which may be joined together, and in what order.
 * They are opened on the host side; a process of its own joins them before the clone, so that the caller's rights still
 * count and a new user namespace comes after them. Also the time namespace where its clocks are set. */
#include <errno.h>
#include <linux/sched.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "root_layout.h"
#include "stage.h"

/* The mount namespace comes last of those that root may join by its own right: it takes the root directory along. */
static const enum lw_ns join_order[] = { LW_NS_CGROUP, LW_NS_IPC,  LW_NS_UTS,  LW_NS_NET,
					 LW_NS_PID,    LW_NS_TIME, LW_NS_MOUNT };

static bool joins(const struct lw_plan *p, enum lw_ns ns)
{
	return p->spec->namespaces.mode[ns] == LW_NS_JOIN;
}

bool lw_plan_own_user(const struct lw_plan *p)
{
	return p->clone_flags & CLONE_NEWUSER || joins(p, LW_NS_USER);
}

static int refuse(struct lw_plan *p, enum lw_ns ns, struct lw_err *err, const char *msg, const char *hint)
{
	lw_fail_as(err, LW_ERR_POLICY, -EPERM, "%s", msg);
	lw_err_hint(err, "%s", hint);
	lw_err_at(err, p->spec->namespaces.join[ns].rec.origin);
	lw_err_in(err, "namespaces.%s", lw_namespace_table.v[ns].name);
	return -EPERM;
}

static int check(struct lw_plan *p, enum lw_ns ns, struct lw_err *err)
{
	const struct lw_root_layout_entry *proc = lw_root_layout_find(p->layout, "/proc");
	if (!p->host->privileged && !joins(p, LW_NS_USER))
		return refuse(p, ns, err, "joining it needs root, or the user namespace that owns it",
			      "run as root, or join that one too: namespaces.user = { path = \"/proc/PID/ns/user\" }");
	if (ns == LW_NS_PID && (p->clone_flags & CLONE_NEWUSER) && (p->clone_flags & CLONE_NEWNS) && proc &&
	    proc->mount->kind == LW_MOUNT_PROC)
		return refuse(
			p, ns, err, "a new user namespace may not mount the /proc of a pid namespace it does not own",
			"join the user namespace that owns it too, or set namespaces.user = \"host\", or mounts = { "
			"remove \"/proc\" }");
	return 0;
}

static int join(struct lw_plan *p, enum lw_ns ns, struct lw_err *err)
{
	const struct lw_join *j = &p->spec->namespaces.join[ns];
	/* The key that says so: `network` decides where namespaces.net is not written. */
	bool by_network = ns == LW_NS_NET && !lw_is_set(&p->spec->namespaces.rec, LW_NS_NET);
	const char *key =
		by_network ? "network.path" : lw_arena_printf(p->arena, "namespaces.%s", lw_namespace_table.v[ns].name);
	int64_t type = lw_namespace_table.v[ns].value;
	if (!joins(p, ns))
		return 0;
	if (!j->path) { /* who has records of sandboxes finds it before planning */
		lw_fail(err, -ENOENT, "the sandbox \"%s\" was not looked for", j->sandbox);
		lw_err_in(err, "%s", key);
		return -ENOENT;
	}
	int slot = lw_plan_slot(p), r = check(p, ns, err);
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_NAMESPACE_OPEN, &j->rec, key, .str = { j->path }, .num = { slot, type });
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_NAMESPACE_JOIN, &j->rec, key, .str = { j->path }, .num = { slot, type });
	return r;
}

int lw_stage_namespaces(struct lw_plan *p, struct lw_err *err)
{
	/* Without root the rights over the others come from their user namespace. Root has them already, and would have
	 * fewer once it is in there. */
	bool first = !p->host->privileged;
	int r = first ? join(p, LW_NS_USER, err) : 0;
	for (size_t i = 0; i < ARRAY_LEN(join_order) && r >= 0; i++)
		r = join(p, join_order[i], err);
	if (r >= 0 && !first)
		r = join(p, LW_NS_USER, err);
	return r;
}

bool lw_plan_sets_time(const struct lw_plan *p)
{
	const struct lw_time_offsets *t = &p->spec->time_offsets;
	return p->clone_flags & CLONE_NEWTIME && (t->monotonic || t->boottime);
}

/* "monotonic SECONDS NANOSECONDS", the second number never negative. */
static const char *offset_line(struct lw_plan *p, const char *clock, int64_t usec)
{
	int64_t sec = usec / 1000000, rest = usec % 1000000;
	if (rest < 0) {
		sec--;
		rest += 1000000;
	}
	return lw_arena_printf(p->arena, "%s %lld %lld\n", clock, (long long)sec, (long long)rest * 1000);
}

static int no_time(struct lw_plan *p, struct lw_err *err, const char *msg, const char *hint)
{
	lw_fail(err, -EPERM, "%s", msg);
	lw_err_hint(err, "%s", hint);
	lw_err_at(err, p->spec->time_offsets.rec.origin);
	lw_err_in(err, "time_offsets");
	return -EPERM;
}

int lw_plan_time(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_time_offsets *t = &p->spec->time_offsets;
	const struct lw_host *h = p->host;
	if (!lw_plan_sets_time(p))
		return 0;
	/* Who has joined namespaces is not dumpable, and its files in /proc are root's. */
	if (!h->privileged && joins(p, LW_NS_USER))
		return no_time(p, err, "setting clocks in a user namespace that is joined needs root",
			       "run as root, or leave namespaces.user new");
	/* The namespace is entered by fork, and from 6.1 on by exec. */
	if (!p->init && (h->kernel_major < 6 || (h->kernel_major == 6 && h->kernel_minor < 1)))
		return no_time(p, err, "setting clocks without an init needs Linux 6.1",
			       "leave init true and namespaces.pid new");
	char monotonic[LW_FORMAT_MAX], boottime[LW_FORMAT_MAX];
	return PLAN_OP(p, LW_OP_TIME_OFFSETS, &t->rec, "time_offsets",
		       .str = { lw_arena_printf(p->arena, "monotonic %s, boottime %s",
						lw_format_duration(t->monotonic, monotonic, sizeof monotonic),
						lw_format_duration(t->boottime, boottime, sizeof boottime)),
				lw_arena_printf(p->arena, "%s%s", offset_line(p, "monotonic", t->monotonic),
						offset_line(p, "boottime", t->boottime)) });
}
