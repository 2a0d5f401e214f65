/* inside.h: acts of the host's side in a running sandbox's file tree, by a process that has joined its mount and user
 * namespaces, holds nothing but what the act needs, and is not to be seen from inside (its pid namespace is the
 * caller's). What the act does is raw system calls: the process shares nothing with libc's locks. */
#ifndef LW_INSIDE_H
#define LW_INSIDE_H

#include <stdbool.h>
#include "host.h"
#include "record.h"

struct lw_inside {
	pid_t pid;          /* the sandbox's command */
	int command;        /* a pidfd of it */
	int user, mount;    /* its namespaces; -1: the caller's own */
	int64_t dev, inode; /* of its root; 0: not known */
	bool privileged;
};
#define LW_INSIDE_NONE ((struct lw_inside){ .command = -1, .user = -1, .mount = -1 })

/* Of a sandbox that runs: its namespaces, which must be those that the record says it began with. */
int lw_inside_open(struct lw_record *r, const struct lw_host *h, const char *called, struct lw_inside *ret,
		   struct lw_err *err);
void lw_inside_close(struct lw_inside *in);

/* What an act is given: the sandbox's root; /proc/self/fd of the caller's /proc; its own argument. *ret_step is an enum
 * lw_step. 0 or more, or a negative errno. */
struct lw_inside_act {
	int (*run)(int root, int proc_fds, void *arg, int *ret_step);
	void *arg;
	int fds[3]; /* kept open, -1 where unused */
};
struct lw_inside_run {
	int report, pidfd;
};
/* Begins it. Every begun one is waited for. */
int lw_inside_begin(const struct lw_inside *in, const struct lw_inside_act *act, struct lw_inside_run *ret);
/* What the act returned. */
int lw_inside_wait(struct lw_inside_run *run, int *ret_step);

#endif
