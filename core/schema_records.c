/* schema_records.c: tables of the records below the sandbox's own, and the words of their enums. Data only, as in
 * schema.c; what a row cannot say is done by the functions it names (spec_custom.c, spec_policy.c). */
#include <sys/resource.h>
#include "base/cleanup.h"
#include "spec_codec.h"

#define WORDS(table, words) struct lw_names table = { words, ARRAY_LEN(words), NULL }
#define SCHEMA(word, type, rows) .name = word, .size = sizeof(type), .fields = rows, .n = ARRAY_LEN(rows)

/* --- stdio --- */
static const struct lw_name stdio_words[] = {
	{ "inherit", LW_STDIO_INHERIT },
	{ "null", LW_STDIO_NULL },
};
static const WORDS(stdio_table, stdio_words);
#define ROW(member, text)                                                                                              \
	.kind = LW_K_ENUM, .offset = offsetof(struct lw_stdio, member), .names = &stdio_table, .def = "\"inherit\"",   \
	.help = text
static const struct lw_field stdio_fields[] = {
	{ .key = "stdin", ROW(in, "Standard input: the caller's, or /dev/null.") },
	{ .key = "stdout", ROW(out, "Standard output: the caller's, or /dev/null.") },
	{ .key = "stderr", ROW(err, "Standard error: the caller's, or /dev/null.") },
};
#undef ROW
const struct lw_schema lw_stdio_schema = { SCHEMA("stdio", struct lw_stdio, stdio_fields) };

/* --- user --- */
static const struct lw_field user_fields[] = {
	{ .key = "name",
	  .kind = LW_K_STRING,
	  .offset = offsetof(struct lw_user, name),
	  .check = lw_check_user_name,
	  .def = "\"root\"",
	  .help = "A user of the passwd file inside the root; not together with `uid`." },
	{ .key = "uid",
	  .kind = LW_K_INT,
	  .offset = offsetof(struct lw_user, uid),
	  .max = LW_ID_MAX,
	  .def = "the name's",
	  .help = "User id inside." },
	{ .key = "gid",
	  .kind = LW_K_INT,
	  .offset = offsetof(struct lw_user, gid),
	  .max = LW_ID_MAX,
	  .def = "the user's group, else the uid",
	  .help = "Group id inside." },
	{ .key = "groups",
	  .kind = LW_K_CUSTOM,
	  .offset = offsetof(struct lw_user, groups),
	  .read = lw_read_groups,
	  .write = lw_write_groups,
	  .form = "a list of group ids",
	  .def = "the user's groups",
	  .help = "Supplementary group ids inside; {} for none." },
};
const struct lw_schema lw_user_schema = { SCHEMA("user", struct lw_user, user_fields) };

/* --- namespaces, network --- */
static const struct lw_field join_fields[] = {
	{ .key = "path",
	  .kind = LW_K_PATH,
	  .offset = offsetof(struct lw_join, path),
	  .def = "none: it or `sandbox` must be said",
	  .help = "A file of /proc/PID/ns, or one bound elsewhere as by `ip netns` in /run/netns." },
	{ .key = "sandbox",
	  .kind = LW_K_STRING,
	  .offset = offsetof(struct lw_join, sandbox),
	  .def = "none: it or `path` must be said",
	  .help = "A detached sandbox that runs, by name or id. As `network` its user namespace is joined, too." },
};
const struct lw_schema lw_join_schema = { SCHEMA("namespace", struct lw_join, join_fields) };
static const struct lw_name network_words[] = {
	{ "none", LW_NET_NONE },
	{ "host", LW_NET_HOST },
};
const WORDS(lw_network_table, network_words);
static const struct lw_name mode_words[] = {
	{ "new", LW_NS_NEW },
	{ "host", LW_NS_HOST },
};
const WORDS(lw_namespace_mode_table, mode_words);
#define ROW(ns, word, text)                                                                                            \
	[ns] = { .key = word,                                                                                          \
		 .kind = LW_K_CUSTOM,                                                                                  \
		 .offset = offsetof(struct lw_namespaces, mode) + (ns) * sizeof(int),                                  \
		 .names = &lw_namespace_mode_table,                                                                    \
		 .read = lw_read_namespace,                                                                            \
		 .write = lw_write_namespace,                                                                          \
		 .form = "\"new\", \"host\", { path= } or { sandbox= }",                                               \
		 .def = "\"new\"",                                                                                     \
		 .help = text }
