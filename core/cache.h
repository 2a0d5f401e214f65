/* cache.h: things made once and used by every launch, as files of the state directory: KIND/<digest of everything the
 * thing depends on>. The directory is ours alone (0700), so the digest inside guards against damage, not against an
 * enemy: an entry that is not whole counts as missing and is made again. */
#ifndef LW_CACHE_H
#define LW_CACHE_H

#include <stddef.h>
#include <stdint.h>

/* 1 and *ret (malloc'ed, NUL-terminated past *ret_n), or 0. At most max bytes. */
int lw_cache_get(int state_fd, const char *kind, const uint8_t key[32], size_t max, char **ret, size_t *ret_n);
/* Stores atomically; 0 or negative errno, which a caller may ignore. A directory that has grown past
 * LW_CACHE_ENTRIES loses its older half first. */
int lw_cache_put(int state_fd, const char *kind, const uint8_t key[32], const void *data, size_t n);
#define LW_CACHE_ENTRIES 256
/* Removes what was being written, of any kind, when its writer was killed: how many. */
unsigned lw_cache_tidy(int state_fd);

#endif
