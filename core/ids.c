/* ids.c: the range allocator of ids = "auto": one file of locks, one byte a block of 65536 ids. A lease is an
 * open-file-description lock, so there is nothing to clean up after whoever dies.
 * Must not know what a range is used for. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include "base/cleanup.h"
#include "ids.h"

#define BLOCKS ((LW_AUTO_LAST - LW_AUTO_FIRST + 1) / LW_AUTO_COUNT)

static uint32_t block_first(uint32_t i)
{
	return LW_AUTO_FIRST + i * LW_AUTO_COUNT;
}

/* Where to look next when block i overlaps something reserved: the first block behind it. 0: it overlaps nothing. */
static uint32_t behind_reserved(const struct lw_id_pool *p, uint32_t i)
{
	uint64_t first = block_first(i), next = first + LW_AUTO_COUNT;
	for (size_t k = 0; k < p->n_reserved; k++) {
		uint64_t from = p->reserved[k].first, to = from + p->reserved[k].count;
		if (from < next && first < to)
			return (uint32_t)((to - LW_AUTO_FIRST + LW_AUTO_COUNT - 1) / LW_AUTO_COUNT);
	}
	return 0;
}

bool lw_ids_possible(const struct lw_id_pool *p)
{
	for (uint32_t i = 0, behind; i < BLOCKS; i = behind)
		if (!(behind = behind_reserved(p, i)))
			return true;
	return false;
}

int lw_ids_lease(const struct lw_id_pool *p, uint32_t *ret_first, int *ret_fd, struct lw_err *err)
{
	_cleanup_close_ int fd =
		openat(p->state_fd, "ids", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0)
		return lw_fail(err, -errno, "%s/ids: %s", p->state_dir, strerror(errno));
	/* A random start: launches at the same time rarely ask for the same block, and a block is not soon used again.
	 */
	uint32_t start = 0;
	if (getrandom(&start, sizeof start, GRND_NONBLOCK) != sizeof start)
		start = (uint32_t)getpid() * UINT32_C(2654435761);
	start %= BLOCKS;
	for (uint32_t tried = 0; tried < BLOCKS;) {
		uint32_t i = (start + tried) % BLOCKS, behind = behind_reserved(p, i);
		if (behind) {
			tried += behind - i;
			/* The range may reach past the last block; the blocks before the start are next. */
			if (behind > BLOCKS && i >= start)
				tried = BLOCKS - start;
			continue;
		}
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1 };
		if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
			*ret_first = block_first(i);
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
		if (errno != EAGAIN && errno != EACCES)
			return lw_fail(err, -errno, "%s/ids: %s", p->state_dir, strerror(errno));
		tried++;
	}
	lw_fail(err, -ENOSPC, "no free range of %u ids is left from %u to %u", LW_AUTO_COUNT, LW_AUTO_FIRST,
		LW_AUTO_LAST);
	lw_err_hint(err, "end sandboxes, free ranges in /etc/subuid and /etc/subgid, or use ids = \"keep\"");
	return -ENOSPC;
}
