/* bind_stdio.h: the standard descriptors of what a script starts, and the streams that it keeps of them. */
#ifndef LW_MODULE_BIND_STDIO_H
#define LW_MODULE_BIND_STDIO_H

#include "lua/module/bind.h"

enum bind_stdio_default { BIND_INHERIT, BIND_LOG, BIND_CAPTURE };

struct bind_stdio {
	int fd[3]; /* to be the command's, or -1: as in the background */
	bool own[3];
};
/* Reads "stdin", "stdout" and "stderr" of the table at `options` (0: none): "inherit", "null", "pipe", "log", text, a
 * file, a stream of another sandbox. Streams for "pipe" are put into the table on the top under those names. Leaves a
 * userdata that closes, when it goes, what was opened. NULL and err when the kernel refuses. */
struct bind_stdio *bind_stdio_read(lua_State *L, int options, enum bind_stdio_default def, struct lw_err *err);
/* After the start: closes this side of what was handed over, streams of others among it. */
void bind_stdio_done(lua_State *L, struct bind_stdio *io, int options);

#endif
