/* explain_lsm.c: Landlock rules and hardening for `explain`, told from the plan's operations, so that what this kernel
 * cannot hold is not claimed. */
#include "lua/cli/explain_lsm.h"
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "landlock_abi.h"
#include "lua/cli/cli.h"

/* The keys of `landlock`: their list is in force when one of the accesses is restricted. */
static const struct {
	const char *key;
	unsigned row;
	uint64_t files, net;
	const char *sentence;
} rules[] = {
	{ "read", LW_LANDLOCK_READ, LANDLOCK_ACCESS_FS_READ_FILE, 0, "reads only what is in:" },
	{ "write", LW_LANDLOCK_WRITE, LANDLOCK_ACCESS_FS_WRITE_FILE, 0, "changes only what is in:" },
	{ "execute", LW_LANDLOCK_EXECUTE, LANDLOCK_ACCESS_FS_EXECUTE, 0, "executes only what is in:" },
	{ "connect_tcp", LW_LANDLOCK_CONNECT_TCP, 0, LANDLOCK_ACCESS_NET_CONNECT_TCP, "connects only to TCP ports:" },
	{ "bind_tcp", LW_LANDLOCK_BIND_TCP, 0, LANDLOCK_ACCESS_NET_BIND_TCP, "listens only on TCP ports:" },
};

static json_t *words_of(const struct lw_names *t, uint64_t bits)
{
	json_t *list = json_array();
	for (size_t i = 0; i < t->n; i++)
		if (bits & (uint64_t)t->v[i].value)
			json_array_append_new(list, json_string(t->v[i].name));
	return list;
}

static json_t *landlock(const struct lw_plan *p, const struct lw_op *begin)
{
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct lw_strlist *l = &p->spec->landlock.list[rules[i].row];
		if (!((uint64_t)begin->num[0] & rules[i].files) && !((uint64_t)begin->num[1] & rules[i].net))
			continue;
		/* Moving files is handled with any rule; only the written keys restrict. */
		if (!lw_is_set(&p->spec->landlock.rec, rules[i].row))
			continue;
		json_t *list = json_array();
		for (size_t k = 0; k < l->n; k++)
			json_array_append_new(list, json_string(l->v[k]));
		json_object_set_new(o, rules[i].key, list);
	}
	json_object_set_new(o, "scope", words_of(&lw_landlock_scope_table, (uint64_t)begin->num[2]));
	return o;
}

static json_t *selinux(const struct lw_plan *p, const struct lw_op *op)
{
	bool own = !strcmp(p->spec->selinux.mcs, LW_SELINUX_AUTO);
	return json_sprintf("%s:%s", op->str[0], own ? "s0 and a pair of categories of its own" : op->str[1]);
}

void cli_explain_lsm(const struct lw_plan *p, json_t *o)
{
	json_t *hardening = json_array();
	json_object_set_new(o, "apparmor", json_null());
	json_object_set_new(o, "selinux", json_null());
	json_object_set_new(o, "landlock", json_null());
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct lw_op *op = &p->ops[i];
		if (op->kind == LW_OP_LANDLOCK_NEW)
			json_object_set_new(o, "landlock", landlock(p, op));
		else if (op->kind == LW_OP_PRCTL)
			json_array_append_new(hardening, json_string(op->str[0]));
		else if (op->kind == LW_OP_APPARMOR)
			json_object_set_new(o, "apparmor", json_string(p->spec->apparmor.profile));
		else if (op->kind == LW_OP_SELINUX)
			json_object_set_new(o, "selinux", selinux(p, op));
		else if (op->kind == LW_OP_PERSONALITY)
			json_array_append_new(hardening, json_string("personality"));
	}
	for (size_t i = 0; i < p->spec->hardening.secure_bits.n; i++)
		json_array_append_new(hardening, json_string(p->spec->hardening.secure_bits.v[i]));
	json_object_set_new(o, "hardening", hardening);
}

static void tell_list(struct lw_text *t, const char *sentence, const json_t *list)
{
	_cleanup_(lw_text_done_p) struct lw_text line = { 0 };
	if (!list)
		return;
	lw_text_add(&line, sentence);
	for (size_t i = 0; i < json_array_size(list); i++)
		lw_text_addf(&line, "%s %s", i ? "," : "", json_string_value(json_array_get(list, i)));
	if (!json_array_size(list))
		lw_text_add(&line, " nothing");
	cli_wrap(t, 2, line.buf ? line.buf : "");
}

void cli_tell_lsm(struct lw_text *t, const json_t *o)
{
	const json_t *l = json_object_get(o, "landlock"), *hardening = json_object_get(o, "hardening");
	const json_t *scope = json_object_get(l, "scope");
	const char *apparmor = json_string_value(json_object_get(o, "apparmor"));
	const char *context = json_string_value(json_object_get(o, "selinux"));
	if (apparmor)
		lw_text_addf(t, "AppArmor\n  %s\n",
			     strcmp(apparmor, LW_APPARMOR_AUTO) ? apparmor : "a profile made for it");
	if (context)
		lw_text_addf(t, "SELinux\n  %s\n", context);
	if (json_is_object(l))
		lw_text_add(t, "Landlock\n");
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		tell_list(t, rules[i].sentence, json_object_get(l, rules[i].key));
	if (json_array_size(scope))
		tell_list(t, "reaches only processes of its own by:", scope);
	if (json_array_size(hardening)) {
		lw_text_add(t, "Hardening\n");
		tell_list(t, "in force:", hardening);
	}
}
