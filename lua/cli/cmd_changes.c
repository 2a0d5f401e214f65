/* cmd_changes.c: `lunward changes`, `commit` and `discard`: what the overlays of a profile caught in the directories
 * that keep it, applied to the directories they lie over, or dropped. */
#include <errno.h>
#include <linux/sched.h>
#include <string.h>
#include "base/cleanup.h"
#include "changes.h"
#include "lua/cli/acts.h"
#include "lua/cli/cli.h"
#include "lua/cli/detached.h"
#include "overlay.h"
#include "root_layout.h"

static const char letters[] = { [LW_CHANGE_ADDED] = 'A', [LW_CHANGE_CHANGED] = 'C', [LW_CHANGE_DELETED] = 'D' };

static const char *kind_word(int kind)
{
	return kind == LW_CHANGE_ADDED ? "added" : kind == LW_CHANGE_CHANGED ? "changed" : "deleted";
}

static const char *type_word(mode_t mode)
{
	return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "link" : "other";
}

/* What a verb is about: one overlay after the other, with the paths named on the command line, as they are inside. */
struct job {
	struct cli *c;
	struct cli_job load;
	const struct lw_overlay_plan *over; /* the one at hand */
	struct lw_changes changes;
	bool *met; /* by word: something was there */
	struct lw_text text;
	json_t *list;
	size_t done;
};

/* Is `path` at or below `top`, both as they are inside? */
static bool within(const char *path, const char *top)
{
	size_t n = strlen(top);
	while (n > 1 && top[n - 1] == '/')
		n--;
	return n == 1 || (strncmp(path, top, n) == 0 && (!path[n] || path[n] == '/'));
}

/* Named on the command line, or a new directory on the way to something named. */
static bool chosen(struct job *j, const struct lw_change *change, const char *inside)
{
	bool yes = j->c->n_words < 2;
	for (size_t i = 1; i < j->c->n_words; i++) {
		bool hit = within(inside, j->c->words[i]);
		j->met[i] = j->met[i] || hit;
		yes = yes || hit || (S_ISDIR(change->st.st_mode) && within(j->c->words[i], inside));
	}
	return yes;
}

static int tell(struct job *j, const struct lw_change *change, const char *inside, struct lw_err *err)
{
	(void)err;
	if (cli_is_data(j->c))
		return json_array_append_new(j->list, json_pack("{s:s,s:s,s:s,s:I}", "kind", kind_word(change->kind),
								"path", inside, "type", type_word(change->st.st_mode),
								"size_bytes", (json_int_t)change->st.st_size)) < 0
			       ? lw_fail(err, -ENOMEM, "out of memory: '%s' (is the name UTF-8?)", inside)
			       : 0;
	/* Names are a stranger's: what would act on the terminal is escaped. */
	bool plain = true;
	for (const char *p = inside; *p; p++)
		plain = plain && (unsigned char)*p >= ' ' && *p != 0x7f;
	lw_text_addf(&j->text, "%c ", letters[change->kind]);
	if (plain)
		lw_text_add(&j->text, inside);
	else
		lw_text_add_json(&j->text, inside);
	lw_text_add(&j->text, "\n");
	return 0;
}

static int commit(struct job *j, const struct lw_change *change, const char *inside, struct lw_err *err)
{
	int r = lw_change_commit(&j->changes, change, err);
	if (r == 1)
		cli_warn("%s: neither file, directory, link nor FIFO; left where it is", inside);
	j->done += r == 0;
	return r < 0 ? r : 0;
}

/* Each change of the overlay at hand that is chosen. */
static int each(struct job *j,
		int (*fn)(struct job *j, const struct lw_change *change, const char *inside, struct lw_err *err),
		struct lw_err *err)
{
	int r = 0;
	for (size_t i = 0; i < j->changes.n && r >= 0; i++) {
		_cleanup_(lw_text_done_p) struct lw_text inside = { 0 };
		lw_text_addf(&inside, "%s/%s", j->over->inside, j->changes.v[i].path);
		if (inside.failed)
			return lw_fail(err, -ENOMEM, "out of memory");
		if (chosen(j, &j->changes.v[i], inside.buf))
			r = fn(j, &j->changes.v[i], inside.buf, err);
	}
	return r;
}

/* What is dropped: the whole layer, or the named paths that lie in it. */
static int discard(struct job *j, struct lw_err *err)
{
	size_t n = strlen(j->over->inside);
	int r = 0;
	if (j->c->n_words < 2) {
		j->done += j->changes.n;
		return j->changes.upper < 0 ? 0 : lw_changes_discard(&j->changes, "", err);
	}
	for (size_t i = 1; i < j->c->n_words && r >= 0; i++) {
		const char *word = j->c->words[i];
		bool whole = n && within(j->over->inside, word);
		if ((!whole && !within(word, n ? j->over->inside : "/")) || j->changes.upper < 0)
			continue;
		const char *path = whole ? "" : word + n;
		while (*path == '/')
			path++;
		r = lw_changes_discard(&j->changes, path, err);
		j->met[i] = j->met[i] || r == 0;
		j->done += r == 0;
		if (r == -ENOENT && err)
			*err = (struct lw_err){ 0 }, r = 0;
	}
	return r;
}

