/* cgroup_probe.c: where a sandbox's cgroup may go on this machine, in this order: the parent asked for; our own cgroup
 * when it is delegated to us (where no systemd manages the tree, also the subtree around it); for root where no systemd
 * manages the tree, /lunward in each hierarchy. Never inside a cgroup that belongs to somebody else's service. What
 * cannot be used gets a reason with its cure.
 * Must not know specs and plans; it looks at two texts and, through struct lw_cgroup_eyes, at a handful of paths. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "cgroup.h"

#define DELEGATE_USER "start lunward with `systemd-run --user --scope -p Delegate=yes lunward ...`"
#define DELEGATE_ROOT "start lunward with `systemd-run --scope -p Delegate=yes lunward ...`"

static const char *v1_name(int controller)
{
	return controller == LW_CTL_IO ? "blkio" : lw_controller_names[controller];
}

/* A mounted hierarchy, or (mount NULL) one that is not mounted where we can see it. */
struct hierarchy {
	const char *mount, *root; /* mount point and which directory of the hierarchy it shows */
	const char *own;          /* our own cgroup as a directory, NULL when the mount does not show it */
};

struct probe {
	struct lw_host *h;
	const struct lw_cgroup_eyes *eyes;
	const char *self;                             /* /proc/self/cgroup, terminated */
	struct hierarchy v1[LW_CTL_COUNT], v2, named; /* named: systemd's own v1 hierarchy */
	bool systemd;
};

static bool has_word(const char *list, const char *word, const char *separators)
{
	size_t n = strlen(word);
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, separators);
		if (len == n && !memcmp(p, word, n))
			return true;
		p += len;
		p += strspn(p, separators);
	}
	return false;
}

/* A hierarchy may be mounted at several places: the usual place is preferred, a later mount on the same place hides
 * the earlier one. */
static void keep_mount(struct hierarchy *k, const struct lw_mountinfo *m)
{
	bool usual = !strncmp(m->mount_point, "/sys/fs/cgroup", 14);
	if (k->mount && strcmp(k->mount, m->mount_point) && (!usual || !strncmp(k->mount, "/sys/fs/cgroup", 14)))
		return;
	k->mount = m->mount_point;
	k->root = m->root;
}

static int on_mount(void *arg, const struct lw_mountinfo *m)
{
	struct probe *p = arg;
	if (!strcmp(m->fstype, "cgroup2")) {
		keep_mount(&p->v2, m);
	} else if (!strcmp(m->fstype, "cgroup")) {
		for (int i = 0; i < LW_CTL_COUNT; i++)
			if (has_word(m->super_options, v1_name(i), ","))
				keep_mount(&p->v1[i], m);
		if (has_word(m->super_options, "name=systemd", ","))
			keep_mount(&p->named, m);
	}
	return 0;
}

/* The path of the line "N:CONTROLLERS:PATH" that has this controller ("" is the v2 line), or NULL. */
static const char *self_path(struct probe *p, const char *controller)
{
	for (const char *line = p->self; *line;) {
		size_t len = strcspn(line, "\n");
		const char *c = memchr(line, ':', len);
		const char *path = c ? memchr(c + 1, ':', len - (size_t)(c + 1 - line)) : NULL;
		if (path) {
			char list[256];
			size_t n = (size_t)(path - c - 1);
			if (n < sizeof list) {
				memcpy(list, c + 1, n);
				list[n] = '\0';
				if (*controller ? has_word(list, controller, ",") : !n)
					return lw_arena_strndup(p->h->arena, path + 1, len - (size_t)(path + 1 - line));
			}
		}
		line += len + (line[len] == '\n');
	}
	return NULL;
}

static bool has_dotdot(const char *path)
{
	return has_word(path, "..", "/");
}

/* Our cgroup at `path` of the hierarchy, as a directory below the mount point. A mount may show a part of the
 * hierarchy only ("root"), which need not be the part we are in. */
static const char *own_dir(struct probe *p, const struct hierarchy *k, const char *path)
{
	size_t n = strlen(k->root);
	if (!path || has_dotdot(path) || has_dotdot(k->root))
		return NULL;
	if (n == 1)
		n = 0; /* "/" */
	if (strncmp(path, k->root, n) || (path[n] && path[n] != '/'))
		return NULL;
	path += n;
	return lw_arena_printf(p->h->arena, "%s%s", k->mount, strcmp(path, "/") ? path : "");
}

static bool can(struct probe *p, const char *path, int mode)
{
	return p->eyes->can(p->eyes->arg, path, mode);
}

