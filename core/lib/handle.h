/* handle.h: what a lw_sandbox of the library is: a sandbox known by its record and by the events that its supervisor
 * tells, never by being its parent. Private to core/lib. */
#ifndef LW_LIB_HANDLE_H
#define LW_LIB_HANDLE_H

#include "lunward.h"
#include "record.h"

struct lw_sandbox {
	char id[65], name[64];
	int state_fd;
	int events;          /* from the supervisor, a message each; end of file: it is gone */
	int pidfd;           /* of the supervisor, when it was started from here; or -1 */
	bool bound;          /* ends with `events` */
	unsigned seen, told; /* LW_EVENT_* */
	bool gone;           /* the supervisor */
	bool over;           /* the end has been told; what is left is the supervisor's own */
	pid_t pid;
	struct lw_status status;
	int failed; /* negative errno, and why */
	struct lw_err err;
	struct lw_record record; /* opened when first needed */
};

struct lw_sandbox *lw_handle_new(int state_fd, const char *id, const char *name);
/* The record, opened; -ESRCH when there is none (any more). */
int lw_handle_record(struct lw_sandbox *s, struct lw_err *err);

/* Until the command was executed, or why it was not. */
int lw_handle_started(struct lw_sandbox *s, struct lw_err *err);

#endif
