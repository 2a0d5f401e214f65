/* follow.c: see follow.h. */
#include "lua/cli/follow.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include "base/cleanup.h"

/* Where the kernel gives no watch (a limit, a file system without): how often is looked. */
#define UNWATCHED_MS 200

int cli_follow_open(struct cli_follow *f, int dir, struct lw_err *err)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	char path[32];
	sigset_t set;
	*f = (struct cli_follow){ -1, -1 };
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaddset(&set, ends[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || (f->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return lw_fail(err, -errno, "signalfd: %s", strerror(errno));
	snprintf(path, sizeof path, "/proc/self/fd/%d", dir);
	f->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->changes >= 0 && inotify_add_watch(f->changes, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		lw_close_p(&f->changes);
	return 0;
}

bool cli_follow_wait(struct cli_follow *f, int ms)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct pollfd p[3] = {
		{ .fd = f->signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO }, /* a pipe whose reader has gone */
		{ .fd = f->changes, .events = POLLIN },
	};
	if (f->changes < 0 && (ms < 0 || ms > UNWATCHED_MS))
		ms = UNWATCHED_MS;
	if (poll(p, 3, ms) > 0 && (p[0].revents || p[1].revents & (POLLERR | POLLNVAL)))
		return false;
	while (f->changes >= 0 && read(f->changes, buf, sizeof buf) > 0)
		;
	return true;
}

void cli_follow_close(struct cli_follow *f)
{
	lw_close_p(&f->signals);
	lw_close_p(&f->changes);
}
