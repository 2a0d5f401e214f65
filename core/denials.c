/* denials.c: the listener's end of a notifying filter. For each call it runs the policy's own program on the registers
 * that the kernel copied: an errno is answered as it is, and only what that program allows is let go on, which takes
 * nothing from the policy because it looks at those registers alone. It reads no memory of the sandbox, which could
 * make it wait for ever. When it is gone the kernel answers ENOSYS. */
#include "denials.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "call_caps.h"
#include "notify_filter.h"
#include "seccomp_abi.h"
#include "seccomp_groups.h"

#define KEPT_MAX 128
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
	struct lw_denial kept[KEPT_MAX];
};

const char *lw_denial_layer_name(int layer)
{
	return layer == LW_DENIED_BY_CAPABILITY ? "capability" : "seccomp";
}

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

static void read_exe(const struct lw_denials *d, const struct seccomp_notif *req, char buf[static 256])
{
	char path[48];
	uint64_t id = req->id;
	snprintf(path, sizeof path, "/proc/%u/exe", req->pid);
	ssize_t n = req->pid ? readlink(path, buf, 255) : -1;
	/* The number may be another process' by now. */
	if (n < 0 || ioctl(d->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) < 0)
		n = 0;
	buf[n] = 0;
}

static void keep(struct lw_denials *d, const struct seccomp_notif *req, int layer, int error,
		 const struct lw_call_cap *lack)
{
	const struct seccomp_data *call = &req->data;
	for (size_t i = 0; i < d->n; i++) {
		struct lw_denial *old = &d->kept[i];
		if (old->number == call->nr && old->layer == layer && old->error == error) {
			old->count++;
			return;
		}
	}
	if (d->n == KEPT_MAX) {
		d->more++;
		return;
	}
	struct lw_denial *n = &d->kept[d->n++];
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
	ioctl(d->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
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
