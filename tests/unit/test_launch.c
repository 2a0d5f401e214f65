/* test_launch.c: lw_plan_launch as a library: descriptors in any order, the status, nothing printed, no signal taken.
 * Needs user namespaces. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "host.h"
#include "plan.h"
#include "instance.h"
#include "schema.h"

static volatile sig_atomic_t children;

static void count(int sig)
{
	(void)sig;
	children = children + 1;
}

struct job {
	char state[64];
	struct lw_host *host;
	struct lw_spec *spec;
	struct lw_plan *plan;
};

/* 0, or a negative errno with err. */
static int prepare(struct job *j, const char *json, struct lw_err *err)
{
	strcpy(j->state, "/tmp/lunward-launch-XXXXXX");
	assert_non_null(mkdtemp(j->state));
	struct lw_host_options o = { .state = j->state };
	int r = lw_host_probe(&o, &j->host, err);
	if (r >= 0)
		r = lw_spec_from_json(json, strlen(json), "test", &j->spec, err);
	if (r >= 0)
		r = lw_spec_check(j->spec, err);
	return r < 0 ? r : lw_plan_build(j->spec, j->host, &j->plan, err);
}

static void done(struct job *j)
{
	char command[96];
	lw_plan_free(j->plan);
	lw_spec_free(j->spec);
	lw_host_free(j->host);
	snprintf(command, sizeof command, "rm -rf %s", j->state);
	assert_int_equal(system(command), 0);
}

static void ready(struct job *j, const char *json)
{
	struct lw_err err = { 0 };
	char text[512];
	*j = (struct job){ 0 };
	if (prepare(j, json, &err) < 0)
		fail_msg("%s", lw_err_format(&err, text, sizeof text));
}

static void status_and_signals(void **state)
{
	(void)state;
	struct job j;
	struct lw_instance *box = NULL;
	struct lw_status status;
	struct lw_err err = { 0 };
	struct lw_instance_options o = { .stdio = { 0, 1, 2 }, .usage = true };
	struct sigaction count_them = { .sa_handler = count }, before;
	ready(&j, "{\"name\":\"t\",\"command\":[\"/bin/sh\",\"-c\",\"exit 7\"]}");
	sigaction(SIGCHLD, &count_them, &before);
	if (lw_plan_launch(j.plan, &o, &box, &err) == -EPERM) {
		done(&j);
		print_message("no user namespaces here\n");
		skip();
	}
	assert_non_null(box);
	assert_true(lw_instance_pid(box) > 0);
	assert_int_equal(strlen(lw_instance_id(box)), 64);
	/* The host program's own wait may take init from us, not the command's status. */
	assert_int_equal(waitpid(-1, NULL, 0), lw_instance_init_pid(box));
	assert_int_equal(lw_instance_wait(box, 10000000, &status, &err), 0);
	assert_int_equal(status.code, 7);
	assert_int_equal(status.signal, 0);
	assert_true(status.memory_peak_bytes > 0);
	lw_instance_close(box);
	sigaction(SIGCHLD, &before, NULL);
	done(&j);
}

static void a_kill_is_told(void **state)
{
	(void)state;
	struct job j;
	struct lw_instance *box = NULL;
	struct lw_status status;
	struct lw_err err = { 0 };
	struct lw_instance_options o = { .stdio = { 0, 1, 2 } };
	ready(&j, "{\"name\":\"t\",\"command\":[\"/bin/sleep\",\"100\"]}");
	if (lw_plan_launch(j.plan, &o, &box, &err) == -EPERM) {
		done(&j);
		skip();
	}
	assert_non_null(box);
	assert_int_equal(lw_instance_wait(box, 1000, &status, &err), -ETIMEDOUT);
	assert_int_equal(lw_instance_signal(box, SIGTERM), 0);
	assert_int_equal(lw_instance_wait(box, 10000000, &status, &err), 0);
	assert_int_equal(status.signal, SIGTERM);
	assert_int_equal(status.code, 128 + SIGTERM);
	assert_int_equal(lw_instance_signal(box, SIGTERM), 0); /* ended already: success */
	lw_instance_close(box);
	done(&j);
}

/* In a process of its own, whose 0 is the pipe and whose 1 is nothing. */
static void swapped(int out)
{
	struct job j;
	struct lw_instance *box = NULL;
	struct lw_status status;
	struct lw_err err = { 0 };
	struct lw_instance_options o = { .stdio = { 1, 0, 2 } };
	ready(&j, "{\"name\":\"t\",\"command\":[\"/bin/echo\",\"hello\"]}");
	dup2(out, 0);
	dup2(open("/dev/null", O_RDWR), 1);
	int r = lw_plan_launch(j.plan, &o, &box, &err);
	if (r >= 0)
		lw_instance_wait(box, 10000000, &status, &err);
	lw_instance_close(box);
	done(&j);
	_exit(r == -EPERM ? 77 : r < 0);
}

static void descriptors_in_any_order(void **state)
{
	(void)state;
	int out[2], status;
	char text[16] = "";
	assert_int_equal(pipe(out), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		swapped(out[1]);
	close(out[1]);
	ssize_t n = read(out[0], text, sizeof text - 1);
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
	assert_int_equal(n, 6);
	assert_string_equal(text, "hello\n");
}

static void nothing_to_run(void **state)
{
	(void)state;
	struct job j;
	struct lw_instance *box = NULL;
	struct lw_err err = { 0 };
	ready(&j, "{\"name\":\"t\"}");
	assert_int_equal(lw_plan_launch(j.plan, NULL, &box, &err), -EINVAL);
	assert_string_equal(err.path, "command");
	assert_null(box);
	done(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_signals),
		cmocka_unit_test(a_kill_is_told),
		cmocka_unit_test(descriptors_in_any_order),
		cmocka_unit_test(nothing_to_run),
	};
	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
