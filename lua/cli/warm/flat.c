/* flat.c: see warm.h. The full program packs; the warm start unpacks, and trusts no offset. */
#include <string.h>
#include "base/text.h"
#include "lua/cli/warm/warm.h"

/* What the walk of a plan may meet in the cache. An operation that is not named here makes its plan one that is built
 * anew each time: so are those whose arguments are more than what struct lw_op holds, and those of a terminal. */
static bool known(int kind)
{
	switch (kind) {
	case LW_OP_IDS_LEASE:
	case LW_OP_CGROUP_MAKE:
	case LW_OP_CGROUP_SET:
	case LW_OP_SOURCE_OPEN:
	case LW_OP_SECRET_OPEN:
	case LW_OP_OVERLAY_KEEP:
	case LW_OP_CLONE:
	case LW_OP_IDMAP_WRITE:
	case LW_OP_SOURCE_IDMAP:
	case LW_OP_CGROUP_JOIN:
	case LW_OP_UNSHARE:
	case LW_OP_BECOME_ROOT:
	case LW_OP_SECRET:
	case LW_OP_OVERLAY:
	case LW_OP_ROOT_BEGIN:
	case LW_OP_MKDIR:
	case LW_OP_SYMLINK:
	case LW_OP_FILE:
	case LW_OP_MOUNT_BIND:
	case LW_OP_NODE:
	case LW_OP_MOUNT_FS:
	case LW_OP_MOUNT_SCRATCH:
	case LW_OP_MASK:
	case LW_OP_READONLY:
	case LW_OP_ROOT_END:
	case LW_OP_NET_JOIN:
	case LW_OP_LOOPBACK:
	case LW_OP_TIME_OFFSETS:
	case LW_OP_HOSTNAME:
	case LW_OP_DOMAINNAME:
	case LW_OP_SYSCTL:
	case LW_OP_STDIO:
	case LW_OP_SESSION:
	case LW_OP_KEYRING:
	case LW_OP_RLIMIT:
	case LW_OP_OOM_SCORE_ADJ:
	case LW_OP_NICE:
	case LW_OP_UMASK:
	case LW_OP_CWD:
	case LW_OP_SECUREBITS:
	case LW_OP_USER:
	case LW_OP_BOUNDING_DROP:
	case LW_OP_CAPSET:
	case LW_OP_AMBIENT:
	case LW_OP_NO_NEW_PRIVS:
	case LW_OP_LANDLOCK_NEW:
	case LW_OP_LANDLOCK_PATH:
	case LW_OP_LANDLOCK_PORT:
	case LW_OP_LANDLOCK_END:
	case LW_OP_PRCTL:
	case LW_OP_PERSONALITY:
	case LW_OP_SECCOMP:
	case LW_OP_EXEC:
		return true;
	default:
		return false;
	}
}

/* A member that is new in struct lw_plan is packed below, or the walk has no use for it; then this number follows. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct lw_plan) == 344, "flat.c must know every member of struct lw_plan");

/* --- packing --- */

static const char zeros[16];

/* Appends n bytes, aligned; what is returned goes where a pointer to them was. Offset 0 is NULL: the plan is there. */
static void *put(struct lw_text *t, const void *bytes, size_t n)
{
	lw_text_addn(t, zeros, (16 - t->len % 16) % 16);
	uintptr_t at = t->len;
	lw_text_addn(t, bytes, n);
	return (void *)at;
}

static char *put_string(struct lw_text *t, const char *s)
{
	uintptr_t at = t->len;
	if (!s)
		return NULL;
	lw_text_addn(t, s, strlen(s) + 1);
	return (char *)at;
}

