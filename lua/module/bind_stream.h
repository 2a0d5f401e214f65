/* bind_stream.h: one end of a pipe to or from a command. */
#ifndef LW_MODULE_BIND_STREAM_H
#define LW_MODULE_BIND_STREAM_H

#include "lua/module/bind.h"

#define BIND_STREAM_BUFFER 8192
struct bind_stream {
	int fd; /* -1: closed */
	bool writes, ended;
	size_t at, n; /* what was read and not asked for yet: n bytes from `at` on */
	char buf[BIND_STREAM_BUFFER];
};
/* Pushes an empty one. */
struct bind_stream *bind_stream_new(lua_State *L, bool writes);
/* The open one at idx; raises. */
struct bind_stream *bind_stream_check(lua_State *L, int idx);
bool bind_is_stream(lua_State *L, int idx);
void bind_stream_close(lua_State *L, int idx);

#endif
