/* eval_child.c: the limited process: gives up everything but one socket, builds a fresh Lua state in memory mapped
 * beforehand, runs the profile under its budgets and answers with JSON or an error. Whatever Lua code does in here can
 * at worst end this process; it must not be able to wait, to open or to learn anything. */
#include "lua/eval_child.h"
#include <errno.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/text.h"
#include "lua/eval_filter.h"
#include "lua/scan.h"
#include "mount_text.h"

#define NO_MEMORY "not enough memory" /* Lua's own words */
#define HOOK_STEP 1000000             /* instructions between two looks at the budget */
#define MALLOC_ROOM                                                                                                    \
	((size_t)2 << 20) /* heap grown beforehand for core's own needs: a policy's programs are the largest */

static _Noreturn void send_error(const struct lw_err *err)
{
	eval_child_send(EVAL_CHANNEL, EVAL_ERROR, err, sizeof(*err));
	_exit(1);
}

static _Noreturn void fail_setup(const char *what, int error)
{
	struct lw_err err = { 0 };

	lw_fail(&err, -error, "cannot confine the evaluation of profiles: %s: %s", what, strerrordesc_np(error));
	send_error(&err);
}

/* --- confinement --- */

static void close_everything_else(int fd)
{
	if (fd != EVAL_CHANNEL && dup2(fd, EVAL_CHANNEL) < 0)
		_exit(1);
#ifdef EVAL_SANITIZED /* its reports go to stderr */
	close(1);
	const unsigned first = 3;
#else
	const unsigned first = 1;
#endif
	if (syscall(SYS_close_range, first, ~0U, 0) < 0)
		fail_setup("close_range", errno);
}

static void set_limits(void)
{
	const struct rlimit none = { 0, 0 }, one = { 1, 1 }, cpu = { 2, 2 };
	const struct itimerval timer = { .it_value = { .tv_sec = EVAL_CPU_USEC / 1000000,
						       .tv_usec = EVAL_CPU_USEC % 1000000 } };
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t all;

	/* A limit below the caller's is always allowed, but the hard one may be lower already. */
	if (setrlimit(RLIMIT_CORE, &none) < 0 || (setrlimit(RLIMIT_CPU, &cpu) < 0 && errno != EPERM))
		fail_setup("setrlimit", errno);
#ifndef EVAL_SANITIZED
	if (setrlimit(RLIMIT_NOFILE, &one) < 0)
		fail_setup("setrlimit", errno);
#else
	(void)one;
#endif
	/* The caller may ignore or block what must end us. */
	sigaction(SIGPROF, &standard, NULL);
	sigaction(SIGXCPU, &standard, NULL);
	sigaction(SIGSYS, &standard, NULL);
	sigfillset(&all);
	sigdelset(&all, SIGPROF);
	sigdelset(&all, SIGXCPU);
	sigdelset(&all, SIGSYS);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (setitimer(ITIMER_PROF, &timer, NULL) < 0)
		fail_setup("setitimer", errno);
}

static void prepare_heap(void)
{
	/* Core's helpers use malloc for small texts. Once the filter is on the heap cannot grow, so it does so now, and
	 * it must not try to shrink. */
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TOP_PAD, (int)MALLOC_ROOM);
	void *volatile room = malloc(MALLOC_ROOM / 2); /* volatile: or the compiler sees that nobody wants it */
	free(room);
}

static void load_filter(void)
{
#ifndef EVAL_SANITIZED
	const struct sock_fprog prog = { eval_filter_len, (struct sock_filter *)(uintptr_t)eval_filter };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		fail_setup("seccomp", errno);
#endif
}

/* --- positions and errors --- */

const struct eval_file *eval_caller(lua_State *L)
{
	struct eval_child *c = eval_of(L);
	lua_Debug ar;

	for (int level = 1; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "S", &ar);
		if (*ar.source != '@')
			continue;
		for (unsigned i = 0; i < c->n_files; i++)
			if (!strcmp(c->files[i].name, ar.source + 1))
				return &c->files[i];
	}
	return &c->files[0];
}

