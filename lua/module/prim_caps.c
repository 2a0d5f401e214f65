/* prim_caps.c: lw.caps: the calling thread's capabilities, capabilities(7). */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "lua/module/prim.h"
#include "sys.h"

uint64_t prim_caps_mask(lua_State *L, int idx)
{
	uint64_t mask = 0;
	if (lua_type(L, idx) == LUA_TSTRING) {
		int64_t bit = lw_names_value(&lw_capability_table, lua_tostring(L, idx));
		if (bit < 0) {
			const char *near = lw_names_nearest(&lw_capability_table, lua_tostring(L, idx));
			luaL_error(L, "unknown capability '%s'%s%s%s", lua_tostring(L, idx),
				   near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
		}
		return UINT64_C(1) << bit;
	}
	luaL_argexpected(L, lua_istable(L, idx), idx, "a capability's name or a list of them");
	idx = lua_absindex(L, idx);
	for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, idx); i <= n; i++) {
		lua_rawgeti(L, idx, i);
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "a capability's name expected, got %s", luaL_typename(L, -1));
		mask |= prim_caps_mask(L, lua_gettop(L));
		lua_pop(L, 1);
	}
	return mask;
}

static void push_mask(lua_State *L, uint64_t mask)
{
	lua_newtable(L);
	for (int64_t i = 0; i < 64; i++) {
		const char *name = lw_names_name(&lw_capability_table, i);
		if (!(mask >> i & 1))
			continue;
		if (name)
			lua_pushstring(L, name);
		else
			lua_pushinteger(L, i);
		lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	}
}

static const struct {
	const char *key, *line;
} sets[] = {
	{ "inheritable", "CapInh:" }, { "permitted", "CapPrm:" }, { "effective", "CapEff:" },
	{ "bounding", "CapBnd:" },    { "ambient", "CapAmb:" },
};

/* lw.caps.get([PID]) → { effective = {…}, … } */
static int get(lua_State *L)
{
	char path[64];
	lua_Integer pid = luaL_optinteger(L, 1, 0);
	char **text = bind_text_box(L);
	size_t n;
	if (pid)
		snprintf(path, sizeof path, "/proc/%lld/status", (long long)pid);
	else
		snprintf(path, sizeof path, "/proc/thread-self/status");
	int r = lw_read_file(path, 65536, text, &n);
	if (r < 0)
		return bind_fail_errno(L, r, "caps.get", path);
	lua_createtable(L, 0, ARRAY_LEN(sets));
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		const char *at = strstr(*text, sets[i].line);
		push_mask(L, at ? strtoull(at + strlen(sets[i].line), NULL, 16) : 0);
		lua_setfield(L, -2, sets[i].key);
	}
	return 1;
}

static int names(lua_State *L)
{
	push_mask(L, (UINT64_C(2) << LW_CAP_LAST_KNOWN) - 1);
	return 1;
}

struct caps {
	uint64_t effective, permitted, inheritable;
};

static int capget_now(struct caps *ret)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	int r = (int)SYS(capget, &head, d);
	if (r >= 0)
		*ret = (struct caps){ (uint64_t)d[1].effective << 32 | d[0].effective,
				      (uint64_t)d[1].permitted << 32 | d[0].permitted,
				      (uint64_t)d[1].inheritable << 32 | d[0].inheritable };
	return r;
}

static int capset_now(const struct caps *c)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	for (int i = 0; i < 2; i++)
		d[i] = (struct __user_cap_data_struct){ (uint32_t)(c->effective >> 32 * i),
							(uint32_t)(c->permitted >> 32 * i),
							(uint32_t)(c->inheritable >> 32 * i) };
	return (int)SYS(capset, &head, d);
}

static int drop_bounding(uint64_t mask)
{
	for (unsigned long i = 0; i < 64; i++)
		if (mask >> i & 1 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return -errno;
	return 0;
}

static int set_ambient(uint64_t mask)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (unsigned long i = 0; i < 64; i++)
		if (mask >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -errno;
	return 0;
}

static bool field(lua_State *L, const char *key, uint64_t *ret)
{
	bool there = lua_getfield(L, 1, key) != LUA_TNIL;
	if (there)
		*ret = prim_caps_mask(L, lua_gettop(L));
	lua_pop(L, 1);
	return there;
}

/* lw.caps.set{ effective = {…}, … }: what is not named stays. */
static int set(lua_State *L)
{
	struct caps c = { 0 };
	uint64_t bounding = 0, ambient = 0;
	luaL_checktype(L, 1, LUA_TTABLE);
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		size_t i = 0;
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
		while (i < ARRAY_LEN(sets) && strcmp(sets[i].key, key) != 0)
			i++;
		luaL_argcheck(L, i < ARRAY_LEN(sets), 1, "inheritable, permitted, effective, bounding or ambient");
	}
	int r = capget_now(&c);
	field(L, "effective", &c.effective);
	field(L, "permitted", &c.permitted);
	field(L, "inheritable", &c.inheritable);
	bool bounds = field(L, "bounding", &bounding), rises = field(L, "ambient", &ambient);
	/* The bounding set first: it takes a capability that may be among those that go. */
	if (r >= 0 && bounds)
		r = drop_bounding(~bounding);
	if (r >= 0)
		r = capset_now(&c);
	if (r >= 0 && rises)
		r = set_ambient(ambient);
	if (r < 0)
		return bind_fail_errno(L, r, "caps.set", NULL);
	lua_pushboolean(L, true);
	return 1;
}

/* lw.caps.drop(NAMES): out of every set. */
static int drop(lua_State *L)
{
	struct caps c = { 0 };
	uint64_t mask = prim_caps_mask(L, 1);
	int r = drop_bounding(mask);
	if (r >= 0)
		r = capget_now(&c);
	c.effective &= ~mask;
	c.permitted &= ~mask;
	c.inheritable &= ~mask;
	if (r >= 0)
		r = capset_now(&c);
	if (r < 0)
		return bind_fail_errno(L, r, "caps.drop", NULL);
	lua_pushboolean(L, true);
	return 1;
}

void prim_caps_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "drop", drop }, { "get", get }, { "names", names }, { "set", set }, { NULL, NULL }
	};
	luaL_newlib(L, functions);
}
