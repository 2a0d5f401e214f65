/* fuzz_seccomp.c: the texts a policy is written in: calls, patterns, and moby's JSON. What parses must become a program
 * the kernel would take and that says what the verdicts say. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "schema.h"
#include "seccomp_filter.h"
#include "seccomp_oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* The program of a policy, and one call of each number run through it. */
static void check_policy(const struct lw_seccomp *p)
{
	struct lw_arena *a = lw_arena_new();
	struct lw_verdicts v;
	struct lw_filter f;
	struct lw_err err = { 0 };
	require(a != NULL);
	if (lw_seccomp_verdicts(p, 0, &lw_abi_native, a, &v, &err) == 0 && lw_layout_build(&v, 1, a, &f, &err) == 0) {
		require(lw_filter_valid(f.insns, f.n));
		for (unsigned nr = 0; nr < *lw_abi_native.count + 2; nr++) {
			struct seccomp_data call = { .nr = (int)nr, .arch = lw_abi_native.audit_arch };
			require(lw_filter_run(f.insns, f.n, &call) == lw_verdicts_eval(&v, &call));
			memset(call.args, (int)nr, sizeof call.args);
			require(lw_filter_run(f.insns, f.n, &call) == lw_verdicts_eval(&v, &call));
		}
	} else {
		require(err.msg[0]);
	}
	lw_arena_free(a);
}

static void pattern(const char *s)
{
	struct lw_call_pattern p;
	struct lw_err err = { 0 };
	if (lw_call_pattern_parse(s, NULL, &p, &err) < 0) {
		require(err.msg[0]);
		return;
	}
	struct lw_seccomp_rule rule = { .action = LW_SECCOMP_ONLY, .names = { 1, &s } };
	check_policy(&(struct lw_seccomp){ .base = LW_SECCOMP_DEFAULT, .n_rules = 1, .rules = &rule });
}

static void call(const char *s)
{
	struct seccomp_data c;
	struct lw_err err = { 0 };
	require(lw_call_parse(s, &c, &err) == 0 || err.msg[0]);
}

static void document(const char *s, size_t n)
{
	struct lw_err err = { 0 };
	struct lw_spec *spec = NULL;
	json_t *policy = NULL, *raw, *doc = NULL;
	if (lw_seccomp_import(s, n, "f.json", "6.1", &policy, NULL, &err) < 0) {
		require(err.msg[0]);
		return;
	}
	raw = json_pack("{s:o}", "seccomp", policy);
	if (lw_spec_decode(raw, &spec, &err) == 0) {
		check_policy(&spec->seccomp);
		require(lw_seccomp_export(&spec->seccomp, 0, &doc, &err) == 0 || err.msg[0]);
	}
	json_decref(doc);
	json_decref(raw);
	lw_spec_free(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *s = strndup((const char *)data, size);
	require(s != NULL);
	call(s);
	pattern(s);
	document((const char *)data, size);
	return 0;
}
