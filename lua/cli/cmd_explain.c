/* cmd_explain.c: `lunward explain`: what a sandbox could do, in words, worked out from its plan, so that it says what a
 * run would do and not what the profile meant. One object is made; the text form is that object told in sentences. */
#include <errno.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "ids_modes.h"
#include "lua/cli/cli.h"
#include "lua/cli/explain_call.h"
#include "lua/cli/explain_lsm.h"
#include "lua/cli/overrides.h"
#include "root_layout.h"

/* --- files --- */
static void add_path(json_t *list, const char *path, const char *what)
{
	json_array_append_new(list, json_pack("{s:s,s:s}", "path", path, "what", what));
}

/* What is changed in an overlay goes elsewhere. */
static const char *kept(bool overlay, bool writable, const char *upper, char *buf, size_t size)
{
	if (!overlay || !writable)
		return "";
	snprintf(buf, size, ", unchanged: writes are kept in %s", upper ? upper : "memory and gone at the end");
	return buf;
}

static void add_root(const struct lw_plan *p, json_t *reads, json_t *writes)
{
	const struct lw_root *root = &p->spec->root;
	const struct lw_overlay *over = &root->overlay;
	char what[8600], where[4200];
	const char *to = kept(over->on, !root->readonly, over->upper, where, sizeof where);
	switch (root->kind) {
	case LW_ROOT_HOST:
		for (size_t i = 0; i < p->host->n_view; i++)
			if (!p->host->view[i].link) {
				snprintf(what, sizeof what, "the host's%s", to);
				add_path(*to ? writes : reads, p->host->view[i].path, what);
			}
		break;
	case LW_ROOT_DIR:
		snprintf(what, sizeof what, root->image ? "the image %s%s" : "the host's %s%s",
			 root->image ? root->image : root->path, to);
		add_path(root->readonly ? reads : writes, "/", what);
		break;
	case LW_ROOT_EMPTY:
		break;
	}
}

/* As it is going to be mounted, whatever was written: the operation has the last word. */
static bool mounted_writable(const struct lw_plan *p, const char *destination)
{
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct lw_op *op = &p->ops[i];
		bool bind = op->kind == LW_OP_MOUNT_BIND;
		if ((bind || op->kind == LW_OP_MOUNT_FS) && !strcmp(op->str[0], destination))
			return !(op->num[bind ? 2 : 0] & MOUNT_ATTR_RDONLY);
	}
	return false;
}

/* The sandbox has ids of its own, and nothing translates the owners of these files. */
static bool owners_lost(const struct lw_plan *p, const struct lw_mount *m)
{
	return !m->idmap && !m->chown && lw_ids_leased(p->spec, p->host);
}

static void add_mount(const struct lw_plan *p, const struct lw_mount *m, json_t *reads, json_t *writes)
{
	char what[8600] = "", where[4200], size[LW_FORMAT_MAX];
	bool writable = mounted_writable(p, m->destination);
	switch ((enum lw_mount_kind)m->kind) {
	case LW_MOUNT_BIND:
		snprintf(what, sizeof what, "the host's %s%s%s%s", m->source,
			 m->suid ? ", set-user-ID programs too" : "", m->exec ? "" : ", nothing on it can be executed",
			 m->chown                           ? ", all of it given to the sandbox's user"
			 : m->writable && owners_lost(p, m) ? ", as far as everybody may write it (no idmap)"
							    : "");
		break;
	case LW_MOUNT_TMPFS:
		snprintf(what, sizeof what, "private, in memory, at most %s, gone at the end",
			 lw_format_size(m->size, size, sizeof size));
		break;
	case LW_MOUNT_PROC:
		snprintf(what, sizeof what, "the sandbox's own processes%s; what tells about the host is %s",
			 m->hidepid ? ", to others as little as hidepid says" : "",
			 m->subset_pid ? "not there" : "masked");
		writable = false;
		break;
	case LW_MOUNT_SYSFS:
		snprintf(what, sizeof what, "devices as the kernel lists them");
		break;
	case LW_MOUNT_DEVPTS:
		snprintf(what, sizeof what, "terminals of its own");
		break;
	case LW_MOUNT_OVERLAY:
		snprintf(what, sizeof what, "the host's %s%s", m->source,
			 kept(true, m->writable, m->upper, where, sizeof where));
		break;
	case LW_MOUNT_MQUEUE:
		snprintf(what, sizeof what, "message queues of its own");
		break;
	case LW_MOUNT_CGROUP:
		snprintf(what, sizeof what, "the sandbox's own cgroup: its limits and use");
		writable = false;
		break;
	case LW_MOUNT_FILE:
		snprintf(what, sizeof what, "a file of the profile's");
		break;
	case LW_MOUNT_DIR:
		snprintf(what, sizeof what, "an empty directory");
		break;
	case LW_MOUNT_SYMLINK:
		snprintf(what, sizeof what, "a link to %s", m->target);
		break;
	case LW_MOUNT_REMOVE:
		return;
	}
	add_path(writable ? writes : reads, m->destination, what);
}

