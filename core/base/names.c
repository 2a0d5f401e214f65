/* names.c: looks names up in tables of struct lw_names, both ways. The tables are data in core/tables; nothing here
 * knows what a number means, except for printing a capability mask. */
#include "base/names.h"
#include <stdio.h>
#include <string.h>
#include "base/text.h"

static const char *without_prefix(const struct lw_names *t, const char *name)
{
	const char *rest = t->prefix ? lw_case_skip(name, t->prefix) : NULL;
	return rest ? rest : name;
}

int64_t lw_names_value(const struct lw_names *t, const char *name)
{
	name = without_prefix(t, name);
	for (size_t i = 0; i < t->n; i++)
		if (lw_case_equal(t->v[i].name, name))
			return t->v[i].value;
	return -1;
}

const char *lw_names_name(const struct lw_names *t, int64_t value)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].value == value)
			return t->v[i].name;
	return NULL;
}

const char *lw_names_nearest(const struct lw_names *t, const char *word)
{
	struct lw_near near = { .word = without_prefix(t, word) };
	for (size_t i = 0; i < t->n; i++)
		lw_near_offer(&near, t->v[i].name);
	return near.best;
}

char *lw_caps_format(uint64_t mask, char *buf, size_t size)
{
	if (!size)
		return buf;
	snprintf(buf, size, "%s", mask ? "" : "none");
	size_t at = 0;
	for (int bit = 0; bit < 64; bit++) {
		if (!(mask >> bit & 1))
			continue;
		char number[16];
		const char *name = lw_names_name(&lw_capability_table, bit);
		if (!name) {
			/* A kernel newer than the table. */
			snprintf(number, sizeof(number), "%d", bit);
			name = number;
		}
		int n = snprintf(buf + at, size - at, "%s%s", at ? ", " : "", name);
		if ((size_t)n >= size - at) {
			const char *more = "...";
			size_t start = at + sizeof("...") <= size ? at
				       : size > sizeof("...")     ? size - sizeof("...")
								  : 0;
			snprintf(buf + start, size - start, "%s", more);
			return buf;
		}
		at += (size_t)n;
	}
	return buf;
}
