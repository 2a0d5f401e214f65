/* cmd_chown.c: `lunward chown`: gives a tree to a sandbox's ids once and for all, as a bind's `chown` does at every
 * start. Whose the ids are is the plan's business; what may be changed is core/chown*.c's. */
#include <errno.h>
#include <linux/sched.h>
#include "base/cleanup.h"
#include "chown.h"
#include "ids_modes.h"
#include "lua/cli/acts.h"
#include "lua/cli/cli.h"
#include "lua/cli/options.h"
#include "mount_text.h"

/* The profile and the directories: --profile P DIR..., or PROFILE DIR... */
static int words(const struct cli *c, const char **ret_profile, size_t *ret_first, struct lw_err *err)
{
	*ret_first = c->profile || c->spec ? 0 : 1;
	*ret_profile = c->profile ? c->profile : *ret_first && c->n_words ? c->words[0] : NULL;
	if (c->profile && c->spec)
		return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "--profile and --spec: one of them says whose ids");
	if (c->n_words > *ret_first)
		return 0;
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "chown: %s", c->n_words ? "no directory given" : "nothing given");
	lw_err_hint(err, "lunward chown PROFILE DIR...");
	return -EINVAL;
}

/* The id outside; `none` for one that is not mapped. */
static uint32_t outside(const struct lw_idmaps *m, uint32_t id, uint32_t none)
{
	for (size_t i = 0; i < m->n; i++)
		if (id >= m->v[i].inside && id - m->v[i].inside < m->v[i].count)
			return m->v[i].outside + (id - m->v[i].inside);
	return none;
}

static bool to_one_user(const struct cli *c)
{
	for (size_t i = 0; i < c->n_uses; i++)
		if (c->uses[i].option->layer == cli_set_user)
			return true;
	return false;
}

/* Whose the files are to be: shifted by the maps, or with --user all of them that user's. */
static int target(const struct cli *c, const struct lw_plan *p, struct lw_chown *ret, struct lw_err *err)
{
	bool shared = !(p->clone_flags & CLONE_NEWUSER), to_user = to_one_user(c);
	if (lw_ids_leased(p->spec, p->host)) {
		lw_fail(err, -EINVAL,
			"the sandbox has other ids in every run: the files would be right for none of them");
		lw_err_hint(err,
			    "set ids = { uid = {{0, 60000, 65536}}, gid = ... }, or say idmap or chown on the bind");
	} else if (shared && !to_user) {
		lw_fail(err, -EINVAL, "the ids inside are the host's: there is nothing to change");
		lw_err_hint(err, "--user gives everything to one user");
	} else {
		*ret = (struct lw_chown){ .cross_mounts = c->cross_mounts };
		if (to_user) {
			ret->uid = outside(&p->uid_map, p->uid, p->uid);
			ret->gid = outside(&p->gid_map, p->gid, p->gid);
			ret->root = outside(&p->uid_map, 0, shared ? 0 : ret->uid);
		} else {
			ret->uid_map = &p->uid_map;
			ret->gid_map = &p->gid_map;
		}
		return 0;
	}
	lw_err_at(err, p->spec->ids.rec.origin);
	lw_err_at(err, p->spec->rec.origin);
	lw_err_in(err, "ids");
	return -EINVAL;
}

/* Names in the tree are a stranger's: bytes that are no text, and worse for a terminal. */
static json_t *name(const char *s)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	lw_text_add_json(&t, s);
	return t.failed ? NULL : json_loads(t.buf, JSON_DECODE_ANY, NULL);
}

static int reown(const struct lw_host *h, const char *word, struct lw_chown *c, json_t *trees, struct lw_err *err)
{
	_cleanup_free_ char *path = lw_path_normalise(word, h->cwd);
	_cleanup_close_ int fd = -1;
	if (!path)
		return lw_fail(err, -EINVAL, "'%s' is not a path", word);
	int r = lw_chown_open(path, &fd, err);
	if (r >= 0)
		r = lw_chown_tree(fd, path, c, err);
	if (r < 0)
		return r;
	json_array_append_new(trees, json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "path", name(path), "entries",
					       (json_int_t)c->entries, "changed", (json_int_t)c->changed, "unmapped",
					       (json_int_t)c->unmapped, "linked", (json_int_t)c->linked, "busy",
					       (json_int_t)c->busy, "devices", (json_int_t)c->devices, "mounts",
					       (json_int_t)c->mounts, "first_left", name(c->left)));
	return 0;
}

static void tell(struct lw_text *t, const json_t *tree)
{
	static const struct {
		const char *key, *what;
	} left[] = {
		{ "unmapped", "of owners that the ids do not map" },
		{ "linked", "with names outside of the tree" },
		{ "busy", "that changed all the time" },
		{ "devices", "device nodes" },
		{ "mounts", "mounts, not entered (--cross-mounts)" },
	};
	const char *first = json_string_value(json_object_get(tree, "first_left"));
	lw_text_addf(t, "%s: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " changed\n",
		     json_string_value(json_object_get(tree, "path")),
		     json_integer_value(json_object_get(tree, "changed")),
		     json_integer_value(json_object_get(tree, "entries")));
	for (size_t i = 0; i < ARRAY_LEN(left); i++) {
		json_int_t n = json_integer_value(json_object_get(tree, left[i].key));
		if (n)
			lw_text_addf(t, "  left alone: %" JSON_INTEGER_FORMAT " %s\n", n, left[i].what);
	}
	if (first && *first) {
		lw_text_add(t, "  the first: ");
		lw_text_add_json(t, first);
		lw_text_add(t, "\n");
	}
}

static int show(const struct cli *c, json_t *trees)
{
	if (cli_is_data(c))
		return cli_print_data(c, json_pack("{s:O}", "trees", trees));
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	for (size_t i = 0; i < json_array_size(trees); i++)
		tell(&t, json_array_get(trees, i));
	return cli_print(&t);
}

int cli_cmd_chown(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_chown ch;
	json_t *trees = json_array();
	const char *profile;
	size_t first;
	bool left = false;
	int r = words(c, &profile, &first, &err);
	if (r >= 0)
		r = cli_load(c, profile, &job, &err);
	if (r >= 0 && (r = cli_plan(&job, &err)) < 0)
		cli_blame_option(c, &err);
	if (r >= 0)
		r = target(c, job.plan, &ch, &err);
	for (size_t i = first; i < c->n_words && r >= 0; i++) {
		r = reown(job.host, c->words[i], &ch, trees, &err);
		left |= r >= 0 && (ch.unmapped || ch.linked || ch.busy);
	}
	cli_act(c, &job, cli_event_of_job(&job, NULL), r < 0 ? &err : NULL);
	/* What was done is said, though what came after failed. */
	int code = json_array_size(trees) ? show(c, trees) : CLI_OK;
	if (r < 0)
		code = cli_fail(&err);
	json_decref(trees);
	cli_job_done(&job);
	return code ? code : left ? CLI_NO : CLI_OK;
}
