/* root_layout.c: which mounts a sandbox's root has: the defaults of its kind of root, the user's over them by
 * destination, ordered so that a parent comes before what lies in it. Looks at spec and host only. */
#include <linux/sched.h>
#include <string.h>
#include "base/cleanup.h"
#include "overlay.h"
#include "root_layout.h"

/* DESIGN §3.2: private /tmp /run /home, fresh /var. Sizes are what a service needs before its profile says more. One
 * without a size shares a tmpfs of the usual size with the others: four file systems would take longer to make. */
static const struct lw_mount default_mounts[] = {
	{ .kind = LW_MOUNT_PROC, .destination = "/proc" },
	{ .kind = LW_MOUNT_TMPFS, .destination = "/dev", .mode = 0755, .size = 65536, .inodes = 256 },
	{ .kind = LW_MOUNT_DEVPTS, .destination = "/dev/pts" },
	{ .kind = LW_MOUNT_TMPFS,
	  .destination = "/dev/shm",
	  .mode = 01777,
	  .size = LW_TMPFS_SIZE,
	  .inodes = LW_TMPFS_INODES },
	{ .kind = LW_MOUNT_TMPFS,
	  .destination = "/tmp",
	  .mode = 01777,
	  .size = LW_TMPFS_SIZE,
	  .inodes = LW_TMPFS_INODES },
	{ .kind = LW_MOUNT_TMPFS, .destination = "/run", .mode = 0755 },
	{ .kind = LW_MOUNT_SYSFS, .destination = "/sys" },
};
/* Only where the root is built by us: a directory root has its own. */
static const struct lw_mount built_root_mounts[] = {
	{ .kind = LW_MOUNT_TMPFS, .destination = "/var", .mode = 0755 },
	{ .kind = LW_MOUNT_TMPFS, .destination = "/home", .mode = 0755 },
	{ .kind = LW_MOUNT_TMPFS, .destination = "/root", .mode = 0700 },
};

static size_t depth(const char *path)
{
	size_t n = 0;
	for (; *path; path++)
		n += *path == '/' && path[1];
	return n;
}

static struct lw_root_layout_entry *put(struct lw_root_layout *l, const struct lw_mount *m, const char *key)
{
	size_t i = 0;
	while (i < l->n && strcmp(l->v[i].mount->destination, m->destination) != 0)
		i++;
	if (m->kind == LW_MOUNT_REMOVE) {
		if (i < l->n) {
			memmove(&l->v[i], &l->v[i + 1], (l->n - i - 1) * sizeof *l->v);
			l->n--;
		}
		return NULL;
	}
	l->v[i] = (struct lw_root_layout_entry){ .mount = m, .key = key, .slot = -1 };
	l->n += i == l->n;
	return &l->v[i];
}

/* Insertion sort: stable, and the list is nearly sorted and short. */
static void sort_by_depth(struct lw_root_layout *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct lw_root_layout_entry e = l->v[i];
		size_t d = depth(e.mount->destination), j = i;
		for (; j > 0 && depth(l->v[j - 1].mount->destination) > d; j--)
			l->v[j] = l->v[j - 1];
		l->v[j] = e;
	}
}

static void put_default(struct lw_plan *p, struct lw_root_layout *l, const struct lw_mount *m)
{
	struct lw_mount *copy = lw_arena_memdup(p->arena, m, sizeof *m);
	bool shared = m->kind == LW_MOUNT_TMPFS && !m->size;
	if (!copy)
		return;
	copy->writable = copy->exec = true;
	copy->rec.origin = p->spec->rec.origin;
	if (shared) {
		copy->size = LW_TMPFS_SIZE;
		copy->inodes = LW_TMPFS_INODES;
	}
	if (!strcmp(m->destination, "/dev") && p->spec->devices.n)
		copy->inodes = LW_TMPFS_INODES; /* a directory of devices may bring hundreds */
	put(l, copy, "root")->scratch = shared && p->spec->root.kind != LW_ROOT_DIR;
}

/* Where the command says sd_notify(3) things: whoever launches has made the socket, under the sandbox's id. */
static void put_notify(struct lw_plan *p, struct lw_root_layout *l)
{
	struct lw_mount *m = lw_arena_alloc(p->arena, sizeof *m);
	if (!m)
		return;
	*m = (struct lw_mount){
		.rec.origin = p->spec->service.ready.rec.origin,
		.kind = LW_MOUNT_BIND,
		.source = p->host->notify_socket
				  ? p->host->notify_socket
				  : lw_arena_printf(p->arena, "%s/" LW_NOTIFY_DIR "/" LW_PLAN_ID, p->host->state_dir),
		.destination = LW_NOTIFY_INSIDE,
	};
	put(l, m, "service.ready")->own = true;
}

int lw_root_layout_build(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	size_t max = ARRAY_LEN(default_mounts) + ARRAY_LEN(built_root_mounts) + s->mounts.n + 1;
	struct lw_root_layout *l = lw_arena_alloc(p->arena, sizeof *l);
	if (!l || !(l->v = lw_arena_array(p->arena, max, sizeof *l->v)) ||
	    !(l->overlays = lw_arena_array(p->arena, s->mounts.n + p->host->n_view + 1, sizeof *l->overlays)))
		return lw_fail(err, -ENOMEM, "out of memory");
	l->root_slot = -1;
	for (size_t i = 0; i < ARRAY_LEN(default_mounts); i++)
		put_default(p, l, &default_mounts[i]);
	for (size_t i = 0; i < ARRAY_LEN(built_root_mounts) && s->root.kind != LW_ROOT_DIR; i++)
		put_default(p, l, &built_root_mounts[i]);
	for (size_t i = 0; i < s->mounts.n; i++)
		put(l, &s->mounts.v[i], lw_arena_printf(p->arena, "mounts[%zu]", i));
	if (s->service.ready.kind == LW_PROBE_NOTIFY)
		put_notify(p, l);
	sort_by_depth(l);
	const struct lw_root_layout_entry *dev = lw_root_layout_find(l, "/dev"),
					  *pts = lw_root_layout_find(l, "/dev/pts");
	l->has_dev = dev && dev->mount->kind == LW_MOUNT_TMPFS;
	l->has_pts = pts && pts->mount->kind == LW_MOUNT_DEVPTS;
	p->layout = l;
	p->fresh_dev = l->has_dev;
	return lw_arena_failed(p->arena) ? lw_fail(err, -ENOMEM, "out of memory") : 0;
}

const struct lw_root_layout_entry *lw_root_layout_find(const struct lw_root_layout *l, const char *destination)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].mount->destination, destination))
			return &l->v[i];
	return NULL;
}
