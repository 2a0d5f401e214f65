/* health.h: a question asked again and again of a sandbox that was ready. Nothing here waits. */
#ifndef LW_HEALTH_H
#define LW_HEALTH_H

#include <stdbool.h>
#include <stdint.h>
#include "supervise/probe.h"

enum lw_health_state { LW_HEALTH_UNASKED, LW_HEALTH_STARTING, LW_HEALTH_WELL, LW_HEALTH_ILL };
struct lw_watching {
	const struct lw_health *health; /* NULL: nobody is asked */
	struct lw_probed whom;
	enum lw_health_state state;
	struct lw_probing asking;
	bool late;        /* the present question has been asked for too long */
	int64_t until;    /* the end of the present question's time, or the time of the next one */
	int64_t counts;   /* failures do, from here on */
	int64_t failures; /* in a row */
};
#define LW_WATCHING_NONE ((struct lw_watching){ .asking = { .fd = -1 } })

/* It is ready. `began`: when it was started. */
void lw_health_begin(struct lw_watching *h, const struct lw_health *health, const struct lw_probed *whom, int64_t began,
		     int64_t now);
/* When to look though asking.fd says nothing; 0: never. */
int64_t lw_health_when(const struct lw_watching *h);
/* True when the state has changed. */
bool lw_health_look(struct lw_watching *h, int64_t now);
/* It has ended, or is being ended: nobody is asked any more. */
void lw_health_end(struct lw_watching *h);
/* "starting", "healthy", "unhealthy"; NULL without a check. */
const char *lw_health_word(const struct lw_watching *h);

#endif
