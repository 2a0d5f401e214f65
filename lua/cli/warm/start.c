/* start.c: a launch from a kept plan, before libc has started: see warm.h. Returns when there is none, or when anything
 * at all is not as it was: the full program is then started with nothing changed. No static table of pointers may be
 * used here or in what this calls, since nothing has been relocated yet (lint looks). */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "events.h"
#include "lua/cli/cli.h"
#include "supervise/privilege.h"
#include "lua/cli/run_loop.h"
#include "lua/cli/warm/warm.h"
#include "instance.h"
#include "state_dir.h"
#include "sys.h"

void lw_warm_start(long *stack);

struct caller {
	int argc;
	char **argv, **envp;
	const char *state, *runtime_dir;
};

static const char *value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);
	return strncmp(arg, name, n) || arg[n] != '=' ? NULL : arg + n + 1;
}

/* `run` as a user types it. Where an option's value looks like an option of its own we may look in the wrong state
 * directory: what lies there was kept for another command line, and is not taken. */
static bool look_at_caller(struct caller *c, long *stack)
{
	c->argc = (int)stack[0];
	c->argv = (char **)(stack + 1);
	c->envp = c->argv + c->argc + 1;
	if (c->argc < 2 || strcmp(c->argv[1], "run") != 0)
		return false;
	c->state = warm_env(c->envp, "LUNWARD_STATE");
	if (c->state && !*c->state)
		c->state = NULL;
	c->runtime_dir = warm_env(c->envp, "XDG_RUNTIME_DIR");
	char **e = c->envp;
	while (*e)
		e++;
	for (const Elf64_auxv_t *a = (const Elf64_auxv_t *)(e + 1); a->a_type != AT_NULL; a++)
		if (a->a_type == AT_SECURE && a->a_un.a_val)
			return false;
	for (int i = 2; i < c->argc && strcmp(c->argv[i], "--") != 0; i++) {
		const char *v = value_of(c->argv[i], "--state");
		if (v)
			c->state = v;
		else if (!strcmp(c->argv[i], "--state") && i + 1 < c->argc)
			c->state = c->argv[++i];
	}
	/* A closed standard descriptor, and SIGCHLD ignored, are the full program's to mend. */
	uint64_t action[4] = { 0 };
	bool usual = SYS(rt_sigaction, SIGCHLD, NULL, action, 8) >= 0 && action[0] == 0;
	for (int fd = 0; fd < 3; fd++)
		usual = usual && SYS(fcntl, fd, F_GETFD, 0) >= 0;
	return usual;
}

static int open_state(const struct caller *c, char path[static PATH_MAX])
{
	char cwd[PATH_MAX];
	int fd = -1;
	/* Where there is no state yet there is no plan: an argument that only looks like --state makes no directory. */
	if (SYS(getcwd, cwd, sizeof cwd) <= 0 || cwd[0] != '/' || (c->state && access(c->state, F_OK) < 0))
		return -1;
	const struct lw_state_choice choice = { c->state, c->runtime_dir, cwd, geteuid() };
	return lw_state_open(&choice, path, &fd, NULL) < 0 ? -1 : fd;
}

/* The part of a cache entry's file before what is kept (core/cache.c), which the digest in it covers; ours is checked
 * by warm_sum, which takes a tenth of the time. */
#define CACHE_HEAD 80

static char file[WARM_FILE_MAX] __attribute__((aligned(4096)));
static char key[WARM_KEY_MAX];

