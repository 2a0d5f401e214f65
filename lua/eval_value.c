/* eval_value.c: from the Lua values a profile returned to raw JSON. Decides what a list and what a map is, refuses what
 * cannot be told apart from a slip (holes, mixed tables, text that is not UTF-8) and what has no end. Metatables of the
 * profile's making are not consulted: only what the tables hold counts. */
#include <math.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/eval_child.h"

#define DEPTH_MAX 32
#define LAYERS_MAX 64

/* Where we are, for messages: a chain up to the sandbox. */
struct place {
	const struct place *up;
	const char *key;    /* NULL: a list item */
	size_t index;       /* of the item in the JSON list, from 0, as the decoder will count it */
	const void *table;  /* the table being read here, to see it come again */
	const char *origin; /* of the record, or NULL */
	unsigned depth;
};

/* cure may be NULL. */
static _Noreturn void fail_cure(lua_State *L, const struct place *p, const char *fmt, const char *word,
				const char *cure)
{
	struct lw_err *err = &eval_of(L)->err;
	const char *origin = NULL, *colon;

	*err = (struct lw_err){ 0 };
	lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s%s", fmt, word);
	if (cure)
		lw_err_hint(err, "%s", cure);
	for (; p; p = p->up) {
		if (!origin)
			origin = p->origin;
		if (p->key && err->path[0] == '[') {
			char below[sizeof(err->path)];

			memcpy(below, err->path, sizeof(below));
			err->path[0] = '\0';
			lw_err_in(err, "%s%s", p->key, below);
		} else if (p->key) {
			lw_err_in(err, "%s", p->key);
		} else if (p->up) {
			lw_err_in(err, "[%zu]", p->index);
		}
	}
	colon = origin ? strrchr(origin, ':') : NULL;
	if (colon) {
		lua_pushlstring(L, origin, (size_t)(colon - origin));
		lw_err_at(err, (struct lw_origin){ lua_tostring(L, -1), (uint32_t)strtoul(colon + 1, NULL, 10) });
	}
	lua_pushliteral(L, "value");
	lua_error(L);
	abort(); /* lua_error does not return */
}

static _Noreturn void fail_at(lua_State *L, const struct place *p, const char *fmt, const char *word)
{
	fail_cure(L, p, fmt, word, NULL);
}

/* New references are checked here, once: NULL is memory or text. */
static json_t *checked(lua_State *L, json_t *j)
{
	if (!j)
		luaL_error(L, "not enough memory");
	return j;
}

static json_t *string_json(lua_State *L, const struct place *p, int idx)
{
	size_t n;
	const char *s = lua_tolstring(L, idx, &n);
	json_t *j;

	if (memchr(s, '\0', n))
		fail_at(L, p, "text with a NUL byte", "");
	j = json_stringn(s, n);
	if (!j) {
		/* Of the two reasons, the one that can be asked for. */
		json_t *probe = json_stringn_nocheck(s, n);
		if (probe)
			fail_at(L, p, "text that is not UTF-8", "");
	}
	return checked(L, j);
}

static json_t *number_json(lua_State *L, const struct place *p, int idx)
{
	lua_Number x = lua_tonumber(L, idx);
	lua_Integer i;

	if (lua_isinteger(L, idx))
		return checked(L, json_integer(lua_tointeger(L, idx)));
	if (!isfinite(x))
		fail_at(L, p, "a number that is not finite", "");
	if (lua_numbertointeger(x, &i) && (lua_Number)i == x)
		return checked(L, json_integer(i));
	return checked(L, json_real(x));
}

static json_t *value_json(lua_State *L, const struct place *p, int idx);

struct key {
	const char *s;
};

/* Ascending by bytes: two runs of one profile must give one text, and Lua's own order changes from run to run. */
static void sort_keys(struct key *v, size_t n)
{
	size_t gap = 1;

	while (gap < n / 3)
		gap = 3 * gap + 1;
	for (; gap; gap /= 3)
		for (size_t i = gap; i < n; i++) {
			struct key k = v[i];
			size_t j = i;

			for (; j >= gap && strcmp(v[j - gap].s, k.s) > 0; j -= gap)
				v[j] = v[j - gap];
			v[j] = k;
		}
}

