/* filter_diff.c: two filters side by side, call by call. What a call's arguments can be is split into parts that
 * neither program tells further apart; the parts of one argument that always lead to the same pair of verdicts are one
 * group; boxes of groups with one pair of verdicts become lines. Nothing is said that was not seen by running both
 * programs. */
#include "filter_diff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "filter_boxes.h"
#include "seccomp_policy.h"

#define ARGS LW_BOX_ARGS
#define PARTS LW_BOX_CHOICES      /* of one argument */
#define CELLS (UINT32_C(1) << 18) /* combinations of parts that are run */
#define PAIRS 255

/* The values of a word of an argument, by what the comparisons tell apart. */
struct classes {
	unsigned n;
	struct lw_value_set v[PARTS];
};
/* A part of an argument: a class of its low word with one of its high word. */
struct argument {
	struct classes *low, *high;
	unsigned n;
	uint16_t group[PARTS]; /* of part low + high * low->n */
	uint16_t first[PARTS]; /* a part of each group */
};
struct pair {
	uint32_t a, b;
};
struct job {
	const struct lw_filter *f, *g;
	const struct lw_abi *abi;
	struct lw_arena *a; /* of the result */
	struct lw_arena *scratch;
	struct lw_call_changes *ret;
	/* of the call being compared */
	const char *name;
	struct seccomp_data call;
	struct argument arg[ARGS];
	unsigned n_pairs;
	struct pair pairs[PAIRS];
	struct lw_box_table table; /* which pair, by part of each argument; then by group */
};

bool lw_action_permits(uint32_t action)
{
	action &= SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static uint32_t run(const struct lw_filter *f, const struct seccomp_data *call)
{
	return f->n ? lw_filter_run(f->insns, f->n, call) : SECCOMP_RET_ALLOW;
}

static int push(struct job *j, struct lw_call_change c)
{
	struct lw_call_changes *l = j->ret;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct lw_call_change *v = lw_arena_array(j->a, cap, sizeof *v);
		if (!v)
			return -ENOMEM;
		if (l->n)
			memcpy(v, l->v, l->n * sizeof *v);
		l->v = v;
		l->cap = cap;
	}
	if (!c.what)
		return -ENOMEM;
	l->v[l->n++] = c;
	return 0;
}

/* --- parts --- */
static int split(struct job *j, struct classes *c, const struct lw_word_test *t)
{
	struct lw_value_set side[2];
	int r = lw_value_set_of_test(t, false, j->scratch, &side[0]);
	if (r == 0)
		r = lw_value_set_of_test(t, true, j->scratch, &side[1]);
	for (unsigned i = 0, n = c->n; i < n && r == 0; i++) {
		struct lw_value_set half[2] = { 0 };
		for (unsigned k = 0; k < 2 && r == 0; k++)
			r = lw_value_set_meet(&c->v[i], &side[k], j->scratch, &half[k]);
		if (r < 0 || !half[0].n || !half[1].n)
			continue;
		if (c->n == PARTS)
			return -E2BIG;
		c->v[i] = half[0];
		c->v[c->n++] = half[1];
	}
	return r;
}

static struct classes *word_classes(struct job *j, unsigned word, const struct lw_filter_tests *tests, int *ret)
{
	struct classes *c = lw_arena_alloc(j->scratch, sizeof *c);
	uint32_t possible = (uint32_t)(j->abi->argument_mask >> (word & 1 ? 32 : 0));
	*ret = c ? lw_value_set_add(&c->v[0], (struct lw_cube){ ~possible, 0 }, j->scratch) : -ENOMEM;
	if (*ret < 0)
		return NULL;
	c->v[0].v[0].mask &= UINT32_MAX;
	c->n = 1;
	for (unsigned i = 0; i < tests->n && *ret == 0; i++)
		if (tests->v[i].word == word)
			*ret = split(j, c, &tests->v[i]);
	return c;
}

