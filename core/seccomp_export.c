/* seccomp_export.c: writes a policy as the JSON that moby and the OCI runtimes read: the verdicts it has for a set of
 * capabilities, in disjoint terms, because the document's rules have no order. What it cannot say is refused, not
 * rounded: a document has one answer for the same call on every ABI. */
#include <errno.h>
#include <string.h>
#include "base/cleanup.h"
#include "seccomp_filter.h"
#include "seccomp_oci.h"

struct export
{
	struct lw_verdicts all[LW_ABI_MAX];
	unsigned n_abis;
	uint32_t standard;
	struct lw_arena *a;
	struct lw_terms *terms;
	json_t *entries;
	json_t *plain[8]; /* entries without arguments, one for each action */
	uint32_t actions[8];
	unsigned n_plain;
	struct lw_err *err;
};

static void arena_done_p(struct lw_arena **a)
{
	lw_arena_free(*a);
}

static const char *arch_name(const struct lw_abi *abi)
{
	switch (abi->audit_arch) {
	case AUDIT_ARCH_I386:
		return "SCMP_ARCH_X86";
	case AUDIT_ARCH_AARCH64:
		return "SCMP_ARCH_AARCH64";
	default:
		return abi->first == LW_X32_BIT ? "SCMP_ARCH_X32" : "SCMP_ARCH_X86_64";
	}
}

