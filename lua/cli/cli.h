/* cli.h: what the files of the command share: the parsed command line, the table of verbs, and the way from a command
 * line to a spec and a plan. Nothing below lua/cli may include it. */
#ifndef LW_CLI_H
#define LW_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>
#include "base/err.h"
#include "base/text.h"
#include "host.h"
#include "lua/eval.h"
#include "plan.h"
#include "spec.h"

/* DESIGN §4, one rule for exit codes. */
enum cli_exit {
	CLI_OK = 0,
	CLI_NO = 1, /* a negative answer */
	CLI_DIFFERS = 2,
	CLI_TIMEOUT = 124,
	CLI_FAILED = 125, /* lunward itself */
	CLI_NOT_EXECUTABLE = 126,
	CLI_NOT_FOUND = 127,
};

enum cli_verb_id {
	CLI_RUN,
	CLI_START,
	CLI_EXEC,
	CLI_SHELL,
	CLI_ATTACH,
	CLI_STOP,
	CLI_KILL,
	CLI_RESTART,
	CLI_PAUSE,
	CLI_RESUME,
	CLI_WAIT,
	CLI_UPDATE,
	CLI_MOUNT,
	CLI_UNMOUNT,
	CLI_CP,
	CLI_RM,
	CLI_GC,
	CLI_PS,
	CLI_STATUS,
	CLI_INSPECT,
	CLI_STATS,
	CLI_TOP,
	CLI_TREE,
	CLI_LOGS,
	CLI_EVENTS,
	CLI_CHECK,
	CLI_PLAN,
	CLI_EXPLAIN,
	CLI_DIFF,
	CLI_CHOWN,
	CLI_EXPORT,
	CLI_GENERATE,
	CLI_CHANGES,
	CLI_COMMIT,
	CLI_DISCARD,
	CLI_NETWORK,
	CLI_GRAPH,
	CLI_DOCTOR,
	CLI_PROFILE,
	CLI_SCRIPT,
	CLI_HELP,
	CLI_VERSION,
	CLI_VERBS,
};

struct cli;
struct cli_verb {
	const char *name;
	const char *synopsis; /* what follows "lunward NAME" */
	const char *help;     /* one line */
	const char *more;     /* a paragraph for `help VERB`, or NULL */
	bool command;         /* takes "-- COMMAND" */
	bool script;          /* what follows its first word is that word's */
	int (*run)(struct cli *c);
};
extern const struct cli_verb cli_verb_table[CLI_VERBS];

struct cli_option;
struct cli_use {
	const struct cli_option *option;
	const char *value; /* NULL for an option without one */
};

enum cli_format {
	CLI_TEXT,
	CLI_JSON,
	CLI_JSONL,
	CLI_LUA,
	CLI_SECCOMP, /* from here on: of some verbs alone */
	CLI_APPARMOR,
	CLI_PROMETHEUS,
	CLI_DOT,
};

struct cli {
	int argc;
	char **argv;
	struct timespec started;     /* CLOCK_REALTIME, before anything was read */
	const struct cli_verb *verb; /* NULL until its word is read */
	size_t n_words;              /* words after the verb, before "--" */
	const char **words;
	bool has_command; /* "--" was there */
	size_t n_command;
	char **command;
	size_t n_uses; /* options as given, in order */
	struct cli_use *uses;
	size_t n_params;
	struct lw_param *params; /* --set */
	/* plain values */
	const char *state, *profiles, *cgroup_parent, *spec, *name, *result, *call, *profile;
	const char *subnet, *subnet6; /* network create */
	uint32_t mtu;
	int status_fd; /* -1: none */
	int format;
	int denials;                /* enum lw_denial_mode */
	const char *signal, *field; /* kill -s, inspect -f */
	int64_t since, until;       /* microseconds since 1970; INT64_MIN, INT64_MAX: not given */
	int64_t tail;               /* logs -n; -1: all */
	int64_t wait_usec;          /* stop -t, wait --timeout; -1: not given */
	const char **filters;       /* ps --filter */
	size_t n_filters;
	int64_t max_size; /* cp --max-size; 0: not given */
	bool detach, remove, interactive, all, follow, force, timestamps, ready;
	bool no_color, verbose, help, net, version, features, cross_mounts, quiet, once;
};