static const struct lw_field namespaces_fields[LW_NS_COUNT] = {
	ROW(LW_NS_USER, "user",
	    "User and group ids and capabilities, user_namespaces(7). \"host\": root inside is root "
	    "outside. { path= } brings its own ids: `ids` must not be set."),
	ROW(LW_NS_PID, "pid", "Process ids, pid_namespaces(7)."),
	ROW(LW_NS_MOUNT, "mount", "The file system tree, mount_namespaces(7)."),
	ROW(LW_NS_NET, "net", "Network interfaces and sockets, network_namespaces(7); decided by `network`."),
	ROW(LW_NS_IPC, "ipc", "System V IPC and POSIX message queues, ipc_namespaces(7)."),
	ROW(LW_NS_UTS, "uts", "Host and domain name, uts_namespaces(7)."),
	ROW(LW_NS_CGROUP, "cgroup", "What the cgroup tree looks like from inside, cgroup_namespaces(7)."),
	ROW(LW_NS_TIME, "time", "Boot and monotonic clocks, time_namespaces(7)."),
};
#undef ROW
const struct lw_schema lw_namespaces_schema = { SCHEMA("namespaces", struct lw_namespaces, namespaces_fields) };

/* --- ids --- */
static const struct lw_name ids_words[] = {
	{ "auto", LW_IDS_AUTO },         { "keep", LW_IDS_KEEP },     { "root-only", LW_IDS_ROOT_ONLY },
	{ "identity", LW_IDS_IDENTITY }, { "single", LW_IDS_SINGLE },
};
const WORDS(lw_ids_mode_table, ids_words);
#define ROW(member, text)                                                                                              \
	.kind = LW_K_CUSTOM, .offset = offsetof(struct lw_ids, member), .read = lw_read_idmaps,                        \
	.write = lw_write_idmaps, .form = "a list of {inside, outside, count}", .def = "none", .help = text
static const struct lw_field ids_fields[] = {
	{ .key = "uid", ROW(uid, "Ranges of user ids: first id inside, first id outside, how many; at most 340.") },
	{ .key = "gid", ROW(gid, "Ranges of group ids, likewise.") },
};
#undef ROW
const struct lw_schema lw_ids_schema = { SCHEMA("ids", struct lw_ids, ids_fields) };

/* --- root --- */
#define AT(member) offsetof(struct lw_overlay, member)
#define UPPER_HELP                                                                                                     \
	"overlay: a directory that keeps what is changed; its parent must be the caller's and not open to others, "    \
	"for "                                                                                                         \
	"programs made inside lie in it. Without it changes are kept in memory and lost."
#define WORK_HELP "overlay: an empty directory beside `upper` for the kernel's use."
static const struct lw_field overlay_fields[] = {
	[LW_OVERLAY_KEY_UPPER] = { .key = "upper",
				   .kind = LW_K_PATH,
				   .offset = AT(upper),
				   .def = "none",
				   .help = UPPER_HELP },
	[LW_OVERLAY_KEY_WORK] = { .key = "work",
				  .kind = LW_K_PATH,
				  .offset = AT(work),
				  .def = "`upper` with \".work\" at the end",
				  .help = WORK_HELP },
	[LW_OVERLAY_KEY_SIZE] = { .key = "size",
				  .kind = LW_K_SIZE,
				  .offset = AT(size),
				  .min = 65536,
				  .max = INT64_C(1) << 60,
				  .def = "\"64M\"",
				  .help = "Without `upper`: how many bytes of changes are kept." },
	[LW_OVERLAY_KEY_INODES] = { .key = "inodes",
				    .kind = LW_K_INT,
				    .offset = AT(inodes),
				    .min = 2,
				    .max = INT64_C(1) << 32,
				    .def = "16384",
				    .help = "Without `upper`: how many changed files are kept." },
	[LW_OVERLAY_KEY_IDMAP] = { .key = "idmap",
				   .kind = LW_K_BOOL,
				   .offset = AT(idmap),
				   .def = "true",
				   .help = "Whether owners of both layers are mapped through the sandbox's ids, as for "
					   "a "
					   "bind; without root there is no need." },
};
#undef AT
const struct lw_schema lw_overlay_schema = { SCHEMA("overlay", struct lw_overlay, overlay_fields) };

