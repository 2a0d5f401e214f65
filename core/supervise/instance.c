/* instance.c: one launch of a sandbox in the background, from its recorded spec, and what is written down of its end.
 * The plan and what was probed for it live only as long as the launch: a restart asks the machine again. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "cgroup.h"
#include "events.h"
#include "exec.h"
#include "image.h"
#include "networks.h"
#include "record_state.h"
#include "schema.h"
#include "supervise/privilege.h"
#include "supervise/supervisor.h"

static void launch_done(struct sv_launch *l)
{
	lw_plan_free(l->plan);
	lw_host_free(l->host);
	*l = (struct sv_launch){ 0 };
}

static json_t *process_json(pid_t pid)
{
	return json_pack("{s:i,s:I}", "pid", (int)pid, "start", (json_int_t)lw_process_start(pid));
}

/* Where the cgroups will be, written down before there are any. */
static json_t *cgroups_json(const struct sv_launch *l, const char *id)
{
	json_t *paths = json_object();
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		const char *dir = l->plan->cgroup_dir[i], *at = dir ? strstr(dir, LW_PLAN_ID) : NULL;
		if (at)
			json_object_set_new(paths, lw_controller_names[i],
					    json_sprintf("%.*s%s", (int)(at - dir), dir, id));
	}
	return json_pack("{s:i,s:o}", "version", l->host->cgroup.version, "paths", paths);
}

/* What each launch finds anew. */
static void note_launch(json_t *data, const struct sv_launch *l, const char *id)
{
	static const char *const of_the_last[] = { "ended_at", "code", "signal",  "timed_out",  "oom",
						   "error",    "init", "command", "namespaces", "root" };
	char now[LW_TIME_MAX], boot[LW_BOOT_ID_MAX];
	for (size_t i = 0; i < ARRAY_LEN(of_the_last); i++)
		json_object_del(data, of_the_last[i]);
	json_object_set_new(data, "state", json_string("created"));
	json_object_set_new(data, "ready", json_false());
	json_object_set_new(data, "started_at", json_string(lw_now_text(now)));
	if (lw_boot_id(boot) >= 0)
		json_object_set_new(data, "boot_id", json_string(boot));
	json_object_set_new(data, "supervisor", process_json(getpid()));
	json_object_set_new(data, "cgroup", cgroups_json(l, id));
	json_object_set_new(data, "user", lw_exec_user(l->plan));
	json_object_set_new(data, "seccomp", json_pack("{s:I}", "instructions", (json_int_t)l->plan->filter.n));
}

/* What a killed supervisor of the same name has left goes with its record. */
static void sweep_namesake(struct sv *s, const struct sv_launch *l)
{
	struct lw_record old = LW_RECORD_NONE;
	struct lw_err none = { 0 };
	if (lw_record_find(s->state_fd, s->spec->name, &old, &none) < 0)
		return;
	const char *name = json_string_value(json_object_get(old.data, "name"));
	if (name && !strcmp(name, s->spec->name))
		lw_record_sweep(l->host, &old, &none);
	lw_record_done(&old);
}

static int make_record(struct sv *s, const struct sv_launch *l, const json_t *request, struct lw_err *err)
{
	static const char *const as_they_are[] = { "id",     "name",    "profile",   "privileged",
						   "remove", "denials", "started_by" };
	const char *id = json_string_value(json_object_get(request, "id"));
	json_t *data = json_pack("{s:i}", "schema_version", LW_SCHEMA_VERSION), *v;
	for (size_t i = 0; i < ARRAY_LEN(as_they_are); i++)
		if ((v = json_object_get(request, as_they_are[i])))
			json_object_set(data, as_they_are[i], v);
	json_object_set_new(data, "interactive", json_boolean(s->interactive));
	note_launch(data, l, id);
	sweep_namesake(s, l);
	int r = lw_record_make(s->state_fd, id, s->spec->name, data, json_object_get(request, "spec"), &s->record, err);
	json_decref(data);
	return r;
}

