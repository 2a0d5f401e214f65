/* call_show.c: writes sets of calls as patterns that call_pattern.c reads back: values, ranges, "all but", bits. The
 * shortest spelling that is exactly right wins; what has none is told in several. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "call_text.h"
#include "filter_diff.h"

#define LISTED 16 /* so many values are told one by one */
#define EXCEPT 6  /* and so many as "all but" */

struct range {
	uint64_t first, last;
};

struct writer {
	const struct lw_call_words *words; /* or NULL */
	unsigned arg;
	uint64_t width;
	struct lw_arena *a;
	struct lw_shown_list *ret;
	int r;
};

static const struct lw_call_words *words_of(const char *call)
{
	for (unsigned i = 0; i < lw_call_words_count; i++)
		if (strcmp(lw_call_words_table[i].name, call) == 0)
			return &lw_call_words_table[i];
	return NULL;
}

/* Is the constant one for this argument? */
static bool fits(const struct writer *w, const struct lw_call_constant *c)
{
	const char *p = w->words ? w->words->prefixes[w->arg] : "";
	while (*p) {
		size_t n = strcspn(p, "|");
		if (strncmp(c->name, p, n) == 0)
			return true;
		p += n + (p[n] == '|');
	}
	return false;
}

static void write_number(struct lw_text *t, uint64_t v)
{
	lw_text_addf(t, v < 10000 ? "%" PRIu64 : "0x%" PRIx64, v);
}

/* A value; alone: not in a list, where '|' between bits would join them. */
static void write_value(const struct writer *w, struct lw_text *t, uint64_t v, bool alone)
{
	uint64_t rest = v;
	for (unsigned i = 0; i < lw_call_constant_count; i++) {
		const struct lw_call_constant *c = &lw_call_constant_table[i];
		if ((c->value & w->width) == v && fits(w, c) && (alone || !c->flag)) {
			lw_text_add(t, c->name);
			return;
		}
	}
	size_t before = t->len;
	for (unsigned i = 0; i < lw_call_constant_count && alone; i++) {
		const struct lw_call_constant *c = &lw_call_constant_table[i];
		if (!c->flag || !fits(w, c) || !c->value || (rest & c->value) != c->value)
			continue;
		lw_text_addf(t, "%s%s", t->len > before ? "|" : "", c->name);
		rest &= ~c->value;
	}
	if (t->len > before && rest)
		lw_text_add(t, "|");
	if (t->len == before || rest)
		write_number(t, rest);
}

static void put(struct writer *w, const struct lw_text *t, uint64_t example)
{
	struct lw_shown_list *l = w->ret;
	if (w->r == 0 && l->n == l->cap) {
		unsigned cap = l->cap ? 2 * l->cap : 8;
		struct lw_shown *v = lw_arena_array(w->a, cap, sizeof *v);
		if (v && l->n)
			memcpy(v, l->v, l->n * sizeof *v);
		w->r = v ? 0 : -ENOMEM;
		l->v = v ? v : l->v;
		l->cap = v ? cap : l->cap;
	}
	const char *copy = t->failed || !t->buf ? NULL : lw_arena_strdup(w->a, t->buf);
	w->r = w->r == 0 && !copy ? -ENOMEM : w->r;
	if (w->r == 0)
		l->v[l->n++] = (struct lw_shown){ copy, example };
}

/* "SIGN V": one comparison. */
static void put_one(struct writer *w, const char *sign, uint64_t v, uint64_t example)
{
	struct lw_text t = { 0 };
	lw_text_add(&t, sign);
	write_value(w, &t, v, true);
	put(w, &t, example);
	lw_text_done(&t);
}

static void put_cube(struct writer *w, struct lw_cube c)
{
	struct lw_text t = { 0 };
	if (c.mask == w->width) {
		put_one(w, "", c.value, c.value);
		return;
	}
	lw_text_add(&t, "&");
	write_value(w, &t, c.mask, true);
	lw_text_add(&t, "=");
	write_value(w, &t, c.value, true);
	put(w, &t, c.value);
	lw_text_done(&t);
}

/* --- ranges --- */
static uint64_t span(struct range r)
{
	uint64_t n = r.last - r.first;
	return n == UINT64_MAX ? n : n + 1;
}

static uint64_t total(const struct range *v, unsigned n)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum = sum + span(v[i]) < sum ? UINT64_MAX : sum + span(v[i]);
	return sum;
}

/* Every value of the ranges that are short enough to be listed, as one list: "1|2|3". */
static void put_list(struct writer *w, const char *sign, const struct range *v, unsigned n, uint64_t example)
{
	struct lw_text t = { 0 };
	bool alone = total(v, n) == 1;
	lw_text_add(&t, sign);
	for (unsigned i = 0; i < n; i++) {
		for (uint64_t k = 0; k < span(v[i]); k++) {
			if (t.len > strlen(sign))
				lw_text_add(&t, "|");
			write_value(w, &t, v[i].first + k, alone);
		}
	}
	put(w, &t, example);
	lw_text_done(&t);
}

/* A range with two ends has no spelling of its own: the fewest groups of bits that make it up. */
static void put_between(struct writer *w, struct range r)
{
	for (uint64_t at = r.first;;) {
		uint64_t size = at ? at & -at : UINT64_C(1) << 63;
		while (size - 1 > r.last - at)
			size >>= 1;
		put_cube(w, (struct lw_cube){ w->width & ~(size - 1), at });
		if (r.last - at == size - 1)
			return;
		at += size;
	}
}