static char **put_strings(struct lw_text *t, char *const *v, size_t n)
{
	char *at[512];
	if (!v)
		return NULL;
	if (n >= sizeof at / sizeof *at) {
		t->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		at[i] = put_string(t, v[i]);
	at[n] = NULL;
	return put(t, at, (n + 1) * sizeof *at);
}

static size_t count(char *const *v)
{
	size_t n = 0;
	while (v && v[n])
		n++;
	return n;
}

static bool put_op(struct lw_text *t, const struct lw_op *from, struct lw_op *to)
{
	memset(to, 0, sizeof *to);
	to->kind = from->kind;
	to->side = from->side;
	memcpy(to->num, from->num, sizeof to->num);
	for (int i = 0; i < LW_OP_STRS; i++)
		to->str[i] = put_string(t, from->str[i]);
	return known(from->kind);
}

bool warm_pack(const struct lw_plan *p, struct lw_text *t)
{
	struct lw_op ops[256];
	struct lw_plan flat;
	bool good = p->argv && !p->map_helper && !p->terminal_fds && p->n_ops <= sizeof ops / sizeof *ops;
	if (!good)
		return false;
	memset(&flat, 0, sizeof flat);
	lw_text_addn(t, (const char *)&flat, sizeof flat);
	for (size_t i = 0; i < p->n_ops; i++)
		good = put_op(t, &p->ops[i], &ops[i]) && good;
	flat.n_ops = p->n_ops;
	flat.ops = put(t, ops, p->n_ops * sizeof *ops);
	flat.pool.state_dir = put_string(t, p->pool.state_dir);
	flat.pool.state_fd = -1;
	flat.pool.n_reserved = p->pool.n_reserved;
	flat.pool.reserved = put(t, p->pool.reserved, p->pool.n_reserved * sizeof *p->pool.reserved);
	flat.allow_control_sockets.n = p->allow_control_sockets.n;
	flat.allow_control_sockets.v =
		(const char **)put_strings(t, (char *const *)p->allow_control_sockets.v, p->allow_control_sockets.n);
	flat.no_new_privileges = p->no_new_privileges;
	flat.fresh_root = p->fresh_root;
	flat.fresh_dev = p->fresh_dev;
	flat.sysctls = p->sysctls;
	flat.init = p->init;
	flat.net_beside = p->net_beside;
	flat.net_joined = p->net_joined;
	flat.clone_flags = p->clone_flags;
	flat.ids_auto = p->ids_auto;
	flat.uid_map.n = p->uid_map.n;
	flat.uid_map.v = put(t, p->uid_map.v, p->uid_map.n * sizeof *p->uid_map.v);
	flat.gid_map.n = p->gid_map.n;
	flat.gid_map.v = put(t, p->gid_map.v, p->gid_map.n * sizeof *p->gid_map.v);
	flat.setup_uid = p->setup_uid;
	flat.setup_gid = p->setup_gid;
	flat.uid = p->uid;
	flat.gid = p->gid;
	flat.n_groups = p->n_groups;
	flat.groups = put(t, p->groups, p->n_groups * sizeof *p->groups);
	flat.setgroups = p->setgroups;
	flat.filter.n = p->filter.n;
	flat.filter.insns = put(t, p->filter.insns, p->filter.n * sizeof *p->filter.insns);
	flat.argv = put_strings(t, p->argv, count(p->argv));
	flat.envp = put_strings(t, p->envp, count(p->envp));
	flat.exec_paths = put_strings(t, p->exec_paths, count(p->exec_paths));
	flat.n_fds = p->n_fds;
	flat.cgroup_slots = p->cgroup_slots;
	put(t, "", 1); /* the last string is terminated whatever its offset says */
	if (t->failed || !good)
		return false;
	memcpy(t->buf, &flat, sizeof flat);
	return true;
}

/* --- unpacking --- */

struct block {
	char *at;
	size_t n;
	bool bad;
};

/* Turns an offset into the address of `count` things of `size` bytes. */
static void *array_at(struct block *b, const void *offset, size_t n, size_t size)
{
	uintptr_t at = (uintptr_t)offset;
	if (!at)
		b->bad = b->bad || n;
	else if (at % 16 || at >= b->n || n > (b->n - at) / size)
		b->bad = true;
	return b->bad || !at ? NULL : b->at + at;
}

static char *string_at(struct block *b, const char *offset)
{
	uintptr_t at = (uintptr_t)offset;
	if (at >= b->n)
		b->bad = true;
	return b->bad || !at ? NULL : b->at + at;
}

/* A list that ends in NULL, within the block. */
static char **strings_at(struct block *b, char **offset)
{
	char **v = offset ? array_at(b, offset, 1, sizeof *v) : NULL;
	size_t room = v ? (b->n - (size_t)((char *)v - b->at)) / sizeof *v : 0;
	for (size_t i = 0; i < room; i++) {
		if (!v[i])
			return v;
		v[i] = string_at(b, v[i]);
		if (b->bad)
			return NULL;
	}
	b->bad = b->bad || v;
	return NULL;
}

bool warm_unpack(char *block, size_t n, struct lw_plan *ret)
{
	struct block b = { block, n, false };
	if (n < sizeof *ret || block[n - 1])
		return false;
	memcpy(ret, block, sizeof *ret);
	ret->ops = array_at(&b, ret->ops, ret->n_ops, sizeof *ret->ops);
	for (size_t i = 0; !b.bad && i < ret->n_ops; i++) {
		struct lw_op *op = &ret->ops[i];
		b.bad = !known(op->kind) || op->side < LW_SIDE_HOST || op->side > LW_SIDE_CHILD;
		op->key = "";
		for (int k = 0; k < LW_OP_STRS; k++)
			op->str[k] = string_at(&b, op->str[k]);
	}
	ret->pool.state_dir = string_at(&b, ret->pool.state_dir);
	ret->pool.reserved = array_at(&b, ret->pool.reserved, ret->pool.n_reserved, sizeof *ret->pool.reserved);
	ret->allow_control_sockets.v = (const char **)strings_at(&b, (char **)ret->allow_control_sockets.v);
	ret->uid_map.v = array_at(&b, ret->uid_map.v, ret->uid_map.n, sizeof *ret->uid_map.v);
	ret->gid_map.v = array_at(&b, ret->gid_map.v, ret->gid_map.n, sizeof *ret->gid_map.v);
	ret->groups = array_at(&b, ret->groups, ret->n_groups, sizeof *ret->groups);
	ret->filter.insns = array_at(&b, ret->filter.insns, ret->filter.n, sizeof *ret->filter.insns);
	ret->argv = strings_at(&b, ret->argv);
	ret->envp = strings_at(&b, ret->envp);
	ret->exec_paths = strings_at(&b, ret->exec_paths);
	return !b.bad && ret->argv && ret->argv[0] && ret->envp && ret->exec_paths && ret->pool.state_dir;
}
