/* bind.c: see bind.h. */
#include "lua/module/bind.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"

#define ERROR_TYPE "lunward.error"

void bind_type(lua_State *L, const char *type, const luaL_Reg *meta, const luaL_Reg *methods)
{
	luaL_newmetatable(L, type);
	luaL_setfuncs(L, meta, 0);
	if (methods) {
		lua_newtable(L);
		luaL_setfuncs(L, methods, 0);
		lua_setfield(L, -2, "__index");
	}
	lua_pushliteral(L, "not to be changed");
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

void bind_index(lua_State *L, const char *type, const luaL_Reg *methods, lua_CFunction index)
{
	luaL_getmetatable(L, type);
	lua_newtable(L);
	luaL_setfuncs(L, methods, 0);
	lua_pushcclosure(L, index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}

/* --- errors --- */

static int error_tostring(lua_State *L)
{
	if (lua_getfield(L, 1, "text") != LUA_TSTRING)
		lua_pushliteral(L, "lunward error");
	return 1;
}

static int error_concat(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	luaL_tolstring(L, 2, NULL);
	lua_concat(L, 2);
	return 1;
}

static void set_text(lua_State *L, const char *field, const char *text)
{
	if (!*text)
		return;
	lua_pushstring(L, text);
	lua_setfield(L, -2, field);
}

static const char *const class_names[] = {
	[LW_ERR_SETUP] = "setup",
	[LW_ERR_USAGE] = "usage",
	[LW_ERR_POLICY] = "policy",
	[LW_ERR_NOT_FOUND] = "not found",
	[LW_ERR_NOT_EXECUTABLE] = "not executable",
	[LW_ERR_TIMEOUT] = "timeout",
};

/* The words of errno(3), "ENOENT". */
static void set_code(lua_State *L, int code)
{
	const char *name = strerrorname_np(code);
	lua_pushstring(L, name ? name : "EIO");
	lua_setfield(L, -2, "code");
	lua_pushinteger(L, code);
	lua_setfield(L, -2, "errno");
}

int bind_fail(lua_State *L, const struct lw_err *err)
{
	char line[sizeof *err + 64];
	luaL_pushfail(L);
	lua_createtable(L, 0, 8);
	set_code(L, err->code);
	set_text(L, "kind", (size_t)err->cls < ARRAY_LEN(class_names) ? class_names[err->cls] : "setup");
	set_text(L, "message", err->msg);
	set_text(L, "step", err->path);
	set_text(L, "hint", err->hint);
	set_text(L, "file", err->file);
	if (err->line) {
		lua_pushinteger(L, err->line);
		lua_setfield(L, -2, "line");
	}
	set_text(L, "text", lw_err_format(err, line, sizeof line));
	luaL_setmetatable(L, ERROR_TYPE);
	return 2;
}

int bind_fail_errno(lua_State *L, int code, const char *step, const char *what)
{
	struct lw_err err = { 0 };
	lw_fail(&err, code < 0 ? code : -code, "%s%s%s", what ? what : "", what ? ": " : "",
		strerror(code < 0 ? -code : code));
	lw_err_in(&err, "%s", step);
	return bind_fail(L, &err);
}

int bind_result(lua_State *L, int r, const struct lw_err *err)
{
	if (r < 0)
		return bind_fail(L, err);
	lua_pushboolean(L, true);
	return 1;
}

/* --- small values --- */

int64_t bind_duration(lua_State *L, int idx, int64_t def)
{
	int64_t usec;
	if (lua_isnoneornil(L, idx))
		return def;
	if (lua_type(L, idx) == LUA_TNUMBER) {
		lua_Number x = lua_tonumber(L, idx);
		luaL_argcheck(L, x >= 0, idx, "a duration is not negative");
		return x >= 9e12 ? -1 : (int64_t)ceil(x * 1e6); /* longer than anybody waits is for ever */
	}
	const char *text = luaL_checkstring(L, idx);
	if (lw_parse_duration(text, &usec) < 0)
		luaL_argerror(L, idx, lua_pushfstring(L, "'%s' is not a duration (\"10s\", \"1.5h\")", text));
	return usec;
}

int bind_signal(lua_State *L, int idx, int def)
{
	if (lua_isnoneornil(L, idx))
		return def;
	if (lua_isinteger(L, idx)) {
		lua_Integer n = lua_tointeger(L, idx);
		luaL_argcheck(L, n > 0 && n < 65, idx, "no signal has this number");
		return (int)n;
	}
	const char *text = luaL_checkstring(L, idx), *bare = lw_case_skip(text, "SIG");
	int64_t n = lw_names_value(&lw_signal_table, bare ? bare : text);
	if (n <= 0)
		luaL_argerror(L, idx, lua_pushfstring(L, "unknown signal '%s'", text));
	return (int)n;
}

/* --- boxes --- */

#define JSON_BOX "lunward.json"
#define TEXT_BOX "lunward.text"

static int json_box_gc(lua_State *L)
{
	json_t **box = lua_touserdata(L, 1);
	json_decref(*box);
	*box = NULL;
	return 0;
}

json_t **bind_json_box(lua_State *L)
{
	json_t **box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = NULL;
	luaL_setmetatable(L, JSON_BOX);
	return box;
}

static int text_box_gc(lua_State *L)
{
	char **box = lua_touserdata(L, 1);
	free(*box);
	*box = NULL;
	return 0;
}

char **bind_text_box(lua_State *L)
{
	char **box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = NULL;
	luaL_setmetatable(L, TEXT_BOX);
	return box;
}

void bind_push_taken(lua_State *L, char **text)
{
	lua_pushstring(L, *text); /* the box has it still, should this raise */
	free(*text);
	*text = NULL;
}

/* --- Lua to JSON: what is made hangs from the box at once --- */

#define DEPTH_MAX 32

static void value_json(lua_State *L, int idx, json_t **at, const char *where, int depth);

static _Noreturn void refuse(lua_State *L, const char *where, const char *what)
{
	luaL_error(L, "%s: %s", *where ? where : "the table", what);
	abort(); /* luaL_error does not return */
}

static json_t *checked(lua_State *L, json_t *j)
{
	if (!j)
		luaL_error(L, "not enough memory");
	return j;
}

static void put(lua_State *L, json_t *in, const char *key, json_t *value)
{
	int r = key ? json_object_set_new(in, key, value) : json_array_append_new(in, value);
	if (r < 0)
		luaL_error(L, "not enough memory");
}

/* One value below `in`: made first when it holds others, so that it is owned before they are made. */
static void member_json(lua_State *L, int idx, json_t *in, const char *key, const char *where, int depth)
{
	json_t *loose = NULL;
	if (lua_type(L, idx) == LUA_TTABLE) {
		json_t **box = bind_json_box(L);
		value_json(L, idx, box, where, depth);
		json_incref(*box);
		put(L, in, key, *box);
		lua_pop(L, 1);
		return;
	}
	value_json(L, idx, &loose, where, depth);
	put(L, in, key, loose);
}

static void list_json(lua_State *L, int idx, json_t *list, lua_Integer n, const char *where, int depth)
{
	for (lua_Integer i = 1; i <= n; i++) {
		const char *here = lua_pushfstring(L, "%s[%I]", where, i);
		int type = lua_rawgeti(L, idx, i);
		if (type == LUA_TNIL)
			refuse(L, here, "a hole (nil) in the list; use false for an item to leave out");
		if (type != LUA_TBOOLEAN || lua_toboolean(L, -1))
			member_json(L, lua_gettop(L), list, NULL, here, depth);
		lua_pop(L, 2);
	}
}

static void map_json(lua_State *L, int idx, json_t *map, const char *where, int depth)
{
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 2)) {
		const char *key = lua_tostring(L, -2);
		int value = lua_gettop(L);
		if (strlen(key) != lua_rawlen(L, -2))
			refuse(L, where, "a key with a NUL byte");
		const char *here = *where ? lua_pushfstring(L, "%s.%s", where, key) : lua_pushstring(L, key);
		member_json(L, value, map, key, here, depth);
	}
}

