/* ids_modes.c: what the words of `ids` mean: maps that are the same everywhere, and sentences about all of them.
 * Must not know how maps are written or leased. */
#include <inttypes.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "ids.h"
#include "ids_modes.h"

#define MAP_MAX (64 * 1024)
#define ROOT_OUTSIDE 2 /* who stands for root inside of "root-only": an account without files or rights */
#define IDENTITY 65001 /* 0 to 65000 */

static struct lw_idmaps maps(struct lw_plan *p, const struct lw_idmap *v, size_t n)
{
	struct lw_idmap *copy = lw_arena_memdup(p->arena, v, n * sizeof *v);
	return (struct lw_idmaps){ .n = copy ? n : 0, .v = copy };
}

int lw_ids_mode_maps(struct lw_plan *p, struct lw_err *err)
{
	/* The last id is 4294967294: the one behind it is "no id". */
	static const struct lw_idmap root_only[] = { { 0, ROOT_OUTSIDE, 1 }, { 3, 3, UINT32_MAX - 3 } };
	static const struct lw_idmap identity[] = { { 0, 0, IDENTITY } };
	static const struct lw_idmap single[] = { { 0, LW_IDS_LEASED, 1 } };
	const struct lw_ids *ids = &p->spec->ids;
	if (!p->host->privileged) {
		lw_fail(err, -EPERM, "these ids are not the caller's to give: that needs root");
		lw_err_hint(err, "run as root, or use ids = \"auto\" or \"keep\"");
		lw_err_at(err, ids->rec.origin);
		lw_err_in(err, "ids");
		return -EPERM;
	}
	switch (ids->mode) {
	case LW_IDS_ROOT_ONLY:
		p->uid_map = maps(p, root_only, ARRAY_LEN(root_only));
		p->gid_map = maps(p, root_only, ARRAY_LEN(root_only));
		return 0;
	case LW_IDS_IDENTITY:
		p->uid_map = maps(p, identity, ARRAY_LEN(identity));
		p->gid_map = maps(p, identity, ARRAY_LEN(identity));
		return 0;
	default: /* LW_IDS_SINGLE: the first id of a block that nobody else has */
		p->ids_auto = true;
		p->uid_map = maps(p, single, ARRAY_LEN(single));
		p->gid_map = maps(p, single, ARRAY_LEN(single));
		return 0;
	}
}

bool lw_ids_host_root(const struct lw_spec *s)
{
	if (s->namespaces.mode[LW_NS_USER] != LW_NS_NEW)
		return true;
	switch (s->ids.mode) {
	case LW_IDS_KEEP:
	case LW_IDS_IDENTITY:
		return true;
	case LW_IDS_EXPLICIT:
		for (size_t i = 0; i < s->ids.uid.n; i++)
			if (s->ids.uid.v[i].outside == 0)
				return true;
		return false;
	default:
		return false;
	}
}

bool lw_ids_leased(const struct lw_spec *s, const struct lw_host *h)
{
	return s->namespaces.mode[LW_NS_USER] == LW_NS_NEW &&
	       (s->ids.mode == LW_IDS_SINGLE || (s->ids.mode == LW_IDS_AUTO && h->privileged));
}

const char *lw_ids_words(const struct lw_plan *p)
{
	uint64_t n = 0;
	if (!(p->clone_flags & CLONE_NEWUSER))
		return "the host's: who is root inside is root outside";
	for (size_t i = 0; i < p->uid_map.n; i++)
		n += p->uid_map.v[i].count;
	switch (p->spec->ids.mode) {
	case LW_IDS_AUTO:
		if (p->host->privileged)
			return "65536 of the sandbox's own, others in every run; files of the host belong to nobody";
		return n > 1 ? "root is the caller, the others are the caller's subordinate ids"
			     : "root is the caller, and there is no other";
	case LW_IDS_KEEP:
		return p->host->uid ? "the caller's own, and no other" : "the host's root, and no other";
	case LW_IDS_ROOT_ONLY:
		return "root is uid 2 outside, 1 and 2 are nobody; from 3 on everybody is who they are on the host";
	case LW_IDS_IDENTITY:
		return "the host's, 0 to 65000, root among them; capabilities count inside only";
	case LW_IDS_SINGLE:
		return "one of the sandbox's own, another in every run: root; everybody else is nobody";
	default:
		return lw_arena_printf(p->arena, "%" PRIu64 " chosen by the profile; everybody else is nobody", n);
	}
}

/* Is id one that exists here, by the text of /proc/self/uid_map? Sets where the answer changes next. */
static bool exists(const char *own, uint64_t id, uint64_t *ret_until)
{
	unsigned inside, outside, count;
	int used;
	for (const char *p = own; sscanf(p, "%u %u %u%n", &inside, &outside, &count, &used) == 3; p += used) {
		if (id >= inside && id - inside < count) {
			*ret_until = (uint64_t)inside + count;
			return true;
		}
	}
	return false;
}

void lw_ids_refused(const struct lw_idmaps *m, const char *file, int code, struct lw_err *err)
{
	char path[32];
	_cleanup_free_ char *own = NULL;
	size_t n;
	snprintf(path, sizeof path, "/proc/self/%s", file);
	if (code == -EPERM && lw_read_file(path, MAP_MAX, &own, &n) >= 0) {
		for (size_t i = 0; i < m->n; i++) {
			uint64_t id = m->v[i].outside, end = id + m->v[i].count;
			if (id == LW_IDS_LEASED)
				continue;
			while (id < end && exists(own, id, &id))
				;
			if (id >= end)
				continue;
			lw_err_hint(err,
				    "id %" PRIu64 " does not exist here: this system is itself in a user namespace, "
				    "and %s has what it was given; use ids = \"auto\" or \"keep\", or map those",
				    id, path);
			return;
		}
	}
	lw_err_hint(err, code == -EPERM ? "the kernel refuses this map; see user_namespaces(7), and on Ubuntu "
					  "kernel.apparmor_restrict_unprivileged_userns"
					: "see user_namespaces(7)");
}
