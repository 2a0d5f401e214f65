/* foreign_keys.c: keys that people bring from other tools' files (compose, OCI, bubblewrap's and systemd's words), each
 * with the key of ours that says the same. Data only; it must not know who asks. */
#include "tables/foreign_keys.h"
#include <string.h>
#include "base/cleanup.h"

static const struct {
	const char *schema, *word, *ours;
} table[] = {
	{ "sandbox", "ambient", "capabilities = { ambient = { … } }" },
	{ "sandbox", "args", "command" },
	{ "sandbox", "argv", "command" },
	{ "sandbox", "binds", "mounts = { bind \"SRC:DST\" }" },
	{ "sandbox", "cap_add", "capabilities = caps.docker + \"NAME\"" },
	{ "sandbox", "cap_drop", "capabilities = caps.docker - \"NAME\"" },
	{ "sandbox", "caps", "capabilities" },
	{ "sandbox", "cgroup", "limits" },
	{ "sandbox", "chdir", "cwd" },
	{ "sandbox", "cmd", "command" },
	{ "sandbox", "cpus", "limits = { cpus = … }" },
	{ "sandbox", "cpu_shares", "limits = { cpu_weight = … }, where 100 is 1024 shares" },
	{ "sandbox", "cpuset", "limits = { cpuset = … }" },
	{ "sandbox", "entrypoint", "command" },
	{ "sandbox", "environment", "env" },
	{ "sandbox", "exec", "command" },
	{ "sandbox", "gid", "user = { uid = …, gid = … }" },
	{ "sandbox", "group", "user = { uid = …, gid = … }" },
	{ "sandbox", "mem_limit", "limits = { memory = … }" },
	{ "sandbox", "memory", "limits = { memory = … }" },
	{ "sandbox", "net", "network" },
	{ "sandbox", "nnp", "no_new_privileges" },
	{ "sandbox", "pids", "limits = { pids = … }" },
	{ "sandbox", "pids_limit", "limits = { pids = … }" },
	{ "sandbox", "read_only", "root = { readonly = true }" },
	{ "sandbox", "resources", "limits" },
	{ "sandbox", "rootfs", "root" },
	{ "sandbox", "syscalls", "seccomp" },
	{ "sandbox", "tmpfs", "mounts = { tmpfs \"DST\" }" },
	{ "sandbox", "uid", "user" },
	{ "sandbox", "ulimits", "rlimits" },
	{ "sandbox", "volumes", "mounts = { bind \"SRC:DST:rw\" }" },
	{ "sandbox", "working_dir", "cwd" },
	{ "sandbox", "workdir", "cwd" },
	{ "hardening", "mdwe", "memory_deny_write_execute" },
	{ "hardening", "securebits", "secure_bits" },
	{ "hardening", "tsc", "time_stamp_counter" },
	{ "landlock", "bind", "bind_tcp" },
	{ "landlock", "connect", "connect_tcp" },
	{ "landlock", "exec", "execute" },
	{ "landlock", "paths", "read, write, execute" },
	{ "landlock", "ports", "connect_tcp, bind_tcp" },
	{ "landlock", "ro", "read" },
	{ "landlock", "rw", "write" },
	{ "limits", "blkio", "io" },
	{ "limits", "cpu", "cpus" },
	{ "limits", "cpu_shares", "cpu_weight, where 100 is 1024 shares" },
	{ "limits", "cpus_allowed", "cpuset" },
	{ "limits", "mem", "memory" },
	{ "limits", "nofile", "rlimits = { nofile = … }, beside limits" },
	{ "limits", "reservation", "memory_low" },
	{ "limits", "tasks", "pids" },
	{ "io", "path", "device" },
	{ "namespaces", "mnt", "mount" },
	{ "namespaces", "network", "net" },
	{ "namespaces", "userns", "user" },
	{ "mount", "dst", "destination" },
	{ "mount", "path", "destination" },
	{ "mount", "readonly", "writable = false, which is the default" },
	{ "mount", "rw", "writable" },
	{ "mount", "src", "source" },
};

const char *lw_foreign_key(const char *schema, const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (!strcmp(table[i].schema, schema) && !strcmp(table[i].word, word))
			return table[i].ours;
	return NULL;
}
