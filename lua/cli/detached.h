/* detached.h: what the verbs about detached sandboxes share: finding a sandbox by what the user calls it, and its spec.
 */
#ifndef LW_CLI_DETACHED_H
#define LW_CLI_DETACHED_H

#include "lua/cli/cli.h"
#include "record_state.h"

/* The host (for its state directory) and, of the one word, the record. */
int cli_find_sandbox(struct cli *c, struct cli_job *job, struct lw_record *ret, struct lw_err *err);
/* The same for one or more words, or --all. Of a word that is no sandbox's an error is printed and *ret_missing is the
 * exit code for it; the others are found all the same. Free each, and the list. */
int cli_find_sandboxes(struct cli *c, struct cli_job *job, struct lw_record **ret, size_t *ret_n, int *ret_missing,
		       struct lw_err *err);
/* The same for any number of words; without one, all that run. */
int cli_find_some(struct cli *c, struct cli_job *job, struct lw_record **ret, size_t *ret_n, int *ret_missing,
		  struct lw_err *err);
/* The spec of the detached sandbox of this name or id; of the profile of this name when there is none. */
int cli_load_known(struct cli *c, const char *word, struct cli_job *job, struct lw_err *err);

/* "running, unhealthy": the state, and of a running one what is worth a word beside it. */
#define CLI_STATE_WORDS 64
const char *cli_state_words(const char *state, const json_t *record, char buf[static CLI_STATE_WORDS]);

#endif
