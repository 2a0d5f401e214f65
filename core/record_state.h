/* record_state.h: what a record means now: whether the sandbox runs, which processes are its own, what is left when
 * its supervisor is gone. */
#ifndef LW_RECORD_STATE_H
#define LW_RECORD_STATE_H

#include "host.h"
#include "record.h"
#include "spec.h"

/* "created" (also while it waits to be started again), "running", "stopped" or "failed": the record's word, unless its
 * supervisor is gone. */
const char *lw_record_state(struct lw_record *r);
bool lw_record_runs(struct lw_record *r);
/* "command", "init" or "supervisor": its pid, and a pidfd when ret_fd is not NULL; -ESRCH when it is gone. */
int lw_record_process(const struct lw_record *r, const char *which, pid_t *ret, int *ret_fd);
/* What tells this boot from any other. */
#define LW_BOOT_ID_MAX 40
int lw_boot_id(char ret[static LW_BOOT_ID_MAX]);
/* Undoes what the record says was made, when nobody is left to do so; true when there was something. */
bool lw_record_sweep(const struct lw_host *h, struct lw_record *r, struct lw_err *err);

/* Finds the namespaces of the sandboxes that the spec joins by name (core/joins.c); for one launch. */
int lw_find_joins(struct lw_spec *s, int state_fd, struct lw_err *err);

#endif
