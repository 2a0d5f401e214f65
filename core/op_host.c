/* op_host.c: the operations of the host side: leases, cgroups, sources, id maps. Each has its undoing in lw_host_undo.
 */
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/text.h"
#include "cgroup.h"
#include "chown.h"
#include "control_sockets.h"
#include "idmap_helper.h"
#include "ids.h"
#include "ids_modes.h"
#include "image.h"
#include "op_host.h"
#include "op_namespace.h"
#include "safepath.h"
#include "secret.h"
#include "sys.h"

/* A plan's path with the id in place of LW_PLAN_ID; malloc'ed. */
static char *with_id(const char *path, const char *id)
{
	const char *at = strstr(path, LW_PLAN_ID);
	if (!at)
		return strdup(path);
	size_t n = strlen(path) + strlen(id) + 1;
	char *r = malloc(n);
	if (r)
		snprintf(r, n, "%.*s%s%s", (int)(at - path), path, id, at + strlen(LW_PLAN_ID));
	return r;
}

static int cgroup_make(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	_cleanup_free_ char *dir = with_id(op->str[0], st->id);
	if (!dir || st->n_cgroups == LW_CTL_COUNT)
		return lw_fail(err, -ENOMEM, "out of memory");
	if (op->num[3] & LW_CGROUP_JOIN) {
		int n = lw_cgroup_open(dir, (int)op->num[2], &run->fd[op->num[1]], err);
		if (n >= 0 && op->num[2] == 2)
			run->cgroup = run->fd[op->num[1]];
		return n;
	}
	int r = lw_cgroup_make(dir, (int)op->num[2], (unsigned)op->num[0], (unsigned)op->num[3], err);
	if (r < 0)
		return r;
	st->controllers[st->n_cgroups] = (unsigned)op->num[0];
	st->cgroup_lock[st->n_cgroups] = lw_cgroup_mind(dir);
	st->cgroup[st->n_cgroups++] = TAKE_PTR(dir);
	/* Nobody else would know that it is in use. */
	r = st->cgroup_lock[st->n_cgroups - 1];
	if (r < 0)
		return lw_fail(err, r, "cgroup: locking %s: %s", st->cgroup[st->n_cgroups - 1], strerror(-r));
	r = lw_cgroup_open(st->cgroup[st->n_cgroups - 1], (int)op->num[2], &run->fd[op->num[1]], err);
	if (r >= 0 && op->num[2] == 2)
		run->cgroup = run->fd[op->num[1]];
	return r;
}

static int cgroup_set(struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	_cleanup_free_ char *dir = with_id(op->str[0], st->id);
	return dir ? lw_cgroup_set(dir, op->str[1], op->str[2], err) : lw_fail(err, -ENOMEM, "out of memory");
}

/* The settings of a cgroup that take more than a value in a file. */
static int cgroup_setting(struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	_cleanup_free_ char *dir = with_id(op->str[0], st->id);
	if (!dir)
		return lw_fail(err, -ENOMEM, "out of memory");
	switch (op->kind) {
	case LW_OP_CGROUP_CPUSET:
		return lw_cgroup_cpuset(dir, (int)op->num[0], op->str[1], err);
	case LW_OP_CGROUP_DEVICES:
		return lw_cgroup_devices(dir, (int)op->num[0], op->str[1], err);
	default:
		return lw_cgroup_io(dir, op->str[2][0] - '0', op->str[1], op->num, err);
	}
}

static int source_failed(struct lw_err *err, const struct lw_op *op, int r, const char *what)
{
	lw_fail(err, r, "'%s': %s%s", op->str[0], what, strerror(-r));
	if (r == -ELOOP)
		lw_err_hint(err, "magic links of /proc are not followed; name the file itself");
	return r;
}