static void table_json(lua_State *L, int idx, json_t **at, const char *where, int depth)
{
	lua_Integer items = 0, last = 0, names = 0;
	if (depth >= DEPTH_MAX)
		refuse(L, where, "tables nested too deeply, or a table that contains itself");
	luaL_checkstack(L, 12, "tables nested too deeply");
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING) {
			names++;
		} else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0) {
			items++;
			last = lua_tointeger(L, -2) > last ? lua_tointeger(L, -2) : last;
		} else {
			refuse(L, where, "a key that is neither a name nor the place of a list item");
		}
	}
	if (names && items)
		refuse(L, where, "list items among named keys");
	*at = checked(L, names ? json_object() : json_array());
	if (names)
		map_json(L, idx, *at, where, depth + 1);
	else
		list_json(L, idx, *at, items ? last : 0, where, depth + 1);
}

static json_t *number_json(lua_State *L, int idx, const char *where)
{
	lua_Number x = lua_tonumber(L, idx);
	lua_Integer i;
	if (lua_isinteger(L, idx))
		return checked(L, json_integer(lua_tointeger(L, idx)));
	if (!isfinite(x))
		refuse(L, where, "a number that is not finite");
	if (lua_numbertointeger(x, &i) && (lua_Number)i == x)
		return checked(L, json_integer(i));
	return checked(L, json_real(x));
}

