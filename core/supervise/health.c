/* health.c: see health.h. */
#include "supervise/health.h"
#include <errno.h>
#include <string.h>

void lw_health_begin(struct lw_watching *h, const struct lw_health *health, const struct lw_probed *whom, int64_t began,
		     int64_t now)
{
	*h = LW_WATCHING_NONE;
	if (health->probe.kind == LW_PROBE_STARTED)
		return;
	h->health = health;
	h->whom = *whom;
	h->state = LW_HEALTH_STARTING;
	h->counts = health->start_period < INT64_MAX - began ? began + health->start_period : INT64_MAX;
	/* The first answer is wanted soon. */
	h->until = now + (health->interval < 1000000 ? health->interval : 1000000);
}

int64_t lw_health_when(const struct lw_watching *h)
{
	return h->health ? h->until : 0;
}

/* True when it makes a difference. */
static bool take(struct lw_watching *h, bool well, int64_t now)
{
	enum lw_health_state before = h->state;
	if (well) {
		h->failures = 0;
		h->state = LW_HEALTH_WELL;
	} else if (now >= h->counts && ++h->failures >= h->health->retries) {
		h->state = LW_HEALTH_ILL;
	}
	return h->state != before;
}

bool lw_health_look(struct lw_watching *h, int64_t now)
{
	bool changed = false;
	if (!h->health)
		return false;
	int answer = lw_probe_answer(&h->asking);
	if (answer != -EAGAIN) {
		changed = take(h, answer > 0 && !h->late, now);
		h->until = now + h->health->interval;
	} else if (now >= h->until && h->asking.fd >= 0) {
		h->late = true;
		h->until = now + h->health->timeout;
		lw_probe_hurry(&h->asking);
	} else if (now >= h->until) {
		h->late = false;
		h->until = now + h->health->timeout;
		/* What cannot be asked is no answer. */
		if (lw_probe_begin(&h->asking, &h->health->probe, &h->whom) < 0) {
			changed = take(h, false, now);
			h->until = now + h->health->interval;
		}
	}
	return changed;
}

void lw_health_end(struct lw_watching *h)
{
	lw_probe_end(&h->asking);
	*h = LW_WATCHING_NONE;
}

const char *lw_health_word(const struct lw_watching *h)
{
	static const char *const words[] = { NULL, "starting", "healthy", "unhealthy" };
	return words[h->state];
}