void eval_push_origin(lua_State *L)
{
	lua_Debug ar;

	for (int level = 1; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (*ar.source == '@') {
			lua_pushfstring(L, "%s:%d", ar.source + 1, ar.currentline);
			return;
		}
	}
	lua_pushstring(L, eval_of(L)->files[0].name);
}

int eval_unknown(lua_State *L, const char *what, const char *word, const char *near)
{
	if (near)
		return luaL_error(L, "unknown %s \"%s\" (did you mean \"%s\"?)", what, word, near);
	return luaL_error(L, "unknown %s \"%s\"", what, word);
}

int eval_raise(lua_State *L, const struct lw_err *err)
{
	const char *joint = err->path[0] ? ": " : "";

	if (err->hint[0])
		return luaL_error(L, "%s%s%s (%s)", err->path, joint, err->msg, err->hint);
	return luaL_error(L, "%s%s%s", err->path, joint, err->msg);
}

static void at(struct lw_err *err, const char *file, uint32_t line)
{
	lw_err_at(err, (struct lw_origin){ file, line });
}

/* The position of the innermost Lua function. Allocates nothing. */
static bool current_position(lua_State *L, struct lw_err *ret)
{
	lua_Debug ar;

	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		if (!lua_getinfo(L, "Sl", &ar) || *ar.source != '@' || ar.currentline <= 0)
			continue;
		at(ret, ar.source + 1, (uint32_t)ar.currentline);
		return true;
	}
	return false;
}

/* lua_Alloc. Lua calls no message handler when memory is out, so the place is noted here. */
static void *allocate(void *ud, void *p, size_t old_size, size_t new_size)
{
	struct eval_child *c = ud;
	void *q = eval_arena_lua(&c->arena, p, old_size, new_size);

	if (!q && new_size && c->L) {
		c->no_memory = (struct lw_err){ 0 };
		current_position(c->L, &c->no_memory);
	}
	return q;
}

/* "SOURCE:LINE: message": when msg starts with a position in one of our files, fills err's and returns the rest. */
static const char *split_position(const struct eval_child *c, const char *msg, struct lw_err *err)
{
	for (unsigned i = 0; i < c->n_files; i++) {
		size_t n = strlen(c->files[i].source);
		unsigned long line;
		char *end;

		if (strncmp(msg, c->files[i].source, n) != 0 || msg[n] != ':')
			continue;
		line = strtoul(msg + n + 1, &end, 10);
		if (end == msg + n + 1 || end[0] != ':' || end[1] != ' ' || line > UINT32_MAX)
			continue;
		at(err, c->files[i].name, (uint32_t)line);
		return end + 2;
	}
	return msg;
}

/* The message handler of the profile's run: notes where we are while the stack still tells. */
static int on_error(lua_State *L)
{
	struct eval_child *c = eval_of(L);

	if (!c->err.code && !c->err.file[0])
		current_position(L, &c->err);
	return 1;
}

static _Noreturn void report(struct eval_child *c)
{
	const char *text = lua_type(c->L, -1) == LUA_TSTRING ? lua_tostring(c->L, -1) : NULL;
	struct lw_err err = { 0 }, where = { 0 };
	const char *msg;

	if (c->err.code)
		send_error(&c->err);
	if (!text)
		lw_fail_as(&err, LW_ERR_POLICY, -EINVAL, "the profile raised an error that is not text (a %s value)",
			   luaL_typename(c->L, -1));
	else if (msg = split_position(c, text, &where), !strcmp(msg, NO_MEMORY))
		lw_fail_as(&err, LW_ERR_POLICY, -ENOMEM, NO_MEMORY " (%zu MiB)", EVAL_ARENA_SIZE >> 20);
	else
		lw_fail_as(&err, LW_ERR_POLICY, -EINVAL, "%s", msg);
	if (err.code == ENOMEM && !where.file[0])
		where = c->no_memory;
	at(&err, where.file, where.line);
	at(&err, c->err.file, c->err.line);
	at(&err, c->n_files ? c->files[0].name : NULL, 0);
	send_error(&err);
}

