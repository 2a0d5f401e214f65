/* overrides.c: from options to a layer of the raw spec. Each option writes its key in a spelling a profile may use; the
 * schema judges the value, so nothing is decided twice. What Docker's words mean differently is translated here. */
#include "lua/cli/overrides.h"
#include "lua/cli/foreign.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "lua/cli/cli.h"
#include "lua/cli/options.h"
#include "mount_text.h"
#include "schema.h"
#include "seccomp_oci.h"
#include "seccomp_policy.h"

#define USAGE(err, ...) lw_fail_as(err, LW_ERR_USAGE, -EINVAL, __VA_ARGS__)
/* What records made here say about where they were written. */
#define ORIGIN_FILE "command line"
#define ORIGIN ORIGIN_FILE ":0"

/* --- small writers; each takes the reference of `value`, NULL included --------------------------------------- */
static int put(json_t *obj, const char *key, json_t *value, struct lw_err *err)
{
	/* jansson refuses text that is not UTF-8 by returning none. */
	if (!value)
		return USAGE(err, "not UTF-8 text");
	return json_object_set_new(obj, key, value) < 0 ? lw_fail(err, -ENOMEM, "out of memory") : 0;
}

static int append(json_t *list, json_t *value, struct lw_err *err)
{
	if (!value)
		return USAGE(err, "not UTF-8 text");
	return json_array_append_new(list, value) < 0 ? lw_fail(err, -ENOMEM, "out of memory") : 0;
}

/* The object or list under key, made when missing; borrowed. */
static json_t *sub(json_t *obj, const char *key, json_t *(*make)(void))
{
	json_t *v = json_object_get(obj, key);
	if (!v && json_object_set_new(obj, key, v = make()) < 0)
		return NULL;
	return v;
}

static int append_record(struct cli_layer *l, const char *key, json_t *record, struct lw_err *err)
{
	json_t *list = record ? sub(l->raw, key, json_array) : NULL;
	if (!record)
		return -EINVAL; /* the maker filled err */
	int r = put(record, "origin", json_string(ORIGIN), err);
	if (r < 0 || !list) {
		json_decref(record);
		return r < 0 ? r : lw_fail(err, -ENOMEM, "out of memory");
	}
	return append(list, record, err);
}

/* --- plain keys ---------------------------------------------------------------------------------------------- */
#define STRING_KEY(fn, name)                                                                                           \
	int fn(struct cli_layer *l, const char *value, struct lw_err *err)                                             \
	{                                                                                                              \
		return put(l->raw, name, json_string(value), err);                                                     \
	}
STRING_KEY(cli_set_name, "name")
STRING_KEY(cli_set_user, "user")
STRING_KEY(cli_set_hostname, "hostname")
STRING_KEY(cli_set_timeout, "timeout")
STRING_KEY(cli_set_umask, "umask")
STRING_KEY(cli_set_ids, "ids")

int cli_set_cwd(struct cli_layer *l, const char *value, struct lw_err *err)
{
	/* Inside, so the caller's working directory has no part in it. */
	if (value[0] != '/') {
		USAGE(err, "'%s' is not an absolute path", value);
		lw_err_hint(err, "it is a directory inside the sandbox");
		return -EINVAL;
	}
	_cleanup_free_ char *path = lw_path_normalise(value, NULL);
	return path ? put(l->raw, "cwd", json_string(path), err) : lw_fail(err, -ENOMEM, "out of memory");
}

int cli_set_terminal(struct cli_layer *l, const char *value, struct lw_err *err)
{
	(void)value;
	return put(l->raw, "terminal", json_true(), err);
}

static int put_integer(json_t *obj, const char *key, const char *value, struct lw_err *err)
{
	int64_t n;
	if (lw_parse_i64(value, &n) < 0)
		return USAGE(err, "'%s' is not a whole number", value);
	return put(obj, key, json_integer(n), err);
}

