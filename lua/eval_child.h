/* eval_child.h: what the files of the evaluator's child share: its state, and how they raise errors. Everything here
 * runs in the limited process, after the clone; nothing but eval.c may call eval_child_run. */
#ifndef LW_EVAL_CHILD_H
#define LW_EVAL_CHILD_H

#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lua/eval.h"
#include "lua/eval_arena.h"
#include "lua/eval_channel.h"

#define EVAL_CHANNEL 0                      /* the child's only descriptor */
#define EVAL_INSTRUCTIONS INT64_C(50000000) /* instructions of the Lua machine one evaluation may take */
#define EVAL_CPU_USEC 1000000               /* processor time, for what the hook cannot interrupt */
#define EVAL_WALL_USEC 10000000 /* and what the parent waits: a busy machine gives less than a tenth of one */

/* A file being or having been evaluated. */
struct eval_file {
	const char *name;        /* for messages: as the user wrote it or as it was found; terminated, never freed */
	const char *dir;         /* absolute: where relative sources start */
	char source[LUA_IDSIZE]; /* how Lua abbreviates the name in its messages */
};

struct eval_child {
	const struct lw_eval_options *o;
	struct eval_arena arena;
	lua_State *L;
	int64_t instructions; /* left */
	size_t printed;
	bool asked_host; /* the answer depends on this machine or caller */
	struct eval_file files[EVAL_INCLUDES_MAX + 1];
	unsigned n_files;
	int first_sandbox;       /* line of the first in the profile itself, for a forgotten return; 0: none */
	const void *meta[4];     /* metatables of the constructors' tables, by enum eval_record */
	struct lw_err no_memory; /* where memory ran out last: file and line only */
	struct lw_err err;       /* set by code that knows more than a message; code 0: not set */
};

static inline struct eval_child *eval_of(lua_State *L)
{
	return *(struct eval_child **)lua_getextraspace(L);
}

/* --- eval_child.c --- */
/* Confines this process, evaluates, answers on fd and never returns. */
_Noreturn void eval_child_run(int fd, const struct lw_eval_options *o);
/* Asks for an include and runs it: leaves its one result on the stack. Raises. */
void eval_include(lua_State *L, const char *name);
/* Asks for the policy in a JSON file: leaves it on the stack as text, our own JSON. Raises. */
void eval_load(lua_State *L, const char *name);
/* The file whose code called the running C function. Never NULL. */
const struct eval_file *eval_caller(lua_State *L);
/* Pushes "FILE:LINE" of that call. */
void eval_push_origin(lua_State *L);
/* Raises "unknown WHAT "word" (did you mean "near"?)"; near may be NULL. */
int eval_unknown(lua_State *L, const char *what, const char *word, const char *near);
/* Raises what a core function reported. */
int eval_raise(lua_State *L, const struct lw_err *err);

/* --- eval_globals.c --- */
/* Makes the environment of profiles: leaves it on the stack. */
void eval_globals_open(lua_State *L);
/* Raises when a --set parameter was never asked for. */
void eval_params_finish(lua_State *L);

/* --- eval_lib.c --- */
enum eval_record { EVAL_PLAIN, EVAL_SANDBOX, EVAL_MOUNT, EVAL_DEVICE };
/* Adds the constructors to the table on the top of the stack. */
void eval_lib_open(lua_State *L);
/* Which constructor made the table at idx. */
enum eval_record eval_record_kind(lua_State *L, int idx);
/* The name in an unfinished `sandbox "name"` at idx, or NULL when the value is none. */
const char *eval_unfinished(lua_State *L, int idx);
/* Raises when a `sandbox "name"` was left without its table. */
void eval_lib_finish(lua_State *L);

/* The name of the constructor at idx, with an example of its argument; NULL when the value is none. */
const char *eval_constructor(lua_State *L, int idx, const char **ret_argument);

/* --- eval_hint.c --- */
/* What to write instead of a global that profiles do not have, or NULL. */
const char *eval_hint_global(const char *word);
/* What is wrong with the value at idx, which no key can hold, and the cure or NULL. Pushes what the words need. */
void eval_hint_value(lua_State *L, int idx, const char **ret_what, const char **ret_cure);

/* --- eval_host.c --- */
void eval_host_open(lua_State *L); /* pushes `host` */
void eval_af_open(lua_State *L);   /* pushes `AF` */

/* --- eval_seccomp.c --- */
#define EVAL_POLICY "seccomp policy"
void eval_seccomp_open(lua_State *L); /* pushes `seccomp` */
json_t *eval_policy_json(lua_State *L, int idx);

/* --- eval_sets.c --- */
void eval_caps_open(lua_State *L); /* pushes `caps` */
/* The field asked for, one of the names; raises. */
const char *eval_checked_field(lua_State *L, const char *noun, const char *const *names, size_t n);
/* __newindex of what cannot be changed; upvalue: what it is. */
int eval_refuse_assignment(lua_State *L);
/* Adds to the metatable on the top every operator but + and -, to raise with this cure. */
void eval_refuse_operators(lua_State *L, const char *cure);
/* Calls fn for every name in the value at idx: a string, or a list of them with false skipped. */
void eval_each_name(lua_State *L, int idx, const char *noun, void (*fn)(lua_State *L, const char *name, void *arg),
		    void *arg);
/* The capabilities at idx: a set, a name or a list. */
uint64_t eval_caps_operand(lua_State *L, int idx);
void eval_unset_open(lua_State *L); /* pushes `unset` */
/* Raw JSON of one of these values at idx; NULL when it is none (*ret_known false) or memory ran out. */
json_t *eval_set_json(lua_State *L, int idx, bool *ret_known);
/* Pushes a value whose fields are computed by `index` and cannot be assigned. */
void eval_namespace(lua_State *L, const char *name, lua_CFunction index);

/* --- eval_value.c --- */
/* {"layers":[…]} of the sandbox at idx and all it inherits. Raises with eval_child.err set. */
json_t *eval_value_layers(lua_State *L, int idx);
/* Converts JSON (of our own making) to a Lua value. */
void eval_value_push(lua_State *L, const json_t *j);

#endif
