/* chown.c: re-owning a tree: who is to own an entry, and which entries are not ours to give. Walking is
 * safepath_walk.c's, keeping a file's other rights chown_keep.c's. Must not know profiles or plans. */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/cleanup.h"
#include "chown.h"
#include "chown_keep.h"
#include "safepath_walk.h"

#define UNCHANGED UINT32_MAX
/* A file's change time is one of the kernel's ticks, at most 10 ms apart. */
#define SETTLED_NS 20000000L
#define SETTLE_TRIES 5

/* A name of a file with several of them; with name 0 the file itself. */
struct link {
	uint64_t dev, ino, parent, name;
	uint64_t seen; /* of the file, as the rest: its names in the tree */
	struct timespec changed;
	bool done; /* re-owned */
	char path[160];
};

struct job {
	struct lw_chown *c;
	void *links; /* tree of struct link */
};

/* --- whose is it to be --------------------------------------------------------------- */

static bool in_range(uint32_t id, uint32_t first, uint32_t count)
{
	return id >= first && id - first < count;
}

/* False: the map does not know the id, which then stays. One that is outside already stays, too: that makes a second
 * time harmless, and is why an id that is both inside and outside counts as shifted. */
static bool shift(const struct lw_idmaps *m, uint32_t id, uint32_t *ret)
{
	*ret = id;
	for (size_t i = 0; i < m->n; i++)
		if (in_range(id, m->v[i].outside, m->v[i].count))
			return true;
	for (size_t i = 0; i < m->n; i++) {
		if (!in_range(id, m->v[i].inside, m->v[i].count))
			continue;
		*ret = m->v[i].outside + (id - m->v[i].inside);
		return true;
	}
	return false;
}

static bool owner(const struct lw_chown *c, const struct stat *st, uint32_t *uid, uint32_t *gid)
{
	if (!c->uid_map) {
		*uid = c->uid;
		*gid = c->gid;
		return true;
	}
	bool known = shift(c->uid_map, st->st_uid, uid);
	return shift(c->gid_map, st->st_gid, gid) && known;
}

static uint32_t cap_root(void *arg, uint32_t root)
{
	const struct lw_chown *c = arg;
	uint32_t r;
	if (!c->uid_map)
		return c->root;
	shift(c->uid_map, root, &r);
	return r;
}

static void left(struct lw_chown *c, uint64_t *counter, const struct lw_walk_entry *e)
{
	++*counter;
	if (!c->left[0])
		snprintf(c->left, sizeof c->left, "%s", e->path);
}

static int change(struct job *j, const struct lw_walk_entry *e, const struct stat *st, uint32_t uid, uint32_t gid)
{
	/* When everything becomes one user's, set-id bits and capabilities are kept only where root gave them: those of
	 * anybody else would make a program of theirs one of that user's. */
	bool rights = j->c->uid_map || st->st_uid == 0;
	int r = lw_chown_keep(e->fd, st, uid == st->st_uid ? UNCHANGED : uid, gid == st->st_gid ? UNCHANGED : gid,
			      rights, cap_root, j->c);
	if (r >= 0)
		j->c->changed++;
	return r;
}

/* --- is it the tree's ------------------------------------------------------------------
 * Somebody who may write in the tree can make a name there for a file elsewhere, and take it away again once we have
 * opened it. So a file is the tree's only when all of its names are seen there while it does not change: making,
 * removing and moving a name each set a file's change time. */

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Whatever happens to the file from now on will show in its change time. */
static bool settled(const struct stat *st)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - st->st_ctim.tv_sec) * 1000000000LL + (now.tv_nsec - st->st_ctim.tv_nsec) > SETTLED_NS;
}

/* 1: the entry is by this name in its directory, where it was when *ret said so and since; 0: it was moved or removed,
 * or does not settle. */
static int confirm(struct job *j, const struct lw_walk_entry *e, struct stat *ret)
{
	struct stat here, after;
	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (fstat(e->fd, ret) < 0)
			return -errno;
		if (!settled(ret)) {
			nanosleep(&(struct timespec){ .tv_nsec = SETTLED_NS }, NULL);
			continue;
		}
		if (e->dir < 0)
			return 1;
		if (fstatat(e->dir, e->name, &here, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 : -errno;
		if (here.st_dev != ret->st_dev || here.st_ino != ret->st_ino)
			return 0;
		if (fstat(e->fd, &after) < 0)
			return -errno;
		if (same_time(ret->st_ctim, after.st_ctim))
			return 1;
	}
	left(j->c, &j->c->busy, e);
	return 0;
}

static int by_place(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct link, seen));
}

