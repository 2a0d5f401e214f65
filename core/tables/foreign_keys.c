/* foreign_keys.c: keys that people bring from other tools' files (compose, OCI, bubblewrap's and systemd's words), each
 * with the key of ours that says the same. Data only; it must not know who asks. */
#include "tables/foreign_keys.h"
#include <stdbool.h>
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
	{ "sandbox", "bind", "mounts = { bind \"SRC:DST\" }" },
	{ "sandbox", "cgroup", "limits" },
	{ "sandbox", "cgroup_parent", "it on the command line: --cgroup-parent PATH" },
	{ "sandbox", "chdir", "cwd" },
	{ "sandbox", "cmd", "command" },
	{ "sandbox", "configs", "mounts = { file { destination = …, data = … } }" },
	{ "sandbox", "cpu", "limits = { cpus = … }" },
	{ "sandbox", "cpus", "limits = { cpus = … }" },
	{ "sandbox", "cpu_shares", "limits = { cpu_weight = … }, where 100 is 1024 shares" },
	{ "sandbox", "cpuset", "limits = { cpuset = … }" },
	{ "sandbox", "credentials", "secrets = { NAME = { file = \"/path\" } }" },
	{ "sandbox", "dev", "devices" },
	{ "sandbox", "device", "devices" },
	{ "sandbox", "dir", "cwd" },
	{ "sandbox", "directory", "cwd" },
	{ "sandbox", "entrypoint", "command" },
	{ "sandbox", "environment", "env" },
	{ "sandbox", "exec", "command" },
	{ "sandbox", "extends", "inherits" },
	{ "sandbox", "extra_hosts", "mounts = { file { destination = \"/etc/hosts\", data = … } }" },
	{ "sandbox", "filesystem", "mounts" },
	{ "sandbox", "gid", "user = { uid = …, gid = … }" },
	{ "sandbox", "group", "user = { uid = …, gid = … }" },
	{ "sandbox", "group_add", "user = { uid = …, groups = { … } }" },
	{ "sandbox", "home", "env = { HOME = … }" },
	{ "sandbox", "hooks", "command = { \"sh\", \"-c\", \"…\" }; nothing runs outside of the sandbox" },
	{ "sandbox", "id_mappings", "ids" },
	{ "sandbox", "image", "root = \"/DIR\", a directory of yours" },
	{ "sandbox", "include", "inherits = \"NAME\"" },
	{ "sandbox", "ipc", "namespaces = { ipc = … }" },
	{ "sandbox", "linux", "its keys at the top, as namespaces, seccomp and limits" },
	{ "sandbox", "mac", "apparmor or selinux" },
	{ "sandbox", "mem", "limits = { memory = … }" },
	{ "sandbox", "mem_limit", "limits = { memory = … }" },
	{ "sandbox", "memory", "limits = { memory = … }" },
	{ "sandbox", "mount", "mounts" },
	{ "sandbox", "net", "network" },
	{ "sandbox", "network_mode", "network" },
	{ "sandbox", "nnp", "no_new_privileges" },
	{ "sandbox", "oom_kill_disable", "limits = { oom_group = true }, or oom_score_adj" },
	{ "sandbox", "path", "env = { PATH = … }" },
	{ "sandbox", "pid", "namespaces = { pid = … }" },
	{ "sandbox", "pids", "limits = { pids = … }" },
	{ "sandbox", "pids_limit", "limits = { pids = … }" },
	{ "sandbox", "ports", "network = \"host\", or \"none\"" },
	{ "sandbox", "priority", "nice" },
	{ "sandbox", "process", "its keys at the top, as command, cwd, env and user" },
	{ "sandbox", "program", "command" },
	{ "sandbox", "publish", "network = \"host\", or \"none\"" },
	{ "sandbox", "read_only", "root = { readonly = true }" },
	{ "sandbox", "resources", "limits" },
	{ "sandbox", "readonly", "root = { readonly = true }" },
	{ "sandbox", "rootfs", "root" },
	{ "sandbox", "run_as", "user" },
	{ "sandbox", "security_opt", "seccomp, apparmor, selinux or no_new_privileges" },
	{ "sandbox", "selinux_opts", "selinux" },
	{ "sandbox", "stdin_open", "nothing: standard input is connected" },
	{ "sandbox", "sysctl", "sysctls" },
	{ "sandbox", "syscalls", "seccomp" },
	{ "sandbox", "tmpfs", "mounts = { tmpfs \"DST\" }" },
	{ "sandbox", "tmp", "mounts = { tmpfs \"/tmp\" }; it is private already" },
	{ "sandbox", "tty", "terminal = true" },
	{ "sandbox", "uid", "user" },
	{ "sandbox", "ulimits", "rlimits" },
	{ "sandbox", "userns", "ids, or namespaces = { user = … }" },
	{ "sandbox", "userns_mode", "ids, or namespaces = { user = … }" },
	{ "sandbox", "uts", "namespaces = { uts = … }" },
	{ "sandbox", "volume", "mounts = { bind \"SRC:DST:rw\" }" },
	{ "sandbox", "volumes", "mounts = { bind \"SRC:DST:rw\" }" },
	{ "sandbox", "working_dir", "cwd" },
	{ "sandbox", "workdir", "cwd" },
	{ "seccomp", "default_action", "seccomp = seccomp.load \"FILE\", for JSON as Docker's" },
	{ "seccomp", "syscalls", "seccomp = seccomp.load \"FILE\", for JSON as Docker's" },
	{ "stdio", "file", "stdin, stdout or stderr" },
	{ "secret", "path", "file" },
	{ "secret", "source", "file" },
	{ "secret", "value", "file = \"/path\"; a secret does not belong in a profile" },
	{ "secret", "data", "file = \"/path\"; a secret does not belong in a profile" },
	{ "secret", "env", "file = \"/path\"; others can read an environment" },
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
	{ "limits", "cpu_quota", "cpus, where 1 is a whole processor" },
	{ "limits", "cpu_percent", "cpus, where 1 is a whole processor" },
	{ "limits", "cpu_shares", "cpu_weight, where 100 is 1024 shares" },
	{ "limits", "cpus_allowed", "cpuset" },
	{ "limits", "core", "rlimits = { core = … }, beside limits" },
	{ "limits", "files", "rlimits = { nofile = … }, beside limits" },
	{ "limits", "mem", "memory" },
	{ "limits", "memory_limit", "memory" },
	{ "limits", "memory_max", "memory" },
	{ "limits", "memory_reservation", "memory_low" },
	{ "limits", "memory_swap", "swap, in addition to memory" },
	{ "limits", "nofile", "rlimits = { nofile = … }, beside limits" },
	{ "limits", "nproc", "pids" },
	{ "limits", "pids_limit", "pids" },
	{ "limits", "processes", "pids" },
	{ "limits", "shm_size", "mounts = { tmpfs \"/dev/shm:size=64M\" }" },
	{ "limits", "time", "timeout, beside limits" },
	{ "limits", "timeout", "timeout, beside limits" },
	{ "limits", "wall_time", "timeout, beside limits" },
	{ "limits", "reservation", "memory_low" },
	{ "limits", "tasks", "pids" },
	{ "io", "path", "device" },
	{ "namespaces", "mnt", "mount" },
	{ "namespaces", "network", "net" },
	{ "namespaces", "hostname", "uts" },
	{ "namespaces", "userns", "user" },
	{ "device", "destination", "path" },
	{ "device", "permissions", "access" },
	{ "mount", "content", "data" },
	{ "mount", "contents", "data" },
	{ "mount", "lower", "source" },
	{ "mount", "dst", "destination" },
	{ "mount", "path", "destination" },
	{ "mount", "readonly", "writable = false, which is the default" },
	{ "mount", "rw", "writable" },
	{ "mount", "ro", "writable = false, which is the default" },
	{ "mount", "src", "source" },
	{ "mount", "text", "data" },
	{ "root", "ro", "readonly" },
	{ "root", "writable", "readonly = false, or overlay = true" },
	{ "time_offsets", "realtime", "boottime or monotonic; the time of day is the same for everybody" },
	{ "user", "group", "gid" },
	{ "user", "user", "name" },
};

/* OCI's camelCase, CAPITALS and dashes are the same words: "memorySwap" is memory_swap. */
static bool same(const char *ours, const char *word)
{
	for (;; ours++, word++) {
		while (*ours == '_')
			ours++;
		while (*word == '_' || *word == '-')
			word++;
		char c = *word >= 'A' && *word <= 'Z' ? (char)(*word - 'A' + 'a') : *word;
		if (*ours != c)
			return false;
		if (!c)
			return true;
	}
}

const char *lw_foreign_key(const char *schema, const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (!strcmp(table[i].schema, schema) && same(table[i].word, word))
			return table[i].ours;
	return NULL;
}
