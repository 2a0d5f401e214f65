/* status.h: what programs are told about a run: --status-fd (JSON lines) and --result FILE (one object). */
#ifndef LW_CLI_STATUS_H
#define LW_CLI_STATUS_H

#include "base/err.h"
#include "lua/cli/cli.h"
#include "instance.h"

struct cli_report {
	int status_fd; /* -1: not asked for */
	int result_fd;
};

/* Opens both before anything is started, so that a typo costs no run. */
int cli_report_open(const struct cli *c, struct cli_report *ret, struct lw_err *err);
/* created, started, ready */
void cli_report_event(const struct cli_report *r, const char *event, const struct lw_instance *s);
/* An event with these members; takes the text. */
void cli_report_members(const struct cli_report *r, const char *event, struct lw_text *members);
void cli_report_end(const struct cli_report *r, const struct lw_status *status, const struct lw_instance *s);
/* The list of what was denied, or null where nobody looked (tell_denials.c). */
void cli_denials_json(struct lw_text *t, const struct lw_instance *s);
/* lunward itself failed with this exit code. */
void cli_report_error(const struct cli_report *r, const struct lw_err *err, int code);

#endif
