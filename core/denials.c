/* denials.c: the listener's end of a notifying filter. For each call it runs the policy's own program on the registers
 * that the kernel copied: an errno is answered as it is, and only what that program allows is let go on, which takes
 * nothing from the policy because it looks at those registers alone. Memory of the sandbox is read by another process
 * (denial_reader.c), for it could make one wait for ever, and only to tell a path. When the listener is gone the kernel
 * answers ENOSYS. */
#include "denials.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "call_caps.h"
#include "denial_paths.h"
#include "denial_reader.h"
#include "notify_filter.h"
#include "seccomp_abi.h"
#include "seccomp_groups.h"

#define KEPT_MAX 128
#define SEEN 1024
#define AT_ONCE 64 /* answers before the caller looks at something else */

struct lw_denials {
	const struct lw_plan *plan;
	struct lw_arena *arena;
	struct lw_filter programs[2];
	bool kill;
	void (*fn)(void *arg, const struct lw_denial *d);
	void *arg;
	int listener;
	uint64_t have; /* capabilities the command has */
	size_t n;
	uint64_t more;
	struct lw_reader reader;
	uint64_t seen[SEEN]; /* digests of paths that were looked at */
	struct lw_denial kept[KEPT_MAX];
};

const char *lw_denial_layer_name(int layer)
{
	static const char *const names[] = {
		[LW_DENIED_BY_SECCOMP] = "seccomp", [LW_DENIED_BY_CAPABILITY] = "capability",
		[LW_DENIED_BY_VIEW] = "view",       [LW_DENIED_BY_READONLY] = "readonly",
		[LW_DENIED_BY_DEVICE] = "devices",
	};
	return names[layer];
}

/* Calls that open a path: which argument it is, and which are the flags. */
static const struct {
	uint32_t nr;
	int path, flags;
} open_table[] = {
#ifdef SYS_open
	{ SYS_open, 0, 1 },
#endif
	{ SYS_openat, 1, 2 },
};

static bool holds(const struct lw_call_cap *row, const struct seccomp_data *call)
{
	for (int i = 0; i < 2; i++)
		if (((uint32_t)call->args[row->when[i].arg] & row->when[i].mask) != row->when[i].value)
			return false;
	return true;
}

static bool lacks(const struct lw_denials *d, const struct lw_call_cap *row)
{
	return !(d->have >> row->cap & 1) || (row->host && lw_plan_own_user(d->plan));
}

/* The row of the capability without which this call cannot succeed and which the command does not have, or NULL. */
static const struct lw_call_cap *missing_cap(const struct lw_denials *d, const char *name,
					     const struct seccomp_data *call)
{
	for (unsigned i = 0; name && i < lw_call_cap_count; i++) {
		const struct lw_call_cap *row = &lw_call_cap_table[i];
		if (!strcmp(row->name, name) && lacks(d, row) && holds(row, call))
			return row;
	}
	return NULL;
}

static unsigned watched_calls(const struct lw_denials *d, uint32_t *nr)
{
	unsigned n = 0;
	for (unsigned i = 0; i < lw_call_cap_count; i++) {
		const struct lw_call_cap *row = &lw_call_cap_table[i];
		int v = lacks(d, row) ? lw_syscall_number(row->name) : -1;
		if (v >= 0 && (n == 0 || nr[n - 1] != (uint32_t)v))
			nr[n++] = (uint32_t)v;
	}
	for (size_t i = 0; i < ARRAY_LEN(open_table) && d->reader.sock >= 0; i++)
		nr[n++] = open_table[i].nr;
	return n;
}

int lw_denials_new(const struct lw_plan *p, bool kill, void (*fn)(void *arg, const struct lw_denial *d), void *arg,
		   struct lw_denials **ret, struct lw_err *err)
{
	const uint64_t *set = p->spec->capabilities.set;
	struct lw_denials *d = calloc(1, sizeof *d);
	uint32_t nr[64];
	int r = 0;
	if (!d || !(d->arena = lw_arena_new())) {
		free(d);
		return lw_fail(err, -ENOMEM, "out of memory");
	}
	d->plan = p;
	d->kill = kill;
	d->fn = fn;
	d->arg = arg;
	d->listener = -1;
	d->reader = (struct lw_reader){ .sock = -1, .pid = -1 };
	/* Without it paths are not explained, which is no reason to run nothing. */
	if (p->filter.n && p->spec->namespaces.mode[LW_NS_MOUNT] == LW_NS_NEW)
		(void)lw_reader_start(&d->reader);
	/* A user other than root keeps the ambient ones over execve(2). */
	d->have = p->uid ? set[LW_CAP_AMBIENT] : set[LW_CAP_EFFECTIVE];
	_Static_assert(sizeof nr / sizeof *nr <= 64, "as many as lw_notify_filters takes");
	if (p->filter.n)
		r = lw_notify_filters(&p->filter, nr, watched_calls(d, nr), d->arena, d->programs, err);
	if (r < 0)
		d = lw_denials_free(d);
	*ret = d;
	return r;
}

