/* update.c: other limits for a sandbox: see box.h. The plan of what it is to be says what is written where; every
 * file's value before is kept, and put back when one of them is refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "box/box.h"
#include "cgroup.h"
#include "plan.h"
#include "schema.h"

struct setting {
	char dir[4096];
	const char *key, *file, *device; /* one of the two */
	const char *value;
	struct lw_origin origin;
	int64_t io[LW_IO_LIMITS], io_before[LW_IO_LIMITS];
	char *before;
	bool done;
};

struct change {
	struct lw_record *r;
	int version;
	struct setting *v;
	size_t n;
};

static void change_done(struct change *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].before);
	free(c->v);
}

/* --- what is to be written --- */

static struct setting *add(struct change *c, const char *plan_dir)
{
	const char *at = plan_dir ? strstr(plan_dir, LW_PLAN_ID) : NULL;
	struct setting *more = realloc(c->v, (c->n + 1) * sizeof *more), *s;
	if (!more)
		return NULL;
	c->v = more;
	s = &c->v[c->n];
	*s = (struct setting){ 0 };
	if (!at ||
	    snprintf(s->dir, sizeof s->dir, "%.*s%s", (int)(at - plan_dir), plan_dir, c->r->id) >= (int)sizeof s->dir)
		return NULL;
	c->n++;
	return s;
}

static int add_op(struct change *c, const struct lw_op *op)
{
	struct setting *s = add(c, op->str[0]);
	if (!s)
		return -ENOMEM;
	s->key = op->key;
	s->origin = op->origin;
	switch (op->kind) {
	case LW_OP_CGROUP_SET:
		s->file = op->str[1];
		s->value = op->str[2];
		break;
	case LW_OP_CGROUP_CPUSET:
		s->file = "cpuset.cpus";
		s->value = op->str[1];
		break;
	default:
		s->device = op->str[1];
		for (int i = 0; i < LW_IO_LIMITS; i++)
			s->io[i] = op->num[i] ? op->num[i] : -1;
	}
	return 0;
}

/* Devices that were limited and are no more. */
static int add_freed(struct change *c, const struct lw_plan *p, const struct lw_spec *before)
{
	const struct lw_ios *old = &before->limits.io, *now = &p->spec->limits.io;
	const char *dir = p->host->cgroup.parent[LW_CTL_IO]
				  ? lw_arena_printf(p->arena, "%s/" LW_PLAN_ID, p->host->cgroup.parent[LW_CTL_IO])
				  : NULL;
	for (size_t i = 0; i < old->n && dir; i++) {
		bool kept = false;
		for (size_t k = 0; k < now->n; k++)
			kept = kept || !strcmp(old->v[i].device, now->v[k].device);
		struct setting *s = kept ? NULL : add(c, dir);
		if (!kept && !s)
			return -ENOMEM;
		if (!s)
			continue;
		s->key = "limits.io";
		s->device = old->v[i].device;
		for (int k = 0; k < LW_IO_LIMITS; k++)
			s->io[k] = -1;
	}
	return 0;
}

static int collect(struct change *c, const struct lw_plan *p, const struct lw_spec *before, struct lw_err *err)
{
	int r = 0;
	for (size_t i = 0; i < p->n_ops && r >= 0; i++)
		if (p->ops[i].kind == LW_OP_CGROUP_SET || p->ops[i].kind == LW_OP_CGROUP_CPUSET ||
		    p->ops[i].kind == LW_OP_CGROUP_IO)
			r = add_op(c, &p->ops[i]);
	if (r >= 0)
		r = add_freed(c, p, before);
	return r < 0 ? lw_fail(err, r, "out of memory") : 0;
}

/* --- reading what is there --- */

static int read_value(const char *dir, const char *file, char **ret)
{
	char path[4352];
	size_t n;
	if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
		return -ENAMETOOLONG;
	int r = lw_read_file(path, 65536, ret, &n);
	if (r >= 0)
		(*ret)[strcspn(*ret, "\n")] = '\0';
	return r;
}

/* A file that is not there belongs to a controller that was not asked for. Version 2 gives it later. */
static int grant(const struct change *c, const struct setting *s, struct lw_err *err)
{
	const char *file = s->device ? "io.max" : s->file;
	size_t n = strcspn(file, ".");
	for (int i = 0; i < LW_CTL_COUNT && c->version == 2; i++)
		if (strlen(lw_controller_names[i]) == n && !strncmp(lw_controller_names[i], file, n))
			return lw_cgroup_grant(s->dir, 1u << i, err);
	lw_fail(err, -ENODEV, "%s has no cgroup for this limit", lw_record_name(c->r));
	lw_err_hint(err, "start it with this limit: processes are not moved into a cgroup later");
	return -ENODEV;
}

static int remember(const struct change *c, struct setting *s, struct lw_err *err)
{
	char path[4352];
	snprintf(path, sizeof path, "%s/%s", s->dir,
		 !s->device        ? s->file
		 : c->version == 2 ? "io.max"
				   : "blkio.throttle.read_bps_device");
	int r = access(path, F_OK) < 0 ? grant(c, s, err) : 0;
	if (r < 0)
		return r;
	if (s->device)
		return lw_cgroup_io_get(s->dir, c->version, s->device, s->io_before, err);
	r = read_value(s->dir, s->file, &s->before);
	return r < 0 ? lw_fail(err, r, "%s: %s", path, strerror(-r)) : 0;
}

