/* cmd_inspect.c: `lunward inspect`, `stats` and `update`: one detached sandbox from outside, as the kernel has it now.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "cgroup.h"
#include "lua/cli/acts.h"
#include "lua/cli/detached.h"
#include "lua/cli/overrides.h"
#include "schema.h"

static const char *dir_of(const struct lw_record *r, const char *controller)
{
	return json_string_value(
		json_object_get(json_object_get(json_object_get(r->data, "cgroup"), "paths"), controller));
}

static json_t *namespaces(pid_t pid)
{
	json_t *o = json_object();
	for (size_t i = 0; i < lw_namespace_table.n; i++) {
		char path[64];
		struct stat st;
		const char *name = lw_namespace_table.v[i].name;
		snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, !strcmp(name, "mount") ? "mnt" : name);
		if (pid > 0 && stat(path, &st) == 0)
			json_object_set_new(o, name, json_integer((json_int_t)st.st_ino));
	}
	return o;
}

static json_t *id_map(pid_t pid, const char *file)
{
	json_t *list = json_array();
	_cleanup_free_ char *text = NULL;
	char path[64];
	size_t n;
	unsigned inside, outside, count;
	int used;
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	if (pid <= 0 || lw_read_file(path, 65536, &text, &n) < 0)
		return list;
	for (const char *p = text; sscanf(p, "%u %u %u%n", &inside, &outside, &count, &used) == 3; p += used)
		json_array_append_new(list,
				      json_pack("[I,I,I]", (json_int_t)inside, (json_int_t)outside, (json_int_t)count));
	return list;
}

/* A line of /proc/PID/status as a number in `base`. */
static bool status_number(const char *status, const char *key, int base, uint64_t *ret)
{
	const char *line = status ? strstr(status, key) : NULL;
	if (!line)
		return false;
	*ret = strtoull(line + strlen(key), NULL, base);
	return true;
}

static json_t *capabilities(const char *status)
{
	static const char *const sets[][2] = { { "bounding", "\nCapBnd:" },
					       { "effective", "\nCapEff:" },
					       { "permitted", "\nCapPrm:" },
					       { "inheritable", "\nCapInh:" },
					       { "ambient", "\nCapAmb:" } };
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		uint64_t mask = 0;
		json_t *names = json_array();
		if (status_number(status, sets[i][1], 16, &mask))
			for (int c = 0; c < 64; c++)
				if (mask & UINT64_C(1) << c && lw_names_name(&lw_capability_table, c))
					json_array_append_new(names,
							      json_string(lw_names_name(&lw_capability_table, c)));
		json_object_set_new(o, sets[i][0], names);
	}
	return o;
}

static json_t *or_null(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);
	return v ? json_incref(v) : json_null();
}

