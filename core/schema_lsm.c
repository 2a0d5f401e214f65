/* schema_lsm.c: tables of the records `landlock`, `hardening`, `apparmor` and `selinux`, and the rules on the words in
 * them. Data, as in schema_records.c; it must not know what the kernel is told. */
#include <string.h>
#include "apparmor.h"
#include "base/cleanup.h"
#include "spec_codec.h"

#define SCHEMA(word, type, rows) .name = word, .size = sizeof(type), .fields = rows, .n = ARRAY_LEN(rows)

/* --- words --- */
static int check_word(const struct lw_names *t, const char *what, const char *v, struct lw_err *err)
{
	return lw_names_value(t, v) >= 0 ? 0 : lw_codec_unknown(err, what, v, lw_names_nearest(t, v));
}

int lw_check_landlock_scope(const char *v, struct lw_err *err)
{
	int r = check_word(&lw_landlock_scope_table, "scope", v, err);
	if (r < 0)
		lw_err_hint(err, "\"abstract_unix_socket\" or \"signal\"");
	return r;
}

int lw_check_speculation(const char *v, struct lw_err *err)
{
	int r = check_word(&lw_speculation_table, "kind of speculation", v, err);
	if (r < 0)
		lw_err_hint(err, "\"store_bypass\" or \"indirect_branch\"");
	return r;
}

int lw_check_securebit(const char *v, struct lw_err *err)
{
	return check_word(&lw_securebit_table, "secure bit", v, err);
}

static int not_a_port(const char *v, struct lw_err *err)
{
	lw_codec_fail(err, "not a port: \"%.80s\"", v);
	lw_err_hint(err, "write a number from 0 to 65535; names of services are not looked up");
	return -EINVAL;
}

int lw_check_port(const char *v, struct lw_err *err)
{
	int64_t port;
	if (lw_parse_i64(v, &port) < 0 || port < 0 || port > 65535)
		return not_a_port(v, err);
	return 0;
}

/* --- landlock --- */
#define ROW(key_, word, type, text)                                                                                    \
	[key_] = { .key = word,                                                                                        \
		   .kind = type,                                                                                       \
		   .offset = offsetof(struct lw_landlock, list) + (key_) * sizeof(struct lw_strlist),                  \
		   .def = "not restricted",                                                                            \
		   .help = text,
static const struct lw_field landlock_fields[LW_LANDLOCK_KEY_COUNT] = { ROW(
	LW_LANDLOCK_READ, "read", LW_K_PATHLIST,
	"Files and directories, inside, that may be read, with everything below them; nothing else may.") },
			     ROW(LW_LANDLOCK_WRITE, "write", LW_K_PATHLIST,
				 "What may be changed (written, truncated, made, removed, renamed, and from ABI 5 "
				 "ioctl(2) on devices) and read; "
				 "{} for nothing. A command that writes to /dev/null needs /dev here.")
}
, ROW(LW_LANDLOCK_EXECUTE, "execute", LW_K_PATHLIST,
      "What may be executed, and read. A dynamic program's loader and a script's interpreter are executed too.")
}
,
	ROW(LW_LANDLOCK_CONNECT_TCP, "connect_tcp", LW_K_STRLIST,
	    "TCP ports that may be connected to, from ABI 4 on; other protocols are not restricted.")
		.check = lw_check_port,
	       .form = "a list of ports"
}
,
	ROW(LW_LANDLOCK_BIND_TCP, "bind_tcp", LW_K_STRLIST,
	    "TCP ports that may be listened on, from ABI 4 on; 0 stands for those the kernel chooses.")
		.check = lw_check_port,
	       .form = "a list of ports"
}
,
	ROW(LW_LANDLOCK_SCOPE, "scope", LW_K_STRLIST,
	    "What stays within the sandbox, from ABI 6 on: connections to abstract sockets and signals reach only "
	    "processes "
	    "under the same rules. With network = \"host\" the sockets are scoped unless this is written.")
		.check = lw_check_landlock_scope,
	       .form = "a list of \"abstract_unix_socket\" and \"signal\""
}
,
	[LW_LANDLOCK_REQUIRED] = {
		.key = "required",
		.kind = LW_K_BOOL,
		.offset = offsetof(struct lw_landlock, required),
		.def = "false",
		.help = "Whether a kernel that cannot do all of it is an error; otherwise what it can "
			"do holds and the rest is said by `explain` and -v."
	},
}
;
#undef ROW
const struct lw_schema lw_landlock_schema = { SCHEMA("landlock", struct lw_landlock, landlock_fields) };

