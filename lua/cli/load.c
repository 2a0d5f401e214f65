/* load.c: from a command line to a checked spec: the host is probed, the profile evaluated (or --spec read), the
 * options merged over it. What a verb does with the spec is the verb's business. */
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "image.h"
#include "lua/cli/cli.h"
#include "lua/cli/overrides.h"
#include "lua/cli/supervision.h"
#include "record_state.h"
#include "schema.h"

#define UNPACKER "lunward-unpack"
#define SPEC_MAX ((size_t)4 * 1024 * 1024)

int cli_probe(struct cli *c, struct cli_job *job, struct lw_err *err)
{
	struct lw_host_options o = {
		.state = c->state,
		.cgroup_parent = c->cgroup_parent,
		.xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.environ_ = environ,
	};
	if (!o.state)
		o.state = getenv("LUNWARD_STATE");
	if (o.state && !*o.state)
		o.state = NULL;
	if (!o.cgroup_parent)
		o.cgroup_parent = getenv("LUNWARD_CGROUP_PARENT");
	if (o.cgroup_parent && !*o.cgroup_parent)
		o.cgroup_parent = NULL;
	return lw_host_probe(&o, &job->host, err);
}

int cli_profile_word(const struct cli *c, const char **ret, struct lw_err *err)
{
	const char *verb = c->verb->name;
	if (c->spec && c->n_words) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "both a profile '%s' and --spec", c->words[0]);
		lw_err_hint(err, "one of them; a command goes after --");
		return -EINVAL;
	}
	if (c->n_words > 1) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "unexpected '%s' after the profile '%s'", c->words[1],
			   c->words[0]);
		lw_err_hint(err, "the command goes after --: lunward %s %s -- %s", verb, c->words[0], c->words[1]);
		return -EINVAL;
	}
	if (c->has_command && !c->n_command) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "no command after --");
		lw_err_hint(err, "leave -- out to run the profile's own");
		return -EINVAL;
	}
	*ret = c->n_words ? c->words[0] : "default";
	return 0;
}

/* Is there a program of this name on the caller's PATH? Only to word a hint. */
static bool on_path(const char *name)
{
	const char *path = getenv("PATH");
	for (const char *p = path; p && *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		char file[4096];
		if (snprintf(file, sizeof file, "%.*s/%s", (int)n, p, name) < (int)sizeof file && !access(file, X_OK))
			return true;
		p += n;
	}
	return false;
}

/* "run ls": a word that is no profile but could be a command. */
static void hint_at_command(const struct cli *c, const char *profile, const struct lw_host *host, struct lw_err *err)
{
	if (err->code != ENOENT || err->path[0] || err->line || !c->verb->command || strchr(profile, '/'))
		return;
	for (const char **dir = lw_profile_dirs(host->arena, host, c->profiles); dir && *dir; dir++) {
		char file[4096];
		if (snprintf(file, sizeof file, "%s/%s.lua", *dir, profile) < (int)sizeof file && !access(file, F_OK))
			return;
	}
	if (on_path(profile))
		lw_err_hint(err, "did you mean `lunward %s -- %s`?", c->verb->name, profile);
}

static int read_spec(const char *file, char **ret, size_t *ret_len, struct lw_err *err)
{
	int r = strcmp(file, "-") ? lw_read_file(file, SPEC_MAX, ret, ret_len)
				  : lw_read_all(STDIN_FILENO, SPEC_MAX, ret, ret_len);
	if (r < 0) {
		lw_fail_as(err, LW_ERR_USAGE, r, "%s: %s", file, strerror(-r));
		lw_err_in(err, "--spec");
	}
	return r;
}

