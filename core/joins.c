/* joins.c: `{ sandbox = "NAME" }` in namespaces and network: the running sandbox's own, by its record. The path that is
 * found is for this launch alone; the spec keeps the name. */
#include <errno.h>
#include <string.h>
#include "base/names.h"
#include "record_state.h"

static int find(struct lw_spec *s, int state_fd, struct lw_join *j, enum lw_ns ns, const char *key, struct lw_err *err)
{
	struct lw_record rec = LW_RECORD_NONE;
	const char *name = lw_namespace_table.v[ns].name;
	pid_t pid = 0;
	if (!j->sandbox || j->path)
		return 0;
	int r = lw_record_find(state_fd, j->sandbox, &rec, err);
	if (r >= 0 && (!lw_record_runs(&rec) || lw_record_process(&rec, "command", &pid, NULL) < 0)) {
		r = lw_fail(err, -ESRCH, "the sandbox \"%s\" does not run", j->sandbox);
		lw_err_hint(err, "`lunward start` it first");
	}
	if (r >= 0) {
		j->path = lw_arena_printf(s->arena, "/proc/%d/ns/%s", (int)pid, !strcmp(name, "mount") ? "mnt" : name);
		r = j->path ? 0 : lw_fail(err, -ENOMEM, "out of memory");
	}
	if (r < 0) {
		lw_err_at(err, j->rec.origin);
		lw_err_in(err, "%s", key);
	}
	lw_record_done(&rec);
	return r;
}

int lw_find_joins(struct lw_spec *s, int state_fd, struct lw_err *err)
{
	struct lw_namespaces *n = &s->namespaces;
	/* Whoever shares a sandbox's network is its like: the same user namespace, and its ids. */
	if (s->network.kind == LW_NET_JOIN && s->network.join.sandbox && !lw_is_set(&n->rec, LW_NS_USER)) {
		n->mode[LW_NS_USER] = LW_NS_JOIN;
		n->join[LW_NS_USER] =
			(struct lw_join){ .rec = s->network.join.rec, .sandbox = s->network.join.sandbox };
	}
	int r = find(s, state_fd, &s->network.join, LW_NS_NET, "network", err);
	for (int i = 0; i < LW_NS_COUNT && r >= 0; i++) {
		char key[32] = "namespaces.";
		strcat(key, lw_namespace_table.v[i].name);
		if (n->mode[i] == LW_NS_JOIN)
			r = find(s, state_fd, &n->join[i], (enum lw_ns)i, key, err);
	}
	return r;
}