static bool delegated(struct probe *p, const char *path)
{
	return path && p->eyes->delegated(p->eyes->arg, path);
}

static bool exists_in(struct probe *p, const char *dir, const char *file)
{
	char path[4096];
	return snprintf(path, sizeof path, "%s/%s", dir, file) < (int)sizeof path && can(p, path, F_OK);
}

static bool read_in(struct probe *p, const char *dir, const char *file, char *buf, size_t size)
{
	char path[4096];
	return snprintf(path, sizeof path, "%s/%s", dir, file) < (int)sizeof path &&
	       p->eyes->read(p->eyes->arg, path, buf, size) >= 0;
}

/* Ours by ownership. Root owns everything, so for root this says nothing. */
static bool owned(struct probe *p, const char *path)
{
	uid_t uid;
	return path && p->h->uid && p->eyes->owner(p->eyes->arg, path, &uid) && uid == p->h->uid;
}

#define WHY(p, ...) lw_arena_printf((p)->h->arena, __VA_ARGS__)

/* --- the parent that was asked for --- */

/* "/machines" or "machines", or the same with the mount point in front ("/sys/fs/cgroup/machines"): the part inside
 * the hierarchy, "/machines". */
static int parse_option(struct probe *p, const char *option, const char **ret, struct lw_err *err)
{
	const char *path = option;
	while (*path == '/')
		path++;
	if (!*path || has_dotdot(path) || strlen(path) > 1024) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "cgroup parent '%s' is not the path of a cgroup", option);
		lw_err_hint(err, "name one below the root of the hierarchy, like /machines");
		return -EINVAL;
	}
	const struct hierarchy *all[LW_CTL_COUNT + 1] = { &p->v2 };
	for (int i = 0; i < LW_CTL_COUNT; i++)
		all[i + 1] = &p->v1[i];
	/* The longest mount point wins: hierarchies are mounted inside a hybrid machine's cgroup2 too. */
	size_t best = 0;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		size_t n = all[i]->mount ? strlen(all[i]->mount) : 0;
		if (n > best && !strncmp(option, all[i]->mount, n) && option[n] == '/' && option[n + 1])
			best = n;
	}
	if (best)
		path = option + best;
	while (*path == '/')
		path++;
	char *clean = lw_arena_printf(p->h->arena, "/%s", path);
	for (size_t n = clean ? strlen(clean) : 0; n > 1 && clean[n - 1] == '/'; n--)
		clean[n - 1] = '\0';
	*ret = clean;
	return clean ? 0 : -ENOMEM;
}

/* The directory if it, or else the nearest directory above it, lets us make directories; NULL when not. */
static const char *usable_option(struct probe *p, const struct hierarchy *k, const char *path)
{
	char *dir = lw_arena_printf(p->h->arena, "%s%s", k->mount, path);
	char *up = lw_arena_strdup(p->h->arena, dir);
	if (!up)
		return NULL;
	for (size_t top = strlen(k->mount); strlen(up) > top && !can(p, up, F_OK);)
		*strrchr(up, '/') = '\0';
	return can(p, up, W_OK | X_OK) ? dir : NULL;
}

/* --- version 1 --- */

static void choose_v1(struct probe *p, int i, const char *option)
{
	struct lw_cgroup_host *c = &p->h->cgroup;
	const struct hierarchy *k = &p->v1[i];
	const char *name = v1_name(i);
	if (!k->mount) {
		c->why[i] = WHY(p, "no hierarchy with the %s controller is mounted; mount one: mount -t cgroup -o %s",
				name, name);
		return;
	}
	c->vain[i] = k->own ? k->own : k->mount;
	if (option) {
		c->parent[i] = usable_option(p, k, option);
		c->parent_create[i] = true;
		c->passing |= !c->parent[i];
		if (!c->parent[i])
			c->why[i] =
				WHY(p, "%s%s is not writable by us; name a cgroup parent that is", k->mount, option);
		return;
	}
	/* systemd marks delegation in the hierarchy that it tracks services in. */
	bool marked = p->systemd && (delegated(p, p->v2.own) || delegated(p, p->named.own) || delegated(p, k->own));
	if (k->own && (owned(p, k->own) || marked) && can(p, k->own, W_OK | X_OK)) {
		c->parent[i] = k->own;
	} else if (p->h->uid) {
		c->why[i] = WHY(p,
				"no %s cgroup belongs to us; name one that does (--cgroup-parent), run as root, or do "
				"without: limits = unset",
				name);
	} else if (p->systemd) {
		c->why[i] = WHY(p, "systemd manages %s and delegated nothing to us; %s", k->mount, DELEGATE_ROOT);
	} else if (can(p, k->mount, W_OK | X_OK)) {
		c->parent[i] = lw_arena_printf(p->h->arena, "%s" LW_CGROUP_PARENT, k->mount);
		c->parent_create[i] = true;
	} else {
		c->why[i] = WHY(p, "%s is mounted read-only; mount it writable", k->mount);
	}
}

