/* test_names.c: the tables of core/tables against this machine's headers, and the look-ups over them. */
#include <linux/capability.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "spec.h"
#include "tables/host_jobs.h"

static void test_names_are_unique(void **state)
{
	(void)state;
	const struct lw_names *tables[] = { &lw_capability_table, &lw_signal_table, &lw_rlimit_table,
					    &lw_namespace_table, &lw_host_job_table };
	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t]->n; i++) {
			/* Any case finds its own row, which it would not if an earlier row had the name. */
			assert_int_equal(lw_names_value(tables[t], tables[t]->v[i].name), tables[t]->v[i].value);
			for (size_t j = 0; j < i; j++)
				assert_false(lw_case_equal(tables[t]->v[i].name, tables[t]->v[j].name));
		}
}

static void test_capabilities(void **state)
{
	(void)state;
	assert_int_equal(lw_capability_table.n, LW_CAP_LAST_KNOWN + 1);
	for (size_t i = 0; i < lw_capability_table.n; i++)
		assert_int_equal(lw_capability_table.v[i].value, i);
	assert_true(CAP_LAST_CAP >= LW_CAP_LAST_KNOWN);
	static const struct lw_name header[] = {
		{ "CHOWN", CAP_CHOWN },
		{ "SETPCAP", CAP_SETPCAP },
		{ "LINUX_IMMUTABLE", CAP_LINUX_IMMUTABLE },
		{ "NET_ADMIN", CAP_NET_ADMIN },
		{ "SYS_MODULE", CAP_SYS_MODULE },
		{ "SYS_PTRACE", CAP_SYS_PTRACE },
		{ "SYS_ADMIN", CAP_SYS_ADMIN },
		{ "SYS_TTY_CONFIG", CAP_SYS_TTY_CONFIG },
		{ "SETFCAP", CAP_SETFCAP },
		{ "SYSLOG", CAP_SYSLOG },
		{ "AUDIT_READ", CAP_AUDIT_READ },
		{ "PERFMON", CAP_PERFMON },
		{ "BPF", CAP_BPF },
		{ "CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE },
	};
	for (size_t i = 0; i < ARRAY_LEN(header); i++)
		assert_int_equal(lw_names_value(&lw_capability_table, header[i].name), header[i].value);
}

static void test_docker_set(void **state)
{
	(void)state;
	char b[512];
	assert_string_equal(lw_caps_format(LW_CAPS_DOCKER, b, sizeof(b)),
			    "CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, "
			    "NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP");
}

static void test_caps_format_edges(void **state)
{
	(void)state;
	char b[24];
	assert_string_equal(lw_caps_format(0, b, sizeof(b)), "none");
	assert_string_equal(lw_caps_format(UINT64_C(1) << 63, b, sizeof(b)), "63");
	assert_string_equal(lw_caps_format(UINT64_C(3) << 40, b, sizeof(b)), "CHECKPOINT_RESTORE, 41");
	assert_string_equal(lw_caps_format(UINT64_C(7) << 40, b, sizeof(b)), "CHECKPOINT_RESTORE, ...");
	for (size_t size = 1; size <= sizeof(b); size++) {
		memset(b, '!', sizeof(b));
		lw_caps_format(UINT64_MAX, b, size);
		assert_true(strnlen(b, size) < size);
		for (size_t i = size; i < sizeof(b); i++)
			assert_int_equal(b[i], '!');
		if (size >= 4)
			assert_string_equal(b + strlen(b) - 3, "...");
	}
}

static void test_signals(void **state)
{
	(void)state;
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		const char *name = lw_names_name(&lw_signal_table, sig);
		/* 32 and 33 belong to the C library. */
		if (sig >= 32 && sig < SIGRTMIN) {
			assert_null(name);
			continue;
		}
		assert_non_null(name);
		assert_int_equal(lw_names_value(&lw_signal_table, name), sig);
		if (sig < 32)
			assert_string_equal(name,
					    sigabbrev_np(sig)
						    ? strcmp(sigabbrev_np(sig), "POLL") == 0 ? "IO" : sigabbrev_np(sig)
						    : "");
	}
	assert_int_equal(lw_names_value(&lw_signal_table, "RTMIN"), SIGRTMIN);
	assert_int_equal(lw_names_value(&lw_signal_table, "sigrtmax-1"), SIGRTMAX - 1);
	assert_int_equal(lw_names_value(&lw_signal_table, "SIGTERM"), SIGTERM);
	assert_int_equal(lw_names_value(&lw_signal_table, "sigkill"), SIGKILL);
	assert_int_equal(lw_names_value(&lw_signal_table, "POLL"), SIGPOLL);
	assert_int_equal(lw_names_value(&lw_signal_table, "CLD"), SIGCHLD);
	assert_string_equal(lw_names_name(&lw_signal_table, SIGABRT), "ABRT");
}

