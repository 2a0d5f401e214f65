/* schema_service.c: tables of the records below `service` and `log`. Data only, as in schema.c; what a row cannot say
 * is done by the functions it names (spec_service.c). */
#include "base/cleanup.h"
#include "spec_codec.h"

#define SCHEMA(word, type, rows) .name = word, .size = sizeof(type), .fields = rows, .n = ARRAY_LEN(rows)
#define PORT_FORM "a port, or \"ADDRESS:PORT\""
#define ARGV_FORM "a list of strings"

/* --- started again --- */
#define AT(member) offsetof(struct lw_backoff, member)
static const struct lw_field backoff_fields[] = {
	{ .key = "first",
	  .kind = LW_K_DURATION,
	  .offset = AT(first),
	  .def = "\"100ms\"",
	  .help = "Before the first restart in a row; doubled with each further one." },
	{ .key = "max", .kind = LW_K_DURATION, .offset = AT(max), .def = "\"60s\"", .help = "The longest pause." },
};
#undef AT
const struct lw_schema lw_backoff_schema = { SCHEMA("backoff", struct lw_backoff, backoff_fields) };

#define AT(member) offsetof(struct lw_burst, member)
static const struct lw_field burst_fields[] = {
	{ .key = "count",
	  .kind = LW_K_INT,
	  .offset = AT(count),
	  .max = 1000000,
	  .def = "5",
	  .help = "How many starts within `interval` are enough to give up; 0: it is never given up." },
	{ .key = "interval",
	  .kind = LW_K_DURATION,
	  .offset = AT(interval),
	  .def = "\"60s\"",
	  .help = "Also: who ran for so long begins with the first pause again." },
};
#undef AT
const struct lw_schema lw_burst_schema = { SCHEMA("burst", struct lw_burst, burst_fields) };

/* --- ready, and well --- */
/* Of a record that holds a probe at `base`. */
#define PROBE_ROWS(base)                                                                                               \
	{ .key = "tcp",                                                                                                \
	  .kind = LW_K_CUSTOM,                                                                                         \
	  .offset = base,                                                                                              \
	  .read = lw_read_tcp,                                                                                         \
	  .write = lw_write_tcp,                                                                                       \
	  .form = PORT_FORM,                                                                                           \
	  .def = "none",                                                                                               \
	  .help = "Somebody in the sandbox's network accepts connections there; 127.0.0.1 by default. It is tried "    \
		  "from inside that network." },                                                                       \
		{ .key = "exec",                                                                                       \
		  .kind = LW_K_STRLIST,                                                                                \
		  .offset = (base) + offsetof(struct lw_probe, exec),                                                  \
		  .form = ARGV_FORM,                                                                                   \
		  .def = "none",                                                                                       \
		  .help = "A command in the sandbox, confined as its own command is, exits with 0." },                 \
	{                                                                                                              \
		.key = "file", .kind = LW_K_PATH, .offset = (base) + offsetof(struct lw_probe, file), .def = "none",   \
		.help = "The file, inside, is there."                                                                  \
	}
static const struct lw_field probe_fields[] = {
	PROBE_ROWS(0),
	{ .key = "log",
	  .kind = LW_K_STRING,
	  .offset = offsetof(struct lw_probe, log),
	  .check = lw_check_log_text,
	  .def = "none",
	  .help = "It has printed a line with this text in it, on either stream." },
};
const struct lw_schema lw_probe_schema = { SCHEMA("ready", struct lw_probe, probe_fields), .finish = lw_probe_finish };

static const struct lw_name action_words[] = {
	{ "restart", LW_HEALTH_RESTART },
	{ "kill", LW_HEALTH_KILL },
	{ "none", LW_HEALTH_NONE },
};
static const struct lw_names action_table = { action_words, ARRAY_LEN(action_words), NULL };
#define AT(member) offsetof(struct lw_health, member)
static const struct lw_field health_fields[] = {
	PROBE_ROWS(AT(probe)),
	{ .key = "interval",
	  .kind = LW_K_DURATION,
	  .offset = AT(interval),
	  .def = "\"30s\"",
	  .help = "Between the end of one check and the next." },
	{ .key = "timeout",
	  .kind = LW_K_DURATION,
	  .offset = AT(timeout),
	  .def = "\"5s\"",
	  .help = "A check that takes longer has failed." },
	{ .key = "retries",
	  .kind = LW_K_INT,
	  .offset = AT(retries),
	  .min = 1,
	  .max = 1000000,
	  .def = "3",
	  .help = "So many failures in a row make it unhealthy; one success makes it healthy." },
	{ .key = "start_period",
	  .kind = LW_K_DURATION,
	  .offset = AT(start_period),
	  .def = "0",
	  .help = "Failures do not count for so long after the start, nor before it is ready." },
	{ .key = "action",
	  .kind = LW_K_ENUM,
	  .offset = AT(action),
	  .names = &action_table,
	  .def = "\"restart\"",
	  .help = "What is done when it is unhealthy. \"restart\": it is stopped and, whatever `restart` says, started "
		  "again, within the limits of `burst`. \"kill\": it is ended, which is a failure for `restart`. "
		  "\"none\": it is said." },
};
#undef AT
static const struct lw_schema lw_health_schema = { SCHEMA("health", struct lw_health, health_fields),
						   .finish = lw_health_finish };