static int make_plan(struct sv *s, struct sv_launch *l, const char *id, struct lw_err *err)
{
	struct lw_host_options o = {
		.state = s->state,
		.cgroup_parent = s->cgroup_parent,
		.environ_ = environ,
	};
	int r = lw_spec_check(s->spec, err);
	if (r >= 0)
		r = lw_host_probe(&o, &l->host, err);
	if (r >= 0)
		l->host->background = true;
	if (r >= 0)
		r = lw_find_joins(s->spec, s->state_fd, err);
	if (r >= 0 && s->spec->root.image)
		r = lw_image_prepare(s->spec, l->host, s->unpacker, err);
	if (r >= 0) {
		l->host->sockets = &s->sockets;
		l->host->notify_socket = lw_notify_path(l->host, id);
	}
	return r < 0 ? r : lw_plan_build(s->spec, l->host, &l->plan, err);
}

static int decode(struct sv *s, const json_t *spec, int why, struct lw_err *err)
{
	int r = why ? -why : -EBADMSG;
	lw_spec_free(s->spec);
	s->spec = NULL;
	return spec ? lw_spec_decode(spec, &s->spec, err)
		    : lw_fail(err, r, "the record of this sandbox cannot be read: %s", strerror(-r));
}

/* stdin, stdout, stderr for the command; with `interactive`, standard input is a pipe whose end we keep. */
struct ends {
	int inside[3], out, err;
};

static void ends_done(struct ends *e)
{
	for (int i = 0; i < 3; i++)
		lw_close_p(&e->inside[i]);
	lw_close_p(&e->out);
	lw_close_p(&e->err);
}

static int one_pipe(int *read_end, int *write_end, struct lw_err *err)
{
	int p[2];
	if (pipe2(p, O_CLOEXEC) < 0)
		return lw_fail(err, -errno, "pipe: %s", strerror(errno));
	*read_end = p[0];
	*write_end = p[1];
	return 0;
}

static int make_ends(struct sv *s, struct ends *e, struct lw_err *err)
{
	int r = sv_given(s, e->inside, err);
	if (r >= 0 && e->inside[1] < 0)
		r = one_pipe(&e->out, &e->inside[1], err);
	if (r >= 0 && e->inside[2] < 0)
		r = one_pipe(&e->err, &e->inside[2], err);
	if (r < 0 || e->inside[0] >= 0)
		return r;
	if (s->interactive && s->spec->terminal != LW_TERMINAL_ALWAYS)
		return one_pipe(&e->inside[0], &s->input, err);
	e->inside[0] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3); /* /dev/null */
	return e->inside[0] < 0 ? lw_fail(err, -errno, "/dev/null: %s", strerror(errno)) : 0;
}

static void output(void *arg, int stream, const char *bytes, size_t n)
{
	sv_watch_output(arg, stream, bytes, n);
	sv_given_output(arg, stream, bytes, n);
	sv_clients_output(arg, stream, bytes, n);
}

/* From here on the log and whoever is attached have what it prints. */
static int connect_output(struct sv *s, struct ends *e, struct lw_err *err)
{
	int pty = lw_instance_pty(s->sandbox);
	if (pty >= 0) {
		/* Both ways over one descriptor; what is on the pipes is set-up's, which writes nothing. */
		lw_close_p(&e->out);
		e->out = fcntl(pty, F_DUPFD_CLOEXEC, 3);
		s->input = fcntl(pty, F_DUPFD_CLOEXEC, 3);
		lw_close_p(&e->err);
		if (e->out < 0 || s->input < 0)
			return lw_fail(err, -errno, "the terminal: %s", strerror(errno));
	}
	if (s->input >= 0)
		fcntl(s->input, F_SETFL, fcntl(s->input, F_GETFL) | O_NONBLOCK);
	sv_log_connect(&s->log, TAKE_FD(e->out), TAKE_FD(e->err));
	s->log.bytes = output;
	s->log.arg = s;
	return 0;
}

