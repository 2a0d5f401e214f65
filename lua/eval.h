/* eval.h: a profile's text to the raw spec object (core/schema.h, "the JSON waist"), evaluated in a limited child.
 * The child: cloned before this process has a heap worth reading; fresh Lua state in a mapped arena; text chunks and
 * allow-listed globals only; instruction budget, CPU limit, wall limit; a seccomp filter without open, exec or socket.
 * The parent opens includes on the search path and treats the answer as hostile. */
#ifndef LW_EVAL_H
#define LW_EVAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "host.h"
#include "lunward.h"

struct lw_eval_options {
	const char *profile; /* name to search for, or a path (has '/' or ends in ".lua") */
	const struct lw_param *params;
	size_t n_params;
	const struct lw_host *host; /* for the `host` table and caps.all; must not be NULL */
	const char *profile_dir;    /* --profiles DIR, first on the search path; or NULL */
	/* What the profile prints, made safe and bounded; NULL: to stderr. */
	void (*print)(void *arg, const char *text, size_t n);
	void *arg;
};
struct lw_eval_result {
	char *path;      /* absolute path of the profile; malloc'ed */
	char sha256[65]; /* of its text */
	bool kept;       /* depends on texts alone; those are: */
	size_t n_names;
	char **names;      /* an absolute path, or what is searched for in the directories, "default.lua"; malloc'ed */
	uint8_t texts[32]; /* digest of all of them, as they were read */
	json_t *raw; /* merged raw spec object, inherits applied, `name` filled from the file name when absent. Layers
		      * of a profile that inherits have been decoded one by one; a single one has not. */
};
/* Forks: meant for the command's own process, early. -ENOENT with class LW_ERR_USAGE when there is no such profile.
 * *ret is written on success only. */
int lw_eval_profile(const struct lw_eval_options *o, struct lw_eval_result *ret, struct lw_err *err);
/* What is found now under the names of a result that is `kept` is what was read then; `o` is the same. */
bool lw_eval_unchanged(const struct lw_eval_options *o, const struct lw_eval_result *r);
void lw_eval_result_done(struct lw_eval_result *r);

/* The directories searched, first first; NULL-terminated array in the arena. */
const char **lw_profile_dirs(struct lw_arena *a, const struct lw_host *h, const char *profile_dir);
/* Error path only: given an err with a file, the line of a record and a key path, reads the source again and sets
 * err->line to the key's own line when it can be told. Harmless when done twice. */
void lw_eval_locate_key(struct lw_err *err);

#endif
