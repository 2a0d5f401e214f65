/* probe.h: a question asked of a running sandbox (is a port open, does a command succeed, is a file there), answered by
 * a process of its own: what it meets inside is hostile and may keep it waiting, and whoever asks never waits. */
#ifndef LW_PROBE_H
#define LW_PROBE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>
#include "spec_service.h"

/* Whom to ask. All of it is borrowed, and looked at when a question begins. */
struct lw_probed {
	pid_t command; /* and a pidfd of it, which tells whether the number is still its */
	int command_fd;
	const char *id;
	json_t *(*spec)(void *arg); /* exec: what it was launched from, and */
	void *arg;
	const json_t *known; /* what core/exec.h wants to know of it */
	const char *state, *cgroup_parent;
};

struct lw_probing {
	pid_t pid; /* 0: none */
	int fd;    /* of the process that asks, readable when it has the answer; or -1 */
};
#define LW_PROBING_NONE ((struct lw_probing){ .fd = -1 })

int lw_probe_begin(struct lw_probing *g, const struct lw_probe *question, const struct lw_probed *whom);
/* Without waiting: 1 yes, 0 no, -EAGAIN not yet. */
int lw_probe_answer(struct lw_probing *g);
/* It takes too long: the answer, soon, is no. */
void lw_probe_hurry(struct lw_probing *g);
/* Nobody wants to know any more. */
void lw_probe_end(struct lw_probing *g);

#endif