static uint64_t part_value(const struct argument *g, unsigned part)
{
	return g->low->v[part % g->low->n].v[0].value | g->high->v[part / g->low->n].v[0].value << 32;
}

/* Finds what the arguments are made of; *ret_total: how many combinations there are. */
static int find_parts(struct job *j, const struct lw_filter_tests *tests, uint32_t *ret_total)
{
	uint64_t total = 1;
	int r = 0;
	for (unsigned i = 0; i < ARGS && r == 0; i++) {
		struct argument *g = &j->arg[i];
		g->low = word_classes(j, 2 * i, tests, &r);
		if (r == 0)
			g->high = word_classes(j, 2 * i + 1, tests, &r);
		if (r < 0)
			return r;
		g->n = g->low->n * g->high->n;
		total *= g->n;
		if (g->n > PARTS || total > CELLS)
			return -E2BIG;
	}
	*ret_total = (uint32_t)total;
	return r;
}

/* --- verdicts --- */
static int pair_of(struct job *j, struct pair p, uint8_t *ret)
{
	unsigned i = 0;
	while (i < j->n_pairs && (j->pairs[i].a != p.a || j->pairs[i].b != p.b))
		i++;
	if (i == PAIRS)
		return -E2BIG;
	if (i == j->n_pairs)
		j->pairs[j->n_pairs++] = p;
	*ret = (uint8_t)i;
	return 0;
}

static int judge(struct job *j, uint32_t total)
{
	int r = 0;
	j->n_pairs = 0;
	j->table.cells = lw_arena_array(j->scratch, total, sizeof *j->table.cells);
	j->table.covered = lw_arena_array(j->scratch, total, sizeof *j->table.covered);
	if (!j->table.cells || !j->table.covered)
		return -ENOMEM;
	for (uint32_t cell = 0; cell < total && r == 0; cell++) {
		uint32_t pick = cell;
		for (unsigned i = 0; i < ARGS; i++) {
			j->call.args[i] = part_value(&j->arg[i], pick % j->arg[i].n);
			pick /= j->arg[i].n;
		}
		r = pair_of(j, (struct pair){ run(j->f, &j->call), run(j->g, &j->call) }, &j->table.cells[cell]);
	}
	return r;
}

static bool same(struct pair p)
{
	return p.a == p.b;
}

/* Is the table the same for two parts of an argument? below: how many combinations the arguments before it have. */
static bool alike(const struct job *j, uint32_t total, uint32_t below, unsigned n, unsigned x, unsigned y)
{
	for (uint32_t over = 0; over < total; over += below * n)
		if (memcmp(j->table.cells + over + x * below, j->table.cells + over + y * below, below) != 0)
			return false;
	return true;
}

/* Parts that make no difference become one; the table shrinks to the groups. Returns its new size. */
static uint32_t group(struct job *j, uint32_t total)
{
	uint32_t below = 1;
	for (unsigned i = 0; i < ARGS; i++) {
		struct argument *g = &j->arg[i];
		unsigned groups = 0;
		for (unsigned part = 0; part < g->n; part++) {
			unsigned k = 0;
			while (k < groups && !alike(j, total, below, g->n, g->first[k], part))
				k++;
			if (k == groups)
				g->first[groups++] = (uint16_t)part;
			g->group[part] = (uint16_t)k;
		}
		uint32_t to = 0;
		for (uint32_t over = 0; over < total; over += below * g->n)
			for (unsigned k = 0; k < groups; k++, to += below)
				memmove(j->table.cells + to, j->table.cells + over + g->first[k] * below, below);
		total = to;
		below *= groups;
		j->table.n[i] = groups;
	}
	return total;
}

/* --- back to values --- */