static const struct lw_field verify_fields[] = {
	{ .key = "digest",
	  .kind = LW_K_STRING,
	  .offset = offsetof(struct lw_verify, digest),
	  .check = lw_check_digest,
	  .form = "\"sha256:\" and 64 hexadecimal digits",
	  .def = "none",
	  .help = "Of the file, as sha256sum(1) prints it; of an OCI layout directory, its manifest's. Another one is "
		  "refused before anything of the image is used." },
};
const struct lw_schema lw_verify_schema = { SCHEMA("verify", struct lw_verify, verify_fields) };

static const struct lw_field unpack_fields[] = {
	[LW_UNPACK_KEY_SIZE] = { .key = "size",
				 .kind = LW_K_SIZE,
				 .offset = offsetof(struct lw_unpack, size),
				 .min = 65536,
				 .max = INT64_C(1) << 50,
				 .def = "\"8G\"",
				 .help = "How many bytes may come out of an archive; holes in files count as bytes." },
	[LW_UNPACK_KEY_FILES] = { .key = "files",
				  .kind = LW_K_INT,
				  .offset = offsetof(struct lw_unpack, files),
				  .min = 1,
				  .max = INT64_C(1) << 32,
				  .def = "1000000",
				  .help = "How many files, directories and links may." },
};
const struct lw_schema lw_unpack_schema = { SCHEMA("unpack", struct lw_unpack, unpack_fields) };

static const struct lw_name root_words[] = {
	{ "host", LW_ROOT_HOST },
	{ "empty", LW_ROOT_EMPTY },
};
const WORDS(lw_root_kind_table, root_words);
static const struct lw_field root_fields[] = {
	{ .key = "path",
	  .kind = LW_K_CUSTOM,
	  .offset = 0,
	  .read = lw_read_root_path,
	  .write = lw_write_root_path,
	  .form = "\"host\", \"empty\" or an absolute path",
	  .def = "\"host\"",
	  .help = "The host view, nothing, or a directory." },
	{ .key = "readonly",
	  .kind = LW_K_BOOL,
	  .offset = offsetof(struct lw_root, readonly),
	  .def = "true",
	  .help = "Whether \"/\" and what the root brings is read-only." },
	{ .key = "overlay",
	  .kind = LW_K_CUSTOM,
	  .offset = offsetof(struct lw_root, overlay),
	  .rec = &lw_overlay_schema,
	  .read = lw_read_overlay,
	  .write = lw_write_overlay,
	  .form = "true, false, or { upper=, work=, size=, inodes=, idmap=true }",
	  .def = "false",
	  .help = "Whether writes go to a layer above the root, which stays as it is: a directory, or memory." },
	[LW_ROOT_KEY_IMAGE] = { .key = "image",
				.kind = LW_K_PATH,
				.offset = offsetof(struct lw_root, image),
				.def = "none",
				.help = "In place of `path`: a tar archive (plain or compressed with gzip, xz, zstd or "
					"bzip2), an OCI layout (a directory, or a tar of one), a squashfs or erofs "
					"file "
					"(root only), or a directory. Archives are unpacked once, inside a sandbox of "
					"their own, below the state directory; every image is read-only." },
	[LW_ROOT_KEY_VERIFY] = { .key = "verify",
				 .kind = LW_K_RECORD,
				 .offset = offsetof(struct lw_root, verify),
				 .rec = &lw_verify_schema,
				 .form = "{ digest=\"sha256:…\" }",
				 .def = "none",
				 .help = "What the image must be." },
	[LW_ROOT_KEY_UNPACK] = { .key = "unpack",
				 .kind = LW_K_RECORD,
				 .offset = offsetof(struct lw_root, unpack),
				 .rec = &lw_unpack_schema,
				 .form = "{ size=\"8G\", files=1000000 }",
				 .def = "those",
				 .help = "Bounds on what an archive may unpack to; more is refused." },
};
const struct lw_schema lw_root_schema = { SCHEMA("root", struct lw_root, root_fields), .finish = lw_root_finish };

