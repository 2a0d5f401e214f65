/* pause.c: standing still and going on, from outside: see box.h. The supervisor does it, so that a stop that comes at
 * the same time finds one state or the other. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "box/box.h"
#include "cgroup.h"
#include "supervise/control.h"

#define FREEZE_USEC (10 * INT64_C(1000000)) /* for the last of them to stand: one in a disk's hands may take long */

/* The kernel says so before the last one stands. */
static int wait_until_still(const struct lw_record *r, struct lw_err *err)
{
	int64_t until = lw_now_usec() + FREEZE_USEC;
	const char *freezer = lw_record_freezer(r);
	while (freezer && lw_cgroup_frozen(freezer) == 0) {
		if (lw_now_usec() > until)
			return lw_fail_as(err, LW_ERR_TIMEOUT, -ETIMEDOUT,
					  "%s does not stand still yet: a process of it is in the kernel",
					  lw_record_name(r));
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	return 0;
}

int lw_box_pause(struct lw_record *r, bool on, struct lw_err *err)
{
	struct lw_control_message m = { .verb = LW_CONTROL_PAUSE, .arg = on };
	_cleanup_close_ int fd = lw_control_connect(r->dir);
	int n = fd < 0 ? fd : lw_control_ask(fd, &m, NULL, 0);
	if (n == -ENOENT || n == -ECONNREFUSED || n == -ECONNRESET || n == -EPIPE || n == -ESRCH)
		return lw_fail_as(err, LW_ERR_USAGE, -ESRCH, "%s is not running", lw_record_name(r));
	if (n == -EAGAIN) {
		lw_fail(err, n, "%s makes processes faster than they can be stopped", lw_record_name(r));
		lw_err_hint(err, "without a cgroup to freeze nothing stops it but `lunward kill`");
		return n;
	}
	if (n < 0)
		return lw_fail(err, n, on ? "pausing %s: %s" : "resuming %s: %s", lw_record_name(r), strerror(-n));
	lw_record_reload(r);
	return on ? wait_until_still(r, err) : 0;
}
