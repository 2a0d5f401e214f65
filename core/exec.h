/* exec.h: a further command in a running sandbox: a launch of its own recorded spec with every namespace joined instead
 * of made, so the same capabilities, filter, limits, ids and rules as the sandbox's own command. */
#ifndef LW_EXEC_H
#define LW_EXEC_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>
#include "plan.h"
#include "record_state.h"

/* The spec of a command in there, without the command: a new reference, or NULL. `recorded` is not kept. `known`: what
 * its record says of it, { user = lw_exec_user(), … lw_identity_of() }. The number `pid` may be another's by now: what
 * is joined is told by `known` alone. */
json_t *lw_exec_spec(json_t *recorded, const char *id, const json_t *known, pid_t pid, struct lw_err *err);
/* Who the command runs as, looked up once: the root's files may change. */
json_t *lw_exec_user(const struct lw_plan *p);
/* What the plan of such a spec could not know: it joins what is known and nothing that has taken its place, and the
 * sandbox's own cgroups, with the limits they have; the groups of its command are set where that is allowed. */
void lw_exec_fit(struct lw_plan *p, const char *id, const json_t *known, pid_t pid);

/* What the supervisor writes down of a sandbox that has begun, by which it is known again: { namespaces = { NAME =
 * inode }, root = { dev, inode } }. NULL when the process is gone already. */
json_t *lw_identity_of(pid_t pid);
/* The command of a sandbox that runs, by a pidfd and its number, as long as both are the record's; else -ESRCH and
 * words about the state it is in. `name` is what the caller called it. */
int lw_running_command(struct lw_record *r, const char *name, pid_t *ret_pid, int *ret_pidfd, struct lw_err *err);

#endif
