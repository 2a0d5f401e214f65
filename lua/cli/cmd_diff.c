/* cmd_diff.c: `lunward diff A B`: two profiles side by side. What differs is found by core/diff.h; here both are
 * loaded, planned for one and the same host, and the rows are told. */
#include "diff.h"
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "landlock_abi.h"
#include "lua/cli/cli.h"

/* A host that can enforce whatever is asked: what this one cannot is `check`'s news, and would hide differences. */
static struct lw_host able(const struct lw_host *h)
{
	struct lw_host able = *h;
	able.cgroup = (struct lw_cgroup_host){ .version = 2 };
	for (int i = 0; i < LW_CTL_COUNT; i++)
		able.cgroup.parent[i] = "/sys/fs/cgroup";
	able.swap_accounting = true;
	if (able.landlock_abi < LW_LANDLOCK_ABI_SCOPE)
		able.landlock_abi = LW_LANDLOCK_ABI_SCOPE;
	if (able.kernel_major < 6 || (able.kernel_major == 6 && able.kernel_minor < 12)) {
		able.kernel_major = 6;
		able.kernel_minor = 12;
	}
	return able;
}

static bool is_json(const char *word)
{
	size_t n = strlen(word);
	return n > 5 && strcmp(word + n - 5, ".json") == 0;
}

/* A profile, or a file that holds a spec, which has no parameters to set. */
static int load(struct cli *c, const char *word, struct cli_job *job, struct lw_err *err)
{
	struct cli as = *c;
	if (is_json(word)) {
		as.spec = word;
		as.n_params = 0;
	}
	int r = cli_load(&as, word, job, err);
	if (r < 0 && strcmp(err->path, "--spec") == 0)
		err->path[0] = '\0'; /* nobody wrote that option */
	return r;
}

static int words(const struct cli *c, struct lw_err *err)
{
	if (c->n_words == 2)
		return 0;
	if (c->n_words > 2)
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "diff: unexpected '%s' after two profiles", c->words[2]);
	else
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "diff: two profiles are needed");
	lw_err_hint(err, "lunward diff A B");
	return -EINVAL;
}

static const struct {
	const char *kind, *heading;
} headings[] = {
	{ "syscall", "System calls" },
	{ "capability", "Capabilities" },
	{ "network", "Network" },
	{ "namespace", "Namespaces" },
	{ "id", "Ids" },
	{ "file", "Files" },
	{ "device", "Devices" },
	{ "limit", "Limits" },
	{ "rlimit", "Limits of each process" },
	{ "hardening", "Hardening" },
	{ "setting", "Other keys" },
};

/* What stands behind the colon. Of a call, what the sign says already is left out: that it is allowed, or EPERM. */
static void tell_values(struct lw_text *t, const struct lw_diff_row *row)
{
	const char *a = row->a, *b = row->b;
	if (strcmp(row->kind, "syscall") == 0 && row->sign != LW_DIFF_OTHER) {
		a = NULL;
		if (strcmp(b, "allow") == 0 || strcmp(b, "errno EPERM") == 0)
			b = NULL;
	}
	if (a && b && strcmp(a, b) == 0)
		return; /* what could not be told apart */
	if (a && b)
		lw_text_addf(t, ": %s -> %s", a, b);
	else if (a || b)
		lw_text_addf(t, ": %s", a ? a : b);
}

static void tell(struct lw_text *t, const struct lw_diff *d)
{
	static const int signs[] = { LW_DIFF_MORE, LW_DIFF_LESS, LW_DIFF_OTHER };
	for (size_t h = 0; h < ARRAY_LEN(headings); h++) {
		bool begun = false;
		for (size_t k = 0; k < ARRAY_LEN(signs); k++) {
			for (size_t i = 0; i < d->n; i++) {
				const struct lw_diff_row *row = &d->v[i];
				if (row->sign != signs[k] || strcmp(row->kind, headings[h].kind) != 0)
					continue;
				if (!begun)
					lw_text_addf(t, "%s\n", headings[h].heading);
				begun = true;
				lw_text_addf(t, "  %c %s", "+-~"[k], row -> what);
				tell_values(t, row);
				lw_text_add(t, "\n");
			}
		}
	}
	if (!d->n)
		lw_text_add(t, "both allow the same\n");
}

static json_t *rows_of(const struct lw_diff *d, int sign)
{
	json_t *list = json_array();
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].sign == sign)
			json_array_append_new(list, json_pack("{s:s,s:s,s:s?,s:s?}", "kind", d->v[i].kind, "what",
							      d->v[i].what, "a", d->v[i].a, "b", d->v[i].b));
	return list;
}

static int show(const struct cli *c, const struct lw_diff *d)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	int code;
	if (cli_is_data(c)) {
		code = cli_print_data(c, json_pack("{s:o,s:o,s:o}", "more", rows_of(d, LW_DIFF_MORE), "less",
						   rows_of(d, LW_DIFF_LESS), "other", rows_of(d, LW_DIFF_OTHER)));
	} else {
		tell(&t, d);
		code = cli_print(&t);
	}
	return code ? code : d->n ? CLI_DIFFERS : CLI_OK;
}

/* An error of one of the two that does not say whose it is. */
static void blame(const char *word, struct lw_err *err)
{
	if (!err->file[0] && err->cls != LW_ERR_USAGE)
		lw_err_at(err, (struct lw_origin){ .file = word });
}

int cli_cmd_diff(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job jobs[2] = { { 0 }, { 0 } };
	struct lw_arena *arena = lw_arena_new();
	struct lw_host host;
	struct lw_diff d;
	int code = CLI_FAILED, r = arena ? words(c, &err) : lw_fail(&err, -ENOMEM, "out of memory");
	if (r >= 0)
		r = cli_probe(c, &jobs[0], &err);
	if (r >= 0) {
		host = able(jobs[0].host);
		jobs[1].host = jobs[0].host;
	}
	for (int i = 0; i < 2 && r >= 0; i++) {
		r = load(c, c->words[i], &jobs[i], &err);
		if (r >= 0)
			r = lw_plan_build(jobs[i].spec, &host, &jobs[i].plan, &err);
		if (r < 0)
			blame(c->words[i], &err);
	}
	if (r >= 0)
		r = lw_plan_diff(jobs[0].plan, jobs[1].plan, arena, &d, &err);
	code = r < 0 ? cli_fail(&err) : show(c, &d);
	jobs[1].host = NULL; /* one for both */
	cli_job_done(&jobs[1]);
	cli_job_done(&jobs[0]);
	lw_arena_free(arena);
	return code;
}
