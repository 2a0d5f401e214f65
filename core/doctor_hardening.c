/* doctor_hardening.c: the tries behind the rows of doctor.c that ask for switches of prctl(2), and what this kernel
 * says about tracing. Each runs in a child of its own. */
#include <errno.h>
#include <linux/prctl.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "doctor_probes.h"
#include "sys.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif
#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#define PR_SCHED_CORE_CREATE 1
#endif

PROBE(mdwe)
{
	(void)h, (void)row, (void)r;
	return (int)SYS(prctl, PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
}

PROBE(core_scheduling)
{
	(void)h, (void)row;
	int code = (int)SYS(prctl, PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, 0, 0);
	if (code == -ENODEV) {
		lw_probe_say(r, "not needed: no core has a second thread");
		return 0;
	}
	return code;
}

/* What can be switched off per process; a processor that has no such fault needs no switch. */
PROBE(speculation)
{
	(void)h, (void)row;
	static const int kinds[] = { PR_SPEC_STORE_BYPASS, PR_SPEC_INDIRECT_BRANCH };
	static const char *const names[] = { "store_bypass", "indirect_branch" };
	int code = 0;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		int now = (int)SYS(prctl, PR_GET_SPECULATION_CTRL, kinds[i], 0, 0, 0);
		if (now < 0)
			return now;
		if (now == PR_SPEC_NOT_AFFECTED || now & (PR_SPEC_PRCTL | PR_SPEC_DISABLE | PR_SPEC_FORCE_DISABLE))
			continue;
		lw_probe_say(r, "%s cannot be switched off", names[i]);
		code = 1;
	}
	return code;
}

PROBE(yama)
{
	(void)h, (void)row;
	_cleanup_free_ char *scope = NULL;
	size_t n;
	int code = lw_read_file("/proc/sys/kernel/yama/ptrace_scope", 16, &scope, &n);
	if (code < 0) {
		lw_probe_say(r, "not in this kernel");
		return 1;
	}
	lw_probe_say(r, "ptrace_scope %c", scope[0]);
	return scope[0] == '0';
}
