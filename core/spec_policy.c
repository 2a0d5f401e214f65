/* spec_policy.c: capability sets and seccomp policies in JSON, with the forms that stand on an inherited value:
 * capabilities {base, ops} and a seccomp base of "inherited". What a policy means to the kernel is decided in
 * seccomp_compile.c, which this file does not know. */
#include <string.h>
#include <strings.h>
#include "base/cleanup.h"
#include "seccomp.h"
#include "seccomp_policy.h"
#include "spec_codec.h"

/* --- capabilities --- */

static int read_mask(struct lw_spec *s, const struct lw_field *f, const json_t *v, uint64_t *ret, struct lw_err *err)
{
	struct lw_strlist names;
	uint64_t mask = 0;
	int r = lw_codec_strlist(s, f, v, &names, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		int64_t cap = lw_names_value(&lw_capability_table, names.v[i]);
		if (cap < 0) {
			r = lw_codec_unknown(err, "capability", names.v[i],
					     lw_names_nearest(&lw_capability_table, names.v[i]));
			if (!strcasecmp(names.v[i], "all"))
				lw_err_hint(err, "write capabilities = caps.all");
			lw_codec_at_index(err, i);
		} else {
			mask |= UINT64_C(1) << cap;
		}
	}
	if (r == 0)
		*ret = mask;
	return r;
}

int lw_read_capset(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_caps *c = rec;
	return read_mask(s, f, v, &c->set[f - lw_caps_schema.fields], err);
}

