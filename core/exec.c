/* exec.c: see exec.h. Which namespaces and which root are joined was written down when the sandbox began
 * (CVE-2022-31214): a process that has got another's number, or has gone elsewhere, is refused. */
#include "exec.h"
#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apparmor.h"
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "cgroup.h"
#include "process.h"

/* What was made once and is joined now, and what is another command's business. */
static const char *const joined_keys[] = {
	"command",  "root",       "mounts",     "devices", "masked_paths", "readonly_paths", "secrets",
	"hostname", "domainname", "sysctls",    "ids",     "network",      "namespaces",     "time_offsets",
	"init",     "timeout",    "privileged", "service", "log",          "stdio",
};

static const char *file_of(const char *namespace)
{
	return !strcmp(namespace, "mount") ? "mnt" : namespace;
}

/* The sandbox's namespace is another one than ours, and so to be joined. By what is recorded: a number that has become
 * a process's of the host would make a command in the sandbox one on the host. */
static bool apart(const json_t *known, const char *namespace)
{
	char path[48];
	struct stat own;
	json_int_t its = json_integer_value(json_object_get(json_object_get(known, "namespaces"), namespace));
	snprintf(path, sizeof path, "/proc/self/ns/%s", file_of(namespace));
	return stat(path, &own) < 0 ? its != 0 : (json_int_t)own.st_ino != its;
}

static json_t *way(const json_t *known, const char *namespace, pid_t pid)
{
	return apart(known, namespace)
		       ? json_pack("{s:o}", "path", json_sprintf("/proc/%d/ns/%s", (int)pid, file_of(namespace)))
		       : json_string("host");
}

/* In a user namespace that is joined a plan sets no groups, for it does not know whether it may: see set_groups(). */
static json_t *user_there(const json_t *known)
{
	json_t *copy = json_copy(json_object_get(known, "user"));
	if (copy && apart(known, "user"))
		json_object_set_new(copy, "groups", json_array());
	return copy;
}

json_t *lw_exec_spec(json_t *recorded, const char *id, const json_t *known, pid_t pid, struct lw_err *err)
{
	json_t *spec = json_copy(recorded), *names = json_object();
	json_t *apparmor = json_object_get(spec, "apparmor");
	bool is_known = json_is_object(json_object_get(known, "namespaces"));
	if (!json_is_object(spec) || json_object_get(spec, "selinux") || !is_known) {
		lw_fail(err, -EOPNOTSUPP,
			!json_is_object(spec) ? "the record of this sandbox cannot be read"
			: is_known            ? "a sandbox with SELinux labels takes no further command"
					      : "the record does not say what the sandbox's namespaces are");
		json_decref(spec);
		json_decref(names);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(joined_keys); i++)
		json_object_del(spec, joined_keys[i]);
	for (size_t i = 0; i < lw_namespace_table.n; i++) {
		const char *name = lw_namespace_table.v[i].name;
		if (strcmp(name, "net") != 0)
			json_object_set_new(names, name, way(known, name, pid));
	}
	json_object_set_new(spec, "namespaces", names);
	json_object_set_new(spec, "network", way(known, "net", pid));
	/* The profile made for the sandbox is loaded under its name. */
	const char *profile =
		json_string_value(json_is_object(apparmor) ? json_object_get(apparmor, "profile") : apparmor);
	if (profile && !strcmp(profile, LW_APPARMOR_AUTO))
		json_object_set_new(spec, "apparmor", json_sprintf(LW_APPARMOR_PREFIX "%s", id));
	json_t *user = user_there(known);
	if (user)
		json_object_set_new(spec, "user", user);
	return spec;
}

json_t *lw_exec_user(const struct lw_plan *p)
{
	json_t *groups = json_array();
	for (size_t i = 0; i < p->n_groups; i++)
		json_array_append_new(groups, json_integer((json_int_t)p->groups[i]));
	return json_pack("{s:I,s:I,s:o}", "uid", (json_int_t)p->uid, "gid", (json_int_t)p->gid, "groups", groups);
}

