/* restart.c: see restart.h. */
#include "supervise/restart.h"

void lw_restarts_began(struct lw_restarts *h, const struct lw_service *s, int64_t now)
{
	if (!h->in_window || now - h->window >= s->burst.interval) {
		h->window = now;
		h->in_window = 0;
	}
	h->in_window++;
}

int64_t lw_restarts_delay(struct lw_restarts *h, const struct lw_service *s, enum lw_end end, int64_t began,
			  int64_t now, bool *ret_given_up)
{
	*ret_given_up = false;
	if (end != LW_END_AGAIN &&
	    (s->restart == LW_RESTART_NO || (s->restart == LW_RESTART_ON_FAILURE && end == LW_END_WELL)))
		return -1;
	/* One that ran well for so long is no longer the one that would not start. */
	if (now - began >= s->burst.interval && s->burst.interval > 0)
		h->in_a_row = 0;
	int64_t delay = s->backoff.first;
	for (unsigned i = 0; i < h->in_a_row && delay < s->backoff.max; i++)
		delay *= 2;
	if (delay > s->backoff.max)
		delay = s->backoff.max;
	h->in_a_row++;
	/* Counted where the next start would be: the back-off alone may keep it below the limit. */
	if (s->burst.count > 0 && h->in_window >= s->burst.count && now + delay - h->window < s->burst.interval) {
		*ret_given_up = true;
		return -1;
	}
	return delay;
}
