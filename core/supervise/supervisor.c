/* supervisor.c: the loop of one sandbox's supervisor: it ends, prints, is asked something, or a time has come. */
#include "supervise/supervisor.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "supervise/privilege.h"

#define NAP_NS 20000000

static int open_signals(int *ret, struct lw_err *err)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaddset(&set, ends[i]);
	sigaddset(&set, SIGPIPE);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0 || (*ret = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return lw_fail(err, -errno, "signalfd: %s", strerror(errno));
	return 0;
}

static char *text_of(const json_t *request, const char *key)
{
	const char *s = json_string_value(json_object_get(request, key));
	return s ? strdup(s) : NULL;
}

int sv_begin(struct sv *s, const json_t *request, struct lw_err *err)
{
	*s = (struct sv){ .state_fd = LW_SUPERVISE_STATE,
			  .record = LW_RECORD_NONE,
			  .log = SV_LOG_NONE,
			  .signals = -1,
			  .listener = -1,
			  .input = -1 };
	s->ready = LW_READINESS_NONE;
	s->health = LW_WATCHING_NONE;
	for (size_t i = 0; i < SV_CLIENTS; i++)
		s->client[i] = (struct sv_client){ .fd = -1, .io = { -1, -1 } };
	s->inherited.n = (int)json_integer_value(json_object_get(request, "inherited"));
	s->inherited.names = text_of(request, "inherited_names");
	for (int i = 0; i < s->inherited.n; i++) {
		s->inherited.fd[i] = LW_SUPERVISE_INHERITED + i;
		s->inherited.at[i].dir = -1;
		fcntl(s->inherited.fd[i], F_SETFD, FD_CLOEXEC);
	}
	s->state = text_of(request, "state");
	s->cgroup_parent = text_of(request, "cgroup_parent");
	s->unpacker = text_of(request, "unpacker");
	s->remove = json_is_true(json_object_get(request, "remove"));
	s->denials = (int)json_integer_value(json_object_get(request, "denials"));
	s->interactive = json_is_true(json_object_get(request, "interactive"));
	s->bound = json_is_true(json_object_get(request, "bound"));
	s->copy[0] = s->copy[1] = -1;
	for (int i = 0; i < 3; i++)
		s->stdio[i] = lw_supervise_given(request, i);
	if (json_is_true(json_object_get(request, "owner")))
		sv_clients_own(s, LW_SUPERVISE_OWNER);
	int r = open_signals(&s->signals, err);
	if (r >= 0)
		r = sv_launch(s, request, err);
	lw_sockets_close(&s->inherited); /* those that are used were copied */
	if (r >= 0)
		r = sv_clients_open(s, err);
	if (r < 0)
		sv_clients_tell_failed(s, r, err);
	else
		sv_clients_tell_launched(s);
	return r;
}

void sv_kill(struct sv *s)
{
	if (!s->sandbox)
		return;
	lw_privilege_raise(true);
	lw_instance_kill(s->sandbox);
	lw_privilege_raise(false);
	sv_pause(s, false);
}

int64_t sv_ask_to_end(struct sv *s, int64_t patience)
{
	if (patience < 0)
		patience = s->spec->service.stop_timeout;
	lw_privilege_raise(true);
	lw_instance_signal(s->sandbox, (int)s->spec->service.stop_signal);
	lw_privilege_raise(false);
	sv_pause(s, false); /* the signal is there when it goes on */
	int64_t now = lw_now_usec();
	if (patience > INT64_MAX - now)
		patience = INT64_MAX - now;
	s->at[SV_STOP] = now + patience;
	return patience;
}

int64_t sv_stop(struct sv *s, int64_t patience, unsigned flags)
{
	s->stopping = true;
	s->remove = s->remove && !(flags & LW_STOP_KEEP);
	if (!s->sandbox) { /* between two: there is none to wait for */
		struct lw_err err = { 0 };
		s->over = true;
		json_object_set_new(s->record.data, "state", json_string("stopped"));
		lw_record_save(&s->record, &err);
		sv_clients_ended(s, s->last.code);
		return 0;
	}
	if (flags & LW_STOP_KILL) {
		sv_kill(s);
		return 0;
	}
	return sv_ask_to_end(s, patience);
}

static void restart(struct sv *s)
{
	struct lw_err err = { 0 };
	if (sv_launch(s, NULL, &err) < 0)
		sv_not_launched(s, &err);
	else
		sv_clients_tell_launched(s);
}

