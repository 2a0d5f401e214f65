/* eval_sets.c: capability sets and seccomp policies as immutable values, and `unset`. + and - make new ones; a wrong
 * word raises on the line that says it. What a set or policy does is decided elsewhere: here it becomes raw JSON. */
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "lua/eval_child.h"
#include "seccomp.h"

#define CAPS "capability set"
#define POLICY "seccomp policy"
#define UNSET "unset"

/* Any chain of + and - is one set added and another taken away; on a known base nothing is left to take away. */
struct caps {
	bool inherited;
	uint64_t add, remove;
};

static const char *const caps_fields[] = { "all", "docker", "inherited", "none" };

static const char *const base_names[] = { "default", "deny", "docker", "inherited", "strict", "unconfined" };
/* The rules are a Lua list in the user value, never handed out and never changed. */
struct policy {
	const char *base;
};

static const char *checked_field(lua_State *L, const char *noun, const char *const *names, size_t n)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_tolstring(L, 2, NULL);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return names[i];
	eval_unknown(L, noun, name, lw_nearest(name, names, n));
	return NULL;
}

static int refuse_assignment(lua_State *L)
{
	return luaL_error(L, "%s cannot be changed", lua_tostring(L, lua_upvalueindex(1)));
}

/* Calls fn for every name in the value at idx: a string, or a list of them with false skipped. */
static void each_name(lua_State *L, int idx, const char *noun, void (*fn)(lua_State *L, const char *name, void *arg),
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
	const char *field = checked_field(L, "field of caps", caps_fields, ARRAY_LEN(caps_fields));
	struct caps value = { 0 };

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

	if (bit < 0)
		eval_unknown(L, "capability", name, lw_names_nearest(&lw_capability_table, name));
	*mask |= UINT64_C(1) << bit;
}

static uint64_t caps_operand(lua_State *L, int idx)
{
	const struct caps *c = luaL_testudata(L, idx, CAPS);
	uint64_t mask = 0;

	if (c && c->inherited)
		luaL_error(L, "caps.inherited may stand only on the left of + and -");
	if (c)
		return c->add;
	each_name(L, idx, "capability", add_cap, &mask);
	return mask;
}

static int caps_plus(lua_State *L)
{
	const struct caps *c = luaL_testudata(L, 1, CAPS);
	int other = c ? 2 : 1;
	uint64_t mask;

	if (!c)
		c = luaL_checkudata(L, 2, CAPS);
	mask = caps_operand(L, other);
	push_caps(L, (struct caps){ c->inherited, c->add | mask, c->remove & ~mask });
	return 1;
}

static int caps_minus(lua_State *L)
{
	const struct caps *c = luaL_testudata(L, 1, CAPS);
	uint64_t mask = caps_operand(L, 2);

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

/* --- seccomp --- */

static const char *policy_base(lua_State *L, int idx)
{
	return ((const struct policy *)luaL_checkudata(L, idx, POLICY))->base;
}

/* Pushes a policy with this base whose user values are the two tables on the top, which it pops. */
static void push_policy(lua_State *L, const char *base)
{
	struct policy *p = lua_newuserdatauv(L, sizeof(*p), 2);

	p->base = base;
	luaL_setmetatable(L, POLICY);
	lua_insert(L, -3);
	lua_setiuservalue(L, -3, 2); /* architectures */
	lua_setiuservalue(L, -2, 1); /* rules */
}

static int seccomp_index(lua_State *L)
{
	const char *base = checked_field(L, "field of seccomp", base_names, ARRAY_LEN(base_names));

	lua_newtable(L);
	lua_newtable(L);
	push_policy(L, base);
	return 1;
}

static void push_list_copy(lua_State *L, int idx)
{
	lua_Integer n;

	idx = lua_absindex(L, idx);
	n = (lua_Integer)lua_rawlen(L, idx);
	lua_createtable(L, (int)n + 1, 0);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, idx, i);
		lua_rawseti(L, -2, i);
	}
}

