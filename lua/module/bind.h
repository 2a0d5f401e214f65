/* bind.h: what the files of the Lua module share. Every function here that takes a lua_State may raise; so whoever
 * acquires something makes the userdata that will own it first, empty, with its metatable (the fields of which make it
 * let go), and acquires into it then. Misuse raises; what the world refuses is nil and an error object. */
#ifndef LW_MODULE_BIND_H
#define LW_MODULE_BIND_H

#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>
#include "lunward.h"

/* --- bind.c --- */

/* Makes the metatable `type` with these methods and metamethods; without garbage collection when neither has __gc. */
void bind_type(lua_State *L, const char *type, const luaL_Reg *meta, const luaL_Reg *methods);
/* The type has fields, too: `index` is its __index, with a table of these methods as its upvalue. */
void bind_index(lua_State *L, const char *type, const luaL_Reg *methods, lua_CFunction index);
/* nil and the error object of err: `return bind_fail(L, &err)`. */
int bind_fail(lua_State *L, const struct lw_err *err);
/* The same of an errno, in words: "STEP WHAT: No such file or directory". */
int bind_fail_errno(lua_State *L, int code, const char *step, const char *what);
/* true, or nil and the error. */
int bind_result(lua_State *L, int r, const struct lw_err *err);
/* A duration at idx: a number of seconds or text ("1.5s"), in microseconds; none or nil: `def`. */
int64_t bind_duration(lua_State *L, int idx, int64_t def);
/* A signal at idx, by number or name ("TERM", "SIGTERM"). */
int bind_signal(lua_State *L, int idx, int def);

/* A reference to JSON that is let go of with the userdata. */
json_t **bind_json_box(lua_State *L);
/* The value at idx as JSON, in a box that is pushed. Raises on what JSON cannot hold, naming its place. */
json_t *bind_to_json(lua_State *L, int idx);
/* The same as text, as a Lua string on the top. */
const char *bind_to_text(lua_State *L, int idx);
/* Pushes the Lua value of j; JSON's null is nil. */
void bind_push_json(lua_State *L, const json_t *j);
/* Pushes the Lua value of the JSON text that is the string on the top, and takes that away. */
void bind_push_parsed(lua_State *L);
/* A malloc'ed string, which is pushed as Lua's and freed, be there memory or not. */
void bind_push_taken(lua_State *L, char **text);
/* A box whose pointer is freed with it. */
char **bind_text_box(lua_State *L);

/* This machine, probed anew when that was more than a second ago; NULL and err. Until the next call. */
struct lw_host *bind_host(lua_State *L, struct lw_err *err);

/* --- one file each: adds its types, and its functions to the module's table, on the top --- */
void bind_open(lua_State *L);
void bind_spec_open(lua_State *L);
void bind_sandbox_open(lua_State *L);
void bind_stdio_open(lua_State *L);
void bind_stream_open(lua_State *L);
void bind_wait_open(lua_State *L);

#endif
