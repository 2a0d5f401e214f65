/* cmd_start.c: `lunward start` and `run -d`: the sandbox in the background. A process of its own supervises it, with
 * nothing of the caller's but the environment it was given; the caller waits until the command runs, or hears why not.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"
#include "lua/cli/detached.h"
#include "lua/cli/log_file.h"
#include "lua/cli/naming.h"
#include "lua/cli/overrides.h"
#include "lua/cli/privilege.h"
#include "lua/cli/run_loop.h"
#include "sandbox.h"
#include "schema.h"
#include "sys.h"

struct supervisor {
	const struct cli *c;
	struct cli_job *job;
	const char *id;
	struct lw_record record;
	struct lw_sandbox *sandbox;
	struct cli_log log;
	int signals;
};

static json_t *process_json(pid_t pid)
{
	return json_pack("{s:i,s:I}", "pid", (int)pid, "start", (json_int_t)lw_process_start(pid));
}

/* Where the cgroups will be, written down before there are any. */
static json_t *cgroups_json(const struct supervisor *s)
{
	const struct lw_plan *p = s->job->plan;
	json_t *paths = json_object();
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		const char *dir = p->cgroup_dir[i], *at = dir ? strstr(dir, LW_PLAN_ID) : NULL;
		if (at)
			json_object_set_new(paths, lw_controller_names[i],
					    json_sprintf("%.*s%s", (int)(at - dir), dir, s->id));
	}
	return json_pack("{s:i,s:o}", "version", s->job->host->cgroup.version, "paths", paths);
}

/* Who the command runs as, looked up once: the root's files may change. */
static json_t *user_json(const struct lw_plan *p)
{
	json_t *groups = json_array();
	for (size_t i = 0; i < p->n_groups; i++)
		json_array_append_new(groups, json_integer((json_int_t)p->groups[i]));
	return json_pack("{s:I,s:I,s:o}", "uid", (json_int_t)p->uid, "gid", (json_int_t)p->gid, "groups", groups);
}

static json_t *first_words(const struct supervisor *s)
{
	char now[CLI_TIME_MAX];
	const struct lw_spec *spec = s->job->spec;
	return json_pack("{s:i,s:s,s:s,s:{s:s,s:s},s:b,s:b,s:s,s:s,s:o,s:o,s:o}", "schema_version", LW_SCHEMA_VERSION,
			 "id", s->id, "name", spec->name, "profile", "path",
			 spec->profile_path ? spec->profile_path : "", "sha256", s->job->eval.sha256, "privileged",
			 spec->privileged, "remove", s->c->remove, "state", "created", "started_at", cli_now(now),
			 "supervisor", process_json(getpid()), "cgroup", cgroups_json(s), "user",
			 user_json(s->job->plan));
}

static int launch(struct supervisor *s, struct lw_err *err)
{
	int out[2], error[2], null;
	json_t *data = first_words(s), *spec = lw_spec_to_json(s->job->spec);
	int r = data && spec
			? lw_record_make(s->job->host->state_fd, s->id, s->job->spec->name, data, spec, &s->record, err)
			: lw_fail(err, -ENOMEM, "out of memory");
	json_decref(data);
	json_decref(spec);
	if (r < 0)
		return r;
	if (pipe2(out, O_CLOEXEC) < 0)
		return lw_fail(err, -errno, "pipe: %s", strerror(errno));
	if (pipe2(error, O_CLOEXEC) < 0) {
		r = lw_fail(err, -errno, "pipe: %s", strerror(errno));
		close(out[0]);
		close(out[1]);
		return r;
	}
	cli_log_open(&s->log, s->record.dir, out[0], error[0]);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct lw_launch_options o = { .id = s->id, .stdio = { null, out[1], error[1] }, .usage = true };
	r = null < 0 ? lw_fail(err, -errno, "/dev/null: %s", strerror(errno))
		     : lw_launch(s->job->plan, &o, &s->sandbox, err);
	lw_close_p(&null);
	close(out[1]);
	close(error[1]);
	if (r < 0)
		return r;
	json_object_set_new(s->record.data, "state", json_string("running"));
	json_object_set_new(s->record.data, "command", process_json(lw_sandbox_pid(s->sandbox)));
	json_object_set_new(s->record.data, "init", process_json(lw_sandbox_init_pid(s->sandbox)));
	return lw_record_save(&s->record, err);
}

/* Whoever ends the supervisor ends the sandbox. */
static void on_signal(struct supervisor *s)
{
	cli_privilege_raise(true);
	lw_sandbox_kill(s->sandbox);
	cli_privilege_raise(false);
	/* The signals stay in the descriptor: the loop ends with the sandbox. */
	lw_close_p(&s->signals);
}

static void watch(struct supervisor *s, int64_t timeout)
{
	struct timespec now;
	struct lw_err err = { 0 };
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t deadline = timeout ? now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000 + timeout / 1000 : 0;
	for (int r = 0; r == 0;) {
		struct pollfd fds[4] = {
			{ .fd = lw_sandbox_pollfd(s->sandbox), .events = POLLIN },
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = s->log.stream[0].from, .events = POLLIN },
			{ .fd = s->log.stream[1].from, .events = POLLIN },
		};
		clock_gettime(CLOCK_MONOTONIC, &now);
		int64_t left = deadline ? deadline - (now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000) : -1;
		if (deadline && left <= 0) {
			deadline = 0;
			lw_sandbox_mark_timed_out(s->sandbox);
			cli_privilege_raise(true);
			lw_sandbox_kill(s->sandbox);
			left = -1;
		}
		if (poll(fds, 4, left > 1 << 30 ? 1 << 30 : (int)left) < 0 && errno != EINTR)
			return;
		if (fds[1].revents)
			on_signal(s);
		for (int i = 0; i < 2; i++)
			if (fds[2 + i].revents)
				cli_log_take(&s->log, &s->log.stream[i]);
		if (fds[0].revents) {
			cli_privilege_raise(true);
			r = lw_sandbox_step(s->sandbox, &err);
			if (!r)
				cli_privilege_raise(false);
		}
	}
}

