/* log.h: what a sandbox in the background prints, by the profile's `log`: lines in files, to the journal, to syslog, or
 * nowhere. A line in a file is a JSON object, {time, stream, text} (and "partial": true when it goes on in the next,
 * for lines over SV_LINE_MAX). Memory is bounded by the streams' buffers, the disk by renaming; nobody is waited for.
 */
#ifndef LW_SUPERVISE_LOG_H
#define LW_SUPERVISE_LOG_H

#include <stddef.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/text.h"
#include "rolled.h"
#include "spec.h"

#define SV_LOG "log" /* in the record's directory */
#define SV_LINE_MAX 8192

struct sv_log {
	/* Sees each piece as it comes. */
	void (*bytes)(void *arg, int stream, const char *bytes, size_t n);
	void *arg;
	int kind;              /* enum lw_log_kind */
	struct lw_rolled file; /* LW_LOG_FILE */
	int dir;               /* of a file on the host, ours to close; or -1 */
	char base[256];        /* its name there */
	char name[64];
	const char *id;
	struct lw_text out; /* lines that are written together */
	uint64_t lost;      /* lines that the journal or syslog did not take */
	struct sv_log_stream {
		const char *name;
		int from; /* a pipe, or -1 once it has ended */
		size_t n;
		char line[SV_LINE_MAX];
	} stream[2];
};
#define SV_LOG_NONE                                                                                                    \
	((struct sv_log){ .kind = LW_LOG_NONE,                                                                         \
			  .file.fd = -1,                                                                               \
			  .dir = -1,                                                                                   \
			  .stream = { { "stdout", -1, 0, "" }, { "stderr", -1, 0, "" } } })

/* Where the profile says, before there is anything to be written: a file that cannot be had is an error then. dir and
 * id are the record's, and outlive it. */
int sv_log_open(struct sv_log *l, const struct lw_spec *s, int dir, const char *id, struct lw_err *err);
/* Takes the descriptors over; err may be -1. */
void sv_log_connect(struct sv_log *l, int out, int err);
/* Reads what is there, at most one buffer. */
void sv_log_take(struct sv_log *l, struct sv_log_stream *s);
/* What is still in the pipes, without waiting; then closes all. */
void sv_log_close(struct sv_log *l);

/* The file that the log of a spec is in, as sv_log_open finds it: its directory, opened, and its name. */
int sv_log_place(const struct lw_log *log, int *ret_dir, char base[static 256], struct lw_err *err);
/* Refuses a directory that this sandbox can write in: -EPERM, class LW_ERR_POLICY. */
int sv_log_apart(const struct lw_spec *s, int dir, struct lw_err *err);
/* Whichever was written, "file" where it is only the caller's in the foreground: enum lw_log_kind. */
int sv_log_kind(const struct lw_log *log);
/* Of the files in the record's directory, or of a file on the host. */
int64_t sv_log_max(const struct lw_log *log);
unsigned sv_log_keep(const struct lw_log *log);

#endif
