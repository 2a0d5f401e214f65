/* schema.c: the sandbox's table of keys, one row each. A new key is a new row here, a member in spec.h and, when its
 * value is a record, a table in schema_records.c; decoding, JSON, merging, help and the manual follow by themselves.
 * It must not know how any of those work. */
#include <string.h>
#include "base/cleanup.h"
#include "mount_text.h"
#include "spec_codec.h"

static const struct lw_name terminal_words[] = {
	{ "auto", LW_TERMINAL_AUTO },
	{ "true", LW_TERMINAL_ALWAYS },
	{ "false", LW_TERMINAL_NEVER },
};
static const struct lw_names terminal_table = { terminal_words, ARRAY_LEN(terminal_words), NULL };

/* `network` decides whether the net namespace is a new one; a namespaces.net that was written stays as it is, so that
 * lw_spec_check can see a disagreement. */
static int sandbox_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	(void)rec;
	lw_network_decides(s);
	return lw_privileged_finish(s, err);
}

#define AT(member) offsetof(struct lw_spec, member)

static const struct lw_field sandbox_fields[LW_KEY_COUNT] = {
	[LW_KEY_NAME] = { .key = "name",
			  .kind = LW_K_STRING,
			  .offset = AT(name),
			  .check = lw_check_name,
			  .form = "a string matching [a-z0-9][a-z0-9_.-]*, at most 63 bytes",
			  .def = "from the file name",
			  .help = "What the sandbox is called in `ps`, in its cgroup's path and, unless `hostname` is "
				  "set, inside." },
	[LW_KEY_COMMAND] = { .key = "command",
			     .kind = LW_K_STRLIST,
			     .offset = AT(command),
			     .form = "a list of strings",
			     .def = "none",
			     .help = "The program and its arguments. A program without a slash is searched in the "
				     "sandbox's PATH, inside "
				     "its root, never in the caller's. Numbers are written as Lua prints integers. See "
				     "execve(2)." },
	[LW_KEY_CWD] = { .key = "cwd",
			 .kind = LW_K_PATH,
			 .offset = AT(cwd),
			 .def = "\"/\"",
			 .help = "Working directory of the command, inside; it is verified to be inside after chdir(2) "
				 "(CVE-2024-21626)." },
	[LW_KEY_ENV] = { .key = "env",
			 .kind = LW_K_PAIRS,
			 .offset = AT(env),
			 .check = lw_check_env_name,
			 .merge = LW_MERGE_MAP,
			 .form = "{ NAME = \"value\", … }, where false removes a variable",
			 .def = "PATH, HOME, TERM on a terminal, container=lunward",
			 .help = "Environment variables. The caller's environment is not passed on: see `inherit_env`. "
				 "environ(7)." },
	[LW_KEY_INHERIT_ENV] = { .key = "inherit_env",
				 .kind = LW_K_STRLIST,
				 .offset = AT(inherit_env),
				 .check = lw_check_env_name,
				 .form = "a list of names",
				 .def = "{}",
				 .help = "Names of the caller's environment variables that are passed on; `env` wins "
					 "over them." },
	[LW_KEY_UMASK] = { .key = "umask",
			   .kind = LW_K_MODE,
			   .offset = AT(umask),
			   .max = 0777,
			   .def = "\"0022\"",
			   .help = "Permission bits that new files do not get, umask(2)." },
	[LW_KEY_TERMINAL] = { .key = "terminal",
			      .kind = LW_K_ENUM,
			      .offset = AT(terminal),
			      .names = &terminal_table,
			      .def = "\"auto\"",
			      .help = "Whether standard input, output and error become a terminal of the sandbox's "
				      "own. \"auto\": those of "
				      "them that are a terminal. false leaves the caller's terminal in reach: TIOCSTI "
				      "could type into it "
				      "(CVE-2017-5226)." },
	[LW_KEY_STDIO] = { .key = "stdio",
			   .kind = LW_K_RECORD,
			   .offset = AT(stdio),
			   .rec = &lw_stdio_schema,
			   .merge = LW_MERGE_MAP,
			   .form = "{ stdin=, stdout=, stderr= }",
			   .def = "inherit, each",
			   .help = "Where the command's standard streams lead." },
	[LW_KEY_HOSTNAME] = { .key = "hostname",
			      .kind = LW_K_STRING,
			      .offset = AT(hostname),
			      .check = lw_check_hostname,
			      .form = "a host name, at most 64 bytes",
			      .def = "the name",
			      .help = "Host name inside, sethostname(2); needs a new uts namespace." },
	[LW_KEY_DOMAINNAME] = { .key = "domainname",
				.kind = LW_K_STRING,
				.offset = AT(domainname),
				.check = lw_check_hostname,
				.form = "a domain name, at most 64 bytes",
				.def = "the name",
				.help = "NIS domain name inside, setdomainname(2); needs a new uts namespace." },
	[LW_KEY_USER] = { .key = "user",
			  .kind = LW_K_CUSTOM,
			  .offset = AT(user),
			  .rec = &lw_user_schema,
			  .read = lw_read_user,
			  .write = lw_write_user,
			  .form = "\"root\", a user's name, a uid, \"UID:GID\", or { uid=, gid=, groups={} }",
			  .def = "\"root\"",
			  .help = "Who the command runs as, inside. A name is looked up in the passwd file inside the "
				  "root. The "
				  "supplementary groups are set explicitly, never inherited (CVE-2022-2989)." },
	[LW_KEY_INIT] = { .key = "init",
			  .kind = LW_K_BOOL,
			  .offset = AT(init),
			  .def = "true",
			  .help = "Whether process 1 is a tiny program of ours, which reaps what others leave behind "
				  "and passes signals on. false: the command is process 1; the kernel then keeps "
				  "signals from it that it does not handle, and everything ends with it. "
				  "pid_namespaces(7)." },
	[LW_KEY_NAMESPACES] = { .key = "namespaces",
				.kind = LW_K_RECORD,
				.offset = AT(namespaces),
				.rec = &lw_namespaces_schema,
				.merge = LW_MERGE_MAP,
				.form = "{ user=, pid=, mount=, net=, ipc=, uts=, cgroup=, time= }",
				.def = "\"new\", each",
				.help = "Which namespaces(7) are the sandbox's own, which are the host's and which are "
					"another's. `network` "
					"decides `net`." },
	[LW_KEY_IDS] = { .key = "ids",
			 .kind = LW_K_CUSTOM,
			 .offset = AT(ids),
			 .rec = &lw_ids_schema,
			 .read = lw_read_ids,
			 .write = lw_write_ids,
			 .form = "\"auto\", \"keep\", \"root-only\", \"identity\", \"single\", or { uid={{inside, "
				 "outside, count}, …}, gid={…} }",
			 .def = "\"auto\"",
			 .help = "How user and group ids inside map to those outside, user_namespaces(7). \"auto\": "
				 "for root a block of "
				 "65536 ids of the sandbox's own, otherwise the caller as root inside plus its "
				 "/etc/subuid ranges. "
				 "\"keep\": the caller's own id, unchanged. For root, too: \"root-only\": root inside "
				 "is "
				 "uid 2 outside, 1 and 2 are nobody, everybody from 3 on is who they are. "
				 "\"identity\": 0 to 65000 are who they are. \"single\": root inside is one id that no "
				 "other running sandbox has, everybody else nobody." },
	[LW_KEY_ROOT] = { .key = "root",
			  .kind = LW_K_CUSTOM,
			  .offset = AT(root),
			  .rec = &lw_root_schema,
			  .read = lw_read_root,
			  .write = lw_write_root,
			  .merge = LW_MERGE_MAP,
			  .form = "\"host\", \"empty\", a directory, or { path=, readonly=true, overlay=false }",
			  .def = "\"host\"",
			  .help = "What the sandbox sees as \"/\". \"host\": a read-only view of the host's /usr, "
				  "/bin, /sbin, /lib*, "
				  "/opt and /etc, everything else fresh. \"empty\": nothing but what `mounts` "
				  "brings." },
	[LW_KEY_MOUNTS] = { .key = "mounts",
			    .kind = LW_K_RECLIST,
			    .offset = AT(mounts),
			    .rec = &lw_mount_schema,
			    .merge = LW_MERGE_BY_KEY,
			    .merge_key = "destination",
			    .max = LW_MOUNTS_MAX,
			    .form = "a list of bind, tmpfs, proc, sysfs, devpts, mqueue, cgroup, overlay, file, dir, "
				    "symlink "
				    "and "
				    "remove",
			    .def = "{}",
			    .help = "What is mounted or made inside, besides the default /proc, /sys, /dev, /tmp, /run "
				    "and /home. Binds "
				    "are read-only unless they say writable=true, and always recursive. mount(8)." },
	[LW_KEY_DEVICES] = { .key = "devices",
			     .kind = LW_K_RECLIST,
			     .offset = AT(devices),
			     .rec = &lw_device_schema,
			     .merge = LW_MERGE_BY_KEY,
			     .merge_key = "path",
			     .from_text = lw_device_from_text,
			     .max = LW_MOUNTS_MAX,
			     .form = "a list of paths or { path=, source=, access=\"rwm\" }",
			     .def = "{}",
			     .help = "Device nodes inside, besides null, zero, full, random, urandom, tty, ptmx and "
				     "console. Everything "
				     "else is denied. A directory stands for the nodes in it and below, links "
				     "left out; \"/dev\" for every device there is." },
	[LW_KEY_MASKED_PATHS] = { .key = "masked_paths",
				  .kind = LW_K_PATHLIST,
				  .offset = AT(masked_paths),
				  .def = "files of /proc and /sys that tell about the host's kernel",
				  .help = "Paths hidden inside: a file reads as /dev/null, a directory as empty. "
					  "Replaces the default list." },
	[LW_KEY_READONLY_PATHS] = { .key = "readonly_paths",
				    .kind = LW_K_PATHLIST,
				    .offset = AT(readonly_paths),
				    .def = "/proc/bus, /proc/fs, /proc/irq, /proc/sys, /proc/sysrq-trigger",
				    .help = "Paths made read-only inside. Replaces the default list; /proc/sys must "
					    "stay in it when the host's uid "
					    "0 is mapped, since that uid owns kernel.core_pattern." },
	[LW_KEY_CAPABILITIES] = { .key = "capabilities",
				  .kind = LW_K_CUSTOM,
				  .offset = AT(capabilities),
				  .rec = &lw_caps_schema,
				  .read = lw_read_capabilities,
				  .write = lw_write_capabilities,
				  .combine = lw_combine_capabilities,
				  .form = "a capability set, or { bounding=, effective=, permitted=, inheritable=, "
					  "ambient= }",
				  .def = "caps.docker",
				  .help = "capabilities(7) of the command. A plain set is the bounding, permitted and "
					  "effective one; inheritable "
					  "and ambient are empty (CVE-2022-24769)." },
	[LW_KEY_NO_NEW_PRIVILEGES] = { .key = "no_new_privileges",
				       .kind = LW_K_BOOL,
				       .offset = AT(no_new_privileges),
				       .def = "true",
				       .help = "Whether execve(2) may never grant privileges, so that set-user-ID "
					       "files and file capabilities mean "
					       "nothing; PR_SET_NO_NEW_PRIVS in prctl(2)." },
	[LW_KEY_SECCOMP] = { .key = "seccomp",
			     .kind = LW_K_CUSTOM,
			     .offset = AT(seccomp),
			     .rec = &lw_seccomp_schema,
			     .read = lw_read_seccomp,
			     .write = lw_write_seccomp,
			     .combine = lw_combine_seccomp,
			     .form = "a policy: seccomp.default, docker, strict, unconfined or deny, or seccomp.load "
				     "\"FILE\", with + and -",
			     .def = "seccomp.default",
			     .help = "Which system calls the command may make, seccomp(2). Calls newer than the policy "
				     "answer ENOSYS." },
	[LW_KEY_LANDLOCK] = { .key = "landlock",
			      .kind = LW_K_RECORD,
			      .offset = AT(landlock),
			      .rec = &lw_landlock_schema,
			      .merge = LW_MERGE_MAP,
			      .form = "{ read=, write=, execute=, connect_tcp=, bind_tcp=, scope=, required= }",
			      .def = "nothing; scope has \"abstract_unix_socket\" with network = \"host\", \"signal\" "
				     "with "
				     "namespaces.pid = \"host\"",
			      .help = "What the command may do with files it can see, TCP ports and processes outside, "
				      "landlock(7). It stands beside permissions, mounts and capabilities and no "
				      "privilege lifts it. What this kernel's Landlock cannot do is said, or refused "
				      "when `required`." },
	[LW_KEY_HARDENING] = { .key = "hardening",
			       .kind = LW_K_RECORD,
			       .offset = AT(hardening),
			       .rec = &lw_hardening_schema,
			       .merge = LW_MERGE_MAP,
			       .form = "{ memory_deny_write_execute=, disable_speculation=, core_scheduling=, … }",
			       .def = "lock_personality",
			       .help = "Switches of the kernel that make a process harder to attack, prctl(2). One "
				       "that "
				       "is asked for and cannot be had is an error." },
	[LW_KEY_APPARMOR] = { .key = "apparmor",
			      .kind = LW_K_CUSTOM,
			      .offset = AT(apparmor),
			      .rec = &lw_apparmor_schema,
			      .read = lw_read_apparmor,
			      .write = lw_write_apparmor,
			      .merge = LW_MERGE_MAP,
			      .form = "a profile's name, \"auto\", or { profile=, rules=, required= }",
			      .def = "none: the caller's confinement",
			      .help = "The AppArmor profile the command runs under, apparmor(7). \"auto\" is one made "
				      "from "
				      "what the sandbox may do; it is loaded by root for as long as the sandbox lives, "
				      "and `lunward export --format apparmor` prints it." },
	[LW_KEY_SELINUX] = { .key = "selinux",
			     .kind = LW_K_RECORD,
			     .offset = AT(selinux),
			     .rec = &lw_selinux_schema,
			     .merge = LW_MERGE_MAP,
			     .form = "{ process=, mount=, mcs=\"auto\", required= }",
			     .def = "none: what the system's policy says",
			     .help = "SELinux labels of the command and of the file systems made for it, selinux(8)." },
	[LW_KEY_LIMITS] = { .key = "limits",
			    .kind = LW_K_RECORD,
			    .offset = AT(limits),
			    .rec = &lw_limits_schema,
			    .merge = LW_MERGE_MAP,
			    .form = "{ pids=, memory=, swap=, cpus=, … }",
			    .def = "pids 1024, memory half of RAM",
			    .help = "Limits on the sandbox as a whole, cgroups(7). A limit that is written and cannot "
				    "be enforced is an "
				    "error; a default that cannot be enforced falls back to `rlimits`." },
	[LW_KEY_RLIMITS] = { .key = "rlimits",
			     .kind = LW_K_RECORD,
			     .offset = AT(rlimits),
			     .rec = &lw_rlimits_schema,
			     .merge = LW_MERGE_MAP,
			     .form = "{ nofile=1024 or {soft, hard}, … }",
			     .def = "nofile 1024:4096, core 0",
			     .help = "Limits on each process, getrlimit(2). Those not named are the caller's." },
	[LW_KEY_NETWORK] = { .key = "network",
			     .kind = LW_K_CUSTOM,
			     .offset = AT(network),
			     .names = &lw_network_table,
			     .rec = &lw_network_schema,
			     .read = lw_read_network,
			     .write = lw_write_network,
			     .combine = lw_combine_network,
			     .form = "\"none\", \"host\", { bridge= }, { path= } or { sandbox= }",
			     .def = "\"none\"",
			     .help = "\"none\": a network of the sandbox's own with nothing but loopback. \"host\": "
				     "the host's network, with "
				     "its abstract sockets. A table: an interface of the sandbox's own, on a bridge "
				     "that "
				     "others are on as well or on one of the host's, or the network of somebody "
				     "else." },
	[LW_KEY_SYSCTLS] = { .key = "sysctls",
			     .kind = LW_K_PAIRS,
			     .offset = AT(sysctls),
			     .merge = LW_MERGE_MAP,
			     .check = lw_check_sysctl_name,
			     .form = "a table of strings or numbers by name, \"net.ipv4.ip_forward\"",
			     .def = "{}",
			     .help = "Kernel parameters of the sandbox's own ipc and net namespaces, sysctl(8): net.*, "
				     "fs.mqueue.*, "
				     "kernel.shm*, kernel.msg* and kernel.sem." },
	[LW_KEY_TIME_OFFSETS] = { .key = "time_offsets",
				  .kind = LW_K_RECORD,
				  .offset = AT(time_offsets),
				  .rec = &lw_time_offsets_schema,
				  .merge = LW_MERGE_MAP,
				  .form = "{ monotonic=, boottime= }",
				  .def = "{}",
				  .help = "How far the sandbox's clocks are ahead of the host's, time_namespaces(7); "
					  "the "
					  "time of day is the same for everybody. Needs a new time namespace." },
	[LW_KEY_OOM_SCORE_ADJ] = { .key = "oom_score_adj",
				   .kind = LW_K_INT,
				   .offset = AT(oom_score_adj),
				   .min = -1000,
				   .max = 1000,
				   .def = "inherited",
				   .help = "How soon the kernel picks the command when memory runs out, proc(5); lower "
					   "needs a privilege." },
	[LW_KEY_NICE] = { .key = "nice",
			  .kind = LW_K_INT,
			  .offset = AT(nice),
			  .min = -20,
			  .max = 19,
			  .def = "inherited",
			  .help = "Scheduling priority, setpriority(2); lower needs a privilege." },
	[LW_KEY_KEYRING] = { .key = "keyring",
			     .kind = LW_K_BOOL,
			     .offset = AT(keyring),
			     .def = "true",
			     .help = "Whether the command gets a new, empty session keyring instead of the caller's, "
				     "keyrings(7)." },
	[LW_KEY_SERVICE] = { .key = "service",
			     .kind = LW_K_RECORD,
			     .offset = AT(service),
			     .rec = &lw_service_schema,
			     .merge = LW_MERGE_MAP,
			     .form = "{ restart=, ready=, health=, stop_signal=, after=, requires=, listen=, … }",
			     .def = "started once, ready at once",
			     .help = "How a sandbox in the background is kept: when it is ready, and well; whether it "
				     "is started again; how it is stopped; what comes first; the sockets it is handed. "
				     "In the foreground `ready` and `listen` hold, too." },
	[LW_KEY_LOG] = { .key = "log",
			 .kind = LW_K_CUSTOM,
			 .offset = AT(log),
			 .rec = &lw_log_schema,
			 .read = lw_read_log,
			 .write = lw_write_log,
			 .form = "\"file\", \"journal\", \"syslog\", \"none\", \"inherit\", or { file=, max=, keep= }",
			 .def = "\"inherit\" in the foreground, \"file\" in the background",
			 .help = "Where what a sandbox in the background prints goes; `lunward logs` reads \"file\". "
				 "In the foreground it is the caller's, unless `stdio` says otherwise." },
	[LW_KEY_TIMEOUT] = { .key = "timeout",
			     .kind = LW_K_DURATION,
			     .offset = AT(timeout),
			     .def = "none",
			     .help = "Wall-clock time after which the sandbox is ended and the exit code is 124; a "
				     "number is seconds, 0 is none." },
	[LW_KEY_LABELS] = { .key = "labels",
			    .kind = LW_K_PAIRS,
			    .offset = AT(labels),
			    .merge = LW_MERGE_MAP,
			    .check = lw_check_label,
			    .form = "a table of strings",
			    .def = "{}",
			    .help = "Words of the user's own that `ps` and `inspect` show. They have no effect." },
	[LW_KEY_ALLOW_CONTROL_SOCKETS] = { .key = "allow_control_sockets",
					   .kind = LW_K_STRLIST,
					   .offset = AT(allow_control_sockets),
					   .check = lw_check_engine,
					   .form = "a list of engines, \"docker\"",
					   .def = "{}",
					   .help = "Engines whose control sockets a bind may bring inside. Who can "
						   "talk to one owns the host, even "
						   "through a read-only bind." },
	[LW_KEY_SECRETS] = { .key = "secrets",
			     .kind = LW_K_CUSTOM,
			     .offset = AT(secrets),
			     .read = lw_read_secrets,
			     .write = lw_write_secrets,
			     .merge = LW_MERGE_MAP,
			     .form = "{ NAME = { file = \"/path\" }, … }, where false removes one",
			     .def = "{}",
			     .help = "Files whose contents appear as /run/secrets/NAME, readable for the command's "
				     "user "
				     "alone, in memory that is never swapped. Only the names and paths are in what is "
				     "printed, kept or logged." },
	[LW_KEY_PRIVILEGED] = { .key = "privileged",
				.kind = LW_K_BOOL,
				.offset = AT(privileged),
				.def = "false",
				.help = "Both `capabilities = caps.all` and `devices = { device \"/dev\" }`, unless "
					"these "
					"keys say otherwise, and on record as such. Every run of it warns; seccomp, "
					"namespaces and masks stay as they are." },
};

const struct lw_schema lw_sandbox_schema = {
	.name = "sandbox",
	.help = "What a sandbox is: every key is optional and every default is the closed one.",
	.size = sizeof(struct lw_spec),
	.fields = sandbox_fields,
	.n = ARRAY_LEN(sandbox_fields),
	.finish = sandbox_finish,
};

const struct lw_field *lw_schema_field(const struct lw_schema *sc, const char *key)
{
	for (size_t i = 0; i < sc->n; i++)
		if (strcmp(sc->fields[i].key, key) == 0)
			return &sc->fields[i];
	return NULL;
}

bool lw_rec_has(const struct lw_rec *rec, const struct lw_schema *sc, const char *key)
{
	const struct lw_field *f = lw_schema_field(sc, key);
	return f && lw_is_set(rec, (unsigned)(f - sc->fields));
}
