/* options.h: the one table of options (option_table.c). Parsing, --help, the test of the manual and "did you mean" read
 * it. */
#ifndef LW_CLI_OPTIONS_H
#define LW_CLI_OPTIONS_H

#include "lua/cli/cli.h"
#include "lua/cli/overrides.h"

#define CLI_ON(verb) (UINT64_C(1) << CLI_##verb)
#define CLI_EVERYWHERE ((UINT64_C(1) << CLI_VERBS) - 1)

struct cli_option {
	const char *name;  /* long, without the dashes */
	const char *alias; /* another long spelling, or NULL */
	char letter;       /* 0: none */
	const char *arg;   /* name of the argument, NULL: takes none */
	const char *help;
	uint64_t verbs; /* mask of verbs that know it */
	/* What happens: at once while parsing, or later, as a layer over the profile. One of the two. */
	int (*now)(struct cli *c, const char *value, struct lw_err *err);
	int (*layer)(struct cli_layer *l, const char *value, struct lw_err *err);
	/* Key the option stands for: an error about that key is told about the option. A trailing '.' takes the rest
	 * from the value up to its '='. */
	const char *key;
};
extern const struct cli_option cli_option_table[];
extern const size_t cli_option_count;

#endif