static int act(struct job *j, struct lw_err *err)
{
	bool only_look = j->c->verb == &cli_verb_table[CLI_CHANGES];
	const struct lw_root *root = &j->load.spec->root;
	if (j->c->verb == &cli_verb_table[CLI_COMMIT] && root->image && j->over->lower == root->path) {
		lw_fail_as(err, LW_ERR_POLICY, -EROFS, "an image is never written to");
		lw_err_hint(err, "keep the changes where they are, or make a new image of both");
		return -EROFS;
	}
	int flags = (only_look ? 0 : LW_CHANGES_HOLD) |
		    ((j->load.plan->clone_flags & CLONE_NEWUSER) ? LW_CHANGES_USER : 0) |
		    (j->c->verb == &cli_verb_table[CLI_DISCARD] ? LW_CHANGES_PART : 0);
	int r = lw_changes_open(j->over->upper, j->over->lower, flags, &j->changes, err);
	if (r < 0)
		return r;
	if (only_look) {
		r = each(j, tell, err);
	} else if (j->c->verb == &cli_verb_table[CLI_DISCARD]) {
		r = discard(j, err);
	} else {
		r = each(j, commit, err);
		if (r >= 0)
			r = lw_changes_prune(&j->changes, err);
	}
	lw_changes_done(&j->changes);
	return r;
}

static int all(struct job *j, struct lw_err *err)
{
	const struct lw_root_layout *l = j->load.plan->layout;
	size_t kept = 0;
	int r = 0;
	for (size_t i = 0; i < l->n_overlays && r >= 0; i++) {
		j->over = &l->overlays[i];
		if (!j->over->upper)
			continue;
		kept++;
		r = act(j, err);
		if (r < 0) {
			lw_err_at(err, j->over->rec->origin);
			lw_err_in(err, "%s", j->over->key);
		}
	}
	if (r >= 0 && !kept) {
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: no overlay of this profile keeps what is changed",
			   j->c->words[0]);
		lw_err_hint(err, "give one an upper directory: overlay = { upper = \"/srv/…\" }");
		return -EINVAL;
	}
	for (size_t i = 1; i < j->c->n_words && r >= 0; i++)
		if (!j->met[i])
			r = lw_fail(err, -ENOENT, "%s: nothing is changed there", j->c->words[i]);
	return r;
}

static int usage(const struct cli *c, struct lw_err *err)
{
	if (!c->n_words) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "%s: no profile given", c->verb->name);
		lw_err_hint(err, "lunward %s %s", c->verb->name, c->verb->synopsis);
		return -EINVAL;
	}
	for (size_t i = 1; i < c->n_words; i++) {
		if (c->words[i][0] == '/')
			continue;
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "'%s' is not an absolute path", c->words[i]);
		lw_err_hint(err, "paths are those that the sandbox sees");
		return -EINVAL;
	}
	return 0;
}

int cli_cmd_changes(struct cli *c)
{
	struct lw_err err = { 0 };
	struct job j = { .c = c, .changes = { .upper = -1, .lower = -1 }, .list = json_array() };
	_cleanup_free_ bool *met = calloc(c->n_words + 1, sizeof *met);
	int code = CLI_OK, r = met ? usage(c, &err) : lw_fail(&err, -ENOMEM, "out of memory");
	j.met = met;
	if (r >= 0)
		r = cli_load_known(c, c->words[0], &j.load, &err);
	if (r >= 0)
		r = cli_plan(&j.load, &err);
	if (r >= 0)
		r = all(&j, &err);
	if (c->verb != &cli_verb_table[CLI_CHANGES])
		cli_act(c, &j.load, cli_event_of_job(&j.load, NULL), r < 0 ? &err : NULL);
	if (r < 0) {
		code = cli_fail(&err);
		json_decref(j.list);
	} else if (c->verb != &cli_verb_table[CLI_CHANGES]) {
		if (cli_is_data(c))
			code = cli_print_data(c, json_pack("{s:I}", "done", (json_int_t)j.done));
		json_decref(j.list);
	} else if (cli_is_data(c)) {
		code = cli_print_data(c, json_pack("{s:o}", "changes", j.list));
	} else {
		json_decref(j.list);
		code = cli_print(&j.text);
	}
	lw_text_done(&j.text);
	cli_job_done(&j.load);
	return code;
}
