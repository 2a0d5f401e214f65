/* eval_lib.c: the constructors of the profile language. Each takes a string in the tools' usual form or a table, and
 * returns a fresh table stamped with the FILE:LINE of its call and tagged by a metatable profiles cannot reach. What
 * the keys mean is the schema's business; here they are only carried. */
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/eval_child.h"
#include "mount_text.h"

static const char pending_key; /* its address: registry key of the list of `sandbox "name"` values */

enum form {
	FORM_TEXT, /* from_text reads a string */
	FORM_PATH, /* a string is the destination */
	FORM_TABLE,
};
struct constructor {
	const char *name; /* also the mount's type */
	enum eval_record kind;
	enum form form;
	const char *destination; /* when the table names none */
	const char *example;     /* of its argument, for messages */
};

static const struct constructor constructor_table[] = {
	{ "bind", EVAL_MOUNT, FORM_TEXT, NULL, "\"SRC:DST\"" },
	{ "tmpfs", EVAL_MOUNT, FORM_TEXT, NULL, "\"/tmp\"" },
	{ "device", EVAL_DEVICE, FORM_TEXT, NULL, "\"/dev/snd\"" },
	{ "dir", EVAL_MOUNT, FORM_PATH, NULL, "\"/srv\"" },
	{ "remove", EVAL_MOUNT, FORM_PATH, NULL, "\"/tmp\"" },
	{ "proc", EVAL_MOUNT, FORM_TEXT, "/proc", "\"/proc\"" },
	{ "sysfs", EVAL_MOUNT, FORM_PATH, "/sys", "\"/sys\"" },
	{ "devpts", EVAL_MOUNT, FORM_PATH, "/dev/pts", "\"/dev/pts\"" },
	{ "mqueue", EVAL_MOUNT, FORM_PATH, "/dev/mqueue", "\"/dev/mqueue\"" },
	{ "cgroup", EVAL_MOUNT, FORM_PATH, "/sys/fs/cgroup", "\"/sys/fs/cgroup\"" },
	{ "overlay", EVAL_MOUNT, FORM_TEXT, NULL, "\"/srv/data:/data\"" },
	{ "file", EVAL_MOUNT, FORM_TABLE, NULL, "{ destination = \"/etc/motd\", data = \"...\" }" },
	{ "symlink", EVAL_MOUNT, FORM_TABLE, NULL, "{ destination = \"/bin/sh\", target = \"/bin/dash\" }" },
};

enum eval_record eval_record_kind(lua_State *L, int idx)
{
	struct eval_child *c = eval_of(L);
	enum eval_record kind = EVAL_PLAIN;

	if (!lua_istable(L, idx) || !lua_getmetatable(L, idx))
		return EVAL_PLAIN;
	for (unsigned i = EVAL_SANDBOX; i < ARRAY_LEN(c->meta); i++)
		if (lua_topointer(L, -1) == c->meta[i])
			kind = (enum eval_record)i;
	lua_pop(L, 1);
	return kind;
}

static int sandbox(lua_State *L);

/* Stamps the table on the top of the stack. */
static void stamp(lua_State *L, enum eval_record kind)
{
	eval_push_origin(L);
	lua_setfield(L, -2, "origin");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &eval_of(L)->meta[kind]);
	lua_setmetatable(L, -2);
}

/* Pushes a copy of the table at idx: a constructor never changes what it is given. */
static void push_copy(lua_State *L, const char *name, int idx, enum eval_record kind)
{
	enum eval_record was = eval_record_kind(L, idx);

	if (was != EVAL_PLAIN && was != kind)
		luaL_error(L, "%s takes a string or a table of its own keys", name);
	idx = lua_absindex(L, idx);
	lua_createtable(L, 0, 16);
	for (lua_pushnil(L); lua_next(L, idx);) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
	if (was == EVAL_PLAIN && lua_getfield(L, -1, "origin") != LUA_TNIL)
		eval_unknown(L, "key", "origin", NULL);
	if (was == EVAL_PLAIN)
		lua_pop(L, 1);
}

static void push_from_text(lua_State *L, const struct constructor *row, const char *text)
{
	struct lw_err err = { 0 };
	json_t *j;

	if (!strcmp(row->name, "bind"))
		j = lw_bind_from_text(text, eval_caller(L)->dir, false, &err);
	else if (!strcmp(row->name, "overlay"))
		j = lw_overlay_from_text(text, eval_caller(L)->dir, &err);
	else if (!strcmp(row->name, "tmpfs"))
		j = lw_tmpfs_from_text(text, &err);
	else if (!strcmp(row->name, "proc"))
		j = lw_proc_from_text(text, &err);
	else
		j = lw_device_from_text(text, &err);
	if (!j)
		eval_raise(L, &err);
	eval_value_push(L, j);
	json_decref(j);
}

