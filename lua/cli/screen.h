/* screen.h: a table that is painted again and again on the caller's terminal. */
#ifndef LW_CLI_SCREEN_H
#define LW_CLI_SCREEN_H

#include <stdbool.h>
#include <termios.h>
#include "base/err.h"
#include "base/text.h"

struct cli_screen {
	int signals, keys; /* keys: where typing comes from, or -1 */
	bool painted, raw, alternate;
	struct termios saved;
};
/* Signals are taken over; `whole` takes the whole terminal and its keys, which are given back whatever ends us but
 * SIGKILL. */
int cli_screen_begin(struct cli_screen *s, bool whole, struct lw_err *err);
void cli_screen_paint(struct cli_screen *s, const struct lw_text *t);
/* Waits so long, or less when the window changes: true to paint again, false to leave (^C, q). */
bool cli_screen_wait(struct cli_screen *s, int ms);
void cli_screen_end(struct cli_screen *s);

#endif
