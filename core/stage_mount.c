/* stage_mount.c: the child side of the root: what is mounted where, the device nodes, what is masked or read-only. */
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "overlay.h"
#include "root_layout.h"
#include "schema.h"
#include "secret.h"
#include "stage.h"
#include "sys.h"
#include "tables/proc_masks.h"

#define NO_DEV_SUID (MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID)

/* runtime-spec's default nodes; numbers are major << 8 | minor. */
static const struct {
	const char *path;
	int64_t device;
} default_nodes[] = {
	{ "/dev/null", 0x103 },   { "/dev/zero", 0x105 },    { "/dev/full", 0x107 },
	{ "/dev/random", 0x108 }, { "/dev/urandom", 0x109 }, { "/dev/tty", 0x500 },
};
static const char *const host_interfaces[] = { "/sys/class/net", "/sys/devices/virtual/net" };
static const char *const dev_links[][2] = {
	{ "/dev/fd", "/proc/self/fd" },       { "/dev/stdin", "/proc/self/fd/0" }, { "/dev/stdout", "/proc/self/fd/1" },
	{ "/dev/stderr", "/proc/self/fd/2" }, { "/dev/core", "/proc/kcore" },      { "/dev/ptmx", "pts/ptmx" },
};

static int plan_view(struct lw_plan *p)
{
	int r = 0;
	for (size_t i = 0; i < p->host->n_view && r >= 0; i++) {
		const struct lw_view_entry *v = &p->host->view[i];
		if (lw_root_layout_find(p->layout, v->path))
			continue;
		if (v->link)
			r = PLAN_OP(p, LW_OP_SYMLINK, &p->spec->root.rec, "root", .str = { v->path, v->link });
		else
			r = PLAN_OP(p, LW_OP_MOUNT_BIND, &p->spec->root.rec, "root", .str = { v->path, v->path },
				    .num = { lw_plan_overlay_view(p, v->path), LW_SRC_DIR,
					     NO_DEV_SUID | MOUNT_ATTR_RDONLY });
	}
	return r;
}

static bool is_mapped(const struct lw_idmaps *m, uint32_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (id >= m->v[i].inside && id - m->v[i].inside < m->v[i].count)
			return true;
	return false;
}

/* The owner is who sets up unless the profile says otherwise; every option costs a system call. */
static const char *tmpfs_options(struct lw_plan *p, const struct lw_mount *m)
{
	const char *owner = "";
	if (m->uid || m->gid)
		owner = lw_arena_printf(p->arena, ",uid=%lld,gid=%lld", (long long)(m->uid ? m->uid : p->setup_uid),
					(long long)(m->gid ? m->gid : p->setup_gid));
	return lw_arena_printf(p->arena, "mode=%o,size=%lld,nr_inodes=%lld%s", (unsigned)m->mode, (long long)m->size,
			       (long long)m->inodes, owner);
}

/* Without owning the network namespace the kernel refuses a new sysfs (DESIGN §6.6). */
static bool own_sysfs(const struct lw_plan *p)
{
	return p->clone_flags & CLONE_NEWNET || !lw_plan_own_user(p);
}

static bool is_fs(const struct lw_plan *p, const char *destination, int kind)
{
	const struct lw_root_layout_entry *e = lw_root_layout_find(p->layout, destination);
	return e && (int)e->mount->kind == kind;
}