static void put_ranges(struct writer *w, struct range *v, unsigned n)
{
	struct range *gaps = lw_arena_array(w->a, n + 1, sizeof *gaps);
	unsigned n_gaps = 0, kept = 0;
	uint64_t at = 0;
	if (!gaps) {
		w->r = -ENOMEM;
		return;
	}
	for (unsigned i = 0; i < n; at = v[i].last + 1, i++)
		if (v[i].first > at)
			gaps[n_gaps++] = (struct range){ at, v[i].first - 1 };
	if (v[n - 1].last != w->width)
		gaps[n_gaps++] = (struct range){ v[n - 1].last + 1, w->width };
	uint64_t missing = total(gaps, n_gaps);
	if (total(v, n) > LISTED && missing && (missing == 1 || (n > 1 && missing <= EXCEPT))) {
		put_list(w, "!=", gaps, n_gaps, v[0].first);
		return;
	}
	bool list = total(v, n) <= LISTED;
	for (unsigned i = 0; i < n; i++) {
		if (list || span(v[i]) == 1)
			v[kept++] = v[i];
		else if (v[i].first == 0)
			put_one(w, "<", v[i].last + 1, 0);
		else if (v[i].last == w->width)
			put_one(w, ">=", v[i].first, v[i].first);
		else
			put_between(w, v[i]);
	}
	for (unsigned i = 0; i < kept; i += LISTED)
		put_list(w, "", v + i, kept - i < LISTED ? kept - i : LISTED, v[i].first);
}

static int by_first(const void *x, const void *y)
{
	const struct range *a = x, *b = y;
	return a->first < b->first ? -1 : a->first > b->first;
}

static bool touches(struct lw_cube c, const struct lw_value_set *out)
{
	for (unsigned i = 0; i < out->n; i++)
		if (lw_cube_meets(c, out->v[i]))
			return true;
	return false;
}

/* The cube without bits that it does not need, from the lowest on. suffix: only as long as what is left are the highest
 * bits, so that the cube is a range. */
static struct lw_cube widen(struct lw_cube c, const struct lw_value_set *out, bool suffix)
{
	for (uint64_t bits = c.mask; bits; bits &= bits - 1) {
		uint64_t bit = bits & -bits;
		struct lw_cube wide = { c.mask & ~bit, c.value & ~bit };
		if (!touches(wide, out))
			c = wide;
		else if (suffix)
			break;
	}
	return c;
}

/* The set as sorted ranges that do not touch; 0 when it is not made of ranges. */
static unsigned ranges_of(const struct writer *w, const struct lw_value_set *in, const struct lw_value_set *out,
			  struct range *v)
{
	unsigned n = 0;
	for (unsigned i = 0; i < in->n; i++) {
		struct lw_cube c = widen(in->v[i], out, true);
		uint64_t below = w->width & ~c.mask;
		if (below & (below + 1))
			return 0;
		v[i] = (struct range){ c.value, c.value | below };
	}
	qsort(v, in->n, sizeof *v, by_first);
	for (unsigned i = 0; i < in->n; i++) {
		if (n && v[n - 1].last != UINT64_MAX && v[i].first <= v[n - 1].last + 1)
			v[n - 1].last = v[i].last > v[n - 1].last ? v[i].last : v[n - 1].last;
		else if (!n || v[i].first > v[n - 1].last)
			v[n++] = v[i];
	}
	return n;
}

static void put_cubes(struct writer *w, const struct lw_value_set *in, const struct lw_value_set *out)
{
	struct lw_value_set told = { 0 };
	for (unsigned i = 0; i < in->n && w->r == 0; i++) {
		bool covered = false;
		for (unsigned k = 0; k < told.n; k++)
			covered = covered || lw_cube_in(in->v[i], told.v[k]);
		if (covered)
			continue;
		struct lw_cube c = widen(in->v[i], out, false);
		put_cube(w, c);
		if (w->r == 0)
			w->r = lw_value_set_add(&told, c, w->a);
	}
}

int lw_call_show_values(const char *call, unsigned arg, uint64_t width, const struct lw_value_set *in,
			const struct lw_value_set *out, struct lw_arena *a, struct lw_shown_list *ret)
{
	struct writer w = { .words = words_of(call), .arg = arg, .width = width, .a = a, .ret = ret };
	struct range *v = lw_arena_array(a, in->n, sizeof *v);
	if (!v)
		return -ENOMEM;
	unsigned n = ranges_of(&w, in, out, v);
	if (n)
		put_ranges(&w, v, n);
	else
		put_cubes(&w, in, out);
	return w.r;
}

const char *lw_call_show(const char *prefix, const char *call, const char *const args[6], struct lw_arena *a)
{
	const struct lw_call_words *words = words_of(call);
	struct lw_text t = { 0 };
	unsigned n = 0;
	for (unsigned i = 0; i < 6; i++)
		n = args[i] ? i + 1 : n;
	lw_text_addf(&t, "%s%s", prefix, call);
	for (unsigned i = 0; i < n; i++)
		lw_text_addf(&t, "%s%s", i ? ", " : "(", args[i] ? args[i] : "*");
	if (n && words && n < words->n)
		lw_text_add(&t, ", *");
	if (n)
		lw_text_add(&t, ")");
	const char *copy = t.failed ? NULL : lw_arena_strdup(a, t.buf);
	lw_text_done(&t);
	return copy;
}
