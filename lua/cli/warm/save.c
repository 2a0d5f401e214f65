/* save.c: which launches may be repeated from their plan, and the list of what that plan was made from. The full
 * program's side of warm.h. */
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "cache.h"
#include "cgroup.h"
#include "lua/cli/cli.h"
#include "lua/cli/options.h"
#include "lua/cli/warm/warm.h"
#include "sys.h"

#define GUARDS_MAX 128
/* Clocks of file systems are coarse. */
#define SETTLED_NS (INT64_C(2) * 1000000000)

struct saving {
	struct lw_text text; /* the file */
	struct warm_guard guards[GUARDS_MAX];
	const char *paths[GUARDS_MAX];
	char *texts[GUARDS_MAX];
	size_t n;
	int64_t settled; /* what has changed later than this may have been read before it did */
	bool bad;
};

static struct warm_guard *guard(struct saving *s, int kind, const char *path)
{
	if (s->bad || s->n == GUARDS_MAX || !path) {
		s->bad = true;
		return NULL;
	}
	struct warm_guard *g = &s->guards[s->n];
	if (warm_look(path, kind, g) < 0 || g->mtime > s->settled || g->ctime > s->settled)
		s->bad = true;
	s->paths[s->n] = path;
	s->texts[s->n] = NULL;
	s->n++;
	return g;
}

static void guard_text(struct saving *s, const char *path, struct lw_arena *a)
{
	char buf[8192];
	struct warm_guard *g = guard(s, WARM_FILE, path);
	long n = g ? warm_read(path, buf, sizeof buf) : -1;
	if (n < 0) {
		s->bad = true;
		return;
	}
	*g = (struct warm_guard){ .kind = WARM_TEXT, .n_text = (uint32_t)n };
	s->bad = false; /* a file of /proc is always new */
	s->texts[s->n - 1] = lw_arena_memdup(a, buf, (size_t)n + 1);
}

/* A name is searched for: each directory before the one that has it must still have none. */
static void guard_searched(struct saving *s, struct lw_arena *a, const char **dirs, const char *name)
{
	const struct warm_guard *g = NULL;
	for (; dirs && *dirs && !s->bad && !(g && g->mode); dirs++)
		g = guard(s, WARM_FILE, lw_arena_printf(a, "%s/%s", *dirs, name));
	s->bad = s->bad || !g || !g->mode;
}

/* A directory that is exchanged leaves the files in it as old as they are: what the guards have looked at by now must
 * be what was read. */
static bool same_texts(const struct cli *c, const struct cli_job *job)
{
	struct lw_eval_options o = { .host = job->host, .profile_dir = c->profiles };
	struct lw_err err = { 0 };
	return cli_profile_word(c, &o.profile, &err) >= 0 && lw_eval_unchanged(&o, &job->eval);
}

static void guard_profiles(struct saving *s, const struct cli *c, const struct cli_job *job)
{
	struct lw_arena *a = job->host->arena;
	const char **dirs = lw_profile_dirs(a, job->host, c->profiles);
	for (size_t i = 0; i < job->eval.n_names; i++)
		if (job->eval.names[i][0] == '/')
			guard(s, WARM_FILE, job->eval.names[i]);
		else
			guard_searched(s, a, dirs, job->eval.names[i]);
	s->bad = s->bad || !same_texts(c, job);
}

/* A controller that could not be had: a plan without its limits is for as long as that is so. */
static void guard_missing(struct saving *s, const struct lw_host *h, int controller)
{
	const struct lw_cgroup_host *c = &h->cgroup;
	s->bad = s->bad || c->passing;
	if (c->shared)
		guard(s, WARM_SHARED, lw_arena_printf(h->arena, "%s/cgroup.procs", c->shared));
	if (c->vain[controller]) {
		guard(s, WARM_VAIN, c->vain[controller]);
	} else {
		guard(s, WARM_VAIN, "/sys/fs/cgroup");
		guard(s, WARM_VAIN, lw_arena_printf(h->arena, "/sys/fs/cgroup/%s", lw_controller_names[controller]));
	}
	if (c->given)
		guard_text(s, lw_arena_printf(h->arena, "%s/cgroup.controllers", c->given), h->arena);
}

