/* rolled.h: lines in a file that is renamed when it is full, NAME to NAME.1, that one to NAME.2 …: writing them, by one
 * or by many at once, and reading them across all that, a line that a power cut has torn included. */
#ifndef LW_ROLLED_H
#define LW_ROLLED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LW_ROLLED_NAME 272
struct lw_rolled {
	int dir;
	const char *name;
	int64_t max;   /* bytes of all files together */
	unsigned keep; /* older ones */
	int fd;        /* -1: not open */
};
/* Opens, or makes, the newest. Links are not followed; what is no regular file of the caller's, or has another name
 * besides, is refused: -EPERM. */
int lw_rolled_open(struct lw_rolled *r);
/* Appends whole lines by one write(2) at the end, which keeps those of several writers apart without a lock; opens the
 * file when it is not open. 0 or negative errno. */
int lw_rolled_append(struct lw_rolled *r, const char *lines, size_t n);
void lw_rolled_close(struct lw_rolled *r);

#define LW_ROLLED_LINE ((size_t)64 * 1024) /* longer ones are left out */
struct lw_rolled_reader {
	int dir;
	const char *name;
	unsigned keep;
	int fd; /* -1: there is none yet */
	bool leave_out;
	char *buf;
	size_t at, n;
};
/* From the oldest on; done with lw_rolled_end. */
int lw_rolled_begin(struct lw_rolled_reader *r, int dir, const char *name, unsigned keep);
/* The next line, without its end, valid until the next call: 1; 0 when there is none, for now. */
int lw_rolled_next(struct lw_rolled_reader *r, const char **ret, size_t *ret_len);
void lw_rolled_end(struct lw_rolled_reader *r);
/* The object in a line: of one that goes on where another was torn, the whole one. NULL: there is none. */
json_t *lw_rolled_object(const char *line, size_t n);

#endif