/* The budget. Once it is spent there is nothing left to run, pcall and error handlers included. */
static void on_count(lua_State *L, lua_Debug *ar)
{
	struct eval_child *c = eval_of(L);
	struct lw_err err = { 0 };

	c->instructions -= HOOK_STEP;
	if (c->instructions > 0)
		return;
	lua_getinfo(L, "Sl", ar);
	lw_fail_as(&err, LW_ERR_POLICY, -ETIME, "profile used more than %lld instructions",
		   (long long)EVAL_INSTRUCTIONS);
	at(&err, *ar->source == '@' ? ar->source + 1 : c->files[0].name,
	   ar->currentline > 0 ? (uint32_t)ar->currentline : 0);
	send_error(&err);
}

static int on_panic(lua_State *L)
{
	report(eval_of(L));
}

/* --- running files --- */

/* Reads one frame into a fresh string-like userdata, which it leaves on the stack. */
static char *receive(lua_State *L, struct eval_head *ret)
{
	char *buf;

	if (eval_child_read(EVAL_CHANNEL, ret, sizeof(*ret)) < 0 ||
	    ret->size > EVAL_TEXT_MAX + sizeof(struct eval_source) + 2 * 4096 + 2)
		_exit(1); /* the parent is gone */
	buf = lua_newuserdatauv(L, (size_t)ret->size + 1, 0);
	if (eval_child_read(EVAL_CHANNEL, buf, ret->size) < 0)
		_exit(1);
	buf[ret->size] = '\0';
	return buf;
}

static char *keep(lua_State *L, const char *s, size_t n)
{
	char *p = eval_arena_malloc(n + 1);

	if (!p)
		luaL_error(L, NO_MEMORY);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

static void check_duplicates(lua_State *L, const struct eval_file *f, const char *text, size_t n)
{
	size_t slots = scan_slots(text, n);
	struct scan_slot *v = lua_newuserdatauv(L, slots * sizeof(*v), 0);
	struct scan_duplicate d;

	memset(v, 0, slots * sizeof(*v));
	if (scan_duplicate(text, n, v, slots, &d)) {
		lua_pushlstring(L, d.key, d.len > 80 ? 80 : d.len);
		lua_pushfstring(L, "%s:%d: duplicate key \"%s\" (first written on line %d)", f->source, (int)d.line,
				lua_tostring(L, -1), (int)d.first_line);
		lua_error(L);
	}
	lua_pop(L, 1);
}

/* The chain of includes is the stack: it stays right when a profile catches errors. */
static bool is_running(lua_State *L, const char *name)
{
	lua_Debug ar;

	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "S", &ar);
		if (!strcmp(ar.what, "main") && *ar.source == '@' && !strcmp(ar.source + 1, name))
			return true;
	}
	return false;
}

