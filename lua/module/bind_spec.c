/* bind_spec.c: from what a script names, a profile, a table of its keys, or a spec, to a spec; and what can be told of
 * one: load, check, plan. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/module/bind_spec.h"
#include "schema.h"

#define SPEC_TYPE "lunward.spec"

static struct lw_spec **check_spec(lua_State *L, int idx)
{
	return luaL_checkudata(L, idx, SPEC_TYPE);
}

static int spec_gc(lua_State *L)
{
	struct lw_spec **s = check_spec(L, 1);
	*s = lw_spec_free(*s);
	return 0;
}

static struct lw_spec **new_spec(lua_State *L)
{
	struct lw_spec **s = lua_newuserdatauv(L, sizeof *s, 0);
	*s = NULL;
	luaL_setmetatable(L, SPEC_TYPE);
	return s;
}

/* --- reading what was asked for --- */

/* What a profile prints is for the person at the terminal. */
static void print(void *arg, const char *text, size_t n)
{
	(void)arg;
	fwrite(text, 1, n, stderr);
}

/* The keys that are the start's own business, not the sandbox's. */
static bool is_launch_key(const char *key)
{
	for (const char *const *k = bind_launch_keys; *k; k++)
		if (!strcmp(*k, key))
			return true;
	return false;
}

/* Pushes a copy of the table at idx without those. */
static void push_keys(lua_State *L, int idx, bool *ret_any)
{
	*ret_any = false;
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, idx);) {
		if (lua_type(L, -2) == LUA_TSTRING && is_launch_key(lua_tostring(L, -2))) {
			lua_pop(L, 1);
			continue;
		}
		*ret_any = true;
		lua_pushvalue(L, -2); /* key value key */
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
}

/* A name in `inherits`, or NULL. Takes the key out of the copy on the top. */
static const char *take_parent(lua_State *L, int idx)
{
	int type = lua_getfield(L, idx, "inherits");
	if (type == LUA_TTABLE && lua_rawlen(L, -1) == 1)
		type = lua_rawgeti(L, -1, 1);
	if (type == LUA_TNIL)
		return NULL;
	if (type != LUA_TSTRING)
		luaL_error(L, "inherits: one profile's name; a profile in a file can inherit from several");
	lua_pushnil(L);
	lua_setfield(L, idx, "inherits");
	return lua_tostring(L, -1); /* stays on the stack, and so in memory */
}

/* The table `set` at idx as parameters, in memory of Lua's; text of theirs is pushed. */
static struct lw_param *params(lua_State *L, int idx, size_t *ret_n)
{
	size_t n = 0;
	*ret_n = 0;
	if (!idx || lua_getfield(L, idx, "set") == LUA_TNIL)
		return NULL;
	if (!lua_istable(L, -1))
		luaL_error(L, "set: a table of parameters expected, got %s", luaL_typename(L, -1));
	int set = lua_gettop(L);
	for (lua_pushnil(L); lua_next(L, set); lua_pop(L, 1))
		n++;
	luaL_checkstack(L, (int)(2 * n + 8), "too many parameters");
	struct lw_param *v = lua_newuserdatauv(L, n * sizeof *v + 1, 0);
	lua_pushnil(L);
	while (lua_next(L, set)) { /* … key value */
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "set: a parameter has a name");
		v[*ret_n].name = lua_tostring(L, -2);
		v[*ret_n].value = luaL_tolstring(L, -1, NULL); /* … key value text */
		(*ret_n)++;
		lua_remove(L, -2);    /* … key text */
		lua_pushvalue(L, -2); /* … key text key: the two stay */
	}
	return v;
}

static int profile_spec(lua_State *L, const char *profile, int options, int keys, struct lw_spec **ret,
			struct lw_err *err)
{
	struct lw_profile_options o = { .print = print };
	o.params = params(L, options, &o.n_params);
	if (keys)
		o.overrides = bind_to_text(L, keys);
	const struct lw_host *h = bind_host(L, err);
	return h ? lw_spec_from_profile(h, profile, &o, ret, err) : -err->code;
}

static int json_spec(const char *text, struct lw_spec **ret, struct lw_err *err)
{
	int r = lw_spec_from_json(text, strlen(text), "table", ret, err);
	if (r < 0 && !strcmp(err->file, "table"))
		err->file[0] = '\0';
	return r;
}

/* A spec with other keys over it: by way of JSON, which reads back to the same. */
static int changed_spec(lua_State *L, const struct lw_spec *base, int keys, struct lw_spec **ret, struct lw_err *err)
{
	json_t **under = bind_json_box(L), **merged = bind_json_box(L), *over = bind_to_json(L, keys);
	*under = lw_spec_to_json(base);
	if (!*under)
		return lw_fail(err, -ENOMEM, "out of memory");
	*merged = lw_spec_merge(*under, over, err);
	return *merged ? lw_spec_decode(*merged, ret, err) : -EINVAL;
}