/* --- version 2 --- */

/* Whether its children are limited already, which also means that no process sits in it. */
static bool hands_on(struct probe *p, const char *dir)
{
	char control[512] = "";
	read_in(p, dir, "cgroup.subtree_control", control, sizeof control);
	return has_word(control, "pids", " \n") || has_word(control, "memory", " \n");
}

/* The nearest cgroup above ours that belongs to us and is set up for children. Under systemd such a one is the user
 * manager's business; elsewhere somebody made a subtree for us and put us into a leaf of it. */
static const char *ready_above(struct probe *p, const char *own)
{
	char *up = lw_arena_strdup(p->h->arena, own);
	while (up && strlen(up) > strlen(p->v2.mount)) {
		*strrchr(up, '/') = '\0';
		if (!owned(p, up))
			return NULL;
		if (hands_on(p, up) && can(p, up, W_OK | X_OK))
			return up;
	}
	return NULL;
}

/* One parent for all controllers: *ret, or *ret_why. */
static void choose_v2(struct probe *p, const char *option, const char **ret, bool *ret_create, const char **ret_why)
{
	const struct hierarchy *k = &p->v2;
	const char *cure = p->h->uid    ? DELEGATE_USER
			   : p->systemd ? DELEGATE_ROOT
					: "start lunward in a cgroup of its own";
	const char *own = k->own;
	*ret_create = false;
	if (option) {
		*ret = usable_option(p, k, option);
		*ret_create = true;
		if (!*ret)
			*ret_why = WHY(p, "%s%s is not writable by us; name a cgroup parent that is", k->mount, option);
		return;
	}
	/* A launcher before us (our parent process, perhaps) may have moved to the leaf already. */
	size_t n = own ? strlen(own) : 0, leaf = sizeof "/" LW_CGROUP_LEAF - 1;
	if (n > leaf && !strcmp(own + n - leaf, "/" LW_CGROUP_LEAF)) {
		const char *up = lw_arena_strndup(p->h->arena, own, n - leaf);
		if (owned(p, up) || delegated(p, up))
			own = up;
	}
	/* Only the real root may have processes beside limited children, and only it lacks cgroup.events. In a
	 * container with a cgroup namespace the top of the mount is an ordinary cgroup that we were given. */
	bool top = own && !strcmp(own, k->mount);
	bool given = top && exists_in(p, own, "cgroup.events");
	if (own && (owned(p, own) || delegated(p, own) || (!p->h->uid && given)) && can(p, own, W_OK | X_OK)) {
		if (own != k->own || hands_on(p, own) || (top && !given)) {
			*ret = own;
		} else if (!p->eyes->occupied(p->eyes->arg, own)) {
			*ret = own;
			p->h->cgroup.own_leaf = true;
		} else {
			*ret = p->systemd ? NULL : ready_above(p, own);
			p->h->cgroup.shared = *ret ? NULL : own;
			if (!*ret)
				*ret_why = WHY(
					p,
					"other processes sit in our cgroup %s, so it cannot have limited children; %s",
					own, cure);
		}
	} else if (p->h->uid || p->systemd) {
		*ret_why = WHY(p, "no cgroup is delegated to us; %s", cure);
	} else if (can(p, k->mount, W_OK | X_OK)) {
		*ret = lw_arena_printf(p->h->arena, "%s" LW_CGROUP_PARENT, k->mount);
		*ret_create = true;
	} else {
		*ret_why = WHY(p, "%s is mounted read-only; mount it writable", k->mount);
	}
}