static json_t *inspect(struct lw_record *r)
{
	_cleanup_free_ char *status = NULL;
	char path[64];
	size_t n;
	pid_t pid = 0, supervisor = 0;
	uint64_t mode = 0, filters = 0;
	bool runs = lw_record_runs(r) && lw_record_process(r, "command", &pid, NULL) >= 0;
	lw_record_process(r, "supervisor", &supervisor, NULL);
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	if (runs)
		(void)lw_read_file(path, 65536, &status, &n);
	status_number(status, "\nSeccomp:", 10, &mode);
	status_number(status, "\nSeccomp_filters:", 10, &filters);
	const char *state = lw_record_state(r); /* which may read the record again */
	const json_t *d = r->data;
	json_auto_t *spec = lw_record_spec(r);
	json_t *o = json_pack("{s:o,s:s,s:o,s:s}", "schema_version", or_null(d, "schema_version"), "id", r->id, "name",
			      or_null(d, "name"), "state", state);
	json_object_set_new(o, "pid", pid ? json_integer(pid) : json_null());
	json_object_set_new(o, "supervisor_pid", supervisor ? json_integer(supervisor) : json_null());
	json_object_set_new(o, "started_at", or_null(d, "started_at"));
	json_object_set_new(o, "profile", or_null(d, "profile"));
	json_object_set_new(o, "privileged", or_null(d, "privileged"));
	json_object_set_new(o, "cgroup", or_null(d, "cgroup"));
	json_object_set_new(o, "namespaces", namespaces(pid));
	json_object_set_new(
		o, "ids", json_pack("{s:o,s:o}", "uid_map", id_map(pid, "uid_map"), "gid_map", id_map(pid, "gid_map")));
	json_object_set_new(o, "capabilities", capabilities(status));
	json_object_set_new(o, "seccomp",
			    json_pack("{s:I,s:I}", "mode", (json_int_t)mode, "filters", (json_int_t)filters));
	json_object_set_new(o, "network", json_pack("{s:[]}", "interfaces"));
	json_object_set_new(o, "limits", or_null(spec, "limits"));
	static const char *const watched[] = { "ready", "health", "status", "restarts" };
	for (size_t i = 0; i < ARRAY_LEN(watched); i++)
		json_object_set_new(o, watched[i], or_null(d, watched[i]));
	static const char *const ends[] = { "error", "ended_at", "code", "signal", "timed_out", "oom" };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (json_object_get(d, ends[i]))
			json_object_set(o, ends[i], json_object_get(d, ends[i]));
	json_object_set(o, "spec", spec ? spec : json_null());
	return o;
}

