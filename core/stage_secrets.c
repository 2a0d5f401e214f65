/* stage_secrets.c: secrets as operations: each file is opened on the host side, copied into a ramfs by the child, and
 * belongs to the command's user alone. A tmpfs could be swapped out, and only root of the host may forbid that. */
#include "root_layout.h"
#include "secret.h"
#include "stage.h"
#include "sys.h"

#define ATTRIBUTES (MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)

static const char *key_of(struct lw_plan *p, const struct lw_secret *s)
{
	return lw_arena_printf(p->arena, "secrets.%s", s->name);
}

int lw_plan_secret_sources(struct lw_plan *p, struct lw_root_layout *l)
{
	const struct lw_secrets *s = &p->spec->secrets;
	int r = 0;
	for (size_t i = 0; i < s->n && r >= 0; i++) {
		int slot = lw_plan_slot(p);
		l->secret_slot = i ? l->secret_slot : slot;
		r = PLAN_OP(p, LW_OP_SECRET_OPEN, &s->v[i].rec, key_of(p, &s->v[i]), .str = { s->v[i].file },
			    .num = { slot });
	}
	return r;
}

int lw_plan_secrets(struct lw_plan *p)
{
	const struct lw_secrets *s = &p->spec->secrets;
	if (!s->n)
		return 0;
	int r = PLAN_OP(p, LW_OP_MOUNT_FS, &s->v[0].rec, "secrets", .str = { LW_SECRETS_DIR, "ramfs", "mode=755" },
			.num = { ATTRIBUTES });
	for (size_t i = 0; i < s->n && r >= 0; i++)
		r = PLAN_OP(p, LW_OP_SECRET, &s->v[i].rec, key_of(p, &s->v[i]),
			    .str = { lw_arena_printf(p->arena, LW_SECRETS_DIR "/%s", s->v[i].name), s->v[i].file },
			    .num = { p->layout->secret_slot + (int)i, p->uid, p->gid });
	/* A ramfs has no size: nobody may write to it afterwards. */
	return r < 0 ? r : PLAN_OP(p, LW_OP_READONLY, &s->v[0].rec, "secrets", .str = { LW_SECRETS_DIR });
}
