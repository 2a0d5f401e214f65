/* follow.h: waiting for files in a directory to change, and for the signals that end that. */
#ifndef LW_CLI_FOLLOW_H
#define LW_CLI_FOLLOW_H

#include <stdbool.h>
#include "base/err.h"

struct cli_follow {
	int signals, changes;
};
/* From here on INT, TERM, HUP and PIPE are read in cli_follow_wait. */
int cli_follow_open(struct cli_follow *f, int dir, struct lw_err *err);
/* Until something changes, at most so many milliseconds; false: it is time to go. */
bool cli_follow_wait(struct cli_follow *f, int ms);
void cli_follow_close(struct cli_follow *f);

#endif
