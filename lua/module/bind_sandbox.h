/* bind_sandbox.h: the handle of a sandbox, for those who wait for several. */
#ifndef LW_MODULE_BIND_SANDBOX_H
#define LW_MODULE_BIND_SANDBOX_H

#include "lua/module/bind.h"

/* The open one at idx; raises on a closed one. NULL when it is something else. */
struct lw_sandbox *bind_test_sandbox(lua_State *L, int idx);
struct lw_sandbox *bind_check_sandbox(lua_State *L, int idx);

#endif
