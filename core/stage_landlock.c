/* stage_landlock.c: path, port and scope rules of the profile as Landlock operations, by the ABI of this host. What the
 * kernel cannot do is refused when the profile requires it and noted otherwise: nothing is dropped in silence. */
#include <errno.h>
#include <stdio.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "landlock_abi.h"
#include "schema.h"
#include "stage.h"

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define CHANGE                                                                                                         \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |              \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                    \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                 \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE |                        \
	 LANDLOCK_ACCESS_FS_IOCTL_DEV)

enum concern { FILES, NET, SCOPE };

/* What each key restricts, what an entry of its list allows, and from which ABI on it can be done whole. */
static const struct {
	const char *key;
	enum concern concern;
	uint64_t restricts, allows;
	int abi;
	const char *since, *lacks; /* the kernel that can, what an older one cannot */
} kinds[LW_LANDLOCK_LISTS] = {
	[LW_LANDLOCK_READ] = { "read", FILES, READ, READ, LW_LANDLOCK_ABI_FILES, "5.13", "restrict reading" },
	/* truncate(2) changes a file without opening it */
	[LW_LANDLOCK_WRITE] = { "write", FILES, CHANGE, CHANGE | READ, LW_LANDLOCK_ABI_TRUNCATE, "6.2",
				"restrict truncate(2)" },
	[LW_LANDLOCK_EXECUTE] = { "execute", FILES, LANDLOCK_ACCESS_FS_EXECUTE, LANDLOCK_ACCESS_FS_EXECUTE | READ,
				  LW_LANDLOCK_ABI_FILES, "5.13", "restrict executing" },
	[LW_LANDLOCK_CONNECT_TCP] = { "connect_tcp", NET, LANDLOCK_ACCESS_NET_CONNECT_TCP,
				      LANDLOCK_ACCESS_NET_CONNECT_TCP, LW_LANDLOCK_ABI_TCP, "6.7", "restrict ports" },
	[LW_LANDLOCK_BIND_TCP] = { "bind_tcp", NET, LANDLOCK_ACCESS_NET_BIND_TCP, LANDLOCK_ACCESS_NET_BIND_TCP,
				   LW_LANDLOCK_ABI_TCP, "6.7", "restrict ports" },
	[LW_LANDLOCK_SCOPE] = { "scope", SCOPE, 0, 0, LW_LANDLOCK_ABI_SCOPE, "6.12", "scope sockets and signals" },
};

/* The file accesses this ABI knows; the structure's other members are left 0 by the kinds' own ABI. */
static uint64_t known_accesses(int abi)
{
	uint64_t all = abi >= LW_LANDLOCK_ABI_FILES ? LANDLOCK_ACCESS_FS_REFER - 1 : 0;
	if (abi >= LW_LANDLOCK_ABI_REFER)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= LW_LANDLOCK_ABI_TRUNCATE)
		all |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= LW_LANDLOCK_ABI_IOCTL)
		all |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return all;
}

bool lw_landlock_can(const struct lw_host *h, unsigned key)
{
	return h->landlock_abi >= kinds[key].abi;
}

struct rules {
	uint64_t handled[3]; /* by concern */
};

static int cannot(struct lw_plan *p, unsigned key, struct lw_err *err)
{
	const struct lw_landlock *l = &p->spec->landlock;
	char here[64] = "no Landlock in this kernel";
	if (p->host->landlock_abi)
		snprintf(here, sizeof here, "Landlock ABI %d cannot %s", p->host->landlock_abi, kinds[key].lacks);
	if (!l->required) {
		lw_plan_note(p, "landlock.%s: %s (Linux %s can)", kinds[key].key, here, kinds[key].since);
		return 0;
	}
	lw_fail(err, -EOPNOTSUPP, "%s", here);
	lw_err_hint(err, "Linux %s can, booted with landlock in lsm=; or required = false", kinds[key].since);
	lw_err_at(err, l->rec.origin);
	lw_err_in(err, "landlock.%s", kinds[key].key);
	return -EOPNOTSUPP;
}

