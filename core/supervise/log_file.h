/* log_file.h: what a detached sandbox prints, kept in its record's directory: a JSON object a line, {time, stream,
 * text} (and "partial": true for a line that goes on), in `log`, and the older half in `log.1`. */
#ifndef LW_CLI_LOG_FILE_H
#define LW_CLI_LOG_FILE_H

#include <stddef.h>
#include <sys/types.h>

#define CLI_LOG "log"
#define CLI_LOG_OLD "log.1"
#define CLI_LOG_MAX ((off_t)16 * 1024 * 1024) /* of both together; a file is renamed at half of it */
#define CLI_LINE_MAX 8192

struct cli_log {
	/* Sees each piece as it comes. */
	void (*bytes)(void *arg, int stream, const char *bytes, size_t n);
	void *arg;
	int dir, fd;
	off_t size;
	struct cli_log_stream {
		const char *name;
		int from; /* a pipe, or -1 once it has ended */
		size_t n;
		char line[CLI_LINE_MAX];
	} stream[2];
};
/* Takes the descriptors of the pipes over. */
void cli_log_open(struct cli_log *l, int dir, int out, int err);
/* Reads what is there, at most one buffer. */
void cli_log_take(struct cli_log *l, struct cli_log_stream *s);
/* What is still in the pipes, without waiting; then closes all. */
void cli_log_close(struct cli_log *l);

#endif