static void probe_v2(struct probe *p, const char *option)
{
	struct lw_cgroup_host *c = &p->h->cgroup;
	const char *parent = NULL, *reason = NULL;
	bool create = false;
	choose_v2(p, option, &parent, &create, &reason);
	/* What the parent can hand on: its own list, or that of what it will be made in; root enables controllers from
	 * the top down as needed. */
	char controllers[512] = "";
	char *dir = lw_arena_strdup(p->h->arena, create && !p->h->uid ? p->v2.mount : parent);
	while (dir && !read_in(p, dir, "cgroup.controllers", controllers, sizeof controllers) &&
	       strlen(dir) > strlen(p->v2.mount))
		*strrchr(dir, '/') = '\0';
	c->given = dir;
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		if (i == LW_CTL_DEVICES || i == LW_CTL_FREEZER)
			continue;
		c->vain[i] = p->v2.own ? p->v2.own : p->v2.mount;
		if (parent && has_word(controllers, lw_controller_names[i], " \n")) {
			c->parent[i] = parent;
			c->parent_create[i] = create;
		} else if (parent) {
			c->why[i] = WHY(
				p,
				"the %s controller is not available in %s; delegate it: Delegate=cpu cpuset io memory "
				"pids",
				lw_controller_names[i], parent);
		} else {
			c->why[i] = reason;
		}
	}
	/* No controller but a program of ours on the cgroup; it comes with the cgroup that there is anyway. */
	if (parent && p->eyes->device_programs(p->eyes->arg, p->h->caps_effective)) {
		c->parent[LW_CTL_DEVICES] = parent;
		c->parent_create[LW_CTL_DEVICES] = create;
	} else {
		c->why[LW_CTL_DEVICES] = parent ? "on cgroup version 2 it takes a program that only the host's root "
						  "may load; run as root"
						: reason;
	}
	c->why[LW_CTL_FREEZER] = "cgroup version 2 freezes by cgroup.freeze, without a controller";
	if (!c->parent[LW_CTL_MEMORY])
		return;
	/* The file is missing without CONFIG_SWAP and with swapaccount=0; the root cgroup never has it. */
	p->h->swap_accounting = p->v2.own && exists_in(p, p->v2.own, "memory.max")
					? exists_in(p, p->v2.own, "memory.swap.max")
					: can(p, "/proc/swaps", F_OK);
}

int lw_cgroup_probe_with(struct lw_host *h, const char *mountinfo, size_t n_mountinfo, const char *self_cgroup,
			 size_t n_self, const char *parent_option, const struct lw_cgroup_eyes *eyes,
			 struct lw_err *err)
{
	struct probe p = { .h = h, .eyes = eyes, .self = lw_arena_strndup(h->arena, self_cgroup, n_self) };
	struct lw_cgroup_host *c = &h->cgroup;
	*c = (struct lw_cgroup_host){ 0 };
	if (!p.self)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = lw_mountinfo_parse(h->arena, mountinfo, n_mountinfo, on_mount, &p);
	if (r < 0)
		return lw_fail(err, r, "/proc/self/mountinfo cannot be understood");
	bool any_v1 = false;
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		const char *path = self_path(&p, v1_name(i));
		if (p.v1[i].mount)
			p.v1[i].own = own_dir(&p, &p.v1[i], path);
		if (i == LW_CTL_PIDS || i == LW_CTL_MEMORY)
			any_v1 |= path || p.v1[i].mount;
	}
	if (p.v2.mount)
		p.v2.own = own_dir(&p, &p.v2, self_path(&p, ""));
	if (p.named.mount)
		p.named.own = own_dir(&p, &p.named, self_path(&p, "name=systemd"));
	const char *option = NULL;
	if (parent_option) {
		r = parse_option(&p, parent_option, &option, err);
		if (r < 0)
			return r;
	}
	if (any_v1 || p.v2.mount)
		p.systemd = can(&p, "/run/systemd/system", F_OK);
	if (any_v1) {
		c->version = 1;
		for (int i = 0; i < LW_CTL_COUNT; i++)
			choose_v1(&p, i, option);
		c->memsw = p.v1[LW_CTL_MEMORY].mount &&
			   exists_in(&p, p.v1[LW_CTL_MEMORY].mount, "memory.memsw.limit_in_bytes");
		h->swap_accounting = c->memsw;
	} else if (p.v2.mount) {
		c->version = 2;
		probe_v2(&p, option);
	} else {
		for (int i = 0; i < LW_CTL_COUNT; i++)
			c->why[i] = "no cgroup file system is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup";
	}
	if (lw_arena_failed(h->arena))
		return lw_fail(err, -ENOMEM, "out of memory");
	if (option && !c->parent[LW_CTL_PIDS] && !c->parent[LW_CTL_MEMORY]) {
		lw_fail(err, -EACCES, "cgroup parent '%s' cannot be used", parent_option);
		lw_err_hint(err, "%s", c->why[LW_CTL_PIDS]);
		return -EACCES;
	}
	return 0;
}

unsigned lw_cgroup_how(const struct lw_host *h, unsigned controllers)
{
	unsigned how = h->cgroup.own_leaf ? LW_CGROUP_OWN_LEAF : 0;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		how |= (controllers & 1u << i) && h->cgroup.parent_create[i] ? LW_CGROUP_PARENTS : 0;
	return how;
}
