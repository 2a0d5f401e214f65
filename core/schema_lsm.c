/* schema_lsm.c: tables of the records `landlock` and `hardening`, and the rules on the words in them. Data, as in
 * schema_records.c; it must not know what the kernel is told. */
#include <string.h>
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

int lw_check_port(const char *v, struct lw_err *err)
{
	int64_t port;
	if (lw_parse_i64(v, &port) < 0 || port < 0 || port > 65535)
		return lw_codec_fail(err, "not a port: \"%.80s\"", v);
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
				       "too: for static programs made for that." },
};
#undef AT
const struct lw_schema lw_hardening_schema = { SCHEMA("hardening", struct lw_hardening, hardening_fields) };