/* --- hardening --- */
#define AT(member) .offset = offsetof(struct lw_hardening, member)
static const struct lw_field hardening_fields[LW_HARDENING_KEY_COUNT] = {
	[LW_HARDENING_MEMORY] = { .key = "memory_deny_write_execute",
				  .kind = LW_K_BOOL,
				  AT(memory_deny_write_execute),
				  .def = "false",
				  .help = "Whether memory that is or was writable can never be executed, PR_SET_MDWE "
					  "in "
					  "prctl(2); needs Linux 6.3. Programs that compile at run time (java, node, "
					  "regular expressions with JIT) fail under it." },
	[LW_HARDENING_SPECULATION] = { .key = "disable_speculation",
				       .kind = LW_K_STRLIST,
				       AT(disable_speculation),
				       .check = lw_check_speculation,
				       .form = "a list of \"store_bypass\" and \"indirect_branch\"",
				       .def = "{}",
				       .help = "Speculative execution that is switched off for good, "
					       "PR_SET_SPECULATION_CTRL in prctl(2). It costs speed." },
	[LW_HARDENING_CORE_SCHEDULING] = { .key = "core_scheduling",
					   .kind = LW_K_BOOL,
					   AT(core_scheduling),
					   .def = "false",
					   .help = "Whether nobody else's task ever runs on the other thread of a core "
						   "beside one of the sandbox's, PR_SCHED_CORE in prctl(2); nothing to "
						   "do where cores have one thread." },
	[LW_HARDENING_SECURE_BITS] = { .key = "secure_bits",
				       .kind = LW_K_STRLIST,
				       AT(secure_bits),
				       .check = lw_check_securebit,
				       .form = "a list of \"noroot\", \"no_setuid_fixup\", \"no_cap_ambient_raise\", "
					       "each also with \"_locked\", and \"keep_caps_locked\"",
				       .def = "{}",
				       .help = "What uid 0 means, capabilities(7): with noroot it carries no "
					       "capability "
					       "over execve(2) but the ambient ones." },
	[LW_HARDENING_PERSONALITY] = { .key = "lock_personality",
				       .kind = LW_K_BOOL,
				       AT(lock_personality),
				       .def = "true",
				       .help = "Whether the command starts with the ordinary personality(2), addresses "
					       "randomized, whatever the caller's is. Written true it also says that "
					       "the "
					       "seccomp policy must not let it be changed." },
	[LW_HARDENING_TSC] = { .key = "time_stamp_counter",
			       .kind = LW_K_BOOL,
			       AT(time_stamp_counter),
			       .def = "true",
			       .help = "Whether the processor's time-stamp counter can be read, PR_SET_TSC in "
				       "prctl(2), "
				       "x86 only. Without it RDTSC is SIGSEGV, in clock_gettime(2) and in glibc's "
				       "loader "
				       "too: for static programs made for that. The seccomp policy must not let it be "
				       "turned on "
				       "again: seccomp.default - \"prctl(PR_SET_TSC)\"." },
};
#undef AT
const struct lw_schema lw_hardening_schema = { SCHEMA("hardening", struct lw_hardening, hardening_fields) };

/* --- apparmor --- */
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

int lw_check_apparmor_name(const char *v, struct lw_err *err)
{
	if (!*v || strlen(v) > 255 || v[strspn(v, NAME_CHARS "/:&@+")])
		return lw_codec_fail(err, "not a profile's name: \"%.80s\"", v);
	return 0;
}

#define AT(member) .offset = offsetof(struct lw_apparmor, member)
static const struct lw_field apparmor_fields[LW_APPARMOR_KEY_COUNT] = {
	[LW_APPARMOR_PROFILE] = { .key = "profile",
				  .kind = LW_K_STRING,
				  AT(profile),
				  .check = lw_check_apparmor_name,
				  .def = "\"auto\"",
				  .help = "A profile that is loaded in the kernel. \"auto\": one made for this "
					  "sandbox." },
	[LW_APPARMOR_RULES] = { .key = "rules",
				.kind = LW_K_STRLIST,
				AT(rules),
				.check = lw_apparmor_rule_check,
				.form = "a list of rules, \"deny /root/** wl\"",
				.def = "{}",
				.help = "Rules of apparmor.d(5), without their comma, in the profile that is made; "
					"with a "
					"profile of another name, in what `lunward export` prints." },
	[LW_APPARMOR_REQUIRED] = { .key = "required",
				   .kind = LW_K_BOOL,
				   AT(required),
				   .def = "false",
				   .help = "Whether a machine without AppArmor is an error; otherwise `explain` and -v "
					   "say that it is missing." },
};
#undef AT
const struct lw_schema lw_apparmor_schema = { SCHEMA("apparmor", struct lw_apparmor, apparmor_fields) };

