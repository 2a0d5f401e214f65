/* stage_exec.c: the command itself: its arguments, its environment and where it is searched. The search path is the
 * sandbox's, never the caller's. */
#include <string.h>
#include "base/cleanup.h"
#include "listen.h"
#include "schema.h"
#include "stage.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct env {
	char **v;
	size_t n;
};

static size_t key_len(const char *entry)
{
	return strcspn(entry, "=");
}

static void env_set(struct lw_plan *p, struct env *e, const char *key, const char *value)
{
	size_t len = strlen(key), i = 0;
	while (i < e->n && !(key_len(e->v[i]) == len && !memcmp(e->v[i], key, len)))
		i++;
	if (value) {
		e->v[i] = lw_arena_printf(p->arena, "%s=%s", key, value);
		e->n += i == e->n;
	} else if (i < e->n) {
		memmove(&e->v[i], &e->v[i + 1], (e->n - i - 1) * sizeof *e->v);
		e->n--;
	}
}

static const char *caller_env(const struct lw_host *h, const char *key)
{
	size_t len = strlen(key);
	for (char *const *v = h->environ_; v && *v; v++)
		if (key_len(*v) == len && !memcmp(*v, key, len) && (*v)[len] == '=')
			return *v + len + 1;
	return NULL;
}

static const char *env_get(const struct env *e, const char *key)
{
	size_t len = strlen(key);
	for (size_t i = 0; i < e->n; i++)
		if (key_len(e->v[i]) == len && !memcmp(e->v[i], key, len))
			return e->v[i] + len + 1;
	return NULL;
}

/* As opened by whoever launches; where nobody has, as the profile says, without those that are inherited. */
int lw_stage_listen_count(const struct lw_plan *p)
{
	const struct lw_listens *l = &p->spec->service.listen;
	int n = 0;
	if (p->host->sockets)
		return p->host->sockets->n;
	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].address != NULL;
	return n;
}

const char *lw_stage_listen_names(const struct lw_plan *p)
{
	const struct lw_listens *l = &p->spec->service.listen;
	const char *names = NULL;
	if (p->host->sockets)
		return p->host->sockets->names;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].address)
			names = lw_arena_printf(p->arena, "%s%s%s", names ? names : "", names ? ":" : "",
						l->v[i].name ? l->v[i].name : LW_LISTEN_NAME);
	return names ? names : "";
}

static int plan_env(struct lw_plan *p, struct env *e)
{
	const struct lw_spec *s = p->spec;
	e->v = lw_arena_array(p->arena, 10 + s->inherit_env.n + s->env.n, sizeof *e->v); /* ends in a NULL */
	if (!e->v)
		return -ENOMEM;
	env_set(p, e, "PATH", DEFAULT_PATH);
	env_set(p, e, "HOME", p->home);
	if (p->terminal_fds) {
		const char *term = caller_env(p->host, "TERM");
		env_set(p, e, "TERM", term ? term : "xterm");
	}
	env_set(p, e, "container", "lunward");
	if (s->service.ready.kind == LW_PROBE_NOTIFY)
		env_set(p, e, "NOTIFY_SOCKET", LW_NOTIFY_INSIDE);
	if (s->service.listen.n) {
		env_set(p, e, LW_LISTEN_PID, LW_LISTEN_PID_ROOM);
		env_set(p, e, "LISTEN_FDS", lw_arena_printf(p->arena, "%d", lw_stage_listen_count(p)));
		env_set(p, e, "LISTEN_FDNAMES", lw_stage_listen_names(p));
	}
	for (size_t i = 0; i < s->inherit_env.n; i++) {
		const char *value = caller_env(p->host, s->inherit_env.v[i]);
		if (value)
			env_set(p, e, s->inherit_env.v[i], value);
	}
	for (size_t i = 0; i < s->env.n; i++)
		env_set(p, e, s->env.v[i].key, s->env.v[i].value);
	return lw_arena_failed(p->arena) ? -ENOMEM : 0;
}

static int plan_candidates(struct lw_plan *p, const char *command, const char *path)
{
	size_t n = 2, used = 0;
	for (const char *c = path; *c; c++)
		n += *c == ':';
	p->exec_paths = lw_arena_array(p->arena, n + 1, sizeof *p->exec_paths);
	if (!p->exec_paths)
		return -ENOMEM;
	if (strchr(command, '/')) {
		p->exec_paths[0] = lw_arena_strdup(p->arena, command);
		return 0;
	}
	while (*path) {
		size_t len = strcspn(path, ":");
		if (len && path[0] == '/') /* a relative or empty element would search the working directory */
			p->exec_paths[used++] = lw_arena_printf(p->arena, "%.*s/%s", (int)len, path, command);
		path += len + (path[len] == ':');
	}
	return 0;
}

int lw_stage_exec(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_strlist *command = &p->spec->command;
	struct env e = { 0 };
	(void)err;
	if (!command->n) /* a profile for commands to come: it can be planned and explained, not launched */
		return 0;
	if (plan_env(p, &e) < 0)
		return -ENOMEM;
	const char *path = env_get(&e, "PATH");
	p->envp = e.v;
	p->argv = lw_arena_array(p->arena, command->n + 1, sizeof *p->argv);
	for (size_t i = 0; p->argv && i < command->n; i++)
		p->argv[i] = lw_arena_strdup(p->arena, command->v[i]);
	if (plan_candidates(p, command->v[0], path ? path : DEFAULT_PATH) < 0)
		return -ENOMEM;
	return PLAN_OP(p, LW_OP_EXEC, NULL, "command", .str = { p->argv ? p->argv[0] : NULL });
}
