/* hot_mount.c: see hot_mount.h. The host side makes a detached mount of the source, whose attributes are set before
 * anybody inside can see it; a process inside (core/inside.h) puts it in its place. A detached mount goes with its last
 * descriptor, so whoever is killed leaves nothing on the host. The spec is written first: what is recorded and not
 * there can be unmounted, what is there and not recorded could not. */
#include "hot_mount.h"
#include <errno.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "child_net.h"
#include "inside.h"
#include "mount_text.h"
#include "op_host.h"
#include "report.h"
#include "safepath.h"
#include "schema.h"
#include "sys.h"

/* --- the source ------------------------------------------------------------------- */

/* Of the spec, what has a say in how a source is opened. */
static json_t *source_spec(const json_t *spec, json_t *mount)
{
	static const char *const kept[] = { "name", "ids", "namespaces", "allow_control_sockets" };
	json_t *o = json_object(), *v;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if ((v = json_object_get(spec, kept[i])))
			json_object_set(o, kept[i], v);
	/* Namespaces that were joined by path are not joined again here: only whether the user's is the host's counts.
	 */
	const json_t *user = json_object_get(json_object_get(spec, "namespaces"), "user");
	bool host = user && json_is_string(user) && !strcmp(json_string_value(user), "host");
	json_object_set_new(o, "namespaces", json_pack("{s:s}", "user", host ? "host" : "new"));
	json_object_set_new(o, "mounts", json_pack("[O]", mount));
	return o;
}

/* Without root: a user namespace of our own gives the right to copy a tree, from the same file and no other. */
static _Noreturn void copy_tree(int sock, int seen, const char *path, uint64_t attributes)
{
	struct stat a, b;
	struct lw_report said = { .magic = LW_REPORT_MAGIC, .step = LW_STEP_SOURCE };
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	int r = (int)SYS(unshare, CLONE_NEWUSER | CLONE_NEWNS), tree = -1;
	int fd = r < 0 ? r : lw_safe_open_host(path);
	r = fd;
	if (fd >= 0 && (fstat(fd, &a) < 0 || fstat(seen, &b) < 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)) {
		said.step = LW_STEP_CHANGED;
		r = -ESTALE;
	}
	if (r >= 0)
		r = tree = lw_safe_tree(fd, attributes, LW_TREE_RECURSIVE);
	said.err = r < 0 ? r : 0;
	if (r < 0)
		SYS(write, sock, &said, sizeof said);
	else
		lw_child_send(sock, &said, sizeof said, tree);
	for (;;)
		SYS(exit_group, 0);
}

static int receive_tree(int sock)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct lw_report said = { 0 };
	struct iovec iov = { &said, sizeof said };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof control.buf
	};
	int fd = -1;
	ssize_t n;
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return n != sizeof said ? -ECHILD : said.err < 0 ? said.err : fd;
}