int cli_set_oom_score_adj(struct cli_layer *l, const char *value, struct lw_err *err)
{
	return put_integer(l->raw, "oom_score_adj", value, err);
}

int cli_set_env(struct cli_layer *l, const char *value, struct lw_err *err)
{
	const char *eq = strchr(value, '='), *text = eq ? eq + 1 : NULL;
	_cleanup_free_ char *name = strndup(value, eq ? (size_t)(eq - value) : strlen(value));
	json_t *env = sub(l->raw, "env", json_object);
	if (!name || !env)
		return lw_fail(err, -ENOMEM, "out of memory");
	if (!*name)
		return USAGE(err, "'%s' names no variable", value);
	/* As in Docker: a bare name that the caller does not have is not set. */
	if (!text && !(text = getenv(name)))
		return 0;
	return put(env, name, json_string(text), err);
}

int cli_set_network(struct cli_layer *l, const char *value, struct lw_err *err)
{
	static const char *const heads[] = { "bridge", "sandbox" };
	const char *key = "bridge", *name = value;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		size_t n = strlen(heads[i]);
		if (strncmp(value, heads[i], n) == 0 && value[n] == ':') {
			key = heads[i];
			name = value + n + 1;
		}
	}
	if (!*name)
		return USAGE(err, "'%s' names no network", value);
	bool alone = !strcmp(value, "none") || !strcmp(value, "host");
	if ((alone || !strcmp(key, "sandbox")) && json_object_get(json_object_get(l->raw, "network"), "publish"))
		return USAGE(err, "'%s' has no bridge to publish ports on", value);
	if (alone)
		return put(l->raw, "network", json_string(value), err);
	json_t *network = sub(l->raw, "network", json_object);
	return network ? put(network, key, json_string(name), err) : lw_fail(err, -ENOMEM, "out of memory");
}

/* Without a network of its own the sandbox is on the bridge "lunward". */
int cli_add_publish(struct cli_layer *l, const char *value, struct lw_err *err)
{
	json_t *network = sub(l->raw, "network", json_object);
	/* systemd-run's -p is another thing. */
	const char *hint = strchr(value, '=') ? cli_foreign_option("--property", value) : NULL;
	if (hint) {
		USAGE(err, "'%s' is no port", value);
		lw_err_hint(err, "%s", hint);
		return -EINVAL;
	}
	if (json_is_string(network) || json_object_get(network, "sandbox"))
		return USAGE(err, "ports are published on a bridge, and --network says another network");
	json_t *list = network ? sub(network, "publish", json_array) : NULL;
	return !list || json_array_append_new(list, json_string(value)) < 0 ? lw_fail(err, -ENOMEM, "out of memory")
									    : 0;
}

/* --- limits -------------------------------------------------------------------------------------------------- */
static int put_limit(struct cli_layer *l, const char *key, json_t *value, struct lw_err *err)
{
	json_t *limits = sub(l->raw, "limits", json_object);
	if (limits)
		return put(limits, key, value, err);
	json_decref(value);
	return lw_fail(err, -ENOMEM, "out of memory");
}

int cli_set_memory(struct cli_layer *l, const char *value, struct lw_err *err)
{
	return put_limit(l, "memory", json_string(value), err);
}

int cli_set_pids(struct cli_layer *l, const char *value, struct lw_err *err)
{
	json_t *limits = sub(l->raw, "limits", json_object);
	return limits ? put_integer(limits, "pids", value, err) : lw_fail(err, -ENOMEM, "out of memory");
}

int cli_set_cpus(struct cli_layer *l, const char *value, struct lw_err *err)
{
	int64_t milli;
	if (lw_parse_cpus(value, &milli) < 0) {
		USAGE(err, "'%s' is not a number of cpus", value);
		lw_err_hint(err, "\"0.5\" is half of one");
		return -EINVAL;
	}
	return put_limit(l, "cpus", json_real((double)milli / 1000.0), err);
}

