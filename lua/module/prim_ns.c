/* prim_ns.c: lw.ns: namespaces(7). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "lua/module/prim.h"

/* The file in /proc/PID/ns. */
static const char *file_of(const char *name)
{
	return !strcmp(name, "mount") ? "mnt" : name;
}

static int flag(lua_State *L, int idx)
{
	const char *name = luaL_checkstring(L, idx);
	int64_t value = lw_names_value(&lw_namespace_table, !strcmp(name, "mnt") ? "mount" : name);
	if (value < 0)
		luaL_argerror(L, idx,
			      lua_pushfstring(L,
					      "unknown namespace '%s' (user, pid, mount, net, ipc, uts, "
					      "cgroup, time)",
					      name));
	return (int)value;
}

/* lw.ns.unshare("net", "uts", …): of the calling thread; "pid" and "time" for its next children. */
static int unshare_these(lua_State *L)
{
	int flags = 0;
	luaL_checkany(L, 1);
	for (int i = 1, n = lua_gettop(L); i <= n; i++)
		flags |= flag(L, i);
	if (unshare(flags) < 0)
		return bind_fail_errno(L, -errno, "ns.unshare", NULL);
	lua_pushboolean(L, true);
	return 1;
}

/* Of a process by its number, or of a file that is one. */
static int open_ns(lua_State *L, char *path, size_t size, const char *kind)
{
	if (lua_isinteger(L, 1))
		snprintf(path, size, "/proc/%lld/ns/%s", (long long)lua_tointeger(L, 1), file_of(kind));
	else
		snprintf(path, size, "%s", luaL_checkstring(L, 1));
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* lw.ns.setns(PID|PATH, KIND): the calling thread joins. */
static int join(lua_State *L)
{
	char path[4096];
	int type = flag(L, 2);
	const char *kind = lua_tostring(L, 2);
	int fd = open_ns(L, path, sizeof path, kind);
	int r = fd < 0 ? -errno : setns(fd, type) < 0 ? -errno : 0;
	lw_close_p(&fd);
	if (r < 0)
		return bind_fail_errno(L, r, "ns.setns", path);
	lua_pushboolean(L, true);
	return 1;
}

/* lw.ns.list([PID]) → { user = INODE, … } */
static int list(lua_State *L)
{
	char path[64];
	struct stat st;
	lua_Integer pid = luaL_optinteger(L, 1, 0);
	lua_createtable(L, 0, (int)lw_namespace_table.n);
	for (size_t i = 0; i < lw_namespace_table.n; i++) {
		const char *name = lw_namespace_table.v[i].name;
		if (pid)
			snprintf(path, sizeof path, "/proc/%lld/ns/%s", (long long)pid, file_of(name));
		else
			snprintf(path, sizeof path, "/proc/thread-self/ns/%s", file_of(name));
		if (stat(path, &st) < 0) {
			if (errno == ENOENT && i)
				continue; /* a kernel without it */
			return bind_fail_errno(L, -errno, "ns.list", path);
		}
		lua_pushinteger(L, (lua_Integer)st.st_ino);
		lua_setfield(L, -2, name);
	}
	return 1;
}

void prim_ns_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "list", list }, { "setns", join }, { "unshare", unshare_these }, { NULL, NULL }
	};
	luaL_newlib(L, functions);
}
