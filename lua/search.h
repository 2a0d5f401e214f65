/* search.h: finding and reading profiles by name or path, for the evaluator's parent. */
#ifndef LW_SEARCH_H
#define LW_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/err.h"
#include "lua/eval.h"

struct profile_text {
	const char *name; /* for messages: a path as given, a searched file's full path */
	const char *path; /* absolute */
	const char *dir;  /* absolute directory of it */
	char *text;       /* malloc'ed */
	size_t n;
};

/* The profile the user asked for: a name that is searched, or a path. */
int profile_find(struct lw_arena *a, const struct lw_eval_options *o, struct profile_text *ret, struct lw_err *err);
/* What a profile asked for: a name that is searched and cannot leave the directories, "../" and links included. */
int profile_find_include(struct lw_arena *a, const struct lw_eval_options *o, const char *name,
			 struct profile_text *ret, struct lw_err *err);
/* A file of a system call policy: the path, or, when nothing is there and the name has no '/', that name in the
 * directories (*ret_searched). Its text is not for the profile, which may name any file. */
int profile_find_policy(struct lw_arena *a, const struct lw_eval_options *o, const char *path, const char *name,
			struct profile_text *ret, bool *ret_searched, struct lw_err *err);
/* A sandbox's name from its profile's path: base name without ".lua", lower case, other characters '-'. */
char *profile_default_name(struct lw_arena *a, const char *path);

#endif