int cli_set_memory_swap(struct cli_layer *l, const char *value, struct lw_err *err)
{
	int64_t sum;
	if (lw_parse_size(value, &sum) < 0 || sum <= 0) {
		USAGE(err, "'%s' is not a size", value);
		lw_err_hint(err, "memory and swap together, such as 128M");
		return -EINVAL;
	}
	l->memory_and_swap = sum;
	return 0;
}

/* Docker's --memory-swap is the sum; the key `swap` is what comes on top. */
static int finish_memory_swap(struct cli_layer *l, struct lw_err *err)
{
	if (!l->memory_and_swap)
		return 0;
	const json_t *memory = json_object_get(json_object_get(l->raw, "limits"), "memory");
	if (!memory)
		memory = json_object_get(json_object_get(l->base, "limits"), "memory");
	int64_t bytes = json_integer_value(memory);
	if (json_is_string(memory) && lw_parse_size(json_string_value(memory), &bytes) < 0)
		bytes = 0; /* the schema will say what is wrong with it */
	if (!memory) {
		USAGE(err, "needs a memory limit to add to");
		lw_err_hint(err, "add -m SIZE");
	} else if (bytes > l->memory_and_swap) {
		USAGE(err, "less than the memory limit");
		lw_err_hint(err, "it is memory and swap together");
	} else {
		return put_limit(l, "swap", json_integer(l->memory_and_swap - bytes), err);
	}
	lw_err_in(err, "--memory-swap");
	return -EINVAL;
}

int cli_set_rlimit(struct cli_layer *l, const char *value, struct lw_err *err)
{
	const char *eq = strchr(value, '=');
	if (!eq || eq == value) {
		USAGE(err, "'%s' has no limit", value);
		lw_err_hint(err, "--ulimit NAME=SOFT[:HARD]");
		return -EINVAL;
	}
	_cleanup_free_ char *name = strndup(value, (size_t)(eq - value));
	json_t *rlimits = sub(l->raw, "rlimits", json_object);
	if (!name || !rlimits)
		return lw_fail(err, -ENOMEM, "out of memory");
	if (lw_names_value(&lw_rlimit_table, name) < 0) {
		const char *near = lw_names_nearest(&lw_rlimit_table, name);
		USAGE(err, "unknown limit '%s'", name);
		lw_err_hint(err, near ? "did you mean \"%s\"?" : "the names are those of setrlimit(2), in lower case",
			    near);
		return -EINVAL;
	}
	/* Docker's -1. */
	return put(rlimits, name, json_string(strcmp(eq + 1, "-1") ? eq + 1 : "unlimited"), err);
}

/* --- files --------------------------------------------------------------------------------------------------- */
int cli_add_volume(struct cli_layer *l, const char *value, struct lw_err *err)
{
	return append_record(l, "mounts", lw_bind_from_text(value, l->host->cwd, true, err), err);
}

int cli_add_tmpfs(struct cli_layer *l, const char *value, struct lw_err *err)
{
	return append_record(l, "mounts", lw_tmpfs_from_text(value, err), err);
}

int cli_add_device(struct cli_layer *l, const char *value, struct lw_err *err)
{
	return append_record(l, "devices", lw_device_from_text(value, err), err);
}

/* Two things and the record of them; finish_caps has the capabilities, before those that other options name. */
int cli_set_privileged(struct cli_layer *l, const char *value, struct lw_err *err)
{
	(void)value;
	if (l->privileged)
		return 0;
	l->privileged = true;
	int r = put(l->raw, "privileged", json_true(), err);
	return r < 0 ? r : append_record(l, "devices", json_pack("{s:s}", "path", "/dev"), err);
}

int cli_set_root(struct cli_layer *l, const char *value, struct lw_err *err)
{
	if (!*value)
		return USAGE(err, "the value is empty");
	l->root = value;
	return 0;
}

int cli_set_read_only(struct cli_layer *l, const char *value, struct lw_err *err)
{
	(void)value;
	(void)err;
	l->read_only = true;
	return 0;
}