static int source_open(struct lw_run *run, const struct lw_op *op, struct lw_err *err)
{
	const struct lw_plan *p = run->plan;
	_cleanup_free_ char *path = with_id(op->str[0], run->id);
	if (!path)
		return lw_fail(err, -ENOMEM, "out of memory");
	_cleanup_close_ int fd = lw_safe_open_host(path);
	int r = fd == -ENOENT ? lw_control_socket_named(op->str[0], &p->allow_control_sockets, err) : 0;
	if (r < 0)
		return r;
	if (fd == -ENOENT && (op->num[2] & LW_SRC_OPTIONAL))
		return 0;
	if (fd < 0)
		return source_failed(err, op, fd, "");
	if (!(op->num[2] & LW_SRC_OWN))
		r = lw_control_socket_check(fd, op->str[0], p->pool.state_dir, &p->allow_control_sockets, err);
	if (r < 0)
		return r;
	if (op->num[2] & LW_SRC_REOPEN) {
		run->fd[op->num[0]] = TAKE_FD(fd);
		return 0;
	}
	r = lw_safe_tree(fd, (uint64_t)op->num[1],
			 (op->num[2] & LW_SRC_FLAT ? 0 : LW_TREE_RECURSIVE) |
				 (op->num[2] & LW_SRC_SLAVE ? LW_TREE_SLAVE : 0));
	if (r < 0)
		return source_failed(err, op, r, "open_tree: ");
	run->fd[op->num[0]] = r;
	return 0;
}

