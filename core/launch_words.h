/* launch_words.h: what launch.c leaves to those who have words. Private to launch.c. */
#ifndef LW_LAUNCH_WORDS_H
#define LW_LAUNCH_WORDS_H

#include "plan.h"
#include "report.h"

/* For a report of kind LW_REPORT_FAILED; returns its negative errno. */
int lw_launch_failed(const struct lw_plan *p, const struct lw_report *r, struct lw_err *err);
int lw_launch_no_command(const struct lw_plan *p, struct lw_err *err);

#endif
