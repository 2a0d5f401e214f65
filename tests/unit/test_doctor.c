/* test_doctor.c: the doctor tells something about every row, agrees with the host's facts, changes nothing in the
 * process that asks and leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "doctor.h"

struct seen {
	size_t n;
	char name[64][48], detail[64][256], cure[64][256];
	int status[64];
	bool essential[64];
};

static void remember(void *arg, const struct lw_doctor_result *r)
{
	struct seen *s = arg;
	assert_true(s->n < 64);
	for (size_t i = 0; i < s->n; i++)
		assert_string_not_equal(s->name[i], r->name);
	assert_true(r->needed_for && *r->needed_for);
	assert_string_not_equal(lw_doctor_status_name(r->status), "unknown");
	if (r->status == LW_DOCTOR_OK) {
		assert_string_equal(r->cure, "");
	} else {
		assert_true(*r->cure);
		assert_true(*r->detail);
	}
	snprintf(s->name[s->n], sizeof s->name[0], "%s", r->name);
	snprintf(s->detail[s->n], sizeof s->detail[0], "%s", r->detail);
	snprintf(s->cure[s->n], sizeof s->cure[0], "%s", r->cure);
	s->essential[s->n] = r->essential;
	s->status[s->n++] = r->status;
}

static size_t row(const struct seen *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->name[i], name))
			return i;
	fail_msg("no row '%s'", name);
	return 0;
}

static void real_machine(void **state)
{
	static struct seen s;
	char dir[] = "/tmp/lunward-doctor-XXXXXX", before[9][64] = { 0 }, after[64];
	static const char *const ns[] = { "user",   "mnt",  "pid",
					  "net",    "ipc",  "uts",
					  "cgroup", "time", "pid_for_children" };
	struct lw_host *h;
	struct lw_err err = { 0 };
	char path[128];
	(void)state;
	assert_non_null(mkdtemp(dir));
	if (lw_host_probe(&(struct lw_host_options){ .state = dir }, &h, &err) < 0)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < 9; i++) {
		snprintf(path, sizeof path, "/proc/self/ns/%s", ns[i]);
		assert_true(readlink(path, before[i], sizeof before[i] - 1) > 0);
	}
	int seccomp = prctl(PR_GET_SECCOMP), nnp = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	s.n = 0;
	assert_int_equal(lw_doctor(h, remember, &s), 0);
	assert_true(s.n > 25);
	for (size_t i = 0; i < s.n; i++)
		print_message("%-28s %-9s%s %s%s%s\n", s.name[i], lw_doctor_status_name(s.status[i]),
			      s.essential[i] ? "!" : " ", s.detail[i], s.cure[i][0] ? " => " : "", s.cure[i]);
	/* This very process is the proof of some. */
	assert_int_equal(s.status[row(&s, "state directory")], LW_DOCTOR_OK);
	assert_string_equal(s.detail[row(&s, "state directory")], dir);
	assert_true((s.status[row(&s, "pids controller")] != LW_DOCTOR_MISSING) == !!h->cgroup.parent[LW_CTL_PIDS]);
	assert_true((s.status[row(&s, "SELinux")] == LW_DOCTOR_OK) == !access("/sys/fs/selinux/enforce", F_OK));
	/* Nothing happened to us. */
	for (size_t i = 0; i < 9; i++) {
		memset(after, 0, sizeof after);
		snprintf(path, sizeof path, "/proc/self/ns/%s", ns[i]);
		assert_true(readlink(path, after, sizeof after - 1) > 0);
		assert_string_equal(before[i], after);
	}
	assert_int_equal(prctl(PR_GET_SECCOMP), seccomp);
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), nnp);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	lw_host_free(h);
	assert_int_equal(rmdir(dir), 0);
}

static void a_bare_host(void **state)
{
	static struct seen s;
	struct lw_host h = { .uid = geteuid(), .gid = getegid(), .state_fd = -1, .swap_bytes = 1 };
	(void)state;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		h.cgroup.why[i] = "a reason; a cure";
	s.n = 0;
	assert_int_equal(lw_doctor(&h, remember, &s), 0);
	size_t i = row(&s, "memory controller");
	assert_int_equal(s.status[i], LW_DOCTOR_MISSING);
	assert_string_equal(s.detail[i], "a reason");
	assert_string_equal(s.cure[i], "a cure");
	i = row(&s, "subordinate ids");
	assert_int_equal(s.status[i], LW_DOCTOR_MISSING);
	assert_non_null(strstr(s.cure[i], "uidmap"));
	assert_int_equal(s.status[row(&s, "swap accounting")], LW_DOCTOR_MISSING);
	/* Few ids are better than none. */
	struct lw_range few = { 100000, 10 };
	h.has_newuidmap = true;
	h.n_subuid = h.n_subgid = 1;
	h.subuid = h.subgid = &few;
	s.n = 0;
	assert_int_equal(lw_doctor(&h, remember, &s), 0);
	assert_int_equal(s.status[row(&s, "subordinate ids")], LW_DOCTOR_DEGRADED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_machine),
		cmocka_unit_test(a_bare_host),
	};
	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