/* Loads the EVAL_SOURCE frame in buf and leaves its chunk on the stack. */
static void load(lua_State *L, const char *buf, size_t size)
{
	struct eval_child *c = eval_of(L);
	struct eval_file *f;
	struct eval_source src;
	const char *name = buf + sizeof(src), *text;
	size_t n;
	lua_Debug ar;

	memcpy(&src, buf, sizeof(src));
	if (c->n_files == EVAL_INCLUDES_MAX + 1 || sizeof(src) + src.name + src.dir + src.text != size)
		_exit(1);
	f = &c->files[c->n_files];
	*f = (struct eval_file){ .name = keep(L, name, src.name), .dir = keep(L, name + src.name, src.dir) };
	if (is_running(L, f->name))
		luaL_error(L, "%s includes itself", f->name);
	c->n_files++;
	text = name + src.name + src.dir;
	n = src.text;
	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) /* what an editor may have put first */
		text += 3, n -= 3;
	if (n && *text == '#') /* #!/usr/bin/lunward: the line stays, empty */
		while (n && *text != '\n')
			text++, n--;
	lua_pushfstring(L, "@%s", f->name);
	/* How Lua abbreviates the name in messages, an empty chunk tells, whatever becomes of the real one. */
	if (luaL_loadbufferx(L, "", 0, lua_tostring(L, -1), "t") != LUA_OK)
		lua_error(L);
	lua_getinfo(L, ">S", &ar);
	memcpy(f->source, ar.short_src, sizeof(f->source));
	if (n && *text == *LUA_SIGNATURE) {
		lua_pushfstring(L, "%s:1: compiled Lua is not accepted", f->source);
		lua_error(L);
	}
	if (luaL_loadbufferx(L, text, n, lua_tostring(L, -1), "t") != LUA_OK)
		lua_error(L);
	check_duplicates(L, f, name + src.name + src.dir, src.text);
	lua_remove(L, -2); /* chunk name */
}

/* One result counts: the second on the top of the stack, which Lua would drop, is an error. */
static void check_single(lua_State *L, const char *file)
{
	struct lw_err *err = &eval_of(L)->err;
	const char *origin = NULL, *colon;

	if (lua_isnil(L, -1))
		return;
	*err = (struct lw_err){ 0 };
	lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "the profile returns more than one value");
	lw_err_hint(err, "write one profile for each sandbox");
	if (eval_record_kind(L, -1) == EVAL_SANDBOX && lua_getfield(L, -1, "origin") == LUA_TSTRING)
		origin = lua_tostring(L, -1);
	colon = origin ? strrchr(origin, ':') : NULL;
	at(err, file, colon ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0);
	lua_error(L);
}

void eval_include(lua_State *L, const char *name)
{
	struct eval_child *c = eval_of(L);
	struct eval_head head;
	size_t n = strlen(name);
	char *buf;

	luaL_checkstack(L, 20, "includes nested too deeply");
	if (n > EVAL_NAME_MAX)
		luaL_error(L, "the name of a profile has at most %d characters", EVAL_NAME_MAX);
	if (c->n_files == EVAL_INCLUDES_MAX + 1)
		luaL_error(L, "more than %d includes", EVAL_INCLUDES_MAX);
	if (eval_child_send(EVAL_CHANNEL, EVAL_INCLUDE, name, n) < 0)
		_exit(1);
	buf = receive(L, &head);
	if (head.type != EVAL_SOURCE)
		luaL_error(L, "%s", buf);
	load(L, buf, head.size);
	lua_remove(L, -2); /* the frame */
	name = c->files[c->n_files - 1].name;
	lua_call(L, 0, 2);
	check_single(L, name);
	lua_pop(L, 1);
}

void eval_load(lua_State *L, const char *name)
{
	char request[EVAL_PATH_MAX];
	struct eval_source src;
	struct eval_head head;
	char *path = lw_path_normalise(name, eval_caller(L)->dir), *buf;
	size_t n = path ? strlen(path) : 0, m = strlen(name);

	if (!path || n + 1 + m > sizeof(request))
		luaL_error(L, "\"%s\" is not the path of a file", name);
	memcpy(request, path, n + 1);
	memcpy(request + n + 1, name, m);
	free(path);
	if (eval_child_send(EVAL_CHANNEL, EVAL_LOAD, request, n + 1 + m) < 0)
		_exit(1);
	buf = receive(L, &head);
	if (head.type != EVAL_SOURCE)
		luaL_error(L, "%s", buf);
	memcpy(&src, buf, sizeof(src));
	if (sizeof(src) + src.name + src.dir + src.text != head.size)
		_exit(1);
	lua_pushlstring(L, buf + sizeof(src) + src.name + src.dir, src.text);
	lua_remove(L, -2); /* the frame */
}

