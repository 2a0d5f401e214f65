/* probe.c: see probe.h. The process that asks is a copy of whoever wants to know, ends with it, and keeps none of its
 * descriptors: nothing it is made to do inside lasts longer, and a socket or lock is not held open by it. */
#include "supervise/probe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "exec.h"
#include "listen.h"
#include "safepath.h"
#include "instance.h"
#include "schema.h"
#include "supervise/privilege.h"
#include "process.h"
#include "sys.h"

/* The sandbox's network, and its user namespace first where only that gives the right to. */
static int join_network(const struct lw_probed *w)
{
	int flags = 0;
	if (lw_process_apart(w->command, "net", NULL))
		flags |= CLONE_NEWNET;
	if (flags && geteuid() != 0 && lw_process_apart(w->command, "user", NULL))
		flags |= CLONE_NEWUSER;
	return flags && setns(w->command_fd, flags) < 0 ? -errno : 0;
}

static bool ask_tcp(const struct lw_probe *q, const struct lw_probed *w)
{
	struct lw_endpoint at;
	char text[128];
	snprintf(text, sizeof text, strchr(q->address, ':') ? "[%s]:%d" : "%s:%d", q->address, (int)q->port);
	if (lw_endpoint_parse(text, &at) < 0 || join_network(w) < 0)
		return false;
	_cleanup_close_ int fd = socket(at.at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && connect(fd, &at.at.any, at.len) == 0;
}

/* Inside its root, whatever links it has made; and only its being there is asked. */
static bool ask_file(const struct lw_probe *q, const struct lw_probed *w)
{
	_cleanup_close_ int fd = lw_safe_open_of_process(w->command, w->command_fd, q->file);
	return fd >= 0;
}

static bool run(const struct lw_probe *q, const struct lw_probed *w, json_t *recorded)
{
	struct lw_err err = { 0 };
	struct lw_host_options o = { .state = w->state, .cgroup_parent = w->cgroup_parent, .environ_ = environ };
	struct lw_instance_options launch = { .stdio = { 0, 1, 2 } };
	struct lw_host *host = NULL;
	struct lw_spec *spec = NULL;
	struct lw_plan *plan = NULL;
	struct lw_instance *sandbox = NULL;
	struct lw_status status = { .code = 1 };
	json_auto_t *joining = lw_exec_spec(recorded, w->id, w->known, w->command, &err), *command = json_array();
	for (size_t i = 0; i < q->exec.n; i++)
		json_array_append_new(command, json_string(q->exec.v[i]));
	if (joining)
		json_object_set(joining, "command", command);
	int r = joining ? lw_spec_decode(joining, &spec, &err) : -EINVAL;
	if (r >= 0)
		r = lw_host_probe(&o, &host, &err);
	if (r >= 0)
		host->background = true; /* as its own plan was made */
	if (r >= 0)
		r = lw_plan_build(spec, host, &plan, &err);
	if (r >= 0) {
		lw_exec_fit(plan, w->id, w->known, w->command);
		r = lw_plan_launch(plan, &launch, &sandbox, &err);
	}
	if (r >= 0)
		r = lw_instance_wait(sandbox, -1, &status, &err);
	return r >= 0 && status.code == 0;
}

/* Only what is needed stays open; a question that was asked by one who is gone is not asked. */
static _Noreturn void ask(const struct lw_probe *q, const struct lw_probed *w, pid_t parent)
{
	sigset_t none;
	bool yes = false;
	json_t *recorded = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "lunward-probe");
	if (getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (q->kind == LW_PROBE_EXEC)
		recorded = w->spec(w->arg);
	struct lw_probed own = *w;
	own.command_fd = fcntl(w->command_fd, F_DUPFD, 3);
	if (own.command_fd > 3)
		SYS(close_range, 3, own.command_fd - 1, 0);
	SYS(close_range, own.command_fd + 1, ~0U, 0);
	int null = lw_safe_open_device("/dev/null", O_RDWR);
	for (int i = 0; i < 3 && null >= 0; i++)
		dup2(null, i);
	lw_privilege_raise(true);
	if (own.command_fd >= 0 && null >= 0)
		yes = q->kind == LW_PROBE_TCP    ? ask_tcp(q, &own)
		      : q->kind == LW_PROBE_FILE ? ask_file(q, &own)
						 : run(q, &own, recorded);
	_exit(yes ? 0 : 1);
}

int lw_probe_begin(struct lw_probing *g, const struct lw_probe *q, const struct lw_probed *w)
{
	pid_t self = getpid(), pid = fork();
	if (pid == 0)
		ask(q, w, self);
	int fd = pid < 0 ? -errno : (int)SYS(pidfd_open, pid, 0);
	if (fd < 0 && pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (fd < 0)
		return fd;
	*g = (struct lw_probing){ pid, fd };
	return 0;
}

int lw_probe_answer(struct lw_probing *g)
{
	siginfo_t info = { 0 };
	if (g->fd < 0)
		return -EAGAIN;
	if (waitid((idtype_t)P_PIDFD, (id_t)g->fd, &info, WEXITED | WNOHANG) < 0 && errno != EINTR)
		info.si_code = CLD_KILLED;
	else if (info.si_pid == 0)
		return -EAGAIN;
	bool yes = info.si_code == CLD_EXITED && info.si_status == 0;
	lw_close_p(&g->fd);
	g->pid = 0;
	return yes;
}

void lw_probe_hurry(struct lw_probing *g)
{
	if (g->fd >= 0)
		SYS(pidfd_send_signal, g->fd, SIGKILL, NULL, 0);
}

void lw_probe_end(struct lw_probing *g)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };
	lw_probe_hurry(g);
	/* It dies at once, unless the host's own file system holds it: then it is left to whoever reaps us. */
	if (g->fd >= 0)
		poll(&p, 1, 1000);
	lw_probe_answer(g);
	lw_close_p(&g->fd);
	g->pid = 0;
}