static uint64_t hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h | 1; /* 0 is the file itself */
}

/* The one in the tree that is equal to key, which is added when there is none; *ret_new then. */
static struct link *find(struct job *j, const struct link *key, bool *ret_new)
{
	struct link *const *found = tfind(key, &j->links, by_place);
	*ret_new = !found;
	if (found)
		return *found;
	struct link *copy = malloc(sizeof *copy);
	if (!copy)
		return NULL;
	*copy = *key;
	found = tsearch(copy, &j->links, by_place);
	if (!found)
		free(copy);
	return found ? *found : NULL;
}

/* A file with several names: 1 at the last of them. A directory that was moved is no new place for its names. */
static int last_name(struct job *j, const struct lw_walk_entry *e, const struct stat *st, struct link **ret)
{
	struct link file = { .dev = st->st_dev, .ino = st->st_ino, .changed = st->st_ctim };
	struct link name = { .dev = st->st_dev, .ino = st->st_ino, .parent = e->parent, .name = hash(e->name) };
	bool new_file, new_name;
	struct link *f = find(j, &file, &new_file), *n = find(j, &name, &new_name);
	if (!f || !n)
		return -ENOMEM;
	if (new_file)
		snprintf(f->path, sizeof f->path, "%s", e->path);
	f->seen += new_name;
	*ret = f;
	return f->seen == st->st_nlink && same_time(f->changed, st->st_ctim);
}

static void count_left(const void *node, VISIT which, void *arg)
{
	const struct link *l = *(struct link *const *)node;
	struct lw_chown *c = arg;
	if ((which != postorder && which != leaf) || l->name || l->done)
		return;
	c->linked += l->seen;
	if (!c->left[0])
		snprintf(c->left, sizeof c->left, "%s", l->path);
}

static int change_file(struct job *j, const struct lw_walk_entry *e, uint32_t uid, uint32_t gid)
{
	struct link *file = NULL;
	struct stat st;
	int r = confirm(j, e, &st);
	if (r > 0 && st.st_nlink > 1)
		r = last_name(j, e, &st, &file);
	if (r > 0)
		r = change(j, e, &st, uid, gid);
	else
		return r;
	if (file)
		file->done = r >= 0;
	return r;
}

/* --- the walk ------------------------------------------------------------------------- */

static int entry(void *arg, const struct lw_walk_entry *e)
{
	struct job *j = arg;
	struct lw_chown *c = j->c;
	uint32_t uid, gid;
	c->entries++;
	if (!owner(c, &e->st, &uid, &gid))
		left(c, &c->unmapped, e);
	if (uid == e->st.st_uid && gid == e->st.st_gid)
		return 0;
	if (S_ISDIR(e->st.st_mode)) /* has but one name */
		return change(j, e, &e->st, uid, gid);
	if (S_ISCHR(e->st.st_mode) || S_ISBLK(e->st.st_mode)) {
		c->devices++;
		return 0;
	}
	return change_file(j, e, uid, gid);
}

int lw_chown_tree(int fd, const char *path, struct lw_chown *c, struct lw_err *err)
{
	struct job j = { .c = c };
	struct lw_walk w = { .cross_mounts = c->cross_mounts, .entry = entry, .arg = &j };
	c->entries = c->changed = c->unmapped = c->linked = c->busy = c->devices = 0;
	c->left[0] = 0;
	int r = lw_safe_walk(&w, fd);
	c->mounts = w.mounts;
	twalk_r(j.links, count_left, c);
	tdestroy(j.links, free);
	if (r >= 0)
		return 0;
	lw_fail(err, r, "re-owning '%s'%s%s: %s", path, w.failed[0] ? ": " : "", w.failed,
		r == -ELOOP ? "too many directories in each other" : strerror(-r));
	if (r == -EPERM)
		lw_err_hint(err, "giving files away needs root, and ids that exist here");
	else if (r == -EROFS)
		lw_err_hint(err, "the file system is read-only");
	return r;
}
