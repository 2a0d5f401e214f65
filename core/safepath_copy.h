/* safepath_copy.h: a tree of files as a stream from one process to another, for a copy between the host and a sandbox:
 * each side opens what is its own, and only by descriptors. Regular files, directories and links, with modes (no set-id
 * bits) and times; a link is copied, never followed. Raw system calls, no allocation. */
#ifndef LW_SAFEPATH_COPY_H
#define LW_SAFEPATH_COPY_H

#include <stdint.h>

struct lw_copied {
	uint64_t files, bytes;
	uint64_t left;   /* neither file, directory nor link, or not to be read */
	int first_err;   /* why the first of those was left, a positive errno; 0: of its kind */
	char first[256]; /* its name */
	int failed;      /* a positive errno of the side that sends, and what it was about in `first` */
};
#define LW_COPY_DEPTH 128

/* Where a copy begins, or goes: below dirfd (as if it were "/" with in_root, the caller's own root else). "" or "." at
 * the end of a source stands for what is in the directory. */
struct lw_copy_end {
	int root; /* or -1: the caller's own */
	const char *path;
};
/* Sends. What the receiver does not take is an error. */
int lw_copy_send(const struct lw_copy_end *from, int sock, struct lw_copied *ret);
/* How many things may come along with so many bytes: each takes room, be it empty. */
static inline uint64_t lw_copy_things(uint64_t max)
{
	return 1024 + max / 4096;
}
/* Receives what is called `name` there: into the directory `to`, when there is one, under that name; else as `to`
 * itself. At most `max` bytes of data: -EFBIG; and lw_copy_things() of it, what is left out too: -E2BIG. */
int lw_copy_receive(const struct lw_copy_end *to, const char *name, int sock, uint64_t max, struct lw_copied *ret);

#endif
