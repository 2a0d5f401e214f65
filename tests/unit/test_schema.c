/* test_schema.c: the tables themselves (core/schema.h): every row can be read, written, explained and told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "spec_testing.h"

static size_t member_size(const struct lw_field *f)
{
	switch (f->kind) {
	case LW_K_STRING:
	case LW_K_PATH:
		return sizeof(char *);
	case LW_K_BOOL:
		return sizeof(bool);
	case LW_K_ENUM:
		return sizeof(int);
	case LW_K_STRLIST:
	case LW_K_PATHLIST:
		return sizeof(struct lw_strlist);
	case LW_K_PAIRS:
		return sizeof(struct lw_pairs);
	case LW_K_RECORD:
		return f->rec->size;
	case LW_K_RECLIST:
		return sizeof(size_t) + sizeof(void *);
	case LW_K_CUSTOM:
		return 1; /* its functions know */
	default:
		return sizeof(int64_t);
	}
}

static void check_row(const struct lw_schema *sc, const struct lw_field *f)
{
	char form[256];

	if (!f->key || !f->key[0])
		fail_msg("%s: row %zu has no key", sc->name, (size_t)(f - sc->fields));
	if (!f->help || strlen(f->help) < 5 || f->help[strlen(f->help) - 1] != '.')
		fail_msg("%s.%s: help is not a sentence", sc->name, f->key);
	if (!f->def || !f->def[0])
		fail_msg("%s.%s: no default", sc->name, f->key);
	if (f->offset + member_size(f) > sc->size)
		fail_msg("%s.%s: outside the record", sc->name, f->key);
	if (f->kind == LW_K_ENUM && (!f->names || f->names->n == 0))
		fail_msg("%s.%s: an enum without words", sc->name, f->key);
	if ((f->kind == LW_K_RECORD || f->kind == LW_K_RECLIST) && !f->rec)
		fail_msg("%s.%s: no table of its own", sc->name, f->key);
	if ((f->kind == LW_K_CUSTOM) != (f->read && f->write))
		fail_msg("%s.%s: read and write go with CUSTOM", sc->name, f->key);
	if ((f->kind == LW_K_INT || f->kind == LW_K_SIZE || f->kind == LW_K_CPUS || f->kind == LW_K_MODE) &&
	    f->min >= f->max)
		fail_msg("%s.%s: no range", sc->name, f->key);
	if (f->merge == LW_MERGE_BY_KEY && (!f->rec || !lw_schema_field(f->rec, f->merge_key)))
		fail_msg("%s.%s: merges by a key its records do not have", sc->name, f->key);
	if (!lw_field_form(f, form, sizeof(form))[0])
		fail_msg("%s.%s: no form", sc->name, f->key);
}

static void check_schema(const struct lw_schema *sc)
{
	assert_true(sc->n > 0 && sc->n <= 64); /* bits of lw_rec.set */
	for (size_t i = 0; i < sc->n; i++) {
		check_row(sc, &sc->fields[i]);
		assert_string_not_equal(sc->fields[i].key, "origin");
		for (size_t k = 0; k < i; k++) {
			if (strcmp(sc->fields[i].key, sc->fields[k].key) == 0)
				fail_msg("%s.%s: twice", sc->name, sc->fields[i].key);
			if (sc->fields[i].kind != LW_K_CUSTOM && sc->fields[k].kind != LW_K_CUSTOM &&
			    sc->fields[i].offset == sc->fields[k].offset)
				fail_msg("%s.%s and .%s: one offset", sc->name, sc->fields[i].key, sc->fields[k].key);
		}
		if (sc->fields[i].rec)
			check_schema(sc->fields[i].rec);
	}
}

static void test_rows(void **state)
{
	(void)state;
	check_schema(&lw_sandbox_schema);
}