/* --- mounts --- */
static const struct lw_name mount_words[] = {
	{ "bind", LW_MOUNT_BIND },     { "tmpfs", LW_MOUNT_TMPFS },     { "proc", LW_MOUNT_PROC },
	{ "sysfs", LW_MOUNT_SYSFS },   { "devpts", LW_MOUNT_DEVPTS },   { "mqueue", LW_MOUNT_MQUEUE },
	{ "cgroup", LW_MOUNT_CGROUP }, { "overlay", LW_MOUNT_OVERLAY }, { "file", LW_MOUNT_FILE },
	{ "dir", LW_MOUNT_DIR },       { "symlink", LW_MOUNT_SYMLINK }, { "remove", LW_MOUNT_REMOVE },
};
const WORDS(lw_mount_kind_table, mount_words);
/* proc(5)'s words; its numbers too. */
static const struct lw_name hidepid_words[] = {
	{ "off", LW_HIDEPID_OFF },
	{ "noaccess", LW_HIDEPID_NOACCESS },
	{ "invisible", LW_HIDEPID_INVISIBLE },
	{ "ptraceable", LW_HIDEPID_PTRACEABLE },
	{ "0", LW_HIDEPID_OFF },
	{ "1", LW_HIDEPID_NOACCESS },
	{ "2", LW_HIDEPID_INVISIBLE },
	{ "4", LW_HIDEPID_PTRACEABLE },
};
const WORDS(lw_hidepid_table, hidepid_words);
static const struct lw_name propagation_words[] = {
	{ "private", LW_PROPAGATION_PRIVATE },
	{ "slave", LW_PROPAGATION_SLAVE },
};
static const WORDS(propagation_table, propagation_words);
#define AT(member) offsetof(struct lw_mount, member)
static const struct lw_field mount_fields[LW_MOUNT_KEY_COUNT] = {
	[LW_MOUNT_KEY_TYPE] = { .key = "type",
				.kind = LW_K_ENUM,
				.offset = AT(kind),
				.names = &lw_mount_kind_table,
				.def = "none: it must be said",
				.help = "What kind of thing is put at the destination; a profile's constructors fill "
					"it in." },
	[LW_MOUNT_KEY_SOURCE] = { .key = "source",
				  .kind = LW_K_PATH,
				  .offset = AT(source),
				  .def = "none",
				  .help = "bind: the file or directory on the host; opened before anything untrusted "
					  "runs. overlay: the lower directory, never written." },
	[LW_MOUNT_KEY_DESTINATION] = { .key = "destination",
				       .kind = LW_K_PATH,
				       .offset = AT(destination),
				       .def = "the source, or the usual place of a kernel file system",
				       .help = "Where inside. Symbolic links on the way never lead outside the root "
					       "(CVE-2021-30465)." },
	[LW_MOUNT_KEY_TARGET] = { .key = "target",
				  .kind = LW_K_STRING,
				  .offset = AT(target),
				  .check = lw_check_not_empty,
				  .def = "none",
				  .help = "symlink: what it points to." },
	[LW_MOUNT_KEY_DATA] = { .key = "data",
				.kind = LW_K_STRING,
				.offset = AT(data),
				.def = "none",
				.help = "file: its contents, at most 128 KiB." },
	[LW_MOUNT_KEY_WRITABLE] = { .key = "writable",
				    .kind = LW_K_BOOL,
				    .offset = AT(writable),
				    .def = "false for bind and sysfs, true for the others",
				    .help = "Whether it can be written to." },
	[LW_MOUNT_KEY_SUID] = { .key = "suid",
				.kind = LW_K_BOOL,
				.offset = AT(suid),
				.def = "false",
				.help = "Whether set-user-ID bits and file capabilities on it count." },
	[LW_MOUNT_KEY_DEV] = { .key = "dev",
			       .kind = LW_K_BOOL,
			       .offset = AT(dev),
			       .def = "false",
			       .help = "Whether device nodes on it work." },
	[LW_MOUNT_KEY_EXEC] = { .key = "exec",
				.kind = LW_K_BOOL,
				.offset = AT(exec),
				.def = "true",
				.help = "Whether programs on it can be executed." },
	[LW_MOUNT_KEY_IDMAP] = { .key = "idmap",
				 .kind = LW_K_BOOL,
				 .offset = AT(idmap),
				 .def = "false; true for overlay",
				 .help = "bind, overlay: whether owners are mapped through the sandbox's ids, so that "
					 "files of "
					 "uid 1000 outside are "
					 "those of uid 1000 inside; mount_setattr(2)." },
	[LW_MOUNT_KEY_CHOWN] = { .key = "chown",
				 .kind = LW_K_BOOL,
				 .offset = AT(chown),
				 .def = "false",
				 .help = "bind: whether everything in the source is given to the user the command runs "
					 "as before it is mounted, for file systems without idmapped mounts. It stays "
					 "given. Links are not followed, other mounts not entered." },
	[LW_MOUNT_KEY_OPTIONAL] = { .key = "optional",
				    .kind = LW_K_BOOL,
				    .offset = AT(optional),
				    .def = "false",
				    .help = "bind: whether a missing source is skipped instead of being an error." },
	[LW_MOUNT_KEY_SIZE] = { .key = "size",
				.kind = LW_K_SIZE,
				.offset = AT(size),
				.min = 65536,
				.max = INT64_C(1) << 60,
				.def = "\"64M\"",
				.help = "tmpfs: how many bytes it may hold, tmpfs(5). overlay without `upper`: how "
					"many "
					"bytes of changes." },
	[LW_MOUNT_KEY_INODES] = { .key = "inodes",
				  .kind = LW_K_INT,
				  .offset = AT(inodes),
				  .min = 2,
				  .max = INT64_C(1) << 32,
				  .def = "16384",
				  .help = "tmpfs: how many files it may hold; overlay without `upper` too." },
	[LW_MOUNT_KEY_MODE] = { .key = "mode",
				.kind = LW_K_MODE,
				.offset = AT(mode),
				.max = 07777,
				.def = "\"1777\" for tmpfs, \"0755\" for dir, \"0644\" for file",
				.help = "tmpfs, dir, file: permission bits." },
	[LW_MOUNT_KEY_UID] = { .key = "uid",
			       .kind = LW_K_INT,
			       .offset = AT(uid),
			       .max = LW_ID_MAX,
			       .def = "0",
			       .help = "tmpfs, dir, file: owner, inside." },
	[LW_MOUNT_KEY_GID] = { .key = "gid",
			       .kind = LW_K_INT,
			       .offset = AT(gid),
			       .max = LW_ID_MAX,
			       .def = "0",
			       .help = "tmpfs, dir, file: group, inside." },
	[LW_MOUNT_KEY_HIDEPID] = { .key = "hidepid",
				   .kind = LW_K_ENUM,
				   .offset = AT(hidepid),
				   .names = &lw_hidepid_table,
				   .form = "\"off\", \"noaccess\", \"invisible\" or \"ptraceable\"",
				   .def = "\"off\"",
				   .help = "proc: whose processes a user may look into or see, proc(5)." },
	[LW_MOUNT_KEY_SUBSET] = { .key = "subset",
				  .kind = LW_K_CUSTOM,
				  .offset = AT(subset_pid),
				  .read = lw_read_subset,
				  .write = lw_write_subset,
				  .form = "\"pid\"",
				  .def = "everything",
				  .help = "proc: \"pid\" shows nothing but processes, so that no file of /proc tells "
					  "about the host, proc(5)." },
	[LW_MOUNT_KEY_PROPAGATION] = { .key = "propagation",
				       .kind = LW_K_ENUM,
				       .offset = AT(propagation),
				       .names = &propagation_table,
				       .def = "\"private\"",
				       .help = "bind: \"slave\" shows what the host mounts below the source later, "
					       "with "
					       "the host's own mount options; needs root. Nothing mounted inside ever "
					       "appears on the host. mount_namespaces(7)." },
	[LW_MOUNT_KEY_UPPER] = { .key = "upper",
				 .kind = LW_K_PATH,
				 .offset = AT(upper),
				 .def = "none",
				 .help = UPPER_HELP },
	[LW_MOUNT_KEY_WORK] = { .key = "work",
				.kind = LW_K_PATH,
				.offset = AT(work),
				.def = "`upper` with \".work\" at the end",
				.help = WORK_HELP },
};
#undef AT
const struct lw_schema lw_mount_schema = { SCHEMA("mount", struct lw_mount, mount_fields), .finish = lw_mount_finish };