static uint64_t unasked_scopes(struct lw_plan *p)
{
	bool can = p->host->landlock_abi >= LW_LANDLOCK_ABI_SCOPE;
	uint64_t scopes = 0;
	/* The host's abstract sockets have no owner, mode or namespace but the network's: whoever shares it can connect
	 * to the desktop's, and some engines' (CVE-2020-15257). */
	if (p->spec->network.kind == LW_NET_HOST) {
		scopes |= LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
		if (!can)
			lw_plan_note(p,
				     "network: the host's abstract sockets stay reachable (Landlock of Linux 6.12 can "
				     "scope them)");
	}
	/* Without root the command has its caller's uid outside: what is of that user it could end and trace. */
	if (p->spec->namespaces.mode[LW_NS_PID] == LW_NS_HOST) {
		scopes |= LANDLOCK_SCOPE_SIGNAL;
		if (!can)
			lw_plan_note(p, "namespaces.pid: processes outside can be sent signals (Landlock of Linux "
					"6.12 can scope them)");
	}
	return can ? scopes : 0;
}

static int collect(struct lw_plan *p, struct rules *rules, struct lw_err *err)
{
	const struct lw_landlock *l = &p->spec->landlock;
	int abi = p->host->landlock_abi;
	for (unsigned key = 0; key < LW_LANDLOCK_LISTS; key++) {
		const struct lw_strlist *list = &l->list[key];
		uint64_t want = kinds[key].restricts;
		if (!lw_is_set(&l->rec, key) || (kinds[key].concern == SCOPE && !list->n))
			continue;
		if (abi < kinds[key].abi) {
			int r = cannot(p, key, err);
			if (r < 0)
				return r;
		}
		if (kinds[key].concern == FILES)
			want &= known_accesses(abi);
		else if (abi < kinds[key].abi)
			want = 0;
		else
			for (size_t i = 0; i < list->n && kinds[key].concern == SCOPE; i++)
				want |= (uint64_t)lw_names_value(&lw_landlock_scope_table, list->v[i]);
		rules->handled[kinds[key].concern] |= want;
	}
	if (!lw_is_set(&l->rec, LW_LANDLOCK_SCOPE))
		rules->handled[SCOPE] |= unasked_scopes(p);
	return 0;
}

static int plan_list(struct lw_plan *p, unsigned key, uint64_t handled)
{
	const struct lw_landlock *l = &p->spec->landlock;
	uint64_t allowed = kinds[key].allows & handled;
	int r = 0;
	for (size_t i = 0; i < l->list[key].n && allowed && r >= 0; i++) {
		const char *word = l->list[key].v[i];
		const char *at = lw_arena_printf(p->arena, "landlock.%s[%zu]", kinds[key].key, i);
		int64_t port;
		if (kinds[key].concern == FILES)
			r = PLAN_OP(p, LW_OP_LANDLOCK_PATH, &l->rec, at, .str = { word }, .num = { (int64_t)allowed });
		else if (lw_parse_i64(word, &port) >= 0)
			r = PLAN_OP(p, LW_OP_LANDLOCK_PORT, &l->rec, at, .num = { port, (int64_t)allowed });
	}
	return r;
}

int lw_stage_landlock(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_landlock *l = &p->spec->landlock;
	struct rules rules = { 0 };
	int r = collect(p, &rules, err);
	uint64_t files = rules.handled[FILES];
	bool refer = false;
	if (r < 0 || !(files | rules.handled[NET] | rules.handled[SCOPE]))
		return r;
	/* Any rule on files forbids moving them to another directory, were changes not restricted at all: then it is
	 * allowed again everywhere. */
	if (files && !(files & LANDLOCK_ACCESS_FS_WRITE_FILE) && p->host->landlock_abi >= LW_LANDLOCK_ABI_REFER) {
		files |= LANDLOCK_ACCESS_FS_REFER;
		refer = true;
	}
	r = PLAN_OP(p, LW_OP_LANDLOCK_NEW, &l->rec, "landlock",
		    .num = { (int64_t)files, (int64_t)rules.handled[NET], (int64_t)rules.handled[SCOPE] });
	if (r >= 0 && refer)
		r = PLAN_OP(p, LW_OP_LANDLOCK_PATH, &l->rec, "landlock", .str = { "/" },
			    .num = { (int64_t)LANDLOCK_ACCESS_FS_REFER });
	for (unsigned key = 0; key < LW_LANDLOCK_SCOPE && r >= 0; key++)
		r = plan_list(p, key, rules.handled[kinds[key].concern]);
	return r < 0 ? r : PLAN_OP(p, LW_OP_LANDLOCK_END, &l->rec, "landlock");
}