static bool read_file(int state, const struct warm_text *k, struct warm_head **ret)
{
	char name[80] = WARM_KIND "/";
	uint8_t hash[32];
	warm_name(k->buf, k->n, hash);
	lw_hex(hash, sizeof hash, name + strlen(name));
	int fd = sys_openat2(state, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return false;
	/* A plan is believed, so that it lies in our directory is not enough: that may have been somebody else's. */
	struct stat st;
	bool ours = SYS(newfstatat, fd, "", &st, AT_EMPTY_PATH) >= 0 && st.st_uid == geteuid() && S_ISREG(st.st_mode) &&
		    !(st.st_mode & 022);
	/* The head of the cache goes before the page, so that ours is aligned. */
	long n = ours ? SYS(read, fd, file, sizeof file) : -1;
	SYS(close, fd);
	if (n < (long)(CACHE_HEAD + sizeof **ret) || n == sizeof file)
		return false;
	*ret = (struct warm_head *)(void *)(file + CACHE_HEAD);
	return (*ret)->size == (size_t)n - CACHE_HEAD;
}

static bool within(const struct warm_head *h, uint32_t at, size_t n)
{
	return at >= sizeof *h && at <= h->size && n <= h->size - at;
}

/* The file ends in a zero: see warm_unpack. */
static bool texts(const struct warm_head *h)
{
	const char *bytes = (const char *)h;
	return within(h, h->name, 1) && within(h, h->profile, 1) && within(h, h->sha256, 1) && !bytes[h->size - 1] &&
	       strlen(bytes + h->name) < NAME_MAX && h->name_id_at <= NAME_MAX - LW_NAME_ID &&
	       (!h->name_id_at || h->name_id_at + LW_NAME_ID <= strlen(bytes + h->name));
}

static bool whole(const struct warm_head *h, const struct warm_text *k)
{
	const char *bytes = (const char *)h;
	return !memcmp(h->magic, WARM_MAGIC, sizeof h->magic) && within(h, h->key, h->n_key) && h->n_key == k->n &&
	       within(h, h->plan, h->n_plan) && texts(h) && h->plan % 16 == 0 && h->guards % 16 == 0 &&
	       h->n_guards <= 256 && within(h, h->guards, h->n_guards * sizeof(struct warm_guard)) &&
	       !memcmp(bytes + h->key, k->buf, k->n) &&
	       warm_sum(bytes + offsetof(struct warm_head, timeout), h->size - offsetof(struct warm_head, timeout)) ==
		       h->sum;
}

static bool find(int state, const struct caller *c, const char *state_path, struct lw_plan *plan,
		 struct warm_head **ret)
{
	struct warm_text k = { key, 0, sizeof key, false };
	struct warm_head *h;
	warm_key(&k, c->argc, c->argv, c->envp);
	if (k.full || !read_file(state, &k, &h) || !whole(h, &k))
		return false;
	const struct warm_guard *g = (const struct warm_guard *)(void *)((char *)h + h->guards);
	for (uint32_t i = 0; i < h->n_guards; i++)
		if (!warm_holds(&g[i], (const char *)h, h->size))
			return false;
	if (!warm_unpack((char *)h + h->plan, h->n_plan, plan) || strcmp(plan->pool.state_dir, state_path) != 0)
		return false;
	plan->pool.state_fd = state;
	*ret = h;
	return true;
}

static _Noreturn void leave(int code)
{
	for (;;)
		SYS(exit_group, code);
}

static struct cli_tty no_terminal;

/* The same that cli_cmd_run notes. */
struct noted {
	char name[NAME_MAX + 1];
	struct lw_event started[2], ended;
};

static void note_start(const struct lw_plan *plan, const struct warm_head *h, struct lw_instance *s, struct noted *n)
{
	const char *bytes = (const char *)h;
	char more[LW_EVENT_MORE];
	memcpy(n->name, bytes + h->name, strlen(bytes + h->name) + 1);
	if (h->name_id_at)
		memcpy(n->name + h->name_id_at, lw_instance_id(s), LW_NAME_ID);
	struct lw_event e = { .event = "run",
			      .id = lw_instance_id(s),
			      .name = n->name,
			      .profile = bytes + h->profile,
			      .sha256 = bytes + h->sha256,
			      .privileged = h->privileged };
	n->started[0] = e;
	e.verb = e.event;
	e.event = "started";
	lw_event_start(lw_instance_pid(s), more);
	n->started[1] = e;
	n->started[1].more = more;
	lw_event_note(plan->pool.state_fd, n->started, 2);
	e.event = "exited";
	n->ended = e;
}

static void note_end(const struct lw_plan *plan, const struct lw_status *status, struct noted *n)
{
	char more[LW_EVENT_MORE];
	lw_event_end(status, more);
	n->ended.more = more;
	lw_event_note(plan->pool.state_fd, &n->ended, 1);
}

/* From the launch on there is no way back once the command runs; before, there is. */
static void walk(const struct lw_plan *plan, const struct warm_head *h)
{
	static const char lost[] = "lunward: following the sandbox failed\n";
	struct lw_instance_options o = { .stdio = { 0, 1, 2 } };
	struct lw_instance *s = NULL;
	struct lw_status status = { 0 };
	struct noted noted;
	uint64_t before = 0;
	int signals = -1;
	SYS(rt_sigprocmask, SIG_SETMASK, NULL, &before, 8);
	if (cli_signals_open(&signals, NULL) >= 0 && lw_plan_launch(plan, &o, &s, NULL) >= 0) {
		note_start(plan, h, s, &noted);
		lw_privilege_shed(plan);
		no_terminal.master = no_terminal.control = -1;
		no_terminal.foreground = true;
		int r = cli_run_loop(s, signals, &no_terminal, h->timeout, NULL, &status, NULL);
		if (r >= 0)
			note_end(plan, &status, &noted);
		lw_instance_close(s);
		if (r < 0)
			SYS(write, 2, lost, sizeof lost - 1);
		leave(r < 0 ? CLI_FAILED : status.timed_out ? CLI_TIMEOUT : status.code);
	}
	lw_close_p(&signals);
	SYS(rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
}

void lw_warm_start(long *stack)
{
	struct caller c = { 0 };
	struct lw_plan plan;
	char state_path[PATH_MAX];
	struct warm_head *h;
	if (!look_at_caller(&c, stack))
		return;
	int state = open_state(&c, state_path);
	if (state >= 0 && find(state, &c, state_path, &plan, &h))
		walk(&plan, h);
	lw_close_p(&state);
}
