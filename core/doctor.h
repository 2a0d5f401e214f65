/* doctor.h: what this machine can do, found out by doing it: every row of a table tries one thing in a child of its own
 * and tells the result, what it is needed for and the cure. Nothing is printed and nothing stays behind. */
#ifndef LW_DOCTOR_H
#define LW_DOCTOR_H

#include <stdbool.h>
#include "host.h"

enum lw_doctor_status { LW_DOCTOR_OK, LW_DOCTOR_DEGRADED, LW_DOCTOR_MISSING };

struct lw_doctor_result {
	const char *name;       /* "user namespace" */
	int status;             /* enum lw_doctor_status */
	bool essential;         /* without it no sandbox starts */
	const char *detail;     /* what was found or why it failed; "" when there is nothing to say */
	const char *needed_for; /* "every sandbox of a user without root" */
	const char *cure;       /* "" when ok or when there is none */
};
/* Calls back once per row, in the table's order. 0, or a negative errno when no child could be made. */
int lw_doctor(const struct lw_host *h, void (*fn)(void *arg, const struct lw_doctor_result *r), void *arg);
/* "ok", "degraded", "missing". */
const char *lw_doctor_status_name(int status);

#endif
