/* schema_doc.c: the schema in words: what may be written for a field (errors and help use it too) and the whole of it
 * as docs/profiles.md. It knows the tables and nothing of reading or writing values. */
#include <stdio.h>
#include <string.h>
#include "spec_codec.h"

static void put(char *buf, size_t size, const char *s)
{
	size_t n = strlen(buf);
	snprintf(buf + n, size - n, "%s", s);
}

/* "auto", true or false */
static void put_words(const struct lw_names *t, char *buf, size_t size)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *word = t->v[i].name;
		bool bare = strcmp(word, "true") == 0 || strcmp(word, "false") == 0;
		if (i > 0)
			put(buf, size, i + 1 < t->n ? ", " : " or ");
		put(buf, size, bare ? "" : "\"");
		put(buf, size, word);
		put(buf, size, bare ? "" : "\"");
	}
}

char *lw_field_form(const struct lw_field *f, char *buf, size_t size)
{
	static const char *const forms[] = {
		[LW_K_STRING] = "a string",
		[LW_K_PATH] = "an absolute path",
		[LW_K_BOOL] = "true or false",
		[LW_K_SIZE] = "a size such as \"64M\"",
		[LW_K_DURATION] = "a duration such as \"10s\"",
		[LW_K_CPUS] = "a number of cpus such as 0.5",
		[LW_K_STRLIST] = "a list of strings",
		[LW_K_PAIRS] = "a table of strings",
		[LW_K_RECORD] = "a table",
		[LW_K_RECLIST] = "a list of tables",
		[LW_K_CUSTOM] = "a table",
		[LW_K_PATHLIST] = "a list of absolute paths",
	};

	buf[0] = '\0';
	if (f->form)
		put(buf, size, f->form);
	else if (f->kind == LW_K_ENUM)
		put_words(f->names, buf, size);
	else if (f->kind == LW_K_INT)
		snprintf(buf, size, "a whole number from %lld to %lld", (long long)f->min, (long long)f->max);
	else if (f->kind == LW_K_MODE)
		snprintf(buf, size, "an octal string such as \"%s\"", f->max == 0777 ? "0022" : "0755");
	else
		put(buf, size, forms[f->kind]);
	return buf;
}

/* Text of a table's cell: a bar would end it. */
static void add_cell(struct lw_text *t, const char *s)
{
	lw_text_add(t, "| ");
	for (; *s; s++) {
		if (*s == '|')
			lw_text_add(t, "\\");
		lw_text_addn(t, s, 1);
	}
	lw_text_add(t, " ");
}

static void add_record(struct lw_text *t, const struct lw_schema *sc)
{
	char form[256];

	lw_text_add(t, "\n| key | value | default | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < sc->n; i++) {
		const struct lw_field *f = &sc->fields[i];
		lw_text_addf(t, "| `%s` ", f->key);
		add_cell(t, lw_field_form(f, form, sizeof(form)));
		add_cell(t, f->def);
		add_cell(t, f->help);
		lw_text_add(t, "|\n");
	}
	for (size_t i = 0; i < sc->n; i++) {
		if (!sc->fields[i].rec)
			continue;
		lw_text_addf(t, "\nEach of `%s`:\n", sc->fields[i].key);
		add_record(t, sc->fields[i].rec);
	}
}

static const char *merge_words(const struct lw_field *f)
{
	if (f->combine)
		return "replaces the inherited value, unless it stands on it (`inherited`)";
	switch (f->merge) {
	case LW_MERGE_MAP:
		return "merged with the inherited value, key by key";
	case LW_MERGE_BY_KEY:
		return "merged with the inherited list";
	default:
		return "replaces the inherited value";
	}
}

int lw_schema_markdown(struct lw_text *t)
{
	const struct lw_schema *sc = &lw_sandbox_schema;
	char form[256];

	lw_text_addf(t, "# Keys of a profile\n\nPrinted by `lunward profile keys` from `core/schema.c`. %s\n",
		     sc->help);
	lw_text_add(
		t,
		"\nBesides these there is `inherits`: a profile's name, a list of names, or a sandbox. They are merged "
		"from left to right, and this profile over them.\n");
	lw_text_add(t,
		    "\nSizes are 1024-based (\"64M\"), durations carry a unit (\"10s\"), modes are octal strings.\n");
	for (size_t i = 0; i < sc->n; i++) {
		const struct lw_field *f = &sc->fields[i];
		lw_text_addf(t, "\n## %s\n\n%s\n\n", f->key, f->help);
		lw_text_addf(t, "- Value: %s\n", lw_field_form(f, form, sizeof(form)));
		lw_text_addf(t, "- Default: %s\n", f->def);
		lw_text_addf(t, "- Inheriting: %s", merge_words(f));
		if (f->merge == LW_MERGE_BY_KEY)
			lw_text_addf(t, ", by `%s`", f->merge_key);
		lw_text_add(t, "\n");
		if (f->rec)
			add_record(t, f->rec);
	}
	return t->failed ? -ENOMEM : 0;
}