/* Those of the classes for which `in` says so; all of them is one cube. */
static int join_classes(struct job *j, const struct classes *c, const bool *in, struct lw_value_set *ret)
{
	bool all = true;
	int r = 0;
	for (unsigned i = 0; i < c->n; i++)
		all = all && in[i];
	if (all)
		return lw_value_set_add(ret, (struct lw_cube){ 0, 0 }, j->scratch);
	for (unsigned i = 0; i < c->n; i++)
		for (unsigned k = 0; in[i] && k < c->v[i].n && r == 0; k++)
			r = lw_value_set_add(ret, c->v[i].v[k], j->scratch);
	return r;
}

/* The values of an argument whose groups are in the box, or, with `outside`, of the others. High words that go with the
 * same low words are taken together: so few cubes are enough. */
static int values_of(struct job *j, const struct argument *g, const bool *in, bool outside, struct lw_value_set *ret)
{
	bool done[PARTS] = { false };
	int r = 0;
	for (unsigned h = 0; h < g->high->n && r == 0; h++) {
		bool low[PARTS], high[PARTS] = { false };
		bool any = false;
		struct lw_value_set lows = { 0 }, highs = { 0 };
		if (done[h])
			continue;
		for (unsigned l = 0; l < g->low->n; l++) {
			low[l] = in[g->group[l + h * g->low->n]] != outside;
			any = any || low[l];
		}
		for (unsigned other = h; other < g->high->n; other++) {
			bool alike_low = true;
			for (unsigned l = 0; l < g->low->n; l++)
				alike_low = alike_low && (in[g->group[l + other * g->low->n]] != outside) == low[l];
			high[other] = alike_low;
			done[other] = done[other] || alike_low;
		}
		if (!any)
			continue;
		r = join_classes(j, g->low, low, &lows);
		if (r == 0)
			r = join_classes(j, g->high, high, &highs);
		for (unsigned i = 0; i < highs.n; i++)
			highs.v[i] = (struct lw_cube){ highs.v[i].mask << 32, highs.v[i].value << 32 };
		if (r == 0)
			r = lw_value_set_meet(&highs, &lows, j->scratch, ret);
	}
	return r;
}

static const char *prefix(const struct job *j)
{
	const char *text = j->abi == &lw_abi_native ? "" : lw_arena_printf(j->scratch, "%s:", j->abi->name);
	return text ? text : "";
}

static int tell(struct job *j, const struct lw_box *b, struct pair p)
{
	struct lw_shown_list shown[ARGS] = { 0 };
	unsigned at[ARGS] = { 0 };
	int r = 0;
	for (unsigned i = 0; i < ARGS && r == 0; i++) {
		struct lw_value_set in = { 0 }, out = { 0 };
		if (lw_box_full(&j->table, b, i))
			continue;
		r = values_of(j, &j->arg[i], b->in[i], false, &in);
		if (r == 0)
			r = values_of(j, &j->arg[i], b->in[i], true, &out);
		if (r == 0)
			r = lw_call_show_values(j->name, i, lw_call_argument_mask(j->name, i) & j->abi->argument_mask,
						&in, &out, j->scratch, &shown[i]);
	}
	while (r == 0) {
		struct lw_call_change c = { .a = p.a, .b = p.b, .example = j->call };
		const char *args[ARGS] = { NULL };
		for (unsigned i = 0; i < ARGS; i++) {
			args[i] = shown[i].n ? shown[i].v[at[i]].text : NULL;
			c.example.args[i] = shown[i].n ? shown[i].v[at[i]].example : 0;
		}
		c.what = lw_call_show(prefix(j), j->name, args, j->a);
		r = push(j, c);
		unsigned i = 0;
		while (i < ARGS && ++at[i] >= shown[i].n)
			at[i++] = 0;
		if (i == ARGS)
			break;
	}
	return r;
}

/* --- calls --- */

