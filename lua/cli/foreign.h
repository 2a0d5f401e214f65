/* foreign.h: other tools' spellings, answered with ours. */
#ifndef LW_CLI_FOREIGN_H
#define LW_CLI_FOREIGN_H

/* What to write instead of an unknown option or verb, or NULL. `next` is the word after it, or NULL. */
const char *cli_foreign_option(const char *word, const char *next);
const char *cli_foreign_verb(const char *word);

#endif
