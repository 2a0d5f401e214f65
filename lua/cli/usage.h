/* usage.h: what sandboxes use, read again and again: shared by stats and top. */
#ifndef LW_CLI_USAGE_H
#define LW_CLI_USAGE_H

#include "box/box.h"
#include "lua/cli/cli.h"

#define CLI_HISTORY 20

struct cli_usage {
	struct lw_record record;
	const char *state;
	struct lw_box_stats now, before;
	double cpu_percent; /* negative: not known yet */
	/* The newest last; negative: none. */
	double cpu_history[CLI_HISTORY], memory_history[CLI_HISTORY];
};
/* Takes the records; all of them are read once. */
int cli_usage_begin(struct lw_record *records, size_t n, struct cli_usage **ret);
/* Once more; false when none of them lives any more. */
bool cli_usage_read(struct cli_usage *v, size_t n);
void cli_usage_done(struct cli_usage *v, size_t n);
json_t *cli_usage_json(const struct cli_usage *u);
/* Text for people: the head of a table and a row each; `history` adds sparklines. */
void cli_usage_table(struct lw_text *t, const struct cli_usage *v, size_t n, bool history);
void cli_usage_prometheus(struct lw_text *t, const struct cli_usage *v, size_t n);

#endif