static void on_timer(struct sv *s, enum sv_timer timer)
{
	s->at[timer] = 0;
	switch (timer) {
	case SV_LIMIT:
		lw_instance_mark_timed_out(s->sandbox);
		sv_kill(s);
		break;
	case SV_STOP:
		sv_kill(s);
		break;
	case SV_RESTART:
		restart(s);
		break;
	case SV_SAVE: /* sv_watch_look() sees to it */
	case SV_TIMERS:
		break;
	}
}

static void look_at_timers(struct sv *s)
{
	int64_t now = lw_now_usec();
	for (int i = 0; i < SV_TIMERS; i++)
		if (i != SV_SAVE && s->at[i] && s->at[i] <= now)
			on_timer(s, (enum sv_timer)i);
}

/* Milliseconds until the next timer, rounded up; -1: none. */
static int patience(const struct sv *s)
{
	int64_t next = s->sandbox ? sv_watch_when(s) : 0;
	for (int i = 0; i < SV_TIMERS; i++)
		if (s->at[i] && (!next || s->at[i] < next))
			next = s->at[i];
	int64_t left = next ? (next - lw_now_usec() + 999) / 1000 : -1;
	return !next ? -1 : left < 0 ? 0 : left > 1 << 30 ? 1 << 30 : (int)left;
}

/* Whoever ends the supervisor ends the sandbox, in the way that stop does. */
static void look_at_signals(struct sv *s)
{
	struct signalfd_siginfo info;
	while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo != SIGPIPE)
			sv_stop(s, -1, info.ssi_signo == SIGTERM && s->stopping ? LW_STOP_KILL : 0);
}

static void look_at_sandbox(struct sv *s)
{
	struct lw_status status = { 0 };
	struct lw_err err = { 0 };
	lw_privilege_raise(true);
	int r = lw_instance_step(s->sandbox, &err);
	if (r > 0)
		lw_instance_wait(s->sandbox, -1, &status, &err);
	lw_privilege_raise(false);
	if (r < 0) /* it cannot be followed any more: nothing of it may stay */
		status.code = 125;
	if (r)
		sv_ended(s, &status);
}

void sv_run(struct sv *s)
{
	while (!s->over) {
		if (s->orphaned) {
			s->orphaned = false;
			sv_stop(s, 0, LW_STOP_KILL);
			continue;
		}
		struct pollfd fds[4 + SV_WATCH_POLLFDS + SV_CLIENT_POLLFDS] = {
			{ .fd = s->sandbox ? lw_instance_pollfd(s->sandbox) : -1, .events = POLLIN },
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = s->sandbox ? s->log.stream[0].from : -1, .events = POLLIN },
			{ .fd = s->sandbox ? s->log.stream[1].from : -1, .events = POLLIN },
		};
		struct pollfd *watch = fds + 4, *clients = watch + SV_WATCH_POLLFDS;
		sv_watch_poll(s, watch);
		size_t n = sv_clients_poll(s, clients);
		int r = poll(fds, 4 + SV_WATCH_POLLFDS + n, patience(s));
		/* The machine is short of something: that is no reason to end a sandbox that needs nothing now. */
		if (r < 0 && (errno == ENOMEM || errno == EAGAIN))
			nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
		else if (r < 0 && errno != EINTR)
			sv_stop(s, 0, LW_STOP_KILL);
		if (r > 0) {
			for (int i = 0; i < 2; i++)
				if (fds[2 + i].revents)
					sv_log_take(&s->log, &s->log.stream[i]);
			sv_clients_look(s, clients, n);
			if (fds[1].revents)
				look_at_signals(s);
			if (fds[0].revents && s->sandbox)
				look_at_sandbox(s);
		}
		sv_watch_look(s);
		look_at_timers(s);
	}
}

void sv_end(struct sv *s, const struct lw_err *why)
{
	struct lw_err err = { 0 };
	bool new = why && !s->record.again;
	lw_privilege_raise(true);
	s->sandbox = lw_instance_close(s->sandbox);
	lw_notify_close(s->state_fd, s->record.id, &s->ready.notify);
	lw_sockets_close(&s->sockets);
	if (s->listener >= 0)
		unlinkat(s->record.dir, LW_CONTROL_SOCKET, 0);
	if (s->record.dir < 0)
		return;
	/* One that could not be started again is still there to be looked at. */
	if (why && !new) {
		s->stopping = true;
		sv_not_launched(s, why);
	}
	if (new || s->remove)
		lw_record_remove(s->state_fd, &s->record, &err);
}
