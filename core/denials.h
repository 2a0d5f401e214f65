/* denials.h: what a sandbox was refused, as far as it can be seen (docs/denials.md): the calls that its policy answers
 * with an errno, those the kernel refuses for want of a capability, and paths that are not in the view. */
#ifndef LW_DENIALS_H
#define LW_DENIALS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"
#include "plan.h"

enum lw_denial_layer {
	LW_DENIED_BY_SECCOMP,
	LW_DENIED_BY_CAPABILITY,
	LW_DENIED_BY_VIEW,     /* the host has it; the sandbox does not see it */
	LW_DENIED_BY_READONLY, /* it is on a read-only mount */
	LW_DENIED_BY_DEVICE,   /* a device that the sandbox was not given */
};
struct lw_denial {
	int layer;
	int number;       /* of the call */
	const char *name; /* "mount"; NULL where this program knows none: another ABI's, or newer than we are */
	uint64_t args[6];
	int error; /* positive errno that it was answered with */
	pid_t pid; /* the first that was refused this, in the supervisor's pid namespace */
	char exe[256];
	char path[256]; /* what it wanted to open, or "" */
	uint64_t count;
	struct lw_origin at; /* what in the profile is behind it */
	const char *key;     /* "seccomp" */
	char cure[216];      /* the line that would allow it */
};
const char *lw_denial_layer_name(int layer);

struct lw_denials; /* private to launch.c, instance.c and denials.c */

/* plan: must outlive it. kill: the first denial ends the sandbox; a call answered with ENOSYS is none, for that is what
 * a program sees that asks an older kernel. */
int lw_denials_new(const struct lw_plan *p, bool kill, void (*fn)(void *arg, const struct lw_denial *d), void *arg,
		   struct lw_denials **ret, struct lw_err *err);
struct lw_denials *lw_denials_free(struct lw_denials *d);
/* The two programs to load instead of the plan's (core/notify_filter.h), or NULL where the plan has none. */
const struct lw_filter *lw_denials_filters(const struct lw_denials *d);
/* Takes the listener over. */
void lw_denials_listen(struct lw_denials *d, int listener);
int lw_denials_fd(const struct lw_denials *d); /* -1: nobody to listen to */
/* Answers what waits, without blocking: 1 when the sandbox is to be ended, else 0. */
int lw_denials_serve(struct lw_denials *d);
/* Answers until `fd` is readable, at most so many milliseconds; the same. */
int lw_denials_serve_until(struct lw_denials *d, int fd, int timeout_msec);
/* What was denied, each once; *ret_more: how many further ones were not kept. */
const struct lw_denial *lw_denials_list(const struct lw_denials *d, size_t *ret_n, uint64_t *ret_more);

#endif