static void add_files(const struct lw_plan *p, json_t *o)
{
	json_t *reads = json_array(), *writes = json_array();
	add_root(p, reads, writes);
	for (size_t i = 0; i < p->layout->n; i++)
		add_mount(p, p->layout->v[i].mount, reads, writes);
	for (size_t i = 0; i < p->spec->secrets.n; i++) {
		const struct lw_secret *s = &p->spec->secrets.v[i];
		char path[128], what[4300];
		snprintf(path, sizeof path, "/run/secrets/%s", s->name);
		snprintf(what, sizeof what, "a secret, what is in %s at the start; for the command's user alone",
			 s->file);
		add_path(reads, path, what);
	}
	for (size_t i = 0; i < p->spec->devices.n; i++) {
		const struct lw_device *d = &p->spec->devices.v[i];
		const char *access = d->access ? d->access : "rwm";
		char what[4200];
		snprintf(what, sizeof what,
			 strcmp(d->source, "/dev") ? "the host's device %s (%s)" : "every device of the host's %s (%s)",
			 d->source, access);
		add_path(strchr(access, 'w') ? writes : reads, d->path, what);
	}
	json_object_set_new(o, "reads", reads);
	json_object_set_new(o, "writes", writes);
}

/* --- who --- */
static void outside(const struct lw_plan *p, const struct lw_idmaps *m, uint32_t id, char *buf, size_t size)
{
	if (p->spec->namespaces.mode[LW_NS_USER] == LW_NS_JOIN) {
		snprintf(buf, size, "as the joined namespace maps it");
		return;
	}
	if (!(p->clone_flags & CLONE_NEWUSER)) {
		snprintf(buf, size, "%" PRIu32, id);
		return;
	}
	snprintf(buf, size, "none");
	for (size_t i = 0; i < m->n; i++) {
		const struct lw_idmap *r = &m->v[i];
		if (id < r->inside || id - r->inside >= r->count)
			continue;
		if (r->outside == LW_IDS_LEASED)
			snprintf(buf, size, "an id of its own");
		else
			snprintf(buf, size, "%" PRIu32, r->outside + (id - r->inside));
	}
}

static void add_who(const struct lw_plan *p, bool any_command, json_t *o)
{
	char uid[32], gid[32];
	outside(p, &p->uid_map, p->uid, uid, sizeof uid);
	outside(p, &p->gid_map, p->gid, gid, sizeof gid);
	json_t *command = json_array();
	for (char **a = p->argv; !any_command && a && *a; a++)
		json_array_append_new(command, json_string(*a));
	json_object_set_new(o, "runs",
			    json_pack("{s:o,s:s,s:I,s:I,s:s,s:s,s:b}", "command", command, "cwd", p->spec->cwd, "uid",
				      (json_int_t)p->uid, "gid", (json_int_t)p->gid, "uid_outside", uid, "gid_outside",
				      gid, "no_new_privileges", p->spec->no_new_privileges));
	json_object_set_new(o, "ids", json_string(lw_ids_words(p)));
}

static void add_capabilities(const struct lw_plan *p, json_t *o)
{
	static const char *const names[LW_CAP_SETS] = { "bounding", "effective", "permitted", "inheritable",
							"ambient" };
	json_t *sets = json_object();
	for (size_t k = 0; k < LW_CAP_SETS; k++) {
		json_t *list = json_array();
		for (size_t i = 0; i < lw_capability_table.n; i++)
			if (p->spec->capabilities.set[k] >> lw_capability_table.v[i].value & 1)
				json_array_append_new(list, json_string(lw_capability_table.v[i].name));
		json_object_set_new(sets, names[k], list);
	}
	json_object_set_new(o, "capabilities", sets);
}

static void add_syscalls(const struct lw_plan *p, json_t *o)
{
	int known = 0;
	for (int nr = 0; nr < 1024; nr++)
		known += lw_syscall_name(nr) != NULL;
	json_object_set_new(o, "syscalls",
			    json_pack("{s:s,s:i,s:i,s:i,s:i}", "policy", cli_seccomp_base(&p->spec->seccomp), "rules",
				      (int)p->spec->seccomp.n_rules, "reachable", (int)lw_filter_reachable(&p->filter),
				      "known", known, "instructions", (int)p->filter.n));
}