static json_t *map_json(lua_State *L, struct place *p, int idx, size_t n, bool sandbox)
{
	struct key *keys = lua_newuserdatauv(L, n * sizeof(*keys) + 1, 0);
	json_t *obj = checked(L, json_object());
	size_t i = 0;

	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
		struct place here = { .up = p, .key = lua_tostring(L, -2) };
		size_t len = lua_rawlen(L, -2);

		if (strlen(here.key) != len)
			fail_at(L, p, "a key with a NUL byte", "");
		keys[i++].s = here.key;
	}
	sort_keys(keys, n);
	for (i = 0; i < n; i++) {
		struct place here = { .up = p, .key = keys[i].s, .depth = p->depth + 1 };

		if (sandbox && !strcmp(keys[i].s, "inherits"))
			continue;
		lua_pushstring(L, keys[i].s);
		lua_rawget(L, idx);
		if (json_object_set_new(obj, keys[i].s, value_json(L, &here, lua_gettop(L))) < 0)
			fail_at(L, &here, "a key that is not UTF-8", "");
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return obj;
}

static json_t *list_json(lua_State *L, struct place *p, int idx, size_t n)
{
	json_t *list = checked(L, json_array());

	for (size_t i = 1; i <= n; i++) {
		struct place here = { .up = p, .index = json_array_size(list), .depth = p->depth + 1 };
		int type = lua_rawgeti(L, idx, (lua_Integer)i);

		if (type == LUA_TNIL)
			fail_at(L, &here, "a hole (nil) in the list", "; use false for an item to leave out");
		if (type != LUA_TBOOLEAN || lua_toboolean(L, -1))
			if (json_array_append_new(list, value_json(L, &here, lua_gettop(L))) < 0)
				luaL_error(L, "not enough memory");
		lua_pop(L, 1);
	}
	return list;
}

/* The table at idx has list items and named keys: the first item is pointed at. */
static _Noreturn void fail_mixed(lua_State *L, const struct place *p, int idx, enum eval_record kind)
{
	struct place here = { .up = p };
	const char *cure = "a table has either list items or named keys";
	lua_Integer first = LUA_MAXINTEGER;

	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
		if (lua_isinteger(L, -2) && lua_tointeger(L, -2) < first)
			first = lua_tointeger(L, -2);
	lua_rawgeti(L, idx, first);
	here.index = (size_t)first - 1;
	if (kind == EVAL_SANDBOX)
		cure = eval_record_kind(L, -1) == EVAL_MOUNT    ? "write mounts = { ... } around it"
		       : eval_record_kind(L, -1) == EVAL_DEVICE ? "write devices = { ... } around it"
		       : eval_record_kind(L, -1) == EVAL_SANDBOX
			       ? "sandboxes are inherited by name or with inherits = it"
			       : "write KEY = in front of it; the command is command = { \"PROGRAM\", \"ARGUMENT\" }";
	else if (kind == EVAL_MOUNT)
		cure = "write destination = or source = in front of it, or one string";
	else if (kind == EVAL_DEVICE)
		cure = "write path = or source = in front of it, or one string";
	fail_cure(L, &here, kind == EVAL_PLAIN ? "a list item among named keys" : "a value without its key", "", cure);
}

/* A device among mounts, a mount among devices: their keys would be called unknown one by one. */
static void fail_misplaced(lua_State *L, const struct place *p, enum eval_record kind)
{
	const char *list = p->up && !p->key ? p->up->key : NULL;

	if (list && kind == EVAL_DEVICE && !strcmp(list, "mounts"))
		fail_cure(L, p, "a device among mounts", "", "write devices = { ... }");
	if (list && kind == EVAL_MOUNT && !strcmp(list, "devices"))
		fail_cure(L, p, "a mount among devices", "",
			  "write mounts = { ... }; a device that is inherited goes with devices = unset");
}

static json_t *table_json(lua_State *L, struct place *p, int idx)
{
	enum eval_record kind = eval_record_kind(L, idx);
	size_t names = 0, items = 0;
	lua_Integer last = 0;

	if (p->depth >= DEPTH_MAX)
		fail_at(L, p, "tables nested too deeply", "");
	p->table = lua_topointer(L, idx);
	for (const struct place *q = p->up; q; q = q->up)
		if (q->table == p->table)
			fail_at(L, p, "a table that contains itself", "");
	fail_misplaced(L, p, kind);
	if (kind == EVAL_SANDBOX && p->up)
		fail_at(L, p, "a sandbox inside a sandbox", "; sandboxes are inherited by name or with inherits = it");
	luaL_checkstack(L, 10, "tables nested too deeply");
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING) {
			names++;
		} else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0) {
			items++;
			if (lua_tointeger(L, -2) > last)
				last = lua_tointeger(L, -2);
		} else {
			lua_pushvalue(L, -2);
			fail_at(L, p, "a key that is neither a name nor the place of a list item: ",
				luaL_tolstring(L, -1, NULL));
		}
	}
	if (names && lua_getfield(L, idx, "origin") == LUA_TSTRING && kind != EVAL_PLAIN)
		p->origin = lua_tostring(L, -1);
	if (names)
		lua_pop(L, 1);
	if (names && items)
		fail_mixed(L, p, idx, kind);
	if (items && (size_t)last != items) {
		struct place here = { .up = p };

		while (lua_rawgeti(L, idx, (lua_Integer)here.index + 1) != LUA_TNIL) {
			lua_pop(L, 1);
			here.index++;
		}
		fail_at(L, &here, "a hole (nil) in the list", "; use false for an item to leave out");
	}
	return items                          ? list_json(L, p, idx, items)
	       : kind == EVAL_PLAIN && !names ? checked(L, json_array())
					      : map_json(L, p, idx, names, kind == EVAL_SANDBOX);
}