/* --- sockets --- */
#define AT(member) offsetof(struct lw_listen, member)
static const struct lw_field listen_fields[LW_LISTEN_KEY_COUNT] = {
	[LW_LISTEN_KEY_ADDRESS] = { .key = "address",
				    .kind = LW_K_STRING,
				    .offset = AT(address),
				    .form = "a port, \"ADDRESS:PORT\" or an absolute path",
				    .def = "none: it or `inherit` must be said",
				    .help = "On the host: a port alone stands for every address, IPv4 and IPv6. A "
					    "socket is made at a path, and "
					    "removed again." },
	[LW_LISTEN_KEY_INHERIT] = { .key = "inherit",
				    .kind = LW_K_STRING,
				    .offset = AT(inherit),
				    .check = lw_check_not_empty,
				    .def = "none",
				    .help = "In place of `address`: a socket that lunward was itself handed, "
					    "sd_listen_fds(3), by the name it has "
					    "in LISTEN_FDNAMES; \"*\" for all of them." },
	[LW_LISTEN_KEY_NAME] = { .key = "name",
				 .kind = LW_K_STRING,
				 .offset = AT(name),
				 .check = lw_check_fd_name,
				 .def = "\"unknown\"; of an inherited one, what it was called",
				 .help = "What it is called in LISTEN_FDNAMES inside." },
	[LW_LISTEN_KEY_DATAGRAM] = { .key = "datagram",
				     .kind = LW_K_BOOL,
				     .offset = AT(datagram),
				     .def = "false",
				     .help = "Whether it is one for datagrams: UDP, or SOCK_DGRAM at a path." },
	[LW_LISTEN_KEY_BACKLOG] = { .key = "backlog",
				    .kind = LW_K_INT,
				    .offset = AT(backlog),
				    .min = 1,
				    .max = 2147483647,
				    .def = "4096",
				    .help = "Connections that wait to be accepted, listen(2)." },
	[LW_LISTEN_KEY_MODE] = { .key = "mode",
				 .kind = LW_K_MODE,
				 .offset = AT(mode),
				 .max = 0777,
				 .def = "\"0666\"",
				 .help = "Permissions of a socket at a path: who may write may connect." },
};
#undef AT
const struct lw_schema lw_listen_schema = { SCHEMA("listen", struct lw_listen, listen_fields),
					    .finish = lw_listen_finish };