/* "cgroup.paths.pids", "capabilities.effective.0". */
static json_t *follow(json_t *o, const char *path)
{
	char key[256];
	while (o && *path) {
		size_t n = strcspn(path, ".");
		snprintf(key, sizeof key, "%.*s", (int)n, path);
		o = json_is_array(o) ? json_array_get(o, strtoul(key, NULL, 10)) : json_object_get(o, key);
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
		lw_err_hint(err, strstr(path, "{{") ? "a dotted path, not a template: -f pid, -f cgroup.paths.pids"
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
		json_t *o = inspect(&rec);
		if (c->field) {
			code = print_field(o, c->field, &err);
			json_decref(o);
		} else {
			code = cli_print_json(o);
		}
	}
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}

/* --- stats --- */

static void set_number(json_t *o, const char *key, const char *dir, const char *v1, const char *v2)
{
	int64_t n;
	if (dir && ((v1 && lw_cgroup_get(dir, v1, &n) >= 0) || (v2 && lw_cgroup_get(dir, v2, &n) >= 0)) && n >= 0 &&
	    n < INT64_C(0x7ffffffffffff000))
		json_object_set_new(o, key, json_integer(n));
	else
		json_object_set_new(o, key, json_null());
}

/* Processes, where pids.current counts tasks: threads too (docker's column says otherwise). */
static void set_processes(json_t *o, const char *dir)
{
	_cleanup_free_ char *text = NULL;
	char path[4096];
	size_t n;
	json_int_t lines = 0;
	if (!dir || snprintf(path, sizeof path, "%s/cgroup.procs", dir) >= (int)sizeof path ||
	    lw_read_file(path, (size_t)4 << 20, &text, &n) < 0) {
		json_object_set_new(o, "processes", json_null());
		return;
	}
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	json_object_set_new(o, "processes", json_integer(lines));
}

static void set_cpu(json_t *o, const struct lw_record *r)
{
	int64_t n;
	const char *cpu = dir_of(r, "cpu");
	double seconds = -1;
	if (cpu && lw_cgroup_get_key(cpu, "cpu.stat", "usage_usec", &n) >= 0)
		seconds = (double)n / 1e6;
	else if (cpu && lw_cgroup_get(cpu, "cpuacct.usage", &n) >= 0)
		seconds = (double)n / 1e9;
	json_object_set_new(o, "cpu_seconds", seconds < 0 ? json_null() : json_real(seconds));
}

static json_t *stats(struct lw_record *r)
{
	const char *pids = dir_of(r, "pids"), *memory = dir_of(r, "memory");
	json_t *o = json_pack("{s:i,s:s,s:o,s:s}", "schema_version", LW_SCHEMA_VERSION, "id", r->id, "name",
			      or_null(r->data, "name"), "state", lw_record_state(r));
	set_number(o, "tasks", pids, NULL, "pids.current");
	set_number(o, "tasks_limit", pids, NULL, "pids.max");
	set_processes(o, pids ? pids : memory);
	set_number(o, "memory_bytes", memory, "memory.usage_in_bytes", "memory.current");
	set_number(o, "memory_peak_bytes", memory, "memory.max_usage_in_bytes", "memory.peak");
	set_number(o, "memory_limit_bytes", memory, "memory.limit_in_bytes", "memory.max");
	set_cpu(o, r);
	return o;
}

int cli_cmd_stats(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int code, r = cli_find_sandbox(c, &job, &rec, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else {
		json_t *o = stats(&rec), *v;
		if (c->format == CLI_JSON) {
			code = cli_print_json(o);
		} else {
			_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
			const char *key;
			json_object_foreach(o, key, v)
			{
				_cleanup_free_ char *s = json_dumps(v, JSON_ENCODE_ANY);
				if (strcmp(key, "schema_version") != 0)
					lw_text_addf(&t, "%-20s %s\n", key, s ? s : "");
			}
			code = cli_print(&t);
			json_decref(o);
		}
	}
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}

/* --- update --- */

/* The file of a limit in the sandbox's own cgroup; the plan's directory has LW_PLAN_ID in it. */
static int apply(const struct lw_record *r, const struct lw_op *op, struct lw_err *err)
{
	char dir[4096];
	const char *at = strstr(op->str[0], LW_PLAN_ID);
	if (!at || snprintf(dir, sizeof dir, "%.*s%s", (int)(at - op->str[0]), op->str[0], r->id) >= (int)sizeof dir)
		return 0;
	return access(dir, F_OK) < 0 ? lw_fail(err, -ENODEV, "this sandbox has no cgroup for that limit; start it anew")
				     : lw_cgroup_set(dir, op->str[1], op->str[2], err);
}

/* A limit and what bounds it are written one after the other; which has to be first depends on which way it goes. */
static int apply_all(const struct lw_record *r, const struct lw_plan *p, struct lw_err *err)
{
	int n = 0;
	for (int round = 0; round < 2; round++) {
		n = 0;
		for (size_t i = 0; i < p->n_ops; i++)
			if (p->ops[i].kind == LW_OP_CGROUP_SET) {
				struct lw_err one = { 0 };
				int k = apply(r, &p->ops[i], &one);
				if (k < 0) {
					n = k;
					*err = one;
				}
			}
	}
	return n;
}

static int update(struct cli *c, struct cli_job *job, struct lw_record *r, struct lw_err *err)
{
	json_auto_t *spec = lw_record_spec(r);
	if (!cli_has_overrides(c)) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "update: nothing to change");
		lw_err_hint(err, "-m, --memory-swap, --cpus, --pids-limit");
		return -EINVAL;
	}
	if (!lw_record_runs(r))
		return lw_fail_as(err, LW_ERR_USAGE, -ESRCH, "%s is not running", c->words[0]);
	int n = cli_override(c, job->host, spec, &job->spec, err);
	if (n >= 0)
		n = lw_spec_check(job->spec, err);
	if (n >= 0)
		n = lw_plan_build(job->spec, job->host, &job->plan, err);
	if (n >= 0)
		n = apply_all(r, job->plan, err);
	if (n < 0)
		return n;
	json_auto_t *now = lw_spec_to_json(job->spec);
	return lw_record_save_spec(r, now, err);
}

int cli_cmd_update(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0 && (r = update(c, &job, &rec, &err)) < 0)
		cli_blame_option(c, &err);
	cli_act_on_record(c, &job, &rec, r < 0 ? &err : NULL);
	int code = r < 0 ? cli_fail(&err) : CLI_OK;
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
