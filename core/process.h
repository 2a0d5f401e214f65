/* process.h: processes as /proc tells of them. They are known by number and start time, so that another process that
 * got the number since is not taken for one. */
#ifndef LW_PROCESS_H
#define LW_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct lw_process {
	pid_t pid, parent;
	uint64_t start; /* in clock ticks since boot */
	uint64_t ticks; /* of processor time: its own, and that of its children that were waited for */
	int64_t threads;
	char state;    /* R S D T t Z X, proc(5) */
	char name[64]; /* hostile: whatever bytes it gave itself */
};
/* -ESRCH when it is gone; another negative errno when one cannot find out. */
int lw_process_read(pid_t pid, struct lw_process *ret);

uint64_t lw_process_start(pid_t pid); /* 0: no such process */
/* A pidfd; -ESRCH when it is gone. */
int lw_process_open(pid_t pid, uint64_t start);
/* Is its namespace of this kind (/proc/PID/ns/KIND) another than ours? *ret_inode, when not NULL, is its inode, 0: it
 * cannot be seen. */
bool lw_process_apart(pid_t pid, const char *kind, ino_t *ret_inode);

#endif
