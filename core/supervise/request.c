/* request.c: starting a supervisor. See request.h. */
#include "supervise/request.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "plan.h"
#include "sys.h"

static int write_request(const json_t *request, struct lw_err *err)
{
	_cleanup_free_ char *text = json_dumps(request, JSON_COMPACT);
	_cleanup_close_ int fd = text ? memfd_create("lunward-request", MFD_CLOEXEC) : -1;
	if (!text)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = fd < 0 ? -errno : lw_write_full(fd, text, strlen(text));
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? lw_fail(err, r, "the supervisor's request: %s", strerror(-r)) : TAKE_FD(fd);
}

/* A number alone: words are for who may format them. */
static _Noreturn void give_up(int reply)
{
	int r = -errno;
	(void)!write(reply, &r, sizeof r);
	_exit(127);
}

/* Between fork and exec. They may have each other's numbers: first all of them out of the way. */
static _Noreturn void execute(const char *program, const int *fds, int n)
{
	char *argv[] = { (char *)LW_SUPERVISOR, NULL };
	int high[3 + LW_LISTEN_MAX];
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < n; i++)
		if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, LW_SUPERVISE_REPLY + n)) < 0)
			give_up(fds[0]);
	for (int i = 0; i < n; i++)
		if (dup2(high[i], LW_SUPERVISE_REPLY + i) < 0)
			give_up(high[0]);
	/* Nobody waits for the supervisor: its parent ends at once. */
	pid_t pid = fork();
	if (pid == 0)
		execve(program, argv, environ);
	if (pid <= 0)
		give_up(high[0]);
	_exit(0);
}

int lw_supervise_begin(const char *program, int state_fd, json_t *request, const struct lw_sockets *inherited,
		       int *ret_fd, struct lw_err *err)
{
	int pipe[2], status, n = inherited ? inherited->n : 0;
	if (n) {
		json_object_set_new(request, "inherited", json_integer(n));
		json_object_set_new(request, "inherited_names", json_string(inherited->names));
	}
	_cleanup_close_ int file = write_request(request, err);
	if (file < 0)
		return file;
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return lw_fail(err, -errno, "pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0) {
		int fds[3 + LW_LISTEN_MAX] = { pipe[1], state_fd, file };
		for (int i = 0; i < n; i++)
			fds[3 + i] = inherited->fd[i];
		execute(program, fds, 3 + n);
	}
	int r = pid < 0 ? -errno : 0;
	close(pipe[1]);
	if (r >= 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (r < 0) {
		close(pipe[0]);
		return lw_fail(err, r, "fork: %s", strerror(-r));
	}
	*ret_fd = pipe[0];
	return 0;
}

int lw_supervise_answer(int fd, struct lw_err *err)
{
	struct lw_err said;
	int r, n = lw_read_full(fd, &r, sizeof r);
	if (n == -EPIPE)
		return lw_fail(err, -ECHILD, "the supervisor ended without saying why (was it killed?)");
	if (n < 0)
		return lw_fail(err, n, "what the supervisor says cannot be read: %s", strerror(-n));
	if (r >= 0)
		return r;
	if (lw_read_full(fd, &said, sizeof said) < 0)
		return lw_fail(err, r, "starting " LW_SUPERVISOR ": %s", strerror(-r));
	*err = said;
	return r;
}
