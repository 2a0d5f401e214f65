/* bind_spec.h: how a script says which sandbox it means. */
#ifndef LW_MODULE_BIND_SPEC_H
#define LW_MODULE_BIND_SPEC_H

#include "lua/module/bind.h"

/* The keys of a table that say how to start, not what: "set", "stdin" … NULL-terminated. */
extern const char *const bind_launch_keys[];

/* The spec of the value at `what` (a profile's name or path, a table of keys, a spec) with the table at `options`,
 * whose further keys go over it, or none there; checked. It is owned by a userdata that is left somewhere on the stack.
 * Raises on misuse. */
int bind_get_spec(lua_State *L, int what, int options, struct lw_spec ***ret, struct lw_err *err);

#endif
