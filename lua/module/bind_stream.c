/* bind_stream.c: streams: read, lines, write, close, as files have them. Reading blocks; lw.poll tells when it would
 * not. Writing to a command that has ended is an error and no SIGPIPE, whatever the program does about that signal. */
#include "lua/module/bind_stream.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/cleanup.h"

#define STREAM_TYPE "lunward.stream"

struct bind_stream *bind_stream_new(lua_State *L, bool writes)
{
	struct bind_stream *s = lua_newuserdatauv(L, sizeof *s, 0);
	s->fd = -1;
	s->at = s->n = 0;
	s->ended = false;
	s->writes = writes;
	luaL_setmetatable(L, STREAM_TYPE);
	return s;
}

bool bind_is_stream(lua_State *L, int idx)
{
	return luaL_testudata(L, idx, STREAM_TYPE) != NULL;
}

struct bind_stream *bind_stream_check(lua_State *L, int idx)
{
	struct bind_stream *s = luaL_checkudata(L, idx, STREAM_TYPE);
	if (s->fd < 0)
		luaL_error(L, "attempt to use a closed stream");
	return s;
}

void bind_stream_close(lua_State *L, int idx)
{
	struct bind_stream *s = luaL_checkudata(L, idx, STREAM_TYPE);
	lw_close_p(&s->fd);
	s->n = 0;
}

static int stream_close(lua_State *L)
{
	bind_stream_close(L, 1);
	lua_pushboolean(L, true);
	return 1;
}

/* --- reading --- */

/* Fills the empty buffer: 1, 0 at the end, negative errno. */
static int fill(struct bind_stream *s)
{
	ssize_t n;
	if (s->ended)
		return 0;
	do
		n = read(s->fd, s->buf, sizeof s->buf);
	while (n < 0 && errno == EINTR);
	s->at = 0;
	s->n = n > 0 ? (size_t)n : 0;
	s->ended = n == 0;
	return n < 0 ? -errno : n > 0;
}

/* Up to a newline (kept or not), `max` bytes, or the end of all: pushes it, or nil at the end. */
static int read_some(lua_State *L, struct bind_stream *s, bool line, bool keep, size_t max)
{
	luaL_Buffer b;
	size_t got = 0;
	int r = 1;
	bool done = false;
	luaL_buffinit(L, &b);
	while (!done && got < max) {
		if (!s->n && (r = fill(s)) <= 0)
			break;
		char *from = s->buf + s->at, *end = line ? memchr(from, '\n', s->n) : NULL;
		size_t n = end ? (size_t)(end - from) + 1 : s->n;
		n = n > max - got ? max - got : n;
		luaL_addlstring(&b, from, end && !keep ? n - 1 : n);
		s->at += n;
		s->n -= n;
		got += n;
		done = end != NULL;
	}
	luaL_pushresult(&b);
	if (r < 0)
		return bind_fail_errno(L, r, "read", NULL);
	if (!got && r == 0 && (line || max != SIZE_MAX)) {
		lua_pop(L, 1);
		luaL_pushfail(L);
	}
	return 1;
}

static int read_format(lua_State *L, struct bind_stream *s, int idx)
{
	if (lua_isinteger(L, idx)) {
		luaL_argcheck(L, lua_tointeger(L, idx) >= 0, idx, "a number of bytes");
		return read_some(L, s, false, false, (size_t)lua_tointeger(L, idx));
	}
	const char *f = luaL_optstring(L, idx, "l");
	f += *f == '*';
	switch (*f) {
	case 'a':
		return read_some(L, s, false, false, SIZE_MAX);
	case 'l':
	case 'L':
		return read_some(L, s, true, *f == 'L', SIZE_MAX);
	default:
		return luaL_argerror(L, idx, "\"a\", \"l\", \"L\" or a number of bytes");
	}
}

static struct bind_stream *reading(lua_State *L, int idx)
{
	struct bind_stream *s = bind_stream_check(L, idx);
	luaL_argcheck(L, !s->writes, idx, "this stream is written to");
	return s;
}

static int stream_read(lua_State *L)
{
	return read_format(L, reading(L, 1), 2);
}

/* What is there, at most one buffer, without waiting for more than one byte: for loops with lw.poll. */
static int stream_read_some(lua_State *L)
{
	struct bind_stream *s = reading(L, 1);
	int r = s->n ? 1 : fill(s);
	if (r < 0)
		return bind_fail_errno(L, r, "read", NULL);
	if (!r)
		luaL_pushfail(L);
	else
		lua_pushlstring(L, s->buf + s->at, s->n);
	s->n = 0;
	return 1;
}

static int next_line(lua_State *L)
{
	int n = read_format(L, reading(L, lua_upvalueindex(1)), lua_upvalueindex(2));
	return n == 1 ? 1 : lua_error(L);
}

static int stream_lines(lua_State *L)
{
	reading(L, 1);
	lua_settop(L, 2);
	lua_pushcclosure(L, next_line, 2);
	return 1;
}

/* --- writing --- */

/* write(2), and of SIGPIPE only what it means: if it came of this, it is taken away again. */
static ssize_t write_quietly(int fd, const char *p, size_t n)
{
	sigset_t pipe, before, pending;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	ssize_t r = write(fd, p, n);
	int saved = errno;
	if (r < 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&pipe, NULL, &(struct timespec){ 0, 0 }) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return r;
}

static int stream_write(lua_State *L)
{
	struct bind_stream *s = bind_stream_check(L, 1);
	luaL_argcheck(L, s->writes, 1, "this stream is read from");
	int last = lua_gettop(L);
	for (int i = 2; i <= last; i++) {
		size_t n;
		const char *p = luaL_checklstring(L, i, &n);
		while (n) {
			ssize_t r = write_quietly(s->fd, p, n);
			if (r < 0 && errno == EINTR)
				continue;
			if (r < 0)
				return bind_fail_errno(L, -errno, "write", NULL);
			p += r;
			n -= (size_t)r;
		}
	}
	lua_settop(L, 1);
	return 1;
}

static int stream_fd(lua_State *L)
{
	lua_pushinteger(L, bind_stream_check(L, 1)->fd);
	return 1;
}

static int stream_tostring(lua_State *L)
{
	struct bind_stream *s = luaL_checkudata(L, 1, STREAM_TYPE);
	if (s->fd < 0)
		lua_pushliteral(L, "stream (closed)");
	else
		lua_pushfstring(L, "stream (%d)", s->fd);
	return 1;
}

void bind_stream_open(lua_State *L)
{
	static const luaL_Reg meta[] = {
		{ "__gc", stream_close }, { "__close", stream_close }, { "__tostring", stream_tostring }, { NULL, NULL }
	};
	static const luaL_Reg methods[] = {
		{ "read", stream_read },
		{ "read_some", stream_read_some },
		{ "lines", stream_lines },
		{ "write", stream_write },
		{ "close", stream_close },
		{ "fd", stream_fd },
		{ NULL, NULL },
	};
	bind_type(L, STREAM_TYPE, meta, methods);
}