/* A file, or an OCI layout. What is not there is taken for a directory, and told later. */
static bool is_image(const char *path)
{
	struct stat st;
	_cleanup_free_ char *layout = NULL;
	if (stat(path, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode))
		return true;
	return asprintf(&layout, "%s/oci-layout", path) > 0 && !access(layout, F_OK);
}

static int readonly_image(struct cli_layer *l, const json_t *base, struct lw_err *err)
{
	json_t *root = json_copy((json_t *)(uintptr_t)base);
	if (root && json_object_set_new(root, "readonly", json_true()) < 0) {
		json_decref(root);
		root = NULL;
	}
	return put(l->raw, "root", root, err);
}

static int finish_root(struct cli_layer *l, struct lw_err *err)
{
	if (!l->root && !l->read_only)
		return 0;
	const json_t *base = json_object_get(l->base, "root");
	if (!l->root && json_is_object(base) && json_object_get(base, "image"))
		return readonly_image(l, base, err);
	const char *given = json_string_value(json_is_object(base) ? json_object_get(base, "path") : base);
	const char *path = l->root ? l->root : given ? given : "host";
	_cleanup_free_ char *dir = NULL;
	if (l->root && strcmp(path, "host") && strcmp(path, "empty"))
		path = dir = lw_path_normalise(l->root, l->host->cwd);
	if (!path)
		return lw_fail(err, -ENOMEM, "out of memory");
	json_t *root = json_pack("{s:s,s:s}", dir && is_image(dir) ? "image" : "path", path, "origin", ORIGIN);
	if (root && l->read_only)
		json_object_set_new(root, "readonly", json_true());
	return put(l->raw, "root", root, err);
}

/* --- capabilities and system calls --------------------------------------------------------------------------- */
static int add_mask(json_t *list, uint64_t mask, struct lw_err *err)
{
	int r = 0;
	for (size_t i = 0; i < lw_capability_table.n && r >= 0; i++)
		if (mask >> lw_capability_table.v[i].value & 1)
			r = append(list, json_string(lw_capability_table.v[i].name), err);
	return r;
}

static int add_cap(json_t *list, const char *value, uint64_t all, struct lw_err *err)
{
	if (!strcasecmp(value, "ALL"))
		return add_mask(list, all, err);
	int64_t n = lw_names_value(&lw_capability_table, value);
	if (n >= 0)
		return add_mask(list, UINT64_C(1) << n, err);
	const char *near = lw_names_nearest(&lw_capability_table, value);
	USAGE(err, "unknown capability '%s'", value);
	if (near)
		lw_err_hint(err, "did you mean %s?", near);
	else
		lw_err_hint(err, "see capabilities(7), or write ALL");
	return -EINVAL;
}

/* ALL is what the caller could give away, as `caps.all` in a profile. */
int cli_add_cap(struct cli_layer *l, const char *value, struct lw_err *err)
{
	return add_cap(l->add, value, l->host->caps_bounding, err);
}

int cli_drop_cap(struct cli_layer *l, const char *value, struct lw_err *err)
{
	return add_cap(l->drop, value, UINT64_MAX, err);
}

static int finish_caps(struct cli_layer *l, struct lw_err *err)
{
	if (!json_array_size(l->drop) && !json_array_size(l->add) && !l->privileged)
		return 0;
	json_t *all = json_array();
	int r = all && l->privileged ? add_mask(all, l->host->caps_bounding, err) : 0;
	json_t *caps = json_pack("{s:s,s:[[s,o],[s,O],[s,O]],s:s}", "base", "inherited", "ops", "+", all, "-", l->drop,
				 "+", l->add, "origin", ORIGIN);
	if (r >= 0)
		return put(l->raw, "capabilities", caps, err);
	json_decref(caps);
	return r;
}