/* --- devices --- */
static const struct lw_field device_fields[] = {
	{ .key = "path",
	  .kind = LW_K_PATH,
	  .offset = offsetof(struct lw_device, path),
	  .def = "the source",
	  .help = "Where inside, below /dev." },
	{ .key = "source",
	  .kind = LW_K_PATH,
	  .offset = offsetof(struct lw_device, source),
	  .def = "the path",
	  .help = "The host's node; a directory stands for the nodes in it." },
	{ .key = "access",
	  .kind = LW_K_STRING,
	  .offset = offsetof(struct lw_device, access),
	  .check = lw_check_access,
	  .form = "letters of \"rwm\"",
	  .def = "\"rwm\"",
	  .help = "r to read, w to write, m to make nodes, as in the device controller of cgroups(7)." },
};
const struct lw_schema lw_device_schema = { SCHEMA("device", struct lw_device, device_fields),
					    .finish = lw_device_finish };

/* --- capabilities --- */
#define ROW(which, word, dflt, text)                                                                                   \
	[which] = { .key = word,                                                                                       \
		    .kind = LW_K_CUSTOM,                                                                               \
		    .offset = offsetof(struct lw_caps, set) + (which) * sizeof(uint64_t),                              \
		    .read = lw_read_capset,                                                                            \
		    .write = lw_write_capset,                                                                          \
		    .form = "a list of capabilities",                                                                  \
		    .def = dflt,                                                                                       \
		    .help = text }
