/* alloc.c: each of these chunks, again and again, while Lua's memory ends at the first, second, third … allocation
 * after the module was loaded: nothing may be left that Lua does not know of: descriptors here, memory under
 * sanitizers, and processes, each of which would hold a descriptor of ours. */
#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int luaopen_lunward(lua_State *L);

/* `launches`: takes milliseconds each; then only every so many-th place is tried. */
static const struct {
	const char *name, *text;
	unsigned step;
} chunks[] = {
	{ "module", "local lw = open()", 1 },
	{ "spec",
	  "local s = lw.load{ name = 'a', command = {'true', 1, 2.5}, env = {A = 'b'}, limits = {pids = 3} }"
	  " local t, j, n = s:table(), s:json(), s.name .. tostring(s) local u = lw.load(s, {limits = {pids = 4}})",
	  1 },
	{ "errors",
	  "local s, e = lw.load{ comand = {'x'} } local t = tostring(e) .. e .. 'x'"
	  " pcall(lw.load, { command = { {{}}, print } }) lw.open('nobody')",
	  1 },
	{ "plan", "local p = lw.plan{ command = {'true'} }", 97 },
	{ "profile", "local s = lw.load('default', { command = {'true'} }) local u, e = lw.load('nowhere')", 13 },
	{ "policies",
	  "local p = lw.seccomp.default - 'getcwd' + {'ptrace'} p:simulate('getcwd') p:errno('ENOSYS', 'read')"
	  " pcall(p.deny, p, 'nosuch')",
	  1 },
	{ "compile", "local n = #lw.seccomp.strict:compile()", 1 },
	{ "primitives",
	  "lw.caps.get() lw.caps.names() lw.ns.list() lw.host.get() lw.host.features() lw.mount.list()"
	  " lw.cgroup.get('/proc', 'version') lw.list()",
	  3 },
	{ "run",
	  "local b <close> = lw.run{ command = {'/bin/cat'}, stdin = 'text', stdout = 'pipe', stderr = 'null' }"
	  " if b then local t = b.stdout:read('a') local s = b:wait() t = b.name .. b.id b:signal('TERM')"
	  " lw.poll({b}, 0) end",
	  7 },
	{ "streams",
	  "local b <close> = lw.run{ command = {'/bin/cat'}, stdin = 'pipe', stdout = 'pipe' }"
	  " if b then b.stdin:write('one\\ntwo\\n') lw.poll({b, b.stdout}, 1) for l in b.stdout:lines() do break end"
	  " b.stdin:close() b.stdout:read('a') end",
	  11 },
	{ "failure",
	  "local b, e = lw.run{ command = {'no-such-program'}, stdin = 'pipe', stdout = 'pipe' } e = tostring(e)", 11 },
};

static struct {
	unsigned long left; /* until there is none any more; 0: there always is */
	bool failing, failed;
} memory;

static void *allocate(void *ud, void *p, size_t old, size_t size)
{
	(void)ud;
	if (!size) {
		free(p);
		return NULL;
	}
	if (!p || size > old) {
		if (memory.left && !--memory.left)
			memory.failing = true;
		if (memory.failing) {
			memory.failed = true;
			return NULL;
		}
	}
	return realloc(p, size);
}

static int descriptors(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

static int run(lua_State *L)
{
	lua_CFunction open = luaopen_lunward;
	bool early = lua_toboolean(L, 3);
	memory.left = early ? (unsigned long)lua_tointeger(L, 2) : 0;
	lua_pushcfunction(L, open);
	lua_setglobal(L, "open");
	luaL_requiref(L, "lunward", open, 0);
	lua_setglobal(L, "lw");
	memory.left = (unsigned long)lua_tointeger(L, 2);
	lua_pushvalue(L, 1);
	lua_call(L, 0, 0);
	return 0;
}

/* One round with memory for n - 1 allocations: did it run out? */
static bool round_of(const char *name, const char *text, unsigned long n)
{
	memset(&memory, 0, sizeof memory);
	lua_State *L = lua_newstate(allocate, NULL);
	luaL_openlibs(L);
	lua_pushcfunction(L, run);
	if (luaL_loadstring(L, text) != LUA_OK) {
		fprintf(stderr, "%s: %s\n", name, lua_tostring(L, -1));
		exit(1);
	}
	lua_pushinteger(L, (lua_Integer)n);
	lua_pushboolean(L, !strcmp(name, "module"));
	int r = lua_pcall(L, 3, 0, 0);
	memory.failing = false;
	memory.left = 0;
	bool failed = memory.failed;
	if (r != LUA_OK && !failed) {
		fprintf(stderr, "%s, %lu: %s\n", name, n, luaL_tolstring(L, -1, NULL));
		exit(1);
	}
	lua_close(L);
	return failed;
}

int main(void)
{
	char state[] = "/tmp/lunward-alloc.XXXXXX", command[64];
	if (!mkdtemp(state))
		return 1;
	setenv("LUNWARD_STATE", state, 1);
	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		unsigned long n = 0;
		round_of(chunks[i].name, chunks[i].text, 0); /* caches, and what libraries keep */
		int before = descriptors();
		do
			n += chunks[i].step;
		while (round_of(chunks[i].name, chunks[i].text, n));
		if (descriptors() != before) {
			fprintf(stderr, "%s: descriptors: %d, then %d\n", chunks[i].name, before, descriptors());
			return 1;
		}
		printf("%s: %lu\n", chunks[i].name, n);
	}
	snprintf(command, sizeof command, "rm -rf %s", state);
	return system(command) != 0;
}