/* --- the service --- */
static const struct lw_name restart_words[] = {
	{ "no", LW_RESTART_NO },    { "on-failure", LW_RESTART_ON_FAILURE }, { "always", LW_RESTART_ALWAYS },
	{ "false", LW_RESTART_NO }, { "true", LW_RESTART_ALWAYS },           { "on_failure", LW_RESTART_ON_FAILURE },
};
static const struct lw_names restart_table = { restart_words, ARRAY_LEN(restart_words), NULL };
#define AT(member) offsetof(struct lw_service, member)
static const struct lw_field service_fields[] = {
	{ .key = "restart",
	  .kind = LW_K_CUSTOM,
	  .offset = AT(restart),
	  .names = &restart_table,
	  .read = lw_read_restart,
	  .write = lw_write_restart,
	  .form = "\"no\", \"on-failure\" or \"always\"",
	  .def = "\"no\"",
	  .help = "Whether it is started again when it ends. \"on-failure\": an exit code other than 0, a signal, the "
		  "`timeout`, never ready. What is stopped stays so." },
	{ .key = "backoff",
	  .kind = LW_K_CUSTOM,
	  .offset = AT(backoff),
	  .rec = &lw_backoff_schema,
	  .read = lw_read_backoff,
	  .write = lw_write_backoff,
	  .merge = LW_MERGE_MAP,
	  .form = "a duration, or { first=, max= }",
	  .def = "{ first = \"100ms\", max = \"60s\" }",
	  .help = "The pause before a restart, doubled each time in a row. A lone duration is the first." },
	{ .key = "burst",
	  .kind = LW_K_CUSTOM,
	  .offset = AT(burst),
	  .rec = &lw_burst_schema,
	  .read = lw_read_burst,
	  .write = lw_write_burst,
	  .merge = LW_MERGE_MAP,
	  .form = "a number, or { count=, interval= }",
	  .def = "{ count = 5, interval = \"60s\" }",
	  .help = "When it is given up, and \"failed\". A lone number is the count." },
	{ .key = "ready",
	  .kind = LW_K_CUSTOM,
	  .offset = AT(ready),
	  .rec = &lw_probe_schema,
	  .read = lw_read_ready,
	  .write = lw_write_ready,
	  .form = "\"started\", \"notify\", or one of { tcp= }, { exec= }, { file= } and { log= }",
	  .def = "\"started\"",
	  .help = "When it is ready: as soon as the command runs; when it says so, sd_notify(3), which is passed on to "
		  "lunward's own NOTIFY_SOCKET; or when what is asked again and again is true." },
	{ .key = "ready_timeout",
	  .kind = LW_K_DURATION,
	  .offset = AT(ready_timeout),
	  .def = "\"90s\"",
	  .help = "Who is not ready by then is ended and has failed; 0: no limit." },
	{ .key = "health",
	  .kind = LW_K_RECORD,
	  .offset = AT(health),
	  .rec = &lw_health_schema,
	  .combine = lw_combine_health,
	  .form = "one of { tcp= }, { exec= } and { file= }, with interval=, timeout=, retries=, start_period=, "
		  "action=",
	  .def = "none",
	  .help = "What is asked again and again once it is ready; `status` and `ps` tell." },
	{ .key = "stop_signal",
	  .kind = LW_K_CUSTOM,
	  .offset = AT(stop_signal),
	  .names = &lw_signal_table,
	  .read = lw_read_signal,
	  .write = lw_write_signal,
	  .form = "a signal, \"TERM\"",
	  .def = "\"TERM\"",
	  .help = "What `stop` says to the command." },
	{ .key = "stop_timeout",
	  .kind = LW_K_DURATION,
	  .offset = AT(stop_timeout),
	  .def = "\"10s\"",
	  .help = "How long after that everything is ended." },
	{ .key = "after",
	  .kind = LW_K_CUSTOM,
	  .offset = AT(after),
	  .check = lw_check_name,
	  .read = lw_read_names,
	  .write = lw_write_names,
	  .form = "a name, or a list of names",
	  .def = "{}",
	  .help = "Those of the same `start` that have to be ready first." },
	{ .key = "requires",
	  .kind = LW_K_CUSTOM,
	  .offset = AT(requires),
	  .check = lw_check_name,
	  .read = lw_read_names,
	  .write = lw_write_names,
	  .form = "a name, or a list of names",
	  .def = "{}",
	  .help = "The same, and without them it is not started; one that runs already will do." },
	{ .key = "listen",
	  .kind = LW_K_CUSTOM,
	  .offset = AT(listen),
	  .rec = &lw_listen_schema,
	  .max = 64,
	  .read = lw_read_listens,
	  .write = lw_write_listens,
	  .form = "a list of ports, \"ADDRESS:PORT[/udp]\", paths, \"inherit\", or { address=, name=, … }",
	  .def = "{}",
	  .help = "Sockets that are opened on the host before the command runs, kept over restarts, and handed to it "
		  "from descriptor 3 on with LISTEN_FDS, sd_listen_fds(3). It needs no network of its own for them." },
};
#undef AT
const struct lw_schema lw_service_schema = { SCHEMA("service", struct lw_service, service_fields) };

/* --- log --- */
static const struct lw_field log_fields[] = {
	{ .key = "file",
	  .kind = LW_K_PATH,
	  .offset = offsetof(struct lw_log, file),
	  .def = "one in the state directory",
	  .help = "A file on the host, opened before the launch by the caller's rights: a regular file of the "
		  "caller's with one name, in a directory that is there and where the sandbox cannot write. A JSON "
		  "object a line: time, stream, text." },
	{ .key = "max",
	  .kind = LW_K_SIZE,
	  .offset = offsetof(struct lw_log, max),
	  .min = 65536,
	  .max = INT64_C(1) << 50,
	  .def = "\"16M\"",
	  .help = "Bytes of it and of the older ones together." },
	{ .key = "keep",
	  .kind = LW_K_INT,
	  .offset = offsetof(struct lw_log, keep),
	  .max = 1000,
	  .def = "1",
	  .help = "How many older files are kept, called FILE.1 and so on; with 0 the one file starts anew." },
};
const struct lw_schema lw_log_schema = { SCHEMA("log", struct lw_log, log_fields) };
