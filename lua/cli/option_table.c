/* option_table.c: the table of options, a row each: help, parsing, the test of the manual and "did you mean" all read
 * it. Here too: what the options do that act while the command line is read. Those that shape the sandbox are in
 * overrides.c. */
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "lua/cli/options.h"
#include "instance.h"

#define USAGE(err, ...) lw_fail_as(err, LW_ERR_USAGE, -EINVAL, __VA_ARGS__)

/* --- options that act while parsing -------------------------------------------------- */
#define STRING_OPTION(fn, field)                                                                                       \
	static int fn(struct cli *c, const char *value, struct lw_err *err)                                            \
	{                                                                                                              \
		if (!*value)                                                                                           \
			return USAGE(err, "the value is empty");                                                       \
		c->field = value;                                                                                      \
		return 0;                                                                                              \
	}
STRING_OPTION(now_state, state)
STRING_OPTION(now_profiles, profiles)
STRING_OPTION(now_cgroup_parent, cgroup_parent)
STRING_OPTION(now_spec, spec)
STRING_OPTION(now_result, result)
STRING_OPTION(now_call, call)
STRING_OPTION(now_profile, profile)
STRING_OPTION(now_signal, signal)
STRING_OPTION(now_field, field)
STRING_OPTION(now_subnet, subnet)
STRING_OPTION(now_subnet6, subnet6)

#define FLAG_OPTION(fn, field)                                                                                         \
	static int fn(struct cli *c, const char *value, struct lw_err *err)                                            \
	{                                                                                                              \
		(void)value;                                                                                           \
		(void)err;                                                                                             \
		c->field = true;                                                                                       \
		return 0;                                                                                              \
	}
FLAG_OPTION(now_no_color, no_color)
FLAG_OPTION(now_verbose, verbose)
FLAG_OPTION(now_help, help)
FLAG_OPTION(now_version, version)
FLAG_OPTION(now_features, features)
FLAG_OPTION(now_cross_mounts, cross_mounts)
FLAG_OPTION(now_detach, detach)
FLAG_OPTION(now_interactive, interactive)
FLAG_OPTION(now_remove, remove)
FLAG_OPTION(now_all, all)
FLAG_OPTION(now_follow, follow)
FLAG_OPTION(now_force, force)
FLAG_OPTION(now_timestamps, timestamps)
FLAG_OPTION(now_ready, ready)
FLAG_OPTION(now_quiet, quiet)
FLAG_OPTION(now_once, once)
FLAG_OPTION(now_net, net)

static int now_mtu(struct cli *c, const char *value, struct lw_err *err)
{
	int64_t n;
	if (lw_parse_i64(value, &n) < 0 || n < 68 || n > 65535)
		return USAGE(err, "'%s' is no size of a packet: 68 to 65535", value);
	c->mtu = (uint32_t)n;
	return 0;
}

static int now_wait(struct cli *c, const char *value, struct lw_err *err)
{
	int r = lw_parse_duration(value, &c->wait_usec);
	if (r < 0 || c->wait_usec < 0) {
		USAGE(err, "'%s' is not a duration", value);
		lw_err_hint(err, "10s, 1.5m, 200ms; a lone number is seconds");
		return -EINVAL;
	}
	return 0;
}

static int now_filter(struct cli *c, const char *value, struct lw_err *err)
{
	const char **more = realloc(c->filters, (c->n_filters + 1) * sizeof *more);
	if (!more)
		return lw_fail(err, -ENOMEM, "out of memory");
	c->filters = more;
	c->filters[c->n_filters++] = value;
	return 0;
}

static int now_max_size(struct cli *c, const char *value, struct lw_err *err)
{
	if (lw_parse_size(value, &c->max_size) >= 0 && c->max_size > 0)
		return 0;
	USAGE(err, "'%s' is not a size", value);
	lw_err_hint(err, "64M, 20G");
	return -EINVAL;
}

