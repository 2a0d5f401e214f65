/* prim_host.c: lw.host: what this machine and this caller offer, as `host` tells it to profiles. */
#include <string.h>
#include "base/cleanup.h"
#include "host.h"
#include "host_features.h"
#include "lua/module/prim.h"

static const struct lw_host *probed(lua_State *L)
{
	struct lw_err err = { 0 };
	const struct lw_host *h = bind_host(L, &err);
	if (!h) {
		bind_fail(L, &err);
		lua_error(L);
	}
	return h;
}

static void text(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

static void number(lua_State *L, const char *key, int64_t value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, key);
}

/* lw.host.get() → { uid=, gid=, user=, home=, cwd=, cpus=, memory_bytes=, cgroup_version=, kernel=, arch=, state= } */
static int get(lua_State *L)
{
	const struct lw_host *h = probed(L);
	lua_createtable(L, 0, 12);
	number(L, "uid", h->uid);
	number(L, "gid", h->gid);
	text(L, "user", h->user);
	text(L, "home", h->home);
	text(L, "cwd", h->cwd);
	number(L, "cpus", h->cpus);
	number(L, "memory_bytes", h->memory_bytes);
	number(L, "cgroup_version", h->cgroup.version);
	text(L, "kernel", h->kernel);
	text(L, "arch", h->arch);
	text(L, "state", h->state_dir);
	return 1;
}

/* lw.host.has(FEATURE) → boolean */
static int has(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	bool yes;
	if (!lw_host_has(probed(L), name, &yes))
		return luaL_argerror(L, 1, lua_pushfstring(L, "unknown feature '%s'", name));
	lua_pushboolean(L, yes);
	return 1;
}

/* lw.host.features() → the names */
static int features(lua_State *L)
{
	lua_newtable(L);
	for (size_t i = 0; lw_host_features[i]; i++) {
		lua_pushstring(L, lw_host_features[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

void prim_host_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "features", features }, { "get", get }, { "has", has }, { NULL, NULL }
	};
	luaL_newlib(L, functions);
}
