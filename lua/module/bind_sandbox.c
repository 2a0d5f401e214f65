/* bind_sandbox.c: run, start, open, list, and the handle that they give. One that was run ends with its handle: when it
 * is closed, goes out of scope as a <close> variable, or is collected. */
#include "lua/module/bind_sandbox.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "lua/module/bind_spec.h"
#include "lua/module/bind_stdio.h"
#include "lua/module/bind_wait.h"

#define SANDBOX_TYPE "lunward.sandbox"
enum { STREAMS = 1 }; /* user value */

const char *const bind_launch_keys[] = { "set", "stdin", "stdout", "stderr", "remove", NULL };

struct box {
	struct lw_sandbox *s; /* NULL: closed, or not yet */
};

static struct box *new_box(lua_State *L)
{
	struct box *b = lua_newuserdatauv(L, sizeof *b, 1);
	b->s = NULL;
	luaL_setmetatable(L, SANDBOX_TYPE);
	lua_newtable(L);
	lua_setiuservalue(L, -2, STREAMS);
	return b;
}

struct lw_sandbox *bind_check_sandbox(lua_State *L, int idx)
{
	struct box *b = luaL_checkudata(L, idx, SANDBOX_TYPE);
	if (!b->s)
		luaL_error(L, "attempt to use a closed sandbox");
	return b->s;
}

struct lw_sandbox *bind_test_sandbox(lua_State *L, int idx)
{
	return luaL_testudata(L, idx, SANDBOX_TYPE) ? bind_check_sandbox(L, idx) : NULL;
}

static int box_close(lua_State *L)
{
	struct box *b = luaL_checkudata(L, 1, SANDBOX_TYPE);
	b->s = lw_sandbox_close(b->s);
	lua_pushboolean(L, true);
	return 1;
}

/* --- starting --- */

static bool has(lua_State *L, int idx, const char *key)
{
	bool yes = idx && lua_getfield(L, idx, key) != LUA_TNIL && lua_toboolean(L, -1);
	if (idx)
		lua_pop(L, 1);
	return yes;
}

static int begin(lua_State *L, bool bound)
{
	struct lw_err err = { 0 };
	struct lw_spec **spec;
	lua_settop(L, 2);
	/* Where the keys of a start are: in the options, or in the one table. */
	int options = lua_istable(L, 2) ? 2 : lua_istable(L, 1) ? 1 : 0;
	int r = bind_get_spec(L, 1, 2, &spec, &err);
	if (r < 0)
		return bind_fail(L, &err);
	struct box *b = new_box(L);
	int box = lua_gettop(L);
	lua_getiuservalue(L, box, STREAMS);
	struct bind_stdio *io = bind_stdio_read(L, options, bound ? BIND_INHERIT : BIND_LOG, &err);
	if (!io)
		return bind_fail(L, &err);
	bool named = has(L, options, "name");
	struct lw_launch_options o = {
		.stdio = io->fd,
		.flags = (bound && !named ? LW_LAUNCH_UNIQUE_NAME : 0) |
			 (has(L, options, "remove") ? LW_LAUNCH_REMOVE : 0),
	};
	const struct lw_host *h = bind_host(L, &err);
	r = !h ? -err.code : bound ? lw_launch(h, *spec, &o, &b->s, &err) : lw_start(h, *spec, &o, &b->s, &err);
	bind_stdio_done(L, io, options);
	if (r < 0)
		return bind_fail(L, &err);
	lua_pushvalue(L, box);
	return 1;
}

static int run(lua_State *L)
{
	return begin(L, true);
}

static int start(lua_State *L)
{
	return begin(L, false);
}

static int open_one(lua_State *L)
{
	struct lw_err err = { 0 };
	const char *name = luaL_checkstring(L, 1);
	struct box *b = new_box(L);
	const struct lw_host *h = bind_host(L, &err);
	if (!h || lw_sandbox_open(h, name, &b->s, &err) < 0)
		return bind_fail(L, &err);
	return 1;
}

static int list(lua_State *L)
{
	struct lw_err err = { 0 };
	char **text = bind_text_box(L);
	const struct lw_host *h = bind_host(L, &err);
	if (!h || lw_sandbox_list(h, text, &err) < 0)
		return bind_fail(L, &err);
	bind_push_taken(L, text);
	bind_push_parsed(L);
	return 1;
}