/* One call for each pair of verdicts that was not met before. */
static int try_call(void *arg, const uint64_t args[ARGS])
{
	struct job *j = arg;
	char text[ARGS][24];
	const char *shown[ARGS] = { NULL };
	unsigned known = j->n_pairs;
	uint8_t pair;
	for (unsigned i = 0; i < ARGS; i++) {
		j->call.args[i] = args[i] & j->abi->argument_mask;
		snprintf(text[i], sizeof text[i], "%#llx",
			 (unsigned long long)(j->call.args[i] & lw_call_argument_mask(j->name, i)));
		shown[i] = text[i];
	}
	struct pair p = { run(j->f, &j->call), run(j->g, &j->call) };
	int r = same(p) ? 0 : pair_of(j, p, &pair);
	if (r < 0 || j->n_pairs == known)
		return 0; /* more pairs than are counted: they are not told either */
	return push(j, (struct lw_call_change){ .what = lw_call_show(prefix(j), j->name, shown, j->a),
						.a = p.a,
						.b = p.b,
						.example = j->call });
}

/* Too many parts: what is found by trying, and that there may be more. */
static int sample(struct job *j, const struct lw_filter_tests *tests)
{
	j->n_pairs = 0;
	int r = lw_filter_tests_try(tests, try_call, j);
	struct pair p = { run(j->f, &j->call), run(j->g, &j->call) };
	return r < 0 ? r
		     : push(j, (struct lw_call_change){
				       .what = lw_arena_printf(j->a,
							       "%s%s: other arguments; there are too many ways to tell",
							       prefix(j), j->name),
				       .words = true,
				       .a = p.a,
				       .b = p.b,
				       .example = j->call });
}

static int compare_call(struct job *j, unsigned nr)
{
	struct lw_filter_tests *tests = lw_arena_alloc(j->scratch, sizeof *tests);
	struct lw_box *b = lw_arena_alloc(j->scratch, sizeof *b);
	uint32_t total = 0;
	j->name = j->abi->names[nr];
	j->call = (struct seccomp_data){ .nr = (int)(j->abi->first + nr), .arch = j->abi->audit_arch };
	int r = tests && b ? 0 : -ENOMEM;
	for (unsigned i = 0; i < 2 && r == 0; i++)
		r = lw_filter_tests_add(i ? j->g : j->f, j->call.arch, (uint32_t)j->call.nr, j->scratch, tests);
	if (r == 0)
		r = find_parts(j, tests, &total);
	if (r == 0)
		r = judge(j, total);
	if (r == -E2BIG)
		return sample(j, tests);
	if (r < 0)
		return r;
	total = group(j, total);
	for (uint32_t cell = 0; cell < total && r == 0; cell++) {
		struct pair p = j->pairs[j->table.cells[cell]];
		if (same(p) || j->table.covered[cell])
			continue;
		lw_box_grow(&j->table, cell, b);
		r = tell(j, b, p);
	}
	return r;
}

/* Numbers that have no name in the table, its end and what lies beyond. */
static int compare_unnamed(struct job *j)
{
	static const uint32_t beyond[] = { 0, 1, 2, 100, 0x1fffffff };
	const unsigned count = *j->abi->count;
	j->n_pairs = 0;
	for (unsigned i = 0; i < count + sizeof beyond / sizeof beyond[0]; i++) {
		struct seccomp_data call = { .arch = j->abi->audit_arch };
		uint32_t nr = i < count ? i : count + beyond[i - count];
		uint8_t pair;
		if (i < count && j->abi->names[i])
			continue;
		call.nr = (int)(j->abi->first + nr);
		struct pair p = { run(j->f, &call), run(j->g, &call) };
		unsigned known = j->n_pairs;
		int r = same(p) ? 0 : pair_of(j, p, &pair);
		if (r == 0 && !same(p) && j->n_pairs > known)
			r = push(j, (struct lw_call_change){
					    .what = j->abi == &lw_abi_native
							    ? "calls newer than lunward"
							    : lw_arena_printf(j->a, "%s: calls newer than lunward",
									      j->abi->name),
					    .words = true,
					    .a = p.a,
					    .b = p.b,
					    .example = call });
		if (r < 0)
			return r;
	}
	return 0;
}

