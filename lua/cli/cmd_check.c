/* cmd_check.c: `lunward check`: every mistake that can be seen without running anything. A profile is right or wrong by
 * itself; what only this host refuses is a warning. */
#include <errno.h>
#include <linux/sched.h>
#include <stdint.h>
#include <stdio.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "ids_modes.h"
#include "lua/cli/cli.h"

struct findings {
	json_t *errors, *warnings; /* lists of cli_err_json objects */
	struct lw_text text;       /* the same for people, a line each */
};

static void add(struct findings *f, struct lw_err *err, bool warning)
{
	char line[sizeof *err + 64];
	if (err->file[0] && err->path[0])
		lw_eval_locate_key(err);
	json_array_append_new(warning ? f->warnings : f->errors, cli_err_json(err));
	lw_text_addf(&f->text, "%s%s\n", warning ? "warning: " : "", lw_err_format(err, line, sizeof line));
}

static void add_warning(void *arg, struct lw_origin at, const char *path, const char *msg)
{
	struct lw_err w = { 0 };
	if (!strcmp(path, "user")) /* rule_root_without_userns says it louder */
		return;
	lw_fail_as(&w, LW_ERR_POLICY, -EINVAL, "%s", msg);
	lw_err_at(&w, at);
	lw_err_in(&w, "%s", path);
	add(arg, &w, true);
}

/* The oldest rule there is: root inside must not be root outside. Such a sandbox runs when told to, but never passes.
 */
static void rule_root_without_userns(struct findings *f, const struct lw_spec *s)
{
	struct lw_err e = { 0 };
	bool root = s->user.name ? !strcmp(s->user.name, "root") : s->user.uid == 0;
	if (!root || s->namespaces.mode[LW_NS_USER] != LW_NS_HOST)
		return;
	lw_fail_as(&e, LW_ERR_POLICY, -EPERM, "root without a user namespace: uid 0 inside is uid 0 of the host");
	lw_err_hint(&e, "user = \"nobody\", or namespaces.user = \"new\"");
	lw_err_at(&e, s->namespaces.rec.origin);
	lw_err_at(&e, s->rec.origin);
	lw_err_in(&e, "namespaces.user");
	add(f, &e, false);
}

/* With the host's user namespace the capabilities are the host's, too; in one of its own they may be meant. */
static void rule_host_job(struct findings *f, const struct lw_spec *s)
{
	struct lw_err e = { 0 };
	if (lw_spec_host_job(s, &e))
		add(f, &e, s->namespaces.mode[LW_NS_USER] == LW_NS_NEW);
}

/* A path the profile names and this host lacks: it may be right elsewhere, so it is a warning. */
static void warn_absent(struct findings *f, struct lw_origin at, const char *key, size_t i, const char *path)
{
	struct lw_err w = { 0 };
	if (!access(path, F_OK) || errno != ENOENT)
		return;
	lw_fail_as(&w, LW_ERR_POLICY, -ENOENT, "'%s': %s", path, strerror(ENOENT));
	lw_err_hint(&w, "on this host");
	lw_err_at(&w, at);
	if (i < SIZE_MAX)
		lw_err_in(&w, "%s[%zu]", key, i);
	else
		lw_err_in(&w, "%s", key);
	add(f, &w, true);
}

/* Root's sandbox has ids of its own, to which the host's files belong to nobody: what is writable for the owner only
 * cannot be written through such a bind, as people find out by "Permission denied". */
static void warn_owner(struct findings *f, const struct lw_spec *s, const struct lw_host *host, size_t i)
{
	const struct lw_mount *m = &s->mounts.v[i];
	struct lw_err w = { 0 };
	struct stat st;
	if (!m->writable || m->idmap || m->chown || !lw_ids_leased(s, host) || stat(m->source, &st) < 0 ||
	    st.st_mode & S_IWOTH)
		return;
	lw_fail_as(&w, LW_ERR_POLICY, -EACCES, "'%s' belongs to nobody inside, which cannot write it", m->source);
	lw_err_hint(&w, "add idmap: owners inside are then those outside");
	lw_err_at(&w, m->rec.origin);
	lw_err_in(&w, "mounts[%zu]", i);
	add(f, &w, true);
}

/* What may be or hold a device. */
static int is_node(const struct dirent *e)
{
	bool here = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	return e->d_type == DT_CHR || e->d_type == DT_BLK || e->d_type == DT_UNKNOWN || (e->d_type == DT_DIR && !here);
}

/* A directory stands for the nodes in it, and one without any for nothing. */
static void warn_device_directory(struct findings *f, const struct lw_device *d, size_t i)
{
	struct lw_err w = { 0 };
	struct dirent **entries;
	int n = scandir(d->source, &entries, is_node, NULL);
	for (int k = 0; k < n; k++)
		free(entries[k]);
	if (n >= 0)
		free(entries);
	if (n)
		return;
	lw_fail_as(&w, LW_ERR_POLICY, -ENODEV, "no device is in '%s'", d->source);
	lw_err_hint(&w, "on this host");
	lw_err_at(&w, d->rec.origin);
	lw_err_in(&w, "devices[%zu]", i);
	add(f, &w, true);
}

