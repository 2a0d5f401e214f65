/* stage_hardening.c: the switches of `hardening` as operations, and whether the system call policy holds what they
 * promise. Secure bits go with the capabilities, in stage_process.c. */
#include <linux/audit.h>
#include <linux/prctl.h>
#include <errno.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "schema.h"
#include "seccomp_abi.h"
#include "seccomp_policy.h"
#include "stage.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif
#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#define PR_SCHED_CORE_CREATE 1
#endif
#ifndef PR_SCHED_CORE_SCOPE_THREAD_GROUP
#define PR_SCHED_CORE_SCOPE_THREAD_GROUP 1
#endif

static int refuse(const struct lw_hardening *h, const char *key, const char *what, const char *cure, struct lw_err *err)
{
	lw_fail(err, -EOPNOTSUPP, "%s", what);
	lw_err_hint(err, "%s", cure);
	lw_err_at(err, h->rec.origin);
	lw_err_in(err, "hardening.%s", key);
	return -EOPNOTSUPP;
}

static bool older(const struct lw_host *h, unsigned major, unsigned minor)
{
	return h->kernel_major < major || (h->kernel_major == major && h->kernel_minor < minor);
}

static int plan_prctl(struct lw_plan *p, const char *key, const char *what, int64_t option, int64_t a, int64_t b,
		      int64_t c)
{
	return PLAN_OP(p, LW_OP_PRCTL, &p->spec->hardening.rec, lw_arena_printf(p->arena, "hardening.%s", key),
		       .str = { what }, .num = { option, a, b, c });
}

int lw_stage_hardening(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_hardening *h = &p->spec->hardening;
	int r = 0;
	if (h->lock_personality)
		r = PLAN_OP(p, LW_OP_PERSONALITY, &h->rec, "hardening.lock_personality", .num = { PER_LINUX });
	for (size_t i = 0; i < h->disable_speculation.n && r >= 0; i++) {
		const char *word = h->disable_speculation.v[i];
		r = plan_prctl(p, "disable_speculation", word, PR_SET_SPECULATION_CTRL,
			       lw_names_value(&lw_speculation_table, word), PR_SPEC_FORCE_DISABLE, 0);
	}
	if (r >= 0 && h->core_scheduling)
		r = plan_prctl(p, "core_scheduling", "core_scheduling", PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0,
			       PR_SCHED_CORE_SCOPE_THREAD_GROUP);
	if (r >= 0 && h->memory_deny_write_execute) {
		if (older(p->host, 6, 3))
			return refuse(h, "memory_deny_write_execute", "this kernel does not have PR_SET_MDWE",
				      "Linux 6.3 has it", err);
		r = plan_prctl(p, "memory_deny_write_execute", "memory_deny_write_execute", PR_SET_MDWE,
			       PR_MDWE_REFUSE_EXEC_GAIN, 0, 0);
	}
	if (r >= 0 && !h->time_stamp_counter)
		r = plan_prctl(p, "time_stamp_counter", "time_stamp_counter", PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0);
	return r;
}

static bool abi_allows(const struct lw_plan *p, const struct lw_abi *abi, const char *name, uint64_t a, uint64_t b)
{
	int nr = lw_abi_number(abi, name);
	struct seccomp_data call = { .nr = (int)(abi->first + (unsigned)nr),
				     .arch = abi->audit_arch,
				     .args = { a, b } };
	uint32_t action = nr < 0 ? SECCOMP_RET_ERRNO : lw_filter_run(p->filter.insns, p->filter.n, &call);
	action &= SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* Does the policy let the command make this call, by any ABI? */
static bool allows(const struct lw_plan *p, const char *name, uint64_t a, uint64_t b)
{
	unsigned n;
	const struct lw_abi *foreign = lw_abi_foreign(&n);
	bool may = !p->filter.n || abi_allows(p, &lw_abi_native, name, a, b);
	for (unsigned i = 0; i < n && !may; i++)
		may = abi_allows(p, &foreign[i], name, a, b);
	return may;
}

/* The first bit that may be set in the personality, or 0; and UNAME26 of an i386, which moby's policy allows. */
static uint32_t personality_allowed(const struct lw_plan *p)
{
	for (unsigned bit = 0; bit < 32; bit++)
		if (allows(p, "personality", UINT32_C(1) << bit, 0))
			return UINT32_C(1) << bit;
	return allows(p, "personality", UNAME26 | PER_LINUX32, 0) ? UNAME26 | PER_LINUX32 : 0;
}

static int not_held(const struct lw_hardening *h, const char *key, const char *cure, struct lw_err *err)
{
	lw_err_hint(err, "%s", cure);
	lw_err_at(err, h->rec.origin);
	lw_err_in(err, "hardening.%s", key);
	return -EPERM;
}

int lw_stage_hardening_held(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_hardening *h = &p->spec->hardening;
	uint32_t bit = 0;
	if (h->lock_personality && lw_is_set(&h->rec, LW_HARDENING_PERSONALITY))
		bit = personality_allowed(p);
	if (bit) {
		lw_fail_as(err, LW_ERR_POLICY, -EPERM, "the seccomp policy allows personality(0x%x)", bit);
		return not_held(h, "lock_personality", "seccomp = … - \"personality\", or leave lock_personality away",
				err);
	}
	/* Nothing but the policy keeps the command from turning it on again. */
	if (!h->time_stamp_counter && allows(p, "prctl", PR_SET_TSC, PR_TSC_ENABLE)) {
		lw_fail_as(err, LW_ERR_POLICY, -EPERM, "the seccomp policy allows prctl(PR_SET_TSC, PR_TSC_ENABLE)");
		return not_held(h, "time_stamp_counter", "seccomp = … - \"prctl(PR_SET_TSC)\"", err);
	}
	return 0;
}