static json_t *value_json(lua_State *L, const struct place *p, int idx)
{
	struct place here = *p;
	const char *open, *what, *cure;
	json_t *j;
	bool known;

	switch (lua_type(L, idx)) {
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, idx));
	case LUA_TNUMBER:
		return number_json(L, p, idx);
	case LUA_TSTRING:
		return string_json(L, p, idx);
	case LUA_TTABLE:
		return table_json(L, &here, idx);
	case LUA_TUSERDATA:
		j = eval_set_json(L, idx, &known);
		if (known)
			return checked(L, j);
		open = eval_unfinished(L, idx);
		if (open)
			fail_at(L, p, "an unfinished sandbox without its table: ", open);
		break;
	default:
		break;
	}
	eval_hint_value(L, idx, &what, &cure);
	fail_cure(L, p, what, "", cure);
}

/* The layers of the sandbox at the top of the stack, lowest first; `up` are the sandboxes on the way here. */
static void add_layers(lua_State *L, json_t *layers, const struct place *up)
{
	struct place p = { .up = NULL };
	struct place chain = { .up = up, .table = lua_topointer(L, -1), .depth = up ? up->depth + 1 : 0 };
	int idx = lua_gettop(L);

	luaL_checkstack(L, 10, "inherits");
	if (lua_getfield(L, idx, "origin") == LUA_TSTRING)
		p.origin = lua_tostring(L, -1);
	lua_pop(L, 1);
	for (const struct place *q = up; q; q = q->up)
		if (q->table == chain.table)
			fail_at(L, &p, "inherits: a sandbox that inherits itself", "");
	/* The constructor has left a list of sandboxes there; a profile may have changed it since. */
	if (lua_getfield(L, idx, "inherits") != LUA_TNIL) {
		lua_Unsigned n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;

		if (!n && !lua_istable(L, -1))
			fail_at(L, &p, "inherits was changed after sandbox { ... }", "");
		for (lua_Unsigned i = 1; i <= n; i++) {
			lua_rawgeti(L, -1, (lua_Integer)i);
			if (eval_record_kind(L, -1) != EVAL_SANDBOX)
				fail_at(L, &p, "inherits was changed after sandbox { ... }", "");
			add_layers(L, layers, &chain);
			lua_pop(L, 1);
		}
	}
	lua_pop(L, 1);
	if (json_array_size(layers) == LAYERS_MAX)
		fail_at(L, &p, "inherits: more than 64 layers", "");
	if (json_array_append_new(layers, table_json(L, &p, idx)) < 0)
		luaL_error(L, "not enough memory");
}

json_t *eval_value_layers(lua_State *L, int idx)
{
	json_t *answer = checked(L, json_object()), *layers = checked(L, json_array());

	lua_pushvalue(L, idx);
	add_layers(L, layers, NULL);
	lua_pop(L, 1);
	if (json_object_set_new(answer, "layers", layers) < 0)
		luaL_error(L, "not enough memory");
	return answer;
}

void eval_value_push(lua_State *L, const json_t *j)
{
	const char *key;
	json_t *v;
	size_t i;

	luaL_checkstack(L, 4, "tables nested too deeply");
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		lua_createtable(L, 0, (int)json_object_size(j) + 2);
		json_object_foreach((json_t *)(uintptr_t)j, key, v)
		{
			eval_value_push(L, v);
			lua_setfield(L, -2, key);
		}
		break;
	case JSON_ARRAY:
		lua_createtable(L, (int)json_array_size(j), 0);
		json_array_foreach(j, i, v)
		{
			eval_value_push(L, v);
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
	default:
		lua_pushnil(L);
	}
}
