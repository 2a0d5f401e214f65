/* cleanup.h: scope-bound release of descriptors and memory (systemd's idiom). */
#ifndef LW_BASE_CLEANUP_H
#define LW_BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void lw_close_p(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;
		close(*fd);
		errno = saved;
	}
	*fd = -1;
}
static inline void lw_free_p(void *p)
{
	free(*(void **)p);
}

#define _cleanup_close_ __attribute__((cleanup(lw_close_p)))
#define _cleanup_free_ __attribute__((cleanup(lw_free_p)))
#define _cleanup_(f) __attribute__((cleanup(f)))

static inline int lw_take_fd(int *fd)
{
	int r = *fd;
	*fd = -1;
	return r;
}
#define TAKE_FD(fd) lw_take_fd(&(fd))
#define TAKE_PTR(p)                                                                                                    \
	__extension__({                                                                                                \
		__typeof__(p) taken_ = (p);                                                                            \
		(p) = NULL;                                                                                            \
		taken_;                                                                                                \
	})
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