struct lw_denials *lw_denials_free(struct lw_denials *d)
{
	if (d) {
		lw_close_p(&d->listener);
		lw_reader_stop(&d->reader);
		lw_arena_free(d->arena);
		free(d);
	}
	return NULL;
}

const struct lw_filter *lw_denials_filters(const struct lw_denials *d)
{
	return d && d->programs[0].n ? d->programs : NULL;
}

void lw_denials_listen(struct lw_denials *d, int listener)
{
	lw_close_p(&d->listener);
	d->listener = listener;
}

int lw_denials_fd(const struct lw_denials *d)
{
	return d ? d->listener : -1;
}

const struct lw_denial *lw_denials_list(const struct lw_denials *d, size_t *ret_n, uint64_t *ret_more)
{
	*ret_n = d ? d->n : 0;
	*ret_more = d ? d->more : 0;
	return d ? d->kept : NULL;
}

/* --- which line it was, and which would allow it --- */

struct search {
	const char *name;
	bool found;
};

static void compare(void *arg, const char *name)
{
	struct search *s = arg;
	s->found |= !strcmp(s->name, name);
}

static bool names_call(const struct lw_strlist *names, const char *call)
{
	struct search s = { call, false };
	for (size_t i = 0; i < names->n && !s.found; i++) {
		const char *name = names->v[i];
		const struct lw_syscall_group *g = *name == '@' ? lw_syscall_group_find(name) : NULL;
		s.found = !strcmp(name, "all") || !strcmp(name, call);
		if (g && g->members)
			lw_syscall_group_each(g, compare, &s);
		else if (g)
			s.found = true;
	}
	return s.found;
}

/* The last rule about the call decides; without one the policy, and without one of the profile's the sandbox. */
static void find_line(const struct lw_spec *s, struct lw_denial *n)
{
	const struct lw_rec *rec = n->layer == LW_DENIED_BY_CAPABILITY ? &s->capabilities.rec : &s->seccomp.rec;
	n->key = n->layer == LW_DENIED_BY_CAPABILITY ? "capabilities" : "seccomp";
	for (size_t i = s->seccomp.n_rules; n->layer == LW_DENIED_BY_SECCOMP && n->name && i-- > 0;) {
		if (names_call(&s->seccomp.rules[i].names, n->name)) {
			rec = &s->seccomp.rules[i].rec;
			break;
		}
	}
	n->at = rec->origin.file ? rec->origin : s->rec.origin;
}

static void find_cure(const struct lw_denials *d, struct lw_denial *n, const struct lw_call_cap *lack)
{
	static const char *const bases[] = {
		[LW_SECCOMP_DEFAULT] = "seccomp.default",       [LW_SECCOMP_DOCKER] = "seccomp.docker",
		[LW_SECCOMP_STRICT] = "seccomp.strict",         [LW_SECCOMP_DENY] = "seccomp.deny",
		[LW_SECCOMP_UNCONFINED] = "seccomp.unconfined",
	};
	const struct lw_seccomp *policy = &d->plan->spec->seccomp;
	bool host = lack && lack->host && lw_plan_own_user(d->plan);
	char caps[96] = "", call[112] = "";
	if (lack)
		snprintf(caps, sizeof caps, "%scapabilities = … + \"%s\"", host ? "namespaces.user = \"host\", " : "",
			 lw_names_name(&lw_capability_table, lack->cap));
	if (n->layer == LW_DENIED_BY_SECCOMP && n->name)
		snprintf(call, sizeof call, "seccomp = %s + \"%.60s\"", policy->n_rules ? "…" : bases[policy->base],
			 n->name);
	snprintf(n->cure, sizeof n->cure, "%s%s%s", call, *call && *caps ? ", " : "", caps);
}

/* --- one call --- */