/* Who cannot be told by number and start time could not be held by either, later; who has ended already need not. */
static int note_process(json_t *d, const char *which, pid_t pid, struct lw_err *err)
{
	if (pid > 0 && lw_process_start(pid)) {
		json_object_set_new(d, which, process_json(pid));
		return 0;
	}
	return !errno || errno == ENOENT || errno == ESRCH
		       ? 0
		       : lw_fail(err, -errno, "finding the number of the %s's process: %s", which, strerror(errno));
}

static int began(struct sv *s, bool first, struct lw_err *err)
{
	json_t *d = s->record.data;
	errno = 0;
	int r = note_process(d, "command", lw_instance_pid(s->sandbox), err);
	if (r >= 0)
		r = note_process(d, "init", lw_instance_init_pid(s->sandbox), err);
	if (r < 0)
		return r;
	json_object_set_new(d, "state", json_string("running"));
	json_object_set_new(d, "network",
			    json_pack("{s:o}", "interfaces", lw_network_interfaces(lw_instance_network(s->sandbox))));
	json_t *identity = lw_identity_of(lw_instance_pid(s->sandbox));
	json_object_update(d, identity);
	json_decref(identity);
	s->began = lw_now_usec();
	s->at[SV_LIMIT] = s->spec->timeout && s->spec->timeout < INT64_MAX - s->began ? s->began + s->spec->timeout : 0;
	lw_restarts_began(&s->restarts, &s->spec->service, s->began);
	char more[LW_EVENT_MORE];
	lw_event_start(lw_instance_pid(s->sandbox), more);
	sv_note(s, first ? "started" : "restarted", more);
	sv_watch_begin(s);
	return lw_record_save(&s->record, err);
}

static int launch(struct sv *s, struct sv_launch *l, const json_t *request, struct lw_err *err)
{
	struct ends ends = { { -1, -1, -1 }, -1, -1 };
	int r;
	if (request) {
		r = make_record(s, l, request, err);
		if (r >= 0)
			sv_note(s, "created", NULL);
	} else {
		note_launch(s->record.data, l, s->record.id);
		r = lw_record_save(&s->record, err);
	}
	if (r >= 0 && s->spec->service.ready.kind == LW_PROBE_NOTIFY)
		r = lw_notify_open(s->state_fd, s->record.id, &s->ready.notify, err);
	if (r >= 0)
		r = sv_log_open(&s->log, s->spec, s->record.dir, s->record.id, err);
	if (r >= 0)
		r = make_ends(s, &ends, err);
	if (r >= 0) {
		struct lw_instance_options o = { .id = s->record.id,
						 .usage = true,
						 .sockets = &s->sockets,
						 .denials = s->denials,
						 .on_denial = sv_note_denial,
						 .arg = s };
		memcpy(o.stdio, ends.inside, sizeof o.stdio);
		r = lw_plan_launch(l->plan, &o, &s->sandbox, err);
	}
	if (r >= 0)
		r = connect_output(s, &ends, err);
	ends_done(&ends);
	sv_given_done(s);
	if (r < 0)
		return r;
	return began(s, request, err);
}