static json_t *make_entry(uint32_t action)
{
	const char *word = "SCMP_ACT_KILL_PROCESS";
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		word = "SCMP_ACT_ALLOW";
		break;
	case SECCOMP_RET_LOG:
		word = "SCMP_ACT_LOG";
		break;
	case SECCOMP_RET_ERRNO:
		word = "SCMP_ACT_ERRNO";
		break;
	default:
		break;
	}
	json_t *entry = json_pack("{s:[],s:s}", "names", "action", word);
	if ((action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		json_object_set_new(entry, "errnoRet", json_integer(action & SECCOMP_RET_DATA));
	return entry;
}

static void add_name(json_t *entry, const char *name)
{
	json_array_append_new(json_object_get(entry, "names"), json_string(name));
}

/* A call whose arguments do not matter: with the others that get the same answer. */
static void add_plain(struct export *x, const char *name, uint32_t action)
{
	unsigned i = 0;
	while (i < x->n_plain && x->actions[i] != action)
		i++;
	if (i == x->n_plain && i < sizeof x->plain / sizeof x->plain[0]) {
		x->plain[i] = make_entry(action);
		x->actions[i] = action;
		x->n_plain++;
		json_array_append_new(x->entries, x->plain[i]);
	}
	if (i < x->n_plain) {
		add_name(x->plain[i], name);
		return;
	}
	json_t *entry = make_entry(action);
	add_name(entry, name);
	json_array_append_new(x->entries, entry);
}

static int refuse(struct export *x, const char *name)
{
	lw_fail_as(x->err, LW_ERR_POLICY, -E2BIG,
		   "the rules for the arguments of %s are more than the document can say", name);
	lw_err_hint(x->err, "write fewer, or one without arguments");
	return -E2BIG;
}

/* value OP two; -1 when a number is larger than JSON libraries agree on. */
static int add_arg(json_t *args, unsigned index, const char *op, uint64_t value, uint64_t two)
{
	if (value > INT64_MAX || two > INT64_MAX)
		return -1;
	return json_array_append_new(args, json_pack("{s:i,s:I,s:I,s:s}", "index", (int)index, "value",
						     (json_int_t)value, "valueTwo", (json_int_t)two, "op", op));
}

static void add_entry(struct export *x, const char *name, uint32_t action, json_t *args)
{
	json_t *entry = make_entry(action);
	add_name(entry, name);
	json_object_set_new(entry, "args", args);
	json_array_append_new(x->entries, entry);
}

static int add_terms(struct export *x, const char *name, const struct lw_verdict *v)
{
	if (lw_verdict_cover(v, x->a, x->terms) < 0)
		return refuse(x, name);
	for (unsigned i = 0; i < x->terms->n; i++) {
		const struct lw_term *t = &x->terms->v[i];
		json_t *args = json_array();
		int r = 0;
		for (unsigned arg = 0; arg < 6 && r == 0; arg++)
			if (t->mask[arg] == LW_ARG_WIDE)
				r = add_arg(args, arg, "SCMP_CMP_EQ", t->value[arg], 0);
			else if (t->mask[arg])
				r = add_arg(args, arg, "SCMP_CMP_MASKED_EQ", t->mask[arg], t->value[arg]);
		if (t->action == x->standard)
			json_decref(args);
		else
			add_entry(x, name, t->action, args);
		if (r < 0 && t->action != x->standard)
			return refuse(x, name);
	}
	return 0;
}

static const char *op_name(const struct lw_arg_cmp *cmp)
{
	switch (cmp->op) {
	case LW_ARG_LT:
		return "SCMP_CMP_LT";
	case LW_ARG_GT:
		return "SCMP_CMP_GT";
	case LW_ARG_NE:
		return "SCMP_CMP_NE";
	default:
		return cmp->mask == LW_ARG_WIDE ? "SCMP_CMP_EQ" : "SCMP_CMP_MASKED_EQ";
	}
}

/* Rules with one answer, beside the default one, need no order: they can be written as they are, if the document's
 * comparisons, which look at 64 bits, mean the same. */
static bool unordered(const struct export *x, const struct lw_verdict *v)
{
	for (unsigned i = 0; i < v->n_rules; i++) {
		const struct lw_arg_rule *rule = &v->rules[i];
		unsigned seen = 0;
		for (unsigned j = 0; j < rule->n; j++) {
			if ((rule->cmp[j].op != LW_ARG_EQ && rule->cmp[j].mask != LW_ARG_WIDE) ||
			    (seen >> rule->cmp[j].arg & 1))
				return false;
			seen |= 1U << rule->cmp[j].arg;
		}
		if (rule->action != v->rules[0].action)
			return false;
	}
	return v->action == x->standard && v->rules[0].action != x->standard;
}

static int add_rules(struct export *x, const char *name, const struct lw_verdict *v)
{
	if (!unordered(x, v))
		return add_terms(x, name, v);
	for (unsigned i = 0; i < v->n_rules; i++) {
		json_t *args = json_array();
		int r = 0;
		for (unsigned j = 0; j < v->rules[i].n && r == 0; j++) {
			const struct lw_arg_cmp *cmp = &v->rules[i].cmp[j];
			bool masked = cmp->mask != LW_ARG_WIDE;
			r = add_arg(args, cmp->arg, op_name(cmp), masked ? cmp->mask : cmp->value,
				    masked ? cmp->value : 0);
		}
		add_entry(x, name, v->rules[i].action, args);
		if (r < 0)
			return refuse(x, name);
	}
	return 0;
}

static bool same_verdict(const struct lw_verdict *a, const struct lw_verdict *b)
{
	if (a->action != b->action || a->n_rules != b->n_rules)
		return false;
	for (unsigned i = 0; i < a->n_rules; i++) {
		if (a->rules[i].action != b->rules[i].action || a->rules[i].n != b->rules[i].n)
			return false;
		for (unsigned j = 0; j < a->rules[i].n; j++) {
			const struct lw_arg_cmp *p = &a->rules[i].cmp[j], *q = &b->rules[i].cmp[j];
			if (p->arg != q->arg || p->op != q->op || p->mask != q->mask || p->value != q->value)
				return false;
		}
	}
	return true;
}

/* The verdict for a name, the same on each ABI that has the call; NULL: none has it. */
static int find_verdict(const struct export *x, const char *name, const struct lw_verdict **ret)
{
	*ret = NULL;
	for (unsigned i = 0; i < x->n_abis; i++) {
		int nr = lw_abi_number(x->all[i].abi, name);
		if (nr < 0)
			continue;
		const struct lw_verdict *v = &x->all[i].v[nr];
		if (*ret && !same_verdict(*ret, v)) {
			lw_fail_as(x->err, LW_ERR_POLICY, -EINVAL,
				   "%s gets another answer on %s, which the document cannot say", name,
				   x->all[i].abi->name);
			lw_err_hint(x->err, "allow or deny it by name, or leave the architectures out");
			return -EINVAL;
		}
		if (!*ret)
			*ret = v;
	}
	return 0;
}

static bool is_last(const struct export *x, const char *name)
{
	for (unsigned nr = *x->all[0].abi->count; nr-- > 0;)
		if (x->all[0].abi->names[nr])
			return strcmp(x->all[0].abi->names[nr], name) == 0;
	return false;
}

static int add_calls(struct export *x)
{
	for (unsigned i = 0; i < lw_syscall_all_count; i++) {
		const char *name = lw_syscall_all_names[i];
		const struct lw_verdict *v;
		int r = find_verdict(x, name, &v);
		if (r == 0 && v && v->n_rules)
			r = add_rules(x, name, v);
		/* The newest call is always named: what is newer than the document is not there. */
		else if (r == 0 && v && (v->action != x->standard || is_last(x, name)))
			add_plain(x, name, v->action);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_document(struct export *x, bool log, json_t **ret)
{
	json_t *doc = make_entry(x->standard), *errno_value = json_object_get(doc, "errnoRet"), *archs = json_array();
	json_object_set(doc, "defaultAction", json_object_get(doc, "action"));
	if (errno_value)
		json_object_set(doc, "defaultErrnoRet", errno_value);
	json_object_del(doc, "action");
	json_object_del(doc, "errnoRet");
	json_object_del(doc, "names");
	for (unsigned i = 0; i < x->n_abis; i++)
		json_array_append_new(archs, json_string(arch_name(x->all[i].abi)));
	json_object_set_new(doc, "architectures", archs);
	if (log)
		json_object_set_new(doc, "flags", json_pack("[s]", "SECCOMP_FILTER_FLAG_LOG"));
	x->entries = json_array();
	json_object_set_new(doc, "syscalls", x->entries);
	int r = add_calls(x);
	if (r < 0) {
		json_decref(doc);
		return r;
	}
	*ret = doc;
	return 0;
}

int lw_seccomp_export(const struct lw_seccomp *p, uint64_t caps, json_t **ret, struct lw_err *err)
{
	_cleanup_(arena_done_p) struct lw_arena *a = lw_arena_new();
	const struct lw_abi *abis[LW_ABI_MAX];
	struct export x = { .a = a, .err = err };
	x.terms = a ? lw_arena_alloc(a, sizeof *x.terms) : NULL;
	if (!x.terms)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = lw_seccomp_abis(p, abis, &x.n_abis, err);
	for (unsigned i = 0; i < x.n_abis && r == 0; i++)
		r = lw_seccomp_verdicts(p, caps, abis[i], a, &x.all[i], err);
	if (r < 0)
		return r;
	x.standard = x.all[0].beyond == SECCOMP_RET_ALLOW ? SECCOMP_RET_ALLOW : LW_DENY;
	return write_document(&x, p->log, ret);
}
