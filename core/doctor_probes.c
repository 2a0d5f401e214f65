/* doctor_probes.c: the tries themselves. Each runs in a child of its own (doctor.c) and does the thing it asks about;
 * what it made goes with its namespaces, or is removed. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/memfd.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"
#include "device_bpf.h"
#include "doctor_probes.h"
#include "sys.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#define LANDLOCK_ABI_SCOPES 6
#define AUTO_IDS 65536
#define UNUSED (void)h, (void)row, (void)r

void lw_probe_say(struct lw_probe_reply *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(r->detail, sizeof r->detail, fmt, ap);
	va_end(ap);
}

static void say_cure(struct lw_probe_reply *r, const char *cure)
{
	snprintf(r->cure, sizeof r->cure, "%s", cure);
}

static bool known(long r)
{
	return r != -ENOSYS;
}

/* Becomes root of a new user namespace, with the further namespaces in flags. */
static int become_root(const struct lw_host *h, uint64_t flags)
{
	char map[64];
	long r = SYS(unshare, CLONE_NEWUSER | flags);
	if (r < 0)
		return (int)r;
	r = lw_write_file("/proc/self/setgroups", "deny");
	if (r < 0 && r != -ENOENT)
		return (int)r;
	snprintf(map, sizeof map, "0 %u 1", h->uid);
	r = lw_write_file("/proc/self/uid_map", map);
	if (r < 0)
		return (int)r;
	snprintf(map, sizeof map, "0 %u 1", h->gid);
	return lw_write_file("/proc/self/gid_map", map);
}

/* The same, and a tmpfs over /tmp that only we see. */
static int become_root_with_tmpfs(const struct lw_host *h, uint64_t flags)
{
	int r = become_root(h, flags | CLONE_NEWNS);
	if (r < 0)
		return r;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	return mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k") < 0 ? -errno : 0;
}

PROBE(state)
{
	(void)row;
	lw_probe_say(r, "%s", h->state_dir ? h->state_dir : "none");
	return h->state_dir ? 0 : -ENOENT;
}

PROBE(user_namespace)
{
	UNUSED;
	return become_root(h, 0);
}

PROBE(namespace)
{
	(void)r;
	return become_root(h, row->number);
}

PROBE(tmpfs)
{
	UNUSED;
	return become_root_with_tmpfs(h, 0);
}

PROBE(proc)
{
	UNUSED;
	int code = become_root_with_tmpfs(h, CLONE_NEWPID), status;
	if (code < 0)
		return code;
	/* The new pid namespace begins with the next child. */
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? errno : 0);
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

PROBE(overlay)
{
	UNUSED;
	static const char *const dirs[] = { "/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/merged" };
	int code = become_root_with_tmpfs(h, 0);
	for (size_t i = 0; i < ARRAY_LEN(dirs) && code >= 0; i++)
		code = mkdir(dirs[i], 0700) < 0 ? -errno : 0;
	if (code >= 0 && mount("overlay", "/tmp/merged", "overlay", 0,
			       "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work,userxattr") < 0)
		code = -errno;
	return code;
}

