/* process.c: see process.h. */
#include "process.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "sys.h"

enum { STATE = 3, PARENT = 4, TICKS_FIRST = 14, TICKS_LAST = 17, THREADS = 20, START = 22 }; /* proc_pid_stat(5) */

int lw_process_read(pid_t pid, struct lw_process *ret)
{
	char path[32];
	_cleanup_free_ char *text = NULL;
	size_t n;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int r = pid <= 0 ? -ESRCH : lw_read_file(path, 4096, &text, &n);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	/* The name may hold anything; what follows its last parenthesis is fields. */
	char *open = strchr(text, '('), *p = strrchr(text, ')');
	if (!open || !p || p < open)
		return -ESRCH;
	*ret = (struct lw_process){ .pid = pid };
	*p = '\0';
	snprintf(ret->name, sizeof ret->name, "%s", open + 1);
	p++;
	for (int field = STATE; field <= START && *p == ' '; field++) {
		p++;
		if (field == STATE)
			ret->state = *p;
		else if (field == PARENT)
			ret->parent = (pid_t)strtol(p, NULL, 10);
		else if (field >= TICKS_FIRST && field <= TICKS_LAST)
			ret->ticks += strtoull(p, NULL, 10);
		else if (field == THREADS)
			ret->threads = strtoll(p, NULL, 10);
		else if (field == START)
			ret->start = strtoull(p, NULL, 10);
		p += strcspn(p, " ");
	}
	return ret->start ? 0 : -ESRCH;
}

uint64_t lw_process_start(pid_t pid)
{
	struct lw_process p;
	return lw_process_read(pid, &p) < 0 ? 0 : p.start;
}

int lw_process_open(pid_t pid, uint64_t start)
{
	struct lw_process p;
	_cleanup_close_ int fd = pid > 0 && start ? (int)SYS(pidfd_open, pid, 0) : -ESRCH;
	if (fd < 0)
		return fd;
	/* Held first, then compared: it cannot change in between. */
	int r = lw_process_read(pid, &p);
	return r < 0 ? r : p.start != start ? -ESRCH : TAKE_FD(fd);
}

bool lw_process_apart(pid_t pid, const char *kind, ino_t *ret_inode)
{
	char path[64], own[64];
	struct stat a, b;
	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
	snprintf(own, sizeof own, "/proc/self/ns/%s", kind);
	bool seen = stat(path, &a) == 0;
	if (ret_inode)
		*ret_inode = seen ? a.st_ino : 0;
	return !seen || stat(own, &b) < 0 || a.st_ino != b.st_ino || a.st_dev != b.st_dev;
}
