/* seccomp_import.h: reading the words of moby's and the OCI's JSON: keys, actions, conditions, and where the entries
 * stand. Shared by seccomp_import.c and seccomp_import_words.c only. */
#ifndef LW_SECCOMP_IMPORT_H
#define LW_SECCOMP_IMPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define LW_IMPORT_RULES 4096

struct lw_import_action {
	const char *word; /* of our rules */
	int error;        /* of "errno" */
};

/* The lines on which the objects of the list "syscalls" begin. The text has been parsed already. */
void lw_import_lines(const char *text, size_t n, uint32_t lines[LW_IMPORT_RULES]);
/* Every key is one of the words. A misspelt condition must not become none. */
int lw_import_keys(const json_t *object, const char *const *words, size_t n, struct lw_err *err);
/* An action, with its error by number or by name. */
int lw_import_action(const json_t *v, const json_t *number, const json_t *name, struct lw_import_action *ret,
		     struct lw_err *err);
/* What of `includes` (every: all of it must hold) or `excludes` (any of it) can be decided now: *ret_met says so;
 * *ret_caps is what remains to be asked, borrowed; *ret_kernel is set when the kernel had a part in it. */
int lw_import_conditions(const json_t *v, bool every, const char *kernel, bool *ret_met, json_t **ret_caps,
			 bool *ret_kernel, struct lw_err *err);

#endif
