/* cmd_inspect.c: `lunward inspect`: all about one detached sandbox, as JSON; or one value of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "box/box.h"
#include "lua/cli/detached.h"

/* What people ask docker for, in its templates. */
static const struct {
	const char *theirs, *ours;
} templates[] = {
	{ ".State.Pid", "pid" },
	{ ".State.Status", "state" },
	{ ".State.StartedAt", "started_at" },
	{ ".State.FinishedAt", "ended_at" },
	{ ".State.ExitCode", "code" },
	{ ".State.OOMKilled", "oom" },
	{ ".State.Paused", "state" },
	{ ".State.Running", "state" },
	{ ".Id", "id" },
	{ ".ID", "id" },
	{ ".Name", "name" },
	{ ".Created", "started_at" },
	{ ".HostConfig.Memory", "limits.memory" },
	{ ".HostConfig.PidsLimit", "limits.pids" },
	{ ".HostConfig.Privileged", "privileged" },
	{ ".HostConfig.CapAdd", "capabilities.effective" },
	{ ".NetworkSettings.IPAddress", "network.interfaces.0.addresses.0" },
	{ ".NetworkSettings.MacAddress", "network.interfaces.0.mac" },
	{ ".Config.Env", "spec.env" },
	{ ".Config.Cmd", "spec.command" },
	{ ".Config.Labels", "spec.labels" },
	{ ".Config.User", "spec.user" },
	{ ".Mounts", "spec.mounts" },
};

static const char *of_template(const char *path)
{
	const char *from = strstr(path, "{{");
	if (!from)
		return NULL;
	from += 2;
	from += strspn(from, " ");
	size_t n = strcspn(from, " }");
	for (size_t i = 0; i < ARRAY_LEN(templates); i++)
		if (strlen(templates[i].theirs) == n && !strncmp(templates[i].theirs, from, n))
			return templates[i].ours;
	return NULL;
}

/* "cgroup.paths.pids", "capabilities.effective.0". */
static json_t *follow(json_t *o, const char *path)
{
	char key[256];
	int64_t i;
	while (o && *path) {
		size_t n = strcspn(path, ".");
		snprintf(key, sizeof key, "%.*s", (int)n, path);
		if (json_is_array(o))
			o = lw_parse_i64(key, &i) == 0 && i >= 0 ? json_array_get(o, (size_t)i) : NULL;
		else
			o = json_object_get(o, key);
		path += n + (path[n] == '.');
	}
	return o;
}

static int print_field(json_t *o, const char *path, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	json_t *v = follow(o, path);
	if (!v) {
		lw_fail_as(err, LW_ERR_USAGE, -ENOENT, "inspect has no \"%s\"", path);
		if (of_template(path))
			lw_err_hint(err, "a dotted path, not a template: -f %s", of_template(path));
		else
			lw_err_hint(err, strstr(path, "{{")
						 ? "a dotted path, not a template: -f pid, -f cgroup.paths.pids"
						 : "`lunward inspect` without -f prints all");
		return cli_fail(err);
	}
	if (json_is_string(v)) {
		lw_text_addf(&t, "%s\n", json_string_value(v));
	} else {
		_cleanup_free_ char *s = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
		lw_text_addf(&t, "%s\n", s ? s : "");
	}
	return cli_print(&t);
}

int cli_cmd_inspect(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int code, r = cli_find_sandbox(c, &job, &rec, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else {
		json_t *o = lw_box_inspect(&rec);
		if (c->field) {
			code = print_field(o, c->field, &err);
			json_decref(o);
		} else {
			code = cli_print_data(c, o);
		}
	}
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
