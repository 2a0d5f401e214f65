/* cmd_exec.c: `lunward exec` and `shell`: one more command in a running sandbox. It is a run of the recorded spec with
 * every namespace joined instead of made: the same capabilities, filter, limits, ids and rules as the sandbox's own
 * command, which is why only what shapes a command may be overridden. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "apparmor.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "cgroup.h"
#include "lua/cli/detached.h"
#include "lua/cli/naming.h"
#include "lua/cli/overrides.h"
#include "supervise/privilege.h"
#include "lua/cli/run_loop.h"
#include "lua/cli/tty.h"
#include "sandbox.h"

/* What was made once and is joined now, and what is another command's business. */
static const char *const joined_keys[] = {
	"command",    "root",         "mounts",     "devices", "masked_paths", "readonly_paths",
	"secrets",    "hostname",     "domainname", "sysctls", "ids",          "network",
	"namespaces", "time_offsets", "init",       "timeout", "privileged",
};

/* Another one than ours: to be joined. */
static bool differs(pid_t pid, const char *file)
{
	char path[64], own[64];
	struct stat a, b;
	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, file);
	snprintf(own, sizeof own, "/proc/self/ns/%s", file);
	return stat(path, &a) < 0 || stat(own, &b) < 0 || a.st_ino != b.st_ino || a.st_dev != b.st_dev;
}

static json_t *way(pid_t pid, const char *file)
{
	return differs(pid, file) ? json_pack("{s:o}", "path", json_sprintf("/proc/%d/ns/%s", (int)pid, file))
				  : json_string("host");
}

/* The spec of a command in there. The process is held by a pidfd, so that its number is not another's meanwhile. */
static json_t *joining_spec(const struct lw_record *r, pid_t pid, struct lw_err *err)
{
	json_t *spec = lw_record_spec(r), *names = json_object();
	json_t *apparmor = json_object_get(spec, "apparmor");
	if (!json_is_object(spec) || json_object_get(spec, "selinux")) {
		lw_fail(err, -EOPNOTSUPP,
			json_is_object(spec) ? "a sandbox with SELinux labels takes no further command"
					     : "the record of this sandbox cannot be read");
		json_decref(spec);
		json_decref(names);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(joined_keys); i++)
		json_object_del(spec, joined_keys[i]);
	for (size_t i = 0; i < lw_namespace_table.n; i++) {
		const char *name = lw_namespace_table.v[i].name;
		if (strcmp(name, "net") != 0)
			json_object_set_new(names, name, way(pid, !strcmp(name, "mount") ? "mnt" : name));
	}
	json_object_set_new(spec, "namespaces", names);
	json_object_set_new(spec, "network", way(pid, "net"));
	/* The profile made for the sandbox is loaded under its name. */
	const char *profile =
		json_string_value(json_is_object(apparmor) ? json_object_get(apparmor, "profile") : apparmor);
	if (profile && !strcmp(profile, LW_APPARMOR_AUTO))
		json_object_set_new(spec, "apparmor", json_sprintf(LW_APPARMOR_PREFIX "%s", r->id));
	json_t *user = json_object_get(r->data, "user");
	if (user)
		json_object_set(spec, "user", user);
	return spec;
}

/* The sandbox's own cgroups are joined; their limits are what they are. */
static void join_cgroups(struct lw_plan *p, const char *id)
{
	unsigned gone = 0;
	size_t n = 0;
	for (size_t i = 0; i < p->n_ops; i++) {
		struct lw_op op = p->ops[i];
		bool keep = true;
		if (op.kind == LW_OP_CGROUP_MAKE) {
			const char *at = strstr(op.str[0], LW_PLAN_ID);
			op.str[0] = lw_arena_printf(p->arena, "%.*s%s", (int)(at ? at - op.str[0] : 0), op.str[0], id);
			op.num[3] = LW_CGROUP_JOIN;
			keep = op.str[0] && access(op.str[0], F_OK) == 0;
			if (!keep && op.num[1] < 32)
				gone |= 1u << op.num[1];
		} else if (op.kind == LW_OP_CGROUP_JOIN) {
			keep = op.num[0] >= 32 || !(gone & 1u << op.num[0]);
		} else if (op.kind == LW_OP_CGROUP_SET || op.kind == LW_OP_CGROUP_CPUSET ||
			   op.kind == LW_OP_CGROUP_IO || op.kind == LW_OP_CGROUP_DEVICES) {
			keep = false;
		}
		if (keep)
			p->ops[n++] = op;
	}
	p->n_ops = n;
}

static int set_command(const struct cli *c, json_t *spec, struct lw_err *err)
{
	json_t *command = json_array();
	for (size_t i = 0; i < c->n_command; i++)
		json_array_append_new(command, json_string(c->command[i]));
	if (!c->n_command && c->verb == &cli_verb_table[CLI_SHELL]) {
		json_array_append_new(command, json_string("/bin/sh"));
		json_object_set_new(spec, "terminal", json_true());
	}
	if (json_array_size(command)) {
		json_object_set_new(spec, "command", command);
		return 0;
	}
	json_decref(command);
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "no command to execute");
	lw_err_hint(err, "after --: lunward exec %s -- COMMAND; or lunward shell %s", c->words[0], c->words[0]);
	return -EINVAL;
}

static int prepare(struct cli *c, struct cli_job *job, struct lw_record *r, struct lw_err *err)
{
	_cleanup_close_ int pidfd = -1;
	pid_t pid = 0;
	if (!lw_record_runs(r) || lw_record_process(r, "command", &pid, &pidfd) < 0)
		return lw_fail_as(err, LW_ERR_USAGE, -ESRCH, "%s is not running", c->words[0]);
	json_t *spec = joining_spec(r, pid, err);
	int n = spec ? set_command(c, spec, err) : -EOPNOTSUPP;
	if (n >= 0)
		n = cli_override(c, job->host, spec, &job->spec, err);
	json_decref(spec);
	if (n >= 0)
		n = lw_spec_check(job->spec, err);
	if (n < 0)
		return n;
	job->host->tty_fds = cli_tty_fds();
	n = lw_plan_build(job->spec, job->host, &job->plan, err);
	if (n >= 0)
		join_cgroups(job->plan, r->id);
	return n;
}

int cli_cmd_exec(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	struct lw_sandbox *sandbox = NULL;
	struct lw_status status = { 0 };
	struct lw_launch_options o = { .stdio = { 0, 1, 2 } };
	struct cli_tty tty;
	int signals = -1, code, r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0)
		r = prepare(c, &job, &rec, &err);
	if (r >= 0)
		r = cli_signals_open(&signals, &err);
	if (r >= 0)
		r = lw_launch(job.plan, &o, &sandbox, &err);
	if (r >= 0) {
		lw_privilege_shed(job.plan);
		cli_tty_begin(&tty, lw_sandbox_pty(sandbox), (unsigned)job.plan->terminal_fds);
		r = cli_run_loop(sandbox, signals, &tty, job.spec->timeout, &status, &err);
	}
	if (r < 0)
		cli_blame_option(c, &err);
	code = r < 0 ? cli_fail(&err) : status.timed_out ? CLI_TIMEOUT : status.code;
	lw_sandbox_close(sandbox);
	lw_close_p(&signals);
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