static int source_idmap(struct lw_run *run, const struct lw_op *op, pid_t pid, struct lw_err *err)
{
	char path[64];
	if (run->fd[op->num[0]] < 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	_cleanup_close_ int userns = (int)SYS(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	int r = userns < 0 ? userns
			   : sys_mount_setattr(run->fd[op->num[0]], AT_RECURSIVE, MOUNT_ATTR_IDMAP, 0, 0, userns);
	if (r < 0) {
		lw_fail(err, r, "'%s' cannot be idmapped: %s", op->str[0], strerror(-r));
		lw_err_hint(err, r == -EINVAL
					 ? "its file system, or one mounted below it, does not support idmapped mounts "
					   "(see findmnt -R)"
					 : "idmapped mounts need Linux 5.12 and root");
	}
	return r;
}

static int write_map(int proc, const char *file, const struct lw_idmaps *m, uint32_t leased, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	for (size_t i = 0; i < m->n; i++)
		lw_text_addf(&t, "%u %u %u\n", m->v[i].inside,
			     m->v[i].outside == LW_IDS_LEASED ? leased : m->v[i].outside, m->v[i].count);
	if (t.failed)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = lw_write_file_at(proc, file, t.buf);
	if (r < 0) {
		lw_fail(err, r, "writing %s: %s", file, strerror(-r));
		lw_ids_refused(m, file, r, err);
	}
	return r;
}

static int idmap_write(struct lw_run *run, struct lw_host_state *st, pid_t pid, struct lw_err *err)
{
	const struct lw_plan *p = run->plan;
	char path[32];
	int r = 0;
	if (p->map_helper) {
		r = lw_idmap_helper("/usr/bin/newuidmap", pid, &p->uid_map, err);
		return r < 0 ? r : lw_idmap_helper("/usr/bin/newgidmap", pid, &p->gid_map, err);
	}
	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	_cleanup_close_ int proc = (int)SYS(openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (proc < 0)
		return lw_fail(err, proc, "%s: %s", path, strerror(-proc));
	/* Without privilege the kernel asks that groups cannot be dropped inside (CVE-2014-8989). */
	if (!p->setgroups)
		r = lw_write_file_at(proc, "setgroups", "deny");
	if (r < 0)
		return lw_fail(err, r, "writing setgroups: %s", strerror(-r));
	r = write_map(proc, "uid_map", &p->uid_map, st->lease_first, err);
	return r < 0 ? r : write_map(proc, "gid_map", &p->gid_map, st->lease_first, err);
}

static int rlimit_raise(const struct lw_op *op, pid_t command, struct lw_err *err)
{
	struct rlimit v = {
		.rlim_cur = op->num[1] < 0 ? RLIM_INFINITY : (rlim_t)op->num[1],
		.rlim_max = op->num[2] < 0 ? RLIM_INFINITY : (rlim_t)op->num[2],
	};
	int r = (int)SYS(prlimit64, command, op->num[0], &v, NULL);
	return r < 0 ? lw_fail(err, r, "%s", strerror(-r)) : 0;
}

int lw_host_apply(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, pid_t pid, pid_t command,
		  struct lw_err *err)
{
	switch (op->kind) {
	case LW_OP_IDS_LEASE:
		return lw_ids_lease(&run->plan->pool, &st->lease_first, &st->lease, err);
	case LW_OP_CGROUP_MAKE:
		return cgroup_make(run, st, op, err);
	case LW_OP_CGROUP_SET:
		return cgroup_set(st, op, err);
	case LW_OP_CGROUP_CPUSET:
	case LW_OP_CGROUP_IO:
	case LW_OP_CGROUP_DEVICES:
		return cgroup_setting(st, op, err);
	case LW_OP_NAMESPACE_OPEN:
		return lw_namespace_open(run, op, err);
	case LW_OP_SOURCE_OPEN:
		return source_open(run, op, err);
	case LW_OP_SOURCE_CHOWN:
		return lw_chown_source(op, run->fd[op->num[0]], st->lease_first, err);
	case LW_OP_IMAGE_TREE:
	case LW_OP_IMAGE_MOUNT:
		return lw_host_image(run, st, op, err);
	case LW_OP_SECRET_OPEN:
		return lw_host_secret(run, op, err);
	case LW_OP_OVERLAY_KEEP:
		return lw_host_overlay_keep(run, st, op, err);
	case LW_OP_NETWORK_USE:
	case LW_OP_NETWORK_LINK:
		return lw_host_network(run, st, op, err);
	case LW_OP_APPARMOR_LOAD:
	case LW_OP_SELINUX_MCS:
		return lw_lsm_host_apply(run, &st->lsm, st->id, op, err);
	case LW_OP_IDMAP_WRITE:
		return idmap_write(run, st, pid, err);
	case LW_OP_SOURCE_IDMAP:
		return source_idmap(run, op, pid, err);
	case LW_OP_RLIMIT_RAISE:
		return rlimit_raise(op, command, err);
	default:
		return lw_fail(err, -ENOSYS, "operation %d has no host side", op->kind);
	}
}

static void forget_cgroup(struct lw_host_state *st)
{
	st->n_cgroups--;
	lw_close_p(&st->cgroup_lock[st->n_cgroups]);
	free(st->cgroup[st->n_cgroups]);
}

bool lw_host_undo_now(struct lw_host_state *st)
{
	/* Without a cgroup nothing tells that no process is left that has the ids, or writes to what is held. */
	if (!st->n_cgroups && (st->lease >= 0 || st->n_held || st->network))
		return false;
	while (st->n_cgroups && (rmdir(st->cgroup[st->n_cgroups - 1]) == 0 || errno == ENOENT))
		forget_cgroup(st);
	if (st->n_cgroups)
		return false;
	lw_lsm_host_undo(&st->lsm);
	lw_host_network_undo(st);
	lw_close_p(&st->lease);
	lw_host_overlay_release(st);
	return true;
}

void lw_host_undo(struct lw_host_state *st)
{
	while (st->n_cgroups) {
		const char *dir = st->cgroup[st->n_cgroups - 1];
		/* What is left in it ends first: waiting for it to go by itself would take the whole patience. */
		if (rmdir(dir) < 0 && errno != ENOENT) {
			lw_cgroup_kill(dir);
			lw_cgroup_remove(dir);
		}
		forget_cgroup(st);
	}
	lw_lsm_host_undo(&st->lsm);
	lw_host_network_undo(st);
	lw_close_p(&st->lease);
	lw_host_overlay_release(st);
}

const char *lw_host_cgroup(const struct lw_host_state *st, int controller)
{
	for (size_t i = 0; i < st->n_cgroups; i++)
		if (st->controllers[i] & (1U << controller))
			return st->cgroup[i];
	return NULL;
}
