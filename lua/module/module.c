/* module.c: require "lunward": sandboxes for scripts. It is not linked to any Lua, and loading it does nothing but make
 * tables. What it is told of the world comes from its environment, as for the command, or from lw.options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "lua/module/bind.h"
#include "lua/module/prim.h"

#define HOST_TYPE "lunward.host"
#define FRESH_USEC 1000000

static const char *const option_names[] = { "state", "cgroup_parent", "profiles", "helpers" };
static const char *const option_variables[] = { "LUNWARD_STATE", "LUNWARD_CGROUP_PARENT", NULL, "LUNWARD_LIBEXEC" };

struct machine {
	struct lw_host *host;
	int64_t probed;
};

static int machine_gc(lua_State *L)
{
	struct machine *m = lua_touserdata(L, 1);
	m->host = lw_host_free(m->host);
	return 0;
}

/* Pushes the option's text or nil; a value in lw.options goes over the environment's. */
static const char *option(lua_State *L, int options, size_t i)
{
	const char *from = option_variables[i] ? getenv(option_variables[i]) : NULL;
	if (lua_getfield(L, options, option_names[i]) == LUA_TNIL && from && *from)
		lua_pushstring(L, from);
	return lua_tostring(L, -1);
}

struct lw_host *bind_host(lua_State *L, struct lw_err *err)
{
	int top = lua_gettop(L);
	luaL_checkstack(L, 12, "no room");
	lua_getfield(L, LUA_REGISTRYINDEX, HOST_TYPE ".one");
	struct machine *m = lua_touserdata(L, -1);
	if (m->host && lw_now_usec() - m->probed < FRESH_USEC) {
		lua_settop(L, top);
		return m->host;
	}
	lua_getiuservalue(L, -1, 1);
	int options = lua_gettop(L);
	struct lw_host_options o = { .xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"), .environ_ = environ };
	o.state = option(L, options, 0);
	o.cgroup_parent = option(L, options, 1);
	o.profiles = option(L, options, 2);
	o.helpers = option(L, options, 3);
	m->host = lw_host_free(m->host);
	m->probed = lw_now_usec();
	int r = lw_host_probe(&o, &m->host, err);
	lua_settop(L, top);
	return r < 0 ? NULL : m->host;
}

/* lw.options{ state = DIR, … }: from here on; false takes one back. */
static int set_options(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_getfield(L, LUA_REGISTRYINDEX, HOST_TYPE ".one");
	struct machine *m = lua_touserdata(L, 2);
	lua_getiuservalue(L, 2, 1);
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
		size_t i = 0;
		while (i < sizeof option_names / sizeof *option_names && strcmp(option_names[i], key) != 0)
			i++;
		if (i == sizeof option_names / sizeof *option_names)
			return luaL_argerror(L, 1,
					     lua_pushfstring(L,
							     "unknown option '%s' (state, cgroup_parent, profiles, "
							     "helpers)",
							     key));
		if (lua_toboolean(L, -1) && lua_type(L, -1) != LUA_TSTRING)
			return luaL_argerror(L, 1, lua_pushfstring(L, "%s: a path", key));
	}
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		if (!lua_toboolean(L, -1)) {
			lua_pop(L, 1);
			lua_pushnil(L);
		}
		lua_pushvalue(L, -1);
		lua_setfield(L, 3, lua_tostring(L, -3));
	}
	m->host = lw_host_free(m->host);
	return 0;
}

static const struct {
	const char *name;
	void (*open)(lua_State *L);
} primitives[] = {
	{ "caps", prim_caps_open },   { "cgroup", prim_cgroup_open }, { "host", prim_host_open },
	{ "mount", prim_mount_open }, { "ns", prim_ns_open },         { "seccomp", prim_seccomp_open },
};

__attribute__((visibility("default"))) int luaopen_lunward(lua_State *L);

int luaopen_lunward(lua_State *L)
{
	static const luaL_Reg machine_meta[] = { { "__gc", machine_gc }, { NULL, NULL } };
	luaL_checkversion(L);
	bind_open(L);
	bind_type(L, HOST_TYPE, machine_meta, NULL);
	if (lua_getfield(L, LUA_REGISTRYINDEX, HOST_TYPE ".one") == LUA_TNIL) {
		struct machine *m = lua_newuserdatauv(L, sizeof *m, 1);
		*m = (struct machine){ 0 };
		luaL_setmetatable(L, HOST_TYPE);
		lua_newtable(L);
		lua_setiuservalue(L, -2, 1);
		lua_setfield(L, LUA_REGISTRYINDEX, HOST_TYPE ".one");
	}
	lua_pop(L, 1);
	lua_newtable(L);
	bind_spec_open(L);
	bind_stream_open(L);
	bind_stdio_open(L);
	bind_sandbox_open(L);
	bind_wait_open(L);
	for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++) {
		primitives[i].open(L);
		lua_setfield(L, -2, primitives[i].name);
	}
	lua_pushcfunction(L, set_options);
	lua_setfield(L, -2, "options");
	lua_pushstring(L, lw_version());
	lua_setfield(L, -2, "version");
	return 1;
}
