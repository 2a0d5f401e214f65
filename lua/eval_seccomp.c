/* eval_seccomp.c: system call policies as immutable values: a base and rules in order, each stamped with the line that
 * made it. + and - and the methods make new ones; a wrong word raises on the line that says it. What a policy does is
 * decided in core: here it becomes raw JSON, and the oracle is asked. */
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "lua/eval_child.h"
#include "schema.h"
#include "seccomp.h"
#include "seccomp_policy.h"

#define POLICY EVAL_POLICY

static const char *const base_names[] = { "default", "deny", "docker", "inherited", "strict", "unconfined" };
/* User value 1: the rules, a Lua list never handed out and never changed, of tables or, from a file, JSON texts; 2: the
 * architectures. */
struct policy {
	const char *base; /* one of base_names */
	bool log;
};

/* Pushes a policy whose user values are the two tables on the top, which it pops. */
static void push_policy(lua_State *L, struct policy value)
{
	struct policy *p = lua_newuserdatauv(L, sizeof(*p), 2);

	*p = value;
	luaL_setmetatable(L, POLICY);
	lua_insert(L, -3);
	lua_setiuservalue(L, -3, 2); /* architectures */
	lua_setiuservalue(L, -2, 1); /* rules */
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

	if (strchr(name, '(')) {
		struct lw_call_pattern pattern;
		struct lw_err err = { 0 };

		if (lw_call_pattern_parse(name, NULL, &pattern, &err) < 0)
			eval_raise(L, &err);
	} else if (!lw_seccomp_name_known(name))
		eval_unknown(L, *name == '@' ? "group of system calls" : "system call", name, lw_syscall_nearest(name));
	lua_pushstring(L, name);
	lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

/* The policy that a method was called on. */
static const struct policy *check_policy(lua_State *L, int idx)
{
	const struct policy *p = luaL_testudata(L, idx, POLICY);

	if (!p)
		luaL_error(L, "a method without its policy (call it with ':', as in seccomp.default:deny(\"mount\"))");
	return p;
}

/* New policy: the one at `policy` with one more rule about the names at first…last. */
static int push_with_rule(lua_State *L, int policy, const char *action, const char *error, int first, int last)
{
	struct policy value = *check_policy(L, policy);
	int names;

	lua_getiuservalue(L, policy, 1);
	push_list_copy(L, -1);
	lua_remove(L, -2);
	lua_createtable(L, 0, 4);
	lua_newtable(L);
	names = lua_gettop(L);
	for (int i = first; i <= last; i++)
		eval_each_name(L, i, "system call", add_call, &names);
	if (!lua_rawlen(L, names))
		return luaL_error(L, "no system call named (write its name, \"mount\", or a group, \"@mount\")");
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
	push_policy(L, value);
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

/* Without names: the kernel's audit hears of every denial. */
static int method_log(lua_State *L)
{
	struct policy value = *check_policy(L, 1);

	if (lua_gettop(L) == 1) {
		value.log = true;
		lua_getiuservalue(L, 1, 1);
		lua_getiuservalue(L, 1, 2);
		push_policy(L, value);
		return 1;
	}
	return push_with_rule(L, 1, "log", NULL, 2, lua_gettop(L));
}

static int method_only(lua_State *L)
{
	return push_with_rule(L, 1, "only", NULL, 2, lua_gettop(L));
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
	if (lw_seccomp_name_known(name))
		return luaL_error(L, "\"%s\" is a system call (the error comes first: errno(\"EPERM\", \"%s\"))", name,
				  name);
	return eval_unknown(L, "error name", name, lw_nearest(name, names, n));
}

static void add_architecture(lua_State *L, const char *name, void *arg)
{
	int list = *(const int *)arg;

	lua_pushstring(L, name);
	lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

/* Further ABIs whose calls are judged by their names instead of ending the process. */
static int method_architectures(lua_State *L)
{
	struct policy value = *check_policy(L, 1);
	int last = lua_gettop(L), names;

	lua_getiuservalue(L, 1, 1);
	lua_newtable(L);
	names = lua_gettop(L);
	for (int i = 2; i <= last; i++)
		eval_each_name(L, i, "architecture", add_architecture, &names);
	push_policy(L, value);
	return 1;
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

json_t *eval_policy_json(lua_State *L, int idx)
{
	const struct policy *p = luaL_checkudata(L, idx, POLICY);
	json_t *out = json_pack("{s:s}", "base", p->base), *rules = json_array(), *list;
	int type;

	if (p->log)
		json_object_set_new(out, "log", json_true());
	lua_getiuservalue(L, idx, 1);
	for (lua_Integer i = 1; (type = lua_rawgeti(L, -1, i)) != LUA_TNIL; i++) {
		json_array_append_new(rules,
				      type == LUA_TSTRING ? json_loads(lua_tostring(L, -1), 0, NULL) : rule_json(L));
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

/* --- the oracle --- */

/* policy:simulate(call[, capabilities]): "allow", "log", "kill", or "errno" and the error's name. */
static int method_simulate(lua_State *L)
{
	const struct policy *p = check_policy(L, 1);
	uint64_t caps = lua_isnoneornil(L, 3) ? LW_CAPS_DOCKER : eval_caps_operand(L, 3);
	struct lw_spec *spec = NULL;
	struct seccomp_data call;
	struct lw_answer answer;
	struct lw_err err = { 0 };
	char verdict[64], *space;

	if (!strcmp(p->base, "inherited"))
		return luaL_error(L, "simulate: what is inherited is not known yet");
	if (lw_call_parse(luaL_checkstring(L, 2), &call, &err) < 0)
		return eval_raise(L, &err);
	json_t *raw = json_pack("{s:o}", "seccomp", eval_policy_json(L, 1));
	int r = raw ? lw_spec_decode(raw, &spec, &err) : lw_fail(&err, -ENOMEM, "not enough memory");
	json_decref(raw);
	if (r == 0)
		r = lw_seccomp_simulate(&spec->seccomp, caps, &call, &answer, &err);
	lw_spec_free(spec);
	if (r < 0)
		return eval_raise(L, &err);
	lw_action_format(answer.action, verdict, sizeof(verdict));
	space = strchr(verdict, ' ');
	if (space)
		*space++ = '\0';
	lua_pushstring(L, verdict);
	lua_pushstring(L, space);
	return 2;
}

static const luaL_Reg policy_methods[] = {
	{ "allow", method_allow }, { "architectures", method_architectures },
	{ "deny", method_deny },   { "errno", method_errno },
	{ "kill", method_kill },   { "log", method_log },
	{ "only", method_only },   { "simulate", method_simulate },
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

/* --- seccomp --- */

/* The policy of a JSON file, which the parent finds and reads. */
static int load(lua_State *L)
{
	struct policy value = { 0 };
	json_t *doc, *list, *v;
	const char *base;
	size_t i;

	eval_load(L, luaL_checkstring(L, 1));
	doc = json_loads(lua_tostring(L, -1), 0, NULL);
	base = json_string_value(json_object_get(doc, "base"));
	for (i = 0; base && i < ARRAY_LEN(base_names); i++)
		if (!strcmp(base_names[i], base))
			value.base = base_names[i];
	if (!value.base)
		return luaL_error(L, "not enough memory");
	value.log = json_is_true(json_object_get(doc, "log"));
	list = json_object_get(doc, "rules");
	lua_createtable(L, (int)json_array_size(list), 0);
	json_array_foreach(list, i, v)
	{
		char *text = json_dumps(v, JSON_COMPACT);

		lua_pushstring(L, text ? text : "{}");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
		eval_arena_free(text);
	}
	list = json_object_get(doc, "architectures");
	lua_createtable(L, (int)json_array_size(list), 0);
	json_array_foreach(list, i, v)
	{
		lua_pushstring(L, json_string_value(v));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	json_decref(doc);
	push_policy(L, value);
	return 1;
}

static void push_base(lua_State *L, const char *base)
{
	lua_newtable(L);
	lua_newtable(L);
	push_policy(L, (struct policy){ .base = base });
}

/* seccomp.allow{…}: the inherited policy, seccomp.default without one, and these calls. */
static int allow(lua_State *L)
{
	int last = lua_gettop(L);

	push_base(L, "inherited");
	lua_insert(L, 1);
	return push_with_rule(L, 1, "allow", NULL, 2, last + 1);
}

static int seccomp_index(lua_State *L)
{
	static const char *const names[] = { "allow",     "default", "deny",   "docker",
					     "inherited", "load",    "strict", "unconfined" };
	const char *name = eval_checked_field(L, "field of seccomp", names, ARRAY_LEN(names));

	if (!strcmp(name, "load"))
		lua_pushcfunction(L, load);
	else if (!strcmp(name, "allow"))
		lua_pushcfunction(L, allow);
	else
		for (size_t i = 0; i < ARRAY_LEN(base_names); i++)
			if (!strcmp(base_names[i], name))
				push_base(L, base_names[i]);
	return 1;
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
	eval_refuse_operators(L, "a policy takes + and -: write seccomp.default - \"NAME\"");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, "a seccomp policy");
	lua_pushcclosure(L, eval_refuse_assignment, 1);
	lua_setfield(L, -2, "__newindex");
	lua_pop(L, 1);
	eval_namespace(L, "seccomp", seccomp_index);
}
