/* foreign.c: words that people bring from docker, bubblewrap and systemd, each with what says the same here. Data only;
 * nothing in it is an option of ours. Sorted within each tool. */
#include "lua/cli/foreign.h"
#include <string.h>
#include "base/cleanup.h"

struct foreign {
	const char *word; /* a trailing '*' stands for any ending */
	const char *hint;
};

static const struct foreign options[] = {
	/* bubblewrap */
	{ "--bind", "-v SRC:DST" },
	{ "--bind-try", "-v SRC:DST:optional" },
	{ "--chdir", "-w DIR" },
	{ "--clearenv", "the environment is clean already; -e NAME passes one variable on" },
	{ "--dev", "a /dev of the usual nodes is there already; --device PATH adds one" },
	{ "--dev-bind*", "--device PATH" },
	{ "--die-with-parent", "a sandbox never outlives lunward" },
	{ "--dir", "`dir` in the profile's mounts" },
	{ "--gid", "-u UID:GID" },
	{ "--new-session", "the command has a session of its own already" },
	{ "--proc", "/proc is there already" },
	{ "--ro-bind", "-v SRC:DST:ro" },
	{ "--ro-bind-try", "-v SRC:DST:ro,optional" },
	{ "--setenv", "-e NAME=VALUE" },
	{ "--share-net", "--network host" },
	{ "--symlink", "`symlink` in the profile's mounts" },
	{ "--uid", "-u UID" },
	{ "--unsetenv", "the environment is clean already" },
	{ "--unshare-net", "--network none, which is the default" },
	{ "--unshare-*", "every namespace is new already; a profile's `namespaces` keeps one of the host's" },
	/* firejail */
	{ "--caps.drop", "--cap-drop NAME" },
	{ "--caps.keep", "--cap-drop ALL --cap-add NAME" },
	{ "--noprofile", "without a profile's name it is \"default\"" },
	{ "--nonewprivs", "no_new_privileges is on already" },
	{ "--private*", "/home, /root and /tmp are private already; -v SRC:DST shows a directory" },
	{ "--profile", "the profile's name stands before --: lunward run PROFILE -- COMMAND" },
	{ "--seccomp.drop", "--seccomp deny:CALL" },
	{ "--seccomp.keep", "--seccomp deny:all --seccomp allow:CALL" },
	{ "--whitelist", "-v SRC:DST" },
	/* docker and podman */
	{ "--blkio-weight*", "`limits = { io = {...} }` in the profile limits a device" },
	{ "--cpu-period", "--cpus N" },
	{ "--cpu-quota", "--cpus N, where 1 is 100000 of the usual period" },
	{ "--cpu-shares", "`limits = { cpu_weight = N }` in the profile, where 100 is 1024 shares" },
	{ "--cpuset-cpus", "`limits = { cpuset = \"0-3\" }` in the profile" },
	{ "--device-cgroup-rule", "--device PATH[:DST[:rwm]]" },
	{ "--device-read-*", "`limits = { io = {{ device = ..., rbps = ..., riops = ... }} }` in the profile" },
	{ "--device-write-*", "`limits = { io = {{ device = ..., wbps = ..., wiops = ... }} }` in the profile" },
	{ "--entrypoint", "the words after -- are the whole command" },
	{ "--env-file", "-e NAME=VALUE for each" },
	{ "--init", "pid 1 is a small init already; `init = false` in a profile changes that" },
	{ "--memory-reservation", "`limits = { memory_low = SIZE }` in the profile" },
	{ "--mount", "-v SRC:DST[:ro] or --tmpfs DST" },
	{ "--oom-kill-disable",
	  "nothing disables it; `limits = { oom_group = true }` ends all of the sandbox together" },
	{ "--publish", "networks between sandbox and host: --network host, or none" },
	{ "--rootfs", "--root DIR" },
	{ "--security-opt", "--seccomp allow:CALL, deny:CALL or a policy's name" },
	{ "--sysctl", "`sysctls` in the profile" },
	{ "--userns", "--ids auto, keep, root-only, identity or single" },
	/* systemd-run */
	{ "--property", "-m SIZE, --cpus N, --pids-limit N" },
	{ "--setuid", "-u UID" },
	{ "--working-directory", "-w DIR" },
};

/* systemd's properties as `-p NAME=VALUE`. */
static const struct foreign properties[] = {
	{ "AmbientCapabilities=*", "--cap-add NAME" },
	{ "BindPaths=*", "-v SRC:DST" },
	{ "BindReadOnlyPaths=*", "-v SRC:DST:ro" },
	{ "AllowedCPUs=*", "`limits = { cpuset = ... }` in the profile" },
	{ "CPUQuota=*", "--cpus N, where 1 is 100%" },
	{ "CPUWeight=*", "`limits = { cpu_weight = ... }` in the profile" },
	{ "CapabilityBoundingSet=*", "--cap-drop ALL --cap-add NAME" },
	{ "DeviceAllow=*", "--device PATH[:DST[:rwm]]" },
	{ "IORead*", "`limits = { io = {...} }` in the profile" },
	{ "IOWrite*", "`limits = { io = {...} }` in the profile" },
	{ "Limit*", "--ulimit NAME=SOFT:HARD" },
	{ "MemoryHigh=*", "`limits = { memory_high = ... }` in the profile" },
	{ "MemoryLow=*", "`limits = { memory_low = ... }` in the profile" },
	{ "MemoryMax=*", "-m SIZE" },
	{ "MemorySwapMax=*", "--memory-swap SIZE, the sum of both" },
	{ "PrivateNetwork=*", "--network none" },
	{ "RootDirectory=*", "--root DIR" },
	{ "RuntimeMaxSec=*", "--timeout DURATION" },
	{ "SystemCallFilter=*", "--seccomp allow:CALL or deny:CALL" },
	{ "TasksMax=*", "--pids-limit N" },
	{ "User=*", "-u NAME" },
	{ "WorkingDirectory=*", "-w DIR" },
};

static const struct foreign verbs[] = {
	{ "create", "a profile is a file; `lunward run PROFILE` makes and runs the sandbox" },
};

static const char *find(const struct foreign *v, size_t n, const char *word, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = strlen(v[i].word);
		if (v[i].word[k - 1] == '*' ? len >= k - 1 && !strncmp(v[i].word, word, k - 1)
					    : len == k && !strncmp(v[i].word, word, k))
			return v[i].hint;
	}
	return NULL;
}

const char *cli_foreign_option(const char *word, const char *next)
{
	if (!strcmp(word, "-p")) {
		const char *hint = next ? find(properties, ARRAY_LEN(properties), next, strlen(next)) : NULL;
		return hint ? hint : find(options, ARRAY_LEN(options), "--publish", strlen("--publish"));
	}
	const char *eq = strchr(word, '=');
	if (eq && !strncmp(word, "--property=", strlen("--property="))) {
		const char *hint = find(properties, ARRAY_LEN(properties), eq + 1, strlen(eq + 1));
		if (hint)
			return hint;
	}
	return find(options, ARRAY_LEN(options), word, eq ? (size_t)(eq - word) : strlen(word));
}

const char *cli_foreign_verb(const char *word)
{
	return find(verbs, ARRAY_LEN(verbs), word, strlen(word));
}
