/* cmd_export.c: `lunward export`: a part of a profile in the words of other tools, a format a row. What is exported is
 * worked out from the checked spec, so that it says what a run would hold. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "apparmor.h"
#include "base/cleanup.h"
#include "lua/cli/cli.h"
#include "lua/cli/overrides.h"
#include "schema.h"
#include "seccomp_oci.h"

static int export_seccomp(const struct lw_spec *s, struct lw_text *t, struct lw_err *err)
{
	json_t *doc = NULL;
	int r = lw_seccomp_export(&s->seccomp, s->capabilities.set[LW_CAP_BOUNDING], &doc, err);
	if (r < 0) {
		lw_err_in(err, "seccomp");
		lw_err_at(err, s->seccomp.rec.origin);
		return r;
	}
	_cleanup_free_ char *text = json_dumps(doc, LW_JSON_DUMP_FLAGS);
	json_decref(doc);
	if (!text)
		return lw_fail(err, -ENOMEM, "out of memory");
	lw_text_addf(t, "%s\n", text);
	return t->failed ? lw_fail(err, -ENOMEM, "out of memory") : 0;
}

static int export_apparmor(const struct lw_spec *s, struct lw_text *t, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text name = { 0 };
	if (strcmp(s->apparmor.profile, LW_APPARMOR_AUTO))
		lw_text_add(&name, s->apparmor.profile);
	else
		lw_text_addf(&name, LW_APPARMOR_PREFIX "%s", s->name);
	if (name.failed || lw_apparmor_text(s, name.buf, t) < 0)
		return lw_fail(err, -ENOMEM, "out of memory");
	return 0;
}

static const struct {
	enum cli_format format;
	const char *name;
	int (*fn)(const struct lw_spec *s, struct lw_text *t, struct lw_err *err);
} formats[] = {
	{ CLI_SECCOMP, "seccomp", export_seccomp },
	{ CLI_APPARMOR, "apparmor", export_apparmor },
};

static int which(const struct cli *c, size_t *ret, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text known = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if ((int)formats[i].format == c->format) {
			*ret = i;
			return 0;
		}
		lw_text_addf(&known, "%s--format %s", i ? ", " : "", formats[i].name);
	}
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "export: in which format?");
	lw_err_hint(err, "%s", known.buf ? known.buf : "");
	return -EINVAL;
}

int cli_cmd_export(struct cli *c)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	const char *profile;
	size_t i;
	int r = which(c, &i, &err);
	if (r >= 0)
		r = cli_profile_word(c, &profile, &err);
	if (r >= 0)
		r = cli_load(c, profile, &job, &err);
	if (r >= 0 && (r = formats[i].fn(job.spec, &t, &err)) < 0)
		cli_blame_option(c, &err);
	int code = r < 0 ? cli_fail(&err) : cli_print(&t);
	cli_job_done(&job);
	return code;
}