static int now_format(struct cli *c, const char *value, struct lw_err *err)
{
	static const char *const names[] = {
		[CLI_TEXT] = "text",
		[CLI_JSON] = "json",
		[CLI_JSONL] = "jsonl",
		[CLI_LUA] = "lua",
		[CLI_SECCOMP] = "seccomp",
		[CLI_APPARMOR] = "apparmor",
		[CLI_PROMETHEUS] = "prometheus",
		[CLI_DOT] = "dot",
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!strcmp(value, names[i])) {
			c->format = (int)i;
			return 0;
		}
	}
	if (!strcmp(value, "table")) {
		c->format = CLI_TEXT;
		return 0;
	}
	USAGE(err, "unknown format '%s'", value);
	if (strstr(value, "{{"))
		lw_err_hint(err,
			    "there are no templates: `lunward inspect -f pid` prints one value, --format json all");
	else
		lw_err_hint(err, "text, json, jsonl or lua; of export, seccomp or apparmor; of stats, prometheus; of "
				 "graph, dot");
	return -EINVAL;
}

static int now_explain_denials(struct cli *c, const char *value, struct lw_err *err)
{
	(void)value;
	(void)err;
	if (c->denials == LW_DENIALS_UNSEEN)
		c->denials = LW_DENIALS_EXPLAIN;
	return 0;
}

static int now_on_denial(struct cli *c, const char *value, struct lw_err *err)
{
	if (strcmp(value, "kill") != 0 && strcmp(value, "explain") != 0) {
		USAGE(err, "'%s' is nothing that can be done about a denial", value);
		lw_err_hint(err, "kill or explain");
		return -EINVAL;
	}
	c->denials = *value == 'k' ? LW_DENIALS_KILL : LW_DENIALS_EXPLAIN;
	return 0;
}

/* A time, or how long ago it was. */
static int time_option(const char *value, int64_t *ret, struct lw_err *err)
{
	int64_t n;
	if (lw_parse_time(value, ret) == 0)
		return 0;
	if (lw_parse_duration(value, &n) == 0) {
		*ret = lw_clock_usec() - n;
		return 0;
	}
	USAGE(err, "'%s' is neither a time nor a duration", value);
	lw_err_hint(err, "2026-11-22T09:30:00Z, 2026-11-22, or 10m");
	return -EINVAL;
}

static int now_since(struct cli *c, const char *value, struct lw_err *err)
{
	return time_option(value, &c->since, err);
}

static int now_until(struct cli *c, const char *value, struct lw_err *err)
{
	return time_option(value, &c->until, err);
}

static int now_tail(struct cli *c, const char *value, struct lw_err *err)
{
	if (lw_parse_i64(value, &c->tail) < 0 || c->tail < 0 || c->tail > 1 << 20)
		return USAGE(err, "'%s' is not a number of lines up to %d", value, 1 << 20);
	return 0;
}

static int now_status_fd(struct cli *c, const char *value, struct lw_err *err)
{
	int64_t n;
	if (lw_parse_i64(value, &n) < 0 || n < 0 || n > 1 << 20)
		return USAGE(err, "'%s' is not a descriptor number", value);
	c->status_fd = (int)n;
	return 0;
}

static int now_param(struct cli *c, const char *value, struct lw_err *err)
{
	const char *eq = strchr(value, '=');
	if (!eq || eq == value) {
		USAGE(err, "'%s' has no value", value);
		lw_err_hint(err, "--set NAME=VALUE");
		return -EINVAL;
	}
	char *name = strndup(value, (size_t)(eq - value));
	struct lw_param *params = realloc(c->params, (c->n_params + 1) * sizeof *params);
	if (params)
		c->params = params;
	if (!params || !name) {
		free(name);
		return lw_fail(err, -ENOMEM, "out of memory");
	}
	c->params[c->n_params++] = (struct lw_param){ .name = name, .value = eq + 1 };
	return 0;
}