/* What is to be made may not be there yet; what it is to be made in is. */
static const char *steady_parent(const struct lw_host *h, int controller)
{
	const char *parent = h->cgroup.parent[controller], *slash = strrchr(parent, '/');
	if (!h->cgroup.parent_create[controller])
		return parent;
	return slash && slash != parent ? lw_arena_strndup(h->arena, parent, (size_t)(slash - parent)) : "/";
}

static void guard_cgroups(struct saving *s, const struct lw_host *h)
{
	const struct lw_cgroup_host *c = &h->cgroup;
	bool apart = c->version == 1; /* each in a place that does not depend on where we are */
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		apart = apart && c->parent[i] && c->parent_create[i];
		/* Version 2 has neither of the last two. */
		if (!c->parent[i] && (c->version != 2 || i <= LW_CTL_CPU))
			guard_missing(s, h, i);
		else if (c->parent[i] && !(i && c->parent[i - 1] && !strcmp(c->parent[i], c->parent[i - 1])))
			guard(s, WARM_PLACE, steady_parent(h, i));
	}
	/* Whether swap is accounted is decided at boot, which a state directory may outlive. */
	if (c->parent[LW_CTL_MEMORY] && !h->swap_accounting) {
		guard(s, WARM_ENTRY,
		      lw_arena_printf(h->arena, "%s/memory.memsw.limit_in_bytes", steady_parent(h, LW_CTL_MEMORY)));
		s->bad = s->bad || c->version == 2;
	}
	guard(s, WARM_ENTRY, "/run/systemd/system");
	/* Elsewhere where we are decides what is ours. */
	if (!apart)
		guard_text(s, "/proc/self/cgroup", h->arena);
}

static void guard_host(struct saving *s, const struct cli_job *job)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group", "/etc/subuid", "/etc/subgid" };
	static const char *const helpers[] = { "/usr/bin/newuidmap", "/usr/bin/newgidmap" };
	static const char *const maps[] = { "/proc/self/uid_map", "/proc/self/gid_map" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		guard(s, WARM_FILE, files[i]);
	/* The number in the key may be given to another user namespace, with other ids, once this one is gone. */
	char ns[64];
	ssize_t len = readlink("/proc/self/ns/user", ns, sizeof ns - 1);
	ns[len > 0 ? len : 0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(maps) && strcmp(ns, LW_FIRST_USER_NAMESPACE) != 0; i++)
		guard_text(s, maps[i], job->host->arena);
	for (size_t i = 0; i < ARRAY_LEN(helpers) && !job->host->privileged; i++)
		guard(s, WARM_FILE, helpers[i]);
	/* A directory that becomes a layout is an image. */
	const struct lw_root *root = &job->spec->root;
	if (root->kind == LW_ROOT_DIR)
		guard(s, WARM_ENTRY, lw_arena_printf(job->host->arena, "%s/oci-layout", root->path));
	for (size_t i = 0; i < LW_HOST_VIEW && job->spec->root.kind == LW_ROOT_HOST; i++)
		guard(s, WARM_ENTRY, lw_host_view_paths[i]);
}

/* Options whose values nobody would expect to be written down, or that name a text which is not looked at again. */
static bool private_options(const struct cli *c)
{
	for (size_t i = 0; i < c->n_uses; i++) {
		const char *name = c->uses[i].option->name, *v = c->uses[i].value;
		size_t n = v ? strlen(v) : 0;
		if (!strcmp(name, "env"))
			return true;
		if (!strcmp(name, "seccomp") && v && (strchr(v, '/') || (n > 5 && !strcmp(v + n - 5, ".json"))))
			return true;
	}
	return false;
}

/* What is said on the way, what a root of its own says about users, and what a module of the kernel is asked at launch
 * is not in a plan; what the caller's environment says may not stay in one. */