static json_t *write_mask(uint64_t mask)
{
	json_t *list = json_array();

	for (int cap = 0; list && cap <= LW_CAP_LAST_KNOWN; cap++) {
		if ((mask >> cap & 1) &&
		    json_array_append_new(list, json_string(lw_names_name(&lw_capability_table, cap))) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

json_t *lw_write_capset(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_caps *c = rec;

	(void)s;
	return write_mask(c->set[f - lw_caps_schema.fields]);
}

/* Sets that were not written follow from the others. */
static void derive_sets(struct lw_caps *c)
{
	if (!lw_is_set(&c->rec, LW_CAP_BOUNDING))
		c->set[LW_CAP_BOUNDING] = LW_CAPS_DOCKER;
	if (!lw_is_set(&c->rec, LW_CAP_PERMITTED))
		c->set[LW_CAP_PERMITTED] = c->set[LW_CAP_BOUNDING];
	if (!lw_is_set(&c->rec, LW_CAP_EFFECTIVE))
		c->set[LW_CAP_EFFECTIVE] = c->set[LW_CAP_PERMITTED];
	if (!lw_is_set(&c->rec, LW_CAP_INHERITABLE))
		c->set[LW_CAP_INHERITABLE] = c->set[LW_CAP_AMBIENT];
}

/* One spelling for one meaning: a set that follows from the others counts as not written. */
static void minimise_sets(struct lw_caps *c)
{
	c->rec.set = UINT64_C(1) << LW_CAP_BOUNDING;
	if (c->set[LW_CAP_PERMITTED] != c->set[LW_CAP_BOUNDING])
		c->rec.set |= UINT64_C(1) << LW_CAP_PERMITTED;
	if (c->set[LW_CAP_EFFECTIVE] != c->set[LW_CAP_PERMITTED])
		c->rec.set |= UINT64_C(1) << LW_CAP_EFFECTIVE;
	if (c->set[LW_CAP_AMBIENT])
		c->rec.set |= UINT64_C(1) << LW_CAP_AMBIENT;
	if (c->set[LW_CAP_INHERITABLE] != c->set[LW_CAP_AMBIENT])
		c->rec.set |= UINT64_C(1) << LW_CAP_INHERITABLE;
}

/* A list, or a table of sets. */
static int read_sets(struct lw_spec *s, const struct lw_field *f, const json_t *v, struct lw_caps *c,
		     struct lw_err *err)
{
	int r;

	if (lw_codec_is_list(v)) {
		r = read_mask(s, f, v, &c->set[LW_CAP_BOUNDING], err);
		c->rec.set = UINT64_C(1) << LW_CAP_BOUNDING;
	} else if (json_is_object(v)) {
		r = lw_codec_record(s, &lw_caps_schema, v, c, err);
	} else {
		r = lw_codec_mismatch(f, v, err);
		if (json_is_string(v))
			lw_err_hint(err, "put it in braces");
		return r;
	}
	if (r == 0)
		derive_sets(c);
	return r;
}

/* ["+", names] adds to what a plain set sets; ["-", names] takes away everywhere. */
static int apply_op(struct lw_spec *s, const struct lw_field *f, const json_t *op, struct lw_caps *c,
		    struct lw_err *err)
{
	const char *sign = json_string_value(json_array_get(op, 0));
	uint64_t mask;
	int r;

	if (json_array_size(op) != 2 || !sign || (strcmp(sign, "+") != 0 && strcmp(sign, "-") != 0))
		return lw_codec_fail(err, "expected [\"+\", names] or [\"-\", names]");
	r = read_mask(s, f, json_array_get(op, 1), &mask, err);
	if (r < 0) {
		if (err)
			err->path[0] = '\0'; /* the place in ops is not a place in anybody's profile */
		return r;
	}
	for (int set = 0; set < LW_CAP_SETS; set++) {
		if (*sign == '-')
			c->set[set] &= ~mask;
		else if (set <= LW_CAP_PERMITTED)
			c->set[set] |= mask;
	}
	return 0;
}

static int read_ops(struct lw_spec *s, const struct lw_field *f, const json_t *v, struct lw_caps *c, struct lw_err *err)
{
	const json_t *base = json_object_get(v, "base"), *ops = json_object_get(v, "ops");
	const char *word = json_string_value(base), *key;
	json_t *value;
	int r = 0;

	json_object_foreach((json_t *)v, key, value)
	{
		if (value == base || value == ops || strcmp(key, "origin") == 0)
			continue;
		lw_codec_fail(err, "unknown key");
		lw_codec_in(err, key);
		return -EINVAL;
	}
	if (word && strcmp(word, "inherited") != 0)
		return lw_codec_unknown(err, "base", word, NULL);
	if (base && !word) {
		struct lw_origin at = c->rec.origin; /* of the operations, not of what they stand on */
		r = read_sets(s, f, base, c, err);
		c->rec.origin = at;
	} else {
		derive_sets(c); /* nothing above: the defaults */
	}
	if (r == 0 && ops && (!lw_codec_is_list(ops) || json_array_size(ops) > LW_LIST_MAX))
		r = lw_codec_fail(err, "expected a list of operations");
	for (size_t i = 0; r == 0 && i < json_array_size(ops); i++)
		r = apply_op(s, f, json_array_get(ops, i), c, err);
	return r;
}

/* Reads nothing but the origin of a table. */
static int read_origin_of(struct lw_spec *s, const json_t *v, struct lw_rec *rec, struct lw_err *err)
{
	static const struct lw_schema no_keys = { .name = "record" };
	json_t *origin = json_object_get(v, "origin");
	json_t *only;
	int r;

	if (!origin)
		return 0;
	only = json_pack("{s:O}", "origin", origin);
	r = only ? lw_codec_record(s, &no_keys, only, rec, err) : lw_codec_nomem(err);
	json_decref(only);
	return r;
}

int lw_read_capabilities(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_caps *c = (struct lw_caps *)((char *)rec + f->offset);
	int r;

	memset(c, 0, sizeof(*c));
	c->rec.origin = ((const struct lw_rec *)rec)->origin;
	if (json_object_get(v, "base") || json_object_get(v, "ops")) {
		r = read_origin_of(s, v, &c->rec, err);
		if (r == 0)
			r = read_ops(s, f, v, c, err);
		if (r < 0 && c->rec.origin.file)
			lw_err_at(err, c->rec.origin);
	} else {
		r = read_sets(s, f, v, c, err);
	}
	minimise_sets(c);
	return r;
}

json_t *lw_write_capabilities(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_caps *c = (const struct lw_caps *)((const char *)rec + f->offset);
	struct lw_origin outer = ((const struct lw_rec *)rec)->origin;

	if (c->rec.set == UINT64_C(1) << LW_CAP_BOUNDING && lw_codec_same_origin(c->rec.origin, outer))
		return lw_write_capset(s, &lw_caps_schema.fields[LW_CAP_BOUNDING], c);
	return lw_codec_write_record(s, &lw_caps_schema, c, outer);
}

/* --- seccomp --- */

/* Other names of the same number, for those who write them. */
static const struct lw_name errno_aliases[] = {
	{ "EWOULDBLOCK", EWOULDBLOCK },
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
	{ "EOPNOTSUPP", EOPNOTSUPP },
};
#define ERRNO_NAMED_MAX 133 /* EHWPOISON, the last with a name */

static int errno_by_name(const char *name)
{
	for (int e = 1; e <= ERRNO_NAMED_MAX; e++) {
		const char *known = strerrorname_np(e);
		if (known && strcmp(known, name) == 0)
			return e;
	}
	for (size_t i = 0; i < ARRAY_LEN(errno_aliases); i++)
		if (strcmp(errno_aliases[i].name, name) == 0)
			return (int)errno_aliases[i].value;
	return -1;
}

int lw_read_errno(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_seccomp_rule *rule = rec;
	const char *name;
	int64_t n;
	int r;

	if (json_is_number(v)) {
		r = lw_codec_int(f, v, 1, 4095, &n, err);
		rule->errno_value = r == 0 ? (int)n : 0;
		return r;
	}
	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	r = lw_codec_string(s, v, &name, err);
	if (r < 0)
		return r;
	rule->errno_value = errno_by_name(name);
	if (rule->errno_value < 0) {
		const char *names[ERRNO_NAMED_MAX];
		size_t k = 0;
		for (int e = 1; e <= ERRNO_NAMED_MAX; e++)
			if (strerrorname_np(e))
				names[k++] = strerrorname_np(e);
		return lw_codec_unknown(err, "error", name, lw_nearest(name, names, k));
	}
	return 0;
}

json_t *lw_write_errno(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_seccomp_rule *rule = rec;
	const char *name = strerrorname_np(rule->errno_value);

	(void)s;
	(void)f;
	return name ? json_string(name) : json_integer(rule->errno_value);
}

/* The capabilities a rule depends on. */
int lw_read_rule_caps(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	return read_mask(s, f, v, (uint64_t *)((char *)rec + f->offset), err);
}

json_t *lw_write_rule_caps(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	(void)s;
	return write_mask(*(const uint64_t *)((const char *)rec + f->offset));
}

int lw_check_call_name(const char *v, struct lw_err *err)
{
	struct lw_call_pattern pattern;

	if (strchr(v, '('))
		return lw_call_pattern_parse(v, NULL, &pattern, err);
	if (!lw_seccomp_name_known(v))
		return lw_codec_unknown(err, *v == '@' ? "group" : "system call", v, lw_syscall_nearest(v));
	return 0;
}

/* Those whose programs some native kernel can also run; seccomp_compile.c says which of them this machine has. */
int lw_check_architecture(const char *v, struct lw_err *err)
{
	static const char *const words[] = {
		"x86",      "x86_64",      "x32", "arm",   "aarch64", "mips",    "mips64", "mips64n32", "mipsel",
		"mipsel64", "mipsel64n32", "ppc", "ppc64", "ppc64le", "riscv64", "s390",   "s390x",     "loongarch64"
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], v) == 0)
			return 0;
	return lw_codec_unknown(err, "architecture", v, lw_nearest(v, words, ARRAY_LEN(words)));
}

int lw_seccomp_rule_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_seccomp_rule *rule = rec;

	(void)s;
	if (rule->names.n == 0)
		return lw_codec_fail(err, "a rule without names");
	if (rule->action == LW_SECCOMP_ERRNO && !rule->errno_value)
		rule->errno_value = EPERM;
	if (rule->action != LW_SECCOMP_ERRNO && rule->errno_value) {
		lw_codec_fail(err, "only an \"errno\" rule takes an errno");
		lw_codec_in(err, "errno");
		return -EINVAL;
	}
	return 0;
}

