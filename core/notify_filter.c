/* notify_filter.c: see notify_filter.h. An errno outranks a notification when a process has several filters, so the
 * policy's program cannot simply be joined by one that notifies: it is loaded with a notification in place of every
 * errno. Nothing here says which errno: whoever listens runs the policy's own program on the call's data. */
#include "notify_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <stddef.h>
#include <string.h>
#include "base/cleanup.h"
#include "seccomp_abi.h"
#include "seccomp_filter.h"

/* Between the first program and the command's start: the second one, the listener's way to the host side, what a
 * failure is told with, and what tells a missing interpreter. */
static const char *const set_up_calls[] = { "seccomp", "sendmsg", "write", "faccessat" };

struct writer {
	struct sock_filter *insns;
	unsigned n;
};

static void put(struct writer *w, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	w->insns[w->n++] = (struct sock_filter){ code, jt, jf, k };
}

static void put_load(struct writer *w, size_t offset)
{
	put(w, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* For native calls among `nr` the accumulator's way is `hit`, for all others what follows. */
static void put_choice(struct writer *w, const uint32_t *nr, unsigned n, uint32_t hit)
{
	put_load(w, offsetof(struct seccomp_data, arch));
	put(w, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(n + 3), lw_abi_native.audit_arch);
	put_load(w, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < n; i++)
		put(w, BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(n - i), 0, nr[i]);
	put(w, BPF_JMP | BPF_JA, 0, 0, 1);
	put(w, BPF_RET | BPF_K, 0, 0, hit);
}

#define CHOICE_MAX(n) ((n) + 5)

static unsigned numbers_of_set_up(uint32_t nr[static ARRAY_LEN(set_up_calls)])
{
	unsigned n = 0;
	for (size_t i = 0; i < ARRAY_LEN(set_up_calls); i++) {
		int v = lw_syscall_number(set_up_calls[i]);
		if (v >= 0)
			nr[n++] = (uint32_t)v;
	}
	return n;
}

static void put_notifying(struct writer *w, const struct lw_filter *policy)
{
	unsigned first = w->n, tail = w->n + policy->n;
	memcpy(w->insns + w->n, policy->insns, policy->n * sizeof *policy->insns);
	w->n = tail;
	for (unsigned i = first; i < tail; i++) {
		struct sock_filter *f = &w->insns[i];
		if (f->code != (BPF_RET | BPF_K))
			continue;
		if ((f->k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
			f->k = SECCOMP_RET_USER_NOTIF;
		else if (f->k == SECCOMP_RET_ALLOW)
			*f = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, tail - i - 1);
	}
}

int lw_notify_filters(const struct lw_filter *policy, const uint32_t *watched, unsigned n_watched, struct lw_arena *a,
		      struct lw_filter ret[static 2], struct lw_err *err)
{
	uint32_t own[ARRAY_LEN(set_up_calls)];
	unsigned n_own = numbers_of_set_up(own);
	unsigned most = policy->n + CHOICE_MAX(n_own) + CHOICE_MAX(n_watched) + 2;
	struct writer w[2];
	for (int i = 0; i < 2; i++) {
		w[i] = (struct writer){ .insns = lw_arena_array(a, most, sizeof *w[i].insns) };
		if (!w[i].insns)
			return lw_fail(err, -ENOMEM, "out of memory");
	}
	put_choice(&w[0], own, n_own, SECCOMP_RET_ALLOW);
	put_notifying(&w[0], policy);
	put_choice(&w[0], watched, n_watched, SECCOMP_RET_USER_NOTIF);
	put(&w[0], BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);

	/* The other way round: what is not set-up's is allowed here. */
	put_load(&w[1], offsetof(struct seccomp_data, arch));
	put(&w[1], BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(n_own + 1), lw_abi_native.audit_arch);
	put_load(&w[1], offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < n_own; i++)
		put(&w[1], BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(n_own - i), 0, own[i]);
	put(&w[1], BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	memcpy(w[1].insns + w[1].n, policy->insns, policy->n * sizeof *policy->insns);
	w[1].n += policy->n;

	for (int i = 0; i < 2; i++) {
		ret[i] = (struct lw_filter){ w[i].insns, w[i].n };
		if (w[i].n > LW_FILTER_MAX || !lw_filter_valid(w[i].insns, w[i].n))
			return lw_fail_as(err, LW_ERR_POLICY, -E2BIG, "the policy is too long to be explained");
	}
	return 0;
}
