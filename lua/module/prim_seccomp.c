/* prim_seccomp.c: lw.seccomp: policies as values, as profiles have them: + allows, - denies; compiled to the kernel's
 * program, and asked what they say of a call. A policy is JSON of ours that nobody changes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "lua/module/prim.h"
#include "schema.h"
#include "seccomp.h"
#include "seccomp_oci.h"

#define POLICY_TYPE "lunward.policy"
#define FILE_MAX ((size_t)1 << 20)

struct policy {
	json_t *json;
	struct lw_spec *spec; /* holds it, decoded */
};

static int policy_gc(lua_State *L)
{
	struct policy *p = lua_touserdata(L, 1);
	json_decref(p->json);
	p->json = NULL;
	p->spec = lw_spec_free(p->spec);
	return 0;
}

static struct policy *check_policy(lua_State *L, int idx)
{
	return luaL_checkudata(L, idx, POLICY_TYPE);
}

static struct policy *new_policy(lua_State *L)
{
	struct policy *p = lua_newuserdatauv(L, sizeof *p, 0);
	*p = (struct policy){ 0 };
	luaL_setmetatable(L, POLICY_TYPE);
	return p;
}

/* What is wrong with it is the caller's mistake: raised. */
static int decoded(lua_State *L, struct policy *p)
{
	struct lw_err err = { 0 };
	json_t *raw = p->json ? json_pack("{s:O}", "seccomp", p->json) : NULL;
	int r = raw ? lw_spec_decode(raw, &p->spec, &err) : lw_fail(&err, -ENOMEM, "not enough memory");
	json_decref(raw);
	if (r < 0)
		return luaL_error(L, "%s%s%s", err.msg, *err.hint ? ": " : "", err.hint);
	return 1;
}

/* --- rules --- */

/* Names at idx, one or a list, are appended. */
static void add_names(lua_State *L, int idx, json_t *names)
{
	if (lua_type(L, idx) == LUA_TSTRING) {
		if (json_array_append_new(names, json_string(lua_tostring(L, idx))) < 0)
			luaL_error(L, "a system call's name that is no text");
		return;
	}
	luaL_argexpected(L, lua_istable(L, idx), idx, "the name of a system call or a list of them");
	for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, idx); i <= n; i++) {
		lua_rawgeti(L, idx, i);
		if (lua_type(L, -1) == LUA_TSTRING)
			add_names(L, lua_gettop(L), names);
		else if (lua_toboolean(L, -1) || lua_isnil(L, -1))
			luaL_error(L, "a system call's name expected, got %s", luaL_typename(L, -1));
		lua_pop(L, 1);
	}
}

static int with_rule(lua_State *L, int policy, const char *action, const char *error, int first, int last)
{
	struct policy *from = check_policy(L, policy), *p = new_policy(L);
	p->json = json_deep_copy(from->json);
	json_t *rules = json_object_get(p->json, "rules"), *names = json_array();
	json_t *rule = json_pack("{s:s,s:o}", "action", action, "names", names);
	if (!rules && p->json) {
		rules = json_array();
		json_object_set_new(p->json, "rules", rules);
	}
	/* In the policy before anything can be raised. */
	if (json_array_append_new(rules, rule) < 0)
		return luaL_error(L, "not enough memory");
	if (error)
		json_object_set_new(rule, "errno", json_string(error));
	for (int i = first; i <= last; i++)
		add_names(L, i, names);
	if (!json_array_size(names))
		return luaL_error(L, "no system call named");
	return decoded(L, p);
}

static int plus(lua_State *L)
{
	bool left = luaL_testudata(L, 1, POLICY_TYPE) != NULL;
	if (left && luaL_testudata(L, 2, POLICY_TYPE))
		return luaL_error(L, "two seccomp policies cannot be added; add names, lists or groups to one");
	return with_rule(L, left ? 1 : 2, "allow", NULL, left ? 2 : 1, left ? 2 : 1);
}

static int minus(lua_State *L)
{
	if (!luaL_testudata(L, 1, POLICY_TYPE) || luaL_testudata(L, 2, POLICY_TYPE))
		return luaL_error(L, "a seccomp policy on the left of -, names, lists or groups on the right");
	return with_rule(L, 1, "errno", "EPERM", 2, 2);
}

static int allow(lua_State *L)
{
	return with_rule(L, 1, "allow", NULL, 2, lua_gettop(L));
}

static int deny(lua_State *L)
{
	return with_rule(L, 1, "errno", "EPERM", 2, lua_gettop(L));
}

static int fail_with(lua_State *L)
{
	return with_rule(L, 1, "errno", luaL_checkstring(L, 2), 3, lua_gettop(L));
}

static int kill_for(lua_State *L)
{
	return with_rule(L, 1, "kill", NULL, 2, lua_gettop(L));
}