static int seccomp_rule(struct cli_layer *l, bool allow, const char *call, struct lw_err *err)
{
	struct lw_call_pattern pattern;
	if (strchr(call, '(')) {
		int r = lw_call_pattern_parse(call, NULL, &pattern, err);
		if (r < 0)
			return r;
	} else if (!lw_seccomp_name_known(call)) {
		const char *near = lw_syscall_nearest(call);
		USAGE(err, "unknown system call '%s'", call);
		if (near)
			lw_err_hint(err, "did you mean %s?", near);
		else
			lw_err_hint(err, "a name, a pattern, a @group or all");
		return -EINVAL;
	}
	json_t *rule = allow ? json_pack("{s:s,s:[s],s:s}", "action", "allow", "names", call, "origin", ORIGIN)
			     : json_pack("{s:s,s:s,s:[s],s:s}", "action", "errno", "errno", "EPERM", "names", call,
					 "origin", ORIGIN);
	return append(strcmp(call, "all") ? l->rules : l->rules_all, rule, err);
}

/* A policy in moby's or the OCI's JSON. */
static int seccomp_file(struct cli_layer *l, const char *path, struct lw_err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	json_t *policy = NULL;
	int r = lw_read_file(path, LW_SECCOMP_FILE_MAX, &text, &n);
	if (r < 0)
		return lw_fail_as(err, LW_ERR_USAGE, r, "%s: %s", path,
				  r == -EINVAL ? "not a regular file" : strerror(-r));
	r = lw_seccomp_import(text, n, path, l->host->kernel, &policy, NULL, err);
	if (r < 0)
		return r;
	json_decref(l->seccomp_file);
	l->seccomp_file = policy;
	l->seccomp_base = NULL;
	return 0;
}

int cli_set_seccomp(struct cli_layer *l, const char *value, struct lw_err *err)
{
	static const char *const bases[] = { "default", "docker", "strict", "unconfined", "allow:", "deny:" };
	if (!strncmp(value, "allow:", 6) || !strncmp(value, "deny:", 5))
		return seccomp_rule(l, value[0] == 'a', strchr(value, ':') + 1, err);
	for (size_t i = 0; i < 4; i++) {
		if (!strcmp(value, bases[i])) {
			l->seccomp_base = bases[i];
			json_decref(l->seccomp_file);
			l->seccomp_file = NULL;
			return 0;
		}
	}
	size_t n = strlen(value);
	if (strchr(value, '/') || (n > 5 && !strcmp(value + n - 5, ".json")))
		return seccomp_file(l, value, err);
	const char *near = lw_nearest(value, bases, ARRAY_LEN(bases));
	USAGE(err, "unknown policy '%s'", value);
	if (near)
		lw_err_hint(err, "did you mean %s?", near);
	else if (lw_seccomp_name_known(value))
		lw_err_hint(err, "write --seccomp allow:%s or deny:%s", value, value);
	else
		lw_err_hint(err, "allow:CALL, deny:CALL, default, docker, strict, unconfined or FILE.json");
	return -EINVAL;
}

static int finish_seccomp(struct cli_layer *l, struct lw_err *err)
{
	if (!l->seccomp_file && !l->seccomp_base && !json_array_size(l->rules_all) && !json_array_size(l->rules))
		return 0;
	if (json_array_extend(l->rules_all, l->rules) < 0)
		return lw_fail(err, -ENOMEM, "out of memory");
	if (l->seccomp_file) {
		json_array_extend(json_object_get(l->seccomp_file, "rules"), l->rules_all);
		return put(l->raw, "seccomp", json_incref(l->seccomp_file), err);
	}
	return put(l->raw, "seccomp",
		   json_pack("{s:s,s:O,s:s}", "base", l->seccomp_base ? l->seccomp_base : "inherited", "rules",
			     l->rules_all, "origin", ORIGIN),
		   err);
}

/* --- the whole ----------------------------------------------------------------------------------------------- */
bool cli_has_overrides(const struct cli *c)
{
	if (c->has_command)
		return true;
	for (size_t i = 0; i < c->n_uses; i++)
		if (c->uses[i].option->layer)
			return true;
	return false;
}

