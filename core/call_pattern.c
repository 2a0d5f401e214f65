/* call_pattern.c: reads a pattern that stands for many calls, "socket(AF_INET|AF_INET6, *)", into comparisons of
 * arguments: either of several values makes several alternatives, and each has one comparison of every argument that is
 * not "*". What becomes of the calls is the rule's business. The text may be anybody's. */
#include <errno.h>
#include <string.h>
#include "call_text.h"
#include "seccomp_policy.h"

#define FAIL(err, ...) lw_fail_as(err, LW_ERR_POLICY, -EINVAL, __VA_ARGS__)
#define ARGS 6

/* What one argument is held to: any of n comparisons, or all of them. */
struct condition {
	unsigned n;
	bool all;
	struct lw_arg_cmp cmp[LW_CALL_VALUES];
};

uint64_t lw_call_argument_mask(const char *name, unsigned arg)
{
	for (unsigned i = 0; i < lw_call_arguments_count; i++) {
		const struct lw_call_arguments *row = &lw_call_arguments_table[i];
		if (strcmp(row->name, name) == 0)
			return arg < strlen(row->widths) && row->widths[arg] == 'l' ? LW_ARG_WIDE : LW_ARG_ALL;
	}
	return LW_ARG_ALL;
}

/* A value as the kernel sees it: a negative int may be written with or without its high half. */
static int fit(uint64_t *v, uint64_t width, unsigned arg, struct lw_err *err)
{
	if (*v > width && *v < (UINT64_MAX & ~(width >> 1)))
		return FAIL(err, "argument %u is 32 bits wide: 0x%llx does not fit", arg + 1, (unsigned long long)*v);
	*v &= width;
	return 0;
}

static int add(struct condition *c, const char *name, unsigned arg, enum lw_arg_op op, uint64_t mask, uint64_t value,
	       struct lw_err *err)
{
	uint64_t width = lw_call_argument_mask(name, arg);
	int r = fit(&value, width, arg, err);
	if (r == 0 && mask != LW_ARG_WIDE)
		r = fit(&mask, width, arg, err);
	if (r < 0)
		return r;
	mask &= width;
	if ((op == LW_ARG_LT && value == 0) || (op == LW_ARG_GT && value == width) ||
	    (op == LW_ARG_EQ && (value & ~mask)))
		return FAIL(err, "argument %u can never be like that", arg + 1);
	c->cmp[c->n++] = (struct lw_arg_cmp){ (uint8_t)arg, (uint8_t)op, mask, value };
	return 0;
}

/* "&MASK=VALUE", behind the '&'. */
static int masked(const char **s, struct condition *c, const char *name, unsigned arg, struct lw_err *err)
{
	struct lw_call_values mask, value;
	int r = lw_call_values(s, true, &mask, err);
	if (r == 0 && **s != '=') {
		FAIL(err, "argument %u: '&' needs a mask and a value", arg + 1);
		lw_err_hint(err, "for example &CLONE_NEWUSER=0");
		return -EINVAL;
	}
	if (r == 0)
		(*s)++;
	if (r == 0)
		r = lw_call_values(s, true, &value, err);
	return r < 0 ? r : add(c, name, arg, LW_ARG_EQ, mask.v[0], value.v[0], err);
}

/* "<V", "<=V", ">V", ">=V". */
static int range(const char **s, struct condition *c, const char *name, unsigned arg, struct lw_err *err)
{
	uint64_t width = lw_call_argument_mask(name, arg);
	struct lw_call_values v;
	bool below = **s == '<', equal = (*s)[1] == '=';
	*s += 1 + equal;
	int r = lw_call_values(s, false, &v, err);
	if (r == 0 && v.n != 1)
		return FAIL(err, "argument %u: a range has one end", arg + 1);
	if (r == 0)
		r = fit(&v.v[0], width, arg, err);
	if (r < 0)
		return r;
	if (equal && v.v[0] == (below ? width : 0))
		return 0; /* every value is */
	v.v[0] += !equal ? 0 : below ? 1 : UINT64_MAX;
	return add(c, name, arg, below ? LW_ARG_LT : LW_ARG_GT, LW_ARG_WIDE, v.v[0], err);
}

