/* eval_sets.c: capability sets as immutable values, `unset`, and what these share with policies (eval_seccomp.c). + and
 * - make new ones; a wrong word raises on the line that says it. What a set does is decided elsewhere: here it becomes
 * raw JSON. */
#include <string.h>
#include <strings.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "lua/eval_child.h"

#define CAPS "capability set"
#define UNSET "unset"

/* Any chain of + and - is one set added and another taken away; on a known base nothing is left to take away. */
struct caps {
	bool inherited;
	uint64_t add, remove;
};

static const char *const caps_fields[] = { "all", "docker", "inherited", "none" };

const char *eval_checked_field(lua_State *L, const char *noun, const char *const *names, size_t n)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_tolstring(L, 2, NULL);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return names[i];
	eval_unknown(L, noun, name, lw_nearest(name, names, n));
	return NULL;
}

int eval_refuse_assignment(lua_State *L)
{
	return luaL_error(L, "%s cannot be changed", lua_tostring(L, lua_upvalueindex(1)));
}

static int refuse_operator(lua_State *L)
{
	return luaL_error(L, "%s", lua_tostring(L, lua_upvalueindex(1)));
}

void eval_refuse_operators(lua_State *L, const char *cure)
{
	static const char *const events[] = { "__mul",    "__div",  "__mod",  "__pow",  "__idiv", "__unm",
					      "__band",   "__bor",  "__bxor", "__bnot", "__shl",  "__shr",
					      "__concat", "__call", "__len",  "__lt",   "__le" };

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		lua_pushstring(L, cure);
		lua_pushcclosure(L, refuse_operator, 1);
		lua_setfield(L, -2, events[i]);
	}
}

void eval_each_name(lua_State *L, int idx, const char *noun, void (*fn)(lua_State *L, const char *name, void *arg),
		    void *arg)
{
	lua_Unsigned len, seen = 0, count = 0;

	idx = lua_absindex(L, idx);
	if (lua_type(L, idx) == LUA_TSTRING) {
		fn(L, lua_tostring(L, idx), arg);
		return;
	}
	if (!lua_istable(L, idx))
		luaL_error(L, "expected the name of a %s or a list of names, not a %s", noun,
			   luaL_getmetafield(L, idx, "__name") == LUA_TSTRING ? lua_tostring(L, -1)
									      : luaL_typename(L, idx));
	len = lua_rawlen(L, idx);
	for (; seen < len; seen++) {
		int type = lua_rawgeti(L, idx, (lua_Integer)seen + 1);

		if (type == LUA_TNIL)
			luaL_error(L, "the list has a hole (nil) at item %d", (int)seen + 1);
		if (type == LUA_TSTRING)
			fn(L, lua_tostring(L, -1), arg);
		else if (type != LUA_TBOOLEAN || lua_toboolean(L, -1))
			luaL_error(L, "item %d of the list is a %s, not the name of a %s", (int)seen + 1,
				   luaL_typename(L, -1), noun);
		lua_pop(L, 1);
	}
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
		count++;
	if (count != len)
		luaL_error(L, "the list of names has a hole (nil) or named keys");
}

/* --- capabilities --- */

static struct caps *push_caps(lua_State *L, struct caps value)
{
	struct caps *c = lua_newuserdatauv(L, sizeof(*c), 0);

	*c = value;
	luaL_setmetatable(L, CAPS);
	return c;
}

static int caps_index(lua_State *L)
{
	const struct lw_host *h = eval_of(L)->o->host;
	const char *word = luaL_tolstring(L, 2, NULL), *field;
	struct caps value = { 0 };

	if (lw_names_value(&lw_capability_table, word) >= 0)
		return luaL_error(L, "unknown field of caps \"%s\" (write caps.none + \"%s\")", word, word);
	field = eval_checked_field(L, "field of caps", caps_fields, ARRAY_LEN(caps_fields));

	if (!strcmp(field, "all")) {
		eval_of(L)->asked_host = true;
		value.add = h->caps_bounding;
	} else if (!strcmp(field, "docker"))
		value.add = LW_CAPS_DOCKER;
	else
		value.inherited = !strcmp(field, "inherited");
	push_caps(L, value);
	return 1;
}

static void add_cap(lua_State *L, const char *name, void *arg)
{
	uint64_t *mask = arg;
	int64_t bit = lw_names_value(&lw_capability_table, name);

	if (!strcasecmp(name, "all"))
		luaL_error(L, "unknown capability \"%s\" (write caps.all, the caller's, or caps.none)", name);
	if (bit < 0)
		eval_unknown(L, "capability", name, lw_names_nearest(&lw_capability_table, name));
	*mask |= UINT64_C(1) << bit;
}

