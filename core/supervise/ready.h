/* ready.h: from the start of a sandbox until it is ready, or will not be. For the supervisor and for a run in the
 * foreground alike; nothing here waits. */
#ifndef LW_READY_H
#define LW_READY_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include "notify.h"
#include "spec.h"
#include "supervise/probe.h"

enum lw_ready_state { LW_READY_WAITING, LW_READY_YES, LW_READY_NEVER };

struct lw_readiness {
	enum lw_ready_state state;
	const struct lw_service *service;
	struct lw_probed whom;
	int notify;        /* its socket, until the end, or -1 */
	const char *relay; /* our own $NOTIFY_SOCKET, or NULL */
	struct lw_probing asking;
	int64_t window;      /* since when notices are counted */
	int heard;           /* how many since */
	int64_t deaf;        /* until then none is looked at; 0: they are */
	int64_t since, next; /* CLOCK_MONOTONIC, microseconds: the present question or the next one; 0: none */
	unsigned asked;
	int64_t deadline;  /* 0: none */
	size_t matched[2]; /* log: how much of the text the end of what each stream printed is */
	uint8_t border[LW_READY_LOG_MAX];
	char status[LW_NOTIFY_STATUS_MAX];
};
#define LW_READINESS_NONE ((struct lw_readiness){ .notify = -1, .asking = { .fd = -1 } })

/* The command runs. `notify` is taken over. */
void lw_ready_begin(struct lw_readiness *r, const struct lw_service *s, const struct lw_probed *whom, int64_t now);
#define LW_READY_POLLFDS 2
void lw_ready_poll(const struct lw_readiness *r, struct pollfd fds[static LW_READY_POLLFDS]);
/* When there is something to do without any descriptor: 0: never. */
int64_t lw_ready_when(const struct lw_readiness *r);
/* Looks at all of it; true when anything that is to be shown has changed: state, status. */
bool lw_ready_look(struct lw_readiness *r, int64_t now);
/* What it prints (stream 0 or 1), for { log = }; as lw_ready_look. */
bool lw_ready_output(struct lw_readiness *r, int stream, const char *bytes, size_t n);
/* It has ended. The notify socket is somebody else's to close. */
void lw_ready_end(struct lw_readiness *r);

#endif
