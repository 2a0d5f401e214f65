/* instance.h: from a plan to a running sandbox and its end. No function here prints, exits, installs signal handlers or
 * waits for children that are not its own. */
#ifndef LW_INSTANCE_H
#define LW_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "lunward.h"
#include "plan.h"

struct lw_instance;

struct lw_denial;
struct lw_sockets;
/* What is done about what the sandbox is refused (core/denials.h). Nothing: it costs nothing either. Else a listener
 * answers, and the plan and its spec must outlive the sandbox. */
enum lw_denial_mode { LW_DENIALS_UNSEEN, LW_DENIALS_EXPLAIN, LW_DENIALS_KILL };

struct lw_instance_options {
	const char *id;                   /* 64 hex; NULL: made */
	int stdio[3];                     /* descriptors to become 0-2 */
	const struct lw_sockets *sockets; /* those of service.listen, as the plan was made with; or NULL */
	bool usage;                       /* lw_status is to tell oom and memory_peak_bytes from the cgroup */
	int denials;                      /* enum lw_denial_mode */
	/* Called from lw_plan_launch, step and wait for each denial that was not there before; NULL: nobody. */
	void (*on_denial)(void *arg, const struct lw_denial *d);
	void *arg;
};

/* Starts the sandbox: 0 once exec succeeded. On failure everything done is undone and err tells the profile line;
 * err->cls is NOT_FOUND / NOT_EXECUTABLE when exec itself failed. */
int lw_plan_launch(const struct lw_plan *p, const struct lw_instance_options *o, struct lw_instance **ret,
		   struct lw_err *err);

const char *lw_instance_id(const struct lw_instance *s);
pid_t lw_instance_pid(const struct lw_instance *s);      /* the command's, in the caller's pid namespace */
pid_t lw_instance_init_pid(const struct lw_instance *s); /* the init's; the command's own without one */
int lw_instance_command_fd(const struct lw_instance *s); /* a pidfd of the command; owned by the sandbox */
/* Its cgroup of a controller (enum lw_controller), an absolute directory, or NULL. */
const char *lw_instance_cgroup(const struct lw_instance *s, int controller);
struct lw_network_state;
/* What its network holds on the host (core/networks.h words it), or NULL. */
const struct lw_network_state *lw_instance_network(const struct lw_instance *s);
int lw_instance_pty(const struct lw_instance *s);    /* master of our pty, or -1; owned by the sandbox */
int lw_instance_pollfd(const struct lw_instance *s); /* readable when step() has something to do */
/* What it was refused so far, each once; *ret_more: how many further ones were not kept. Until close. */
const struct lw_denial *lw_instance_denials(const struct lw_instance *s, size_t *ret_n, uint64_t *ret_more);
/* Looks without blocking: 1 ended (status is ready), 0 still running, negative errno. */
int lw_instance_step(struct lw_instance *s, struct lw_err *err);
/* A signal for the command alone (KILL: for everything). Success when it has ended already. */
int lw_instance_signal(struct lw_instance *s, int sig);
int lw_instance_kill(struct lw_instance *s);
/* Blocks; timeout_usec < 0: for ever; -ETIMEDOUT. After the end: undoes the host side, fills status. */
int lw_instance_wait(struct lw_instance *s, int64_t timeout_usec, struct lw_status *ret, struct lw_err *err);
void lw_instance_mark_timed_out(struct lw_instance *s);
/* Kills what still runs, undoes the host side, frees. NULL is fine; returns NULL. */
struct lw_instance *lw_instance_close(struct lw_instance *s);

#endif