/* While it waits its process is there, and what was read by its number was its own. */
static bool still_waits(const struct lw_denials *d, const struct seccomp_notif *req)
{
	uint64_t id = req->id;
	return ioctl(d->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static void read_exe(const struct lw_denials *d, const struct seccomp_notif *req, char buf[static 256])
{
	char path[48];
	snprintf(path, sizeof path, "/proc/%u/exe", req->pid);
	ssize_t n = req->pid ? readlink(path, buf, 255) : -1;
	if (n < 0 || !still_waits(d, req))
		n = 0;
	buf[n] = 0;
}

/* A place for a denial that was not there before, or NULL. */
static struct lw_denial *place_for(struct lw_denials *d, const struct seccomp_data *call, int layer, int error,
				   const char *path)
{
	for (size_t i = 0; i < d->n; i++) {
		struct lw_denial *old = &d->kept[i];
		if (old->number == call->nr && old->layer == layer && old->error == error && !strcmp(old->path, path)) {
			old->count++;
			return NULL;
		}
	}
	if (d->n < KEPT_MAX)
		return &d->kept[d->n++];
	d->more++;
	return NULL;
}

static void keep(struct lw_denials *d, const struct seccomp_notif *req, int layer, int error,
		 const struct lw_call_cap *lack)
{
	const struct seccomp_data *call = &req->data;
	struct lw_denial *n = place_for(d, call, layer, error, "");
	if (!n)
		return;
	*n = (struct lw_denial){ .layer = layer, .number = call->nr, .error = error, .count = 1 };
	n->pid = (pid_t)req->pid;
	n->name = call->arch == lw_abi_native.audit_arch ? lw_syscall_name(call->nr) : NULL;
	memcpy(n->args, call->args, sizeof n->args);
	read_exe(d, req, n->exe);
	find_line(d->plan->spec, n);
	find_cure(d, n, lack);
	if (d->fn)
		d->fn(d->arg, n);
}

/* --- paths --- */

struct opening {
	char path[LW_READER_TEXT];
	char exe[256];
	bool write, create;
};

/* Before the call goes on: afterwards the process may be gone. */
static bool look_at_open(struct lw_denials *d, const struct seccomp_notif *req, struct opening *o)
{
	const struct seccomp_data *call = &req->data;
	for (size_t i = 0; i < ARRAY_LEN(open_table); i++) {
		if (call->arch != lw_abi_native.audit_arch || open_table[i].nr != (uint32_t)call->nr)
			continue;
		if (lw_reader_string(&d->reader, (pid_t)req->pid, call->args[open_table[i].path], o->path) < 0 ||
		    o->path[0] != '/' || !still_waits(d, req))
			return false; /* of another process, it may be, that has got the number */
		o->write = (call->args[open_table[i].flags] & O_ACCMODE) != O_RDONLY;
		o->create = call->args[open_table[i].flags] & O_CREAT;
		read_exe(d, req, o->exe);
		return true;
	}
	return false;
}

/* Each path costs a look at the host once; forgetting one costs another. */
static bool seen_before(struct lw_denials *d, const struct opening *o)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ o->write;
	for (const char *c = o->path; *c; c++)
		h = (h ^ (unsigned char)*c) * UINT64_C(1099511628211);
	uint64_t *slot = &d->seen[h % SEEN];
	bool seen = *slot == h;
	*slot = h;
	return seen;
}

/* After the call has been let go on, so that it cannot tell from the time it took what the host has. */
static void explain_open(struct lw_denials *d, const struct seccomp_notif *req, const struct opening *o)
{
	const struct lw_spec *s = d->plan->spec;
	const struct lw_op *op;
	enum lw_path_sight sight = lw_path_sight(d->plan, o->path, &op);
	if (sight == LW_PATH_UNSURE || (sight == LW_PATH_READ_ONLY && !o->write) || seen_before(d, o))
		return;
	if (sight == LW_PATH_HIDDEN && o->create) {
		/* It makes one of its own and gets that from now on, whatever the host has under this name. */
		struct opening reading = *o;
		reading.write = false;
		seen_before(d, &reading);
		return;
	}
	/* What is bound elsewhere has another name outside. */
	char host[2 * LW_READER_TEXT];
	const char *dst = sight == LW_PATH_READ_ONLY ? op->str[0] : "", *src = *dst ? op->str[1] : "";
	int mode = snprintf(host, sizeof host, "%s%s", src, o->path + strlen(dst)) < (int)sizeof host
			   ? lw_reader_mode(&d->reader, host)
			   : -ENAMETOOLONG;
	if (mode < 0)
		return; /* the host has nothing there either */
	bool device = S_ISCHR(mode) || S_ISBLK(mode);
	int layer = sight == LW_PATH_READ_ONLY ? LW_DENIED_BY_READONLY
		    : device                   ? LW_DENIED_BY_DEVICE
					       : LW_DENIED_BY_VIEW;
	struct lw_denial *n = place_for(d, &req->data, layer, layer == LW_DENIED_BY_READONLY ? EROFS : ENOENT, o->path);
	if (!n)
		return;
	*n = (struct lw_denial){ .layer = layer, .number = req->data.nr, .count = 1, .pid = (pid_t)req->pid };
	n->error = layer == LW_DENIED_BY_READONLY ? EROFS : ENOENT;
	n->name = lw_syscall_name(req->data.nr);
	memcpy(n->args, req->data.args, sizeof n->args);
	memcpy(n->exe, o->exe, sizeof n->exe);
	memcpy(n->path, o->path, sizeof n->path);
	n->at = layer == LW_DENIED_BY_READONLY ? op->origin : s->rec.origin;
	n->key = layer == LW_DENIED_BY_READONLY ? op->key : layer == LW_DENIED_BY_DEVICE ? "devices" : "mounts";
	if (layer == LW_DENIED_BY_READONLY)
		snprintf(n->cure, sizeof n->cure, "mounts = { bind \"%.80s:%.80s:rw\" }", host, o->path);
	else
		snprintf(n->cure, sizeof n->cure, "%s\"%.150s\" }",
			 layer == LW_DENIED_BY_DEVICE ? "devices = { " : "mounts = { bind ", o->path);
	if (d->fn)
		d->fn(d->arg, n);
}

/* True when the sandbox is to be ended; the call then gets no answer any more. */
static bool answer(struct lw_denials *d, const struct seccomp_notif *req)
{
	const struct seccomp_data *call = &req->data;
	struct seccomp_notif_resp resp = { .id = req->id };
	uint32_t verdict = lw_filter_run(d->plan->filter.insns, d->plan->filter.n, call);
	uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;
	const struct lw_call_cap *lack =
		missing_cap(d, call->arch == lw_abi_native.audit_arch ? lw_syscall_name(call->nr) : NULL, call);
	bool denied = true;
	if (action == SECCOMP_RET_ALLOW) {
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		denied = lack;
		if (denied)
			keep(d, req, LW_DENIED_BY_CAPABILITY, EPERM, lack);
	} else {
		int error = action == SECCOMP_RET_ERRNO ? (int)(verdict & SECCOMP_RET_DATA) : EPERM;
		resp.error = -error;
		denied = error != 0 && error != ENOSYS;
		if (error)
			keep(d, req, LW_DENIED_BY_SECCOMP, error, lack);
	}
	if (d->kill && denied)
		return true;
	struct opening open_of;
	bool opens = resp.flags && look_at_open(d, req, &open_of);
	ioctl(d->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	if (opens)
		explain_open(d, req, &open_of);
	return false;
}

int lw_denials_serve(struct lw_denials *d)
{
	for (int i = 0; i < AT_ONCE && d->listener >= 0; i++) {
		/* The kernel's structure may be longer than ours, and must come as zeros. */
		union {
			struct seccomp_notif req;
			char room[512];
		} u = { .room = { 0 } };
		struct pollfd p = { .fd = d->listener, .events = POLLIN };
		if (poll(&p, 1, 0) <= 0)
			return 0;
		if (!(p.revents & POLLIN)) {
			lw_close_p(&d->listener); /* nobody is left who could be denied anything */
			return 0;
		}
		if (ioctl(d->listener, SECCOMP_IOCTL_NOTIF_RECV, &u.req) < 0)
			continue; /* it was killed meanwhile */
		if (answer(d, &u.req))
			return 1;
	}
	return 0;
}

int lw_denials_serve_until(struct lw_denials *d, int fd, int timeout_msec)
{
	while (d && d->listener >= 0) {
		struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = d->listener, .events = POLLIN } };
		int r = poll(p, 2, timeout_msec);
		if (p[0].revents || r == 0 || (r < 0 && errno != EINTR))
			return 0;
		if (r > 0 && lw_denials_serve(d))
			return 1;
	}
	return 0;
}