/* Is every call of the ABI the end of the process, whatever its arguments? */
static int refuses(const struct job *j, const struct lw_filter *f, bool *ret)
{
	struct lw_arena *scratch = lw_arena_new();
	struct lw_filter_tests *tests = scratch ? lw_arena_alloc(scratch, sizeof *tests) : NULL;
	int r = tests ? 0 : -ENOMEM;
	*ret = j->abi != &lw_abi_native;
	for (unsigned nr = 0; nr < *j->abi->count && r == 0 && *ret; nr++) {
		struct seccomp_data call = { .nr = (int)(j->abi->first + nr), .arch = j->abi->audit_arch };
		r = lw_filter_tests_add(f, call.arch, (uint32_t)call.nr, scratch, tests);
		r = r == -E2BIG ? 0 : r; /* it compares arguments: that is enough to know */
		*ret = tests->n == 0 && run(f, &call) == SECCOMP_RET_KILL_PROCESS;
	}
	lw_arena_free(scratch);
	return r;
}

/* One of them knows the ABI and the other does not: a list of all calls would tell nothing more. */
static int tell_abi(struct job *j, bool more)
{
	const struct lw_abi *abi = j->abi;
	const struct lw_filter *f = more ? j->g : j->f;
	struct seccomp_data example = { .nr = (int)abi->first, .arch = abi->audit_arch };
	for (unsigned nr = 0; nr < *abi->count; nr++) {
		struct seccomp_data call = { .nr = (int)(abi->first + nr), .arch = abi->audit_arch };
		if (lw_action_permits(run(f, &call))) {
			example = call;
			break;
		}
	}
	return push(j, (struct lw_call_change){ .what = lw_arena_printf(j->a, "the ABI %s", abi->name),
						.words = true,
						.a = run(j->f, &example),
						.b = run(j->g, &example),
						.example = example });
}

static int compare_abi(struct job *j)
{
	bool f_refuses = false, g_refuses = false;
	int r = refuses(j, j->f, &f_refuses);
	if (r == 0)
		r = refuses(j, j->g, &g_refuses);
	if (r < 0 || (f_refuses && g_refuses))
		return r;
	if (f_refuses || g_refuses)
		return tell_abi(j, f_refuses);
	for (unsigned nr = 0; nr < *j->abi->count && r == 0; nr++) {
		if (!j->abi->names[nr])
			continue;
		j->scratch = lw_arena_new();
		r = j->scratch ? compare_call(j, nr) : -ENOMEM;
		j->scratch = lw_arena_free(j->scratch);
	}
	return r < 0 ? r : compare_unnamed(j);
}

int lw_filter_diff(const struct lw_filter *f, const struct lw_filter *g, struct lw_arena *a,
		   struct lw_call_changes *ret, struct lw_err *err)
{
	unsigned n;
	const struct lw_abi *foreign = lw_abi_foreign(&n);
	struct job *j = lw_arena_alloc(a, sizeof *j);
	*ret = (struct lw_call_changes){ 0 };
	if (!j)
		return lw_fail(err, -ENOMEM, "out of memory");
	if (f->n == g->n && (f->n == 0 || memcmp(f->insns, g->insns, f->n * sizeof *f->insns) == 0))
		return 0;
	*j = (struct job){ .f = f, .g = g, .abi = &lw_abi_native, .a = a, .ret = ret };
	int r = compare_abi(j);
	for (unsigned i = 0; i < n && r == 0; i++) {
		j->abi = &foreign[i];
		r = compare_abi(j);
	}
	switch (r) {
	case 0:
		return 0;
	case -ENOMEM:
		return lw_fail(err, r, "out of memory");
	default:
		return lw_fail(err, r, "a filter of a form that cannot be compared");
	}
}
