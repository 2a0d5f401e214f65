/* inspect.c: all about one sandbox in the background: what is on record, and what the kernel has of it now. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "box/box.h"
#include "cgroup.h"
#include "schema.h"

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

/* What is in force: what was written, and of the defaults what its cgroups say. */
static json_t *limits(const struct lw_record *r, const json_t *spec)
{
	json_t *written = json_object_get(spec, "limits"), *o = written ? json_deep_copy(written) : json_object();
	const char *pids = lw_record_cgroup(r, "pids"), *memory = lw_record_cgroup(r, "memory");
	int64_t n;
	if (!json_object_get(o, "pids") && pids && lw_cgroup_get(pids, "pids.max", &n) >= 0 && n >= 0)
		json_object_set_new(o, "pids", json_integer(n));
	if (!json_object_get(o, "memory") && memory &&
	    (lw_cgroup_get(memory, "memory.max", &n) >= 0 || lw_cgroup_get(memory, "memory.limit_in_bytes", &n) >= 0) &&
	    n >= 0)
		json_object_set_new(o, "memory", json_integer(n));
	return o;
}

json_t *lw_box_inspect(struct lw_record *r)
{
	_cleanup_free_ char *status = NULL;
	char path[64];
	size_t n;
	pid_t pid = 0, supervisor = 0;
	uint64_t mode = 0;
	const char *state = lw_record_state(r); /* which may read the record again */
	bool runs = lw_record_runs(r) && lw_record_process(r, "command", &pid, NULL) >= 0;
	lw_record_process(r, "supervisor", &supervisor, NULL);
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	if (runs)
		(void)lw_read_file(path, 65536, &status, &n);
	status_number(status, "\nSeccomp:", 10, &mode);
	const json_t *d = r->data;
	json_auto_t *spec = lw_record_spec(r);
	json_t *o = json_pack("{s:i,s:s,s:o,s:s}", "schema_version", LW_SCHEMA_VERSION, "id", r->id, "name",
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
			    json_pack("{s:I,s:o}", "mode", (json_int_t)mode, "instructions",
				      or_null(json_object_get(d, "seccomp"), "instructions")));
	json_object_set_new(o, "network", json_pack("{s:o}", "interfaces", lw_box_interfaces(pid)));
	json_object_set_new(o, "limits", limits(r, spec));
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
