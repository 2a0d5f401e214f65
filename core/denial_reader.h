/* denial_reader.h: a process that looks where looking may take for ever: into the memory of a sandbox, which can lie in
 * a file system of the sandbox's own making, and at host paths that a sandbox has named. Whoever asks waits a moment
 * and no longer. */
#ifndef LW_DENIAL_READER_H
#define LW_DENIAL_READER_H

#include <stdint.h>
#include <sys/types.h>

#define LW_READER_TEXT 256

struct lw_reader {
	int sock; /* -1: there is none, or it took too long once */
	pid_t pid;
};

/* 0, or a negative errno. */
int lw_reader_start(struct lw_reader *r);
void lw_reader_stop(struct lw_reader *r);
/* The string at an address of a process: its length, or a negative errno; -ETIMEDOUT ends the reader. */
int lw_reader_string(struct lw_reader *r, pid_t pid, uint64_t address, char text[static LW_READER_TEXT]);
/* What the host has at an absolute path, links not followed: its st_mode, or a negative errno. */
int lw_reader_mode(struct lw_reader *r, const char *path);

#endif
