/* diff.h: what one sandbox allows that another does not, worked out from two plans made for the same host, so that it
 * says what runs would do. Rows are grouped by kind, in the order in which a reader wants them. */
#ifndef LW_DIFF_H
#define LW_DIFF_H

#include "plan.h"
#include "schema.h"

enum lw_diff_sign { LW_DIFF_LESS = -1, LW_DIFF_OTHER, LW_DIFF_MORE };

struct lw_diff_row {
	int sign;         /* of the second, compared with the first */
	const char *kind; /* "syscall", "capability", "file", … */
	const char *what;
	const char *a, *b; /* what it is in each; NULL: nothing */
};
struct lw_diff {
	size_t n, cap;
	struct lw_diff_row *v;
};

/* Rows live in the arena, or are borrowed from the plans. */
int lw_plan_diff(const struct lw_plan *a, const struct lw_plan *b, struct lw_arena *arena, struct lw_diff *ret,
		 struct lw_err *err);

/* --- shared by core/diff*.c --- */

struct lw_diff_job {
	const struct lw_plan *a, *b;
	struct lw_arena *arena;
	struct lw_diff *ret;
};
/* Adds a row; running out of memory is remembered by the arena. */
void lw_diff_add(const struct lw_diff_job *j, int sign, const char *kind, const char *what, const char *a,
		 const char *b);

/* The value of a key as JSON, a string without its quotes; "none". */
const char *lw_diff_value(const struct lw_diff_job *j, const struct lw_plan *p, const struct lw_field *f,
			  const void *rec);

void lw_diff_files(const struct lw_diff_job *j);   /* diff_files.c */
void lw_diff_devices(const struct lw_diff_job *j); /* diff_files.c */
void lw_diff_rights(const struct lw_diff_job *j);  /* diff_rights.c */
void lw_diff_keys(const struct lw_diff_job *j);    /* diff_keys.c */

#endif
