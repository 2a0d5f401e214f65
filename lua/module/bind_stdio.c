/* bind_stdio.c: see bind_stdio.h. */
#include "lua/module/bind_stdio.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "lua/module/bind_stream.h"

#define STDIO_TYPE "lunward.stdio"

static const char *const names[] = { "stdin", "stdout", "stderr" };

static int stdio_gc(lua_State *L)
{
	struct bind_stdio *io = lua_touserdata(L, 1);
	for (int i = 0; i < 3; i++)
		if (io->own[i])
			lw_close_p(&io->fd[i]);
	return 0;
}

static int own(struct bind_stdio *io, int i, int fd)
{
	io->fd[i] = fd;
	io->own[i] = fd >= 0;
	return fd < 0 ? -errno : 0;
}

/* The script's end goes into the table of streams on the top. */
static int make_pipe(lua_State *L, struct bind_stdio *io, int i)
{
	int p[2];
	struct bind_stream *s = bind_stream_new(L, i == 0);
	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	s->fd = p[i == 0];
	own(io, i, p[i != 0]);
	lua_setfield(L, -2, names[i]);
	return 0;
}

/* Text is read from a file in memory: nobody has to be there to write it. */
static int make_text(struct bind_stdio *io, const char *text, size_t n)
{
	int r = own(io, 0, memfd_create("lunward-stdin", MFD_CLOEXEC));
	if (r >= 0)
		r = lw_write_full(io->fd[0], text, n);
	return r < 0 ? r : lseek(io->fd[0], 0, SEEK_SET) < 0 ? -errno : 0;
}

static int read_word(lua_State *L, struct bind_stdio *io, int i, int idx)
{
	size_t n;
	const char *word = lua_tolstring(L, idx, &n);
	if (!strcmp(word, "inherit"))
		io->fd[i] = i;
	else if (!strcmp(word, "pipe"))
		return make_pipe(L, io, i);
	else if (!strcmp(word, "null"))
		return own(io, i, open("/dev/null", (i ? O_WRONLY : O_RDONLY) | O_CLOEXEC));
	else if (!strcmp(word, "log") && i)
		io->fd[i] = -1;
	else if (!i)
		return make_text(io, word, n);
	else
		luaL_error(L, "%s: \"inherit\", \"null\", \"pipe\", \"log\" or a file, not \"%s\"", names[i], word);
	return 0;
}

static int read_one(lua_State *L, struct bind_stdio *io, int i, int idx, enum bind_stdio_default def)
{
	luaL_Stream *file;
	switch (lua_type(L, idx)) {
	case LUA_TNIL:
		if (def == BIND_INHERIT)
			io->fd[i] = i;
		else if (def == BIND_CAPTURE)
			return i ? make_pipe(L, io, i) : own(io, i, open("/dev/null", O_RDONLY | O_CLOEXEC));
		return 0;
	case LUA_TSTRING:
		return read_word(L, io, i, idx);
	case LUA_TUSERDATA:
		if (bind_is_stream(L, idx)) {
			struct bind_stream *s = bind_stream_check(L, idx);
			if (s->writes != (i != 0))
				luaL_error(L, "%s: a stream that goes the other way", names[i]);
			if (s->n)
				luaL_error(L, "%s: something was read from this stream already", names[i]);
			io->fd[i] = s->fd;
			return 0;
		}
		file = luaL_testudata(L, idx, LUA_FILEHANDLE);
		if (file && file->closef) {
			fflush(file->f);
			io->fd[i] = fileno(file->f);
			return 0;
		}
		/* fall through */
	default:
		return luaL_error(L, "%s: \"inherit\", \"null\", \"pipe\", a file or a stream that is open, not a %s",
				  names[i], luaL_typename(L, idx));
	}
}

struct bind_stdio *bind_stdio_read(lua_State *L, int options, enum bind_stdio_default def, struct lw_err *err)
{
	int streams = lua_gettop(L);
	struct bind_stdio *io = lua_newuserdatauv(L, sizeof *io, 0);
	*io = (struct bind_stdio){ { -1, -1, -1 }, { false, false, false } };
	luaL_setmetatable(L, STDIO_TYPE);
	for (int i = 0; i < 3; i++) {
		if (options)
			lua_getfield(L, options, names[i]);
		else
			lua_pushnil(L);
		int value = lua_gettop(L);
		lua_pushvalue(L, streams);
		int r = read_one(L, io, i, value, def);
		if (r < 0) {
			lw_fail(err, r, "%s", strerror(-r));
			lw_err_in(err, "%s", names[i]);
			return NULL;
		}
		lua_pop(L, 2);
	}
	return io;
}

void bind_stdio_done(lua_State *L, struct bind_stdio *io, int options)
{
	for (int i = 0; i < 3; i++)
		if (io->own[i]) {
			lw_close_p(&io->fd[i]);
			io->own[i] = false;
		}
	for (int i = 0; options && i < 3; i++) {
		lua_getfield(L, options, names[i]);
		if (bind_is_stream(L, -1))
			bind_stream_close(L, -1);
		lua_pop(L, 1);
	}
}

void bind_stdio_open(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", stdio_gc }, { NULL, NULL } };
	bind_type(L, STDIO_TYPE, meta, NULL);
}
