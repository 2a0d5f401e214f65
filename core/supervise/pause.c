/* pause.c: everything inside stands still. By its cgroup; where there is none to freeze, by SIGSTOP to one process
 * after the other until none moves, which can be seen from inside and is no match for one that makes others faster than
 * they are stopped. The init goes on: it watches whether the supervisor lives. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "cgroup.h"
#include "record_state.h"
#include "supervise/privilege.h"
#include "supervise/supervisor.h"
#include "sys.h"

/* Until the last of them stands: a signal is heard when the processor is had next. Who asked waits no longer than that.
 */
#define PATIENCE_USEC (2 * INT64_C(1000000))

/* How many were found in another state than they are to be in. */
static int signal_each(const struct sv *s, bool on)
{
	_cleanup_free_ struct lw_process *v = NULL;
	size_t n = 0;
	int moving = 0, r = lw_record_processes(&s->record, &v, &n);
	pid_t init = lw_instance_init_pid(s->sandbox), command = lw_instance_pid(s->sandbox);
	for (size_t i = 0; i < n; i++) {
		if ((v[i].pid == init && init != command) || strchr("ZX", v[i].state) || (v[i].state == 'T') == on)
			continue;
		_cleanup_close_ int fd = lw_process_open(v[i].pid, v[i].start);
		if (fd >= 0 && SYS(pidfd_send_signal, fd, on ? SIGSTOP : SIGCONT, NULL, 0) >= 0)
			moving++;
	}
	return r < 0 ? r : moving;
}

static int by_signals(const struct sv *s, bool on)
{
	int64_t until = lw_now_usec() + PATIENCE_USEC, nap = 1000000;
	do {
		int n = signal_each(s, on);
		if (n <= 0 || !on)
			return n < 0 ? n : 0;
		nanosleep(&(struct timespec){ 0, nap }, NULL);
		nap = nap < 32000000 ? nap * 2 : nap;
	} while (lw_now_usec() < until);
	signal_each(s, false);
	return -EAGAIN;
}

int sv_pause(struct sv *s, bool on)
{
	struct lw_err err = { 0 };
	const char *freezer = lw_record_freezer(&s->record);
	if (!s->sandbox)
		return -ESRCH;
	if (on == s->paused)
		return 0;
	/* A question that is being asked inside would stand, too, and whoever waits for its end. */
	if (on)
		sv_watch_pause(s, true);
	lw_privilege_raise(true);
	int r = freezer ? lw_cgroup_freeze(freezer, on) : -ENOENT;
	if (r == -ENOENT)
		r = by_signals(s, on);
	lw_privilege_raise(false);
	if (r < 0 ? on : !on)
		sv_watch_pause(s, false);
	if (r < 0)
		return r;
	s->paused = on;
	json_object_set_new(s->record.data, "state", json_string(on ? "paused" : "running"));
	return lw_record_save(&s->record, &err);
}
