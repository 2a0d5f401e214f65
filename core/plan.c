/* plan.c: builds a plan by walking the stages. Planning changes nothing and needs no privilege; what a stage may look
 * at is the spec and the host. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "plan.h"
#include "stage.h"

struct lw_op *lw_plan_add(struct lw_plan *p, int kind, const struct lw_rec *rec, const char *key)
{
	if (p->n_ops == p->cap_ops) {
		size_t cap = p->cap_ops ? p->cap_ops * 2 : 128;
		struct lw_op *ops = lw_arena_array(p->arena, cap, sizeof *ops);
		if (!ops)
			return NULL;
		if (p->n_ops)
			memcpy(ops, p->ops, p->n_ops * sizeof *ops);
		p->ops = ops;
		p->cap_ops = cap;
	}
	struct lw_op *op = &p->ops[p->n_ops++];
	*op = (struct lw_op){ .kind = kind, .side = lw_op_side(kind), .key = key ? key : "" };
	op->origin = rec && rec->origin.file ? rec->origin : p->spec->rec.origin;
	return op;
}

int lw_plan_op(struct lw_plan *p, int kind, const struct lw_rec *rec, const char *key, struct lw_op with)
{
	struct lw_op *op = lw_plan_add(p, kind, rec, key);
	if (!op)
		return -ENOMEM;
	memcpy(op->str, with.str, sizeof op->str);
	memcpy(op->num, with.num, sizeof op->num);
	return 0;
}

int lw_plan_slot(struct lw_plan *p)
{
	return p->n_fds++;
}

void lw_plan_note(struct lw_plan *p, const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	const char **notes = lw_arena_array(p->arena, p->n_notes + 1, sizeof *notes);
	if (!notes)
		return;
	if (p->n_notes)
		memcpy(notes, p->notes, p->n_notes * sizeof *notes);
	notes[p->n_notes++] = lw_arena_strdup(p->arena, buf);
	p->notes = notes;
}

int lw_plan_build(const struct lw_spec *s, const struct lw_host *h, struct lw_plan **ret, struct lw_err *err)
{
	struct lw_arena *a = lw_arena_new();
	struct lw_plan *p = a ? lw_arena_alloc(a, sizeof *p) : NULL;
	if (!p) {
		lw_arena_free(a);
		return lw_fail(err, -ENOMEM, "out of memory");
	}
	if (s->root.kind == LW_ROOT_DIR && !s->root.path) {
		lw_arena_free(a);
		return lw_fail(err, -EINVAL, "the image was not prepared (lw_image_prepare)");
	}
	*p = (struct lw_plan){
		.arena = a,
		.spec = s,
		.host = h,
		.pool = lw_host_pool(h),
		.allow_control_sockets = s->allow_control_sockets,
		.no_new_privileges = s->no_new_privileges,
		.fresh_root = s->root.kind != LW_ROOT_DIR,
		.sysctls = s->sysctls.n > 0,
	};
	p->terminal_fds = s->terminal == LW_TERMINAL_ALWAYS  ? 7
			  : s->terminal == LW_TERMINAL_NEVER ? 0
							     : (int)h->tty_fds;
	int r = 0;
	for (size_t i = 0; i < lw_stage_count && r >= 0; i++)
		r = lw_stage_table[i].plan(p, err);
	if (r >= 0 && lw_arena_failed(a))
		r = lw_fail(err, -ENOMEM, "out of memory");
	if (r < 0) {
		lw_err_at(err, s->rec.origin);
		lw_plan_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

struct lw_plan *lw_plan_free(struct lw_plan *p)
{
	if (p)
		lw_arena_free(p->arena);
	return NULL;
}