static void write_end(struct supervisor *s)
{
	char now[CLI_TIME_MAX];
	struct lw_status status = { 0 };
	struct lw_err err = { 0 };
	json_t *d = s->record.data;
	lw_sandbox_wait(s->sandbox, -1, &status, &err);
	json_object_set_new(d, "state", json_string("stopped"));
	json_object_set_new(d, "ended_at", json_string(cli_now(now)));
	json_object_set_new(d, "code", json_integer(status.timed_out ? CLI_TIMEOUT : status.code));
	json_object_set_new(d, "signal", status.signal ? json_integer(status.signal) : json_null());
	json_object_set_new(d, "timed_out", json_boolean(status.timed_out));
	json_object_set_new(d, "oom", json_boolean(status.oom));
}

static void tell(int fd, int r, const struct lw_err *err)
{
	(void)!lw_write_full(fd, &r, sizeof r);
	if (r < 0)
		(void)!lw_write_full(fd, err, sizeof *err);
}

/* Nothing of the caller's stays: descriptors, terminal, directory, signals. */
static int leave_caller(int *pipe, int *state, struct lw_err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || setsid() < 0 || chdir("/") < 0)
		return lw_fail(err, -errno, "leaving the caller's session: %s", strerror(errno));
	/* Both to numbers that are known; the rest is closed. */
	int high[3] = { fcntl(null, F_DUPFD_CLOEXEC, 10), fcntl(*pipe, F_DUPFD_CLOEXEC, 10),
			fcntl(*state, F_DUPFD_CLOEXEC, 10) };
	for (int i = 0; i < 3; i++)
		if (high[i] < 0)
			return lw_fail(err, -errno, "a descriptor: %s", strerror(errno));
	for (int i = 0; i < 3; i++)
		dup2(high[0], i);
	dup3(high[1], 3, O_CLOEXEC);
	dup3(high[2], 4, O_CLOEXEC);
	SYS(close_range, 5, ~0U, 0);
	*pipe = 3;
	*state = 4;
	umask(077);
	prctl(PR_SET_NAME, "lunward-super");
	return 0;
}

static _Noreturn void supervise(const struct cli *c, struct cli_job *job, const char *id, int pipe)
{
	struct supervisor s = { .c = c, .job = job, .id = id, .record = LW_RECORD_NONE, .signals = -1 };
	struct lw_err err = { 0 };
	int r = leave_caller(&pipe, &job->host->state_fd, &err);
	job->plan->pool.state_fd = job->host->state_fd;
	if (r >= 0)
		r = cli_signals_open(&s.signals, &err);
	if (r >= 0)
		r = launch(&s, &err);
	tell(pipe, r, &err);
	close(pipe);
	if (r >= 0) {
		int64_t timeout = job->spec->timeout;
		cli_privilege_shed(job->plan);
		watch(&s, timeout);
		write_end(&s);
		cli_log_close(&s.log);
	}
	lw_sandbox_close(s.sandbox);
	if (s.record.dir >= 0 && (r < 0 || c->remove))
		lw_record_remove(job->host->state_fd, &s.record, &err);
	else if (s.record.dir >= 0)
		lw_record_save(&s.record, &err);
	_exit(0);
}

/* 0 once the command runs. */
static int wait_for(int pipe, struct lw_err *err)
{
	struct lw_err said;
	int r;
	if (lw_read_full(pipe, &r, sizeof r) < 0)
		return lw_fail(err, -ECHILD, "the supervisor ended without saying why (was it killed?)");
	if (r < 0 && lw_read_full(pipe, &said, sizeof said) == 0)
		*err = said;
	return r;
}

static int start(struct cli *c, struct cli_job *job, char id[static CLI_ID_MAX], struct lw_err *err)
{
	int pipe[2];
	const char *profile;
	int r = cli_profile_word(c, &profile, err);
	if (r >= 0)
		r = cli_load(c, profile, job, err);
	if (r >= 0)
		r = cli_make_id(id, err);
	if (r >= 0 && c->detach)
		r = cli_name_it(c, job->spec, id, err);
	if (r >= 0 && (r = cli_plan(job, err)) < 0)
		cli_blame_option(c, err);
	if (r >= 0 && !job->plan->argv)
		r = lw_launch(job->plan, NULL, NULL, err); /* says that there is no command */
	if (r < 0)
		return r;
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return lw_fail(err, -errno, "pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		supervise(c, job, id, pipe[1]);
	close(pipe[1]);
	r = pid < 0 ? lw_fail(err, -errno, "fork: %s", strerror(errno)) : wait_for(pipe[0], err);
	close(pipe[0]);
	if (r < 0)
		cli_hint_at_outside(job->spec, err);
	return r;
}

int cli_cmd_start(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	char id[CLI_ID_MAX];
	int code, r = start(c, &job, id, &err);
	if (r < 0) {
		cli_blame_option(c, &err);
		code = cli_fail(&err);
	} else if (c->format == CLI_JSON) {
		code = cli_print_json(json_pack("{s:s,s:s}", "id", id, "name", job.spec->name));
	} else {
		_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
		lw_text_addf(&t, "%s\n", id);
		code = cli_print(&t);
	}
	cli_job_done(&job);
	return code;
}
