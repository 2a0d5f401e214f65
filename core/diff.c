/* diff.c: system calls, and the order of everything else. What a row is about is known to the file that makes it. */
#include "diff.h"

#include <errno.h>
#include <string.h>
#include "filter_diff.h"

void lw_diff_add(const struct lw_diff_job *j, int sign, const char *kind, const char *what, const char *a,
		 const char *b)
{
	struct lw_diff *d = j->ret;
	if (d->n == d->cap) {
		size_t cap = d->cap ? 2 * d->cap : 64;
		struct lw_diff_row *v = lw_arena_array(j->arena, cap, sizeof *v);
		if (!v)
			return;
		if (d->n)
			memcpy(v, d->v, d->n * sizeof *v);
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n++] = (struct lw_diff_row){ sign, kind, what ? what : "", a, b };
}

static const char *verdict(const struct lw_diff_job *j, uint32_t action)
{
	char buf[64];
	return lw_arena_strdup(j->arena, lw_action_format(action, buf, sizeof buf));
}

static int diff_calls(const struct lw_diff_job *j, struct lw_err *err)
{
	struct lw_call_changes calls;
	int r = lw_filter_diff(&j->a->filter, &j->b->filter, j->arena, &calls, err);
	if (r < 0) {
		lw_err_in(err, "seccomp");
		return r;
	}
	for (size_t i = 0; i < calls.n; i++) {
		const struct lw_call_change *c = &calls.v[i];
		bool before = lw_action_permits(c->a), after = lw_action_permits(c->b);
		lw_diff_add(j, after - before, "syscall", c->what, verdict(j, c->a), verdict(j, c->b));
	}
	return 0;
}

int lw_plan_diff(const struct lw_plan *a, const struct lw_plan *b, struct lw_arena *arena, struct lw_diff *ret,
		 struct lw_err *err)
{
	struct lw_diff_job j = { a, b, arena, ret };
	*ret = (struct lw_diff){ 0 };
	int r = diff_calls(&j, err);
	if (r < 0)
		return r;
	lw_diff_rights(&j);
	lw_diff_files(&j);
	lw_diff_devices(&j);
	lw_diff_keys(&j);
	return lw_arena_failed(arena) ? lw_fail(err, -ENOMEM, "out of memory") : 0;
}