static void test_rlimits(void **state)
{
	(void)state;
	bool seen[LW_RLIM_COUNT] = { 0 };
	assert_int_equal(lw_rlimit_table.n, RLIM_NLIMITS);
	assert_int_equal(lw_rlimit_table.n, LW_RLIM_COUNT);
	for (size_t i = 0; i < lw_rlimit_table.n; i++) {
		if (i > 0)
			assert_true(strcmp(lw_rlimit_table.v[i - 1].name, lw_rlimit_table.v[i].name) < 0);
		assert_in_range(lw_rlimit_table.v[i].value, 0, LW_RLIM_COUNT - 1);
		assert_false(seen[lw_rlimit_table.v[i].value]);
		seen[lw_rlimit_table.v[i].value] = true;
	}
	assert_int_equal(lw_names_value(&lw_rlimit_table, "RLIMIT_NOFILE"), RLIMIT_NOFILE);
	assert_int_equal(lw_names_value(&lw_rlimit_table, "as"), RLIMIT_AS);
}

static void test_namespaces_follow_the_enum(void **state)
{
	(void)state;
	static const int64_t flags[LW_NS_COUNT] = {
		[LW_NS_USER] = CLONE_NEWUSER,     [LW_NS_PID] = CLONE_NEWPID,   [LW_NS_MOUNT] = CLONE_NEWNS,
		[LW_NS_NET] = CLONE_NEWNET,       [LW_NS_IPC] = CLONE_NEWIPC,   [LW_NS_UTS] = CLONE_NEWUTS,
		[LW_NS_CGROUP] = CLONE_NEWCGROUP, [LW_NS_TIME] = CLONE_NEWTIME,
	};
	assert_int_equal(lw_namespace_table.n, LW_NS_COUNT);
	for (size_t i = 0; i < LW_NS_COUNT; i++)
		assert_int_equal(lw_namespace_table.v[i].value, flags[i]);
	assert_int_equal(lw_names_value(&lw_namespace_table, "mount"), CLONE_NEWNS);
}

static void test_lookup_edges(void **state)
{
	(void)state;
	assert_int_equal(lw_names_value(&lw_capability_table, "cap_net_raw"), CAP_NET_RAW);
	assert_int_equal(lw_names_value(&lw_capability_table, "Net_Raw"), CAP_NET_RAW);
	assert_int_equal(lw_names_value(&lw_capability_table, ""), -1);
	assert_int_equal(lw_names_value(&lw_capability_table, "CAP_"), -1);
	assert_int_equal(lw_names_value(&lw_capability_table, "CAP_CAP_CHOWN"), -1);
	assert_int_equal(lw_names_value(&lw_capability_table, "CHOWN "), -1);
	assert_int_equal(lw_names_value(&lw_capability_table, "CHOW"), -1);
	assert_int_equal(lw_names_value(&lw_namespace_table, "CLONE_user"), -1);
	assert_null(lw_names_name(&lw_capability_table, 41));
	assert_null(lw_names_name(&lw_capability_table, -1));
}

static void test_nearest(void **state)
{
	(void)state;
	assert_string_equal(lw_names_nearest(&lw_capability_table, "NET_ADMN"), "NET_ADMIN");
	assert_string_equal(lw_names_nearest(&lw_capability_table, "cap_sys_amdin"), "SYS_ADMIN");
	assert_string_equal(lw_names_nearest(&lw_signal_table, "SIGTREM"), "TERM");
	assert_string_equal(lw_names_nearest(&lw_rlimit_table, "nofiles"), "nofile");
	assert_string_equal(lw_names_nearest(&lw_namespace_table, "moutn"), "mount");
	assert_null(lw_names_nearest(&lw_capability_table, "QQQQQQ"));
	assert_null(lw_names_nearest(&lw_capability_table, ""));
	assert_null(lw_names_nearest(&lw_capability_table, "CAP_"));
}

int main(void)
{
	const struct CMUnitTest names[] = {
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_docker_set),
		cmocka_unit_test(test_caps_format_edges),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_rlimits),
		cmocka_unit_test(test_namespaces_follow_the_enum),
		cmocka_unit_test(test_lookup_edges),
		cmocka_unit_test(test_nearest),
	};
	return cmocka_run_group_tests_name("names", names, NULL, NULL);
}
