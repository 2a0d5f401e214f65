/* safepath_walk.h: a walk through a tree that somebody else may be changing meanwhile. Every entry is opened once, by
 * one component below the directory that was opened before it, never through a link, and handed over as a descriptor:
 * whatever is renamed, what is done to the descriptor is done to what was found in the tree. Host side only. */
#ifndef LW_SAFEPATH_WALK_H
#define LW_SAFEPATH_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Deeper trees are refused (-ELOOP): each level keeps two descriptors. */
#define LW_WALK_DEPTH 256

struct lw_walk_entry {
	int fd;           /* O_PATH on it; a link is the link itself */
	const char *path; /* below the root of the walk, "." for the root; cut when long, so for messages only */
	int dir;          /* the directory it was found in, -1 for the root */
	const char *name; /* there */
	uint64_t parent;  /* its inode */
	struct stat st;   /* a directory's is taken after what is in it was walked */
};

struct lw_walk {
	bool cross_mounts;
	/* Called for each entry, what is in a directory before the directory itself; not 0 ends the walk. */
	int (*entry)(void *arg, const struct lw_walk_entry *e);
	void *arg;
	uint64_t mounts;  /* mount points that were not entered */
	char failed[256]; /* where an error came from */
};

/* Walks what the descriptor is open on. 0, what `entry` ended with, or a negative errno and w->failed. Entries that
 * vanish are passed over. */
int lw_safe_walk(struct lw_walk *w, int fd);
/* A host path with O_PATH, none of whose components is a link. */
int lw_safe_open_straight(const char *path);

#endif