/* options.c: reads argv into c; 0 or a usage error. */
int cli_parse(struct cli *c, int argc, char **argv, struct lw_err *err);
void cli_done(struct cli *c);

/* load.c: what a command line asks for, made in this order. Free with cli_job_done. */
struct cli_job {
	struct lw_host *host;
	struct lw_eval_result eval; /* raw NULL when the spec came from --spec */
	struct lw_spec *spec;
	struct lw_plan *plan;
	bool any_command; /* check, explain: the profile leaves the command to the command line */
};
int cli_probe(struct cli *c, struct cli_job *job, struct lw_err *err);
/* The spec of `profile` (or --spec), with the command line's options merged over it, decoded and checked. */
int cli_load(struct cli *c, const char *profile, struct cli_job *job, struct lw_err *err);
/* The profile named on the command line, "default" without one; 0 or a usage error about surplus words. */
int cli_profile_word(const struct cli *c, const char **ret, struct lw_err *err);
/* Its plan; an image for a root is prepared first, which may take long and is what a signal ends. */
int cli_prepare(struct cli_job *job, struct lw_err *err);
int cli_plan(struct cli_job *job, struct lw_err *err);
void cli_job_done(struct cli_job *job);

/* print.c: output goes out in one write, errors as one line. */
int cli_print(const struct lw_text *t);
/* format.c: the same data in each of the forms for programs. */
bool cli_is_data(const struct cli *c); /* json, jsonl or lua */
/* Takes the reference. An object is given its schema_version; of a list, jsonl prints an item a line. */
int cli_print_data(const struct cli *c, json_t *o);
/* What comes item by item (events, logs) is a line each as JSON, and one list in Lua: *ret_list, else NULL. */
int cli_stream_begin(const struct cli *c, json_t **ret_list, struct lw_err *err);
void cli_stream_item(struct lw_text *t, json_t *list, json_t *o);
/* A copy for text on a terminal: what would act on one, or begin a line of its own, is '?' in every string. */
json_t *cli_plain(const json_t *o);
/* Prints "lunward: …" on stderr, with the line of the key itself; returns the exit code of the err's class. */
int cli_fail(struct lw_err *err);
int cli_exit_code(const struct lw_err *err);
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* One object for JSON output of an err: {file, line, path, message, hint}, absent parts null. */
json_t *cli_err_json(const struct lw_err *err);
/* A table of columns separated by two spaces, each row an array of n_cols cells; the last column is not padded. */
void cli_table(struct lw_text *t, const char *const *cells, size_t n_rows, size_t n_cols);
/* Words wrapped at the terminal's usual 80 columns, every line behind `indent` spaces. */
void cli_wrap(struct lw_text *t, unsigned indent, const char *text);
bool cli_color(const struct cli *c);

int cli_cmd_run(struct cli *c);
int cli_cmd_start(struct cli *c);
int cli_cmd_exec(struct cli *c); /* shell too */
int cli_cmd_attach(struct cli *c);
int cli_cmd_life(struct cli *c); /* stop, kill, restart, pause, resume, rm */
int cli_cmd_wait(struct cli *c);
int cli_cmd_update(struct cli *c);
int cli_cmd_mount(struct cli *c); /* unmount too */
int cli_cmd_cp(struct cli *c);
int cli_cmd_gc(struct cli *c);
int cli_cmd_ps(struct cli *c);
int cli_cmd_status(struct cli *c);
int cli_cmd_inspect(struct cli *c);
int cli_cmd_stats(struct cli *c); /* top too */
int cli_cmd_tree(struct cli *c);
int cli_cmd_logs(struct cli *c);
int cli_cmd_events(struct cli *c);
int cli_cmd_check(struct cli *c);
int cli_cmd_plan(struct cli *c);
int cli_cmd_explain(struct cli *c);
int cli_cmd_diff(struct cli *c);
int cli_cmd_chown(struct cli *c);
int cli_cmd_export(struct cli *c);
int cli_cmd_generate(struct cli *c);
int cli_cmd_changes(struct cli *c); /* commit and discard too */
int cli_cmd_network(struct cli *c);
int cli_cmd_graph(struct cli *c);
int cli_cmd_doctor(struct cli *c);
int cli_cmd_profile(struct cli *c);
int cli_cmd_lua(struct cli *c);
int cli_cmd_help(struct cli *c);
int cli_cmd_version(struct cli *c);

#endif