int lw_read_seccomp_base(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_seccomp *p = rec;
	const char *word;
	int64_t base;
	int r;

	if (!json_is_string(v))
		return lw_codec_mismatch(f, v, err);
	r = lw_codec_string(s, v, &word, err);
	if (r < 0)
		return r;
	if (strcmp(word, "inherited") == 0) {
		p->base = LW_SECCOMP_DEFAULT; /* nothing above */
		return 0;
	}
	base = lw_names_value(&lw_seccomp_base_table, word);
	if (base < 0)
		return lw_codec_unknown(err, "policy", word, lw_names_nearest(&lw_seccomp_base_table, word));
	p->base = (int)base;
	return 0;
}

json_t *lw_write_seccomp_base(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_seccomp *p = rec;

	(void)s;
	(void)f;
	return json_string(lw_names_name(&lw_seccomp_base_table, p->base));
}

int lw_read_seccomp(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_seccomp *p = (struct lw_seccomp *)((char *)rec + f->offset);

	p->rec.origin = ((const struct lw_rec *)rec)->origin;
	if (json_is_string(v)) {
		p->rec.set = 1;
		return lw_read_seccomp_base(s, f, v, p, err);
	}
	if (!json_is_object(v)) {
		lw_codec_mismatch(f, v, err);
		if (json_is_array(v) && json_array_size(v))
			lw_err_hint(err, "write seccomp.default + { … } to allow these, - to deny them");
		return -EINVAL;
	}
	return lw_codec_record(s, &lw_seccomp_schema, v, p, err);
}

json_t *lw_write_seccomp(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_seccomp *p = (const struct lw_seccomp *)((const char *)rec + f->offset);
	struct lw_origin outer = ((const struct lw_rec *)rec)->origin;

	if (p->rec.set == 1 && lw_codec_same_origin(p->rec.origin, outer))
		return lw_write_seccomp_base(s, f, p);
	return lw_codec_write_record(s, &lw_seccomp_schema, p, outer);
}
