/* test_stage_lsm.c: Landlock rules and hardening in a plan, for kernels of every age: what is asked of the kernel is
 * never more than it knows, and what it cannot hold is refused or said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "landlock_abi.h"
#include "spec_testing.h"
#include "stage.h"

#define ALL_RULES                                                                                                      \
	"'read':['/a'],'write':['/b'],'execute':['/c'],'connect_tcp':[1],'bind_tcp':['2'],"                            \
	"'scope':['abstract_unix_socket','signal']"

struct bench {
	struct lw_spec *spec;
	struct lw_host host;
	struct lw_plan plan;
	struct lw_err err;
};

static void bench_init(struct bench *b, const char *json, int abi)
{
	*b = (struct bench){ .spec = spec_of(json), .host = { .landlock_abi = abi, .kernel_major = 6 } };
	b->plan = (struct lw_plan){ .arena = b->spec->arena, .spec = b->spec, .host = &b->host };
}
static void bench_done(struct bench *b)
{
	lw_spec_free(b->spec);
}

static const struct lw_op *op_of(const struct bench *b, int kind)
{
	for (size_t i = 0; i < b->plan.n_ops; i++)
		if (b->plan.ops[i].kind == kind)
			return &b->plan.ops[i];
	return NULL;
}

/* The accesses each ABI knows, from the kernel's documentation. */
static const struct {
	uint64_t files, net, scopes;
	size_t notes;
} known[] = {
	{ 0, 0, 0, 6 },      { 0x1fff, 0, 0, 4 }, { 0x3fff, 0, 0, 4 }, { 0x7fff, 0, 0, 3 },
	{ 0x7fff, 3, 0, 1 }, { 0xffff, 3, 0, 1 }, { 0xffff, 3, 3, 0 }, { 0xffff, 3, 3, 0 },
};

static void asks_for_what_the_abi_knows(void **state)
{
	(void)state;
	for (int abi = 0; abi < (int)ARRAY_LEN(known); abi++) {
		struct bench b;
		bench_init(&b, "{'landlock':{" ALL_RULES "}}", abi);
		assert_int_equal(lw_stage_landlock(&b.plan, &b.err), 0);
		assert_int_equal(b.plan.n_notes, known[abi].notes);
		const struct lw_op *new = op_of(&b, LW_OP_LANDLOCK_NEW);
		if (!known[abi].files) {
			assert_int_equal(b.plan.n_ops, 0);
			bench_done(&b);
			continue;
		}
		assert_int_equal(new->num[0], known[abi].files);
		assert_int_equal(new->num[1], known[abi].net);
		assert_int_equal(new->num[2], known[abi].scopes);
		/* No rule may allow what is not restricted: the kernel refuses that. */
		for (size_t i = 0; i < b.plan.n_ops; i++) {
			const struct lw_op *op = &b.plan.ops[i];
			if (op->kind == LW_OP_LANDLOCK_PATH)
				assert_int_equal(op->num[0] & ~known[abi].files, 0);
			if (op->kind == LW_OP_LANDLOCK_PORT)
				assert_int_equal(op->num[1] & ~known[abi].net, 0);
		}
		assert_int_equal(b.plan.ops[b.plan.n_ops - 1].kind, LW_OP_LANDLOCK_END);
		bench_done(&b);
	}
}

static void required_is_all_or_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *key;
		int needs;
	} v[] = {
		{ "'read':[]", "landlock.read", 1 },         { "'write':[]", "landlock.write", 3 },
		{ "'execute':[]", "landlock.execute", 1 },   { "'connect_tcp':[]", "landlock.connect_tcp", 4 },
		{ "'bind_tcp':[]", "landlock.bind_tcp", 4 }, { "'scope':['signal']", "landlock.scope", 6 },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (int abi = 0; abi <= 7; abi++) {
			char json[128];
			struct bench b;
			snprintf(json, sizeof json, "{'landlock':{%s,'required':true}}", v[i].rule);
			bench_init(&b, json, abi);
			int r = lw_stage_landlock(&b.plan, &b.err);
			assert_int_equal(r, abi < v[i].needs ? -EOPNOTSUPP : 0);
			if (r < 0) {
				assert_string_equal(b.err.path, v[i].key);
				assert_non_null(strstr(b.err.hint, "Linux"));
			}
			assert_int_equal(b.plan.n_notes, 0);
			bench_done(&b);
		}
}

static void nothing_asked_is_nothing_done(void **state)
{
	(void)state;
	static const char *const v[] = { "{}", "{'landlock':{}}", "{'landlock':{'scope':[],'required':true}}",
					 "{'network':'host','landlock':{'scope':[]}}" };
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct bench b;
		bench_init(&b, v[i], 0);
		assert_int_equal(lw_stage_landlock(&b.plan, &b.err), 0);
		assert_int_equal(b.plan.n_ops, 0);
		assert_int_equal(b.plan.n_notes, 0);
		bench_done(&b);
	}
}

