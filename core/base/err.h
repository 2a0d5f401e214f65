/* err.h: how every failure in lunward is told: a plain caller-owned struct, filled by the callee.
 * Functions that can fail return 0 or a negative errno; the detail goes here. Nothing is allocated, nothing printed. */
#ifndef LW_BASE_ERR_H
#define LW_BASE_ERR_H

#include <stddef.h>
#include <stdint.h>
#include "lunward.h" /* struct lw_err and its words */

/* Where a value was written. file is NULL when unknown; it points into the owner's arena. */
struct lw_origin {
	const char *file;
	uint32_t line; /* 1-based; 0 = unknown */
};

/* Fills err (when not NULL) and returns code (negative errno), so that callers can `return lw_fail(...)`. */
int lw_fail(struct lw_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same with a class. */
int lw_fail_as(struct lw_err *err, enum lw_err_class cls, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Adds a hint to a filled err. */
void lw_err_hint(struct lw_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prefixes the key path: lw_err_in(err, "mounts[%zu]", i) turns "source" into "mounts[2].source". */
void lw_err_in(struct lw_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the origin when the err has none yet. */
void lw_err_at(struct lw_err *err, struct lw_origin at);

#endif