static int plan_fs(struct lw_plan *p, const struct lw_root_layout_entry *e)
{
	const struct lw_mount *m = e->mount;
	bool own_user = lw_plan_own_user(p);
	uint64_t attributes = lw_mount_attributes(m);
	switch (m->kind) {
	case LW_MOUNT_TMPFS:
		if (e->scratch)
			return PLAN_OP(p, LW_OP_MOUNT_SCRATCH, &m->rec, e->key, .str = { m->destination },
				       .num = { m->mode, (int64_t)attributes });
		return PLAN_OP(p, LW_OP_MOUNT_FS, &m->rec, e->key,
			       .str = { m->destination, "tmpfs", tmpfs_options(p, m) }, .num = { (int64_t)attributes });
	case LW_MOUNT_PROC:
		/* A new proc shows a pid namespace that the user namespace owns; else the host's, bound. */
		if (p->spec->namespaces.mode[LW_NS_PID] != LW_NS_HOST || !own_user)
			return PLAN_OP(p, LW_OP_MOUNT_FS, &m->rec, e->key,
				       .str = { m->destination, "proc", lw_plan_proc_options(p, m) },
				       .num = { NO_DEV_SUID | MOUNT_ATTR_NOEXEC | (attributes & MOUNT_ATTR_RDONLY) });
		return PLAN_OP(
			p, LW_OP_MOUNT_BIND, &m->rec, e->key, .str = { m->destination, "/proc" },
			.num = { -1, LW_SRC_DIR, NO_DEV_SUID | MOUNT_ATTR_NOEXEC | (attributes & MOUNT_ATTR_RDONLY) });
	case LW_MOUNT_SYSFS:
		/* A new sysfs shows the network namespace of whoever mounts it. */
		if (lw_plan_net_join(p) < 0)
			return -ENOMEM;
		if (own_sysfs(p))
			return PLAN_OP(p, LW_OP_MOUNT_FS, &m->rec, e->key, .str = { m->destination, "sysfs" },
				       .num = { NO_DEV_SUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY });
		return PLAN_OP(p, LW_OP_MOUNT_BIND, &m->rec, e->key, .str = { m->destination, "/sys" },
			       .num = { -1, LW_SRC_DIR, NO_DEV_SUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY });
	case LW_MOUNT_MQUEUE:
		return lw_plan_mqueue(p, e);
	case LW_MOUNT_CGROUP:
		return lw_plan_cgroup(p, e);
	default: /* devpts: gid 5 is tty, only where it is mapped (DESIGN §6.9) */
		return PLAN_OP(p, LW_OP_MOUNT_FS, &m->rec, e->key,
			       .str = { m->destination, "devpts",
					own_user && !is_mapped(&p->gid_map, 5)
						? "newinstance,ptmxmode=0666,mode=0620"
						: "newinstance,ptmxmode=0666,mode=0620,gid=5" },
			       .num = { MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC });
	}
}

/* The message queues of the sandbox's own ipc namespace, unless the profile has other plans for the place. */
static int plan_mqueue(struct lw_plan *p)
{
	const struct lw_mounts *m = &p->spec->mounts;
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->v[i].destination, "/dev/mqueue"))
			return 0;
	if (!(p->clone_flags & CLONE_NEWIPC))
		return 0;
	return PLAN_OP(p, LW_OP_MOUNT_FS, NULL, "root", .str = { "/dev/mqueue", "mqueue" },
		       .num = { NO_DEV_SUID | MOUNT_ATTR_NOEXEC });
}

static int plan_devices(struct lw_plan *p)
{
	const struct lw_spec *s = p->spec;
	int r = plan_mqueue(p);
	for (size_t i = 0; i < ARRAY_LEN(default_nodes) && r >= 0; i++)
		r = PLAN_OP(p, LW_OP_NODE, NULL, "devices", .str = { default_nodes[i].path, default_nodes[i].path },
			    .num = { default_nodes[i].device });
	for (size_t i = 0; i < ARRAY_LEN(dev_links) && r >= 0; i++)
		if (lw_root_layout_find(p->layout, "/proc") || i >= 5)
			r = PLAN_OP(p, LW_OP_SYMLINK, NULL, "devices", .str = { dev_links[i][0], dev_links[i][1] });
	for (size_t i = 0; i < s->devices.n && r >= 0; i++) {
		const struct lw_device *d = &s->devices.v[i];
		bool writable = !d->access || strchr(d->access, 'w');
		r = PLAN_OP(p, LW_OP_NODE, &d->rec, lw_arena_printf(p->arena, "devices[%zu]", i),
			    .str = { d->path, d->source ? d->source : d->path },
			    .num = { -1, writable ? 0 : MOUNT_ATTR_RDONLY });
	}
	return r;
}