static const struct lw_field caps_fields[LW_CAP_SETS] = {
	ROW(LW_CAP_BOUNDING, "bounding", "caps.docker", "The most that any execve(2) can ever give."),
	ROW(LW_CAP_EFFECTIVE, "effective", "permitted", "What the kernel checks."),
	ROW(LW_CAP_PERMITTED, "permitted", "bounding", "What may be made effective."),
	ROW(LW_CAP_INHERITABLE, "inheritable", "ambient", "What file capabilities may keep over execve(2)."),
	ROW(LW_CAP_AMBIENT, "ambient", "{}", "What a user other than root keeps over execve(2)."),
};
#undef ROW
const struct lw_schema lw_caps_schema = { SCHEMA("capabilities", struct lw_caps, caps_fields) };

/* --- seccomp --- */
static const struct lw_name base_words[] = {
	{ "default", LW_SECCOMP_DEFAULT },       { "docker", LW_SECCOMP_DOCKER }, { "strict", LW_SECCOMP_STRICT },
	{ "unconfined", LW_SECCOMP_UNCONFINED }, { "deny", LW_SECCOMP_DENY },
};
const WORDS(lw_seccomp_base_table, base_words);
static const struct lw_name action_words[] = {
	{ "allow", LW_SECCOMP_ALLOW }, { "errno", LW_SECCOMP_ERRNO }, { "kill", LW_SECCOMP_KILL },
	{ "log", LW_SECCOMP_LOG },     { "only", LW_SECCOMP_ONLY },
};
static const WORDS(action_table, action_words);
static const struct lw_field rule_fields[] = {
	{ .key = "action",
	  .kind = LW_K_ENUM,
	  .offset = offsetof(struct lw_seccomp_rule, action),
	  .names = &action_table,
	  .def = "\"allow\"",
	  .help = "What happens to these calls; \"log\" allows them and tells the kernel's audit, \"only\" allows them "
		  "where a pattern matches and denies them where none does." },
	{ .key = "errno",
	  .kind = LW_K_CUSTOM,
	  .offset = offsetof(struct lw_seccomp_rule, errno_value),
	  .read = lw_read_errno,
	  .write = lw_write_errno,
	  .form = "an error's name, \"EPERM\", or its number",
	  .def = "\"EPERM\"",
	  .help = "What an \"errno\" rule answers, errno(3)." },
	{ .key = "names",
	  .kind = LW_K_STRLIST,
	  .offset = offsetof(struct lw_seccomp_rule, names),
	  .check = lw_check_call_name,
	  .form = "a list of system calls, patterns \"socket(AF_INET, *)\" or groups \"@mount\"",
	  .def = "none",
	  .help = "System calls, patterns of their arguments, groups, or \"all\"." },
	{ .key = "capabilities",
	  .kind = LW_K_CUSTOM,
	  .offset = offsetof(struct lw_seccomp_rule, caps),
	  .read = lw_read_rule_caps,
	  .write = lw_write_rule_caps,
	  .form = "a list of capabilities",
	  .def = "{}",
	  .help = "The rule holds only where the sandbox has all of these." },
	{ .key = "without",
	  .kind = LW_K_CUSTOM,
	  .offset = offsetof(struct lw_seccomp_rule, unless),
	  .read = lw_read_rule_caps,
	  .write = lw_write_rule_caps,
	  .form = "a list of capabilities",
	  .def = "{}",
	  .help = "The rule holds only where the sandbox has none of these." },
};
const struct lw_schema lw_seccomp_rule_schema = { SCHEMA("seccomp rule", struct lw_seccomp_rule, rule_fields),
						  .finish = lw_seccomp_rule_finish };
