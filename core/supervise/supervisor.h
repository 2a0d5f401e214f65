/* supervisor.h: one sandbox in the background and all that is known of it by the process that watches it. Private to
 * core/supervise. Nothing here blocks but a launch; what comes from the sandbox is hostile. */
#ifndef LW_SUPERVISOR_H
#define LW_SUPERVISOR_H

#include <poll.h>
#include <stdbool.h>
#include "listen.h"
#include "record.h"
#include "instance.h"
#include "spec.h"
#include "supervise/log.h"
#include "supervise/request.h"
#include "supervise/control.h"
#include "supervise/health.h"
#include "supervise/ready.h"
#include "supervise/restart.h"

/* What is to be done at some time: CLOCK_MONOTONIC, microseconds; 0: never. */
enum sv_timer {
	SV_LIMIT,   /* the profile's timeout */
	SV_STOP,    /* the patience of who asked it to stop */
	SV_RESTART, /* the next start */
	SV_SAVE,    /* what it says of itself is written down */
	SV_TIMERS,
};

/* What a launch was planned with. */
struct sv_launch {
	struct lw_host *host;
	struct lw_plan *plan;
};

#define SV_CLIENTS 16
struct sv_client {
	int fd;    /* SOCK_SEQPACKET, or -1: free */
	int io[2]; /* of who is attached, or -1 */
	bool watches;
	bool owner; /* was there from the start; with `bound` the sandbox ends with it */
};

struct sv {
	int state_fd;
	char *state, *cgroup_parent, *unpacker; /* NULL: none */
	bool remove, interactive, bound;
	int denials;  /* enum lw_denial_mode */
	int stdio[3]; /* handed over, or -1 */
	int copy[2];  /* terminals that get a copy of stdout and stderr, or -1 */
	struct lw_record record;
	struct lw_spec *spec;        /* of the present launch */
	struct lw_instance *sandbox; /* NULL: between two */
	struct sv_launch explains;   /* what is denied; empty where nobody looks */
	struct sv_log log;
	int signals, listener;
	int input; /* what is read inside as standard input, or -1 */
	int64_t at[SV_TIMERS], began;
	struct lw_sockets sockets; /* the command's, over all of its launches */
	struct lw_sockets inherited;
	struct lw_restarts restarts;
	bool paused;
	struct lw_status last; /* how the last one ended */
	struct lw_readiness ready;
	struct lw_watching health;
	bool failed, again; /* it is being ended since it was not ready or not well; and to be started again */
	bool stopping;      /* asked to end for good */
	bool orphaned;      /* bound, and the owner is gone */
	bool over;
	struct sv_client client[SV_CLIENTS];
};

/* instance.c: one launch, and one end. */
/* The record is made by the first one, before there is anything to be undone. */
int sv_launch(struct sv *s, const json_t *request, struct lw_err *err);
void sv_ended(struct sv *s, const struct lw_status *status);
/* A further launch that failed: as an end. */
void sv_not_launched(struct sv *s, const struct lw_err *why);

/* How it is ended: with the stop signal and patience (-1: the profile's), or at once. LW_STOP_*. */
/* Returns the patience. */
int64_t sv_stop(struct sv *s, int64_t patience_usec, unsigned flags);
/* The signal, and how long it has; then it is killed. */
int64_t sv_ask_to_end(struct sv *s, int64_t patience_usec);
void sv_kill(struct sv *s);
/* pause.c: everything inside but the init stands still, or goes on; negative errno. Twice is once. */
int sv_pause(struct sv *s, bool on);

/* watch.c: is it ready, is it well? */
void sv_watch_begin(struct sv *s);
/* Nobody asks one that stands still how it is; once it goes on it is asked as one that has just begun. */
void sv_watch_pause(struct sv *s, bool on);
#define SV_WATCH_POLLFDS (LW_READY_POLLFDS + 1)
void sv_watch_poll(const struct sv *s, struct pollfd fds[static SV_WATCH_POLLFDS]);
int64_t sv_watch_when(const struct sv *s);
void sv_watch_look(struct sv *s);
void sv_watch_output(struct sv *s, int stream, const char *bytes, size_t n);
/* It has ended: how. */
enum lw_end sv_watch_end(struct sv *s, bool well);

/* notes.c: events. `more`: further members as JSON, or NULL. A failure is told to syslog and the journal, too. */
void sv_note(const struct sv *s, const char *event, const char *more);
void sv_note_failure(const struct sv *s, const char *event, const char *reason);
void sv_note_end(const struct sv *s, const struct lw_status *status);
struct lw_denial;
void sv_note_denial(void *arg, const struct lw_denial *d); /* arg: the struct sv */

/* given.c: descriptors that somebody has handed over to be the command's. */
/* Those that there are, into inside[]. */
int sv_given(struct sv *s, int inside[3], struct lw_err *err);
void sv_given_output(struct sv *s, int stream, const char *bytes, size_t n);
/* After a launch: lets go of what the next one does not need. */
void sv_given_done(struct sv *s);

/* clients.c: the control socket, and who is attached. */
int sv_clients_open(struct sv *s, struct lw_err *err);
#define SV_CLIENT_POLLFDS (2 + 2 * SV_CLIENTS)
size_t sv_clients_poll(struct sv *s, struct pollfd *fds);
void sv_clients_look(struct sv *s, const struct pollfd *fds, size_t n);
void sv_clients_output(struct sv *s, int stream, const char *bytes, size_t n);
/* One has ended: tells who is attached, and, when it was the last, who watches. */
void sv_clients_ended(struct sv *s, int code);
/* Tells those who watch. */
/* The one that was there first. Takes the descriptor over. */
void sv_clients_own(struct sv *s, int fd);
void sv_clients_tell(struct sv *s, const struct lw_control_event *e);
void sv_clients_tell_launched(struct sv *s);
void sv_clients_tell_ready(struct sv *s);
void sv_clients_tell_failed(struct sv *s, int r, const struct lw_err *err);

/* supervisor.c: from the request to the end of everything. */
int sv_begin(struct sv *s, const json_t *request, struct lw_err *err);
void sv_run(struct sv *s);
/* `why` it was not even started, or NULL. */
void sv_end(struct sv *s, const struct lw_err *why);

#endif