/* --- limits --- */
static void add_limit(json_t *o, const struct lw_host *h, enum lw_controller ctl, const char *key, int64_t value)
{
	json_object_set_new(
		o, key, json_pack("{s:I,s:b}", "value", (json_int_t)value, "enforced", h->cgroup.parent[ctl] != NULL));
}

static void add_limits(const struct lw_plan *p, json_t *o)
{
	const struct lw_limits *l = &p->spec->limits;
	json_t *limits = json_object(), *rlimits = json_object();
	add_limit(limits, p->host, LW_CTL_PIDS, "pids", l->pids);
	add_limit(limits, p->host, LW_CTL_MEMORY, "memory_bytes", l->memory ? l->memory : p->host->memory_bytes / 2);
	add_limit(limits, p->host, LW_CTL_MEMORY, "swap_bytes", l->swap);
	const struct {
		int64_t value;
		enum lw_controller controller;
		const char *key;
	} further[] = {
		{ l->cpus, LW_CTL_CPU, "cpus_thousandths" },
		{ l->cpu_weight, LW_CTL_CPU, "cpu_weight" },
		{ l->memory_high, LW_CTL_MEMORY, "memory_high_bytes" },
		{ l->memory_low, LW_CTL_MEMORY, "memory_low_bytes" },
	};
	for (size_t i = 0; i < ARRAY_LEN(further); i++)
		if (further[i].value)
			add_limit(limits, p->host, further[i].controller, further[i].key, further[i].value);
	if (l->cpuset)
		json_object_set_new(limits, "cpuset", json_string(l->cpuset));
	if (l->oom_group)
		json_object_set_new(limits, "oom_group", json_true());
	json_t *io = json_array();
	for (size_t i = 0; i < l->io.n; i++)
		json_array_append_new(io, json_pack("{s:s,s:I,s:I,s:I,s:I}", "device", l->io.v[i].device, "rbps",
						    (json_int_t)l->io.v[i].rbps, "wbps", (json_int_t)l->io.v[i].wbps,
						    "riops", (json_int_t)l->io.v[i].riops, "wiops",
						    (json_int_t)l->io.v[i].wiops));
	json_object_set_new(limits, "io", io);
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct lw_op *op = &p->ops[i];
		if (op->kind == LW_OP_RLIMIT)
			json_object_set_new(rlimits, op->str[0],
					    json_pack("[I,I]", (json_int_t)op->num[1], (json_int_t)op->num[2]));
	}
	json_object_set_new(limits, "rlimits", rlimits);
	if (p->spec->timeout)
		json_object_set_new(limits, "timeout_seconds", json_real((double)p->spec->timeout / 1e6));
	json_object_set_new(o, "limits", limits);
}

static json_t *explain(const struct lw_plan *p, bool any_command)
{
	json_t *o = json_object(), *shared = json_array(), *joined = json_object(), *notes = json_array();
	json_object_set_new(o, "name", json_string(p->spec->name ? p->spec->name : ""));
	json_object_set_new(o, "profile", *p->spec->profile_path ? json_string(p->spec->profile_path) : json_null());
	add_files(p, o);
	add_who(p, any_command, o);
	add_capabilities(p, o);
	add_syscalls(p, o);
	json_object_set_new(o, "network",
			    json_string(p->spec->network.kind == LW_NET_HOST   ? "host"
					: p->spec->network.kind == LW_NET_JOIN ? "joined"
					: p->spec->network.kind == LW_NET_NONE ? "none"
									       : "own"));
	for (size_t i = 0; i < lw_namespace_table.n; i++) {
		const char *name = lw_namespace_table.v[i].name;
		if (p->spec->namespaces.mode[i] == LW_NS_HOST)
			json_array_append_new(shared, json_string(name));
		else if (p->spec->namespaces.mode[i] == LW_NS_JOIN)
			json_object_set_new(joined, name,
					    json_string(p->spec->namespaces.join[i].sandbox
								? p->spec->namespaces.join[i].sandbox
								: p->spec->namespaces.join[i].path));
	}
	json_object_set_new(o, "shared_namespaces", shared);
	json_object_set_new(o, "joined_namespaces", joined);
	cli_explain_lsm(p, o);
	add_limits(p, o);
	for (size_t i = 0; i < p->n_notes; i++)
		json_array_append_new(notes, json_string(p->notes[i]));
	json_object_set_new(o, "notes", notes);
	return o;
}