int sv_launch(struct sv *s, const json_t *request, struct lw_err *err)
{
	struct sv_launch l = { 0 };
	json_t *spec = request ? json_incref(json_object_get(request, "spec")) : lw_record_spec(&s->record);
	/* Why there is none, before anything else is called. */
	int why = request ? (int)json_integer_value(json_object_get(request, "spec_error")) : errno;
	lw_privilege_raise(true);
	int r = decode(s, spec, why, err);
	json_decref(spec);
	/* Once: they are there while it is started again, and who connects meanwhile waits. */
	if (r >= 0 && request)
		r = lw_sockets_open(&s->spec->service.listen, &s->inherited, &s->sockets, err);
	if (r >= 0)
		r = make_plan(s, &l, request ? json_string_value(json_object_get(request, "id")) : s->record.id, err);
	if (r >= 0)
		r = launch(s, &l, request, err);
	if (r < 0) {
		char line[sizeof *err + 64];
		sv_log_close(&s->log);
		s->sandbox = lw_instance_close(s->sandbox);
		lw_close_p(&s->input);
		lw_notify_close(s->state_fd, s->record.id, &s->ready.notify);
		if (request && s->record.dir >= 0)
			sv_note_failure(s, "failed", lw_err_format(err, line, sizeof line));
	}
	/* Who never sets up again needs nearly nothing any more. */
	if (r >= 0 && s->spec->service.restart == LW_RESTART_NO && !s->spec->service.rec.set)
		lw_privilege_shed(l.plan);
	else
		lw_privilege_rest();
	/* What was denied is explained by the plan. */
	if (r >= 0 && s->denials)
		s->explains = l;
	else
		launch_done(&l);
	malloc_trim(0);
	return r;
}

#define TOO_OFTEN "it ended too often to be started again"

/* The next start, or none: the record says which. */
static void decide(struct sv *s, enum lw_end end)
{
	bool given_up = false;
	int64_t now = lw_now_usec();
	json_t *d = s->record.data;
	int64_t delay =
		s->stopping ? -1 : lw_restarts_delay(&s->restarts, &s->spec->service, end, s->began, now, &given_up);
	s->over = delay < 0;
	if (given_up) {
		sv_note_failure(s, "failed", TOO_OFTEN);
		if (!json_object_get(d, "error")) /* of this end in particular */
			json_object_set_new(d, "error", json_string(TOO_OFTEN));
	}
	if (!s->over) {
		s->at[SV_RESTART] = now + delay;
		json_object_set_new(d, "restarts",
				    json_integer(json_integer_value(json_object_get(d, "restarts")) + 1));
	}
	json_object_set_new(d, "state",
			    json_string(!s->over                                  ? "created"
					: given_up || (s->failed && !s->stopping) ? "failed"
										  : "stopped"));
}

void sv_ended(struct sv *s, const struct lw_status *status)
{
	char now[LW_TIME_MAX];
	struct lw_err err = { 0 };
	json_t *d = s->record.data;
	int code = status->timed_out ? 124 : status->code;
	sv_log_close(&s->log);
	lw_close_p(&s->input);
	lw_privilege_raise(true);
	s->sandbox = lw_instance_close(s->sandbox);
	lw_privilege_raise(false);
	launch_done(&s->explains);
	for (int i = 0; i < SV_TIMERS; i++)
		s->at[i] = 0;
	s->paused = false;
	json_object_set_new(d, "ended_at", json_string(lw_now_text(now)));
	json_object_set_new(d, "code", json_integer(code));
	json_object_set_new(d, "signal", status->signal ? json_integer(status->signal) : json_null());
	json_object_set_new(d, "timed_out", json_boolean(status->timed_out));
	json_object_set_new(d, "oom", json_boolean(status->oom));
	sv_note_end(s, status);
	decide(s, sv_watch_end(s, code == 0));
	s->last = *status;
	s->last.code = code;
	sv_clients_ended(s, code);
	lw_record_save(&s->record, &err);
}

void sv_not_launched(struct sv *s, const struct lw_err *why)
{
	char line[sizeof *why + 64];
	struct lw_err err = { 0 };
	json_t *d = s->record.data;
	json_object_set_new(d, "error", json_string(lw_err_format(why, line, sizeof line)));
	json_object_set_new(d, "code", json_integer(125));
	sv_note_failure(s, "failed", line);
	lw_restarts_began(&s->restarts, &s->spec->service, lw_now_usec());
	decide(s, LW_END_FAILED);
	if (s->over)
		json_object_set_new(d, "state", json_string("failed"));
	s->last = (struct lw_status){ .code = 125, .memory_peak_bytes = -1 };
	if (s->over)
		sv_clients_ended(s, 125);
	lw_record_save(&s->record, &err);
}