static int log_these(lua_State *L)
{
	return with_rule(L, 1, "log", NULL, 2, lua_gettop(L));
}

static int only(lua_State *L)
{
	return with_rule(L, 1, "only", NULL, 2, lua_gettop(L));
}

/* --- what becomes of it --- */

static int arena_gc(lua_State *L)
{
	struct lw_arena **a = lua_touserdata(L, 1);
	*a = lw_arena_free(*a);
	return 0;
}

/* policy:compile([CAPABILITIES]) → the program, struct sock_filter one after the other, and how many */
static int compile(lua_State *L)
{
	const struct policy *p = check_policy(L, 1);
	uint64_t caps = lua_isnoneornil(L, 2) ? LW_CAPS_DOCKER : prim_caps_mask(L, 2);
	struct lw_filter f = { 0 };
	struct lw_err err = { 0 };
	struct lw_arena **a = lua_newuserdatauv(L, sizeof *a, 0);
	*a = NULL;
	luaL_setmetatable(L, POLICY_TYPE ".arena");
	*a = lw_arena_new();
	int r = *a ? lw_seccomp_compile(&p->spec->seccomp, caps, -1, *a, &f, &err)
		   : lw_fail(&err, -ENOMEM, "out of memory");
	if (r < 0)
		return bind_fail(L, &err);
	lua_pushlstring(L, (const char *)f.insns, f.n * sizeof *f.insns);
	lua_pushinteger(L, f.n);
	return 2;
}

/* policy:simulate(CALL [, CAPABILITIES]) → "allow", "log", "kill", or "errno" and the error's name */
static int simulate(lua_State *L)
{
	const struct policy *p = check_policy(L, 1);
	uint64_t caps = lua_isnoneornil(L, 3) ? LW_CAPS_DOCKER : prim_caps_mask(L, 3);
	struct seccomp_data call;
	struct lw_answer answer;
	struct lw_err err = { 0 };
	char verdict[64];
	if (lw_call_parse(luaL_checkstring(L, 2), &call, &err) < 0)
		return luaL_argerror(L, 2, err.msg);
	if (lw_seccomp_simulate(&p->spec->seccomp, caps, &call, &answer, &err) < 0)
		return bind_fail(L, &err);
	char *space = strchr(lw_action_format(answer.action, verdict, sizeof verdict), ' ');
	if (space)
		*space++ = '\0';
	lua_pushstring(L, verdict);
	lua_pushstring(L, space);
	return 2;
}

static int to_json(lua_State *L)
{
	const struct policy *p = check_policy(L, 1);
	json_t **box = bind_json_box(L);
	*box = json_incref(p->json);
	return 1;
}

static int policy_tostring(lua_State *L)
{
	const struct policy *p = check_policy(L, 1);
	lua_pushfstring(L, "seccomp.%s with %d rules", json_string_value(json_object_get(p->json, "base")),
			(int)json_array_size(json_object_get(p->json, "rules")));
	return 1;
}

/* lw.seccomp.load(FILE): a policy as docker and OCI runtimes have it. */
static int load(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct policy *p = new_policy(L);
	char **text = bind_text_box(L);
	struct lw_err err = { 0 };
	struct utsname u;
	bool kernel;
	size_t n;
	int r = lw_read_file(path, FILE_MAX, text, &n);
	if (r < 0)
		return bind_fail_errno(L, r, "seccomp.load", path);
	uname(&u);
	if (lw_seccomp_import(*text, n, path, u.release, &p->json, &kernel, &err) < 0)
		return bind_fail(L, &err);
	lua_pop(L, 1);
	return decoded(L, p);
}

void prim_seccomp_open(lua_State *L)
{
	static const char *const bases[] = { "default", "deny", "docker", "strict", "unconfined" };
	static const luaL_Reg meta[] = {
		{ "__add", plus },
		{ "__gc", policy_gc },
		{ "__lunward_json", to_json },
		{ "__sub", minus },
		{ "__tostring", policy_tostring },
		{ NULL, NULL },
	};
	static const luaL_Reg arena_meta[] = { { "__gc", arena_gc }, { NULL, NULL } };
	static const luaL_Reg methods[] = {
		{ "allow", allow },     { "compile", compile },   { "deny", deny },
		{ "errno", fail_with }, { "kill", kill_for },     { "log", log_these },
		{ "only", only },       { "simulate", simulate }, { NULL, NULL },
	};
	static const luaL_Reg functions[] = { { "load", load }, { NULL, NULL } };
	bind_type(L, POLICY_TYPE, meta, methods);
	bind_type(L, POLICY_TYPE ".arena", arena_meta, NULL);
	luaL_newlib(L, functions);
	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		struct policy *p = new_policy(L);
		p->json = json_pack("{s:s,s:[]}", "base", bases[i], "rules");
		decoded(L, p);
		lua_setfield(L, -2, bases[i]);
	}
}
