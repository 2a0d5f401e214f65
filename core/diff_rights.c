/* diff_rights.c: capabilities, namespaces, network, ids: what a sandbox is to the host around it. */
#include <inttypes.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "diff.h"
#include "ids_modes.h"

static bool differ(const char *x, const char *y)
{
	return x && y && strcmp(x, y) != 0;
}

/* --- capabilities --- */

/* The sets that hold the capability in x and not in y, "bounding, permitted"; NULL: none. */
static const char *sets_with(const struct lw_diff_job *j, const struct lw_plan *x, const struct lw_plan *y, int64_t cap)
{
	static const char *const names[LW_CAP_SETS] = { "bounding", "effective", "permitted", "inheritable",
							"ambient" };
	const char *list = NULL;
	for (int k = 0; k < LW_CAP_SETS; k++) {
		bool there = x->spec->capabilities.set[k] >> cap & 1,
		     missing = !(y->spec->capabilities.set[k] >> cap & 1);
		if (there && missing)
			list = list ? lw_arena_printf(j->arena, "%s, %s", list, names[k]) : names[k];
	}
	return list;
}

static void diff_capabilities(const struct lw_diff_job *j)
{
	for (size_t i = 0; i < lw_capability_table.n; i++) {
		const struct lw_name *cap = &lw_capability_table.v[i];
		const char *less = sets_with(j, j->a, j->b, cap->value), *more = sets_with(j, j->b, j->a, cap->value);
		if (more)
			lw_diff_add(j, LW_DIFF_MORE, "capability", cap->name, NULL, more);
		if (less)
			lw_diff_add(j, LW_DIFF_LESS, "capability", cap->name, less, NULL);
	}
}

/* --- namespaces --- */
static const char *namespace_word(const struct lw_diff_job *j, const struct lw_plan *p, int ns)
{
	const struct lw_field *f = lw_schema_field(&lw_sandbox_schema, "namespaces");
	switch (p->spec->namespaces.mode[ns]) {
	case LW_NS_NEW:
		return "its own";
	case LW_NS_HOST:
		return "the host's";
	default:
		return lw_diff_value(j, p, &f->rec->fields[ns], &p->spec->namespaces);
	}
}

/* The least is the sandbox's own, the most the host's; what is neither stands between them. */
static int direction(int before, int after, int least, int most)
{
	if (before == after)
		return LW_DIFF_OTHER;
	if (before == least || after == most)
		return LW_DIFF_MORE;
	return before == most || after == least ? LW_DIFF_LESS : LW_DIFF_OTHER;
}

static void diff_namespaces(const struct lw_diff_job *j)
{
	for (int ns = 0; ns < LW_NS_COUNT; ns++) {
		const char *x = namespace_word(j, j->a, ns), *y = namespace_word(j, j->b, ns);
		if (ns == LW_NS_NET || !differ(x, y))
			continue;
		lw_diff_add(j,
			    direction(j->a->spec->namespaces.mode[ns], j->b->spec->namespaces.mode[ns], LW_NS_NEW,
				      LW_NS_HOST),
			    "namespace", lw_namespace_table.v[ns].name, x, y);
	}
}

/* --- ids --- */
struct ids {
	size_t n;
	struct {
		uint64_t first, end;
	} v[341];
	uint64_t leased; /* how many are the sandbox's own */
};

static int by_first(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;
	return *a < *b ? -1 : *a > *b;
}

/* The host's ids that are somebody inside. */
static void ids_of(const struct lw_plan *p, const struct lw_idmaps *m, struct ids *ret)
{
	ret->n = 0;
	ret->leased = 0;
	if (!(p->clone_flags & CLONE_NEWUSER)) {
		ret->v[ret->n].first = 0;
		ret->v[ret->n++].end = UINT32_MAX;
		return;
	}
	for (size_t i = 0; i < m->n && ret->n < ARRAY_LEN(ret->v); i++) {
		if (m->v[i].outside == LW_IDS_LEASED) {
			ret->leased += m->v[i].count;
			continue;
		}
		ret->v[ret->n].first = m->v[i].outside;
		ret->v[ret->n++].end = (uint64_t)m->v[i].outside + m->v[i].count;
	}
	qsort(ret->v, ret->n, sizeof ret->v[0], by_first);
}