uint64_t eval_caps_operand(lua_State *L, int idx)
{
	const struct caps *c = luaL_testudata(L, idx, CAPS);
	uint64_t mask = 0;

	if (c && c->inherited)
		luaL_error(L, "caps.inherited may stand only on the left of + and -");
	if (c)
		return c->add;
	eval_each_name(L, idx, "capability", add_cap, &mask);
	return mask;
}

static int caps_plus(lua_State *L)
{
	const struct caps *c = luaL_testudata(L, 1, CAPS);
	int other = c ? 2 : 1;
	uint64_t mask;

	if (!c)
		c = luaL_checkudata(L, 2, CAPS);
	mask = eval_caps_operand(L, other);
	push_caps(L, (struct caps){ c->inherited, c->add | mask, c->remove & ~mask });
	return 1;
}

static int caps_minus(lua_State *L)
{
	const struct caps *c = luaL_testudata(L, 1, CAPS);
	uint64_t mask = eval_caps_operand(L, 2);

	if (!c)
		return luaL_error(L, "a capability set must stand on the left of -");
	push_caps(L, (struct caps){ c->inherited, c->add & ~mask, c->inherited ? c->remove | mask : 0 });
	return 1;
}

static int caps_equal(lua_State *L)
{
	const struct caps *a = luaL_checkudata(L, 1, CAPS), *b = luaL_checkudata(L, 2, CAPS);

	lua_pushboolean(L, a->inherited == b->inherited && a->add == b->add && a->remove == b->remove);
	return 1;
}

static int caps_text(lua_State *L)
{
	const struct caps *c = luaL_checkudata(L, 1, CAPS);
	char add[1024], remove[1024];

	lw_caps_format(c->add, add, sizeof(add));
	lw_caps_format(c->remove, remove, sizeof(remove));
	if (c->inherited)
		lua_pushfstring(L, "inherited + { %s } - { %s }", add, remove);
	else
		lua_pushfstring(L, "{ %s }", add);
	return 1;
}

static json_t *mask_json(uint64_t mask)
{
	json_t *list = json_array();

	for (int bit = 0; bit < 64; bit++) {
		const char *name = mask >> bit & 1 ? lw_names_name(&lw_capability_table, bit) : NULL;

		/* A capability newer than the table has no name to be written with. */
		if (name)
			json_array_append_new(list, json_string(name));
	}
	return list;
}

static json_t *caps_json(const struct caps *c)
{
	if (!c->inherited)
		return mask_json(c->add);
	return json_pack("{s:s, s:[[s,o],[s,o]]}", "base", "inherited", "ops", "+", mask_json(c->add), "-",
			 mask_json(c->remove));
}

json_t *eval_set_json(lua_State *L, int idx, bool *ret_known)
{
	const void *p;

	idx = lua_absindex(L, idx);
	*ret_known = true;
	p = luaL_testudata(L, idx, CAPS);
	if (p)
		return caps_json(p);
	if (luaL_testudata(L, idx, EVAL_POLICY))
		return eval_policy_json(L, idx);
	if (luaL_testudata(L, idx, UNSET))
		return json_pack("{s:b}", "$unset", 1);
	*ret_known = false;
	return NULL;
}

/* --- tables of values --- */

void eval_namespace(lua_State *L, const char *name, lua_CFunction index)
{
	lua_newuserdatauv(L, 0, 0);
	lua_createtable(L, 0, 4);
	lua_pushcfunction(L, index);
	lua_setfield(L, -2, "__index");
	lua_pushstring(L, name);
	lua_pushcclosure(L, eval_refuse_assignment, 1);
	lua_setfield(L, -2, "__newindex");
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}

void eval_caps_open(lua_State *L)
{
	static const luaL_Reg meta[] = {
		{ "__add", caps_plus },      { "__sub", caps_minus }, { "__eq", caps_equal },
		{ "__tostring", caps_text }, { NULL, NULL },
	};

	luaL_newmetatable(L, CAPS);
	luaL_setfuncs(L, meta, 0);
	eval_refuse_operators(L, "a capability set takes + and -: write caps.docker + \"NAME\"");
	lua_pushliteral(L, "a capability set has no fields: write caps.docker + \"NAME\"");
	lua_pushcclosure(L, refuse_operator, 1);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
	eval_namespace(L, "caps", caps_index);
}

void eval_unset_open(lua_State *L)
{
	lua_newuserdatauv(L, 0, 0);
	luaL_newmetatable(L, UNSET);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}