static int argument(const char **s, struct condition *c, const char *name, unsigned arg, struct lw_err *err)
{
	struct lw_call_values v;
	lw_call_skip(s);
	if (**s == '*') {
		(*s)++;
		lw_call_skip(s);
		return 0;
	}
	if (**s == '<' || **s == '>')
		return range(s, c, name, arg, err);
	if (**s == '&') {
		(*s)++;
		return masked(s, c, name, arg, err);
	}
	c->all = strncmp(*s, "!=", 2) == 0;
	*s += c->all ? 2 : **s == '=';
	int r = lw_call_values(s, false, &v, err);
	for (unsigned i = 0; r == 0 && i < v.n; i++)
		r = add(c, name, arg, c->all ? LW_ARG_NE : LW_ARG_EQ, LW_ARG_WIDE, v.v[i], err);
	return r;
}

static int arguments(const char **s, struct condition c[ARGS], const char *name, struct lw_err *err)
{
	(*s)++;
	lw_call_skip(s);
	for (unsigned i = 0; **s != ')' || i; i++, (*s)++) {
		if (i == ARGS)
			return FAIL(err, "a system call has six arguments at most");
		int r = argument(s, &c[i], name, i, err);
		if (r < 0)
			return r;
		if (**s == ')')
			break;
		if (**s != ',')
			return FAIL(err, "a ')' is missing after %s(", name);
	}
	(*s)++;
	lw_call_skip(s);
	return 0;
}

/* Every combination of alternatives. */
static int combine(const struct condition c[ARGS], struct lw_arena *a, struct lw_call_pattern *p, struct lw_err *err)
{
	unsigned total = 1, compared = 0;
	p->any = true;
	for (unsigned i = 0; i < ARGS; i++) {
		p->any = p->any && c[i].n == 0;
		total *= c[i].n && !c[i].all ? c[i].n : 1;
		compared += c[i].all ? c[i].n : c[i].n > 0;
		if (total > LW_PATTERN_RULES || compared > LW_ARG_CMPS) {
			FAIL(err, "the pattern for %s has too many alternatives", p->name);
			lw_err_hint(err, "write ranges, or patterns of fewer values");
			return -EINVAL;
		}
	}
	if (p->any || !a)
		return 0;
	p->rules = lw_arena_array(a, total, sizeof *p->rules);
	if (!p->rules)
		return lw_fail(err, -ENOMEM, "out of memory");
	for (p->n = 0; p->n < total; p->n++) {
		struct lw_arg_rule *rule = &p->rules[p->n];
		unsigned pick = p->n;
		for (unsigned i = 0; i < ARGS; i++) {
			unsigned choices = c[i].all || !c[i].n ? 1 : c[i].n, take = c[i].all ? c[i].n : c[i].n > 0;
			for (unsigned j = 0; j < take; j++)
				rule->cmp[rule->n++] = c[i].cmp[c[i].all ? j : pick % choices];
			pick /= choices;
		}
	}
	return 0;
}

int lw_call_pattern_parse(const char *text, struct lw_arena *a, struct lw_call_pattern *ret, struct lw_err *err)
{
	struct lw_call_pattern p = { .any = true };
	struct condition c[ARGS] = { 0 };
	const char *s = text;
	int n = lw_call_word(&s, p.name);
	if (n <= 0)
		return FAIL(err, "a system call is expected, not '%.40s'", text);
	int r = lw_call_unknown(p.name, err);
	if (r == 0 && *s == '(')
		r = arguments(&s, c, p.name, err);
	if (r == 0 && *s)
		r = FAIL(err, "nothing may follow the call: '%.40s'", s);
	if (r == 0)
		r = combine(c, a, &p, err);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}
