/* copy.h: files into and out of a running sandbox. */
#ifndef LW_COPY_H
#define LW_COPY_H

#include "inside.h"
#include "safepath_copy.h"

/* Where nothing else is said: what those inside can make somebody copy is theirs to choose. */
#define LW_COPY_MAX (INT64_C(16) << 30)

/* `from` or `to` is inside, the other is the caller's. ret->left things are told by nobody else. */
int lw_copy_out(const struct lw_inside *in, const char *from, const char *to, int64_t max, struct lw_copied *ret,
		struct lw_err *err);
int lw_copy_in(const struct lw_inside *in, const char *from, const char *to, int64_t max, struct lw_copied *ret,
	       struct lw_err *err);

#endif
