/* locate.c: from a key path and the line of the record it belongs to, to the line of the key itself. Runs on the error
 * path only: the source is read again and walked as text. The path may be relative to any enclosing record, so that
 * "mounts[2].source" finds `source` in the bind { … } that starts on the record's line. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "lua/eval.h"
#include "lua/eval_channel.h"
#include "lua/scan.h"

/* The walk's tables and fields with their lists. Numbers are indices; SCAN_NONE ends a list. */
struct field {
	struct scan_field f;
	uint32_t next, first_table; /* next field of the same table; tables in its value */
};
struct table {
	struct scan_table t;
	uint32_t next, first_field, last_field; /* next table of the same field */
};
struct tree {
	const char *text;
	struct field *fields;
	struct table *tables;
	size_t n_fields, cap_fields, n_tables, cap_tables;
};

static void *grow(void *v, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap * 2 : 64;
	void *p = n < *cap ? v : realloc(v, want * size);

	if (p && n >= *cap)
		*cap = want;
	return p;
}

static int add_table(void *arg, uint32_t number, const struct scan_table *t)
{
	struct tree *tree = arg;
	struct table *v = grow(tree->tables, number, &tree->cap_tables, sizeof(*v));

	if (!v)
		return 1;
	tree->tables = v;
	tree->n_tables = number + 1;
	v[number] = (struct table){ *t, SCAN_NONE, SCAN_NONE, SCAN_NONE };
	if (t->field != SCAN_NONE) {
		v[number].next = tree->fields[t->field].first_table;
		tree->fields[t->field].first_table = number;
	}
	return 0;
}

static int add_field(void *arg, uint32_t number, const struct scan_field *f)
{
	struct tree *tree = arg;
	struct table *t = &tree->tables[f->table];
	struct field *v = grow(tree->fields, number, &tree->cap_fields, sizeof(*v));

	if (!v)
		return 1;
	tree->fields = v;
	tree->n_fields = number + 1;
	v[number] = (struct field){ *f, SCAN_NONE, SCAN_NONE };
	if (t->last_field == SCAN_NONE)
		t->first_field = number;
	else
		v[t->last_field].next = number;
	t->last_field = number;
	return 0;
}

/* When the field is the first component of path: that component's length, else 0. A key may itself have dots. */
static size_t field_matches(const struct tree *tree, const struct scan_field *f, const char *path)
{
	if (f->index != SCAN_NONE) {
		char *end;
		unsigned long i;

		if (path[0] != '[')
			return 0;
		i = strtoul(path + 1, &end, 10);
		return *end == ']' && end != path + 1 && i == f->index ? (size_t)(end + 1 - path) : 0;
	}
	if (!f->len || strlen(path) < f->len || memcmp(path, tree->text + f->at, f->len) != 0)
		return 0;
	return strchr(".[", path[f->len]) ? f->len : 0; /* strchr finds the terminator, too */
}

struct found {
	size_t len; /* of the path found */
	uint32_t line;
};

/* The longest beginning of path that table t has; `done` of it is matched already. */
static void resolve(const struct tree *tree, uint32_t t, const char *path, size_t done, struct found *best)
{
	for (uint32_t i = tree->tables[t].first_field; i != SCAN_NONE; i = tree->fields[i].next) {
		const struct field *f = &tree->fields[i];
		size_t n = field_matches(tree, &f->f, path + done), len = done + n;

		if (!n)
			continue;
		if (path[len] == '.')
			len++;
		if (len > best->len)
			*best = (struct found){ len, f->f.line };
		if (path[len])
			for (uint32_t c = f->first_table; c != SCAN_NONE; c = tree->tables[c].next)
				resolve(tree, c, path, len, best);
	}
}

static uint32_t locate(const struct tree *tree, uint32_t line, const char *path)
{
	struct found partial = { 0 };

	/* The whole path first, then without its outermost components. */
	for (const char *p = path; *p;) {
		for (uint32_t t = 0; t < tree->n_tables; t++) {
			struct found best = { 0 };

			if (tree->tables[t].t.line != line && tree->tables[t].t.head != line)
				continue;
			resolve(tree, t, p, 0, &best);
			if (best.len == strlen(p))
				return best.line;
			if (p == path && best.len > partial.len)
				partial = best;
		}
		p += strcspn(p + 1, ".[") + 1;
		if (*p == '.')
			p++;
	}
	return partial.line;
}

uint32_t scan_locate(const char *text, size_t n, uint32_t line, const char *path)
{
	struct tree tree = { .text = text };
	struct scan_walk w = { add_table, add_field, &tree };
	uint32_t ret = 0;

	if (*path && scan_walk(text, n, &w) == 0)
		ret = locate(&tree, line, path);
	free(tree.fields);
	free(tree.tables);
	return ret;
}

void lw_eval_locate_key(struct lw_err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	uint32_t line;

	/* A policy's JSON knows its lines itself. */
	if (err && strlen(err->file) > 5 && !strcmp(err->file + strlen(err->file) - 5, ".json"))
		return;
	if (!err || !err->line || !err->file[0] || !err->path[0])
		return;
	if (lw_read_file(err->file, EVAL_TEXT_MAX, &text, &n) < 0)
		return;
	line = scan_locate(text, n, err->line, err->path);
	if (line)
		err->line = line;
}