int bind_get_spec(lua_State *L, int what, int options, struct lw_spec ***ret, struct lw_err *err)
{
	bool any = false;
	int keys = 0, r;
	const char *parent;
	lua_settop(L, options);
	if (!lua_isnoneornil(L, options)) {
		luaL_checktype(L, options, LUA_TTABLE);
		push_keys(L, options, &any);
		keys = any ? lua_gettop(L) : 0;
	} else {
		options = 0;
	}
	switch (lua_type(L, what)) {
	case LUA_TSTRING:
		*ret = new_spec(L);
		r = profile_spec(L, lua_tostring(L, what), options, keys, *ret, err);
		break;
	case LUA_TTABLE:
		if (keys)
			luaL_argerror(L, 2, "the sandbox is in the first table already; only set, stdin … go here");
		push_keys(L, what, &any);
		keys = lua_gettop(L);
		*ret = new_spec(L);
		parent = take_parent(L, keys);
		if (parent) {
			r = profile_spec(L, parent, options ? options : what, keys, *ret, err);
			break;
		}
		lua_pushnil(L); /* an empty table would be a list */
		r = json_spec(any ? bind_to_text(L, keys) : "{}", *ret, err);
		break;
	default:
		if (!keys) {
			*ret = check_spec(L, what);
			lua_pushvalue(L, what);
			return 0;
		}
		*ret = new_spec(L);
		r = changed_spec(L, *check_spec(L, what), keys, *ret, err);
	}
	if (r >= 0)
		r = lw_spec_check(**ret, err);
	return r;
}

/* --- functions --- */

/* lw.load(WHAT [, OPTIONS]) */
static int load(lua_State *L)
{
	struct lw_err err = { 0 };
	struct lw_spec **s;
	int r = bind_get_spec(L, 1, 2, &s, &err);
	if (r < 0)
		return bind_fail(L, &err);
	/* Wherever it is on the stack by now. */
	for (int i = lua_gettop(L); i > 0; i--)
		if (lua_touserdata(L, i) == s) {
			lua_pushvalue(L, i);
			return 1;
		}
	return 0;
}

/* lw.check(WHAT [, OPTIONS]) */
static int check(lua_State *L)
{
	struct lw_err err = { 0 };
	struct lw_spec **s;
	int r = bind_get_spec(L, 1, 2, &s, &err);
	return bind_result(L, r, &err);
}

static int plan_gc(lua_State *L)
{
	struct lw_plan **p = luaL_checkudata(L, 1, "lunward.plan");
	*p = lw_plan_free(*p);
	return 0;
}

/* lw.plan(WHAT [, OPTIONS]) → { schema_version, spec, ops } */
static int plan(lua_State *L)
{
	struct lw_err err = { 0 };
	struct lw_spec **s;
	int r = bind_get_spec(L, 1, 2, &s, &err);
	struct lw_plan **p = lua_newuserdatauv(L, sizeof *p, 0);
	*p = NULL;
	luaL_setmetatable(L, "lunward.plan");
	char **text = bind_text_box(L);
	const struct lw_host *h = r < 0 ? NULL : bind_host(L, &err);
	if (r >= 0)
		r = h ? lw_plan_build(*s, h, p, &err) : -err.code;
	if (r >= 0)
		r = lw_plan_json(*p, text, &err);
	if (r < 0)
		return bind_fail(L, &err);
	bind_push_taken(L, text);
	bind_push_parsed(L);
	return 1;
}

/* --- methods --- */

static int spec_json(lua_State *L)
{
	struct lw_err err = { 0 };
	struct lw_spec **s = check_spec(L, 1);
	char **text = bind_text_box(L);
	if (lw_spec_json(*s, text, &err) < 0)
		return luaL_error(L, "not enough memory");
	bind_push_taken(L, text);
	return 1;
}

static int spec_table(lua_State *L)
{
	spec_json(L);
	bind_push_parsed(L);
	return 1;
}

static int spec_index(lua_State *L)
{
	const char *key = luaL_checkstring(L, 2);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL && !strcmp(key, "name"))
		lua_pushstring(L, lw_spec_name(*check_spec(L, 1)));
	return 1;
}

static int spec_tostring(lua_State *L)
{
	lua_pushfstring(L, "spec of %s", lw_spec_name(*check_spec(L, 1)));
	return 1;
}

void bind_spec_open(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", spec_gc }, { "__tostring", spec_tostring }, { NULL, NULL } };
	static const luaL_Reg plan_meta[] = { { "__gc", plan_gc }, { NULL, NULL } };
	static const luaL_Reg methods[] = { { "json", spec_json }, { "table", spec_table }, { NULL, NULL } };
	static const luaL_Reg functions[] = { { "load", load }, { "check", check }, { "plan", plan }, { NULL, NULL } };
	bind_type(L, SPEC_TYPE, meta, NULL);
	bind_index(L, SPEC_TYPE, methods, spec_index);
	bind_type(L, "lunward.plan", plan_meta, NULL);
	luaL_setfuncs(L, functions, 0);
}