static void add_ids(const struct lw_diff_job *j, int sign, const char *noun, uint64_t first, uint64_t end)
{
	const char *what = end - first == 1 ? lw_arena_printf(j->arena, "%s %" PRIu64 " of the host", noun, first)
					    : lw_arena_printf(j->arena, "%ss %" PRIu64 "-%" PRIu64 " of the host", noun,
							      first, end - 1);
	lw_diff_add(j, sign, "id", what, NULL, NULL);
}

/* Those of x that y has not. */
static void diff_ids(const struct lw_diff_job *j, int sign, const char *noun, const struct ids *x, const struct ids *y)
{
	for (size_t i = 0; i < x->n; i++) {
		uint64_t at = x->v[i].first;
		for (size_t k = 0; k < y->n && at < x->v[i].end; k++) {
			if (y->v[k].end <= at || y->v[k].first >= x->v[i].end)
				continue;
			if (y->v[k].first > at)
				add_ids(j, sign, noun, at, y->v[k].first);
			at = y->v[k].end;
		}
		if (at < x->v[i].end)
			add_ids(j, sign, noun, at, x->v[i].end);
	}
}

static const char *who(const struct lw_diff_job *j, const struct lw_plan *p)
{
	const char *text = lw_arena_printf(j->arena, "uid %" PRIu32 ", gid %" PRIu32, p->uid, p->gid);
	for (size_t i = 0; i < p->n_groups; i++)
		text = lw_arena_printf(j->arena, "%s%s%" PRIu32, text, i ? ", " : ", groups ", p->groups[i]);
	return text;
}

static void diff_who(const struct lw_diff_job *j)
{
	const struct {
		const char *noun;
		const struct lw_idmaps *a, *b;
	} maps[] = { { "uid", &j->a->uid_map, &j->b->uid_map }, { "gid", &j->a->gid_map, &j->b->gid_map } };
	struct ids *x = lw_arena_alloc(j->arena, sizeof *x), *y = lw_arena_alloc(j->arena, sizeof *y);
	const char *x_who = who(j, j->a), *y_who = who(j, j->b);
	bool joined = j->a->spec->namespaces.mode[LW_NS_USER] == LW_NS_JOIN ||
		      j->b->spec->namespaces.mode[LW_NS_USER] == LW_NS_JOIN;
	if (differ(x_who, y_who))
		lw_diff_add(j, direction(j->a->uid == 0, j->b->uid == 0, false, true), "id", "runs as", x_who, y_who);
	if (!x || !y || joined) /* what a joined one maps is not known here */
		return;
	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		ids_of(j->a, maps[i].a, x);
		ids_of(j->b, maps[i].b, y);
		diff_ids(j, LW_DIFF_MORE, maps[i].noun, y, x);
		diff_ids(j, LW_DIFF_LESS, maps[i].noun, x, y);
	}
	if (strcmp(lw_ids_words(j->a), lw_ids_words(j->b)) != 0)
		lw_diff_add(j, LW_DIFF_OTHER, "id", "ids inside", lw_ids_words(j->a), lw_ids_words(j->b));
}

/* --- network --- */
static const char *network_word(const struct lw_diff_job *j, const struct lw_plan *p)
{
	switch (p->spec->network.kind) {
	case LW_NET_NONE:
		return "a loopback interface of its own";
	case LW_NET_HOST:
		return "the host's";
	default:
		return lw_diff_value(j, p, lw_schema_field(&lw_sandbox_schema, "network"), p->spec);
	}
}

static void diff_network(const struct lw_diff_job *j)
{
	const char *x = network_word(j, j->a), *y = network_word(j, j->b);
	if (differ(x, y))
		lw_diff_add(j, direction(j->a->spec->network.kind, j->b->spec->network.kind, LW_NET_NONE, LW_NET_HOST),
			    "network", "network", x, y);
}

void lw_diff_rights(const struct lw_diff_job *j)
{
	diff_capabilities(j);
	diff_network(j);
	diff_namespaces(j);
	diff_who(j);
}