_Static_assert(offsetof(struct lw_seccomp, rules) == offsetof(struct lw_seccomp, n_rules) + sizeof(size_t),
	       "the schema reads n_rules and rules as one list");
static const struct lw_field seccomp_fields[] = {
	{ .key = "base",
	  .kind = LW_K_CUSTOM,
	  .offset = offsetof(struct lw_seccomp, base),
	  .read = lw_read_seccomp_base,
	  .write = lw_write_seccomp_base,
	  .form = "\"default\", \"docker\", \"strict\", \"unconfined\" or \"deny\"",
	  .def = "\"default\"",
	  .help = "The policy the rules stand on." },
	{ .key = "rules",
	  .kind = LW_K_RECLIST,
	  .offset = offsetof(struct lw_seccomp, n_rules),
	  .rec = &lw_seccomp_rule_schema,
	  .form = "a list of { action=, errno=, names= }",
	  .def = "{}",
	  .help = "Changes to the base, in order; later ones win." },
	{ .key = "architectures",
	  .kind = LW_K_STRLIST,
	  .offset = offsetof(struct lw_seccomp, architectures),
	  .check = lw_check_architecture,
	  .form = "a list of architectures, \"x86\"",
	  .def = "{}",
	  .help = "Further ABIs that are allowed besides the native one; a call through any other kills the process." },
	{ .key = "log",
	  .kind = LW_K_BOOL,
	  .offset = offsetof(struct lw_seccomp, log),
	  .def = "false",
	  .help = "Whether the kernel's audit is told of denied calls." },
};
const struct lw_schema lw_seccomp_schema = { SCHEMA("seccomp", struct lw_seccomp, seccomp_fields) };