static void check_result(lua_State *L)
{
	struct eval_child *c = eval_of(L);
	const char *open = eval_unfinished(L, -1);
	struct lw_err *err = &c->err;
	int type = lua_type(L, -1);

	if (!open && eval_record_kind(L, -1) == EVAL_SANDBOX)
		return;
	*err = (struct lw_err){ 0 };
	if (open)
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "sandbox \"%s\" has no table", open);
	else if (type == LUA_TNIL && c->first_sandbox)
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "the profile makes a sandbox but does not return it");
	else if (type == LUA_TNIL)
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "the profile returns nothing");
	else
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "the profile returns a %s, not a sandbox",
			   luaL_typename(L, -1));
	lw_err_hint(err, "write return sandbox { ... }");
	at(err, c->files[0].name, type == LUA_TNIL ? (uint32_t)c->first_sandbox : 0);
	lua_error(L);
}

/* Everything of an evaluation that may raise, from the parent's first frame on; leaves the answer as light userdata. */
static int evaluate(lua_State *L)
{
	struct eval_head head;
	char *buf = receive(L, &head);

	if (head.type != EVAL_SOURCE)
		_exit(1);
	load(L, buf, head.size);
	lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_STEP);
	lua_pushcfunction(L, on_error);
	lua_insert(L, -2);
	if (lua_pcall(L, 0, 2, -2) != LUA_OK)
		return lua_error(L);
	check_single(L, eval_of(L)->files[0].name);
	lua_pop(L, 1);
	eval_lib_finish(L);
	check_result(L);
	eval_params_finish(L);
	lua_pushlightuserdata(L, eval_value_layers(L, lua_gettop(L)));
	return 1;
}

static int open_state(lua_State *L)
{
	eval_globals_open(L);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	return 0;
}

void eval_child_run(int fd, const struct lw_eval_options *o)
{
	static struct eval_child c; /* zero, and too large for comfort on a stack */
	json_t *answer;
	char *text;
	int r;

	close_everything_else(fd);
	prctl(PR_SET_DUMPABLE, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail_setup("PR_SET_NO_NEW_PRIVS", errno);
	set_limits();
	prepare_heap();
	r = eval_arena_open(&c.arena);
	if (r < 0)
		fail_setup("mmap", -r);
	c.o = o;
	c.instructions = EVAL_INSTRUCTIONS;
	eval_arena_set(&c.arena);
	json_set_alloc_funcs(eval_arena_malloc, eval_arena_free);
	c.L = lua_newstate(allocate, &c);
	if (!c.L)
		fail_setup("lua_newstate", ENOMEM);
	*(struct eval_child **)lua_getextraspace(c.L) = &c;
	lua_atpanic(c.L, on_panic);
	lua_gc(c.L, LUA_GCSTOP);
	lua_pushcfunction(c.L, open_state);
	r = lua_pcall(c.L, 0, 0, 0);
	if (r != LUA_OK)
		report(&c);
	lua_gc(c.L, LUA_GCRESTART);
	load_filter();
	lua_pushcfunction(c.L, evaluate);
	r = lua_pcall(c.L, 0, 1, 0);
	if (r != LUA_OK)
		report(&c);
	answer = lua_touserdata(c.L, -1);
	text = json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(17));
	if (!text)
		lw_fail_as(&c.err, LW_ERR_POLICY, -ENOMEM, NO_MEMORY " (%zu MiB)", EVAL_ARENA_SIZE >> 20);
	else if (strlen(text) > EVAL_ANSWER_MAX)
		lw_fail_as(&c.err, LW_ERR_POLICY, -EFBIG, "the sandbox's description is larger than %zu MiB",
			   EVAL_ANSWER_MAX >> 20);
	at(&c.err, c.files[0].name, 0);
	if (c.err.code)
		report(&c);
	eval_child_send(EVAL_CHANNEL, c.asked_host || c.printed ? EVAL_ANSWER : EVAL_KEEP, text, strlen(text));
	_exit(0);
}