static int build(const struct cli *c, struct cli_layer *l, struct lw_err *err)
{
	int r = 0;
	for (size_t i = 0; i < c->n_uses && r >= 0; i++) {
		const struct cli_use *u = &c->uses[i];
		if (!u->option->layer)
			continue;
		r = u->option->layer(l, u->value, err);
		if (r < 0)
			lw_err_in(err, "--%s", u->option->name);
	}
	if (r >= 0)
		r = finish_memory_swap(l, err);
	if (r >= 0)
		r = finish_root(l, err);
	if (r >= 0)
		r = finish_caps(l, err);
	if (r >= 0)
		r = finish_seccomp(l, err);
	if (r < 0 || !c->n_command)
		return r;
	json_t *command = sub(l->raw, "command", json_array);
	if (!command)
		return lw_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < c->n_command && r >= 0; i++)
		r = append(command, json_string(c->command[i]), err);
	return r;
}

/* Of a list that profile and options fill together: is this the entry that this use of an option made? Entries know
 * their origin, and what went wrong names the path. */
static bool made_entry(const struct cli *c, const struct cli_use *u, const struct lw_err *err)
{
	char path[256];
	size_t same = 0;
	if (strcmp(u->option->key, "mounts") != 0 && strcmp(u->option->key, "devices") != 0)
		return true;
	snprintf(path, sizeof path, "%.*s", (int)strcspn(u->value, ":"), u->value);
	for (size_t i = 0; i < c->n_uses; i++)
		same += c->uses[i].option->key && !strcmp(c->uses[i].option->key, u->option->key);
	return !strcmp(err->file, ORIGIN_FILE) && (same == 1 || strstr(err->msg, path));
}

void cli_blame_option(const struct cli *c, struct lw_err *err)
{
	if (c->n_command && !strcmp(err->path, "command")) {
		err->file[0] = err->path[0] = 0;
		err->line = 0;
	}
	for (size_t i = c->n_uses; i > 0; i--) {
		const struct cli_option *o = c->uses[i - 1].option;
		const char *key = o->key, *value = c->uses[i - 1].value;
		if (!key)
			continue;
		size_t n = strlen(key), m = key[n - 1] == '.' && value ? strcspn(value, "=") : 0;
		if (strncmp(err->path, key, n) || (m && strncmp(err->path + n, value, m)))
			continue;
		if (err->path[n + m] && !strchr(".[", err->path[n + m]))
			continue;
		if (!made_entry(c, &c->uses[i - 1], err))
			continue;
		err->file[0] = err->path[0] = 0;
		err->line = 0;
		lw_err_in(err, "--%s", o->name);
		return;
	}
}

int cli_override(const struct cli *c, const struct lw_host *host, const json_t *base, struct lw_spec **ret,
		 struct lw_err *err)
{
	if (!cli_has_overrides(c))
		return lw_spec_decode(base, ret, err);
	struct cli_layer l = {
		.raw = json_object(),
		.base = base,
		.host = host,
		.drop = json_array(),
		.add = json_array(),
		.rules_all = json_array(),
		.rules = json_array(),
	};
	json_t *merged = NULL;
	int r = build(c, &l, err);
	if (r >= 0 && !(merged = lw_spec_merge(base, l.raw, err)))
		r = -EINVAL;
	if (r >= 0 && (r = lw_spec_decode(merged, ret, err)) < 0) {
		/* The layer's own mistake is told about the option, the profile's about its line. */
		struct lw_spec *alone = NULL;
		struct lw_err mine = { 0 };
		if (lw_spec_decode(l.raw, &alone, &mine) < 0) {
			*err = mine;
			err->cls = LW_ERR_USAGE;
			cli_blame_option(c, err);
		}
		lw_spec_free(alone);
	}
	json_decref(merged);
	json_decref(l.raw);
	json_decref(l.drop);
	json_decref(l.add);
	json_decref(l.rules_all);
	json_decref(l.rules);
	json_decref(l.seccomp_file);
	return r;
}
