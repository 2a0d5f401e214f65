/* doctor.c: the table of what `lunward doctor` looks at, and the walk over it. Each probe runs in a child, so whatever
 * it does to itself (namespaces, filters, keyrings, mounts) is gone with it.
 * The acts themselves are in doctor_probes.c; nothing here knows how a namespace is made. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "doctor.h"
#include "doctor_probes.h"

#define SANDBOX "every sandbox"
#define CURE_USERNS                                                                                                    \
	"raise user.max_user_namespaces; on Debian set kernel.unprivileged_userns_clone=1; on Ubuntu set "             \
	"kernel.apparmor_restrict_unprivileged_userns=0 or load an AppArmor profile that allows userns"
#define CURE_NS "a kernel built with this namespace; check /proc/sys/user/max_*_namespaces"
#define CURE_KERNEL "a kernel of at least "
#define CURE_CGROUP "name a cgroup that belongs to you with --cgroup-parent"
#define CURE_INSTALL "install the package "

static const struct lw_doctor_row rows[] = {
	{ .name = "state directory",
	  .probe = lw_probe_state,
	  .essential = true,
	  .needed_for = "records and leases",
	  .cure = "name a directory of yours with --state" },

	{ .name = "user namespace",
	  .probe = lw_probe_user_namespace,
	  .essential = true,
	  .needed_for = SANDBOX,
	  .cure = CURE_USERNS },
	{ .name = "mount namespace",
	  .probe = lw_probe_namespace,
	  .number = CLONE_NEWNS,
	  .essential = true,
	  .needed_for = SANDBOX,
	  .cure = CURE_NS },
	{ .name = "pid namespace",
	  .probe = lw_probe_namespace,
	  .number = CLONE_NEWPID,
	  .essential = true,
	  .needed_for = SANDBOX,
	  .cure = CURE_NS },
	{ .name = "net namespace",
	  .probe = lw_probe_namespace,
	  .number = CLONE_NEWNET,
	  .essential = true,
	  .needed_for = "every sandbox but network = \"host\"",
	  .cure = CURE_NS },
	{ .name = "ipc namespace",
	  .probe = lw_probe_namespace,
	  .number = CLONE_NEWIPC,
	  .essential = true,
	  .needed_for = SANDBOX,
	  .cure = CURE_NS },
	{ .name = "uts namespace",
	  .probe = lw_probe_namespace,
	  .number = CLONE_NEWUTS,
	  .essential = true,
	  .needed_for = SANDBOX,
	  .cure = CURE_NS },
	{ .name = "cgroup namespace",
	  .probe = lw_probe_namespace,
	  .number = CLONE_NEWCGROUP,
	  .essential = true,
	  .needed_for = SANDBOX,
	  .cure = CURE_NS },
	{ .name = "time namespace",
	  .probe = lw_probe_namespace,
	  .number = CLONE_NEWTIME,
	  .needed_for = "namespaces.time",
	  .cure = CURE_KERNEL "5.6 with CONFIG_TIME_NS, or namespaces = { time = \"host\" }" },

	{ .name = "tmpfs in a user namespace",
	  .probe = lw_probe_tmpfs,
	  .essential = true,
	  .needed_for = SANDBOX,
	  .cure = "allow mounts in user namespaces (AppArmor, SELinux or an outer sandbox refuses them)" },
	{ .name = "proc in a pid namespace",
	  .probe = lw_probe_proc,
	  .essential = true,
	  .needed_for = "/proc inside",
	  .cure = "an outer container masks parts of /proc, so the kernel refuses a fresh one: run it unmasked, or "
		  "remove \"/proc\" in the profile" },
	{ .name = "overlay in a user namespace",
	  .probe = lw_probe_overlay,
	  .needed_for = "root.overlay and overlay mounts",
	  .cure = CURE_KERNEL "5.11 with the overlay module loaded (modprobe overlay)" },
	{ .name = "squashfs images",
	  .probe = lw_probe_image,
	  .text = "squashfs",
	  .needed_for = "root.image = a squashfs",
	  .cure = "a kernel with CONFIG_SQUASHFS and loop devices (modprobe squashfs loop), or unsquashfs" },
	{ .name = "erofs images",
	  .probe = lw_probe_image,
	  .text = "erofs",
	  .needed_for = "root.image = an erofs",
	  .cure = CURE_KERNEL "6.12 with CONFIG_EROFS_FS (modprobe erofs), or loop devices" },
	{ .name = "idmapped tmpfs",
	  .probe = lw_probe_idmapped,
	  .needed_for = "mounts with idmap",
	  .cure = "root, and " CURE_KERNEL "6.3 (5.12 for ext4, 5.15 for btrfs)" },
	{ .name = "mount_setattr",
	  .probe = lw_probe_mount_setattr,
	  .essential = true,
	  .needed_for = "read-only mounts",
	  .cure = CURE_KERNEL "5.12" },
	{ .name = "open_tree",
	  .probe = lw_probe_open_tree,
	  .essential = true,
	  .needed_for = "bind mounts",
	  .cure = CURE_KERNEL "5.2" },
	{ .name = "openat2",
	  .probe = lw_probe_openat2,
	  .essential = true,
	  .needed_for = "opening paths that a sandbox could change",
	  .cure = CURE_KERNEL "5.6; an old seccomp filter around us may also hide it" },
	{ .name = "close_range",
	  .probe = lw_probe_close_range,
	  .essential = true,
	  .needed_for = "keeping descriptors out of sandboxes",
	  .cure = CURE_KERNEL "5.9" },
	{ .name = "pidfd",
	  .probe = lw_probe_pidfd,
	  .essential = true,
	  .needed_for = "signals and waiting without mistaken processes",
	  .cure = CURE_KERNEL "5.3" },
	{ .name = "exec of a sealed memfd",
	  .probe = lw_probe_memfd_exec,
	  .essential = true,
	  .needed_for = "the init of every sandbox",
	  .cure = "sysctl vm.memfd_noexec=1 at most, or init = false" },

	{ .name = "seccomp filter",
	  .probe = lw_probe_seccomp,
	  .essential = true,
	  .needed_for = SANDBOX,
	  .cure = "a kernel with CONFIG_SECCOMP_FILTER" },
	{ .name = "seccomp user notification",
	  .probe = lw_probe_seccomp_notify,
	  .needed_for = "supervise and `lunward learn`",
	  .cure = CURE_KERNEL "5.0; another filter with a listener around us also takes it away" },
	{ .name = "landlock",
	  .probe = lw_probe_landlock,
	  .needed_for = "landlock rules; abstract sockets with network = \"host\"",
	  .cure = CURE_KERNEL "5.13 with landlock in lsm=; ABI 6 (6.12) for scopes" },
	{ .name = "AppArmor",
	  .probe = lw_probe_apparmor,
	  .needed_for = "apparmor in profiles",
	  .cure = "boot with lsm=...,apparmor and " CURE_INSTALL "apparmor" },
	{ .name = "SELinux",
	  .probe = lw_probe_selinux,
	  .needed_for = "selinux in profiles",
	  .cure = "a system that runs SELinux" },
	{ .name = "memory deny write execute",
	  .probe = lw_probe_mdwe,
	  .needed_for = "hardening.memory_deny_write_execute",
	  .cure = CURE_KERNEL "6.3" },
	{ .name = "speculation control",
	  .probe = lw_probe_speculation,
	  .needed_for = "hardening.disable_speculation",
	  .cure = "a kernel booted with spec_store_bypass_disable=prctl and spectre_v2_user=prctl, on a processor "
		  "whose "
		  "microcode has the switches" },
	{ .name = "core scheduling",
	  .probe = lw_probe_core_scheduling,
	  .needed_for = "hardening.core_scheduling",
	  .cure = CURE_KERNEL "5.14 with CONFIG_SCHED_CORE" },
	{ .name = "yama",
	  .probe = lw_probe_yama,
	  .needed_for = "processes of one user not tracing each other, outside sandboxes",
	  .cure = "a kernel with yama in lsm=, and kernel.yama.ptrace_scope=1" },
	{ .name = "session keyring",
	  .probe = lw_probe_keyring,
	  .needed_for = "keyring",
	  .cure = "raise kernel.keys.maxkeys (kernel.keys.root_maxkeys for root), or keyring = false" },

	{ .name = "pids controller",
	  .probe = lw_probe_controller,
	  .number = LW_CTL_PIDS,
	  .needed_for = "limits.pids",
	  .cure = CURE_CGROUP },
	{ .name = "memory controller",
	  .probe = lw_probe_controller,
	  .number = LW_CTL_MEMORY,
	  .needed_for = "limits.memory",
	  .cure = CURE_CGROUP },
	{ .name = "cpu controller",
	  .probe = lw_probe_controller,
	  .number = LW_CTL_CPU,
	  .needed_for = "limits.cpus",
	  .cure = CURE_CGROUP },
	{ .name = "cpuset controller",
	  .probe = lw_probe_controller,
	  .number = LW_CTL_CPUSET,
	  .needed_for = "limits.cpuset",
	  .cure = CURE_CGROUP },
	{ .name = "io controller",
	  .probe = lw_probe_controller,
	  .number = LW_CTL_IO,
	  .needed_for = "limits.io",
	  .cure = CURE_CGROUP },
	{ .name = "devices controller",
	  .probe = lw_probe_devices,
	  .number = LW_CTL_DEVICES,
	  .needed_for = "access in devices",
	  .cure = "run as root; without it a device is usable wholly or not at all" },
	{ .name = "swap accounting",
	  .probe = lw_probe_swap,
	  .needed_for = "limits.swap",
	  .cure = "boot with swapaccount=1; without swap space nothing is lost" },
	{ .name = "clone into a cgroup",
	  .probe = lw_probe_clone_into_cgroup,
	  .needed_for = "limits on cgroup version 2",
	  .cure = CURE_KERNEL "5.7 and a cgroup that is delegated to us" },

	{ .name = "subordinate ids",
	  .probe = lw_probe_subids,
	  .needed_for = "more than one user inside, without root",
	  .cure = "install the package uidmap and give the user 65536 ids: usermod --add-subuids 100000-165535 "
		  "--add-subgids 100000-165535 NAME" },
	{ .name = "nft",
	  .probe = lw_probe_program,
	  .text = "nft",
	  .needed_for = "network with publish or egress rules",
	  .cure = CURE_INSTALL "nftables" },
	{ .name = "pasta",
	  .probe = lw_probe_program,
	  .text = "pasta",
	  .needed_for = "networks without root",
	  .cure = CURE_INSTALL "passt" },
};

const char *lw_doctor_status_name(int status)
{
	static const char *const names[] = { "ok", "degraded", "missing" };
	return status >= 0 && (size_t)status < ARRAY_LEN(names) ? names[status] : "unknown";
}

static void reap(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
}

/* Runs one probe in a child. A child that dies says something too: a filter around us kills for the call. */
static int ask(const struct lw_host *h, const struct lw_doctor_row *row, struct lw_probe_reply *reply)
{
	int fds[2], status = 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_close_ int in = fds[0], out = fds[1];
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		struct lw_probe_reply mine = { 0 };
		mine.code = row->probe(h, row, &mine);
		_exit(lw_write_full(out, &mine, sizeof mine) < 0);
	}
	lw_close_p(&out);
	int r = lw_read_full(in, reply, sizeof *reply);
	reap(pid, &status);
	if (r < 0) {
		*reply = (struct lw_probe_reply){ .code = -EPERM };
		lw_probe_say(reply, "the try was ended by signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
	reply->detail[sizeof reply->detail - 1] = '\0';
	reply->cure[sizeof reply->cure - 1] = '\0';
	return 0;
}

int lw_doctor(const struct lw_host *h, void (*fn)(void *arg, const struct lw_doctor_result *r), void *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lw_probe_reply reply;
		int r = ask(h, &rows[i], &reply);
		if (r < 0)
			return r;
		int status = reply.code < 0 ? LW_DOCTOR_MISSING : reply.code > 0 ? LW_DOCTOR_DEGRADED : LW_DOCTOR_OK;
		const char *cure = reply.cure[0] ? reply.cure : rows[i].cure ? rows[i].cure : "";
		if (reply.code < 0 && !reply.detail[0])
			lw_probe_say(&reply, "%s", strerror(-reply.code));
		fn(arg, &(struct lw_doctor_result){
				.name = rows[i].name,
				.status = status,
				.essential = rows[i].essential,
				.detail = reply.detail,
				.needed_for = rows[i].needed_for,
				.cure = status == LW_DOCTOR_OK ? "" : cure,
			});
	}
	return 0;
}
