/* request.h: what `start` hands to lunward-supervisor: descriptors by number, and one JSON object. */
#ifndef LW_SUPERVISE_REQUEST_H
#define LW_SUPERVISE_REQUEST_H

#include <jansson.h>
#include "listen.h"

/* The program's name, beside the command or where such programs are installed. */
#define LW_SUPERVISOR "lunward-supervisor"

#define LW_SUPERVISE_REPLY 3 /* to be told: an int, and when it is negative a struct lw_err */
#define LW_SUPERVISE_STATE 4 /* the state directory */
#define LW_SUPERVISE_REQUEST                                                                                           \
	5 /* the object, in a file:                                                                                    \
"id", "name", "state" (its path), "cgroup_parent" or null, "unpacker" or null, "spec",                                 \
"remove": the record goes with the end (--rm), "interactive": standard input is for those who attach,                  \
"denials": enum lw_denial_mode, "again": the record is there already and is used on,                                   \
"profile": {"path", "sha256"}, "privileged", "started_by": {"uid", "loginuid"} go into the record as they are */
/* From here on "inherited" sockets that the caller was handed, with "inherited_names" as in LISTEN_FDNAMES. */
#define LW_SUPERVISE_INHERITED 6
#define LW_SUPERVISE_REQUEST_MAX ((size_t)16 * 1024 * 1024)

/* Executes `program` with the request: a descriptor to poll and then to read the answer from. The caller's environment
 * goes with it, for `inherit_env`; and, unless NULL, sockets that the caller was handed. */
int lw_supervise_begin(const char *program, int state_fd, json_t *request, const struct lw_sockets *inherited,
		       int *ret_fd, struct lw_err *err);
/* Waits until the sandbox's command runs: 0, or why it does not. */
int lw_supervise_answer(int fd, struct lw_err *err);

#endif
