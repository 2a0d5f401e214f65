/* record_state.h: what a record means now: whether the sandbox runs, which processes are its own, what is left when
 * its supervisor is gone. */
#ifndef LW_RECORD_STATE_H
#define LW_RECORD_STATE_H

#include "host.h"
#include "process.h"
#include "record.h"
#include "spec.h"

/* "created" (also while it waits to be started again), "running", "paused", "stopped" or "failed": the record's word,
 * unless its supervisor is gone. */
const char *lw_record_state(struct lw_record *r);
/* Why it is in the state that lw_record_state has just told, if it has failed; NULL: for no reason of ours. */
const char *lw_record_reason(const struct lw_record *r, const char *state);
/* Running or paused: its processes are there. */
bool lw_record_runs(struct lw_record *r);
/* "command", "init" or "supervisor": its pid, and a pidfd when ret_fd is not NULL; -ESRCH when it is gone. */
int lw_record_process(const struct lw_record *r, const char *which, pid_t *ret, int *ret_fd);
/* What tells this boot from any other. */
#define LW_BOOT_ID_MAX 40
int lw_boot_id(char ret[static LW_BOOT_ID_MAX]);
/* Its processes, the init first, in no other order: those of its cgroup, or of its pid namespace where it has none.
 * Free with free(). What is inside may make and end processes meanwhile: each is known by pid and start. */
int lw_record_processes(const struct lw_record *r, struct lw_process **ret, size_t *ret_n);
/* The directory of a controller of its own ("pids"), with NULL any; NULL: none. */
const char *lw_record_cgroup(const struct lw_record *r, const char *controller);
/* What stops and goes on as a whole (lw_cgroup_freeze); NULL: there is none. */
const char *lw_record_freezer(const struct lw_record *r);
/* Undoes what the record says was made, when nobody is left to do so; true when there was something. */
bool lw_record_sweep(const struct lw_host *h, struct lw_record *r, struct lw_err *err);

/* Finds the namespaces of the sandboxes that the spec joins by name (core/joins.c); for one launch. */
int lw_find_joins(struct lw_spec *s, int state_fd, struct lw_err *err);

#endif
