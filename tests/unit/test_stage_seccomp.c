/* test_stage_seccomp.c: the filter in a plan: when there is one, when it is loaded, and which policies are refused. */
#include "seccomp_fixture.h"

#include "stage.h"

struct bench {
	struct lw_spec *spec;
	struct lw_host host;
	struct lw_plan plan;
};

static struct bench *bench_new(struct lw_arena *a)
{
	struct bench *b = lw_arena_alloc(a, sizeof *b);
	b->spec = lw_arena_alloc(a, sizeof *b->spec);
	b->spec->no_new_privileges = true;
	b->spec->capabilities.set[LW_CAP_BOUNDING] = LW_CAPS_DOCKER;
	b->spec->rec.origin = (struct lw_origin){ "web.lua", 3 };
	b->host.state_fd = -1;
	b->plan.arena = a;
	b->plan.spec = b->spec;
	b->plan.host = &b->host;
	return b;
}

static void loads_the_policys_filter(void **state)
{
	struct bench *b = bench_new(*state);
	struct lw_err err = { 0 };
	assert_int_equal(lw_stage_seccomp(&b->plan, &err), 0);
	assert_int_equal(b->plan.n_ops, 1);
	assert_int_equal(b->plan.ops[0].kind, LW_OP_SECCOMP);
	assert_int_equal(b->plan.ops[0].side, LW_SIDE_CHILD);
	assert_string_equal(b->plan.ops[0].key, "seccomp");
	assert_int_equal(b->plan.ops[0].num[0], 0);
	struct lw_filter f = compile(&base_table[0], LW_CAPS_DOCKER, *state);
	assert_int_equal(b->plan.filter.n, f.n);
	assert_memory_equal(b->plan.filter.insns, f.insns, f.n * sizeof *f.insns);
}

static void early_without_no_new_privileges(void **state)
{
	struct bench *b = bench_new(*state);
	struct lw_err err = { 0 };
	b->spec->no_new_privileges = false;
	assert_int_equal(lw_stage_seccomp_early(&b->plan, &err), 0);
	assert_int_equal(lw_stage_seccomp(&b->plan, &err), 0);
	assert_int_equal(b->plan.n_ops, 1);
	assert_int_equal(b->plan.ops[0].num[0], 1);
	/* then the change of user and capabilities is under the filter, too */
	b = bench_new(*state);
	b->spec->seccomp = *with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_ERRNO, "capset", *state);
	assert_int_equal(lw_stage_seccomp(&b->plan, &err), 0);
	b->spec->no_new_privileges = false;
	assert_int_equal(lw_stage_seccomp_early(&b->plan, &err), -EPERM);
	assert_non_null(strstr(err.msg, "denies capset,"));
}

static void unconfined_is_no_operation(void **state)
{
	struct bench *b = bench_new(*state);
	struct lw_err err = { 0 };
	b->spec->seccomp.base = LW_SECCOMP_UNCONFINED;
	assert_int_equal(lw_stage_seccomp(&b->plan, &err), 0);
	assert_int_equal(b->plan.n_ops, 0);
	assert_int_equal(b->plan.filter.n, 0);
	b->spec->seccomp = *with_rule(LW_SECCOMP_UNCONFINED, LW_SECCOMP_ERRNO, "getcwd", *state);
	assert_int_equal(lw_stage_seccomp(&b->plan, &err), 0);
	assert_int_equal(b->plan.n_ops, 1);
}

static void refuses_what_cannot_start(void **state)
{
	struct bench *b = bench_new(*state);
	struct lw_err err = { 0 };
	char line[1024];
	b->spec->seccomp = *with_rule(LW_SECCOMP_DENY, LW_SECCOMP_ALLOW, "getcwd", *state);
	b->spec->seccomp.rec.origin = (struct lw_origin){ "web.lua", 8 };
	assert_int_equal(lw_stage_seccomp(&b->plan, &err), -EPERM);
	assert_int_equal(err.cls, LW_ERR_POLICY);
	assert_int_equal(b->plan.n_ops, 0);
	assert_string_equal(lw_err_format(&err, line, sizeof line),
			    "web.lua:8: seccomp: the policy denies execve, exit_group, write, which starting the "
			    "command itself needs (allow them; "
			    "a dynamic loader makes access, arch_prctl, brk, close, fstat, mmap, mprotect, munmap, "
			    "newfstatat, openat, "
			    "pread64, prlimit64, read, set_robust_list, set_tid_address, getrandom, rseq, too)");
	b->spec->seccomp = *with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_ALLOW, "opnat", *state);
	err = (struct lw_err){ 0 };
	assert_int_equal(lw_stage_seccomp(&b->plan, &err), -EINVAL);
	assert_string_equal(err.path, "seccomp.rules[0]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loads_the_policys_filter, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(early_without_no_new_privileges, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(unconfined_is_no_operation, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(refuses_what_cannot_start, arena_setup, arena_teardown),
	};
	return cmocka_run_group_tests_name("stage_seccomp", tests, NULL, NULL);
}
