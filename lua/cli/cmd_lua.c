/* cmd_lua.c: `lunward lua`: a script with the module built in: require "lunward" works as it does in stock lua5.4,
 * `arg` is what lua makes of it. The script is the caller's own program, trusted as such; profiles are not run here. */
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "lua/cli/cli.h"

int luaopen_lunward(lua_State *L);

static int with_traceback(lua_State *L)
{
	const char *text = lua_tostring(L, 1);
	luaL_traceback(L, L, text ? text : luaL_tolstring(L, 1, NULL), 1);
	return 1;
}

/* Every library but `package`, which is about loading shared objects: a static program can load none. What scripts use
 * of it is made here. */
static const char package_text[] =
	"local loaded = ...\n"
	"local package = { loaded = loaded, preload = {}, config = '/\\n;\\n?\\n!\\n-\\n', cpath = '',\n"
	"  path = '/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;/usr/share/lua/5.4/?.lua;'\n"
	"    .. '/usr/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua' }\n"
	"local env = os.getenv('LUA_PATH_5_4') or os.getenv('LUA_PATH')\n"
	"if env then package.path = env:gsub(';;', ((';' .. package.path .. ';'):gsub('%%', '%%%%'))) end\n"
	"function package.searchpath(name, path)\n"
	"  local tried = {}\n"
	"  for template in path:gmatch('[^;]+') do\n"
	"    local file = template:gsub('%?', (name:gsub('%.', '/'):gsub('%%', '%%%%')))\n"
	"    local f = io.open(file)\n"
	"    if f then f:close() return file end\n"
	"    tried[#tried + 1] = \"no file '\" .. file .. \"'\"\n"
	"  end\n"
	"  return nil, table.concat(tried, '\\n\\t')\n"
	"end\n"
	"function require(name)\n"
	"  if loaded[name] ~= nil then return loaded[name] end\n"
	"  local loader, extra = package.preload[name], ':preload:'\n"
	"  if not loader then\n"
	"    local file, tried = package.searchpath(name, package.path)\n"
	"    if not file then\n"
	"      error(\"module '\" .. name .. \"' not found:\\n\\t\" .. tried ..\n"
	"        \"\\n\\t(`lunward lua` loads no C modules; stock lua5.4 loads them, and lunward)\", 2)\n"
	"    end\n"
	"    loader, extra = assert(loadfile(file)), file\n"
	"  end\n"
	"  local value = loader(name, extra)\n"
	"  if value ~= nil then loaded[name] = value elseif loaded[name] == nil then loaded[name] = true end\n"
	"  return loaded[name], extra\n"
	"end\n"
	"loaded.package = package\n"
	"return package\n";

static void open_libraries(lua_State *L)
{
	static const luaL_Reg libraries[] = {
		{ LUA_GNAME, luaopen_base },        { LUA_COLIBNAME, luaopen_coroutine },
		{ LUA_DBLIBNAME, luaopen_debug },   { LUA_IOLIBNAME, luaopen_io },
		{ LUA_MATHLIBNAME, luaopen_math },  { LUA_OSLIBNAME, luaopen_os },
		{ LUA_STRLIBNAME, luaopen_string }, { LUA_TABLIBNAME, luaopen_table },
		{ LUA_UTF8LIBNAME, luaopen_utf8 },
	};
	for (size_t i = 0; i < ARRAY_LEN(libraries); i++) {
		luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
		lua_pop(L, 1);
	}
	if (luaL_loadbuffer(L, package_text, sizeof package_text - 1, "=package") != LUA_OK)
		lua_error(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_call(L, 1, 1);
	lua_setglobal(L, LUA_LOADLIBNAME);
}

/* arg[0] is the script, arg[1] … what follows it, arg[-1] … the words before it. */
static void set_arg(lua_State *L, const struct cli *c, int script)
{
	lua_createtable(L, c->argc - script, script + 1);
	for (int i = 0; i < c->argc; i++) {
		lua_pushstring(L, c->argv[i]);
		lua_rawseti(L, -2, i - script);
	}
	lua_setglobal(L, "arg");
}

/* --state and its like are for the module. */
static void set_options(lua_State *L, const struct cli *c)
{
	const char *const options[][2] = { { "state", c->state },
					   { "profiles", c->profiles },
					   { "cgroup_parent", c->cgroup_parent } };
	luaL_requiref(L, "lunward", luaopen_lunward, 0);
	lua_getfield(L, -1, "options");
	lua_newtable(L);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		lua_pushstring(L, options[i][1]);
		lua_setfield(L, -2, options[i][0]);
	}
	lua_call(L, 1, 0);
	lua_pop(L, 1);
}

/* The command line is its argument. */
static int run(lua_State *L)
{
	const struct cli *c = lua_touserdata(L, 1);
	int script = 0;
	while (c->argv[script] != c->words[0])
		script++;
	open_libraries(L);
	set_arg(L, c, script);
	set_options(L, c);
	lua_pushcfunction(L, with_traceback);
	int handler = lua_gettop(L);
	if (luaL_loadfile(L, strcmp(c->words[0], "-") ? c->words[0] : NULL) != LUA_OK)
		return lua_error(L);
	for (int i = script + 1; i < c->argc; i++)
		lua_pushstring(L, c->argv[i]);
	if (lua_pcall(L, c->argc - script - 1, 0, handler) != LUA_OK)
		return lua_error(L);
	return 0;
}

int cli_cmd_lua(struct cli *c)
{
	struct lw_err err = { 0 };
	if (!c->n_words) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "lua: which script?");
		lw_err_hint(&err, "a file, or - for standard input; its words follow");
		return cli_fail(&err);
	}
	lua_State *L = luaL_newstate();
	if (!L) {
		lw_fail(&err, -ENOMEM, "out of memory");
		return cli_fail(&err);
	}
	lua_pushcfunction(L, run);
	lua_pushlightuserdata(L, c);
	int code = CLI_OK;
	if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
		cli_warn("%s", lua_tostring(L, -1));
		code = CLI_NO;
	}
	lua_close(L);
	return code;
}
