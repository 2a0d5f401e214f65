/* seccomp_import.c: reads a policy in moby's and the OCI's JSON. Their rules have no order: one without arguments beats
 * those with, the first of several without arguments stands, and one that says what the default says is as if it were
 * not there. Ours go by order, so they are put into one that means the same. The text may be anybody's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "seccomp.h"
#include "seccomp_abi.h"
#include "seccomp_import.h"
#include "seccomp_oci.h"

#define FAIL(err, ...) lw_fail_as(err, LW_ERR_POLICY, -EINVAL, __VA_ARGS__)

struct import {
	const char *file, *kernel;
	struct lw_import_action standard; /* the document's default */
	int last;                         /* the highest number of a call that is named */
	bool kernel_mattered;
	uint32_t lines[LW_IMPORT_RULES]; /* of the entries */
	/* With arguments: from lenient to strict, so that the strict win. */
	json_t *allowing, *failing, *killing;
	json_t *plain; /* without arguments, last first */
	struct lw_err *err;
};

static bool same_action(struct lw_import_action a, struct lw_import_action b)
{
	return strcmp(a.word, b.word) == 0 && a.error == b.error;
}

/* --- rules ------------------------------------------------------------------------------ */

static void add_number(struct lw_text *t, uint64_t v)
{
	lw_text_addf(t, v < 256 ? "%llu" : "0x%llx", (unsigned long long)v);
}

/* One comparison as our patterns write it. */
static int add_comparison(struct lw_text *t, const json_t *arg, struct lw_err *err)
{
	static const char *const keys[] = { "index", "op", "value", "valueTwo" };
	static const struct {
		const char *text, *sign;
	} table[] = {
		{ "SCMP_CMP_NE", "!=" }, { "SCMP_CMP_LT", "<" }, { "SCMP_CMP_LE", "<=" },       { "SCMP_CMP_EQ", "" },
		{ "SCMP_CMP_GE", ">=" }, { "SCMP_CMP_GT", ">" }, { "SCMP_CMP_MASKED_EQ", "&" },
	};
	const char *op = json_string_value(json_object_get(arg, "op")), *sign = NULL;
	const json_t *value = json_object_get(arg, "value"), *two = json_object_get(arg, "valueTwo");
	int r = lw_import_keys(arg, keys, ARRAY_LEN(keys), err);
	if (r < 0)
		return r;
	for (size_t i = 0; op && i < ARRAY_LEN(table); i++)
		if (strcmp(op, table[i].text) == 0)
			sign = table[i].sign;
	if (!sign)
		return FAIL(err, "unknown comparison \"%s\"", op ? op : "");
	if (!json_is_integer(value) || (two && !json_is_integer(two) && !json_is_null(two)))
		return FAIL(err, "a comparison needs whole numbers");
	lw_text_add(t, sign);
	add_number(t, (uint64_t)json_integer_value(value));
	if (*sign == '&') {
		lw_text_add(t, "=");
		add_number(t, (uint64_t)json_integer_value(two));
	}
	return 0;
}

/* "(…)" of these arguments; only: the one of that place in the list, or all of them (-1). */
static int arguments_text(const json_t *args, int only, struct lw_text *t, struct lw_err *err)
{
	const json_t *by_index[6] = { 0 };
	unsigned last = 0;
	int r = 0;
	for (size_t i = 0; i < json_array_size(args); i++) {
		const json_t *arg = json_array_get(args, i);
		json_int_t index = json_integer_value(json_object_get(arg, "index"));
		if (!json_is_object(arg) || index < 0 || index > 5)
			return FAIL(err, "a system call has arguments 0 to 5");
		if (only < 0 || only == (int)i)
			by_index[index] = arg;
	}
	for (unsigned i = 0; i < 6; i++)
		last = by_index[i] ? i : last;
	lw_text_add(t, "(");
	for (unsigned i = 0; i <= last && r == 0; i++) {
		lw_text_add(t, i ? ", " : "");
		if (by_index[i])
			r = add_comparison(t, by_index[i], err);
		else
			lw_text_add(t, "*");
	}
	lw_text_add(t, ")");
	return r;
}

