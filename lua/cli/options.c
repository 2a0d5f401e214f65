/* options.c: reads argv by the table of options. Values that shape the sandbox are only noted here, in order;
 * overrides.c turns them into a layer once the profile is known. */
#include "lua/cli/options.h"
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/foreign.h"

#define USAGE(err, ...) lw_fail_as(err, LW_ERR_USAGE, -EINVAL, __VA_ARGS__)

static uint64_t mask(const struct cli *c)
{
	return c->verb ? UINT64_C(1) << (c->verb - cli_verb_table) : CLI_EVERYWHERE;
}

/* One word may have two meanings (--net): the verb's own wins. */
static const struct cli_option *find_long(const struct cli *c, const char *name, size_t n)
{
	const struct cli_option *found = NULL;
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_option_table[i];
		if ((!found || o->verbs & mask(c)) && ((!strncmp(o->name, name, n) && !o->name[n]) ||
						       (o->alias && !strncmp(o->alias, name, n) && !o->alias[n])))
			found = o;
	}
	return found;
}

/* One letter may have two meanings (-v): the verb's own wins, and before the verb the one known everywhere. */
static const struct cli_option *find_letter(const struct cli *c, char letter)
{
	const struct cli_option *found = NULL;
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_option_table[i];
		if (o->letter != letter || !(o->verbs & mask(c)))
			continue;
		if (!found || (!c->verb && o->verbs == CLI_EVERYWHERE))
			found = o;
	}
	return found;
}

static int unknown(const struct cli *c, const char *word, const char *next, struct lw_err *err)
{
	size_t n = strcspn(word, "=");
	/* "run ls -l": after a word, letters are the command's. */
	bool of_command = c->n_words && c->verb->command && strncmp(word, "--", 2) != 0;
	const char *hint = of_command ? NULL : cli_foreign_option(word, next);
	/* "kill -9", as kill(1) takes it. */
	if (c->verb == &cli_verb_table[CLI_KILL] && word[1] != '-')
		hint = "-s SIGNAL, as in -s KILL or -s 9";
	USAGE(err, "unknown option '%.*s'", (int)n, word);
	if (hint) {
		lw_err_hint(err, "%s%s", *hint == '-' ? "write " : "", hint);
		return -EINVAL;
	}
	const char *names[cli_option_count * 2];
	char name[64];
	size_t n_names = 0;
	for (size_t i = 0; i < cli_option_count; i++) {
		if (!(cli_option_table[i].verbs & mask(c)))
			continue;
		names[n_names++] = cli_option_table[i].name;
		if (cli_option_table[i].alias)
			names[n_names++] = cli_option_table[i].alias;
	}
	snprintf(name, sizeof name, "%.*s", (int)n, word);
	const char *near = strncmp(name, "--", 2) ? NULL : lw_nearest(name + 2, names, n_names);
	if (near)
		lw_err_hint(err, "did you mean --%s?", near);
	else if (c->n_words && c->verb->command)
		lw_err_hint(err, "a command and its options go after --: lunward %s -- %s %.*s", c->verb->name,
			    c->words[c->n_words - 1], (int)n, word);
	else
		lw_err_hint(err, "`lunward help%s%s` lists them", c->verb ? " " : "", c->verb ? c->verb->name : "");
	return -EINVAL;
}

static int not_here(const struct cli *c, const struct cli_option *o, struct lw_err *err)
{
	char word[64];
	snprintf(word, sizeof word, "--%s", o->name);
	const char *hint = cli_foreign_option(word, NULL);
	bool joins = c->verb == &cli_verb_table[CLI_EXEC] || c->verb == &cli_verb_table[CLI_SHELL];
	USAGE(err, "%s has no option --%s", c->verb->name, o->name);
	if (c->verb == &cli_verb_table[CLI_UPDATE] && o->layer == cli_add_volume) {
		lw_err_hint(err, "`lunward mount SANDBOX SRC[:DST[:rw]]` does, and `lunward unmount SANDBOX DST`");
		return -EINVAL;
	}
	if (joins && o->key) {
		lw_err_hint(err,
			    "a further command has exactly the sandbox's rights, limits and files; `run` and `start` "
			    "have --%s",
			    o->name);
		return -EINVAL;
	}
	if (hint) {
		lw_err_hint(err, "%s%s", *hint == '-' ? "write " : "", hint);
		return -EINVAL;
	}
	for (size_t i = 0; i < CLI_VERBS; i++) {
		if (o->verbs & (UINT64_C(1) << i)) {
			lw_err_hint(err, "`lunward %s` has", cli_verb_table[i].name);
			break;
		}
	}
	return -EINVAL;
}

static int use(struct cli *c, const struct cli_option *o, const char *value, struct lw_err *err)
{
	if (!(o->verbs & mask(c)))
		return not_here(c, o, err);
	c->uses[c->n_uses++] = (struct cli_use){ .option = o, .value = value };
	int r = o->now ? o->now(c, value, err) : 0;
	if (r < 0)
		lw_err_in(err, "--%s", o->name);
	return r;
}

static int needs_value(const struct cli_option *o, struct lw_err *err)
{
	return USAGE(err, "--%s needs a value: %s", o->name, o->arg);
}

