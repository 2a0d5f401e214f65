/* schema_limits.c: the tables of `limits` and of the records in its `io`. Data only, as in schema.c; what a row cannot
 * say is done by the functions it names (spec_limits.c). */
#include "base/cleanup.h"
#include "spec_codec.h"

#define SCHEMA(word, type, rows) .name = word, .size = sizeof(type), .fields = rows, .n = ARRAY_LEN(rows)

/* --- one block device --- */
#define ROW(member, word, of, from, to, text)                                                                          \
	{                                                                                                              \
		.key = word, .kind = of, .offset = offsetof(struct lw_io, member), .min = from, .max = to,             \
		.def = "none", .help = text                                                                            \
	}
static const struct lw_field io_fields[] = {
	{ .key = "device",
	  .kind = LW_K_STRING,
	  .offset = offsetof(struct lw_io, device),
	  .check = lw_check_block_device,
	  .form = "an absolute path, or \"MAJOR:MINOR\"",
	  .def = "none: it must be said",
	  .help = "A block device's node, a file or directory on it, or its numbers; a partition stands for its "
		  "disk." },
	ROW(rbps, "rbps", LW_K_SIZE, 65536, INT64_C(1) << 50, "Bytes read in a second."),
	ROW(wbps, "wbps", LW_K_SIZE, 65536, INT64_C(1) << 50,
	    "Bytes written in a second; version 1 counts only what is written past the cache."),
	ROW(riops, "riops", LW_K_INT, 1, UINT32_MAX, "Reads in a second."),
	ROW(wiops, "wiops", LW_K_INT, 1, UINT32_MAX, "Writes in a second."),
};
#undef ROW
static const struct lw_schema lw_io_schema = { SCHEMA("io", struct lw_io, io_fields), .finish = lw_io_finish };

/* --- the limits --- */
static const struct lw_field limits_fields[LW_LIMIT_COUNT] = {
	[LW_LIMIT_PIDS] = { .key = "pids",
			    .kind = LW_K_INT,
			    .offset = offsetof(struct lw_limits, pids),
			    .min = 1,
			    .max = 4194304,
			    .def = "1024",
			    .help = "Tasks (processes and threads) of the sandbox, without its init. Unlike "
				    "RLIMIT_NPROC it does not "
				    "count the user's other processes." },
	[LW_LIMIT_MEMORY] = { .key = "memory",
			      .kind = LW_K_SIZE,
			      .offset = offsetof(struct lw_limits, memory),
			      .min = 65536,
			      .max = INT64_C(1) << 60,
			      .def = "half of RAM",
			      .help = "Bytes of memory; beyond it the kernel reclaims, then kills within the "
				      "sandbox." },
	[LW_LIMIT_SWAP] = { .key = "swap",
			    .kind = LW_K_SIZE,
			    .offset = offsetof(struct lw_limits, swap),
			    .max = INT64_C(1) << 60,
			    .def = "0",
			    .help = "Bytes of swap in addition to `memory`." },
	[LW_LIMIT_CPUS] = { .key = "cpus",
			    .kind = LW_K_CPUS,
			    .offset = offsetof(struct lw_limits, cpus),
			    .min = 10,
			    .max = 8192000,
			    .def = "no quota",
			    .help = "How many cpus' worth of time may be used, 0.5 for half of one; at least 0.01." },
	[LW_LIMIT_MEMORY_HIGH] = { .key = "memory_high",
				   .kind = LW_K_SIZE,
				   .offset = offsetof(struct lw_limits, memory_high),
				   .min = 65536,
				   .max = INT64_C(1) << 60,
				   .def = "none",
				   .help = "Bytes of memory beyond which the sandbox is slowed down and reclaimed "
					   "from, "
					   "not killed; cgroup version 2." },
	[LW_LIMIT_MEMORY_LOW] = { .key = "memory_low",
				  .kind = LW_K_SIZE,
				  .offset = offsetof(struct lw_limits, memory_low),
				  .min = 65536,
				  .max = INT64_C(1) << 60,
				  .def = "none",
				  .help = "Bytes of memory that are taken back last when the machine runs short, as "
					  "far "
					  "as the cgroups above grant it; the soft limit of version 1." },
	[LW_LIMIT_CPU_WEIGHT] = { .key = "cpu_weight",
				  .kind = LW_K_INT,
				  .offset = offsetof(struct lw_limits, cpu_weight),
				  .min = 1,
				  .max = 10000,
				  .def = "100",
				  .help = "Share of the processors when all of them are busy: 200 gets twice what 100 "
					  "gets. Version 1 counts it in shares, 1024 for 100." },
	[LW_LIMIT_CPUSET] = { .key = "cpuset",
			      .kind = LW_K_STRING,
			      .offset = offsetof(struct lw_limits, cpuset),
			      .check = lw_check_cpuset,
			      .form = "a list of processors, \"0-3,8\"",
			      .def = "every processor",
			      .help = "Processors that may be used, cpuset(7)." },
	[LW_LIMIT_CPU_TIME] = { .key = "cpu_time",
				.kind = LW_K_DURATION,
				.offset = offsetof(struct lw_limits, cpu_time),
				.def = "none",
				.help = "Processor time of each process, in whole seconds: then SIGXCPU, a second "
					"later "
					"SIGKILL (RLIMIT_CPU). `timeout` bounds the whole sandbox's wall-clock time." },
	[LW_LIMIT_IO] = { .key = "io",
			  .kind = LW_K_RECLIST,
			  .offset = offsetof(struct lw_limits, io),
			  .rec = &lw_io_schema,
			  .max = 64,
			  .form = "a list of { device=, rbps=, wbps=, riops=, wiops= }",
			  .def = "{}",
			  .help = "Limits on block devices, a record each." },
	[LW_LIMIT_OOM_GROUP] = { .key = "oom_group",
				 .kind = LW_K_BOOL,
				 .offset = offsetof(struct lw_limits, oom_group),
				 .def = "false",
				 .help = "Whether running out of memory ends every process of the sandbox instead of "
					 "one; cgroup version 2." },
};
const struct lw_schema lw_limits_schema = { SCHEMA("limits", struct lw_limits, limits_fields) };