int lw_read_apparmor(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_apparmor *a = (struct lw_apparmor *)(void *)((char *)rec + f->offset);
	int r;

	a->rec.origin = ((const struct lw_rec *)rec)->origin;
	if (json_is_object(v))
		return lw_codec_record(s, &lw_apparmor_schema, v, a, err);
	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	a->rec.set = 1 << LW_APPARMOR_PROFILE;
	r = lw_codec_string(s, v, &a->profile, err);
	return r < 0 ? r : lw_check_apparmor_name(a->profile, err);
}

json_t *lw_write_apparmor(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_apparmor *a = (const struct lw_apparmor *)(const void *)((const char *)rec + f->offset);
	struct lw_origin outer = ((const struct lw_rec *)rec)->origin;

	if (a->rec.set == 1 << LW_APPARMOR_PROFILE && lw_codec_same_origin(a->rec.origin, outer))
		return lw_codec_write_string(a->profile);
	return lw_codec_write_record(s, &lw_apparmor_schema, a, outer);
}

/* --- selinux --- */
int lw_check_selinux_label(const char *v, struct lw_err *err)
{
	size_t colons = 0;
	for (const char *p = v; *p; p++)
		colons += *p == ':';
	if (strlen(v) > 128 || v[strspn(v, NAME_CHARS ":")] || strstr(v, "::") || *v == ':' || !*v ||
	    v[strlen(v) - 1] == ':' || (colons != 0 && colons != 2)) {
		lw_codec_fail(err, "not a label: \"%.80s\"", v);
		lw_err_hint(err, "a type, \"container_t\", or \"user:role:type\"; the level goes to mcs");
		return -EINVAL;
	}
	return 0;
}

int lw_check_selinux_level(const char *v, struct lw_err *err)
{
	if (!strcmp(v, LW_SELINUX_AUTO))
		return 0;
	if (v[0] != 's' || v[1] < '0' || v[1] > '9' || strlen(v) > 96 || v[strspn(v, "sc0123456789:,.-")]) {
		lw_codec_fail(err, "not a level: \"%.80s\"", v);
		lw_err_hint(err, "\"auto\", \"s0\" or \"s0:c1,c2\"");
		return -EINVAL;
	}
	return 0;
}

#define AT(member) .offset = offsetof(struct lw_selinux, member)
static const struct lw_field selinux_fields[LW_SELINUX_KEY_COUNT] = {
	[LW_SELINUX_PROCESS] = { .key = "process",
				 .kind = LW_K_STRING,
				 AT(process),
				 .check = lw_check_selinux_label,
				 .form = "a type or \"user:role:type\"",
				 .def = "the policy's",
				 .help = "Label of the command, \"container_t\"; a type alone is one of "
					 "system_u:system_r." },
	[LW_SELINUX_MOUNT] = { .key = "mount",
			       .kind = LW_K_STRING,
			       AT(mount),
			       .check = lw_check_selinux_label,
			       .form = "a type or \"user:role:type\"",
			       .def = "the policy's",
			       .help = "Label of everything on the file systems made for the sandbox (context= of "
				       "mount(8)), \"container_file_t\". What is bound keeps its own." },
	[LW_SELINUX_MCS] = { .key = "mcs",
			     .kind = LW_K_STRING,
			     AT(mcs),
			     .check = lw_check_selinux_level,
			     .form = "\"auto\" or a level, \"s0:c1,c2\"",
			     .def = "\"auto\"",
			     .help = "The level of both. \"auto\": s0 with a pair of categories that no other running "
				     "sandbox has, so that none can touch another's files." },
	[LW_SELINUX_REQUIRED] = { .key = "required",
				  .kind = LW_K_BOOL,
				  AT(required),
				  .def = "false",
				  .help = "Whether a machine without SELinux is an error; otherwise `explain` and -v "
					  "say "
					  "that it is missing." },
};
#undef AT
const struct lw_schema lw_selinux_schema = { SCHEMA("selinux", struct lw_selinux, selinux_fields) };
