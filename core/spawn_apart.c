/* spawn_apart.c: see spawn_apart.h. The caller's thread is suspended, as by vfork(2), while a process that shares its
 * memory makes the one that executes the program, and ends: so the program is an orphan from the start. The one in
 * between has no exit signal, and is waited for by its number; the host program's own handlers and waitpid(-1) do not
 * see it. */
#include "spawn_apart.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "sys.h"

#define STACK ((size_t)64 * 1024) /* of each of the two */

/* Shared by all three, one of which runs at a time. */
struct spawning {
	const char *program;
	char *const *argv, *const *envp;
	const int *fds;
	unsigned n_fds;
	char *stacks;
	int pidfd, err;
};

static int hand_over(const struct spawning *s)
{
	int high[LW_SPAWN_FDS], end = LW_SPAWN_FIRST + (int)s->n_fds;
	/* The lowest number that is free is the one that is missing. */
	for (int i = 0; i < LW_SPAWN_FIRST; i++)
		if (SYS(fcntl, i, F_GETFD) < 0)
			SYS(openat, AT_FDCWD, "/dev/null", O_RDWR);
	/* They may have each other's numbers: first all of them out of the way. */
	for (unsigned i = 0; i < s->n_fds; i++) {
		high[i] = s->fds[i] < 0 ? -1 : (int)SYS(fcntl, s->fds[i], F_DUPFD_CLOEXEC, end);
		if (s->fds[i] >= 0 && high[i] < 0)
			return high[i];
	}
	for (unsigned i = 0; i < s->n_fds; i++) {
		int r = high[i] < 0 ? (int)SYS(close, LW_SPAWN_FIRST + (int)i)
				    : (int)SYS(dup3, high[i], LW_SPAWN_FIRST + (int)i, 0);
		if (r < 0 && high[i] >= 0)
			return r;
	}
	/* Without close_range(2), before Linux 5.9, there are those that others have left open. */
	SYS(close_range, end, ~0U, 0);
	return 0;
}

/* What is ignored stays so across exec; handlers do not. */
static void default_signals(void)
{
	struct sigaction now;
	sigset_t none;
	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_IGN) {
			now.sa_handler = SIG_DFL;
			sigaction(i, &now, NULL);
		}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int execute(void *arg)
{
	struct spawning *s = arg;
	int r = hand_over(s);
	if (r >= 0) {
		default_signals();
		r = (int)SYS(execve, s->program, s->argv, s->envp);
	}
	s->err = r;
	SYS(exit, 127);
	return 127;
}

static int between(void *arg)
{
	struct spawning *s = arg;
	if (clone(execute, s->stacks + 2 * STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, s, &s->pidfd) < 0)
		s->err = -errno;
	SYS(exit, 0);
	return 0;
}

int lw_spawn_apart(const char *program, char *const argv[], char *const envp[], const int *fds, unsigned n_fds,
		   int *ret_pidfd, struct lw_err *err)
{
	struct spawning s = { .program = program, .argv = argv, .envp = envp, .fds = fds, .n_fds = n_fds, .pidfd = -1 };
	sigset_t all, before;
	int saved = errno;
	s.stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (s.stacks == MAP_FAILED)
		return lw_fail(err, -errno, "memory for starting %s: %s", program, strerror(errno));
	/* A handler of the host program must not run in a process that shares its memory. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* CLONE_FILES: the pidfd is to be the caller's. */
	pid_t pid = clone(between, s.stacks + STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES, &s);
	int r = pid < 0 ? -errno : 0;
	if (pid >= 0)
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	munmap(s.stacks, 2 * STACK);
	errno = saved;
	if (r >= 0 && s.err < 0)
		r = s.err;
	if (r < 0 || !ret_pidfd)
		lw_close_p(&s.pidfd);
	else
		*ret_pidfd = s.pidfd;
	return r < 0 ? lw_fail(err, r, "executing %s: %s", program, strerror(-r)) : 0;
}