static void the_hosts_network_scopes_abstract_sockets(void **state)
{
	(void)state;
	struct bench b;
	bench_init(&b, "{'network':'host'}", 6);
	assert_int_equal(lw_stage_landlock(&b.plan, &b.err), 0);
	assert_int_equal(op_of(&b, LW_OP_LANDLOCK_NEW)->num[2], LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET);
	bench_done(&b);
	bench_init(&b, "{'network':'host','landlock':{'required':true}}", 5);
	assert_int_equal(lw_stage_landlock(&b.plan, &b.err), 0);
	assert_int_equal(b.plan.n_ops, 0);
	assert_int_equal(b.plan.n_notes, 1);
	bench_done(&b);
}

static void moving_files_stays_allowed_where_writing_does(void **state)
{
	(void)state;
	struct bench b;
	bench_init(&b, "{'landlock':{'read':['/usr']}}", 7);
	assert_int_equal(lw_stage_landlock(&b.plan, &b.err), 0);
	const struct lw_op *path = op_of(&b, LW_OP_LANDLOCK_PATH);
	assert_string_equal(path->str[0], "/");
	assert_int_equal(path->num[0], LANDLOCK_ACCESS_FS_REFER);
	bench_done(&b);
	bench_init(&b, "{'landlock':{'read':[],'write':[]}}", 7);
	assert_int_equal(lw_stage_landlock(&b.plan, &b.err), 0);
	assert_null(op_of(&b, LW_OP_LANDLOCK_PATH));
	bench_done(&b);
}

static void mdwe_by_kernel(void **state)
{
	(void)state;
	struct bench b;
	bench_init(&b, "{'hardening':{'memory_deny_write_execute':true}}", 0);
	b.host.kernel_minor = 2;
	assert_int_equal(lw_stage_hardening(&b.plan, &b.err), -EOPNOTSUPP);
	assert_string_equal(b.err.path, "hardening.memory_deny_write_execute");
	b.host.kernel_minor = 3;
	b.plan.n_ops = 0;
	assert_int_equal(lw_stage_hardening(&b.plan, &b.err), 0);
	assert_int_equal(op_of(&b, LW_OP_PRCTL)->num[0], 65);
	bench_done(&b);
}

static void words_are_checked(void **state)
{
	(void)state;
	static const char *const bad[][3] = {
		{ "{'landlock':{'bind_tcp':[65536]}}", "landlock.bind_tcp[0]", "not a port" },
		{ "{'landlock':{'bind_tcp':[-1]}}", "landlock.bind_tcp[0]", "not a port" },
		{ "{'landlock':{'read':['usr']}}", "landlock.read[0]", "absolute" },
		{ "{'landlock':{'scope':['signals']}}", "landlock.scope[0]", "signal" },
		{ "{'hardening':{'disable_speculation':['ssb']}}", "hardening.disable_speculation[0]", "store_bypass" },
		{ "{'hardening':{'secure_bits':['noroots']}}", "hardening.secure_bits[0]", "noroot" },
		{ "{'hardening':{'mdwe':true}}", "hardening.mdwe", "memory_deny_write_execute" },
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lw_err err = { 0 };
		struct lw_spec *s = NULL;
		json_t *raw = raw_of(bad[i][0]);
		assert_int_equal(lw_spec_decode(raw, &s, &err), -EINVAL);
		same_err(bad[i][0], &err, bad[i][1], bad[i][2]);
		json_decref(raw);
	}
	struct lw_spec *s = spec_of("{'landlock':{" ALL_RULES "},'hardening':{'secure_bits':['SECBIT_NOROOT']}}");
	char *once = canonical(s);
	lw_spec_free(s);
	json_t *raw = json_loads(once, 0, NULL);
	struct lw_err err = { 0 };
	assert_int_equal(lw_spec_decode(raw, &s, &err), 0);
	char *twice = canonical(s);
	assert_string_equal(once, twice);
	json_decref(raw);
	lw_spec_free(s);
	free(once);
	free(twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_what_the_abi_knows),
		cmocka_unit_test(required_is_all_or_nothing),
		cmocka_unit_test(nothing_asked_is_nothing_done),
		cmocka_unit_test(the_hosts_network_scopes_abstract_sockets),
		cmocka_unit_test(moving_files_stays_allowed_where_writing_does),
		cmocka_unit_test(mdwe_by_kernel),
		cmocka_unit_test(words_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