/* --- the table: by verb, then by name ------------------------------------------------ */
#define SPEC_VERBS (CLI_ON(RUN) | CLI_ON(START) | CLI_ON(PLAN) | CLI_ON(EXPLAIN) | CLI_ON(EXPORT))
#define EVAL_VERBS (SPEC_VERBS | CLI_ON(GENERATE) | CLI_ON(CHECK) | CLI_ON(CHOWN) | CLI_ON(DIFF))
#define IDS_VERBS (SPEC_VERBS | CLI_ON(CHOWN))

const struct cli_option cli_option_table[] = {
	/* the command and who runs it */
	{ .name = "detach",
	  .letter = 'd',
	  .verbs = CLI_ON(RUN) | CLI_ON(EXEC),
	  .now = now_detach,
	  .help = "in the background: run as start does, and prints the id; exec without the caller's streams" },
	{ .name = "env",
	  .letter = 'e',
	  .arg = "NAME[=VALUE]",
	  .verbs = SPEC_VERBS | CLI_ON(EXEC) | CLI_ON(SHELL),
	  .layer = cli_set_env,
	  .key = "env.",
	  .help = "set a variable; without a value, the caller's" },
	{ .name = "interactive",
	  .letter = 'i',
	  .verbs = CLI_ON(RUN) | CLI_ON(START) | CLI_ON(EXEC),
	  .now = now_interactive,
	  .help = "in the background: keep standard input for those who attach; else it is always connected" },
	{ .name = "name",
	  .arg = "NAME",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_name,
	  .key = "name",
	  .help = "name of the sandbox; run without one adds a short id to the profile's" },
	{ .name = "rm",
	  .verbs = CLI_ON(RUN) | CLI_ON(START),
	  .now = now_remove,
	  .help = "remove the record of a detached sandbox at its end" },
	{ .name = "tty",
	  .letter = 't',
	  .verbs = SPEC_VERBS | CLI_ON(EXEC),
	  .layer = cli_set_terminal,
	  .key = "terminal",
	  .help = "give the command a terminal even when there is none here" },
	{ .name = "timeout",
	  .arg = "DURATION",
	  .verbs = SPEC_VERBS | CLI_ON(WAIT) | CLI_ON(EXEC),
	  .layer = cli_set_timeout,
	  .key = "timeout",
	  .help = "end everything after this wall-clock time, or wait no longer; exit 124" },
	{ .name = "umask",
	  .arg = "MODE",
	  .verbs = SPEC_VERBS | CLI_ON(EXEC),
	  .layer = cli_set_umask,
	  .key = "umask",
	  .help = "file mode creation mask, octal" },
	{ .name = "user",
	  .letter = 'u',
	  .arg = "NAME|UID[:GID]",
	  .verbs = IDS_VERBS | CLI_ON(EXEC) | CLI_ON(SHELL),
	  .layer = cli_set_user,
	  .key = "user",
	  .help = "who the command runs as, inside" },
	{ .name = "workdir",
	  .letter = 'w',
	  .arg = "DIR",
	  .verbs = SPEC_VERBS | CLI_ON(EXEC) | CLI_ON(SHELL),
	  .layer = cli_set_cwd,
	  .key = "cwd",
	  .help = "working directory, inside" },
	/* files and devices */
	{ .name = "device",
	  .arg = "PATH[:DST[:rwm]]",
	  .verbs = SPEC_VERBS,
	  .layer = cli_add_device,
	  .key = "devices",
	  .help = "show a host device, or those of a directory" },
	{ .name = "read-only",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_read_only,
	  .key = "root",
	  .help = "the root is read-only whatever the profile says" },
	{ .name = "root",
	  .arg = "DIR|IMAGE|host|empty",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_root,
	  .key = "root",
	  .help = "the root: a directory, or an image (tar, OCI layout, squashfs, erofs)" },
	{ .name = "tmpfs",
	  .arg = "DST[:OPTIONS]",
	  .verbs = SPEC_VERBS,
	  .layer = cli_add_tmpfs,
	  .key = "mounts",
	  .help = "an empty file system in memory: /scratch:size=16M,mode=0700" },
	{ .name = "volume",
	  .letter = 'v',
	  .arg = "SRC[:DST[:OPTIONS]]",
	  .verbs = SPEC_VERBS,
	  .layer = cli_add_volume,
	  .key = "mounts",
	  .help = "show a host path, read-write unless ro is among the options" },
	/* rights */
	{ .name = "cap-add",
	  .arg = "CAPABILITY",
	  .verbs = SPEC_VERBS,
	  .layer = cli_add_cap,
	  .key = "capabilities",
	  .help = "add a capability, or ALL the caller has; after every --cap-drop" },
	{ .name = "cap-drop",
	  .arg = "CAPABILITY",
	  .verbs = SPEC_VERBS,
	  .layer = cli_drop_cap,
	  .key = "capabilities",
	  .help = "take a capability away, or ALL" },
	{ .name = "ids",
	  .arg = "MODE",
	  .verbs = IDS_VERBS,
	  .layer = cli_set_ids,
	  .key = "ids",
	  .help = "which ids outside stand behind those inside: auto, keep, root-only, identity or single" },
	{ .name = "privileged",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_privileged,
	  .key = "privileged",
	  .help = "every capability of the caller and every device of the host; warned about and on record" },
	{ .name = "seccomp",
	  .arg = "POLICY",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_seccomp,
	  .key = "seccomp",
	  .help = "allow:CALL, deny:CALL (CALL: a name, 'socket(AF_INET, *)', @group or all), default, docker, strict, "
		  "unconfined, or a FILE of JSON as Docker's" },
	/* limits */
	{ .name = "cpus",
	  .arg = "NUMBER",
	  .verbs = SPEC_VERBS | CLI_ON(UPDATE),
	  .layer = cli_set_cpus,
	  .key = "limits.cpus",
	  .help = "how many cpus may be busy" },
	{ .name = "memory",
	  .letter = 'm',
	  .arg = "SIZE",
	  .verbs = SPEC_VERBS | CLI_ON(UPDATE),
	  .layer = cli_set_memory,
	  .key = "limits.memory",
	  .help = "memory limit" },
	{ .name = "memory-swap",
	  .arg = "SIZE",
	  .verbs = SPEC_VERBS | CLI_ON(UPDATE),
	  .layer = cli_set_memory_swap,
	  .key = "limits.swap",
	  .help = "memory and swap together, as in Docker" },
	{ .name = "oom-score-adj",
	  .arg = "NUMBER",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_oom_score_adj,
	  .key = "oom_score_adj",
	  .help = "how soon the kernel picks it when memory runs out: -1000 to 1000" },
	{ .name = "pids-limit",
	  .arg = "NUMBER",
	  .verbs = SPEC_VERBS | CLI_ON(UPDATE),
	  .layer = cli_set_pids,
	  .key = "limits.pids",
	  .help = "how many tasks at once" },
	{ .name = "ulimit",
	  .arg = "NAME=SOFT[:HARD]",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_rlimit,
	  .key = "rlimits.",
	  .help = "a resource limit of each process" },
	/* network */
	{ .name = "hostname",
	  .arg = "NAME",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_hostname,
	  .key = "hostname",
	  .help = "host name inside" },
	{ .name = "network",
	  .alias = "net",
	  .arg = "none|host|NAME|bridge:NAME|sandbox:NAME",
	  .verbs = SPEC_VERBS,
	  .layer = cli_set_network,
	  .key = "network",
	  .help = "none: loopback only; host: the host's; NAME: on that bridge; sandbox:NAME: that sandbox's" },
	{ .name = "publish",
	  .letter = 'p',
	  .arg = "[ADDRESS:]HOSTPORT:PORT[/PROTO]",
	  .verbs = SPEC_VERBS,
	  .layer = cli_add_publish,
	  .key = "network.publish",
	  .help = "a port of the host that leads inside; without --network, on the bridge \"lunward\"" },
	{ .name = "subnet",
	  .arg = "CIDR",
	  .verbs = CLI_ON(NETWORK),
	  .now = now_subnet,
	  .help = "create: its IPv4 subnet; without it a free one is chosen" },
	{ .name = "subnet6",
	  .arg = "CIDR",
	  .verbs = CLI_ON(NETWORK),
	  .now = now_subnet6,
	  .help = "create: its IPv6 subnet" },
	{ .name = "mtu",
	  .arg = "BYTES",
	  .verbs = CLI_ON(NETWORK),
	  .now = now_mtu,
	  .help = "create: largest packet; 1500" },
	{ .name = "net",
	  .verbs = CLI_ON(GRAPH),
	  .now = now_net,
	  .help = "networks: host, bridges, interfaces, addresses, published ports" },
	/* how it is started, and what is told about it */
	{ .name = "cgroup-parent",
	  .arg = "PATH",
	  .verbs = SPEC_VERBS,
	  .now = now_cgroup_parent,
	  .help = "where the sandbox's cgroup is made; $LUNWARD_CGROUP_PARENT without it" },
	{ .name = "explain-denials",
	  .verbs = CLI_ON(RUN) | CLI_ON(START),
	  .now = now_explain_denials,
	  .help = "say at the end what was denied, by which line, and which line would allow it; in the background, as "
		  "events" },
	{ .name = "on-denial",
	  .arg = "kill|explain",
	  .verbs = CLI_ON(RUN) | CLI_ON(START),
	  .now = now_on_denial,
	  .help = "kill: the first denial ends the sandbox; explain: as --explain-denials" },
	{ .name = "result",
	  .arg = "FILE",
	  .verbs = CLI_ON(RUN),
	  .now = now_result,
	  .help = "write one JSON object about the end to FILE" },
	{ .name = "set",
	  .arg = "NAME=VALUE",
	  .verbs = EVAL_VERBS,
	  .now = now_param,
	  .help = "value of a parameter of the profile" },
	{ .name = "spec",
	  .arg = "FILE|-",
	  .verbs = IDS_VERBS,
	  .now = now_spec,
	  .help = "take the JSON that `plan --format json` prints instead of a profile" },
	{ .name = "status-fd",
	  .arg = "N",
	  .verbs = CLI_ON(RUN),
	  .now = now_status_fd,
	  .help = "write events to descriptor N, as JSON lines" },
	/* detached sandboxes */
	{ .name = "all",
	  .letter = 'a',
	  .verbs = CLI_ON(PS) | CLI_ON(STOP) | CLI_ON(KILL) | CLI_ON(RESTART) | CLI_ON(PAUSE) | CLI_ON(RESUME) |
		   CLI_ON(RM),
	  .now = now_all,
	  .help = "all of them; ps: those that do not run, too" },
	{ .name = "field",
	  .letter = 'f',
	  .arg = "PATH",
	  .verbs = CLI_ON(INSPECT),
	  .now = now_field,
	  .help = "print one value: pid, cgroup.paths.pids" },
	{ .name = "filter",
	  .arg = "KEY=VALUE",
	  .verbs = CLI_ON(PS),
	  .now = now_filter,
	  .help = "only those whose state, name (a part of it), id, profile or label (NAME or NAME=VALUE) is this" },
	{ .name = "follow",
	  .letter = 'f',
	  .verbs = CLI_ON(LOGS) | CLI_ON(EVENTS),
	  .now = now_follow,
	  .help = "go on; logs: until the sandbox ends" },
	{ .name = "force", .letter = 'f', .verbs = CLI_ON(RM), .now = now_force, .help = "end it first" },
	{ .name = "max-size",
	  .arg = "SIZE",
	  .verbs = CLI_ON(CP),
	  .now = now_max_size,
	  .help = "how much may be copied; 16G" },
	{ .name = "no-stream", .verbs = CLI_ON(STATS) | CLI_ON(TOP), .now = now_once, .help = "once, and no more" },
	{ .name = "quiet", .letter = 'q', .verbs = CLI_ON(PS), .now = now_quiet, .help = "ids alone" },
	{ .name = "ready", .verbs = CLI_ON(WAIT), .now = now_ready, .help = "until it is ready, not until its end" },
	{ .name = "since",
	  .arg = "TIME|DURATION",
	  .verbs = CLI_ON(EVENTS) | CLI_ON(LOGS),
	  .now = now_since,
	  .help = "from this time on, 2026-11-22T09:30:00Z, or of the last 10m" },
	{ .name = "signal",
	  .letter = 's',
	  .arg = "SIGNAL",
	  .verbs = CLI_ON(KILL),
	  .now = now_signal,
	  .help = "send this to the command alone; without it everything is killed" },
	{ .name = "tail",
	  .letter = 'n',
	  .arg = "LINES",
	  .verbs = CLI_ON(LOGS),
	  .now = now_tail,
	  .help = "only the last so many, and what comes then" },
	{ .name = "time",
	  .letter = 't',
	  .arg = "DURATION",
	  .verbs = CLI_ON(STOP) | CLI_ON(RESTART),
	  .now = now_wait,
	  .help = "how long the command may take after SIGTERM; 10s" },
	{ .name = "timestamps", .letter = 't', .verbs = CLI_ON(LOGS), .now = now_timestamps, .help = "with times" },
	{ .name = "until",
	  .arg = "TIME|DURATION",
	  .verbs = CLI_ON(EVENTS) | CLI_ON(LOGS),
	  .now = now_until,
	  .help = "no later than this, in the same forms" },
	/* other verbs */
	{ .name = "call",
	  .arg = "CALL",
	  .verbs = CLI_ON(EXPLAIN),
	  .now = now_call,
	  .help = "what becomes of one call: 'socket(38, 5, 0)'" },
	{ .name = "cross-mounts",
	  .verbs = CLI_ON(CHOWN),
	  .now = now_cross_mounts,
	  .help = "enter what is mounted below, too" },
	{ .name = "profile",
	  .arg = "PROFILE",
	  .verbs = CLI_ON(CHOWN),
	  .now = now_profile,
	  .help = "whose ids; all words are directories then" },
	{ .name = "features", .verbs = CLI_ON(VERSION), .now = now_features, .help = "libraries and what they serve" },
	/* everywhere */
	{ .name = "format",
	  .arg = "text|json|jsonl|lua",
	  .verbs = CLI_EVERYWHERE,
	  .now = now_format,
	  .help = "form of the output; export: seccomp, apparmor; stats: prometheus" },
	{ .name = "help", .letter = 'h', .verbs = CLI_EVERYWHERE, .now = now_help, .help = "help for the verb" },
	{ .name = "no-color", .verbs = CLI_EVERYWHERE, .now = now_no_color, .help = "no colour, as with $NO_COLOR" },
	{ .name = "profiles",
	  .arg = "DIR",
	  .verbs = CLI_EVERYWHERE,
	  .now = now_profiles,
	  .help = "look for profiles here first" },
	{ .name = "state",
	  .arg = "DIR",
	  .verbs = CLI_EVERYWHERE,
	  .now = now_state,
	  .help = "state directory; $LUNWARD_STATE without it" },
	{ .name = "verbose",
	  .letter = 'v',
	  .verbs = CLI_EVERYWHERE,
	  .now = now_verbose,
	  .help = "warnings and what this host cannot enforce; -v only where it is not --volume" },
	{ .name = "version", .verbs = CLI_EVERYWHERE, .now = now_version, .help = "the version" },
};
const size_t cli_option_count = ARRAY_LEN(cli_option_table);
