/* prim.h: the primitives: each file pushes one table of functions that are the kernel's own, by the kernel's words.
 * They act on the calling thread or on what they are told; nothing is undone by them. */
#ifndef LW_MODULE_PRIM_H
#define LW_MODULE_PRIM_H

#include "lua/module/bind.h"

void prim_caps_open(lua_State *L);
void prim_cgroup_open(lua_State *L);
void prim_host_open(lua_State *L);
void prim_mount_open(lua_State *L);
void prim_ns_open(lua_State *L);
void prim_seccomp_open(lua_State *L);

/* The capabilities named at idx: one, or a list. Raises. */
uint64_t prim_caps_mask(lua_State *L, int idx);

#endif