/* --- waiting --- */

static void set_integer(lua_State *L, const char *key, int64_t value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, key);
}

static void set_boolean(lua_State *L, const char *key, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, key);
}

static void set_seconds(lua_State *L, const char *key, double value)
{
	lua_pushnumber(L, value);
	lua_setfield(L, -2, key);
}

static void push_status(lua_State *L, const struct lw_status *s)
{
	lua_createtable(L, 0, 8);
	set_integer(L, "code", s->code);
	if (s->signal)
		set_integer(L, "signal", s->signal);
	set_boolean(L, "timed_out", s->timed_out);
	set_boolean(L, "oom", s->oom);
	set_seconds(L, "wall_seconds", s->wall_seconds);
	set_seconds(L, "cpu_seconds", s->cpu_seconds);
	if (s->memory_peak_bytes >= 0)
		set_integer(L, "memory_peak_bytes", s->memory_peak_bytes);
	lua_newtable(L);
	lua_setfield(L, -2, "denials");
}

static int box_wait(lua_State *L)
{
	struct lw_sandbox *s = bind_check_sandbox(L, 1);
	int64_t until = bind_until(L, 2);
	struct lw_status status;
	struct lw_err err = { 0 };
	int r;
	while ((r = lw_sandbox_wait(s, 0, &status, &err)) == -ETIMEDOUT &&
	       bind_wait_fd(lw_sandbox_pollfd(s), until) > 0)
		;
	if (r < 0)
		return bind_fail(L, &err);
	push_status(L, &status);
	return 1;
}

static int box_wait_ready(lua_State *L)
{
	struct lw_sandbox *s = bind_check_sandbox(L, 1);
	int64_t until = bind_until(L, 2);
	struct lw_err err = { 0 };
	int r;
	while ((r = lw_sandbox_wait_ready(s, 0, &err)) == -ETIMEDOUT && bind_wait_fd(lw_sandbox_pollfd(s), until) > 0)
		;
	return bind_result(L, r, &err);
}

/* --- acting --- */

static int box_signal(lua_State *L)
{
	struct lw_sandbox *s = bind_check_sandbox(L, 1);
	struct lw_err err = { 0 };
	luaL_argcheck(L, !lua_isnoneornil(L, 2), 2, "which signal?");
	return bind_result(L, lw_sandbox_signal(s, bind_signal(L, 2, 0), &err), &err);
}

static int box_kill(lua_State *L)
{
	struct lw_sandbox *s = bind_check_sandbox(L, 1);
	struct lw_err err = { 0 };
	return bind_result(L, lw_sandbox_signal(s, bind_signal(L, 2, SIGKILL), &err), &err);
}

static int box_stop(lua_State *L)
{
	struct lw_sandbox *s = bind_check_sandbox(L, 1);
	struct lw_err err = { 0 };
	return bind_result(L, lw_sandbox_stop(s, bind_duration(L, 2, -1), &err), &err);
}

static int box_pause(lua_State *L)
{
	struct lw_err err = { 0 };
	return bind_result(L, lw_sandbox_pause(bind_check_sandbox(L, 1), true, &err), &err);
}

static int box_resume(lua_State *L)
{
	struct lw_err err = { 0 };
	return bind_result(L, lw_sandbox_pause(bind_check_sandbox(L, 1), false, &err), &err);
}

/* box:update{ limits = { memory = "128M" } } */
static int box_update(lua_State *L)
{
	struct lw_sandbox *s = bind_check_sandbox(L, 1);
	struct lw_err err = { 0 };
	luaL_checktype(L, 2, LUA_TTABLE);
	const char *keys = bind_to_text(L, 2);
	struct lw_host *h = bind_host(L, &err);
	return bind_result(L, h ? lw_sandbox_update(h, s, keys, &err) : -err.code, &err);
}

static int box_inspect(lua_State *L)
{
	struct lw_sandbox *s = bind_check_sandbox(L, 1);
	struct lw_err err = { 0 };
	char **text = bind_text_box(L);
	if (lw_sandbox_inspect(s, text, &err) < 0)
		return bind_fail(L, &err);
	bind_push_taken(L, text);
	bind_push_parsed(L);
	return 1;
}

