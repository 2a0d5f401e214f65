/* fdio.h: whole reads and writes on descriptors, bounded, EINTR-proof; framed messages on pipes and sockets.
 * All return 0 or a negative errno; *ret is written on success only. */
#ifndef LW_BASE_FDIO_H
#define LW_BASE_FDIO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exactly n bytes; -EPIPE on early end of file. */
int lw_read_full(int fd, void *buf, size_t n);
/* All n bytes. */
int lw_write_full(int fd, const void *buf, size_t n);
/* Reads to end of file, at most max bytes (-EFBIG beyond). *ret is malloc'ed and has a NUL behind *ret_len bytes. */
int lw_read_all(int fd, size_t max, char **ret, size_t *ret_len);
/* Opens a regular file, following links, without ever blocking on it or taking it as terminal, and reads it all.
 * -EINVAL when it is not a regular file, -EFBIG past max. The size the file claims is only a hint: procfs says 0. */
int lw_read_file(const char *path, size_t max, char **ret, size_t *ret_len);
int lw_read_file_at(int dirfd, const char *path, size_t max, char **ret, size_t *ret_len);
/* One write(2) of s to an existing path, neither created nor truncated: for /proc and cgroup files, which take a value
 * whole or not at all. */
int lw_write_file(const char *path, const char *s);
int lw_write_file_at(int dirfd, const char *path, const char *s);
/* Length-framed message: u32 type, u32 length, payload, in this machine's byte order. On a socket a dead peer is
 * -EPIPE; on a pipe it also raises SIGPIPE, as write(2) does. */
int lw_frame_send(int fd, uint32_t type, const void *buf, size_t n);
/* -EPIPE at end of file, -EMSGSIZE when the frame claims more than max bytes. *ret is malloc'ed, NUL behind it. */
int lw_frame_recv(int fd, size_t max, uint32_t *ret_type, char **ret, size_t *ret_len);

#endif
