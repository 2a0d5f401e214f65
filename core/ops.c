/* ops.c: the table of operations: one row per kind, its name, its side of the clone and the names of its arguments.
 * Printing and errors read it; op_host.c and child.c have what each does. */
#include "plan.h"

#define HOST(n) .name = n, .side = LW_SIDE_HOST
#define CHILD(n) .name = n, .side = LW_SIDE_CHILD

const struct lw_op_row lw_op_table[LW_OP_COUNT] = {
	[LW_OP_IDS_LEASE] = { HOST("ids.lease") },
	[LW_OP_CGROUP_MAKE] = { HOST("cgroup.make"), .str = { "path" },
				.num = { "controllers=x", "slot", "version", "how=x" } },
	[LW_OP_CGROUP_SET] = { HOST("cgroup.set"), .str = { "path", "file", "value" } },
	[LW_OP_NAMESPACE_OPEN] = { HOST("namespace.open"), .str = { "path" }, .num = { "slot", "type=x" } },
	[LW_OP_NAMESPACE_JOIN] = { CHILD("namespace.join"), .str = { "path" }, .num = { "slot", "type=x" } },
	[LW_OP_CGROUP_CPUSET] = { HOST("cgroup.cpuset"), .str = { "path", "cpus" }, .num = { "version" } },
	[LW_OP_CGROUP_IO] = { HOST("cgroup.io"), .str = { "path", "device", "version" },
			      .num = { "rbps", "wbps", "riops", "wiops" } },
	[LW_OP_CGROUP_DEVICES] = { HOST("cgroup.devices"), .str = { "path", "rules" }, .num = { "version" } },
	[LW_OP_SOURCE_OPEN] = { HOST("source.open"), .str = { "path" }, .num = { "slot", "attributes=x", "flags=x" } },
	[LW_OP_SOURCE_CHOWN] = { HOST("source.chown"), .str = { "path", "from" },
				 .num = { "slot", "uid", "gid", "root" } },
	[LW_OP_SECRET_OPEN] = { HOST("secret.open"), .str = { "file" }, .num = { "slot" } },
	[LW_OP_OVERLAY_KEEP] = { HOST("overlay.keep"), .str = { "in", "names", "lower" } },
	[LW_OP_CLONE] = { HOST("clone"), .num = { "flags=x" } },
	[LW_OP_TIME_OFFSETS] = { CHILD("time.offsets"), .str = { "clocks", "lines" } },
	[LW_OP_IDMAP_WRITE] = { HOST("ids.map") },
	[LW_OP_SOURCE_IDMAP] = { HOST("source.idmap"), .str = { "path" }, .num = { "slot" } },
	[LW_OP_RLIMIT_RAISE] = { HOST("rlimit.raise"), .str = { "resource" }, .num = { "number", "soft", "hard" } },
	[LW_OP_OOM_SCORE_ADJ] = { CHILD("oom_score_adj"), .num = { "value" } },
	[LW_OP_CGROUP_JOIN] = { CHILD("cgroup.join"), .num = { "slot" } },
	[LW_OP_UNSHARE] = { CHILD("unshare"), .num = { "flags=x" } },
	[LW_OP_BECOME_ROOT] = { CHILD("ids.become"), .num = { "uid", "gid", "setgroups" } },
	[LW_OP_OVERLAY] = { CHILD("overlay"), .str = { "lower", "upper", "with" },
			    .num = { "lower_slot", "upper_slot", "slot", "flags=x" } },
	[LW_OP_ROOT_BEGIN] = { CHILD("root.begin"), .num = { "kind", "slot" } },
	[LW_OP_MKDIR] = { CHILD("mkdir"), .str = { "path" }, .num = { "mode=o", "uid", "gid" } },
	[LW_OP_SYMLINK] = { CHILD("symlink"), .str = { "path", "target" } },
	[LW_OP_FILE] = { CHILD("file"), .str = { "path", "data" }, .num = { "mode=o", "uid", "gid" } },
	[LW_OP_MOUNT_BIND] = { CHILD("mount.bind"), .str = { "path", "source" },
			       .num = { "slot", "flags=x", "attributes=x" } },
	[LW_OP_NODE] = { CHILD("device"), .str = { "path", "source" }, .num = { "device=x", "attributes=x" } },
	[LW_OP_MOUNT_FS] = { CHILD("mount.fs"), .str = { "path", "type", "options" }, .num = { "attributes=x" } },
	[LW_OP_MOUNT_SCRATCH] = { CHILD("mount.scratch"), .str = { "path" }, .num = { "mode=o", "attributes=x" } },
	[LW_OP_SECRET] = { CHILD("secret"), .str = { "path", "file" }, .num = { "slot", "uid", "gid" } },
	[LW_OP_MASK] = { CHILD("mask"), .str = { "path" } },
	[LW_OP_READONLY] = { CHILD("readonly"), .str = { "path" } },
	[LW_OP_TERMINAL] = { CHILD("terminal"), .num = { "fds=x" } },
	[LW_OP_ROOT_END] = { CHILD("root.end"), .num = { "readonly" } },
	[LW_OP_NET_JOIN] = { CHILD("network.join") },
	[LW_OP_LOOPBACK] = { CHILD("loopback.up") },
	[LW_OP_HOSTNAME] = { CHILD("hostname"), .str = { "name" } },
	[LW_OP_DOMAINNAME] = { CHILD("domainname"), .str = { "name" } },
	[LW_OP_SYSCTL] = { CHILD("sysctl"), .str = { "path", "value" } },
	[LW_OP_STDIO] = { CHILD("stdio.null"), .num = { "fd" } },
	[LW_OP_SESSION] = { CHILD("setsid") },
	[LW_OP_KEYRING] = { CHILD("keyring.join") },
	[LW_OP_RLIMIT] = { CHILD("rlimit"), .str = { "resource" }, .num = { "number", "soft", "hard" } },
	[LW_OP_NICE] = { CHILD("nice"), .num = { "value" } },
	[LW_OP_UMASK] = { CHILD("umask"), .num = { "mask=o" } },
	[LW_OP_CWD] = { CHILD("chdir"), .str = { "path" } },
	[LW_OP_BOUNDING_DROP] = { CHILD("capabilities.bounding"), .num = { "keep=x" } },
	[LW_OP_SECUREBITS] = { CHILD("securebits"), .num = { "bits=x" } },
	[LW_OP_USER] = { CHILD("user"), .num = { "uid", "gid", "setgroups" } },
	[LW_OP_CAPSET] = { CHILD("capabilities.set"), .num = { "effective=x", "permitted=x", "inheritable=x" } },
	[LW_OP_AMBIENT] = { CHILD("capabilities.ambient"), .num = { "raise=x" } },
	[LW_OP_NO_NEW_PRIVS] = { CHILD("no_new_privileges") },
	[LW_OP_SECCOMP] = { CHILD("seccomp"), .str = { "log" }, .num = { "early" } },
	[LW_OP_EXEC] = { CHILD("exec"), .str = { "command" } },
};

int lw_op_side(int kind)
{
	return lw_op_table[kind].side;
}