/* The groups of the sandbox's own command, which may be none, where setgroups(2) is allowed in there. */
static void set_groups(struct lw_plan *p, const json_t *known, pid_t pid)
{
	const json_t *groups = json_object_get(json_object_get(known, "user"), "groups");
	_cleanup_free_ char *allowed = NULL;
	char path[64];
	size_t n, n_groups = json_array_size(groups);
	snprintf(path, sizeof path, "/proc/%d/setgroups", (int)pid);
	if (!groups || !apart(known, "user") || lw_read_file(path, 64, &allowed, &n) < 0 ||
	    strncmp(allowed, "allow", 5) != 0)
		return;
	p->groups = n_groups ? lw_arena_array(p->arena, n_groups, sizeof *p->groups) : NULL;
	p->n_groups = p->groups ? n_groups : 0;
	for (size_t i = 0; i < p->n_groups; i++)
		p->groups[i] = (uint32_t)json_integer_value(json_array_get(groups, i));
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == LW_OP_USER)
			p->ops[i].num[2] = true;
}

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

json_t *lw_identity_of(pid_t pid)
{
	char path[64];
	struct stat st;
	json_t *names = json_object();
	for (size_t i = 0; i < lw_namespace_table.n; i++) {
		const char *name = lw_namespace_table.v[i].name;
		snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, file_of(name));
		if (stat(path, &st) == 0)
			json_object_set_new(names, name, json_integer((json_int_t)st.st_ino));
	}
	snprintf(path, sizeof path, "/proc/%d/root/", (int)pid);
	if (!json_object_size(names) || stat(path, &st) < 0) {
		json_decref(names);
		return NULL;
	}
	return json_pack("{s:o,s:{s:I,s:I}}", "namespaces", names, "root", "dev", (json_int_t)st.st_dev, "inode",
			 (json_int_t)st.st_ino);
}

int lw_running_command(struct lw_record *r, const char *name, pid_t *ret_pid, int *ret_pidfd, struct lw_err *err)
{
	static const struct {
		const char *state, *verb, *what;
	} cures[] = {
		{ "created", "wait --ready", "waits for it: it is being set up, or is to be started again" },
		{ "paused", "resume", "lets it go on" },
		{ "stopped", "restart", "starts it again" },
		{ "failed", "status", "says why, and restart starts it again" },
	};
	const char *state = lw_record_state(r);
	int n = !strcmp(state, "running") ? lw_record_process(r, "command", ret_pid, ret_pidfd) : -ESRCH;
	if (n >= 0)
		return 0;
	if (n != -ESRCH)
		return lw_fail(err, n, "looking for the command of %s: %s", name, strerror(-n));
	/* Its command has ended, and its supervisor has not said so yet. */
	if (!strcmp(state, "running"))
		state = "stopped";
	lw_fail_as(err, LW_ERR_USAGE, -ESRCH, "%s is not running: it is %s", name, state);
	for (size_t i = 0; i < ARRAY_LEN(cures); i++)
		if (!strcmp(state, cures[i].state))
			lw_err_hint(err, "`lunward %s %s` %s", cures[i].verb, name, cures[i].what);
	return -ESRCH;
}

static void fit_namespace(struct lw_op *op, const json_t *known)
{
	const json_t *names = json_object_get(known, "namespaces"), *root = json_object_get(known, "root");
	if (op->kind == LW_OP_NAMESPACE_OPEN) {
		json_int_t its =
			json_integer_value(json_object_get(names, lw_names_name(&lw_namespace_table, op->num[1])));
		op->num[2] = its ? its : -1; /* what is not known is nobody's */
	} else if (op->num[1] == CLONE_NEWNS) {
		op->num[2] = json_integer_value(json_object_get(root, "dev"));
		op->num[3] = json_integer_value(json_object_get(root, "inode"));
	}
}

void lw_exec_fit(struct lw_plan *p, const char *id, const json_t *known, pid_t pid)
{
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == LW_OP_NAMESPACE_OPEN || p->ops[i].kind == LW_OP_NAMESPACE_JOIN)
			fit_namespace(&p->ops[i], known);
	join_cgroups(p, id);
	set_groups(p, known, pid);
}
