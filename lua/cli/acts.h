/* acts.h: what the verbs put on record (core/events.h): each act, whether it was allowed or refused. */
#ifndef LW_CLI_ACTS_H
#define LW_CLI_ACTS_H

#include "lua/cli/cli.h"
#include "events.h"
#include "record.h"

/* What is known of the sandbox that is run: of the spec. `id` may be NULL. */
struct lw_event cli_event_of_job(const struct cli_job *job, const char *id);

/* This verb's act on the sandbox that `e` tells of. err: NULL or without a code when it was done; refused when policy
 * or the command line forbade it; else it was allowed, and the reason is why it failed. Where there is no state
 * directory (job->host), there is nothing to write into. */
void cli_act(const struct cli *c, const struct cli_job *job, struct lw_event e, const struct lw_err *err);
void cli_act_on_record(const struct cli *c, const struct cli_job *job, const struct lw_record *r,
		       const struct lw_err *err);
/* Of a run: the act and the start by one write; its end; and a denial (struct cli_report's on_denial calls it). */
struct lw_instance;
struct lw_status;
struct lw_denial;
void cli_note_run(const struct cli_job *job, const struct lw_instance *s);
void cli_note_end(const struct cli_job *job, const struct lw_instance *s, const struct lw_status *status);
void cli_note_denial(const struct cli_job *job, const char *id, const struct lw_denial *d);

#endif
