/* supervision.c: see supervision.h. */
#include "lua/cli/supervision.h"
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "listen.h"
#include "schema.h"
#include "supervise/request.h"

const char *cli_program(struct lw_arena *a, const char *name)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	while (n > 0 && exe[n - 1] != '/')
		n--;
	const char *beside = n > 0 ? lw_arena_printf(a, "%.*s%s", (int)n, exe, name) : NULL;
	if (beside && !access(beside, X_OK))
		return beside;
	const char *installed = lw_arena_printf(a, LUNWARD_LIBEXEC "/%s", name);
	return installed && !access(installed, X_OK) ? installed : NULL;
}

static json_t *or_null(const char *s)
{
	return s && *s ? json_string(s) : json_null();
}

static json_t *request(const struct cli *c, const struct cli_job *job, const char *id)
{
	const char *parent = c->cgroup_parent ? c->cgroup_parent : getenv("LUNWARD_CGROUP_PARENT");
	return json_pack("{s:s,s:s,s:o,s:o}", "id", id, "state", job->host->state_dir, "cgroup_parent", or_null(parent),
			 "unpacker", or_null(cli_program(job->host->arena, "lunward-unpack")));
}

json_t *cli_supervision(const struct cli *c, const struct cli_job *job, const char *id)
{
	const struct lw_spec *s = job->spec;
	json_t *o = request(c, job, id);
	json_object_set_new(o, "name", json_string(s->name));
	json_object_set_new(
		o, "profile",
		json_pack("{s:s,s:s}", "path", s->profile_path ? s->profile_path : "", "sha256", job->eval.sha256));
	json_object_set_new(o, "privileged", json_boolean(s->privileged));
	json_object_set_new(o, "remove", json_boolean(c->remove));
	json_object_set_new(o, "denials", json_integer(c->denials));
	json_object_set_new(o, "interactive", json_boolean(c->interactive));
	json_object_set_new(o, "spec", lw_spec_to_json(s));
	return o;
}

json_t *cli_supervision_again(const struct cli *c, const struct cli_job *job, const struct lw_record *r)
{
	static const char *const kept[] = { "name",        "profile", "privileged", "remove",
					    "interactive", "denials", "started_by" };
	json_t *o = request(c, job, r->id), *v;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if ((v = json_object_get(r->data, kept[i])))
			json_object_set(o, kept[i], v);
	json_t *spec = lw_record_spec(r);
	if (!spec) /* the supervisor words it */
		json_object_set_new(o, "spec_error", json_integer(errno));
	json_object_set_new(o, "spec", spec);
	return o;
}

/* Sockets that we were handed, if the profile has a use for any. */
static bool inherits(const struct lw_spec *s)
{
	for (size_t i = 0; s && i < s->service.listen.n; i++)
		if (s->service.listen.v[i].inherit)
			return true;
	return false;
}

int cli_supervise_begin(const struct cli_job *job, json_t *asked, int *ret_fd, struct lw_err *err)
{
	struct lw_sockets inherited = { 0 };
	const char *program = cli_program(job->host->arena, LW_SUPERVISOR);
	if (!program) {
		lw_fail(err, -ENOENT, "there is no " LW_SUPERVISOR " beside this program, nor in " LUNWARD_LIBEXEC);
		lw_err_hint(err, "install it, or build it: cmake --build BUILD --target lunward_supervisor");
		return -ENOENT;
	}
	if (!asked)
		return lw_fail(err, -ENOMEM, "out of memory");
	if (inherits(job->spec))
		lw_sockets_inherited(job->host->environ_, &inherited);
	int r = lw_supervise_begin(program, job->host->state_fd, asked, &inherited, ret_fd, err);
	free(inherited.names);
	return r;
}

int cli_supervise(const struct cli_job *job, json_t *asked, struct lw_err *err)
{
	_cleanup_close_ int fd = -1;
	int r = cli_supervise_begin(job, asked, &fd, err);
	return r < 0 ? r : lw_supervise_answer(fd, err);
}
