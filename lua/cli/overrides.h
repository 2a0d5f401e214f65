/* overrides.h: options of the command line as a layer of the raw spec, merged over the profile's. */
#ifndef LW_CLI_OVERRIDES_H
#define LW_CLI_OVERRIDES_H

#include <jansson.h>
#include "base/err.h"
#include "host.h"

struct cli;
struct lw_spec;

/* The layer while it is built. */
struct cli_layer {
	json_t *raw;        /* the layer */
	const json_t *base; /* what it will be merged over */
	const struct lw_host *host;
	json_t *drop, *add; /* capability names; drops apply first, as in Docker */
	json_t *rules_all,
		*rules; /* seccomp: rules about all calls come first, so named calls beat them in any order */
	const char *seccomp_base;
	json_t *seccomp_file; /* the policy of a file, instead of a base */
	const char *root;     /* --root */
	bool read_only, privileged;
	int64_t memory_and_swap; /* --memory-swap; 0: not given, -1: unlimited */
};

/* Builds the layer of everything on the command line, merges it over base (borrowed) and decodes the result. Without
 * overrides this is lw_spec_decode(base). */
int cli_override(const struct cli *c, const struct lw_host *host, const json_t *base, struct lw_spec **ret,
		 struct lw_err *err);
bool cli_has_overrides(const struct cli *c);
/* An err about a key that the command line set is told about its option instead of the profile's line. */
void cli_blame_option(const struct cli *c, struct lw_err *err);

typedef int cli_layer_fn(struct cli_layer *l, const char *value, struct lw_err *err);
cli_layer_fn cli_set_env, cli_set_cwd, cli_set_user, cli_add_volume, cli_add_tmpfs, cli_set_memory, cli_set_memory_swap,
	cli_set_cpus, cli_set_pids, cli_set_rlimit, cli_add_device, cli_set_privileged, cli_add_cap, cli_drop_cap,
	cli_set_seccomp, cli_set_read_only, cli_set_hostname, cli_set_network, cli_add_publish, cli_set_root,
	cli_set_timeout, cli_set_ids, cli_set_terminal, cli_set_umask, cli_set_oom_score_adj, cli_set_name;

#endif