/* runc makes a rule of each comparison when two look at the same argument. */
static bool repeated(const json_t *args)
{
	unsigned seen = 0;
	for (size_t i = 0; i < json_array_size(args); i++) {
		unsigned bit = 1U << (json_integer_value(json_object_get(json_array_get(args, i), "index")) & 7);
		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

/* The names of an entry, each with the text of the arguments behind it. What no ABI of ours has is no call here: a rule
 * that allows it has nothing to allow, one that takes it away would be one that does not hold. */
static int read_names(struct import *im, const json_t *entry, struct lw_import_action action, const char *arguments,
		      json_t *ret)
{
	json_t *one = json_object_get(entry, "name"), *list = json_object_get(entry, "names");
	size_t n = one ? 1 : json_array_size(list);
	if (one && list)
		return FAIL(im->err, "both name and names");
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(one ? one : json_array_get(list, i));
		char text[320];
		if (!name || name[0] == '@' || strcmp(name, "all") == 0 || strlen(name) > 63)
			return FAIL(im->err, "a name of a system call is expected");
		int nr = lw_syscall_number(name);
		im->last = nr > im->last ? nr : im->last;
		if (!lw_seccomp_name_known(name)) {
			if (strcmp(action.word, "allow") == 0 || strcmp(im->standard.word, "allow") != 0)
				continue;
			FAIL(im->err, "unknown system call '%s'", name);
			const char *near = lw_syscall_nearest(name);
			if (near)
				lw_err_hint(im->err, "did you mean \"%s\"?", near);
			return -EINVAL;
		}
		snprintf(text, sizeof text, "%s%s", name, arguments);
		json_array_append_new(ret, json_string(text));
	}
	return 0;
}

static json_t *make_rule(const struct import *im, struct lw_import_action action, uint32_t line)
{
	char origin[300];
	snprintf(origin, sizeof origin, "%.256s:%u", im->file, line);
	json_t *rule = json_pack("{s:s,s:s}", "action", action.word, "origin", origin);
	if (action.error)
		json_object_set_new(rule, "errno", json_integer(action.error));
	return rule;
}

/* One rule of an entry, put where it counts. */
static int put_rule(struct import *im, const json_t *entry, struct lw_import_action action, json_t *rule, int only)
{
	const json_t *args = json_object_get(entry, "args");
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	json_t *names = json_array(), *list;
	bool plain = json_array_size(args) == 0;
	int r = plain ? 0 : arguments_text(args, only, &t, im->err);
	if (r == 0 && t.failed)
		r = lw_fail(im->err, -ENOMEM, "out of memory");
	if (r == 0)
		r = read_names(im, entry, action, plain ? "" : t.buf, names);
	if (r < 0 || json_array_size(names) == 0 || same_action(action, im->standard)) {
		json_decref(names);
		json_decref(rule);
		return r;
	}
	json_object_set_new(rule, "names", names);
	if (plain)
		return json_array_insert_new(im->plain, 0, rule) < 0 ? -ENOMEM : 0;
	list = strcmp(action.word, "kill") == 0    ? im->killing
	       : strcmp(action.word, "errno") == 0 ? im->failing
						   : im->allowing;
	return json_array_append_new(list, rule) < 0 ? -ENOMEM : 0;
}

static int read_entry(struct import *im, const json_t *entry, size_t index)
{
	static const char *const keys[] = { "action",   "args", "comment",  "errno", "errnoRet",
					    "excludes", "name", "includes", "names" };
	const json_t *args = json_object_get(entry, "args");
	json_t *needs = NULL, *without = NULL;
	struct lw_import_action action;
	bool met, excluded;
	int r = lw_import_keys(entry, keys, ARRAY_LEN(keys), im->err);
	if (r == 0)
		r = lw_import_action(json_object_get(entry, "action"), json_object_get(entry, "errnoRet"),
				     json_object_get(entry, "errno"), &action, im->err);
	if (r == 0)
		r = lw_import_conditions(json_object_get(entry, "includes"), true, im->kernel, &met, &needs,
					 &im->kernel_mattered, im->err);
	if (r == 0)
		r = lw_import_conditions(json_object_get(entry, "excludes"), false, im->kernel, &excluded, &without,
					 &im->kernel_mattered, im->err);
	if (r == 0 && args && !json_is_null(args) && !json_is_array(args))
		r = FAIL(im->err, "args is a list");
	if (r < 0 || !met || excluded)
		return r;
	bool apart = repeated(args);
	for (size_t i = 0; r == 0 && i < (apart ? json_array_size(args) : 1); i++) {
		json_t *rule = make_rule(im, action, im->lines[index]);
		if (!rule)
			return lw_fail(im->err, -ENOMEM, "out of memory");
		if (needs)
			json_object_set(rule, "capabilities", needs);
		if (without)
			json_object_set(rule, "without", without);
		r = put_rule(im, entry, action, rule, apart ? (int)i : -1);
	}
	return r;
}

/* --- the whole -------------------------------------------------------------------------- */

static const struct {
	const char *scmp, *word;
} arch_table[] = {
	{ "SCMP_ARCH_X86", "x86" },
	{ "SCMP_ARCH_X32", "x32" },
};

/* Those of the list that this machine has beside its native one; foreign ones of others mean nothing here. */
static void add_architectures(const json_t *list, json_t *ret)
{
	unsigned n;
	const struct lw_abi *foreign = lw_abi_foreign(&n);
	for (size_t i = 0; i < json_array_size(list); i++)
		for (size_t k = 0; k < ARRAY_LEN(arch_table); k++) {
			const char *text = json_string_value(json_array_get(list, i));
			if (!text || strcmp(text, arch_table[k].scmp) != 0)
				continue;
			for (unsigned j = 0; j < n; j++)
				if (strcmp(foreign[j].name, arch_table[k].word) == 0)
					json_array_append_new(ret, json_string(foreign[j].name));
		}
}

static json_t *read_architectures(const json_t *doc)
{
	const char *native = strcmp(lw_abi_native.name, "x86_64") == 0 ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64";
	const json_t *map = json_object_get(doc, "archMap");
	json_t *ret = json_array();
	add_architectures(json_object_get(doc, "architectures"), ret);
	for (size_t i = 0; i < json_array_size(map); i++) {
		const json_t *row = json_array_get(map, i);
		const char *text = json_string_value(json_object_get(row, "architecture"));
		if (text && strcmp(text, native) == 0)
			add_architectures(json_object_get(row, "subArchitectures"), ret);
	}
	return ret;
}

static int read_flags(const json_t *flags, bool *ret_log, struct lw_err *err)
{
	*ret_log = false;
	for (size_t i = 0; i < json_array_size(flags); i++) {
		const char *text = json_string_value(json_array_get(flags, i));
		if (text && strcmp(text, "SECCOMP_FILTER_FLAG_LOG") == 0)
			*ret_log = true;
		else if (!text || strcmp(text, "SECCOMP_FILTER_FLAG_TSYNC") != 0) /* one thread loads it */
			return FAIL(err, "the flag %s is not offered", text ? text : "");
	}
	return 0;
}

/* Calls newer than the document, as runc has it: not there, so that libraries fall back to older ones. */
static json_t *newer_rule(const struct import *im)
{
	json_t *names = json_array();
	for (unsigned nr = (unsigned)(im->last + 1); nr < *lw_abi_native.count; nr++)
		if (lw_abi_native.names[nr])
			json_array_append_new(names, json_string(lw_abi_native.names[nr]));
	json_t *rule = make_rule(im, (struct lw_import_action){ "errno", ENOSYS }, 0);
	json_object_set_new(rule, "names", names);
	return rule;
}

static json_t *assemble(struct import *im, const json_t *doc, bool log)
{
	bool open = strcmp(im->standard.word, "allow") == 0 || strcmp(im->standard.word, "log") == 0;
	json_t *rules = json_array(), *all = make_rule(im, im->standard, 0);
	json_object_set_new(all, "names", json_pack("[s]", "all"));
	if (strcmp(im->standard.word, "allow") != 0)
		json_array_append(rules, all);
	json_decref(all);
	if (!open && im->last + 1 < (int)*lw_abi_native.count)
		json_array_append_new(rules, newer_rule(im));
	json_array_extend(rules, im->allowing);
	json_array_extend(rules, im->failing);
	json_array_extend(rules, im->killing);
	json_array_extend(rules, im->plain);
	char origin[300];
	snprintf(origin, sizeof origin, "%.256s:0", im->file);
	return json_pack("{s:s,s:o,s:o,s:b,s:s}", "base", open ? "unconfined" : "deny", "rules", rules, "architectures",
			 read_architectures(doc), "log", log, "origin", origin);
}

static int read_document(struct import *im, const json_t *doc, json_t **ret)
{
	static const char *const keys[] = { "architectures", "archMap",         "comment", "defaultAction",
					    "defaultErrno",  "defaultErrnoRet", "flags",   "syscalls" };
	json_t *list = json_object_get(doc, "syscalls"), *entry;
	bool log = false;
	size_t i;
	int r = lw_import_keys(doc, keys, ARRAY_LEN(keys), im->err);
	if (r == 0)
		r = lw_import_action(json_object_get(doc, "defaultAction"), json_object_get(doc, "defaultErrnoRet"),
				     json_object_get(doc, "defaultErrno"), &im->standard, im->err);
	if (r < 0)
		lw_err_in(im->err, "defaultAction");
	if (r == 0)
		r = read_flags(json_object_get(doc, "flags"), &log, im->err);
	if (r == 0 &&
	    (json_array_size(list) > LW_IMPORT_RULES || (list && !json_is_array(list) && !json_is_null(list))))
		r = FAIL(im->err, "syscalls is a list of at most %d entries", LW_IMPORT_RULES);
	json_array_foreach(list, i, entry)
	{
		if (r < 0)
			break;
		r = read_entry(im, entry, i);
		if (r < 0) {
			lw_err_in(im->err, "syscalls[%zu]", i);
			lw_err_at(im->err, (struct lw_origin){ im->file, im->lines[i] });
		}
	}
	if (r < 0)
		return r;
	*ret = assemble(im, doc, log);
	return *ret ? 0 : lw_fail(im->err, -ENOMEM, "out of memory");
}

int lw_seccomp_import(const char *text, size_t n, const char *file, const char *kernel, json_t **ret, bool *ret_kernel,
		      struct lw_err *err)
{
	_cleanup_free_ struct import *im = calloc(1, sizeof *im);
	struct lw_err local = { 0 };
	json_error_t bad;
	json_t *doc = json_loadb(text, n, JSON_REJECT_DUPLICATES, &bad);
	if (!err)
		err = &local;
	if (!doc) {
		/* Not the parser's words: they may quote the file, which may be none of ours. */
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "is not JSON");
		lw_err_at(err, (struct lw_origin){ file, bad.line > 0 ? (uint32_t)bad.line : 0 });
		return -EINVAL;
	}
	int r = im ? 0 : lw_fail(err, -ENOMEM, "out of memory");
	if (r == 0) {
		*im = (struct import){ .file = file, .kernel = kernel, .last = -1, .err = err };
		im->allowing = json_array();
		im->failing = json_array();
		im->killing = json_array();
		im->plain = json_array();
		lw_import_lines(text, n, im->lines);
		r = read_document(im, doc, ret);
		if (r < 0)
			lw_err_at(err, (struct lw_origin){ file, 0 });
		else if (ret_kernel)
			*ret_kernel = im->kernel_mattered;
		json_decref(im->allowing);
		json_decref(im->failing);
		json_decref(im->killing);
		json_decref(im->plain);
	}
	json_decref(doc);
	return r;
}