/* Version 2 takes a limit below what is used and kills until it fits. What cannot be given back is told before. */
static int fits(const struct change *c, const struct setting *s, struct lw_err *err)
{
	static const char *const kept[] = { "anon", "shmem", "kernel_stack", "pagetables", "slab_unreclaimable" };
	char size[LW_FORMAT_MAX];
	int64_t sum = 0, n, limit, swap = 0;
	if (c->version != 2 || !s->file || strcmp(s->file, "memory.max") != 0 || lw_parse_i64(s->value, &limit) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (lw_cgroup_get_key(s->dir, "memory.stat", kept[i], &n) >= 0)
			sum += n;
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].file && !strcmp(c->v[i].file, "memory.swap.max"))
			lw_parse_i64(c->v[i].value, &swap);
	if (sum <= limit || swap)
		return 0;
	lw_fail(err, -EBUSY, "%s are in use and cannot be given back", lw_format_size(sum, size, sizeof size));
	lw_err_hint(err, "a larger limit, or end what uses it");
	return -EBUSY;
}

/* --- writing --- */

static int write_one(const struct change *c, const struct setting *s, struct lw_err *err)
{
	if (s->device)
		return lw_cgroup_io(s->dir, c->version, s->device, s->io, err);
	int r = strcmp(s->file, "cpuset.cpus") ? lw_cgroup_set(s->dir, s->file, s->value, err)
					       : lw_cgroup_cpuset_again(s->dir, c->version, s->value, err);
	int64_t used;
	char size[LW_FORMAT_MAX];
	if (r == -EBUSY && !strcmp(s->file, "memory.limit_in_bytes") &&
	    lw_cgroup_get(s->dir, "memory.usage_in_bytes", &used) >= 0) {
		lw_fail(err, r, "%s are in use, and too little of it can be given back",
			lw_format_size(used, size, sizeof size));
		lw_err_hint(err, "a larger limit, or end what uses it");
	}
	return r;
}

/* A limit and what bounds it (memory, and memory with swap) are written one after the other; which has to be first
 * depends on which way it goes. So what is refused is tried once more, after the others. */
static int write_all(struct change *c, struct lw_err *err)
{
	int r = 0;
	for (int round = 0; round < 2; round++) {
		r = 0;
		for (size_t i = 0; i < c->n; i++) {
			struct setting *s = &c->v[i];
			struct lw_err why = { 0 };
			int n = s->done || (s->before && !strcmp(s->before, s->value)) ? 0 : write_one(c, s, &why);
			s->done = s->done || n >= 0;
			if (n < 0 && !r) { /* the first is the reason of those that follow */
				r = n;
				lw_err_at(&why, s->origin);
				lw_err_in(&why, "%s", s->key);
				*err = why;
			}
		}
		if (!r)
			return 0;
	}
	return r;
}

static void put_back(struct change *c)
{
	struct lw_err none = { 0 };
	for (int round = 0; round < 2; round++)
		for (size_t i = c->n; i-- > 0;) {
			const struct setting *s = &c->v[i];
			if (s->done && s->device)
				lw_cgroup_io(s->dir, c->version, s->device, s->io_before, &none);
			else if (s->done)
				lw_cgroup_set(s->dir, s->file, *s->before ? s->before : "\n", &none);
		}
}

static int apply(struct change *c, const struct lw_plan *p, const struct lw_spec *before, struct lw_err *err)
{
	int r = collect(c, p, before, err);
	for (size_t i = 0; i < c->n && r >= 0; i++) {
		r = remember(c, &c->v[i], err);
		if (r >= 0)
			r = fits(c, &c->v[i], err);
		if (r < 0) {
			lw_err_at(err, c->v[i].origin);
			lw_err_in(err, "%s", c->v[i].key);
		}
	}
	return r < 0 ? r : write_all(c, err);
}

static int update(struct lw_host *h, struct lw_record *r, const json_t *old, const struct lw_spec *now,
		  struct lw_err *err)
{
	struct change c = { .r = r, .version = h->cgroup.version };
	struct lw_spec *before = NULL;
	struct lw_plan *plan = NULL;
	h->background = true;
	int n = lw_plan_build(now, h, &plan, err);
	if (n >= 0)
		n = lw_spec_decode(old, &before, err);
	lw_record_reload(r);
	if (n >= 0 && lw_record_runs(r))
		n = apply(&c, plan, before, err);
	json_t *json = n < 0 ? NULL : lw_spec_to_json(now);
	if (n >= 0)
		n = json ? lw_record_save_spec(r, json, err) : lw_fail(err, -ENOMEM, "out of memory");
	if (n < 0)
		put_back(&c);
	json_decref(json);
	change_done(&c);
	lw_plan_free(plan);
	lw_spec_free(before);
	return n;
}

int lw_box_update(struct lw_host *h, struct lw_record *r, lw_box_change *change, void *arg, struct lw_err *err)
{
	struct lw_spec *now = NULL;
	int n = lw_record_lock(r);
	if (n < 0)
		return lw_fail(err, n, "the record of %s: %s", r->id, strerror(-n));
	json_t *old = lw_record_spec(r);
	n = old ? change(arg, old, &now, err) : lw_fail(err, -EIO, "the record of this sandbox cannot be read");
	if (n >= 0)
		n = lw_spec_check(now, err);
	if (n >= 0)
		n = update(h, r, old, now, err);
	json_decref(old);
	lw_spec_free(now);
	lw_record_unlock(r);
	return n;
}