/* A relative source starts at the directory of the file that says it; ".." is taken as in the text form. */
static void resolve_source(lua_State *L)
{
	const char *source;

	if (lua_getfield(L, -1, "source") == LUA_TSTRING && (source = lua_tostring(L, -1))[0]) {
		_cleanup_free_ char *path = lw_path_normalise(source, eval_caller(L)->dir);

		/* luaL_error jumps over cleanups; this process ends soon and its memory with it. */
		if (!path)
			luaL_error(L, "not enough memory");
		lua_pushstring(L, path);
		lua_setfield(L, -3, "source");
	}
	lua_pop(L, 1);
}

static int construct(lua_State *L)
{
	const struct constructor *row = lua_touserdata(L, lua_upvalueindex(1));
	bool text = lua_type(L, 1) == LUA_TSTRING;

	if (row->form == FORM_TABLE && !lua_istable(L, 1))
		return luaL_error(L, "%s takes a table: %s %s", row->name, row->name, row->example);
	if (!text && !lua_istable(L, 1))
		return luaL_error(L, "%s takes a string or a table, not %s (write %s %s)", row->name,
				  lua_isnoneornil(L, 1) ? "nil" : luaL_typename(L, 1), row->name, row->example);
	if (lua_gettop(L) > 1)
		return luaL_error(L, "%s takes one argument, a string or a table (write %s %s)", row->name, row->name,
				  row->example);
	if (text && row->form == FORM_TEXT) {
		push_from_text(L, row, lua_tostring(L, 1));
	} else if (text) {
		lua_createtable(L, 0, 4);
		lua_pushvalue(L, 1);
		lua_setfield(L, -2, "destination");
	} else {
		push_copy(L, row->name, 1, row->kind);
		resolve_source(L);
		if (row->destination && lua_getfield(L, -1, "destination") == LUA_TNIL) {
			lua_pushstring(L, row->destination);
			lua_setfield(L, -3, "destination");
		}
		lua_settop(L, 2);
	}
	if (row->kind == EVAL_MOUNT) {
		if (lua_getfield(L, -1, "type") != LUA_TNIL &&
		    (lua_type(L, -1) != LUA_TSTRING || strcmp(lua_tostring(L, -1), row->name) != 0))
			return luaL_error(L, "%s: \"type\" is said by the constructor (leave it out)", row->name);
		lua_pop(L, 1);
		lua_pushstring(L, row->name);
		lua_setfield(L, -2, "type");
	}
	stamp(L, row->kind);
	return 1;
}

const char *eval_constructor(lua_State *L, int idx, const char **ret_argument)
{
	lua_CFunction f = lua_tocfunction(L, idx);
	const struct constructor *row;

	*ret_argument = "{ ... }";
	if (f == sandbox)
		return "sandbox";
	if (f != construct || !lua_getupvalue(L, idx, 1))
		return NULL;
	row = lua_touserdata(L, -1);
	lua_pop(L, 1);
	*ret_argument = row->example;
	return row->name;
}

/* --- sandbox --- */

/* The layer at the top of the stack is a name or a sandbox: replaces it by the sandbox. */
static void resolve_layer(lua_State *L)
{
	const char *open = eval_unfinished(L, -1);

	if (lua_type(L, -1) == LUA_TSTRING) {
		eval_include(L, lua_tostring(L, -1));
		if (eval_record_kind(L, -1) != EVAL_SANDBOX)
			luaL_error(L, "inherits: \"%s\" does not return a sandbox", lua_tostring(L, -2));
		lua_remove(L, -2);
	} else if (open) {
		luaL_error(L, "inherits: sandbox \"%s\" has no table (write sandbox \"%s\" { ... })", open, open);
	} else if (eval_record_kind(L, -1) != EVAL_SANDBOX) {
		luaL_error(L, "inherits takes a profile's name, a list of names, or a sandbox, not a %s",
			   luaL_typename(L, -1));
	}
}

/* Replaces `inherits` of the table on the top by the list of its sandboxes. */
static void resolve_inherits(lua_State *L)
{
	int type = lua_getfield(L, -1, "inherits"), n = 0;
	lua_Unsigned len;

	if (type == LUA_TNIL) {
		lua_pop(L, 1);
		return;
	}
	luaL_checkstack(L, 10, "inherits");
	lua_newtable(L);
	if (type != LUA_TTABLE || eval_record_kind(L, -2) == EVAL_SANDBOX) {
		lua_pushvalue(L, -2);
		resolve_layer(L);
		lua_rawseti(L, -2, ++n);
	} else {
		len = lua_rawlen(L, -2);
		for (lua_Unsigned i = 1; i <= len; i++) {
			lua_rawgeti(L, -2, (lua_Integer)i);
			if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) {
				lua_pop(L, 1);
				continue;
			}
			resolve_layer(L);
			lua_rawseti(L, -2, ++n);
		}
		/* The list has no names and no holes. */
		for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1))
			if (!lua_isinteger(L, -2) || (lua_Unsigned)lua_tointeger(L, -2) - 1 >= len)
				luaL_error(L, "inherits takes a profile's name, a list of names, or a sandbox");
	}
	lua_setfield(L, -3, "inherits");
	lua_pop(L, 1);
}

