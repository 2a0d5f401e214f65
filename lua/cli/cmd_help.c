/* cmd_help.c: `lunward help` and --help, from the tables of verbs and options. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/cli.h"
#include "lua/cli/options.h"

/* The options of these verbs: either those that every verb has, or the others. */
static void add_options(struct lw_text *t, uint64_t verbs, bool everywhere)
{
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_option_table[i];
		char left[96];
		if (!(o->verbs & verbs) || (o->verbs == CLI_EVERYWHERE) != everywhere)
			continue;
		int n = o->letter ? snprintf(left, sizeof left, "  -%c, --%s", o->letter, o->name)
				  : snprintf(left, sizeof left, "      --%s", o->name);
		if (o->alias)
			n += snprintf(left + n, sizeof left - (size_t)n, ", --%s", o->alias);
		if (o->arg)
			n += snprintf(left + n, sizeof left - (size_t)n, " %s", o->arg);
		if (n < 34)
			lw_text_addf(t, "%-34s%s\n", left, o->help);
		else
			lw_text_addf(t, "%s\n%34s%s\n", left, "", o->help);
	}
}

static void help_verb(struct lw_text *t, const struct cli_verb *v)
{
	lw_text_addf(t, "lunward %s %s\n\n", v->name, v->synopsis);
	cli_wrap(t, 0, v->help);
	if (v->more) {
		lw_text_add(t, "\n");
		cli_wrap(t, 0, v->more);
	}
	size_t before = t->len;
	lw_text_add(t, "\nOptions (anywhere before --):\n");
	size_t heading = t->len;
	add_options(t, UINT64_C(1) << (v - cli_verb_table), false);
	if (t->len == heading && !t->failed)
		t->buf[t->len = before] = 0;
	lw_text_add(t, "\nOptions of every verb:\n");
	add_options(t, CLI_EVERYWHERE, true);
}

static void help_all(struct lw_text *t)
{
	const char *cells[CLI_VERBS * 2];
	char names[CLI_VERBS][16];
	lw_text_add(t, "lunward [OPTIONS] VERB [OPTIONS] [PROFILE] [-- COMMAND...]\n\n"
		       "Runs commands in sandboxes described by Lua profiles.\n\nVerbs:\n");
	for (size_t i = 0; i < CLI_VERBS; i++) {
		snprintf(names[i], sizeof names[i], "  %s", cli_verb_table[i].name);
		cells[2 * i] = names[i];
		cells[2 * i + 1] = cli_verb_table[i].help;
	}
	cli_table(t, cells, CLI_VERBS, 2);
	lw_text_add(t, "\nOptions of every verb:\n");
	add_options(t, CLI_EVERYWHERE, true);
	lw_text_add(t, "\n`lunward help VERB` says more. Try: lunward run -- sh\n");
}

int cli_cmd_help(struct cli *c)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	struct lw_err err = { 0 };
	const struct cli_verb *v = c->help ? c->verb : NULL;
	if (!v && c->n_words) {
		const char *names[CLI_VERBS];
		for (size_t i = 0; i < CLI_VERBS; i++) {
			names[i] = cli_verb_table[i].name;
			if (!strcmp(c->words[0], names[i]))
				v = &cli_verb_table[i];
		}
		if (!v) {
			const char *near = lw_nearest(c->words[0], names, CLI_VERBS);
			lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "unknown verb '%s'", c->words[0]);
			if (near)
				lw_err_hint(&err, "did you mean \"%s\"?", near);
			else
				lw_err_hint(&err, "`lunward help` lists them");
			return cli_fail(&err);
		}
	}
	if (v)
		help_verb(&t, v);
	else
		help_all(&t);
	return cli_print(&t);
}