/* A call's name onto the list at the index in arg. */
static void add_call(lua_State *L, const char *name, void *arg)
{
	int list = *(const int *)arg;

	if (!lw_seccomp_name_known(name))
		eval_unknown(L, *name == '@' ? "group of system calls" : "system call", name,
			     *name == '@' ? NULL : lw_syscall_nearest(name));
	lua_pushstring(L, name);
	lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

/* New policy: the one at `policy` with one more rule about the names at first…last. */
static int push_with_rule(lua_State *L, int policy, const char *action, const char *error, int first, int last)
{
	const char *base = policy_base(L, policy);
	int names;

	lua_getiuservalue(L, policy, 1);
	push_list_copy(L, -1);
	lua_remove(L, -2);
	lua_createtable(L, 0, 4);
	lua_newtable(L);
	names = lua_gettop(L);
	for (int i = first; i <= last; i++)
		each_name(L, i, "system call", add_call, &names);
	if (!lua_rawlen(L, names))
		return luaL_error(L, "no system call named");
	lua_setfield(L, -2, "names");
	lua_pushstring(L, action);
	lua_setfield(L, -2, "action");
	if (error) {
		lua_pushstring(L, error);
		lua_setfield(L, -2, "errno");
	}
	eval_push_origin(L);
	lua_setfield(L, -2, "origin");
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_getiuservalue(L, policy, 2);
	push_policy(L, base);
	return 1;
}

static int policy_plus(lua_State *L)
{
	bool left = luaL_testudata(L, 1, POLICY) != NULL;

	if (left && luaL_testudata(L, 2, POLICY))
		return luaL_error(L, "two seccomp policies cannot be added; add names, lists or groups to one");
	return push_with_rule(L, left ? 1 : 2, "allow", NULL, left ? 2 : 1, left ? 2 : 1);
}

static int policy_minus(lua_State *L)
{
	if (!luaL_testudata(L, 1, POLICY))
		return luaL_error(L, "a seccomp policy must stand on the left of -");
	if (luaL_testudata(L, 2, POLICY))
		return luaL_error(L, "two seccomp policies cannot be subtracted; take names, lists or groups from one");
	return push_with_rule(L, 1, "errno", "EPERM", 2, 2);
}

static int method_allow(lua_State *L)
{
	return push_with_rule(L, 1, "allow", NULL, 2, lua_gettop(L));
}

static int method_deny(lua_State *L)
{
	return push_with_rule(L, 1, "errno", "EPERM", 2, lua_gettop(L));
}

static int method_kill(lua_State *L)
{
	return push_with_rule(L, 1, "kill", NULL, 2, lua_gettop(L));
}

static int method_log(lua_State *L)
{
	return push_with_rule(L, 1, "log", NULL, 2, lua_gettop(L));
}

#define ERRNO_LAST 133 /* EHWPOISON */

static int method_errno(lua_State *L)
{
	const char *names[ERRNO_LAST], *name = luaL_checkstring(L, 2);
	size_t n = 0;

	for (int i = 1; i <= ERRNO_LAST; i++) {
		const char *known = strerrorname_np(i);

		if (known && !strcmp(known, name))
			return push_with_rule(L, 1, "errno", name, 3, lua_gettop(L));
		if (known)
			names[n++] = known;
	}
	return eval_unknown(L, "error name", name, lw_nearest(name, names, n));
}

/* Further ABIs whose calls are judged by their names instead of ending the process. */
static int method_architectures(lua_State *L)
{
	const char *base = policy_base(L, 1);
	int last = lua_gettop(L);

	lua_getiuservalue(L, 1, 1);
	lua_newtable(L);
	for (int i = 2; i <= last; i++) {
		luaL_checkstring(L, i);
		lua_pushvalue(L, i);
		lua_rawseti(L, -2, i - 1);
	}
	push_policy(L, base);
	return 1;
}

static const luaL_Reg policy_methods[] = {
	{ "allow", method_allow }, { "architectures", method_architectures },
	{ "deny", method_deny },   { "errno", method_errno },
	{ "kill", method_kill },   { "log", method_log },
};

static int policy_index(lua_State *L)
{
	const char *names[ARRAY_LEN(policy_methods)], *name = luaL_tolstring(L, 2, NULL);

	for (size_t i = 0; i < ARRAY_LEN(policy_methods); i++) {
		names[i] = policy_methods[i].name;
		if (!strcmp(names[i], name)) {
			lua_pushcfunction(L, policy_methods[i].func);
			return 1;
		}
	}
	return eval_unknown(L, "method of a seccomp policy", name, lw_nearest(name, names, ARRAY_LEN(names)));
}

/* JSON of the list of strings at the top of the stack, which it pops. */
static json_t *pop_strings(lua_State *L)
{
	json_t *list = json_array();

	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
		json_array_append_new(list, json_string(lua_tostring(L, -1)));
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
	return list;
}

static json_t *rule_json(lua_State *L)
{
	static const char *const texts[] = { "action", "errno", "origin" };
	json_t *rule = json_object();

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (lua_getfield(L, -1, texts[i]) == LUA_TSTRING)
			json_object_set_new(rule, texts[i], json_string(lua_tostring(L, -1)));
		lua_pop(L, 1);
	}
	lua_getfield(L, -1, "names");
	json_object_set_new(rule, "names", pop_strings(L));
	return rule;
}

static json_t *policy_json(lua_State *L, int idx, const struct policy *p)
{
	json_t *out = json_pack("{s:s}", "base", p->base), *rules = json_array(), *list;

	lua_getiuservalue(L, idx, 1);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
		json_array_append_new(rules, rule_json(L));
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
	json_object_set_new(out, "rules", rules);
	lua_getiuservalue(L, idx, 2);
	list = pop_strings(L);
	if (json_array_size(list))
		json_object_set(out, "architectures", list);
	json_decref(list);
	return out;
}

json_t *eval_set_json(lua_State *L, int idx, bool *ret_known)
{
	const void *p;

	idx = lua_absindex(L, idx);
	*ret_known = true;
	p = luaL_testudata(L, idx, CAPS);
	if (p)
		return caps_json(p);
	p = luaL_testudata(L, idx, POLICY);
	if (p)
		return policy_json(L, idx, p);
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
	lua_pushcclosure(L, refuse_assignment, 1);
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
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
	eval_namespace(L, "caps", caps_index);
}

void eval_seccomp_open(lua_State *L)
{
	static const luaL_Reg meta[] = {
		{ "__add", policy_plus },
		{ "__sub", policy_minus },
		{ "__index", policy_index },
		{ NULL, NULL },
	};

	luaL_newmetatable(L, POLICY);
	luaL_setfuncs(L, meta, 0);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, "a seccomp policy");
	lua_pushcclosure(L, refuse_assignment, 1);
	lua_setfield(L, -2, "__newindex");
	lua_pop(L, 1);
	eval_namespace(L, "seccomp", seccomp_index);
}

void eval_unset_open(lua_State *L)
{
	lua_newuserdatauv(L, 0, 0);
	luaL_newmetatable(L, UNSET);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}