static int plan_entry(struct lw_plan *p, const struct lw_root_layout_entry *e)
{
	const struct lw_mount *m = e->mount;
	int64_t uid = m->uid ? m->uid : p->setup_uid, gid = m->gid ? m->gid : p->setup_gid;
	int r;
	switch (m->kind) {
	case LW_MOUNT_BIND:
		return PLAN_OP(p, LW_OP_MOUNT_BIND, &m->rec, e->key, .str = { m->destination, m->source },
			       .num = { e->slot,
					(m->optional ? LW_SRC_OPTIONAL : 0) | (p->host->privileged ? 0 : LW_SRC_REOPEN),
					(int64_t)lw_mount_attributes(m) });
	case LW_MOUNT_OVERLAY:
		return PLAN_OP(p, LW_OP_MOUNT_BIND, &m->rec, e->key, .str = { m->destination, m->source },
			       .num = { e->slot, LW_SRC_DIR, (int64_t)lw_mount_attributes(m) });
	case LW_MOUNT_FILE:
		return PLAN_OP(p, LW_OP_FILE, &m->rec, e->key, .str = { m->destination, m->data },
			       .num = { m->mode, uid, gid });
	case LW_MOUNT_DIR:
		return PLAN_OP(p, LW_OP_MKDIR, &m->rec, e->key, .str = { m->destination },
			       .num = { m->mode, uid, gid });
	case LW_MOUNT_SYMLINK:
		return PLAN_OP(p, LW_OP_SYMLINK, &m->rec, e->key, .str = { m->destination, m->target });
	default:
		r = plan_fs(p, e);
		/* What lies in /dev is made right after it, before anything that would cover it. */
		if (r >= 0 && p->layout->has_dev && !strcmp(m->destination, "/dev"))
			r = plan_devices(p);
		/* A fresh /var without these breaks more programs than it protects. */
		if (r >= 0 && !strcmp(m->destination, "/var") && !strcmp(e->key, "root")) {
			static const struct {
				const char *path;
				int64_t mode;
			} dirs[] = { { "/var/tmp", 01777 },
				     { "/var/lib", 0755 },
				     { "/var/cache", 0755 },
				     { "/var/log", 0755 } };
			for (size_t i = 0; i < ARRAY_LEN(dirs) && r >= 0; i++)
				r = PLAN_OP(p, LW_OP_MKDIR, &m->rec, e->key, .str = { dirs[i].path },
					    .num = { dirs[i].mode, p->setup_uid, p->setup_gid });
			if (r >= 0)
				r = PLAN_OP(p, LW_OP_SYMLINK, &m->rec, e->key, .str = { "/var/run", "../run" });
		}
		return r;
	}
}

static bool in_sys(const char *path)
{
	return !strncmp(path, "/sys", 4) && (path[4] == '/' || !path[4]);
}

static int plan_path(struct lw_plan *p, int kind, const char *path, const char *key, bool sys)
{
	return in_sys(path) == sys ? PLAN_OP(p, kind, NULL, key, .str = { path }) : 0;
}

static int plan_list(struct lw_plan *p, int kind, const char *const *list, const char *key, bool sys)
{
	int r = 0;
	for (; *list && r >= 0; list++)
		r = plan_path(p, kind, *list, key, sys);
	return r;
}

static int plan_strings(struct lw_plan *p, int kind, const struct lw_strlist *list, const char *key, bool sys)
{
	int r = 0;
	for (size_t i = 0; i < list->n && r >= 0; i++)
		r = plan_path(p, kind, list->v[i], key, sys);
	return r;
}