static int load_spec_file(struct cli *c, struct cli_job *job, struct lw_err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	struct lw_spec *s = NULL;
	int r = read_spec(c->spec, &text, &n, err);
	if (r < 0)
		return r;
	r = lw_spec_from_json(text, n, strcmp(c->spec, "-") ? c->spec : "standard input", &s, err);
	if (r < 0)
		return r;
	if (!cli_has_overrides(c)) {
		job->spec = s;
		return 0;
	}
	json_t *raw = lw_spec_to_json(s);
	lw_spec_free(s);
	if (!raw)
		return lw_fail(err, -ENOMEM, "out of memory");
	r = cli_override(c, job->host, raw, &job->spec, err);
	json_decref(raw);
	return r;
}

static int load_profile(struct cli *c, const char *profile, struct cli_job *job, struct lw_err *err)
{
	struct lw_eval_options o = {
		.profile = profile,
		.params = c->params,
		.n_params = c->n_params,
		.host = job->host,
		.profile_dir = c->profiles,
	};
	int r = lw_eval_profile(&o, &job->eval, err);
	if (r < 0) {
		hint_at_command(c, profile, job->host, err);
		return r;
	}
	r = cli_override(c, job->host, job->eval.raw, &job->spec, err);
	if (r < 0) {
		if (err->cls != LW_ERR_USAGE && strncmp(err->path, "--", 2) != 0)
			lw_err_at(err, (struct lw_origin){ job->eval.path, 0 });
		return r;
	}
	job->spec->profile_path = lw_arena_strdup(job->spec->arena, job->eval.path);
	job->spec->profile_sha256 = lw_arena_strdup(job->spec->arena, job->eval.sha256);
	return job->spec->profile_path ? 0 : lw_fail(err, -ENOMEM, "out of memory");
}

/* A profile without a command is one to be run with `-- COMMAND`. What is only looked at gets a word in its place,
 * since nothing else of it depends on the command. */
static int stand_in_command(const struct cli *c, struct cli_job *job, struct lw_err *err)
{
	static const char *stand_in[] = { "COMMAND" };
	bool looks = c->verb == &cli_verb_table[CLI_CHECK] || c->verb == &cli_verb_table[CLI_EXPLAIN] ||
		     c->verb == &cli_verb_table[CLI_EXPORT] || c->verb == &cli_verb_table[CLI_GENERATE] ||
		     c->verb == &cli_verb_table[CLI_DIFF];
	if (job->spec->command.n || !looks)
		return 0;
	job->any_command = true;
	job->spec->command.n = 1;
	job->spec->command.v = lw_arena_memdup(job->spec->arena, stand_in, sizeof stand_in);
	return job->spec->command.v ? 0 : lw_fail(err, -ENOMEM, "out of memory");
}

int cli_load(struct cli *c, const char *profile, struct cli_job *job, struct lw_err *err)
{
	int r = job->host ? 0 : cli_probe(c, job, err);
	if (r < 0)
		return r;
	if (c->spec && c->n_params) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "--set has no profile to act on");
		lw_err_hint(err, "a spec has no parameters");
		return -EINVAL;
	}
	r = c->spec ? load_spec_file(c, job, err) : load_profile(c, profile, job, err);
	if (r >= 0)
		r = stand_in_command(c, job, err);
	if (r < 0)
		return r;
	r = lw_spec_check(job->spec, err);
	if (r < 0)
		cli_blame_option(c, err);
	return r;
}

int cli_prepare(struct cli_job *job, struct lw_err *err)
{
	int r = lw_find_joins(job->spec, job->host->state_fd, err);
	if (r < 0)
		return r;
	const struct lw_root *root = &job->spec->root;
	return root->image ? lw_image_prepare(job->spec, job->host, cli_program(job->spec->arena, UNPACKER), err) : 0;
}

int cli_plan(struct cli_job *job, struct lw_err *err)
{
	int r = cli_prepare(job, err);
	return r < 0 ? r : lw_plan_build(job->spec, job->host, &job->plan, err);
}

void cli_job_done(struct cli_job *job)
{
	lw_plan_free(job->plan);
	lw_spec_free(job->spec);
	lw_eval_result_done(&job->eval);
	lw_host_free(job->host);
	*job = (struct cli_job){ 0 };
}
