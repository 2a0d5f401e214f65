/* record.h: what is known of detached sandboxes, on disk: STATE/sandboxes/<id>/ with record.json (small: what changes,
 * and what a list of all shows), spec.json (what it is started from, again and again), a lock that the supervisor holds
 * while it lives, its control socket, and the log; STATE/names/<name> is a link to the id. Every change of a file is a
 * new one renamed over the old, so that a power cut leaves the one or the other. */
#ifndef LW_RECORD_H
#define LW_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>
#include "base/err.h"

struct lw_record {
	char id[65];
	int dir;      /* its directory */
	int lock;     /* ours when we made it, else -1 */
	json_t *data; /* record.json; never NULL, {} when it could not be read */
	bool damaged; /* it says nothing that can be read */
	bool newer;   /* a later version wrote it: what it says is told, but nothing is concluded from it */
	bool again;   /* lw_record_make has found it there */
};
#define LW_RECORD_NONE ((struct lw_record){ .dir = -1, .lock = -1 })

/* A record of `data` and `spec`, locked by us and named. A stopped namesake's is removed, but what is there under this
 * very id is used on (its log); -EEXIST when a sandbox of this name runs. */
int lw_record_make(int state_fd, const char *id, const char *name, json_t *data, const json_t *spec,
		   struct lw_record *ret, struct lw_err *err);
int lw_record_save(const struct lw_record *r, struct lw_err *err);
/* What could not be read again stays as it was: negative errno. */
int lw_record_reload(struct lw_record *r);
/* The canonical JSON of the spec: a new reference, or NULL and errno. */
json_t *lw_record_spec(const struct lw_record *r);
int lw_record_save_spec(const struct lw_record *r, const json_t *spec, struct lw_err *err);
/* By name, id, or the beginning of an id that is no other's. -ENOENT, class LW_ERR_USAGE. */
int lw_record_find(int state_fd, const char *word, struct lw_record *ret, struct lw_err *err);
/* Calls fn for each; stops at a non-zero, which is returned. */
int lw_record_each(int state_fd, int (*fn)(void *arg, struct lw_record *r), void *arg);
/* Does its supervisor live? Without one nothing of the sandbox does, for long. */
bool lw_record_supervised(const struct lw_record *r);
/* The same, where it matters that one cannot find out: 1, 0, or negative errno. */
int lw_record_minded(const struct lw_record *r);
/* Waits until it does not, at most so long (-1: for ever); 0, or -ETIMEDOUT. */
int lw_record_wait(const struct lw_record *r, int64_t timeout_usec);
/* Takes it away, and its name if that is still its own. -EBUSY when somebody else's supervisor has it. */
int lw_record_remove(int state_fd, const struct lw_record *r, struct lw_err *err);
void lw_record_done(struct lw_record *r);
/* What was left by who was killed while making, naming or removing one, and records that say nothing: how many. */
unsigned lw_record_tidy(int state_fd);
/* What is written by somebody who is not its supervisor: only while there is none, which nobody can become meanwhile.
 */
int lw_record_save_unsupervised(int state_fd, const struct lw_record *r, struct lw_err *err);
/* Those who change what a sandbox is started from, or start or remove it (update, restart, rm), wait for each other.
 * Gone with lw_record_done.
 */
int lw_record_lock(const struct lw_record *r);
bool lw_record_try_lock(const struct lw_record *r); /* false: somebody else has it */
void lw_record_unlock(const struct lw_record *r);
/* Its name, for messages; the id of one without. */
const char *lw_record_name(const struct lw_record *r);

#endif
