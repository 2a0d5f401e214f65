/* naming.h: what a sandbox of the command line is called, and what is said of a command that is not there. */
#ifndef LW_CLI_NAMING_H
#define LW_CLI_NAMING_H

#include "lua/cli/cli.h"

#define CLI_ID_MAX 65
int cli_make_id(char id[static CLI_ID_MAX], struct lw_err *err);
/* Without --name, many runs of one profile at once are told apart: "default-3f2a". */
int cli_name_it(const struct cli *c, struct lw_spec *s, const char *id, struct lw_err *err);
/* When the command exists for the caller, the difference is the news. */
void cli_hint_at_outside(const struct lw_spec *spec, struct lw_err *err);

#endif
