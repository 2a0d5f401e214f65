/* supervision.h: handing a sandbox over to a supervisor of its own. */
#ifndef LW_CLI_SUPERVISION_H
#define LW_CLI_SUPERVISION_H

#include "lua/cli/cli.h"
#include "record.h"

/* A program of ours that is not for people: beside this one, else where it is installed; NULL. */
const char *cli_program(struct lw_arena *a, const char *name);

/* The request (core/supervise/request.h) for the job's spec; NULL on ENOMEM. */
json_t *cli_supervision(const struct cli *c, const struct cli_job *job, const char *id);
/* The same for a sandbox that has been there. */
json_t *cli_supervision_again(const struct cli *c, const struct cli_job *job, const struct lw_record *r);
/* Takes it to a supervisor: a descriptor for lw_supervise_answer. */
int cli_supervise_begin(const struct cli_job *job, json_t *request, int *ret_fd, struct lw_err *err);
/* The same to the end: 0 once the command runs. */
int cli_supervise(const struct cli_job *job, json_t *request, struct lw_err *err);

#endif