static int takes_no_value(const struct cli_option *o, const char *value, struct lw_err *err)
{
	USAGE(err, "--%s takes no value", o->name);
	if (!strcmp(value, "false") || !strcmp(value, "no"))
		lw_err_hint(err, "leave it out");
	else
		lw_err_hint(err, "write --%s", o->name);
	return -EINVAL;
}

static int read_long(struct cli *c, char **argv, int *i, int argc, struct lw_err *err)
{
	const char *word = argv[*i], *name = word + 2, *eq = strchr(name, '=');
	const char *next = *i + 1 < argc ? argv[*i + 1] : NULL;
	const struct cli_option *o = find_long(c, name, eq ? (size_t)(eq - name) : strlen(name));
	if (!o)
		return unknown(c, word, next, err);
	if (!o->arg) {
		if (eq)
			return takes_no_value(o, eq + 1, err);
		return use(c, o, NULL, err);
	}
	if (eq)
		return use(c, o, eq + 1, err);
	if (!next || !strcmp(next, "--"))
		return needs_value(o, err);
	++*i;
	return use(c, o, next, err);
}

/* "-it", "-m64M", "-m 64M", "-m=64M". */
static int read_cluster(struct cli *c, char **argv, int *i, int argc, struct lw_err *err)
{
	const char *word = argv[*i], *next = *i + 1 < argc ? argv[*i + 1] : NULL;
	int r = 0;
	/* "-net=host" and the like: a long option with one dash is not a cluster. */
	size_t n = strcspn(word + 1, "=");
	if (n > 1 && find_long(c, word + 1, n) && !find_letter(c, word[1])) {
		USAGE(err, "unknown option '%.*s'", (int)n + 1, word);
		lw_err_hint(err, "did you mean -%.*s?", (int)n + 1, word);
		return -EINVAL;
	}
	for (const char *p = word + 1; *p && r >= 0; p++) {
		char one[3] = { '-', *p, 0 };
		const struct cli_option *o = find_letter(c, *p);
		if (!o)
			return unknown(c, one, p[1] ? p + 1 : next, err);
		if (!o->arg) {
			r = use(c, o, NULL, err);
			continue;
		}
		if (p[1])
			return use(c, o, p[1] == '=' ? p + 2 : p + 1, err);
		if (!next || !strcmp(next, "--"))
			return needs_value(o, err);
		++*i;
		return use(c, o, next, err);
	}
	return r;
}

static int read_verb(struct cli *c, const char *word, struct lw_err *err)
{
	const char *names[CLI_VERBS];
	for (size_t i = 0; i < CLI_VERBS; i++) {
		names[i] = cli_verb_table[i].name;
		if (!strcmp(word, names[i]))
			c->verb = &cli_verb_table[i];
	}
	if (!c->verb) {
		const char *hint = cli_foreign_verb(word), *near = lw_nearest(word, names, CLI_VERBS);
		USAGE(err, "unknown verb '%s'", word);
		if (hint)
			lw_err_hint(err, "%s%s", *hint == '-' ? "write " : "", hint);
		else if (near)
			lw_err_hint(err, "did you mean \"%s\"?", near);
		else
			lw_err_hint(err, "`lunward help` lists them; a command is run by `lunward run -- %s`", word);
		return -EINVAL;
	}
	/* Options before the verb could not be judged until now. */
	for (size_t i = 0; i < c->n_uses; i++)
		if (!(c->uses[i].option->verbs & mask(c)))
			return not_here(c, c->uses[i].option, err);
	return 0;
}

int cli_parse(struct cli *c, int argc, char **argv, struct lw_err *err)
{
	/* A cluster of letters is the only word that can be several options. */
	size_t max = 1;
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		max += argv[i][0] == '-' && argv[i][1] != '-' ? strlen(argv[i]) : 1;
	*c = (struct cli){ .argc = argc,
			   .argv = argv,
			   .status_fd = -1,
			   .wait_usec = -1,
			   .tail = -1,
			   .since = INT64_MIN,
			   .until = INT64_MAX };
	clock_gettime(CLOCK_REALTIME, &c->started);
	c->words = calloc(max, sizeof *c->words);
	c->uses = calloc(max, sizeof *c->uses);
	if (!c->words || !c->uses)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = 0;
	for (int i = 1; i < argc && r >= 0; i++) {
		const char *word = argv[i];
		if (!strcmp(word, "--")) {
			c->has_command = true;
			c->command = argv + i + 1;
			c->n_command = (size_t)(argc - i - 1);
			break;
		}
		if (!strncmp(word, "--", 2))
			r = read_long(c, argv, &i, argc, err);
		else if (word[0] == '-' && word[1])
			r = read_cluster(c, argv, &i, argc, err);
		else if (!c->verb)
			r = read_verb(c, word, err);
		else
			c->words[c->n_words++] = word;
		/* The rest is for the script to read. */
		if (r >= 0 && c->verb && c->verb->script && c->n_words)
			break;
	}
	return r;
}

void cli_done(struct cli *c)
{
	for (size_t i = 0; i < c->n_params; i++)
		free((char *)c->params[i].name);
	free(c->params);
	free(c->filters);
	free(c->words);
	free(c->uses);
}
