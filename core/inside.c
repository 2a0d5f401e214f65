/* inside.c: see inside.h. */
#include "inside.h"
#include <errno.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "exec.h"
#include "report.h"
#include "safepath.h"
#include "sys.h"

static int open_namespace(const struct lw_record *r, pid_t pid, const char *name, const char *file, int *ret,
			  struct lw_err *err)
{
	char path[48];
	struct stat st, own;
	json_int_t began = json_integer_value(json_object_get(json_object_get(r->data, "namespaces"), name));
	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, file);
	_cleanup_close_ int fd = lw_safe_open_namespace(path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return lw_fail(err, fd < 0 ? fd : -errno, "'%s': %s", path, strerror(fd < 0 ? -fd : errno));
	if (!began || (json_int_t)st.st_ino != began) {
		lw_fail(err, -ESTALE, "'%s' is not the namespace that the sandbox began with", path);
		lw_err_hint(err, "its first command has gone into another one, or has just ended");
		return -ESTALE;
	}
	snprintf(path, sizeof path, "/proc/self/ns/%s", file);
	if (stat(path, &own) < 0)
		return lw_fail(err, -errno, "'%s': %s", path, strerror(errno));
	*ret = own.st_ino == st.st_ino ? -1 : TAKE_FD(fd);
	return 0;
}

int lw_inside_open(struct lw_record *r, const struct lw_host *h, const char *called, struct lw_inside *ret,
		   struct lw_err *err)
{
	*ret = LW_INSIDE_NONE;
	ret->privileged = h->privileged;
	int n = lw_running_command(r, called, &ret->pid, &ret->command, err);
	if (n >= 0)
		n = open_namespace(r, ret->pid, "user", "user", &ret->user, err);
	if (n >= 0)
		n = open_namespace(r, ret->pid, "mount", "mnt", &ret->mount, err);
	/* The host's own tree is not the sandbox's to be changed. */
	if (n >= 0 && ret->mount < 0)
		n = lw_fail_as(err, LW_ERR_POLICY, -EPERM, "%s has no mount namespace of its own", called);
	const json_t *root = json_object_get(r->data, "root");
	ret->dev = json_integer_value(json_object_get(root, "dev"));
	ret->inode = json_integer_value(json_object_get(root, "inode"));
	return n;
}

void lw_inside_close(struct lw_inside *in)
{
	lw_close_p(&in->command);
	lw_close_p(&in->user);
	lw_close_p(&in->mount);
}

static int enter(const struct lw_inside *in, int *ret_root)
{
	struct stat st;
	/* Without root the rights over the mount namespace come from the user namespace. */
	const int order[2][2] = { { in->privileged ? in->mount : in->user, 0 },
				  { in->privileged ? in->user : in->mount, 0 } };
	if (in->privileged && in->user >= 0)
		SYS(setgroups, 0, NULL);
	for (int i = 0; i < 2; i++) {
		int r = order[i][0] < 0 ? 0 : (int)SYS(setns, order[i][0], 0);
		if (r < 0)
			return r;
	}
	/* Who is root inside, where somebody is. */
	if (in->user >= 0 && SYS(setresgid, 0, 0, 0) >= 0)
		SYS(setresuid, 0, 0, 0);
	/* A file system of theirs may keep us for ever; whoever waits for us may not. (A change of ids clears this.) */
	SYS(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	int root = *ret_root = sys_openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, 0);
	if (root < 0)
		return root;
	if (fstat(root, &st) < 0 || (in->inode && ((int64_t)st.st_dev != in->dev || (int64_t)st.st_ino != in->inode)))
		return -ESTALE;
	return (int)SYS(fchdir, root);
}

/* All but 0-2, which go too: an act says nothing but its result. */
static void keep_only(const int *fds, size_t n)
{
	int from = 0;
	for (;;) {
		int next = -1;
		for (size_t i = 0; i < n; i++)
			if (fds[i] >= from && (next < 0 || fds[i] < next))
				next = fds[i];
		if (next < 0)
			break;
		if (next > from)
			SYS(close_range, from, next - 1, 0);
		from = next + 1;
	}
	SYS(close_range, from, ~0U, 0);
}

static _Noreturn void act_inside(const struct lw_inside *in, const struct lw_inside_act *act, int report)
{
	struct lw_report said = { .magic = LW_REPORT_MAGIC };
	int root = -1, step = LW_STEP_CALL;
	int proc = sys_openat2(AT_FDCWD, "/proc/self/fd", O_PATH | O_DIRECTORY, 0, 0);
	const int keep[] = { report, proc, in->user, in->mount, act->fds[0], act->fds[1], act->fds[2] };
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	SYS(setsid);
	SYS(umask, 0);
	keep_only(keep, ARRAY_LEN(keep));
	int r = proc < 0 ? proc : enter(in, &root);
	if (r >= 0)
		r = act->run(root, proc, act->arg, &step);
	said.err = r;
	said.step = (uint16_t)step;
	SYS(write, report, &said, sizeof said);
	for (;;)
		SYS(exit_group, 0);
}

int lw_inside_begin(const struct lw_inside *in, const struct lw_inside_act *act, struct lw_inside_run *ret)
{
	uint64_t all = ~UINT64_C(0), before;
	int pipe[2], pidfd = -1;
	int r = (int)SYS(pipe2, pipe, O_CLOEXEC);
	if (r < 0)
		return r;
	/* Signals stay blocked in there: a stream that nobody reads is an error, not an end. */
	struct clone_args args = { .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd };
	SYS(rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
	long pid = SYS(clone3, &args, sizeof args);
	if (pid == 0)
		act_inside(in, act, pipe[1]);
	SYS(rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
	close(pipe[1]);
	if (pid < 0) {
		close(pipe[0]);
		return (int)pid;
	}
	*ret = (struct lw_inside_run){ .report = pipe[0], .pidfd = pidfd };
	return 0;
}

int lw_inside_wait(struct lw_inside_run *run, int *ret_step)
{
	struct lw_report said = { 0 };
	siginfo_t info;
	int r = lw_read_full(run->report, &said, sizeof said);
	while (SYS(waitid, P_PIDFD, run->pidfd, &info, WEXITED | __WALL, NULL) == -EINTR)
		;
	lw_close_p(&run->report);
	lw_close_p(&run->pidfd);
	*ret_step = said.step;
	return r < 0 || said.magic != LW_REPORT_MAGIC ? -ECHILD : said.err;
}
