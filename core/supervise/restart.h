/* restart.h: whether and when a sandbox that has ended is started again. Arithmetic alone: times are handed in. */
#ifndef LW_RESTART_POLICY_H
#define LW_RESTART_POLICY_H

#include <stdbool.h>
#include "spec_service.h"

struct lw_restarts {
	unsigned in_a_row;  /* since one last ran for as long as the burst's interval */
	unsigned in_window; /* starts since `window` */
	int64_t window;     /* when it was opened; CLOCK_MONOTONIC, microseconds */
};
/* A start, the first or a further one. */
void lw_restarts_began(struct lw_restarts *h, const struct lw_service *s, int64_t now);
/* How it has ended. */
enum lw_end {
	LW_END_WELL,   /* exit code 0 */
	LW_END_FAILED, /* another one, a signal, the timeout, never ready, killed for its health */
	LW_END_AGAIN,  /* it was ended to be started again, whatever the policy */
};
/* Microseconds until the next start, or -1 when it is not started again; *ret_given_up tells that it would have been,
 * had it not ended too often. */
int64_t lw_restarts_delay(struct lw_restarts *h, const struct lw_service *s, enum lw_end end, int64_t began,
			  int64_t now, bool *ret_given_up);

#endif