/* --- the same in sentences --- */
static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static long long num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void tell_paths(struct lw_text *t, const char *heading, const json_t *list)
{
	size_t n = json_array_size(list);
	_cleanup_free_ const char **cells = calloc(n * 2 + 1, sizeof *cells);
	_cleanup_free_ char(*left)[4200] = calloc(n + 1, sizeof *left);
	lw_text_addf(t, "%s\n", heading);
	if (!cells || !left) {
		t->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(left[i], sizeof left[i], "  %s", str(json_array_get(list, i), "path"));
		cells[2 * i] = left[i];
		cells[2 * i + 1] = str(json_array_get(list, i), "what");
	}
	if (n)
		cli_table(t, cells, n, 2);
	else
		lw_text_add(t, "  nothing\n");
}

static void tell_names(struct lw_text *t, const json_t *list)
{
	_cleanup_(lw_text_done_p) struct lw_text line = { 0 };
	for (size_t i = 0; i < json_array_size(list); i++)
		lw_text_addf(&line, "%s%s", i ? ", " : "", json_string_value(json_array_get(list, i)));
	cli_wrap(t, 2, line.len ? line.buf : "none");
}

static void tell_who(struct lw_text *t, const json_t *runs)
{
	const json_t *command = json_object_get(runs, "command");
	lw_text_add(t, json_array_size(command) ? "Runs as\n " : "Runs as\n  the command given after --");
	for (size_t i = 0; i < json_array_size(command); i++) {
		lw_text_add(t, " ");
		lw_text_add_json(t, json_string_value(json_array_get(command, i)));
	}
	lw_text_addf(t, "\n  in %s, as uid %lld gid %lld inside; outside: uid %s, gid %s\n", str(runs, "cwd"),
		     num(runs, "uid"), num(runs, "gid"), str(runs, "uid_outside"), str(runs, "gid_outside"));
	lw_text_add(t, json_is_true(json_object_get(runs, "no_new_privileges"))
			       ? "  set-user-ID programs and file capabilities give it nothing\n"
			       : "  set-user-ID programs and file capabilities count (no_new_privileges is off)\n");
}

static void tell_limit(struct lw_text *t, const json_t *limits, const char *key, const char *label)
{
	const json_t *l = json_object_get(limits, key);
	char buf[LW_FORMAT_MAX];
	int64_t v = num(l, "value");
	if (!l)
		return;
	if (strstr(key, "_bytes") && v > 1 << 30 && v % (1 << 20))
		snprintf(buf, sizeof buf, "about %.1fG", (double)v / (1 << 30));
	else if (strstr(key, "_bytes"))
		lw_format_size(v, buf, sizeof buf);
	else if (strstr(key, "_thousandths"))
		lw_format_cpus(v, buf, sizeof buf);
	else
		snprintf(buf, sizeof buf, "%" PRId64, v);
	lw_text_addf(t, "  %s %s%s\n", label, buf,
		     json_is_true(json_object_get(l, "enforced")) ? "" : " (this host cannot enforce it)");
}

static void tell_io(struct lw_text *t, const json_t *io)
{
	static const char *const keys[] = { "rbps", "wbps", "riops", "wiops" };
	static const char *const units[] = { "read", "written", "reads", "writes" };
	for (size_t i = 0; i < json_array_size(io); i++) {
		const json_t *d = json_array_get(io, i);
		lw_text_addf(t, "  %s, in a second:", str(d, "device"));
		for (size_t k = 0; k < 4; k++) {
			char buf[LW_FORMAT_MAX];
			if (!num(d, keys[k]))
				continue;
			if (k < 2)
				lw_format_size(num(d, keys[k]), buf, sizeof buf);
			else
				snprintf(buf, sizeof buf, "%lld", num(d, keys[k]));
			lw_text_addf(t, " %s %s", buf, units[k]);
		}
		lw_text_add(t, "\n");
	}
}

