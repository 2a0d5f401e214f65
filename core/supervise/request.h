/* request.h: what `start` hands to lunward-supervisor: descriptors by number, and one JSON object. */
#ifndef LW_SUPERVISE_REQUEST_H
#define LW_SUPERVISE_REQUEST_H

#include <jansson.h>
#include "host.h"
#include "listen.h"
#include "spec.h"

/* The program's name, beside the command or where such programs are installed. */
#define LW_SUPERVISOR "lunward-supervisor"

#define LW_SUPERVISE_REPLY 3 /* to be told: an int, and when it is negative a struct lw_err */
#define LW_SUPERVISE_STATE 4 /* the state directory */
#define LW_SUPERVISE_REQUEST                                                                                                              \
	5                    /* the object, in a file:                                                                                    \
		   "id", "name", "state" (its path), "cgroup_parent" or null, "unpacker" or null, "spec",                                 \
		   "remove": the record goes with the end (--rm), "interactive": standard input is for those who attach,                  \
		   "denials": enum lw_denial_mode, "again": the record is there already and is used on; "spec_error": why it has no spec, \
		   "owner": somebody is told of everything over LW_SUPERVISE_OWNER, "bound": the sandbox ends when they are gone,         \
		   "stdio": which of LW_SUPERVISE_STDIO are there, to be the command's 0 to 2,                                            \
		   "profile": {"path", "sha256"}, "privileged", "started_by": {"uid", "loginuid"} go into the record as they are */
#define LW_SUPERVISE_OWNER 6 /* a socket as of those who watch (control.h), or nothing */
#define LW_SUPERVISE_STDIO 7 /* and the two behind it; or nothing */
/* From here on "inherited" sockets that the caller was handed, with "inherited_names" as in LISTEN_FDNAMES. */
#define LW_SUPERVISE_INHERITED 10
#define LW_SUPERVISE_REQUEST_MAX ((size_t)16 * 1024 * 1024)

/* LW_SUPERVISE_STDIO + i when the request says that it is there, else -1. */
int lw_supervise_given(const json_t *request, int i);
/* The request for a first start, but for what is the front end's own: "remove", "interactive", "owner" … NULL: out of
 * memory. */
json_t *lw_supervise_request(const struct lw_host *h, const struct lw_spec *s, const char *id, const char *unpacker);

struct lw_supervise_fds {
	int reply, owner;                   /* or -1 */
	const int *stdio;                   /* three, each or -1; NULL: none */
	const struct lw_sockets *inherited; /* or NULL */
};
/* Executes the program, with an environment; *ret_pidfd may be NULL. */
int lw_supervise_spawn(const char *program, char *const envp[], int state_fd, const json_t *request,
		       const struct lw_supervise_fds *fds, int *ret_pidfd, struct lw_err *err);
/* Executes `program` with the request: a descriptor to poll and then to read the answer from. The caller's environment
 * goes with it, for `inherit_env`; and, unless NULL, sockets that the caller was handed. */
int lw_supervise_begin(const char *program, int state_fd, json_t *request, const struct lw_sockets *inherited,
		       int *ret_fd, struct lw_err *err);
/* Waits until the sandbox's command runs: 0, or why it does not. */
int lw_supervise_answer(int fd, struct lw_err *err);

#endif
