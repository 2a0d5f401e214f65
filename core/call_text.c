/* call_text.c: reads one system call as people write it, "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0)", for `explain`,
 * `diff` and tests. The text may be anybody's: everything is bounded. Knows nothing of filters. */
#include "call_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "seccomp.h"
#include "seccomp_abi.h"

#define SPACE " \t"

void lw_call_skip(const char **s)
{
	*s += strspn(*s, SPACE);
}

int lw_call_word(const char **s, char buf[LW_CALL_WORD])
{
	lw_call_skip(s);
	size_t n = strcspn(*s, SPACE "(),|&=!<>*");
	if (n >= LW_CALL_WORD)
		return -1;
	memcpy(buf, *s, n);
	buf[n] = '\0';
	*s += n;
	lw_call_skip(s);
	return (int)n;
}

static const struct lw_call_constant *find_constant(const char *name)
{
	for (unsigned i = 0; i < lw_call_constant_count; i++)
		if (lw_case_equal(lw_call_constant_table[i].name, name))
			return &lw_call_constant_table[i];
	return NULL;
}

/* One constant: a name, or a decimal, hexadecimal or octal number, which may be negative. */
static int constant(const char *text, struct lw_call_constant *ret, struct lw_err *err)
{
	bool negative = text[0] == '-';
	const char *digits = text + negative;
	if (digits[0] >= '0' && digits[0] <= '9') {
		char *end;
		errno = 0;
		unsigned long long v = strtoull(digits, &end, 0);
		if (errno || *end)
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "'%s' is no number", text);
		*ret = (struct lw_call_constant){ .value = negative ? -(uint64_t)v : (uint64_t)v };
		return 0;
	}
	const struct lw_call_constant *found = find_constant(text);
	if (!found) {
		struct lw_near near = { .word = text };
		for (unsigned i = 0; i < lw_call_constant_count; i++)
			lw_near_offer(&near, lw_call_constant_table[i].name);
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "unknown constant '%s'", text);
		if (near.best)
			lw_err_hint(err, "did you mean \"%s\"? Any number will do, too", near.best);
		else
			lw_err_hint(err, "write the number instead");
		return -EINVAL;
	}
	*ret = *found;
	return 0;
}

int lw_call_values(const char **s, bool join, struct lw_call_values *ret, struct lw_err *err)
{
	uint64_t flags = 0;
	bool any_flag = false;
	*ret = (struct lw_call_values){ 0 };
	for (;; (*s)++) {
		char buf[LW_CALL_WORD];
		struct lw_call_constant c = { .value = 0 };
		int n = lw_call_word(s, buf);
		if (n <= 0)
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL,
					  n < 0 ? "a constant is too long" : "an argument is missing");
		int r = constant(buf, &c, err);
		if (r < 0)
			return r;
		ret->named = ret->named || (c.name[0] && !c.flag);
		if (c.flag || join) {
			flags |= c.value;
			any_flag = any_flag || c.flag;
		} else if (ret->n == LW_CALL_VALUES) {
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "more than %d values for one argument",
					  LW_CALL_VALUES);
		}
		if (!c.flag && !join)
			ret->v[ret->n++] = c.value;
		if (**s != '|')
			break;
	}
	if (any_flag && ret->n > 1) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "'|' between bits joins them, between values it means either");
		lw_err_hint(err, "write the bits as &MASK=VALUE, or each value in a pattern of its own");
		return -EINVAL;
	}
	if (ret->n == 0)
		ret->n = 1;
	ret->v[0] |= flags;
	return 0;
}

/* One argument of a call that is made: one value. */
static int argument(const char **s, uint64_t *ret, struct lw_err *err)
{
	struct lw_call_values values;
	const char *start = *s;
	if (*start && strchr("*&=!<>", *start)) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "a call has values, not patterns: '%.40s'", start);
		lw_err_hint(err, "for example \"socket(AF_INET, SOCK_STREAM, 0)\"");
		return -EINVAL;
	}
	int r = lw_call_values(s, true, &values, err);
	if (r < 0)
		return r;
	const char *bar = memchr(start, '|', (size_t)(*s - start));
	const char *again = start;
	struct lw_call_values apart;
	/* AF_INET|AF_UNIX would silently be a third family. */
	if (bar && values.named && (lw_call_values(&again, false, &apart, err) < 0 || apart.n > 1)) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "a call has one value for each argument: '%.*s'",
			   (int)(*s - start), start);
		return -EINVAL;
	}
	*ret = values.v[0];
	return 0;
}

/* "(a, b)" to the call's arguments. */
static int arguments(const char **s, const char *name, struct seccomp_data *call, struct lw_err *err)
{
	(*s)++;
	lw_call_skip(s);
	for (unsigned i = 0; **s != ')' || i; i++) {
		uint64_t value;
		if (i == 6)
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "a system call has six arguments at most");
		lw_call_skip(s);
		int r = argument(s, &value, err);
		if (r < 0)
			return r;
		call->args[i] = value;
		if (**s == ')')
			break;
		if (**s != ',')
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "a ')' is missing after %s(", name);
		(*s)++;
	}
	(*s)++;
	lw_call_skip(s);
	return 0;
}

int lw_call_unknown(const char *name, struct lw_err *err)
{
	const char *near;
	if (name[0] != '@' && strcmp(name, "all") != 0 && lw_seccomp_name_known(name))
		return 0;
	near = lw_syscall_nearest(name);
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "unknown system call '%s'", name);
	if (near)
		lw_err_hint(err, "did you mean \"%s\"?", near);
	return -EINVAL;
}

/* "x86:open": the ABI by which the call is made. */
static const struct lw_abi *abi_of(char name[LW_CALL_WORD])
{
	unsigned n;
	const struct lw_abi *foreign = lw_abi_foreign(&n);
	char *colon = strchr(name, ':');
	if (!colon)
		return &lw_abi_native;
	*colon = '\0';
	const struct lw_abi *found = strcmp(name, lw_abi_native.name) == 0 ? &lw_abi_native : NULL;
	for (unsigned i = 0; i < n && !found; i++)
		if (strcmp(name, foreign[i].name) == 0)
			found = &foreign[i];
	if (found)
		memmove(name, colon + 1, strlen(colon + 1) + 1);
	return found;
}

int lw_call_parse(const char *text, struct seccomp_data *ret, struct lw_err *err)
{
	const char *s = text;
	char name[LW_CALL_WORD];
	int n = lw_call_word(&s, name);
	if (n <= 0) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "a system call is expected");
		lw_err_hint(err, "for example \"socket(AF_INET, SOCK_STREAM, 0)\"");
		return -EINVAL;
	}
	const struct lw_abi *abi = abi_of(name);
	if (!abi)
		return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "this machine has no ABI '%s'", name);
	struct seccomp_data call = { .arch = abi->audit_arch };
	int nr = lw_abi_number(abi, name);
	if (nr < 0)
		return lw_call_unknown(name, err) < 0
			       ? -EINVAL
			       : lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "%s has no system call '%s'", abi->name, name);
	call.nr = (int)(abi->first + (unsigned)nr);
	if (*s == '(') {
		int r = arguments(&s, name, &call, err);
		if (r < 0)
			return r;
	}
	if (*s)
		return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "nothing may follow the call: '%.40s'", s);
	*ret = call;
	return 0;
}
