/* prim_mount.c: lw.mount: mount(2), umount2(2), and what is mounted, in the calling thread's mount namespace. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fdio.h"
#include "host.h"
#include "lua/module/prim.h"

#define MOUNTINFO_MAX ((size_t)16 << 20)

struct word {
	const char *name;
	unsigned long value;
};
static const struct word mount_words[] = {
	{ "bind", MS_BIND },         { "dirsync", MS_DIRSYNC },
	{ "move", MS_MOVE },         { "noatime", MS_NOATIME },
	{ "nodev", MS_NODEV },       { "nodiratime", MS_NODIRATIME },
	{ "noexec", MS_NOEXEC },     { "nosuid", MS_NOSUID },
	{ "private", MS_PRIVATE },   { "rec", MS_REC },
	{ "relatime", MS_RELATIME }, { "remount", MS_REMOUNT },
	{ "ro", MS_RDONLY },         { "shared", MS_SHARED },
	{ "slave", MS_SLAVE },       { "strictatime", MS_STRICTATIME },
	{ "sync", MS_SYNCHRONOUS },  { "unbindable", MS_UNBINDABLE },
};
static const struct word umount_words[] = {
	{ "detach", MNT_DETACH },
	{ "expire", MNT_EXPIRE },
	{ "force", MNT_FORCE },
	{ "nofollow", UMOUNT_NOFOLLOW },
};

/* A list of words at idx, or none. */
static unsigned long flags_at(lua_State *L, int idx, const struct word *words, size_t n)
{
	unsigned long flags = 0;
	if (lua_isnoneornil(L, idx))
		return 0;
	luaL_checktype(L, idx, LUA_TTABLE);
	for (lua_Integer i = 1, len = (lua_Integer)lua_rawlen(L, idx); i <= len; i++) {
		size_t k = 0;
		lua_rawgeti(L, idx, i);
		const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1);
		while (k < n && strcmp(words[k].name, word) != 0)
			k++;
		if (k == n)
			luaL_error(L, "unknown flag '%s'", word);
		flags |= words[k].value;
		lua_pop(L, 1);
	}
	return flags;
}

static const char *text_field(lua_State *L, const char *key, bool needed)
{
	int type = lua_getfield(L, 1, key);
	if (type == LUA_TNIL && !needed)
		return NULL;
	if (type != LUA_TSTRING)
		luaL_error(L, "%s: a string expected, got %s", key, luaL_typename(L, -1));
	return lua_tostring(L, -1); /* stays on the stack */
}

/* lw.mount.mount{ source=, target=, type=, flags = {…}, data= } */
static int mount_it(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	const char *target = text_field(L, "target", true), *source = text_field(L, "source", false);
	const char *type = text_field(L, "type", false), *data = text_field(L, "data", false);
	lua_getfield(L, 1, "flags");
	unsigned long flags = flags_at(L, lua_gettop(L), mount_words, ARRAY_LEN(mount_words));
	if (mount(source ? source : "none", target, type, flags, data) < 0)
		return bind_fail_errno(L, -errno, "mount.mount", target);
	lua_pushboolean(L, true);
	return 1;
}

/* lw.mount.umount(TARGET [, { "detach", … }]) */
static int umount_it(lua_State *L)
{
	const char *target = luaL_checkstring(L, 1);
	int flags = (int)flags_at(L, 2, umount_words, ARRAY_LEN(umount_words));
	if (umount2(target, flags) < 0)
		return bind_fail_errno(L, -errno, "mount.umount", target);
	lua_pushboolean(L, true);
	return 1;
}

/* --- what is mounted --- */

#define ARENA "lunward.arena"

static int arena_gc(lua_State *L)
{
	struct lw_arena **a = lua_touserdata(L, 1);
	*a = lw_arena_free(*a);
	return 0;
}

struct entries {
	struct lw_mountinfo *v;
	size_t n, cap;
	struct lw_arena *a;
};

static int keep(void *arg, const struct lw_mountinfo *m)
{
	struct entries *e = arg;
	if (e->n == e->cap) {
		struct lw_mountinfo *v = lw_arena_array(e->a, e->cap ? 2 * e->cap : 64, sizeof *v);
		if (!v)
			return -ENOMEM;
		if (e->n)
			memcpy(v, e->v, e->n * sizeof *v);
		e->v = v;
		e->cap = e->cap ? 2 * e->cap : 64;
	}
	e->v[e->n++] = *m;
	return 0;
}

static void set_field(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

/* lw.mount.list([PID]) → { { id=, parent=, root=, target=, type=, source=, options= }, … } */
static int list(lua_State *L)
{
	lua_Integer pid = luaL_optinteger(L, 1, 0);
	const char *path = pid ? lua_pushfstring(L, "/proc/%I/mountinfo", pid) : "/proc/thread-self/mountinfo";
	char **text = bind_text_box(L);
	struct lw_arena **a = lua_newuserdatauv(L, sizeof *a, 0);
	*a = NULL;
	luaL_setmetatable(L, ARENA);
	*a = lw_arena_new();
	struct entries e = { .a = *a };
	size_t n;
	int r = *a ? lw_read_file(path, MOUNTINFO_MAX, text, &n) : -ENOMEM;
	if (r >= 0)
		r = lw_mountinfo_parse(*a, *text, n, keep, &e);
	if (r < 0)
		return bind_fail_errno(L, r, "mount.list", path);
	lua_createtable(L, (int)e.n, 0);
	for (size_t i = 0; i < e.n; i++) {
		lua_createtable(L, 0, 7);
		lua_pushinteger(L, e.v[i].id);
		lua_setfield(L, -2, "id");
		lua_pushinteger(L, e.v[i].parent);
		lua_setfield(L, -2, "parent");
		set_field(L, "root", e.v[i].root);
		set_field(L, "target", e.v[i].mount_point);
		set_field(L, "type", e.v[i].fstype);
		set_field(L, "source", e.v[i].source);
		set_field(L, "options", e.v[i].super_options);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

void prim_mount_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "list", list }, { "mount", mount_it }, { "umount", umount_it }, { NULL, NULL }
	};
	static const luaL_Reg meta[] = { { "__gc", arena_gc }, { NULL, NULL } };
	bind_type(L, ARENA, meta, NULL);
	luaL_newlib(L, functions);
}
