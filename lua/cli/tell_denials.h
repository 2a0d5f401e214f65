/* tell_denials.h: what a run was denied, told to people and to programs. */
#ifndef LW_CLI_TELL_DENIALS_H
#define LW_CLI_TELL_DENIALS_H

#include "base/text.h"
#include "denials.h"
#include "lua/cli/status.h"
#include "instance.h"

/* For lw_instance_options.on_denial: writes the event; arg is a struct cli_report. */
void cli_denial_event(void *arg, const struct lw_denial *d);
/* One line each on stderr. */
void cli_denials_print(const struct lw_instance *s);

#endif
