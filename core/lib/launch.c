/* launch.c: starting sandboxes from a library: lunward-supervisor is executed for each, with one end of a socket over
 * which it tells what happens; it plans and launches. Opening one that somebody else has started is joining those who
 * are told. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "lib/handle.h"
#include "lib/helpers.h"
#include "plan.h"
#include "record_state.h"
#include "schema.h"
#include "supervise/control.h"
#include "supervise/request.h"

#define UNPACKER "lunward-unpack"
#define NAME_MAX_BYTES 63
#define SOCKET_USEC (2 * INT64_C(1000000)) /* for a supervisor that has just begun to open its socket */

static int make_id(char id[static 65], struct lw_err *err)
{
	unsigned char bytes[32];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return lw_fail(err, -EIO, "getrandom: %s", strerror(errno));
	lw_hex(bytes, sizeof bytes, id);
	return 0;
}

/* The spec's, or that with digits of the id behind it. */
static json_t *name_of(const struct lw_spec *s, const char *id, unsigned flags)
{
	const char *name = s->name ? s->name : "sandbox";
	return flags & LW_LAUNCH_UNIQUE_NAME || !s->name
		       ? json_sprintf("%.*s-%.*s", NAME_MAX_BYTES - LW_NAME_ID - 1, name, LW_NAME_ID, id)
		       : json_string(name);
}

static json_t *make_request(const struct lw_host *h, const struct lw_spec *s, const struct lw_launch_options *o,
			    const char *id, bool bound)
{
	char unpacker[PATH_MAX];
	bool have = s->root.image && lw_helper_find(h, UNPACKER, unpacker, NULL) >= 0;
	json_t *r = lw_supervise_request(h, s, id, have ? unpacker : NULL), *name = name_of(s, id, o->flags);
	json_t *spec = json_object_get(r, "spec");
	json_object_set(spec, "name", name);
	json_object_set_new(r, "name", name);
	json_object_set_new(r, "remove", json_boolean(bound || o->flags & LW_LAUNCH_REMOVE));
	json_object_set_new(r, "owner", json_true());
	json_object_set_new(r, "bound", json_boolean(bound));
	json_t *stdio = json_array();
	for (int i = 0; i < 3; i++)
		json_array_append_new(stdio, json_boolean(o->stdio && o->stdio[i] >= 0));
	json_object_set_new(r, "stdio", stdio);
	return r;
}

static int begin(const struct lw_host *h, const struct lw_spec *spec, const struct lw_launch_options *o, bool bound,
		 struct lw_sandbox **ret, struct lw_err *err)
{
	static const struct lw_launch_options none;
	char program[PATH_MAX], id[65];
	int pair[2];
	if (!o)
		o = &none;
	int r = lw_spec_check(spec, err);
	if (r >= 0)
		r = lw_helper_find(h, LW_SUPERVISOR, program, err);
	if (r >= 0)
		r = make_id(id, err);
	if (r < 0)
		return r;
	json_t *request = make_request(h, spec, o, id, bound);
	struct lw_sandbox *s = lw_handle_new(h->state_fd, id, json_string_value(json_object_get(request, "name")));
	if (!s || !request) {
		r = lw_fail(err, -ENOMEM, "out of memory");
	} else if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		r = lw_fail(err, -errno, "socketpair: %s", strerror(errno));
	} else {
		const struct lw_supervise_fds fds = { .reply = -1, .owner = pair[1], .stdio = o->stdio };
		s->events = pair[0];
		s->bound = bound;
		r = lw_supervise_spawn(program, h->environ_, h->state_fd, request, &fds, &s->pidfd, err);
		close(pair[1]);
	}
	json_decref(request);
	if (r >= 0 && !(o->flags & LW_LAUNCH_NO_WAIT))
		r = lw_handle_started(s, err);
	if (r < 0)
		lw_sandbox_close(s);
	else
		*ret = s;
	return r;
}

int lw_launch(const struct lw_host *h, const struct lw_spec *s, const struct lw_launch_options *o,
	      struct lw_sandbox **ret, struct lw_err *err)
{
	return begin(h, s, o, true, ret, err);
}

int lw_start(const struct lw_host *h, const struct lw_spec *s, const struct lw_launch_options *o,
	     struct lw_sandbox **ret, struct lw_err *err)
{
	return begin(h, s, o, false, ret, err);
}

/* --- those that are there --- */

/* What the record of one that has ended says. */
static void take_end(struct lw_sandbox *s)
{
	const json_t *d = s->record.data;
	json_t *code = json_object_get(d, "code");
	s->status.code = json_is_integer(code) ? (int)json_integer_value(code) : 125;
	s->status.signal = (int)json_integer_value(json_object_get(d, "signal"));
	s->status.timed_out = json_is_true(json_object_get(d, "timed_out"));
	s->status.oom = json_is_true(json_object_get(d, "oom"));
	s->over = s->gone = true;
	s->seen |= LW_EVENT_ENDED;
	/* As after an end that was seen: a descriptor at its end of file. */
	int pair[2];
	lw_close_p(&s->events);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		s->events = pair[0];
		close(pair[1]);
	}
}

static int watch(struct lw_sandbox *s)
{
	struct lw_control_message m = { .verb = LW_CONTROL_WATCH };
	int64_t end = lw_now_usec() + SOCKET_USEC;
	while ((s->events = lw_control_connect(s->record.dir)) < 0 && lw_record_supervised(&s->record) &&
	       lw_now_usec() < end)
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
	return s->events < 0 ? s->events : lw_control_ask(s->events, &m, NULL, 0);
}

int lw_sandbox_open(const struct lw_host *h, const char *name, struct lw_sandbox **ret, struct lw_err *err)
{
	struct lw_record found = LW_RECORD_NONE;
	int r = lw_record_find(h->state_fd, name, &found, err);
	if (r < 0)
		return r;
	struct lw_sandbox *s =
		lw_handle_new(h->state_fd, found.id, json_string_value(json_object_get(found.data, "name")));
	if (!s) {
		lw_record_done(&found);
		return lw_fail(err, -ENOMEM, "out of memory");
	}
	s->record = found;
	r = lw_record_supervised(&s->record) ? watch(s) : -ESRCH;
	lw_record_reload(&s->record);
	if (r < 0 && lw_record_supervised(&s->record)) {
		lw_sandbox_close(s);
		return lw_fail(err, r, "the supervisor of %s does not answer: %s", name, strerror(-r));
	}
	if (r < 0) {
		take_end(s);
	} else if (lw_record_runs(&s->record)) {
		s->seen = LW_EVENT_STARTED;
		s->seen |= json_is_true(json_object_get(s->record.data, "ready")) ? LW_EVENT_READY : 0;
		lw_record_process(&s->record, "command", &s->pid, NULL);
	}
	s->told = s->seen & ~LW_EVENT_ENDED;
	*ret = s;
	return 0;
}