/* What is covered outside of /sys, or in it. */
static int plan_masks(struct lw_plan *p, bool sys)
{
	const struct lw_spec *s = p->spec;
	bool host_root = lw_plan_host_root_inside(p);
	int r;
	if (lw_rec_has(&s->rec, &lw_sandbox_schema, "readonly_paths"))
		r = plan_strings(p, LW_OP_READONLY, &s->readonly_paths, "readonly_paths", sys);
	else
		r = plan_list(p, LW_OP_READONLY, lw_readonly_paths, "readonly_paths", sys);
	if (r >= 0 && lw_rec_has(&s->rec, &lw_sandbox_schema, "masked_paths")) {
		r = plan_strings(p, LW_OP_MASK, &s->masked_paths, "masked_paths", sys);
	} else if (r >= 0) {
		r = plan_list(p, LW_OP_MASK, lw_masked_paths, "masked_paths", sys);
		if (r >= 0 && host_root)
			r = plan_list(p, LW_OP_MASK, lw_masked_root_only, "masked_paths", sys);
		/* Docker hides every cpu's thermal_throttle, a counter shared with other tenants. */
		for (unsigned i = 0; i < p->host->cpus && r >= 0 && sys; i++)
			r = PLAN_OP(p, LW_OP_MASK, NULL, "masked_paths",
				    .str = { lw_arena_printf(p->arena, "/sys/devices/system/cpu/cpu%u/thermal_throttle",
							     i) });
	}
	if (r >= 0 && host_root && s->root.kind == LW_ROOT_HOST)
		r = plan_list(p, LW_OP_MASK, lw_host_secrets, "root", sys);
	/* Init stays in the caller's cgroups, whose names are none of the sandbox's business. */
	if (r >= 0 && p->init && is_fs(p, "/proc", LW_MOUNT_PROC))
		r = plan_list(p, LW_OP_MASK, lw_masked_init, "init", sys);
	/* The host's /sys comes with what is mounted in it: the cgroups of everybody. */
	if (r >= 0 && sys && !own_sysfs(p) && is_fs(p, "/sys", LW_MOUNT_SYSFS)) {
		if (!is_fs(p, "/sys/fs/cgroup", LW_MOUNT_CGROUP))
			r = PLAN_OP(p, LW_OP_MASK, NULL, "network", .str = { "/sys/fs/cgroup" });
		/* And with the host's interfaces, which are not the sandbox's where it has joined another network. */
		for (size_t i = 0; i < ARRAY_LEN(host_interfaces) && r >= 0 && s->network.kind == LW_NET_JOIN; i++)
			r = PLAN_OP(p, LW_OP_MASK, NULL, "network", .str = { host_interfaces[i] });
	}
	return r;
}

static int plan_entries(struct lw_plan *p, bool sys)
{
	int r = 0;
	for (size_t i = 0; i < p->layout->n && r >= 0; i++)
		if (in_sys(p->layout->v[i].mount->destination) == sys)
			r = plan_entry(p, &p->layout->v[i]);
	return r;
}

int lw_stage_mount(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	(void)err;
	if (!(p->clone_flags & CLONE_NEWNS))
		return 0;
	int r = lw_plan_overlays(p);
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_ROOT_BEGIN, &s->root.rec, "root", .str = { s->root.path },
			    .num = { s->root.kind, p->layout->root_slot,
				     p->host->privileged || s->root.overlay.on ? 0 : LW_SRC_REOPEN,
				     (int64_t)lw_root_attributes(&s->root) });
	if (r >= 0 && s->root.kind == LW_ROOT_HOST)
		r = plan_view(p);
	if (r >= 0)
		r = plan_entries(p, false);
	if (r >= 0)
		r = lw_plan_secrets(p);
	if (r >= 0)
		r = lw_plan_network_files(p);
	if (r >= 0)
		r = plan_masks(p, false);
	/* Our pty comes from the sandbox's own devpts, and /dev/console is bound to it. */
	if (r >= 0 && p->terminal_fds && p->layout->has_pts)
		r = PLAN_OP(p, LW_OP_TERMINAL, NULL, "terminal", .num = { p->terminal_fds });
	/* /sys shows the network namespace, which is still being made: it comes last. */
	if (r >= 0)
		r = plan_entries(p, true);
	if (r >= 0)
		r = plan_masks(p, true);
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_ROOT_END, &s->root.rec, "root",
			    .num = { (s->root.kind != LW_ROOT_DIR || s->root.overlay.on) && s->root.readonly });
	return r;
}