static int tree_without_root(const struct lw_op *op, int seen)
{
	uint64_t all = ~UINT64_C(0), before;
	int pair[2], pidfd = -1;
	siginfo_t info;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	struct clone_args args = { .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd };
	SYS(rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
	long pid = SYS(clone3, &args, sizeof args);
	if (pid == 0)
		copy_tree(pair[1], seen, op->str[0], (uint64_t)op->num[1]);
	SYS(rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
	close(pair[1]);
	int r = pid < 0 ? (int)pid : receive_tree(pair[0]);
	close(pair[0]);
	while (pid > 0 && SYS(waitid, P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL) == -EINTR)
		;
	lw_close_p(&pidfd);
	return r;
}

static int walk_source(const struct lw_plan *p, const struct lw_inside *in, int *slots, struct lw_err *err)
{
	struct lw_host_state st = { .lease = -1 };
	struct lw_run run = { .plan = p, .id = st.id, .fd = slots };
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct lw_op *op = &p->ops[i];
		if (op->kind != LW_OP_SOURCE_OPEN && op->kind != LW_OP_SOURCE_IDMAP)
			continue;
		int r = lw_host_apply(&run, &st, op, in->pid, -1, err);
		int *fd = &slots[op->num[0]];
		if (r >= 0 && op->kind == LW_OP_SOURCE_OPEN && op->num[2] & LW_SRC_REOPEN && *fd >= 0) {
			r = tree_without_root(op, *fd);
			close(*fd);
			*fd = r < 0 ? -1 : r;
			if (r < 0)
				lw_fail(err, r, "'%s': %s", op->str[0], strerror(-r));
			if (r == -EPERM || r == -EINVAL)
				lw_err_hint(err, "without root the kernel does not let this mount be copied");
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* The detached mount, or -1 in *ret where an optional source is missing. */
static int open_source(const json_t *spec, json_t *mount, const struct lw_host *h, const struct lw_inside *in, int *ret,
		       struct lw_err *err)
{
	struct lw_spec *s = NULL;
	struct lw_plan *p = NULL;
	json_auto_t *raw = source_spec(spec, mount);
	*ret = -1;
	int r = lw_spec_decode(raw, &s, err);
	if (r >= 0)
		r = lw_spec_check(s, err);
	if (r >= 0)
		r = lw_plan_build(s, h, &p, err);
	_cleanup_free_ int *slots = malloc(sizeof(int) * (size_t)(p && p->n_fds ? p->n_fds : 1));
	for (int i = 0; p && slots && i < p->n_fds; i++)
		slots[i] = -1;
	if (r >= 0)
		r = slots ? walk_source(p, in, slots, err) : lw_fail(err, -ENOMEM, "out of memory");
	for (int i = 0; p && slots && i < p->n_fds; i++) {
		if (r >= 0 && *ret < 0)
			*ret = TAKE_FD(slots[i]);
		lw_close_p(&slots[i]);
	}
	lw_plan_free(p);
	lw_spec_free(s);
	return r;
}

/* --- the recorded spec ------------------------------------------------------------- */

/* Two that change it wait for each other; a new reference, as it is by then. */
static json_t *lock_spec(const struct lw_record *r, int *ret_lock, struct lw_err *err)
{
	*ret_lock = sys_openat2(r->dir, ".", O_RDONLY | O_DIRECTORY, 0, 0);
	json_t *spec = *ret_lock >= 0 && flock(*ret_lock, LOCK_EX) == 0 ? lw_record_spec(r) : NULL;
	if (!json_is_object(spec)) {
		lw_fail(err, -EIO, "the record of this sandbox cannot be read");
		json_decref(spec);
		return NULL;
	}
	if (!json_is_array(json_object_get(spec, "mounts")))
		json_object_set_new(spec, "mounts", json_array());
	return spec;
}

static size_t find_mount(const json_t *spec, const char *destination)
{
	const json_t *mounts = json_object_get(spec, "mounts");
	size_t n = json_array_size(mounts), i = 0;
	for (; i < n; i++) {
		const char *at = json_string_value(json_object_get(json_array_get(mounts, i), "destination"));
		if (at && !strcmp(at, destination))
			break;
	}
	return i;
}

/* The spec as a restart would read it must be one. */
static int save_spec(const struct lw_record *r, const json_t *raw, struct lw_err *err)
{
	struct lw_spec *s = NULL;
	int n = lw_spec_decode(raw, &s, err);
	if (n >= 0)
		n = lw_spec_check(s, err);
	json_auto_t *whole = n < 0 ? NULL : lw_spec_to_json(s);
	lw_spec_free(s);
	return n < 0 ? n : whole ? lw_record_save_spec(r, whole, err) : lw_fail(err, -ENOMEM, "out of memory");
}

/* --- inside ------------------------------------------------------------------------ */

struct place {
	const char *path;
	int tree;
};

static int attach(int root, int proc_fds, void *arg, int *ret_step)
{
	const struct place *p = arg;
	int attaching;
	(void)proc_fds;
	int r = lw_safe_attach(root, p->path, p->tree, &attaching);
	*ret_step = attaching ? LW_STEP_ATTACH : LW_STEP_TARGET;
	return r;
}

static int detach(int root, int proc_fds, void *arg, int *ret_step)
{
	const struct place *p = arg;
	*ret_step = LW_STEP_TARGET;
	return lw_safe_detach(root, p->path, proc_fds);
}

static int act(const struct lw_inside *in, int (*run)(int, int, void *, int *), struct place *p, int *ret_step)
{
	struct lw_inside_act a = { .run = run, .arg = p, .fds = { p->tree, -1, -1 } };
	struct lw_inside_run running;
	int r = lw_inside_begin(in, &a, &running);
	return r < 0 ? r : lw_inside_wait(&running, ret_step);
}

static int words(struct lw_err *err, int r, int step, const char *path)
{
	const char *what = step == LW_STEP_TARGET   ? "the mount point: "
			   : step == LW_STEP_ATTACH ? "attaching the mount: "
						    : "joining the sandbox: ";
	lw_fail(err, r, "'%s': %s%s", path, what, strerror(-r));
	if (r == -EROFS)
		lw_err_hint(err,
			    "its parent is read-only inside: name a place that is there already, or one below /run, "
			    "/tmp or another that is writable inside");
	else if (r == -ELOOP)
		lw_err_hint(err,
			    "a component is a symbolic link, which those inside may have made: name the real place");
	else if (r == -ENOTDIR || r == -EISDIR)
		lw_err_hint(err, "a directory goes onto a directory, a file onto a file");
	return r;
}

/* What the sandbox is made of, and what further commands are confined by, is not covered. */
static int check_destination(const char *path, struct lw_err *err)
{
	static const char *const closed[] = { "/proc", "/sys", "/dev" };
	bool bad = !strcmp(path, "/");
	for (size_t i = 0; i < ARRAY_LEN(closed) && !bad; i++) {
		size_t n = strlen(closed[i]);
		bad = !strncmp(path, closed[i], n) && (!path[n] || path[n] == '/');
	}
	if (!bad)
		return 0;
	lw_fail_as(err, LW_ERR_POLICY, -EPERM, "'%s' of a running sandbox is not changed", path);
	lw_err_hint(err, "say it in the profile's mounts or devices, and restart");
	return -EPERM;
}

static int put(struct lw_record *r, const struct lw_inside *in, const struct lw_host *h, json_t *mount,
	       struct lw_err *err)
{
	_cleanup_close_ int lock = -1, tree = -1;
	const char *path = json_string_value(json_object_get(mount, "destination"));
	json_auto_t *spec = lock_spec(r, &lock, err);
	if (!spec)
		return -EIO;
	json_auto_t *before = json_deep_copy(spec);
	if (json_is_true(json_object_get(mount, "chown"))) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "chown goes with a start");
		lw_err_hint(err, "`lunward chown` first, or idmap instead");
		return -EINVAL;
	}
	if (find_mount(spec, path) < json_array_size(json_object_get(spec, "mounts"))) {
		lw_fail_as(err, LW_ERR_USAGE, -EEXIST, "'%s' is a mount of the sandbox already", path);
		lw_err_hint(err, "`lunward unmount` takes it away");
		return -EEXIST;
	}
	int n = check_destination(path, err);
	if (n >= 0)
		n = open_source(spec, mount, h, in, &tree, err);
	if (n < 0)
		return n;
	json_array_append(json_object_get(spec, "mounts"), mount);
	n = save_spec(r, spec, err);
	if (n < 0 || tree < 0)
		return n;
	struct place p = { path, tree };
	int step = LW_STEP_CALL;
	n = act(in, attach, &p, &step);
	if (n >= 0)
		return 0;
	struct lw_err unsaid = { 0 };
	(void)save_spec(r, before, &unsaid);
	return words(err, n, step, path);
}

int lw_hot_mount(struct lw_record *r, const struct lw_host *h, const char *called, const char *text, struct lw_err *err)
{
	struct lw_inside in;
	json_auto_t *mount = lw_bind_from_text(text, h->cwd, false, err);
	int n = mount ? lw_inside_open(r, h, called, &in, err) : -EINVAL;
	if (n >= 0)
		n = put(r, &in, h, mount, err);
	if (mount)
		lw_inside_close(&in);
	return n;
}

static int take(struct lw_record *r, const struct lw_inside *in, const char *called, const char *path,
		struct lw_err *err)
{
	_cleanup_close_ int lock = -1;
	json_auto_t *spec = lock_spec(r, &lock, err);
	if (!spec)
		return -EIO;
	json_t *mounts = json_object_get(spec, "mounts");
	size_t i = find_mount(spec, path);
	const char *type = json_string_value(json_object_get(json_array_get(mounts, i), "type"));
	if (i == json_array_size(mounts) || (type && strcmp(type, "bind") != 0)) {
		lw_fail_as(err, LW_ERR_USAGE, -ENOENT, "'%s' is no bind of %s", path, called);
		lw_err_hint(err,
			    "only what its profile binds, or `lunward mount` did: `lunward inspect -f spec.mounts %s`",
			    called);
		return -ENOENT;
	}
	struct place p = { path, -1 };
	int step = LW_STEP_CALL, n = act(in, detach, &p, &step);
	/* Recorded and not there: what an interrupted one left. */
	if (n < 0 && !(step == LW_STEP_TARGET && (n == -EINVAL || n == -ENOENT)))
		return words(err, n, step, path);
	json_array_remove(mounts, i);
	return save_spec(r, spec, err);
}

int lw_hot_unmount(struct lw_record *r, const struct lw_host *h, const char *called, const char *destination,
		   struct lw_err *err)
{
	struct lw_inside in;
	_cleanup_free_ char *path = lw_path_normalise(destination, NULL);
	if (!path) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "'%s' is not an absolute path", destination);
		lw_err_hint(err, "the place inside");
		return -EINVAL;
	}
	int n = lw_inside_open(r, h, called, &in, err);
	if (n >= 0)
		n = take(r, &in, called, path, err);
	lw_inside_close(&in);
	return n;
}