/* The numbers others test bits with are the rows they name. */
static void test_numbers(void **state)
{
	(void)state;
	static const struct {
		unsigned row;
		const char *key;
	} v[] = {
		{ LW_KEY_NAME, "name" },         { LW_KEY_ENV, "env" },
		{ LW_KEY_USER, "user" },         { LW_KEY_MOUNTS, "mounts" },
		{ LW_KEY_SECCOMP, "seccomp" },   { LW_KEY_NETWORK, "network" },
		{ LW_KEY_LANDLOCK, "landlock" }, { LW_KEY_HARDENING, "hardening" },
		{ LW_KEY_APPARMOR, "apparmor" }, { LW_KEY_SELINUX, "selinux" },
		{ LW_KEY_NICE, "nice" },         { LW_KEY_OOM_SCORE_ADJ, "oom_score_adj" },
		{ LW_KEY_TIMEOUT, "timeout" },   { LW_KEY_ALLOW_CONTROL_SOCKETS, "allow_control_sockets" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		assert_ptr_equal(&lw_sandbox_schema.fields[v[i].row], lw_schema_field(&lw_sandbox_schema, v[i].key));
	const struct lw_schema *limits = lw_schema_field(&lw_sandbox_schema, "limits")->rec;
	assert_string_equal(limits->fields[LW_LIMIT_MEMORY].key, "memory");
	assert_string_equal(limits->fields[LW_LIMIT_CPUS].key, "cpus");
	const struct lw_schema *mount = lw_schema_field(&lw_sandbox_schema, "mounts")->rec;
	assert_string_equal(mount->fields[LW_MOUNT_KEY_WRITABLE].key, "writable");
	assert_string_equal(mount->fields[LW_MOUNT_KEY_GID].key, "gid");
	assert_null(lw_schema_field(&lw_sandbox_schema, "nam"));
}

/* Rows of rlimits and namespaces are the kernel's, under the names of core/tables. */
static void test_kernel_names(void **state)
{
	(void)state;
	const struct lw_schema *rlimits = lw_schema_field(&lw_sandbox_schema, "rlimits")->rec;
	assert_int_equal(rlimits->n, LW_RLIM_COUNT);
	for (size_t i = 0; i < rlimits->n; i++)
		assert_int_equal(lw_names_value(&lw_rlimit_table, rlimits->fields[i].key), i);
	const struct lw_schema *namespaces = lw_schema_field(&lw_sandbox_schema, "namespaces")->rec;
	assert_int_equal(namespaces->n, LW_NS_COUNT);
	for (size_t i = 0; i < namespaces->n; i++)
		assert_true(lw_names_value(&lw_namespace_table, namespaces->fields[i].key) > 0);
}

static void test_has(void **state)
{
	(void)state;
	struct lw_spec *s = spec_of("{'nice':0}");
	assert_true(lw_rec_has(&s->rec, &lw_sandbox_schema, "nice"));
	assert_true(lw_is_set(&s->rec, LW_KEY_NICE));
	assert_false(lw_rec_has(&s->rec, &lw_sandbox_schema, "name"));
	assert_false(lw_rec_has(&s->rec, &lw_sandbox_schema, "unheard_of"));
	lw_spec_free(s);
}

static void test_form(void **state)
{
	(void)state;
	char form[200], small[8];
	assert_string_equal(lw_field_form(lw_schema_field(&lw_sandbox_schema, "terminal"), form, sizeof(form)),
			    "\"auto\", true or false");
	assert_string_equal(lw_field_form(lw_schema_field(&lw_sandbox_schema, "network"), form, sizeof(form)),
			    "\"none\", \"host\", { bridge= }, { path= } or { sandbox= }");
	assert_string_equal(lw_field_form(lw_schema_field(lw_schema_field(&lw_sandbox_schema, "stdio")->rec, "stdin"),
					  form, sizeof(form)),
			    "\"inherit\" or \"null\"");
	assert_string_equal(lw_field_form(lw_schema_field(&lw_sandbox_schema, "nice"), form, sizeof(form)),
			    "a whole number from -20 to 19");
	assert_string_equal(lw_field_form(lw_schema_field(&lw_sandbox_schema, "nice"), small, sizeof(small)),
			    "a whole");
}

static void test_markdown(void **state)
{
	(void)state;
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	assert_int_equal(lw_schema_markdown(&t), 0);
	for (size_t i = 0; i < lw_sandbox_schema.n; i++) {
		char heading[64];
		snprintf(heading, sizeof(heading), "\n## %s\n", lw_sandbox_schema.fields[i].key);
		assert_non_null(strstr(t.buf, heading));
		assert_non_null(strstr(t.buf, lw_sandbox_schema.fields[i].help));
	}
	assert_non_null(strstr(t.buf, "| `nofile` |"));
	assert_non_null(strstr(t.buf, "| `destination` |"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_numbers), cmocka_unit_test(test_kernel_names),
		cmocka_unit_test(test_has),  cmocka_unit_test(test_form),    cmocka_unit_test(test_markdown),
	};
	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
