/* eval_hint.c: what to write instead, for words of ordinary Lua that a profile does not have and for values that mean
 * nothing where they stand. Data and the choice among it; who raises the error is somebody else's business. */
#include <string.h>
#include "base/cleanup.h"
#include "lua/eval_child.h"

#define NO_FILES "a profile reads and writes no files; param and host tell it what it may know"
#define NO_MODULES "a profile loads no modules; include \"NAME\" runs another profile"

static const struct {
	const char *word, *cure;
} global_table[] = {
	{ "arg", "write param \"NAME\", and give it with --set NAME=VALUE" },
	{ "collectgarbage", "leave it out: memory is bounded and freed at the end" },
	{ "container", "write sandbox { ... }" },
	{ "coroutine", "a profile runs from top to bottom, once" },
	{ "debug", "a profile sees nothing of how it is run" },
	{ "dofile", NO_MODULES },
	{ "env", "write host.env \"NAME\", or env = { NAME = \"value\" } for the command" },
	{ "getenv", "write host.env \"NAME\"" },
	{ "io", NO_FILES },
	{ "load", NO_MODULES },
	{ "loadfile", NO_MODULES },
	{ "loadstring", NO_MODULES },
	{ "mount", "write bind \"SRC:DST\", tmpfs \"DST\" or another constructor" },
	{ "os", "write host.env \"NAME\", host.user or host.home; a profile runs nothing" },
	{ "package", NO_MODULES },
	{ "ro_bind", "write bind \"SRC:DST\"; it is read-only unless it says rw" },
	{ "require", NO_MODULES },
	{ "volume", "write bind \"SRC:DST:rw\"" },
	{ "warn", "write print" },
	{ "_ENV", "a profile has no other environment" },
	{ "_G", "a profile has no other environment" },
};

const char *eval_hint_global(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(global_table); i++)
		if (!strcmp(global_table[i].word, word))
			return global_table[i].cure;
	return NULL;
}

/* Namespaces of values, by the name eval_namespace gave them. */
static const struct {
	const char *name, *cure;
} namespace_table[] = {
	{ "AF", "write AF.INET" },
	{ "caps", "write caps.docker, caps.none or caps.all" },
	{ "host", "write host.home, or another of its fields" },
	{ "seccomp", "write seccomp.default, or another policy" },
};

void eval_hint_value(lua_State *L, int idx, const char **ret_what, const char **ret_cure)
{
	const char *argument, *name = eval_constructor(L, idx, &argument);

	if (name) {
		*ret_what = lua_pushfstring(L, "\"%s\" without what it makes", name);
		*ret_cure = lua_pushfstring(L, "write %s %s", name, argument);
		return;
	}
	*ret_cure = NULL;
	if (lua_isuserdata(L, idx) && luaL_getmetafield(L, idx, "__name") == LUA_TSTRING) {
		name = lua_tostring(L, -1);
		for (size_t i = 0; i < ARRAY_LEN(namespace_table); i++)
			if (!strcmp(namespace_table[i].name, name))
				*ret_cure = namespace_table[i].cure;
		*ret_what = lua_pushfstring(L, "not a value for a key: %s", name);
		return;
	}
	*ret_what = lua_pushfstring(L, "not a value for a key: %s", luaL_typename(L, idx));
	if (lua_isfunction(L, idx))
		*ret_cure = "call it: a profile's keys hold what functions return";
}