/* The same of a device: what is not for everybody cannot be opened by who has other ids. */
static void warn_device_owner(struct findings *f, const struct lw_spec *s, size_t i)
{
	const struct lw_device *d = &s->devices.v[i];
	struct lw_err w = { 0 };
	struct stat st;
	if (stat(d->source, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode) && strcmp(d->source, "/dev") != 0)
		return warn_device_directory(f, d, i);
	if (s->ids.mode != LW_IDS_AUTO || s->namespaces.mode[LW_NS_USER] != LW_NS_NEW || S_ISDIR(st.st_mode) ||
	    st.st_mode & S_IROTH)
		return;
	lw_fail_as(&w, LW_ERR_POLICY, -EACCES, "'%s' belongs to nobody inside, which cannot open it", d->source);
	lw_err_hint(&w, "let others use it (chmod o+rw), or share the ids: namespaces.user = \"host\"");
	lw_err_at(&w, d->rec.origin);
	lw_err_in(&w, "devices[%zu]", i);
	add(f, &w, true);
}

static void warn_paths(struct findings *f, const struct lw_spec *s, const struct lw_host *host)
{
	if (s->root.kind == LW_ROOT_DIR && !s->root.image) /* of an image its preparation tells */
		warn_absent(f, s->root.rec.origin, "root", SIZE_MAX, s->root.path);
	for (size_t i = 0; i < s->mounts.n; i++)
		if (s->mounts.v[i].kind == LW_MOUNT_BIND && !s->mounts.v[i].optional)
			warn_absent(f, s->mounts.v[i].rec.origin, "mounts", i, s->mounts.v[i].source);
	for (size_t i = 0; i < s->mounts.n && host->uid == 0; i++)
		if (s->mounts.v[i].kind == LW_MOUNT_BIND)
			warn_owner(f, s, host, i);
	for (size_t i = 0; i < s->secrets.n; i++) {
		char key[128];
		snprintf(key, sizeof key, "secrets.%s", s->secrets.v[i].name);
		warn_absent(f, s->secrets.v[i].rec.origin, key, SIZE_MAX, s->secrets.v[i].file);
	}
	for (size_t i = 0; i < s->devices.n; i++) {
		warn_absent(f, s->devices.v[i].rec.origin, "devices", i, s->devices.v[i].source);
		if (host->uid == 0)
			warn_device_owner(f, s, i);
	}
}

/* With a newer kernel they are scoped without being asked for. */
static void warn_abstract_sockets(struct findings *f, const struct lw_spec *s, const struct lw_host *host)
{
	struct lw_err w = { 0 };
	if (s->network.kind != LW_NET_HOST || lw_landlock_can(host, LW_LANDLOCK_SCOPE) ||
	    lw_is_set(&s->landlock.rec, LW_LANDLOCK_SCOPE))
		return;
	lw_fail_as(&w, LW_ERR_POLICY, -EOPNOTSUPP, "the host's abstract sockets stay reachable");
	lw_err_hint(&w, "this kernel's Landlock cannot scope them; Linux 6.12 can");
	lw_err_at(&w, s->rec.origin);
	lw_err_in(&w, "network");
	add(f, &w, true);
}

static void check(struct cli *c, const char *file, struct lw_host *host, struct findings *f)
{
	struct cli_job job = { .host = host };
	struct lw_err err = { 0 };
	if (cli_load(c, file, &job, &err) < 0) {
		add(f, &err, false);
	} else {
		rule_root_without_userns(f, job.spec);
		rule_host_job(f, job.spec);
		lw_spec_warnings(job.spec, add_warning, f);
		warn_paths(f, job.spec, host);
		warn_abstract_sockets(f, job.spec, host);
		if (cli_plan(&job, &err) < 0) {
			bool here_only = err.cls != LW_ERR_POLICY;
			if (here_only && !err.hint[0])
				lw_err_hint(&err, "on this host");
			add(f, &err, here_only);
		}
	}
	job.host = NULL; /* the next file uses it */
	cli_job_done(&job);
}

int cli_cmd_check(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	if (!c->n_words) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "check: no file given");
		lw_err_hint(&err, "lunward check FILE...");
		return cli_fail(&err);
	}
	if (cli_probe(c, &job, &err) < 0)
		return cli_fail(&err);
	json_t *files = json_array();
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	bool bad = false;
	for (size_t i = 0; i < c->n_words; i++) {
		struct findings f = { .errors = json_array(), .warnings = json_array() };
		check(c, c->words[i], job.host, &f);
		bad |= json_array_size(f.errors) > 0;
		if (f.text.buf)
			lw_text_addn(&t, f.text.buf, f.text.len);
		else
			lw_text_addf(&t, "%s: ok\n", c->words[i]);
		t.failed |= f.text.failed;
		json_array_append_new(files, json_pack("{s:s,s:b,s:o,s:o}", "file", c->words[i], "ok",
						       json_array_size(f.errors) == 0, "errors", f.errors, "warnings",
						       f.warnings));
		lw_text_done(&f.text);
	}
	int code;
	if (cli_is_data(c)) {
		code = cli_print_data(c, json_pack("{s:o}", "files", files));
	} else {
		code = cli_print(&t);
		json_decref(files);
	}
	cli_job_done(&job);
	return code ? code : bad ? CLI_NO : CLI_OK;
}
