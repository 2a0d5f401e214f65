/* prim_cgroup.c: lw.cgroup: cgroups(7), by their absolute directories, of either version. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"
#include "lua/module/prim.h"

#define FILE_MAX ((size_t)1 << 20)

static const char *check_dir(lua_State *L, int idx)
{
	const char *dir = luaL_checkstring(L, idx);
	luaL_argcheck(L, *dir == '/', idx, "the absolute directory of a cgroup");
	return dir;
}

/* A name in that directory, and no way out of it. */
static const char *check_file(lua_State *L, int idx)
{
	const char *file = luaL_checkstring(L, idx);
	luaL_argcheck(L, *file && *file != '.' && !strchr(file, '/'), idx, "the name of a file in a cgroup");
	return file;
}

static int done(lua_State *L, int r, const char *step, const char *what)
{
	if (r < 0)
		return bind_fail_errno(L, r, step, what);
	lua_pushboolean(L, true);
	return 1;
}

static int create(lua_State *L)
{
	const char *dir = check_dir(L, 1);
	return done(L, mkdir(dir, 0755) < 0 ? -errno : 0, "cgroup.create", dir);
}

static int remove_it(lua_State *L)
{
	const char *dir = check_dir(L, 1);
	return done(L, rmdir(dir) < 0 ? -errno : 0, "cgroup.remove", dir);
}

/* lw.cgroup.set(DIR, FILE, VALUE) */
static int set(lua_State *L)
{
	struct lw_err err = { 0 };
	const char *dir = check_dir(L, 1), *file = check_file(L, 2), *value = luaL_tolstring(L, 3, NULL);
	return bind_result(L, lw_cgroup_set(dir, file, value, &err), &err);
}

/* lw.cgroup.get(DIR, FILE) → its text without the last newline */
static int get(lua_State *L)
{
	const char *dir = check_dir(L, 1), *file = check_file(L, 2);
	const char *path = lua_pushfstring(L, "%s/%s", dir, file);
	char **text = bind_text_box(L);
	size_t n;
	int r = lw_read_file(path, FILE_MAX, text, &n);
	if (r < 0)
		return bind_fail_errno(L, r, "cgroup.get", path);
	lua_pushlstring(L, *text, n && (*text)[n - 1] == '\n' ? n - 1 : n);
	return 1;
}

/* lw.cgroup.procs(DIR) → list of process ids */
static int procs(lua_State *L)
{
	const char *path = lua_pushfstring(L, "%s/cgroup.procs", check_dir(L, 1));
	char **text = bind_text_box(L);
	size_t n;
	int r = lw_read_file(path, FILE_MAX, text, &n);
	if (r < 0)
		return bind_fail_errno(L, r, "cgroup.procs", path);
	lua_newtable(L);
	lua_Integer i = 0;
	for (char *p = *text, *end; *p && (end = strchr(p, '\n')); p = end + 1) {
		lua_pushinteger(L, strtoll(p, NULL, 10));
		lua_rawseti(L, -2, ++i);
	}
	return 1;
}

/* lw.cgroup.kill(DIR): everything in it and below. */
static int kill_it(lua_State *L)
{
	const char *dir = check_dir(L, 1);
	return done(L, lw_cgroup_kill(dir), "cgroup.kill", dir);
}

void prim_cgroup_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "create", create }, { "get", get },          { "kill", kill_it }, { "procs", procs },
		{ "set", set },       { "remove", remove_it }, { NULL, NULL },
	};
	luaL_newlib(L, functions);
}
