/* spec_service.h: the part of a spec that concerns how a sandbox in the background is kept: when it is ready, well, to
 * be started again, and where what it prints goes. */
#ifndef LW_SPEC_SERVICE_H
#define LW_SPEC_SERVICE_H

#include "spec_rec.h"

/* A question whose answer is yes or no, asked of a running sandbox. */
enum lw_probe_kind {
	LW_PROBE_STARTED, /* exec succeeded */
	LW_PROBE_NOTIFY,  /* it said so itself, sd_notify(3) */
	LW_PROBE_TCP,     /* somebody listens */
	LW_PROBE_EXEC,    /* a command in the sandbox exits with 0 */
	LW_PROBE_FILE,    /* the file is there */
	LW_PROBE_LOG,     /* a line it printed holds the text */
};
#define LW_READY_LOG_MAX 255 /* bytes of `log` */
struct lw_probe {
	struct lw_rec rec;
	int kind;               /* enum lw_probe_kind */
	const char *address;    /* tcp: a literal address in the sandbox's network;
				   "127.0.0.1" */
	int64_t port;           /* tcp: 1-65535 */
	struct lw_strlist exec; /* argv */
	const char *file;       /* absolute, inside */
	const char *log;        /* literal text */
};
enum lw_health_action { LW_HEALTH_RESTART, LW_HEALTH_KILL, LW_HEALTH_NONE };
struct lw_health {
	struct lw_rec rec;
	struct lw_probe probe;                   /* tcp, exec or file; kind STARTED: no health check */
	int64_t interval, timeout, start_period; /* microseconds; 30 s, 5 s, 0 */
	int64_t retries;                         /* failures in a row that make it unhealthy; 3 */
	int action;                              /* enum lw_health_action */
};
enum lw_restart { LW_RESTART_NO, LW_RESTART_ON_FAILURE, LW_RESTART_ALWAYS };
struct lw_backoff {
	struct lw_rec rec;
	int64_t first, max; /* microseconds before the first restart in a row, doubled
			       each time up to max; 100 ms, 60 s */
};
struct lw_burst {
	struct lw_rec rec;
	int64_t count, interval; /* so many starts within so many microseconds, then
				    it is given up; 5 in 60 s; 0: never */
};
enum lw_listen_key {
	LW_LISTEN_KEY_ADDRESS,
	LW_LISTEN_KEY_INHERIT,
	LW_LISTEN_KEY_NAME,
	LW_LISTEN_KEY_DATAGRAM,
	LW_LISTEN_KEY_BACKLOG,
	LW_LISTEN_KEY_MODE,
	LW_LISTEN_KEY_COUNT,
};
struct lw_listen {
	struct lw_rec rec;
	const char *address; /* "127.0.0.1:8080", "[::1]:80", "8080" or an absolute
				path on the host; NULL: what `inherit` names */
	const char *inherit; /* LISTEN_FDNAMES of a socket that was handed to us, "*"
				for all of them; or NULL */
	const char *name;    /* LISTEN_FDNAMES; NULL: the address, or what it was called */
	bool datagram;
	int64_t backlog, mode; /* 4096; a path's permissions, 0666 */
};
struct lw_listens {
	size_t n;
	struct lw_listen *v;
};
struct lw_service {
	struct lw_rec rec; /* rec.set 0: the key was not written */
	int restart;       /* enum lw_restart */
	struct lw_backoff backoff;
	struct lw_burst burst;
	struct lw_probe ready;
	int64_t ready_timeout; /* microseconds; 90 s: not ready by then has failed; 0:
				  never */
	struct lw_health health;
	int64_t stop_signal;               /* SIGTERM */
	int64_t stop_timeout;              /* microseconds between the signal and the end of
					      everything; 10 s */
	struct lw_strlist after, requires; /* names of sandboxes */
	struct lw_listens listen;
};

void lw_service_defaults(struct lw_service *v);

/* Where what a detached sandbox prints goes. */
enum lw_log_kind { LW_LOG_FILE, LW_LOG_JOURNAL, LW_LOG_SYSLOG, LW_LOG_NONE, LW_LOG_INHERIT };
#define LW_LOG_MAX_DEFAULT (INT64_C(16) << 20)
struct lw_log {
	struct lw_rec rec;
	int kind;         /* enum lw_log_kind; "inherit" in the background is the file, too */
	const char *file; /* absolute, on the host; NULL: in the state directory */
	int64_t max;      /* bytes of all of them together; LW_LOG_MAX_DEFAULT */
	int64_t keep;     /* older files; 1 */
};

#endif
