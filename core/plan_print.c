/* plan_print.c: a plan for people and for programs. Both forms come from the rows of lw_op_table; neither holds an id,
 * a pid or a time, so the same profile on the same host prints the same bytes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "plan.h"
#include "schema.h"

/* A label may end in "=o" or "=x": the base its number is printed in. */
static void label(const char *text, char name[static 32], char *ret_base)
{
	snprintf(name, 32, "%s", text);
	char *eq = strchr(name, '=');
	*ret_base = eq ? eq[1] : 'd';
	if (eq)
		*eq = 0;
}

static void number(int64_t v, char base, char buf[static 32])
{
	if (base == 'o')
		snprintf(buf, 32, "%04" PRIo64, (uint64_t)v);
	else if (base == 'x')
		snprintf(buf, 32, "0x%" PRIx64, (uint64_t)v);
	else
		snprintf(buf, 32, "%" PRId64, v);
}

static void ranges_text(struct lw_text *t, const char *name, const struct lw_idmaps *m)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].outside == LW_IDS_LEASED)
			lw_text_addf(t, " %s=%u:auto:%u", name, m->v[i].inside, m->v[i].count);
		else
			lw_text_addf(t, " %s=%u:%u:%u", name, m->v[i].inside, m->v[i].outside, m->v[i].count);
	}
}

static void strings_text(struct lw_text *t, const char *name, char *const *v)
{
	lw_text_addf(t, " %s=[", name);
	for (size_t i = 0; v && v[i]; i++) {
		lw_text_add(t, i ? "," : "");
		lw_text_add_json(t, v[i]);
	}
	lw_text_add(t, "]");
}

int lw_plan_to_text(const struct lw_plan *p, struct lw_text *t)
{
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct lw_op *op = &p->ops[i];
		const struct lw_op_row *row = &lw_op_table[op->kind];
		char name[32], base, buf[32];
		lw_text_addf(t, "%s %s", row->side == LW_SIDE_HOST ? "host " : "child", row->name);
		for (int k = 0; k < LW_OP_STRS && row->str[k]; k++) {
			if (!op->str[k])
				continue;
			lw_text_addf(t, " %s=", row->str[k]);
			lw_text_add_json(t, op->str[k]);
		}
		for (int k = 0; k < LW_OP_NUMS && row->num[k]; k++) {
			label(row->num[k], name, &base);
			number(op->num[k], base, buf);
			lw_text_addf(t, " %s=%s", name, buf);
		}
		if (op->kind == LW_OP_IDMAP_WRITE) {
			ranges_text(t, "uid", &p->uid_map);
			ranges_text(t, "gid", &p->gid_map);
		} else if (op->kind == LW_OP_SECCOMP) {
			lw_text_addf(t, " instructions=%u", p->filter.n);
		} else if (op->kind == LW_OP_EXEC) {
			strings_text(t, "argv", p->argv);
			strings_text(t, "env", p->envp);
		}
		lw_text_add(t, "\n");
	}
	for (size_t i = 0; i < p->n_notes; i++)
		lw_text_addf(t, "note  %s\n", p->notes[i]);
	return t->failed ? -ENOMEM : 0;
}

static json_t *ranges_json(const struct lw_idmaps *m)
{
	json_t *list = json_array();
	for (size_t i = 0; i < m->n; i++) {
		json_t *outside =
			m->v[i].outside == LW_IDS_LEASED ? json_string("auto") : json_integer(m->v[i].outside);
		json_array_append_new(
			list, json_pack("[I,o,I]", (json_int_t)m->v[i].inside, outside, (json_int_t)m->v[i].count));
	}
	return list;
}

static json_t *strings_json(char *const *v)
{
	json_t *list = json_array();
	for (size_t i = 0; v && v[i]; i++)
		json_array_append_new(list, json_string(v[i]));
	return list;
}

static json_t *op_json(const struct lw_plan *p, const struct lw_op *op)
{
	const struct lw_op_row *row = &lw_op_table[op->kind];
	json_t *o = json_pack("{s:s,s:s}", "op", row->name, "side", row->side == LW_SIDE_HOST ? "host" : "child");
	char name[32], base, buf[32];
	if (*op->key)
		json_object_set_new(o, "key", json_string(op->key));
	for (int k = 0; k < LW_OP_STRS && row->str[k]; k++)
		if (op->str[k])
			json_object_set_new(o, row->str[k], json_string(op->str[k]));
	for (int k = 0; k < LW_OP_NUMS && row->num[k]; k++) {
		label(row->num[k], name, &base);
		number(op->num[k], base, buf);
		json_object_set_new(o, name, base == 'd' ? json_integer(op->num[k]) : json_string(buf));
	}
	if (op->kind == LW_OP_IDMAP_WRITE) {
		json_object_set_new(o, "uid_map", ranges_json(&p->uid_map));
		json_object_set_new(o, "gid_map", ranges_json(&p->gid_map));
	} else if (op->kind == LW_OP_SECCOMP) {
		json_object_set_new(o, "instructions", json_integer(p->filter.n));
	} else if (op->kind == LW_OP_EXEC) {
		json_object_set_new(o, "argv", strings_json(p->argv));
		json_object_set_new(o, "env", strings_json(p->envp));
	}
	return o;
}

json_t *lw_plan_to_json(const struct lw_plan *p)
{
	json_t *ops = json_array(), *spec = lw_spec_to_json(p->spec);
	for (size_t i = 0; i < p->n_ops; i++)
		json_array_append_new(ops, op_json(p, &p->ops[i]));
	return json_pack("{s:i,s:o,s:o}", "schema_version", LW_SCHEMA_VERSION, "spec", spec, "ops", ops);
}