/* --- time_offsets --- */
#define ROW(member, text)                                                                                              \
	.kind = LW_K_CUSTOM, .offset = offsetof(struct lw_time_offsets, member), .read = lw_read_offset,               \
	.write = lw_write_offset, .form = "a duration such as \"10s\" or \"-1h\"", .def = "0", .help = text
static const struct lw_field time_offsets_fields[] = {
	{ .key = "monotonic", ROW(monotonic, "Added to CLOCK_MONOTONIC, and its raw and coarse forms.") },
	{ .key = "boottime", ROW(boottime, "Added to CLOCK_BOOTTIME, and to what /proc/uptime says.") },
};
#undef ROW
const struct lw_schema lw_time_offsets_schema = { SCHEMA("time_offsets", struct lw_time_offsets, time_offsets_fields) };

/* --- rlimits: `min` 1 marks those counted in bytes, which also read as "64M" --- */
#define ROW(res, word, bytes, dflt, text)                                                                              \
	[res] = { .key = word,                                                                                         \
		  .kind = LW_K_CUSTOM,                                                                                 \
		  .offset = offsetof(struct lw_rlimits, v) + (res) * sizeof(struct lw_rlimit),                         \
		  .min = bytes,                                                                                        \
		  .read = lw_read_rlimit,                                                                              \
		  .write = lw_write_rlimit,                                                                            \
		  .form = (bytes) ? "a size, {soft, hard}, or \"unlimited\""                                           \
				  : "a number, {soft, hard}, or \"unlimited\"",                                        \
		  .def = dflt,                                                                                         \
		  .help = text }
static const struct lw_field rlimits_fields[LW_RLIM_COUNT] = {
	ROW(RLIMIT_CPU, "cpu", 0, "the caller's", "Seconds of processor time of one process."),
	ROW(RLIMIT_FSIZE, "fsize", 1, "the caller's", "Bytes of the largest file that may be written."),
	ROW(RLIMIT_DATA, "data", 1, "the caller's", "Bytes of the data segment."),
	ROW(RLIMIT_STACK, "stack", 1, "the caller's", "Bytes of the main thread's stack."),
	ROW(RLIMIT_CORE, "core", 1, "0", "Bytes of a core dump; 0 also keeps dumps out of the host's handler."),
	ROW(RLIMIT_RSS, "rss", 1, "the caller's", "Bytes of resident memory; Linux ignores it."),
	ROW(RLIMIT_NPROC, "nproc", 0, "the caller's",
	    "Processes of the same user; counts them outside the sandbox too where ids are shared."),
	ROW(RLIMIT_NOFILE, "nofile", 0, "1024:4096, at most the caller's", "One more than the highest descriptor."),
	ROW(RLIMIT_MEMLOCK, "memlock", 1, "the caller's", "Bytes that may be locked in memory."),
	ROW(RLIMIT_AS, "as", 1, "the caller's", "Bytes of address space."),
	ROW(RLIMIT_LOCKS, "locks", 0, "the caller's", "File locks; Linux ignores it."),
	ROW(RLIMIT_SIGPENDING, "sigpending", 0, "the caller's", "Signals that may be queued."),
	ROW(RLIMIT_MSGQUEUE, "msgqueue", 1, "the caller's", "Bytes in POSIX message queues."),
	ROW(RLIMIT_NICE, "nice", 0, "the caller's", "20 minus the lowest nice value that may be set."),
	ROW(RLIMIT_RTPRIO, "rtprio", 0, "the caller's", "Highest real-time priority."),
	ROW(RLIMIT_RTTIME, "rttime", 0, "the caller's",
	    "Microseconds of real-time processor time without a blocking call."),
};
#undef ROW
const struct lw_schema lw_rlimits_schema = { SCHEMA("rlimits", struct lw_rlimits, rlimits_fields) };