/* A descriptor of a user namespace that somebody else (a child that waits for our end) is in. */
static int other_user_namespace(const struct lw_host *h, int *ret)
{
	int fds[2];
	char c, path[64];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_close_ int in = fds[0], out = fds[1];
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (become_root(h, 0) < 0 || write(out, "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	lw_close_p(&out);
	int code = lw_read_full(in, &c, 1);
	snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
	if (code >= 0) {
		*ret = open(path, O_RDONLY | O_CLOEXEC);
		code = *ret < 0 ? -errno : 0;
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return code;
}

PROBE(idmapped)
{
	UNUSED;
	_cleanup_close_ int userns = -1, fs = -1, mnt = -1;
	int code = other_user_namespace(h, &userns);
	if (code < 0)
		return code;
	fs = (int)SYS(fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return fs;
	code = (int)SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (code < 0)
		return code;
	mnt = (int)SYS(fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mnt < 0)
		return mnt;
	return sys_mount_setattr(mnt, 0, MOUNT_ATTR_IDMAP, 0, 0, userns);
}

PROBE(mount_setattr)
{
	UNUSED;
	long code = SYS(mount_setattr, -1, "", AT_EMPTY_PATH, NULL, 0);
	return known(code) && code != -EPERM ? 0 : (int)code;
}

PROBE(open_tree)
{
	UNUSED;
	_cleanup_close_ int fd = sys_open_tree(AT_FDCWD, "/", 0);
	return fd < 0 ? fd : 0;
}

PROBE(openat2)
{
	UNUSED;
	_cleanup_close_ int fd = sys_openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
	return fd < 0 ? fd : 0;
}

PROBE(close_range)
{
	UNUSED;
	return (int)SYS(close_range, ~0U, ~0U, 0);
}

PROBE(pidfd)
{
	UNUSED;
	_cleanup_close_ int fd = (int)SYS(pidfd_open, getpid(), 0);
	return fd < 0 ? fd : (int)SYS(pidfd_send_signal, fd, 0, NULL, 0);
}

PROBE(memfd_exec)
{
	UNUSED;
	_cleanup_close_ int fd = memfd_create("lunward", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* before 6.3 */
		fd = memfd_create("lunward", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	/* Not a program: "exec format error" means that a program would have been let through. */
	if (write(fd, "\n", 1) != 1 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	char *const argv[] = { (char[]){ "lunward" }, NULL }, *const envp[] = { NULL };
	long code = SYS(execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	return code == -ENOEXEC ? 0 : (int)code;
}

static long load_filter(unsigned flags)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = 1, .filter = &allow };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return SYS(seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

PROBE(seccomp)
{
	UNUSED;
	return (int)load_filter(0);
}

PROBE(seccomp_notify)
{
	UNUSED;
	long fd = load_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER);
	return fd < 0 ? (int)fd : 0;
}

PROBE(landlock)
{
	(void)h, (void)row;
	long abi = SYS(landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 0)
		return (int)abi;
	lw_probe_say(r, "ABI %ld", abi);
	return abi < LANDLOCK_ABI_SCOPES;
}

PROBE(apparmor)
{
	(void)h, (void)row;
	_cleanup_free_ char *enabled = NULL;
	size_t n;
	int code = lw_read_file("/sys/module/apparmor/parameters/enabled", 16, &enabled, &n);
	if (code < 0 || enabled[0] != 'Y') {
		lw_probe_say(r, "not enabled in this kernel");
		return -ENOENT;
	}
	lw_probe_say(r, "enabled");
	return 0;
}

PROBE(selinux)
{
	(void)h, (void)row;
	_cleanup_free_ char *enforce = NULL;
	size_t n;
	int code = lw_read_file("/sys/fs/selinux/enforce", 16, &enforce, &n);
	if (code < 0) {
		lw_probe_say(r, "not enabled in this kernel");
		return -ENOENT;
	}
	lw_probe_say(r, "%s", enforce[0] == '1' ? "enforcing" : "permissive");
	return 0;
}

PROBE(keyring)
{
	UNUSED;
	long code = SYS(keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);
	return code < 0 ? (int)code : 0;
}

/* A cgroup made and removed. Where we would first have to leave our own one (own_leaf), a try would move the caller's
 * siblings' parent about, so the rights alone are looked at. */
static int try_cgroup(const struct lw_host *h, int controller, struct lw_probe_reply *r)
{
	struct lw_err err = { 0 };
	char dir[4096];
	const char *parent = h->cgroup.parent[controller];
	if (h->cgroup.own_leaf)
		return access(parent, W_OK | X_OK) < 0 ? -errno : 0;
	snprintf(dir, sizeof dir, "%s/lunward-doctor-%d", parent, getpid());
	int code = lw_cgroup_make(dir, h->cgroup.version, 1u << controller, lw_cgroup_how(h, 1u << controller), &err);
	if (code < 0) {
		lw_probe_say(r, "%s", err.msg);
		say_cure(r, err.hint);
		return code;
	}
	return lw_cgroup_remove(dir);
}

PROBE(controller)
{
	int controller = (int)row->number;
	if (!h->cgroup.parent[controller]) {
		const char *why = h->cgroup.why[controller] ? h->cgroup.why[controller] : "not usable";
		const char *cure = strstr(why, "; ");
		lw_probe_say(r, "%.*s", (int)(cure ? (size_t)(cure - why) : strlen(why)), why);
		if (cure)
			say_cure(r, cure + 2);
		return -ENODEV;
	}
	lw_probe_say(r, "version %d, %s", h->cgroup.version, h->cgroup.parent[controller]);
	return try_cgroup(h, controller, r);
}

/* On version 2 there is no controller but a program to load. */
PROBE(devices)
{
	struct bpf_insn insns[LW_DEVICE_BPF_MAX(0)];
	if (h->cgroup.version != 2 || !h->cgroup.parent[LW_CTL_DEVICES])
		return lw_probe_controller(h, row, r);
	_cleanup_close_ int fd = lw_device_program_load(insns, lw_device_bpf(NULL, 0, insns));
	lw_probe_say(r, "version 2, a program");
	if (fd < 0)
		say_cure(r, "a kernel with CONFIG_CGROUP_BPF, and no filter around us that refuses bpf(2)");
	return fd < 0 ? fd : 0;
}

PROBE(swap)
{
	(void)row;
	if (h->swap_accounting)
		return 0;
	lw_probe_say(r, "swap is not accounted");
	return h->swap_bytes ? -ENOENT : 1;
}

PROBE(clone_into_cgroup)
{
	(void)row;
	struct lw_err err = { 0 };
	char dir[4096];
	int status, fd = -1;
	if (h->cgroup.version != 2) {
		lw_probe_say(r, "not needed: cgroup version %d", h->cgroup.version);
		return 0;
	}
	if (!h->cgroup.parent[LW_CTL_PIDS] || h->cgroup.own_leaf) {
		/* No cgroup to try it in: a directory that is none is refused as such only by kernels that know the
		 * flag. */
		_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct clone_args no = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)root };
		long refusal = SYS(clone3, &no, sizeof no);
		return refusal == -EBADF ? 0 : (int)refusal;
	}
	snprintf(dir, sizeof dir, "%s/lunward-doctor-%d", h->cgroup.parent[LW_CTL_PIDS], getpid());
	int code = lw_cgroup_make(dir, h->cgroup.version, 1u << LW_CTL_PIDS, lw_cgroup_how(h, 1u << LW_CTL_PIDS), &err);
	if (code >= 0)
		code = lw_cgroup_open(dir, 2, &fd, &err);
	if (code < 0) {
		lw_probe_say(r, "%s", err.msg);
		return code;
	}
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)fd };
	long pid = SYS(clone3, &args, sizeof args);
	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, &status, 0);
	close(fd);
	lw_cgroup_remove(dir);
	return pid < 0 ? (int)pid : 0;
}

PROBE(subids)
{
	(void)row;
	uint64_t uids = 0, gids = 0;
	if (h->privileged) {
		lw_probe_say(r, "not needed as root");
		return 0;
	}
	if (!h->has_newuidmap) {
		lw_probe_say(r, "newuidmap and newgidmap are not installed");
		return -ENOENT;
	}
	for (size_t i = 0; i < h->n_subuid; i++)
		uids += h->subuid[i].count;
	for (size_t i = 0; i < h->n_subgid; i++)
		gids += h->subgid[i].count;
	lw_probe_say(r, "%llu uids, %llu gids", (unsigned long long)uids, (unsigned long long)gids);
	if (!uids || !gids)
		return -ENOENT;
	return uids < AUTO_IDS || gids < AUTO_IDS;
}

PROBE(program)
{
	(void)h;
	static const char *const dirs[] = { "/usr/sbin", "/usr/bin",        "/sbin",
					    "/bin",      "/usr/local/sbin", "/usr/local/bin" };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/%s", dirs[i], row->text);
		if (!access(path, X_OK)) {
			lw_probe_say(r, "%s", path);
			return 0;
		}
	}
	lw_probe_say(r, "not installed");
	return -ENOENT;
}