static bool repeatable(const struct cli *c, const struct cli_job *job)
{
	const struct lw_spec *s = job->spec;
	bool own_users = s->root.kind == LW_ROOT_DIR && !(s->user.name && !strcmp(s->user.name, "root"));
	/* There is something to do while it runs: to ask whether it is ready, and to say so. */
	bool watched = s->service.ready.kind != LW_PROBE_STARTED || getenv("NOTIFY_SOCKET");
	bool labels = lw_is_set(&s->rec, LW_KEY_APPARMOR) || lw_is_set(&s->rec, LW_KEY_SELINUX);
	return warm_built && job->eval.kept && !c->spec && !c->verbose && !c->result && c->status_fd < 0 &&
	       !c->denials && !own_users && !labels && !watched && !s->inherit_env.n && !private_options(c) &&
	       !job->host->tty_fds && job->host->state_fd >= 0;
}

static uint32_t add(struct saving *s, const void *bytes, size_t n)
{
	static const char zeros[16];
	lw_text_addn(&s->text, zeros, (16 - s->text.len % 16) % 16);
	uint32_t at = (uint32_t)s->text.len;
	lw_text_addn(&s->text, bytes, n);
	return at;
}

static uint32_t add_string(struct saving *s, const char *text)
{
	return add(s, text ? text : "", text ? strlen(text) + 1 : 1);
}

static bool write_out(struct saving *s, const struct warm_text *key, const struct cli_job *job)
{
	_cleanup_(lw_text_done_p) struct lw_text plan = { 0 };
	struct warm_head h = { .timeout = job->spec->timeout, .n_guards = (uint32_t)s->n };
	if (!warm_pack(job->plan, &plan))
		return false;
	memcpy(h.magic, WARM_MAGIC, sizeof h.magic);
	lw_text_addn(&s->text, (const char *)&h, sizeof h);
	h.n_key = (uint32_t)key->n;
	h.key = add(s, key->buf, key->n);
	for (size_t i = 0; i < s->n; i++) {
		s->guards[i].path = add(s, s->paths[i], strlen(s->paths[i]) + 1);
		s->guards[i].text = add(s, s->texts[i], s->guards[i].n_text);
	}
	h.name = add_string(s, job->spec->name);
	h.name_id_at = (uint32_t)job->spec->name_id_at;
	h.profile = add_string(s, job->spec->profile_path);
	h.sha256 = add_string(s, job->eval.sha256);
	h.privileged = job->spec->privileged;
	h.guards = add(s, s->guards, s->n * sizeof *s->guards);
	h.n_plan = (uint32_t)plan.len;
	h.plan = add(s, plan.buf, plan.len);
	add(s, "", 1);
	if (s->text.failed || s->text.len > WARM_FILE_MAX / 2)
		return false;
	h.size = (uint32_t)s->text.len;
	memcpy(s->text.buf, &h, sizeof h);
	h.sum = warm_sum(s->text.buf + offsetof(struct warm_head, timeout),
			 s->text.len - offsetof(struct warm_head, timeout));
	memcpy(s->text.buf, &h, sizeof h);
	return true;
}

const bool warm_built = LUNWARD_WARM;

void warm_save(const struct cli *c, const struct cli_job *job)
{
	uint8_t name[32];
	if (!repeatable(c, job))
		return;
	struct saving *s = calloc(1, sizeof *s);
	struct warm_text key = { malloc(WARM_KEY_MAX), 0, WARM_KEY_MAX, false };
	if (s && key.buf) {
		s->settled = c->started.tv_sec * INT64_C(1000000000) + c->started.tv_nsec - SETTLED_NS;
		guard_profiles(s, c, job);
		guard_host(s, job);
		guard_cgroups(s, job->host);
		warm_key(&key, c->argc, c->argv, job->host->environ_);
		if (!s->bad && !key.full && write_out(s, &key, job)) {
			warm_name(key.buf, key.n, name);
			/* A cache that cannot be written costs time, not correctness. */
			(void)lw_cache_put(job->host->state_fd, WARM_KIND, name, s->text.buf, s->text.len);
		}
		lw_text_done(&s->text);
	}
	free(key.buf);
	free(s);
}
