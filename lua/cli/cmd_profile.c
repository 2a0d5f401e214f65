/* cmd_profile.c: `lunward profile`: what can be run by name, its text, and the keys a profile may have. Profiles are
 * only read here, never run. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "lua/cli/cli.h"
#include "schema.h"

#define PROFILE_MAX ((size_t)1024 * 1024)

/* The first comment, "-- web.lua: serves /srv/www", without the file's own name. */
static void summary(const char *text, const char *name, char *buf, size_t size)
{
	char prefix[300];
	*buf = 0;
	if (strncmp(text, "--", 2))
		return;
	text += 2 + strspn(text + 2, "- ");
	snprintf(prefix, sizeof prefix, "%s.lua:", name);
	if (!strncmp(text, prefix, strlen(prefix)))
		text += strlen(prefix) + strspn(text + strlen(prefix), " ");
	snprintf(buf, size, "%.*s", (int)strcspn(text, "\r\n"), text);
}

static bool listed(const json_t *list, const char *name)
{
	size_t i;
	const json_t *v;
	json_array_foreach(list, i, v) if (!strcmp(json_string_value(json_object_get(v, "name")), name)) return true;
	return false;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_profile(const struct dirent *e)
{
	size_t n = strlen(e->d_name);
	return n > 4 && e->d_name[0] != '.' && !strcmp(e->d_name + n - 4, ".lua");
}

/* An earlier directory's profile hides a later one of the same name, as in a search. */
static void add_dir(json_t *list, const char *dir)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_profile, by_name);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *text = NULL, *path = NULL;
		size_t len;
		char about[256] = "", name[256];
		snprintf(name, sizeof name, "%.*s", (int)strlen(entries[i]->d_name) - 4, entries[i]->d_name);
		if (!listed(list, name) && asprintf(&path, "%s/%s", dir, entries[i]->d_name) > 0 &&
		    lw_read_file(path, PROFILE_MAX, &text, &len) >= 0) {
			summary(text, name, about, sizeof about);
			json_array_append_new(list,
					      json_pack("{s:s,s:s,s:s}", "name", name, "path", path, "summary", about));
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static int list(struct cli *c, const char **dirs)
{
	json_t *profiles = json_array();
	for (; *dirs; dirs++)
		add_dir(profiles, *dirs);
	if (cli_is_data(c))
		return cli_print_data(c, json_pack("{s:o}", "profiles", profiles));
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	size_t n = json_array_size(profiles);
	_cleanup_free_ const char **cells = calloc(n * 3 + 1, sizeof *cells);
	for (size_t i = 0; i < n && cells; i++) {
		const json_t *p = json_array_get(profiles, i);
		cells[3 * i] = json_string_value(json_object_get(p, "name"));
		cells[3 * i + 1] = json_string_value(json_object_get(p, "summary"));
		cells[3 * i + 2] = json_string_value(json_object_get(p, "path"));
	}
	t.failed = !cells;
	if (cells)
		cli_table(&t, cells, n, 3);
	int code = cli_print(&t);
	json_decref(profiles);
	return code;
}

static int show(struct cli *c, const char **dirs, const char *word)
{
	struct lw_err err = { 0 };
	_cleanup_free_ char *text = NULL, *path = NULL;
	size_t n = strlen(word), len = 0;
	bool is_path = strchr(word, '/') || (n > 4 && !strcmp(word + n - 4, ".lua"));
	int r = -ENOENT;
	if (is_path) {
		path = strdup(word);
		r = path ? lw_read_file(path, PROFILE_MAX, &text, &len) : -ENOMEM;
	}
	for (; !is_path && *dirs && r == -ENOENT; dirs++) {
		free(path);
		path = NULL;
		r = asprintf(&path, "%s/%s.lua", *dirs, word) < 0 ? -ENOMEM
								  : lw_read_file(path, PROFILE_MAX, &text, &len);
	}
	if (r < 0) {
		lw_fail_as(&err, LW_ERR_USAGE, r, "profile '%s': %s", word, strerror(-r));
		lw_err_hint(&err, "`lunward profile list` names those that can be found");
		return cli_fail(&err);
	}
	if (cli_is_data(c))
		return cli_print_data(c, json_pack("{s:s,s:s}", "path", path, "text", text));
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	lw_text_addn(&t, text, len);
	return cli_print(&t);
}

/* The reference of all keys, or of one: the section of that name. docs/profiles.md is what this prints. */
static int keys(const char *key)
{
	_cleanup_(lw_text_done_p) struct lw_text all = { 0 }, one = { 0 };
	struct lw_err err = { 0 };
	if (lw_schema_markdown(&all) < 0) {
		lw_fail(&err, -ENOMEM, "out of memory");
		return cli_fail(&err);
	}
	if (!key)
		return cli_print(&all);
	struct lw_near near = { .word = key };
	for (size_t i = 0; i < lw_sandbox_schema.n; i++)
		lw_near_offer(&near, lw_sandbox_schema.fields[i].key);
	char heading[80];
	snprintf(heading, sizeof heading, "\n## %.64s\n", key);
	const char *start = lw_schema_field(&lw_sandbox_schema, key) ? strstr(all.buf, heading) : NULL;
	if (!start) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "a profile has no key '%s'", key);
		const char *dot = strchr(key, '.');
		if (dot && dot > key)
			lw_err_hint(&err, "`lunward profile keys %.*s` tells about all in it", (int)(dot - key), key);
		else if (near.best)
			lw_err_hint(&err, "did you mean \"%s\"?", near.best);
		else
			lw_err_hint(&err, "`lunward profile keys` tells about all");
		return cli_fail(&err);
	}
	const char *end = strstr(start + 1, "\n## ");
	lw_text_addn(&one, start + 1, end ? (size_t)(end - start - 1) : strlen(start + 1));
	return cli_print(&one);
}

int cli_cmd_profile(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	int code;
	bool is_list = c->n_words == 1 && !strcmp(c->words[0], "list");
	bool is_show = c->n_words == 2 && !strcmp(c->words[0], "show");
	if (c->n_words && c->n_words <= 2 && !strcmp(c->words[0], "keys"))
		return keys(c->n_words == 2 ? c->words[1] : NULL);
	if (!is_list && !is_show) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "profile: what about it?");
		lw_err_hint(&err, "lunward profile list, lunward profile show NAME, or lunward profile keys [KEY]");
		return cli_fail(&err);
	}
	if (cli_probe(c, &job, &err) < 0)
		return cli_fail(&err);
	const char **dirs = lw_profile_dirs(job.host->arena, job.host, c->profiles);
	if (!dirs) {
		lw_fail(&err, -ENOMEM, "out of memory");
		code = cli_fail(&err);
	} else {
		code = is_list ? list(c, dirs) : show(c, dirs, c->words[1]);
	}
	cli_job_done(&job);
	return code;
}