/* A capability set or a policy says itself what it is as JSON. */
static bool own_json(lua_State *L, int idx, json_t **at)
{
	if (luaL_getmetafield(L, idx, "__lunward_json") == LUA_TNIL)
		return false;
	lua_pushvalue(L, idx);
	lua_call(L, 1, 1); /* a box */
	json_t **box = luaL_checkudata(L, -1, JSON_BOX);
	*at = json_incref(*box);
	lua_pop(L, 1);
	return true;
}

static void value_json(lua_State *L, int idx, json_t **at, const char *where, int depth)
{
	size_t n;
	switch (lua_type(L, idx)) {
	case LUA_TBOOLEAN:
		*at = json_boolean(lua_toboolean(L, idx));
		break;
	case LUA_TNUMBER:
		*at = number_json(L, idx, where);
		break;
	case LUA_TSTRING: {
		const char *s = lua_tolstring(L, idx, &n);
		if (memchr(s, '\0', n))
			refuse(L, where, "text with a NUL byte");
		*at = json_stringn(s, n);
		if (!*at)
			refuse(L, where, "text that is not UTF-8");
		break;
	}
	case LUA_TTABLE:
		table_json(L, idx, at, where, depth);
		break;
	default:
		if (!own_json(L, idx, at))
			refuse(L, where,
			       lua_pushfstring(L, "a %s is nothing that a sandbox can be told", luaL_typename(L, idx)));
	}
}

json_t *bind_to_json(lua_State *L, int idx)
{
	idx = lua_absindex(L, idx);
	json_t **box = bind_json_box(L);
	luaL_checkstack(L, 12, "no room");
	value_json(L, idx, box, "", 0);
	return *box;
}

const char *bind_to_text(lua_State *L, int idx)
{
	json_t *j = bind_to_json(L, idx);
	char **text = bind_text_box(L);
	*text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!*text)
		luaL_error(L, "not enough memory");
	bind_push_taken(L, text);
	lua_replace(L, -3);
	lua_pop(L, 1);
	return lua_tostring(L, -1);
}

/* --- JSON to Lua --- */

void bind_push_json(lua_State *L, const json_t *j)
{
	luaL_checkstack(L, 4, "JSON nested too deeply");
	switch (json_typeof(j)) {
	case JSON_OBJECT: {
		const char *key;
		json_t *v;
		lua_createtable(L, 0, (int)json_object_size(j));
		json_object_foreach((json_t *)(uintptr_t)j, key, v)
		{
			bind_push_json(L, v);
			lua_setfield(L, -2, key);
		}
		break;
	}
	case JSON_ARRAY:
		lua_createtable(L, (int)json_array_size(j), 0);
		for (size_t i = 0; i < json_array_size(j); i++) {
			bind_push_json(L, json_array_get(j, i));
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
		break;
	case JSON_STRING:
		lua_pushlstring(L, json_string_value(j), json_string_length(j));
		break;
	case JSON_INTEGER:
		lua_pushinteger(L, json_integer_value(j));
		break;
	case JSON_REAL:
		lua_pushnumber(L, json_real_value(j));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		lua_pushboolean(L, json_is_true(j));
		break;
	case JSON_NULL:
		lua_pushnil(L);
		break;
	}
}

void bind_push_parsed(lua_State *L)
{
	json_t **box = bind_json_box(L);
	*box = json_loads(lua_tostring(L, -2), JSON_DECODE_ANY, NULL);
	if (!*box)
		luaL_error(L, "not enough memory");
	bind_push_json(L, *box);
	lua_replace(L, -3);
	lua_pop(L, 1);
}

void bind_open(lua_State *L)
{
	static const luaL_Reg error_meta[] = { { "__tostring", error_tostring },
					       { "__concat", error_concat },
					       { NULL, NULL } };
	static const luaL_Reg json_meta[] = { { "__gc", json_box_gc }, { NULL, NULL } };
	static const luaL_Reg text_meta[] = { { "__gc", text_box_gc }, { NULL, NULL } };
	bind_type(L, ERROR_TYPE, error_meta, NULL);
	bind_type(L, JSON_BOX, json_meta, NULL);
	bind_type(L, TEXT_BOX, text_meta, NULL);
}
