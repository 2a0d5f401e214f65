/* seccomp.h: from a policy to the bytes of a filter, with a cache; and back: what a program says about a call.
 * libseccomp is known to core/seccomp_compile.c only, and only woken when the cache misses. */
#ifndef LW_SECCOMP_H
#define LW_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "spec.h"

struct lw_filter {
	struct sock_filter *insns; /* in the arena given */
	unsigned n;
};

/* The program of a policy. `caps` is the sandbox's bounding set: docker's verdicts depend on it. An unconfined policy
 * without rules gives n == 0: no filter.
 * state_fd (or -1): directory of the cache; entries live in seccomp/<sha256 of the policy, caps, the version of
 * libseccomp's headers and of our tables>; one whose header, length, digest or form is wrong is made anew. */
int lw_seccomp_compile(const struct lw_seccomp *p, uint64_t caps, int state_fd, struct lw_arena *a,
		       struct lw_filter *ret, struct lw_err *err);

/* True when the kernel would take the program: known instructions, jumps and loads within bounds, ending in a return.
 */
bool lw_filter_valid(const struct sock_filter *insns, unsigned n);
/* Runs the program on one call, as the kernel would (classic BPF subset that seccomp allows). Returns the
 * SECCOMP_RET_* value with data. The program must be valid (lw_filter_valid). */
uint32_t lw_filter_run(const struct sock_filter *insns, unsigned n, const struct seccomp_data *call);

/* Names known on the native ABI. -1 / NULL when unknown. */
int lw_syscall_number(const char *name);
const char *lw_syscall_name(int nr);
const char *lw_syscall_nearest(const char *word);
/* True when `name` is a syscall known to any ABI of libseccomp, or a group "@…" of ours, or "all". */
bool lw_seccomp_name_known(const char *name);
/* Calls that set-up itself still needs once the filter is in place (execve, exit_group, …) and `f` would refuse,
 * ", "-joined into buf; returns how many. early: the filter is loaded before user and capabilities change, as it is
 * without no_new_privileges. */
unsigned lw_seccomp_missing(const struct lw_filter *f, bool early, char *buf, size_t size);
/* The same for a filter loaded last. */
unsigned lw_seccomp_missing_for_exec(const struct lw_filter *f, char *buf, size_t size);
/* The same for what a dynamically linked program makes before its own first instruction: no error, but good to know. */
unsigned lw_seccomp_missing_for_loader(const struct lw_filter *f, char *buf, size_t size);
/* Number of native syscalls for which some arguments may be allowed; all of them when there is no filter. */
unsigned lw_filter_reachable(const struct lw_filter *f);
/* Parses "socket(AF_INET, 1, 0)", "getcwd", "socket(38, 5, 0)": number and arguments (missing ones 0). */
int lw_call_parse(const char *text, struct seccomp_data *ret, struct lw_err *err);

/* --- the oracle (core/seccomp_oracle.c) --- */

struct lw_answer {
	uint32_t action; /* SECCOMP_RET_* with data */
	unsigned rule;   /* of the policy, from 1; 0: its base says so */
	bool foreign;    /* made by an ABI the policy does not name */
};
/* What the policy says of a call, and where. */
int lw_seccomp_blame(const struct lw_seccomp *p, uint64_t caps, const struct seccomp_data *call, struct lw_answer *ret,
		     struct lw_err *err);
/* The same, run through the program: for those who have no compiled one. Wakes no libseccomp. */
int lw_seccomp_simulate(const struct lw_seccomp *p, uint64_t caps, const struct seccomp_data *call,
			struct lw_answer *ret, struct lw_err *err);
/* "allow", "log", "errno EPERM", "kill"; returns buf. */
char *lw_action_format(uint32_t action, char *buf, size_t size);
/* The call's name by the ABI it is made by, or NULL. */
const char *lw_call_name(const struct seccomp_data *call);
/* The word by which a rule means the call: its own name, a pattern, a group's, "all"; or NULL. */
const char *lw_seccomp_word(const struct lw_seccomp_rule *r, const char *call);
/* Why the base of the policy treats the call as it does, or NULL when that is docker's profile. */
const char *lw_seccomp_reason(const struct lw_seccomp *p, const char *call);

/* The version of libseccomp built against, "2.5.4". */
extern const char lw_seccomp_library[];

#endif
