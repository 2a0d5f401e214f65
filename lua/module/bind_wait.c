/* bind_wait.c: poll, over many handles and streams, and sleep. */
#include "lua/module/bind_wait.h"
#include <errno.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "lua/module/bind_sandbox.h"
#include "lua/module/bind_stream.h"

int64_t bind_until(lua_State *L, int idx)
{
	int64_t usec = bind_duration(L, idx, -1), now = lw_now_usec();
	return usec < 0 || usec > INT64_MAX - now ? INT64_MAX : now + usec;
}

int bind_poll(struct pollfd *fds, size_t n, int64_t until)
{
	int64_t left = until == INT64_MAX ? 0 : until - lw_now_usec();
	struct timespec t = { left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 * 1000 : 0 };
	int r = ppoll(fds, n, until == INT64_MAX ? NULL : &t, NULL);
	return r < 0 ? -errno : r;
}

int bind_wait_fd(int fd, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return bind_poll(&p, 1, until);
}

const char *bind_event_name(unsigned bit)
{
	return bit == LW_EVENT_STARTED ? "started" : bit == LW_EVENT_READY ? "ready" : "ended";
}

/* { handle, event } onto the list of results, which is at `results`; the handle is on the top. */
static void add(lua_State *L, int results, const char *event)
{
	int handle = lua_gettop(L);
	lua_createtable(L, 2, 0);
	lua_pushvalue(L, handle);
	lua_rawseti(L, -2, 1);
	lua_pushstring(L, event);
	lua_rawseti(L, -2, 2);
	lua_rawseti(L, results, (lua_Integer)lua_rawlen(L, results) + 1);
}

/* What a sandbox has to tell. */
static void add_steps(lua_State *L, int results, struct lw_sandbox *s)
{
	struct lw_err err = { 0 };
	int r = lw_sandbox_step(s, &err);
	if (r < 0) {
		add(L, results, "failed");
		return;
	}
	for (unsigned bit = 1; bit <= LW_EVENT_ENDED; bit <<= 1)
		if ((unsigned)r & bit)
			add(L, results, bind_event_name(bit));
}

/* The i-th of the list, on the top, as what is to be polled. */
static struct pollfd prepare(lua_State *L, int results)
{
	struct lw_sandbox *box = bind_test_sandbox(L, -1);
	if (box) {
		struct lw_status end;
		add_steps(L, results, box);
		bool lives = lw_sandbox_wait(box, 0, &end, NULL) == -ETIMEDOUT;
		return (struct pollfd){ .fd = lives ? lw_sandbox_pollfd(box) : -1, .events = POLLIN };
	}
	struct bind_stream *s = bind_stream_check(L, -1);
	if (!s->writes && (s->n || s->ended))
		add(L, results, "readable");
	return (struct pollfd){ .fd = s->fd, .events = s->writes ? POLLOUT : POLLIN };
}

/* One round over the list at 1; false when nothing can come any more, or the time is over. */
static bool poll_once(lua_State *L, struct pollfd *fds, lua_Integer n, int64_t until)
{
	int results = lua_gettop(L);
	lua_Integer alive = 0;
	for (lua_Integer i = 0; i < n; i++) {
		lua_rawgeti(L, 1, i + 1);
		fds[i] = prepare(L, results);
		alive += fds[i].fd >= 0;
		lua_settop(L, results);
	}
	/* What was to be told already is told without waiting, with what else is there. Nobody left: nothing will come.
	 */
	if (bind_poll(fds, (size_t)n, lua_rawlen(L, results) || !alive ? 0 : until) <= 0)
		return false;
	for (lua_Integer i = 0; i < n; i++) {
		if (!fds[i].revents)
			continue;
		lua_rawgeti(L, 1, i + 1);
		struct lw_sandbox *box = bind_test_sandbox(L, -1);
		if (box)
			add_steps(L, results, box);
		else if (fds[i].events & POLLOUT)
			add(L, results, fds[i].revents & POLLOUT ? "writable" : "closed");
		else
			add(L, results, "readable");
		lua_settop(L, results);
	}
	return true;
}

/* lw.poll(LIST [, TIMEOUT]) → { { handle, event }, … } */
static int poll_many(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	int64_t until = bind_until(L, 2);
	lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
	struct pollfd *fds = lua_newuserdatauv(L, (size_t)n * sizeof *fds + 1, 0);
	lua_newtable(L);
	/* A descriptor may be readable and tell nothing: of an end, all but the last word. */
	while (poll_once(L, fds, n, until) && !lua_rawlen(L, -1))
		;
	return 1;
}

/* lw.sleep(DURATION): false when a signal ended it. */
static int sleep_for(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, bind_poll(NULL, 0, bind_until(L, 1)) == 0);
	return 1;
}

void bind_wait_open(lua_State *L)
{
	static const luaL_Reg functions[] = { { "poll", poll_many }, { "sleep", sleep_for }, { NULL, NULL } };
	luaL_setfuncs(L, functions, 0);
}