static void tell_limits(struct lw_text *t, const json_t *limits)
{
	const char *name;
	json_t *pair;
	lw_text_add(t, "Limits\n");
	tell_limit(t, limits, "pids", "tasks:");
	tell_limit(t, limits, "memory_bytes", "memory:");
	tell_limit(t, limits, "swap_bytes", "swap, on top of it:");
	tell_limit(t, limits, "cpus_thousandths", "cpus:");
	tell_limit(t, limits, "cpu_weight", "share of busy cpus (100 is usual):");
	tell_limit(t, limits, "memory_high_bytes", "memory, slowed down beyond:");
	tell_limit(t, limits, "memory_low_bytes", "memory, taken back last below:");
	if (json_object_get(limits, "cpuset"))
		lw_text_addf(t, "  only the cpus %s\n", str(limits, "cpuset"));
	if (json_object_get(limits, "oom_group"))
		lw_text_add(t, "  out of memory, all of it ends\n");
	tell_io(t, json_object_get(limits, "io"));
	json_object_foreach(json_object_get(limits, "rlimits"), name, pair)
	{
		lw_text_addf(t, "  %s of each process:", name);
		for (size_t i = 0; i < 2; i++) {
			json_int_t v = json_integer_value(json_array_get(pair, i));
			if (v < 0)
				lw_text_addf(t, "%sunlimited", i ? ":" : " ");
			else
				lw_text_addf(t, "%s%" JSON_INTEGER_FORMAT, i ? ":" : " ", v);
		}
		lw_text_add(t, "\n");
	}
	if (json_object_get(limits, "timeout_seconds"))
		lw_text_addf(t, "  time: %g s, then it is killed\n",
			     json_real_value(json_object_get(limits, "timeout_seconds")));
}

static void tell_network(struct lw_text *t, const json_t *o)
{
	const char *network = str(o, "network");
	lw_text_add(t, "Network\n");
	if (!strcmp(network, "host"))
		lw_text_add(t, "  whatever the host reaches, the host's abstract sockets among it\n");
	else if (!strcmp(network, "joined"))
		lw_text_add(t, "  whatever the joined network namespace reaches, its abstract sockets among it\n");
	else
		lw_text_add(t, "  nothing but a loopback interface of its own\n");
}

static void tell(struct lw_text *t, const json_t *o)
{
	const json_t *calls = json_object_get(o, "syscalls"), *shared = json_object_get(o, "shared_namespaces");
	const json_t *notes = json_object_get(o, "notes");
	json_t *joined = json_object_get(o, "joined_namespaces"), *path;
	const char *name;
	lw_text_addf(t, "%s", str(o, "name"));
	if (*str(o, "profile"))
		lw_text_addf(t, " (%s)", str(o, "profile"));
	lw_text_add(t, "\n");
	tell_paths(t, "Reads", json_object_get(o, "reads"));
	tell_paths(t, "Reads and writes", json_object_get(o, "writes"));
	tell_who(t, json_object_get(o, "runs"));
	lw_text_add(t, "Ids inside\n");
	cli_wrap(t, 2, str(o, "ids"));
	lw_text_add(t, "Capabilities\n");
	tell_names(t, json_object_get(json_object_get(o, "capabilities"), "bounding"));
	lw_text_add(t, "System calls\n");
	if (num(calls, "instructions"))
		lw_text_addf(t, "  %lld of %lld can be reached: policy \"%s\", %lld rules over it\n",
			     num(calls, "reachable"), num(calls, "known"), str(calls, "policy"), num(calls, "rules"));
	else
		lw_text_add(t, "  all: there is no filter\n");
	tell_network(t, o);
	cli_tell_lsm(t, o);
	tell_limits(t, json_object_get(o, "limits"));
	if (json_array_size(shared)) {
		lw_text_add(t, "Shared with the host (namespaces)\n");
		tell_names(t, shared);
	}
	if (json_object_size(joined))
		lw_text_add(t, "Joined namespaces\n");
	json_object_foreach(joined, name, path) lw_text_addf(t, "  %s: %s\n", name, json_string_value(path));
	if (json_array_size(notes))
		lw_text_add(t, "Notes\n");
	for (size_t i = 0; i < json_array_size(notes); i++)
		cli_wrap(t, 2, json_string_value(json_array_get(notes, i)));
}

static int show(const struct cli *c, const struct cli_job *job)
{
	json_t *o = explain(job->plan, job->any_command);
	if (cli_is_data(c))
		return cli_print_data(c, o);
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	json_t *plain = cli_plain(o);
	tell(&t, plain);
	json_decref(plain);
	json_decref(o);
	return cli_print(&t);
}

int cli_cmd_explain(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	const char *profile;
	int r = cli_profile_word(c, &profile, &err), code;
	if (r >= 0)
		r = cli_load(c, profile, &job, &err);
	if (r >= 0 && c->call)
		r = cli_explain_call(c, &job, &code, &err);
	else if (r >= 0 && (r = cli_plan(&job, &err)) >= 0)
		code = show(c, &job);
	if (r < 0) {
		cli_blame_option(c, &err);
		code = cli_fail(&err);
	}
	cli_job_done(&job);
	return code;
}
