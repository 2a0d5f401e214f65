/* warm.h: launching from a kept plan. `lunward run` of a profile that has been run before in the same way needs neither
 * Lua nor JSON nor libseccomp, and not even libc, whose start alone costs a tenth of a launch: the entry point of the
 * command (entry.S) first looks for a plan that the full program has left in the state directory (save.c), checks that
 * nothing it was made from has changed (key.c, guard.c), and walks it with the very sources the full program walks
 * plans with (launch.c, child.c, …), compiled a second time against the few functions of libc.c. Whatever is not as it
 * should be, the full program starts as if nothing had happened: a failure of set-up too, which it repeats and then
 * explains.
 *
 * The file is one of core/cache.c's, kind WARM_KIND, named by a hash of the key; it holds the key whole. */
#ifndef LW_WARM_H
#define LW_WARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "plan.h"

#define WARM_KIND "plans"
#define WARM_MAGIC "lwplan02"
#define WARM_FILE_MAX ((size_t)256 * 1024)
#define WARM_KEY_MAX ((size_t)64 * 1024)

/* Offsets are from the head; sizes in bytes. */
struct warm_head {
	char magic[8];
	uint64_t sum;    /* warm_sum of what follows the head: against damage, not against an enemy */
	int64_t timeout; /* of the spec, microseconds */
	uint32_t size;   /* of all */
	uint32_t key, n_key;
	uint32_t guards, n_guards; /* struct warm_guard each */
	uint32_t plan, n_plan;
	/* What its events say: strings; where in the name the id's digits go, 0: nowhere. */
	uint32_t name, name_id_at, profile, sha256;
	uint32_t privileged;
};

/* Bytes put one after another into a buffer that does not grow. */
struct warm_text {
	char *buf;
	size_t n, max;
	bool full;
};

/* key.c: everything about the caller and the machine that a plan may depend on and that is not a file: the command
 * line, the environment, ids, capabilities, limits, the working directory, the kernel, this program. */
const char *warm_env(char *const *envp, const char *name); /* the value of the first of that name, or NULL */
void warm_key(struct warm_text *t, int argc, char *const *argv, char *const *envp);
uint64_t warm_sum(const void *bytes, size_t n);
/* The key's name in the cache. */
void warm_name(const void *key, size_t n, uint8_t ret[32]);

/* guard.c: what a plan was made from, seen from outside. */
enum warm_guard_kind {
	WARM_FILE,   /* followed: the same file, unchanged; or still absent */
	WARM_ENTRY,  /* not followed: still absent, still a directory, or the same link */
	WARM_PLACE,  /* followed: the same directory, of the same owner; its contents do not matter */
	WARM_VAIN,   /* followed: still absent, or as WARM_PLACE and ours to write as little or as much as it was */
	WARM_SHARED, /* a list of processes: still somebody's beside us */
	WARM_TEXT,   /* a file of /proc or of a cgroup: the same text */
};
struct warm_guard {
	uint32_t kind;
	uint32_t path;         /* offset of a string */
	uint32_t text, n_text; /* WARM_TEXT */
	uint32_t mode, uid;    /* mode 0: absent */
	uint64_t dev, ino, size;
	int64_t mtime, ctime; /* nanoseconds */
};
/* Looks; path and text are the caller's to fill. 0 or negative errno when what is there cannot be guarded. */
int warm_look(const char *path, int kind, struct warm_guard *ret);
/* `file` is the head's address, `size` its checked size. */
bool warm_holds(const struct warm_guard *g, const char *file, size_t size);
/* Reads a file of /proc: bytes read, or negative errno; a longer one fails. */
long warm_read(const char *path, char *buf, size_t max);

/* flat.c: a plan as one block, its pointers offsets in it. */
struct lw_text;
/* False: this plan holds something that cannot be kept. */
bool warm_pack(const struct lw_plan *p, struct lw_text *t);
/* In place: *ret points into the block, which must be aligned to 16 bytes. Every offset is checked. */
bool warm_unpack(char *block, size_t n, struct lw_plan *ret);

/* save.c: after a launch, keeps its plan if the next one may start from it. Costs nothing but time when it cannot. */
struct cli;
struct cli_job;
void warm_save(const struct cli *c, const struct cli_job *job);
/* Whether this program was built with the warm entry. */
extern const bool warm_built;

#endif
