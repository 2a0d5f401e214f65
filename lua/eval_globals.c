/* eval_globals.c: the environment of a profile: the parts of Lua's libraries that compute and touch nothing, and the
 * functions that reach outside through the parent (include, print) or through what the parent passed (param).
 * A name that is not here does not exist; saying so, with the nearest one that does, is this file's job, too. */
#include <lualib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "lua/eval_child.h"

static const char params_key; /* its address: registry key of the set of parameters asked for */

static const char *const base_table[] = {
	"assert", "error",  "getmetatable", "ipairs", "next",     "pairs",    "pcall", "rawequal",
	"rawget", "rawlen", "rawset",       "select", "tonumber", "tostring", "type",  "xpcall",
};

/* Nearest string key of the table at idx, or NULL. */
static const char *nearest_key(lua_State *L, int idx, const char *word)
{
	const char *names[128];
	size_t n = 0;

	idx = lua_absindex(L, idx);
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
		if (lua_type(L, -2) == LUA_TSTRING && n < ARRAY_LEN(names))
			names[n++] = lua_tostring(L, -2);
	return lw_nearest(word, names, n);
}

static int undefined_global(lua_State *L)
{
	const char *name = luaL_tolstring(L, 2, NULL), *cure = eval_hint_global(name), *near = nearest_key(L, 1, name);

	if (cure)
		return luaL_error(L, "undefined global \"%s\" (%s)", name, cure);
	if (near)
		return luaL_error(L, "undefined global \"%s\" (did you mean \"%s\"?)", name, near);
	return luaL_error(L, "undefined global \"%s\"", name);
}

static int assign_global(lua_State *L)
{
	const char *name = luaL_tolstring(L, 2, NULL);

	return luaL_error(L, "assignment to the global \"%s\" (write \"local %s\")", name, name);
}

/* setmetatable without finalizers: they would run outside the instruction budget. */
static int set_metatable(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "a profile has no finalizers (__gc)");
	}
	lua_settop(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

static int print(lua_State *L)
{
	struct eval_child *c = eval_of(L);
	int n = lua_gettop(L);
	const char *text;
	luaL_Buffer b;
	size_t len;

	luaL_buffinit(L, &b);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, '\t');
		luaL_tolstring(L, i, NULL);
		luaL_addvalue(&b);
	}
	luaL_addchar(&b, '\n');
	luaL_pushresult(&b);
	text = lua_tolstring(L, -1, &len);
	if (len > EVAL_PRINT_MAX - c->printed)
		len = EVAL_PRINT_MAX - c->printed;
	if (!len)
		return 0;
	c->printed += len;
	if (eval_child_send(EVAL_CHANNEL, EVAL_PRINT, text, len) < 0)
		_exit(1);
	return 0;
}

/* --set NAME=VALUE as the default's type. */
static int push_converted(lua_State *L, const char *name, const char *value)
{
	static const char *const words[] = { "false", "no", "true", "yes" };

	switch (lua_type(L, 2)) {
	case LUA_TNUMBER:
		if (!lua_stringtonumber(L, value))
			return luaL_error(L, "parameter \"%s\": \"%s\" is not a number", name, value);
		if (lua_isinteger(L, 2) && !lua_isinteger(L, -1))
			return luaL_error(L, "parameter \"%s\": \"%s\" is not a whole number", name, value);
		return 1;
	case LUA_TBOOLEAN:
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (!strcmp(value, words[i])) {
				lua_pushboolean(L, i >= 2);
				return 1;
			}
		return luaL_error(L, "parameter \"%s\": \"%s\" is neither true (yes) nor false (no)", name, value);
	default:
		lua_pushstring(L, value);
		return 1;
	}
}

/* A required parameter was not given; one of nearly its name may have been. */
static int no_value(lua_State *L, const char *name)
{
	const struct lw_eval_options *o = eval_of(L)->o;

	for (size_t i = 0; i < o->n_params; i++)
		if (lw_nearest(o->params[i].name, &name, 1))
			return luaL_error(L, "parameter \"%s\" has no value (did you mean --set %s=%s?)", name, name,
					  o->params[i].value);
	return luaL_error(L, "parameter \"%s\" has no value (give it with --set %s=VALUE)", name, name);
}

