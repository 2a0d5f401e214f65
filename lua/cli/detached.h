/* detached.h: what the verbs about detached sandboxes share: opening the state, finding a sandbox by what the user
 * calls it, and what its record says (core/record.h keeps it). */
#ifndef LW_CLI_DETACHED_H
#define LW_CLI_DETACHED_H

#include "lua/cli/cli.h"
#include "record.h"

/* The host (for its state directory) and, of the one word, the record. */
int cli_find_sandbox(struct cli *c, struct cli_job *job, struct lw_record *ret, struct lw_err *err);
/* "created", "running", "stopped" or "failed": the record's word, unless its supervisor is gone. */
const char *cli_sandbox_state(struct lw_record *r);
bool cli_sandbox_runs(struct lw_record *r);
/* "command", "init" or "supervisor": its pid, and a pidfd when *ret_fd is wanted; -ESRCH when it is gone. */
int cli_sandbox_process(const struct lw_record *r, const char *which, pid_t *ret, int *ret_fd);
/* The spec of the detached sandbox of this name or id; of the profile of this name when there is none. */
int cli_load_known(struct cli *c, const char *word, struct cli_job *job, struct lw_err *err);
/* "2026-11-22T09:30:00.123Z" (RFC 3339), of now. */
#define CLI_TIME_MAX 32
char *cli_now(char buf[static CLI_TIME_MAX]);
/* Undoes what the record says was made, when nobody is left to do so; true when there was something. */
bool cli_sandbox_sweep(const struct lw_host *h, struct lw_record *r, struct lw_err *err);

#endif