/* sandbox's table at idx, made a sandbox on the top. */
static void make_sandbox(lua_State *L, int idx)
{
	struct eval_child *c = eval_of(L);
	lua_Debug ar;

	push_copy(L, "sandbox", idx, EVAL_SANDBOX);
	resolve_inherits(L);
	stamp(L, EVAL_SANDBOX);
	if (!c->first_sandbox && lua_getstack(L, 1, &ar) && lua_getinfo(L, "Sl", &ar) &&
	    !strcmp(ar.source + (*ar.source == '@'), c->files[0].name))
		c->first_sandbox = ar.currentline;
}

struct unfinished {
	bool done;
	struct lw_err at; /* where it was written */
};

const char *eval_unfinished(lua_State *L, int idx)
{
	const char *name;

	if (!luaL_testudata(L, idx, "unfinished sandbox"))
		return NULL;
	lua_getiuservalue(L, idx, 1);
	name = lua_tostring(L, -1);
	lua_pop(L, 1); /* still held by the userdata */
	return name;
}

static int sandbox(lua_State *L)
{
	struct unfinished *u;
	lua_Debug ar;

	if (lua_gettop(L) > 1)
		return luaL_error(L, "sandbox takes one table: sandbox { ... } or sandbox \"name\" { ... }");
	if (lua_istable(L, 1)) {
		make_sandbox(L, 1);
		return 1;
	}
	if (lua_type(L, 1) != LUA_TSTRING)
		return luaL_error(L, "sandbox takes a table: sandbox { ... } or sandbox \"name\" { ... }");
	u = lua_newuserdatauv(L, sizeof(*u), 1);
	*u = (struct unfinished){ 0 };
	if (lua_getstack(L, 1, &ar) && lua_getinfo(L, "l", &ar) && ar.currentline > 0)
		lw_err_at(&u->at, (struct lw_origin){ eval_caller(L)->name, (uint32_t)ar.currentline });
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	luaL_setmetatable(L, "unfinished sandbox");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &pending_key);
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_pop(L, 1);
	return 1;
}

static int finish_sandbox(lua_State *L)
{
	struct unfinished *u = luaL_checkudata(L, 1, "unfinished sandbox");
	const char *name = eval_unfinished(L, 1);

	if (!lua_istable(L, 2))
		return luaL_error(L, "sandbox \"%s\" takes a table (write sandbox \"%s\" { ... })", name, name);
	u->done = true;
	make_sandbox(L, 2);
	if (lua_getfield(L, -1, "name") != LUA_TNIL)
		return luaL_error(L, "sandbox \"%s\" has a second name in its table", name);
	lua_pop(L, 1);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "name");
	return 1;
}

void eval_lib_finish(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &pending_key);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		const struct unfinished *u = lua_touserdata(L, -1);

		if (!u->done) {
			struct lw_err *err = &eval_of(L)->err;

			const char *name = eval_unfinished(L, -1);

			lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "sandbox \"%s\" has no table", name);
			lw_err_hint(err, "write sandbox \"%s\" { ... }", name);
			lw_err_at(err, (struct lw_origin){ u->at.file, u->at.line });
			lua_error(L);
		}
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
}

static void make_metatable(lua_State *L, struct eval_child *c, enum eval_record kind, const char *name)
{
	lua_createtable(L, 0, 2);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__name");
	c->meta[kind] = lua_topointer(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &c->meta[kind]);
}

void eval_lib_open(lua_State *L)
{
	struct eval_child *c = eval_of(L);

	make_metatable(L, c, EVAL_SANDBOX, "sandbox");
	make_metatable(L, c, EVAL_MOUNT, "mount");
	make_metatable(L, c, EVAL_DEVICE, "device");
	luaL_newmetatable(L, "unfinished sandbox");
	lua_pushcfunction(L, finish_sandbox);
	lua_setfield(L, -2, "__call");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &pending_key);
	for (size_t i = 0; i < ARRAY_LEN(constructor_table); i++) {
		lua_pushlightuserdata(L, (void *)(uintptr_t)&constructor_table[i]);
		lua_pushcclosure(L, construct, 1);
		lua_setfield(L, -2, constructor_table[i].name);
	}
	lua_pushcfunction(L, sandbox);
	lua_setfield(L, -2, "sandbox");
}