static int param(lua_State *L)
{
	const struct lw_eval_options *o = eval_of(L)->o;
	const char *name = luaL_checkstring(L, 1);

	lua_settop(L, 2);
	luaL_argcheck(L, !lua_istable(L, 2) && !lua_isfunction(L, 2) && !lua_isuserdata(L, 2), 2,
		      "a default is text, a number, true or false");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &params_key);
	lua_pushboolean(L, true);
	lua_setfield(L, -2, name);
	for (size_t i = o->n_params; i-- > 0;) /* the last of two --set wins */
		if (!strcmp(o->params[i].name, name))
			return push_converted(L, name, o->params[i].value);
	if (lua_isnil(L, 2))
		return no_value(L, name);
	lua_settop(L, 2);
	return 1;
}

void eval_params_finish(lua_State *L)
{
	struct eval_child *c = eval_of(L);
	const char *near;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &params_key);
	for (size_t i = 0; i < c->o->n_params; i++) {
		const char *name = c->o->params[i].name;

		if (lua_getfield(L, -1, name) != LUA_TNIL) {
			lua_pop(L, 1);
			continue;
		}
		lua_pop(L, 1);
		near = nearest_key(L, -1, name);
		if (near)
			lw_fail_as(&c->err, LW_ERR_POLICY, -EINVAL, "--set: no parameter \"%s\" (did you mean \"%s\"?)",
				   name, near);
		else
			lw_fail_as(&c->err, LW_ERR_POLICY, -EINVAL, "--set: no parameter \"%s\"", name);
		lw_err_at(&c->err, (struct lw_origin){ c->files[0].name, 0 });
		lua_error(L);
	}
	lua_pop(L, 1);
}

static int include(lua_State *L)
{
	eval_include(L, luaL_checkstring(L, 1));
	return 1;
}

/* Pushes library `open`'s table and stores it as `name` in the table below it. */
static void add_library(lua_State *L, const char *name, lua_CFunction open)
{
	lua_pushcfunction(L, open);
	lua_call(L, 0, 1);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, name);
}

static void open_libraries(lua_State *L)
{
	int env = lua_gettop(L);

	lua_pushcfunction(L, luaopen_base);
	lua_call(L, 0, 1);
	for (size_t i = 0; i < ARRAY_LEN(base_table); i++) {
		lua_getfield(L, -1, base_table[i]);
		lua_setfield(L, env, base_table[i]);
	}
	lua_settop(L, env);
	add_library(L, "table", luaopen_table);
	lua_settop(L, env);
	add_library(L, "utf8", luaopen_utf8);
	lua_settop(L, env);
	add_library(L, "string", luaopen_string);
	lua_pushnil(L);
	lua_setfield(L, -2, "dump");
	/* Strings share one metatable: out of reach. */
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_settop(L, env);
	/* The same profile gives the same sandbox: random numbers are the same in every run. */
	add_library(L, "math", luaopen_math);
	lua_getfield(L, -1, "randomseed");
	lua_pushinteger(L, 0);
	lua_call(L, 1, 0);
	lua_pushnil(L);
	lua_setfield(L, -2, "randomseed");
	lua_settop(L, env);
}

void eval_globals_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "include", include }, { "param", param }, { "print", print }, { "setmetatable", set_metatable },
		{ NULL, NULL },
	};

	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &params_key);
	/* An empty table stands before the real one, so that every assignment meets __newindex. */
	lua_newtable(L);
	lua_createtable(L, 0, 3);
	lua_createtable(L, 0, 48);
	open_libraries(L);
	luaL_setfuncs(L, functions, 0);
	eval_lib_open(L);
	eval_caps_open(L);
	lua_setfield(L, -2, "caps");
	eval_seccomp_open(L);
	lua_setfield(L, -2, "seccomp");
	eval_unset_open(L);
	lua_setfield(L, -2, "unset");
	eval_host_open(L);
	lua_setfield(L, -2, "host");
	eval_af_open(L);
	lua_setfield(L, -2, "AF");
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, undefined_global);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, assign_global);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}
