/* test_notify_filter.c: the two programs that notify mean together what the policy means, for every call, and a
 * listener that is gone lets nothing through. */
#include "seccomp_fixture.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "notify_filter.h"

#define LISTENER 8U /* SECCOMP_FILTER_FLAG_NEW_LISTENER */

/* The kernel's order: the lower action, as a signed number, wins. */
static uint32_t stricter(uint32_t a, uint32_t b)
{
	return (int32_t)(b & SECCOMP_RET_ACTION_FULL) < (int32_t)(a & SECCOMP_RET_ACTION_FULL) ? b : a;
}

static void same(const struct lw_filter *policy, const struct lw_filter two[2], const struct seccomp_data *call)
{
	uint32_t want = lw_filter_run(policy->insns, policy->n, call);
	uint32_t got =
		stricter(lw_filter_run(two[0].insns, two[0].n, call), lw_filter_run(two[1].insns, two[1].n, call));
	/* The listener answers with the policy's own verdict, and goes on with nothing but what that allows. */
	if (got == SECCOMP_RET_USER_NOTIF) {
		uint32_t action = want & SECCOMP_RET_ACTION_FULL;
		assert_true(action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_ALLOW);
		return;
	}
	if (got != want)
		fail_msg("call %d(%llx): %x, not %x", call->nr, (unsigned long long)call->args[0], got, want);
}

static void check_policy(const struct lw_seccomp *p, uint64_t caps, struct lw_arena *a)
{
	static const uint64_t some[] = { 0, 1, 2, 3, 10, 16, 17, 38, 0x5412, 0x10000000, 0x7e020000, UINT64_MAX };
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64 };
	const uint32_t watched[] = { (uint32_t)lw_syscall_number("socket"), (uint32_t)lw_syscall_number("mount") };
	struct lw_filter policy = compile(p, caps, a), two[2];
	struct lw_err err = { 0 };
	assert_int_equal(lw_notify_filters(&policy, watched, 2, a, two, &err), 0);
	for (size_t arch = 0; arch < 3; arch++)
		for (int nr = -1; nr < 600; nr++)
			for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
				struct seccomp_data call = { .nr = nr, .arch = archs[arch] };
				for (int k = 0; k < 6; k++)
					call.args[k] = some[(i + (size_t)k * i) % (sizeof some / sizeof *some)];
				same(&policy, two, &call);
				call.nr = nr | 0x40000000;
				same(&policy, two, &call);
			}
}

static void test_means_the_same(void **state)
{
	for (size_t b = 0; b < BASES; b++)
		check_policy(&base_table[b], LW_CAPS_DOCKER, *state);
	check_policy(with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_KILL, "sendmsg", *state), 0, *state);
	check_policy(with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_ERRNO, "seccomp", *state), UINT64_MAX, *state);
	check_policy(with_rule(LW_SECCOMP_DENY, LW_SECCOMP_LOG, "getcwd", *state), 0, *state);
}

static void test_what_is_told(void **state)
{
	struct lw_filter policy = compile(&base_table[0], LW_CAPS_DOCKER, *state), two[2];
	const uint32_t watched[] = { (uint32_t)lw_syscall_number("chroot") };
	struct lw_err err = { 0 };
	assert_int_equal(lw_notify_filters(&policy, watched, 1, *state, two, &err), 0);
	assert_int_equal(ask(&two[0], "mount", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&two[0], "socket", 38, 5, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&two[0], "socket", 2, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&two[0], "chroot", 0, 0, 0), SECCOMP_RET_USER_NOTIF); /* allowed, and watched */
	assert_int_equal(ask(&two[0], "read", 0, 0, 0), SECCOMP_RET_ALLOW);
	/* Set-up's own calls go through until the second program is there. */
	policy = compile(&base_table[3], 0, *state);
	assert_int_equal(lw_notify_filters(&policy, NULL, 0, *state, two, &err), 0);
	assert_int_equal(ask(&two[0], "sendmsg", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&two[1], "sendmsg", 0, 0, 0), RET_EPERM);
	assert_int_equal(ask(&two[1], "getcwd", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&two[0], "getcwd", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
}

static void test_too_long(void **state)
{
	struct lw_filter policy = { lw_arena_array(*state, LW_FILTER_MAX, sizeof(struct sock_filter)), LW_FILTER_MAX };
	struct lw_filter two[2];
	struct lw_err err = { 0 };
	for (unsigned i = 0; i < policy.n; i++)
		policy.insns[i] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	assert_int_equal(lw_notify_filters(&policy, NULL, 0, *state, two, &err), -E2BIG);
}

/* Loads the first program with a listener that is then closed, and makes a call that the policy denies. */
static int denied_without_listener(const struct lw_filter *f)
{
	struct sock_fprog program = { (unsigned short)f->n, f->insns };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, LISTENER, &program);
	if (fd < 0)
		return 77;
	close((int)fd);
	errno = 0;
	long r = syscall(SYS_getpriority, 0, 0);
	return r == -1 && errno == ENOSYS ? 0 : 1;
}

static void test_dead_listener(void **state)
{
	struct lw_filter policy = compile(with_rule(LW_SECCOMP_DEFAULT, LW_SECCOMP_ERRNO, "getpriority", *state), 0,
					  *state),
			 two[2];
	struct lw_err err = { 0 };
	int status = 0;
	assert_int_equal(lw_notify_filters(&policy, NULL, 0, *state, two, &err), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(denied_without_listener(&two[0]));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("no listener can be had here\n");
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_means_the_same, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_what_is_told, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_too_long, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_dead_listener, arena_setup, arena_teardown),
	};
	return cmocka_run_group_tests_name("notify_filter", tests, NULL, NULL);
}
