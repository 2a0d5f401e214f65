/* notify_filter.h: the two programs that stand for a policy's one where somebody listens to what it denies. */
#ifndef LW_NOTIFY_FILTER_H
#define LW_NOTIFY_FILTER_H

#include "seccomp.h"

/* `watched`: further numbers of the native ABI to be told of though they are allowed; n_watched at most 64.
 * ret[0], loaded with a listener: as `policy`, but what that refuses with an errno waits for the listener, and so does
 * what is watched and allowed. What set-up still has to do is allowed.
 * ret[1], loaded after it: the policy's own verdicts on exactly those calls. Of the two verdicts the stricter counts.
 */
int lw_notify_filters(const struct lw_filter *policy, const uint32_t *watched, unsigned n_watched, struct lw_arena *a,
		      struct lw_filter ret[static 2], struct lw_err *err);

#endif
