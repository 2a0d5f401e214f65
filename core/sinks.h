/* sinks.h: the machine's own logs: journald by its native protocol, and whoever listens on /dev/log. Each record is one
 * datagram, sent without waiting; that nobody is there is no error of anybody's. Allocates nothing. */
#ifndef LW_SINKS_H
#define LW_SINKS_H

#include <stddef.h>
#include <sys/types.h>

/* syslog(3)'s numbers. */
#define LW_SINK_ERR 3
#define LW_SINK_NOTICE 5
#define LW_SINK_INFO 6
#define LW_SINK_DAEMON 3
#define LW_SINK_AUTHPRIV 10

struct lw_sink_field {
	const char *name; /* LUNWARD_ID */
	const char *value;
	size_t n;
};
#define LW_SINK_FIELDS 24
struct lw_sink_record {
	int facility, severity;
	const char *ident; /* SYSLOG_IDENTIFIER, the tag */
	pid_t pid;         /* for syslog's tag; the journal sees who sends */
	const char *text;
	size_t n_text;
	const struct lw_sink_field *fields; /* the journal's alone; an empty one is left out */
	size_t n_fields;
};
/* 0, or negative errno: -ENOENT and -ECONNREFUSED when nobody is there, -EAGAIN when it takes nothing now. */
int lw_sink_journal(const struct lw_sink_record *r);
int lw_sink_syslog(const struct lw_sink_record *r);
/* To both, once each: a /dev/log that is the journal's own gets nothing besides. */
void lw_sink_all(const struct lw_sink_record *r);

#endif
