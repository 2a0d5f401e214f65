/* ready.c: see ready.h. */
#include "supervise/ready.h"
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"

#define FIRST INT64_C(10000) /* microseconds between two questions, doubled up to LAST */
#define LAST INT64_C(500000)
#define NOTICES 32                /* so many are looked at */
#define WINDOW INT64_C(20000)     /* within so many microseconds */
#define LONGEST INT64_C(10000000) /* a question that is not answered by then is asked again */

static bool asks(const struct lw_readiness *r)
{
	int kind = r->service->ready.kind;
	return kind == LW_PROBE_TCP || kind == LW_PROBE_EXEC || kind == LW_PROBE_FILE;
}

static void become(struct lw_readiness *r, enum lw_ready_state state)
{
	struct lw_notice ready = { .said = LW_NOTIFY_READY };
	r->state = state;
	r->deadline = r->next = 0;
	lw_probe_end(&r->asking);
	if (state == LW_READY_YES)
		lw_notify_relay(r->relay, &ready);
}

/* How much of the text's beginning is also the end of its first i bytes, for each i. */
static void find_borders(struct lw_readiness *r)
{
	const char *text = r->service->ready.log;
	size_t n = strlen(text), k = 0;
	r->border[0] = 0;
	for (size_t i = 1; i < n; i++) {
		while (k && text[i] != text[k])
			k = r->border[k - 1];
		k += text[i] == text[k];
		r->border[i] = (uint8_t)k;
	}
}

static size_t advance(const struct lw_readiness *r, size_t matched, char c)
{
	const char *text = r->service->ready.log;
	while (matched && text[matched] != c)
		matched = r->border[matched - 1];
	return matched + (text[matched] == c);
}

void lw_ready_begin(struct lw_readiness *r, const struct lw_service *s, const struct lw_probed *whom, int64_t now)
{
	r->service = s;
	r->whom = *whom;
	r->state = LW_READY_WAITING;
	r->asked = 0;
	r->deaf = 0;
	r->status[0] = '\0';
	r->matched[0] = r->matched[1] = 0;
	r->deadline = s->ready_timeout && s->ready_timeout < INT64_MAX - now ? now + s->ready_timeout : 0;
	r->next = asks(r) ? now : 0;
	if (s->ready.kind == LW_PROBE_LOG)
		find_borders(r);
	if (s->ready.kind == LW_PROBE_STARTED)
		become(r, LW_READY_YES);
}

void lw_ready_poll(const struct lw_readiness *r, struct pollfd fds[static LW_READY_POLLFDS])
{
	fds[0] = (struct pollfd){ .fd = r->deaf ? -1 : r->notify, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = r->asking.fd, .events = POLLIN };
}

int64_t lw_ready_when(const struct lw_readiness *r)
{
	const int64_t times[] = { r->deaf, r->next, r->deadline };
	int64_t when = 0;
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (times[i] && (!when || times[i] < when))
			when = times[i];
	return when;
}

/* Nobody is asked before the answer to the last question is there. */
static void ask(struct lw_readiness *r, int64_t now)
{
	if (r->asking.fd >= 0) { /* it has been asked for too long */
		lw_probe_hurry(&r->asking);
		r->next = 0;
		return;
	}
	int n = lw_probe_begin(&r->asking, &r->service->ready, &r->whom);
	r->since = now;
	r->next = now + (n < 0 ? LAST : LONGEST);
}

static void hear_answer(struct lw_readiness *r, int64_t now)
{
	int answer = lw_probe_answer(&r->asking);
	if (answer == -EAGAIN)
		return;
	int64_t pause = r->asked < 16 ? FIRST << r->asked : LAST;
	r->asked++;
	r->next = now + (pause < LAST ? pause : LAST);
	if (answer > 0)
		become(r, LW_READY_YES);
}

static bool hear_notices(struct lw_readiness *r, int64_t now)
{
	struct lw_notice n;
	bool shown = false;
	int found;
	if (now >= r->window + WINDOW) {
		r->window = now;
		r->heard = 0;
	}
	for (; r->heard < NOTICES && (found = lw_notify_next(r->notify, r->whom.command, &n)) != 0; r->heard++) {
		if (found < 0)
			continue;
		if (n.said & LW_NOTIFY_STATUS) {
			memcpy(r->status, n.status, sizeof r->status);
			shown = true;
		}
		if (n.said & LW_NOTIFY_READY && r->state == LW_READY_WAITING &&
		    r->service->ready.kind == LW_PROBE_NOTIFY) {
			n.said &= ~(unsigned)LW_NOTIFY_READY;
			become(r, LW_READY_YES);
			shown = true;
		}
		lw_notify_relay(r->relay, &n);
	}
	/* Whoever sends without end waits, and spends neither our time nor that of whoever is told. */
	r->deaf = r->heard < NOTICES ? 0 : r->window + WINDOW;
	return shown;
}

bool lw_ready_look(struct lw_readiness *r, int64_t now)
{
	bool shown = r->notify >= 0 && r->service && now >= r->deaf && hear_notices(r, now);
	if (r->state != LW_READY_WAITING || !r->service)
		return shown;
	if (r->asking.fd >= 0)
		hear_answer(r, now);
	if (r->state == LW_READY_WAITING && r->deadline && now >= r->deadline)
		become(r, LW_READY_NEVER);
	if (r->state == LW_READY_WAITING && r->next && now >= r->next)
		ask(r, now);
	return shown || r->state != LW_READY_WAITING;
}

bool lw_ready_output(struct lw_readiness *r, int stream, const char *bytes, size_t n)
{
	if (r->state != LW_READY_WAITING || !r->service || r->service->ready.kind != LW_PROBE_LOG)
		return false;
	const char *text = r->service->ready.log;
	for (size_t i = 0; i < n; i++) {
		r->matched[stream] = advance(r, r->matched[stream], bytes[i]);
		if (!text[r->matched[stream]]) {
			become(r, LW_READY_YES);
			return true;
		}
	}
	return false;
}

void lw_ready_end(struct lw_readiness *r)
{
	lw_probe_end(&r->asking);
	r->service = NULL;
	r->state = LW_READY_WAITING;
	r->deadline = r->next = r->deaf = 0;
}