/* What this machine does not tell is left out. */
static int box_stats(lua_State *L)
{
	struct lw_stats u;
	struct lw_err err = { 0 };
	if (lw_sandbox_stats(bind_check_sandbox(L, 1), &u, &err) < 0)
		return bind_fail(L, &err);
	const struct {
		const char *key;
		int64_t value;
	} fields[] = {
		{ "tasks", u.tasks },
		{ "processes", u.processes },
		{ "memory_bytes", u.memory_bytes },
		{ "memory_peak_bytes", u.memory_peak_bytes },
		{ "swap_bytes", u.swap_bytes },
		{ "io_read_bytes", u.io_read_bytes },
		{ "io_written_bytes", u.io_written_bytes },
		{ "net_received_bytes", u.net_received_bytes },
		{ "net_sent_bytes", u.net_sent_bytes },
	};
	lua_createtable(L, 0, 10);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].value >= 0)
			set_integer(L, fields[i].key, fields[i].value);
	if (u.cpu_usec >= 0)
		set_seconds(L, "cpu_seconds", (double)u.cpu_usec / 1e6);
	return 1;
}

static int box_remove(lua_State *L)
{
	struct lw_sandbox *s = bind_check_sandbox(L, 1);
	struct lw_err err = { 0 };
	struct lw_host *h = bind_host(L, &err);
	return bind_result(L, h ? lw_sandbox_remove(h, s, &err) : -err.code, &err);
}

static int box_fd(lua_State *L)
{
	lua_pushinteger(L, lw_sandbox_pollfd(bind_check_sandbox(L, 1)));
	return 1;
}

/* What has happened since it was asked last: "started", "ready", "ended", each its own result. */
static int box_step(lua_State *L)
{
	struct lw_err err = { 0 };
	int r = lw_sandbox_step(bind_check_sandbox(L, 1), &err);
	if (r < 0)
		return bind_fail(L, &err);
	lua_settop(L, 0);
	for (unsigned bit = 1; bit <= LW_EVENT_ENDED; bit <<= 1)
		if ((unsigned)r & bit)
			lua_pushstring(L, bind_event_name(bit));
	return lua_gettop(L);
}

/* --- fields --- */

static int box_index(lua_State *L)
{
	struct box *b = luaL_checkudata(L, 1, SANDBOX_TYPE);
	const char *key = luaL_checkstring(L, 2);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	lua_getiuservalue(L, 1, STREAMS);
	if (lua_getfield(L, -1, key) != LUA_TNIL)
		return 1;
	if (!b->s)
		return luaL_error(L, "attempt to use a closed sandbox");
	if (!strcmp(key, "id"))
		lua_pushstring(L, lw_sandbox_id(b->s));
	else if (!strcmp(key, "name"))
		lua_pushstring(L, lw_sandbox_name(b->s));
	else if (!strcmp(key, "pid") && lw_sandbox_pid(b->s))
		lua_pushinteger(L, lw_sandbox_pid(b->s));
	else
		lua_pushnil(L);
	return 1;
}

static int box_tostring(lua_State *L)
{
	struct box *b = luaL_checkudata(L, 1, SANDBOX_TYPE);
	if (b->s)
		lua_pushfstring(L, "sandbox %s", lw_sandbox_name(b->s));
	else
		lua_pushliteral(L, "sandbox (closed)");
	return 1;
}

void bind_sandbox_open(lua_State *L)
{
	static const luaL_Reg meta[] = {
		{ "__gc", box_close }, { "__close", box_close }, { "__tostring", box_tostring }, { NULL, NULL }
	};
	static const luaL_Reg methods[] = {
		{ "close", box_close },
		{ "fd", box_fd },
		{ "inspect", box_inspect },
		{ "kill", box_kill },
		{ "pause", box_pause },
		{ "remove", box_remove },
		{ "resume", box_resume },
		{ "signal", box_signal },
		{ "stats", box_stats },
		{ "step", box_step },
		{ "stop", box_stop },
		{ "update", box_update },
		{ "wait", box_wait },
		{ "wait_ready", box_wait_ready },
		{ NULL, NULL },
	};
	static const luaL_Reg functions[] = {
		{ "run", run }, { "start", start }, { "open", open_one }, { "list", list }, { NULL, NULL }
	};
	bind_type(L, SANDBOX_TYPE, meta, NULL);
	bind_index(L, SANDBOX_TYPE, methods, box_index);
	luaL_setfuncs(L, functions, 0);
}
