/* traffic_owner.c: who gave a sandbox its packet rules: STATE/traffic/ID, from before the rules are there until after
 * they are gone, names the process and the sandbox's port. When both are no more, so are the rules (lw_traffic_sweep).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/fdio.h"
#include "process.h"
#include "traffic_private.h"

#define OWNERS "traffic"

static int open_owners(int state_fd, bool make)
{
	int fd = -1;
	/* Whoever was the last may be taking it away. */
	for (int i = 0; i < 8 && fd < 0; i++) {
		if (make && mkdirat(state_fd, OWNERS, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(state_fd, OWNERS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && (!make || errno != ENOENT))
			return -errno;
	}
	return fd < 0 ? -ENOENT : fd;
}

int lw_traffic_own(int state_fd, const char *id, const char *port, struct lw_err *err)
{
	char text[96];
	_cleanup_close_ int dir = open_owners(state_fd, true), fd = -1;
	int r = dir;
	if (r >= 0 && (fd = openat(dir, id, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		r = -errno;
	int n = snprintf(text, sizeof text, "%d %" PRIu64 " %.15s\n", (int)getpid(), lw_process_start(getpid()), port);
	if (r >= 0)
		r = lw_write_full(fd, text, (size_t)n);
	return r < 0 ? lw_fail(err, r, OWNERS "/%.16s: %s", id, strerror(-r)) : 0;
}

void lw_traffic_disown(int state_fd, const char *id)
{
	_cleanup_close_ int dir = open_owners(state_fd, false);
	if (dir >= 0)
		(void)unlinkat(dir, id, 0);
	(void)unlinkat(state_fd, OWNERS, AT_REMOVEDIR);
}

/* Rules stay closed behind a port that is still there, whoever has died. What cannot be read was cut off before there
 * were any. */
static bool is_over(int dir, const char *id)
{
	char text[96] = "", port[16] = "";
	uint64_t start = 0;
	int pid = 0;
	_cleanup_close_ int fd = openat(dir, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (n <= 0 || sscanf(text, "%d %" SCNu64 " %15s", &pid, &start, port) != 3)
		return true;
	return lw_process_start(pid) != start && if_nametoindex(port) == 0;
}

unsigned lw_traffic_sweep(int state_fd)
{
	int fd = open_owners(state_fd, false);
	_cleanup_(lw_closedir_p) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	unsigned found = 0;
	if (fd >= 0 && !d)
		close(fd);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && is_over(dirfd(d), e->d_name) &&
		    lw_traffic_remove_id(state_fd, e->d_name, NULL) >= 0)
			found++;
	(void)unlinkat(state_fd, OWNERS, AT_REMOVEDIR);
	return found;
}
