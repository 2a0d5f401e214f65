/* eval_apart.h: what is said between a process that must not clone itself to evaluate a profile (a library, however
 * large and threaded the program that it is in) and lunward-eval, which does. Frames (base/fdio.h) on one socket; the
 * request is a JSON object in a file. */
#ifndef LW_EVAL_APART_H
#define LW_EVAL_APART_H

#include <stddef.h>

#define EVAL_APART_PROGRAM "lunward-eval"
#define EVAL_APART_SOCKET 3
#define EVAL_APART_REQUEST                                                                                             \
	4 /* {"profile", "params": [[name, value], …], "state", "profiles" or null, "cgroup_parent" or null} */

enum eval_apart_frame {
	EVAL_APART_PRINT = 1, /* text, made safe for a terminal */
	EVAL_APART_ERROR,     /* struct lw_err */
	EVAL_APART_ANSWER,    /* {"path", "sha256", "raw"} */
};
#define EVAL_APART_MAX ((size_t)16 << 20)
#define EVAL_APART_SECONDS 30 /* an evaluation takes two at most; this is for a machine that is very busy */

#endif
