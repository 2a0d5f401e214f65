/* eval_host.c: `host`, what a profile may know about this machine and this caller, and `AF`, the numbers of address
 * families. Everything comes from struct lw_host, probed before the clone; nothing is asked of the kernel here. */
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "host_features.h"
#include "lua/eval_child.h"

static int host_has(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	bool has = false;

	if (!lw_host_has(eval_of(L)->o->host, name, &has)) {
		struct lw_near near = { .word = name };
		for (size_t i = 0; lw_host_features[i]; i++)
			lw_near_offer(&near, lw_host_features[i]);
		return eval_unknown(L, "feature", name, near.best);
	}
	lua_pushboolean(L, has);
	return 1;
}

static int host_env(lua_State *L)
{
	char *const *env = eval_of(L)->o->host->environ_;
	const char *name = luaL_checkstring(L, 1);
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (!strncmp(*env, name, n) && (*env)[n] == '=') {
			lua_pushstring(L, *env + n + 1);
			return 1;
		}
	return 0;
}

static int asked_call(lua_State *L)
{
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_replace(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

static int asked_index(lua_State *L)
{
	const char *field = lua_tostring(L, lua_upvalueindex(1));

	return luaL_error(L, "host.%s is not a table (write host.%s \"%s\")", field, field, luaL_tolstring(L, 2, NULL));
}

/* A function that also knows what is wrong with host.env.HOME. */
static void push_asked(lua_State *L, const char *field, lua_CFunction f)
{
	lua_newuserdatauv(L, 0, 0);
	lua_createtable(L, 0, 3);
	lua_pushcfunction(L, f);
	lua_pushcclosure(L, asked_call, 1);
	lua_setfield(L, -2, "__call");
	lua_pushstring(L, field);
	lua_pushcclosure(L, asked_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}

static const char *const field_table[] = {
	"arch", "cgroup_version", "cpus", "cwd", "env", "gid", "has", "home", "kernel", "memory_bytes", "uid", "user",
};

static int host_index(lua_State *L)
{
	const struct lw_host *h = eval_of(L)->o->host;
	const char *name = luaL_tolstring(L, 2, NULL);

	eval_of(L)->asked_host = true;
	if (!strcmp(name, "arch"))
		lua_pushstring(L, h->arch);
	else if (!strcmp(name, "cgroup_version"))
		lua_pushinteger(L, h->cgroup.version);
	else if (!strcmp(name, "cpus"))
		lua_pushinteger(L, h->cpus);
	else if (!strcmp(name, "cwd"))
		lua_pushstring(L, h->cwd);
	else if (!strcmp(name, "env"))
		push_asked(L, "env", host_env);
	else if (!strcmp(name, "gid"))
		lua_pushinteger(L, h->gid);
	else if (!strcmp(name, "has"))
		push_asked(L, "has", host_has);
	else if (!strcmp(name, "home"))
		lua_pushstring(L, h->home);
	else if (!strcmp(name, "kernel"))
		lua_pushstring(L, h->kernel);
	else if (!strcmp(name, "memory_bytes"))
		lua_pushinteger(L, h->memory_bytes);
	else if (!strcmp(name, "uid"))
		lua_pushinteger(L, h->uid);
	else if (!strcmp(name, "user"))
		lua_pushstring(L, h->user);
	else
		return eval_unknown(L, "field of host", name, lw_nearest(name, field_table, ARRAY_LEN(field_table)));
	return 1;
}

/* Address families by the names of socket(2). */
static const struct lw_name family_table[] = {
	{ "ALG", AF_ALG },     { "BLUETOOTH", AF_BLUETOOTH },
	{ "CAN", AF_CAN },     { "INET", AF_INET },
	{ "INET6", AF_INET6 }, { "IPX", AF_IPX },
	{ "KCM", AF_KCM },     { "KEY", AF_KEY },
	{ "LLC", AF_LLC },     { "LOCAL", AF_LOCAL },
	{ "MPLS", AF_MPLS },   { "NETLINK", AF_NETLINK },
	{ "NFC", AF_NFC },     { "PACKET", AF_PACKET },
	{ "PPPOX", AF_PPPOX }, { "QIPCRTR", AF_QIPCRTR },
	{ "RDS", AF_RDS },     { "RXRPC", AF_RXRPC },
	{ "SMC", AF_SMC },     { "TIPC", AF_TIPC },
	{ "UNIX", AF_UNIX },   { "UNSPEC", AF_UNSPEC },
	{ "VSOCK", AF_VSOCK }, { "X25", AF_X25 },
	{ "XDP", AF_XDP },
};

static int af_index(lua_State *L)
{
	static const struct lw_names families = { family_table, ARRAY_LEN(family_table), "AF_" };
	const char *name = luaL_tolstring(L, 2, NULL);

	for (size_t i = 0; i < ARRAY_LEN(family_table); i++)
		if (!strcmp(family_table[i].name, name)) {
			lua_pushinteger(L, family_table[i].value);
			return 1;
		}
	return eval_unknown(L, "address family", name, lw_names_nearest(&families, name));
}

void eval_host_open(lua_State *L)
{
	eval_namespace(L, "host", host_index);
}

void eval_af_open(lua_State *L)
{
	eval_namespace(L, "AF", af_index);
}
