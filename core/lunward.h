/* lunward.h: sandboxes from C and C++: the one header of liblunward, and the one place where its functions are
 * described.
 *
 * The library starts no thread, installs no signal handler, waits for no child but its own, and changes neither the
 * process's working directory, umask, environment nor signal mask. What needs another process, evaluating a profile and
 * keeping a sandbox, is done by small programs of ours (lunward-eval, lunward-supervisor), which are executed without
 * copying the caller's memory and are never its children: no SIGCHLD comes from them. Every descriptor made here is
 * close-on-exec.
 *
 * Threads: any number may use the library at once. A lw_host may be shared by all; every other handle belongs to one
 * thread at a time.
 *
 * Errors: functions that can fail return a negative errno, and fill *err, which is the caller's and may be NULL.
 * Results (ret_…) are written on success only. *_free and *_close take NULL and return it. Times are microseconds; a
 * timeout below 0 is for ever. Text is UTF-8; what is given back as `char **` is the caller's, for free(3).
 *
 * Structures that the caller fills begin as zeros (= { 0 }): a member that is zero is the default. */
#ifndef LUNWARD_H
#define LUNWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* --- errors ------------------------------------------------------------------------------------------------- */

enum lw_err_class {
	LW_ERR_SETUP = 0,      /* the world refused */
	LW_ERR_USAGE,          /* asked for in a wrong way */
	LW_ERR_POLICY,         /* a wrong profile or spec */
	LW_ERR_NOT_FOUND,      /* the command was not found inside */
	LW_ERR_NOT_EXECUTABLE, /* found but not runnable */
	LW_ERR_TIMEOUT,        /* the time given ran out */
};

struct lw_err {
	int code; /* positive errno; 0: no error */
	enum lw_err_class cls;
	uint32_t line;
	char file[160]; /* of the profile; "" when unknown */
	char path[128]; /* of the key, "mounts[2].source"; "" when none */
	char msg[320];
	char hint[240]; /* what to do next; "" when none */
};
/* "FILE:LINE: PATH: MSG (HINT)" without a newline, always terminated, control characters replaced by '?'. Returns
 * buf. */
char *lw_err_format(const struct lw_err *err, char *buf, size_t size);

/* "0.1.0" */
const char *lw_version(void);

/* --- this machine, and this caller --------------------------------------------------------------------------- */

struct lw_host;
struct lw_host_options {
	const char *state;           /* the state directory; NULL: /run/lunward for root, else xdg_runtime_dir/lunward,
				      * /run/user/UID/lunward or /tmp/lunward-UID */
	const char *cgroup_parent;   /* below which cgroups are made; NULL: found */
	const char *xdg_runtime_dir; /* NULL: none */
	char *const *environ_;       /* for `inherit_env` and `host.env` of profiles: usually environ; NULL: none. The
				      * library looks at no variable for itself. Must stay as it is while the host is
				      * used */
	const char *profiles;        /* a directory of profiles, first on the search path */
	const char *helpers;         /* where lunward-eval and lunward-supervisor are; NULL: where they were installed,
				      * or beside the library. Not followed in a set-user-ID program */
	void *reserved[2];
};
/* What a launch here has to know: quick, and made again whenever the machine may have changed. Creates the state
 * directory. o may be NULL. -EACCES and others: the state directory is not ours. */
int lw_host_probe(const struct lw_host_options *o, struct lw_host **ret, struct lw_err *err);
struct lw_host *lw_host_free(struct lw_host *h);

/* --- specs: what is wanted ------------------------------------------------------------------------------------- */

struct lw_spec;
struct lw_param {
	const char *name, *value; /* as --set NAME=VALUE */
};
struct lw_profile_options {
	const struct lw_param *params;
	size_t n_params;
	const char *overrides; /* a JSON object of keys that go over the profile's, or NULL */
	/* What the profile prints, in pieces; NULL: nobody. */
	void (*print)(void *arg, const char *text, size_t n);
	void *arg;
	void *reserved[2];
};
/* Evaluates a profile: a name that is searched for, or a path (with a '/', or ending in ".lua"), in a limited process;
 * o may be NULL. -ENOENT: there is none. */
int lw_spec_from_profile(const struct lw_host *h, const char *profile, const struct lw_profile_options *o,
			 struct lw_spec **ret, struct lw_err *err);
/* A spec of JSON text: the keys of lunward-profile(5), or what `lunward plan --format json` prints. At most 4 MiB.
 * `file` names it in errors. */
int lw_spec_from_json(const char *text, size_t n, const char *file, struct lw_spec **ret, struct lw_err *err);
/* The rules between keys: 0, or the first that is broken. lw_launch and lw_start look themselves. */
int lw_spec_check(const struct lw_spec *s, struct lw_err *err);
/* Canonical JSON: reads back to the same spec. */
int lw_spec_json(const struct lw_spec *s, char **ret, struct lw_err *err);
const char *lw_spec_name(const struct lw_spec *s);
struct lw_spec *lw_spec_free(struct lw_spec *s);

/* --- plans: what would be done here ---------------------------------------------------------------------------- */

struct lw_plan;
/* Changes nothing, and needs no privilege. Spec and host must outlive the plan. */
int lw_plan_build(const struct lw_spec *s, const struct lw_host *h, struct lw_plan **ret, struct lw_err *err);
/* {schema_version, spec, ops}, as `lunward plan --format json` */
int lw_plan_json(const struct lw_plan *p, char **ret, struct lw_err *err);
struct lw_plan *lw_plan_free(struct lw_plan *p);

/* --- sandboxes --------------------------------------------------------------------------------------------------- */

struct lw_sandbox;

struct lw_status {
	int code;   /* of the command when it exited, 128 + signal when a signal ended it */
	int signal; /* 0: it exited */
	bool timed_out, oom;
	bool denied; /* a denial ended it */
	double wall_seconds, cpu_seconds;
	int64_t memory_peak_bytes; /* -1: unknown */
};

#define LW_LAUNCH_NO_WAIT 1u     /* return at once; lw_sandbox_step tells when the command runs, or why not */
#define LW_LAUNCH_UNIQUE_NAME 2u /* the spec's name with a few digits of the id behind it */
#define LW_LAUNCH_REMOVE 4u      /* lw_start: nothing is kept after the end */
struct lw_launch_options {
	const int *stdio; /* three descriptors to be 0 to 2 inside, each -1 for none: /dev/null for the first, the log
			   * for the others. NULL: none at all. They stay the caller's. What a terminal is to get is
			   * copied to it, for a sandbox is never given one, and nothing is read from it */
	unsigned flags;   /* LW_LAUNCH_* */
	void *reserved[2];
};
/* Starts a sandbox that lives no longer than its handle, nor than this process, and leaves nothing. 0 once the command
 * has been executed; err->cls tells LW_ERR_NOT_FOUND and LW_ERR_NOT_EXECUTABLE. o may be NULL. Spec and host may be
 * freed at once. */
int lw_launch(const struct lw_host *h, const struct lw_spec *s, const struct lw_launch_options *o,
	      struct lw_sandbox **ret, struct lw_err *err);
/* The same in the background, as `lunward start`: it goes on without the handle, and its record stays for `lunward ps
 * -a` and lw_sandbox_open until it is removed. */
int lw_start(const struct lw_host *h, const struct lw_spec *s, const struct lw_launch_options *o,
	     struct lw_sandbox **ret, struct lw_err *err);
/* One that was started before, here or elsewhere, by name, id, or the beginning of an id. -ENOENT. */
int lw_sandbox_open(const struct lw_host *h, const char *name, struct lw_sandbox **ret, struct lw_err *err);
/* Those that there are, as `lunward ps -a --format json` has them: a JSON list of {id, name, state, pid, started_at,
 * profile}. */
int lw_sandbox_list(const struct lw_host *h, char **ret, struct lw_err *err);
/* Lets go; one that was launched (not started or opened) ends, and has ended on return. */
struct lw_sandbox *lw_sandbox_close(struct lw_sandbox *s);

const char *lw_sandbox_id(const struct lw_sandbox *s); /* 64 hexadecimal digits */
const char *lw_sandbox_name(const struct lw_sandbox *s);
pid_t lw_sandbox_pid(const struct lw_sandbox *s); /* the command's, in this pid namespace; 0: not, or not any more */

/* What happened; bits. */
#define LW_EVENT_STARTED 1u /* the command was executed */
#define LW_EVENT_READY 2u   /* it is ready (service.ready) */
#define LW_EVENT_ENDED 4u   /* all is over and cleaned up; lw_sandbox_wait does not block any more */
/* For poll(2), epoll(7) and others: readable when lw_sandbox_step has something to do, and after the end for good; so
 * one that has told LW_EVENT_ENDED, or failed, is not polled any more. What a wait that timed out has seen is told
 * without the descriptor's being readable: step once before polling. Owned by the handle. */
int lw_sandbox_pollfd(const struct lw_sandbox *s);
/* Looks without blocking: the bits of what happened since the last time, 0 for nothing; negative when it could not be
 * started (LW_LAUNCH_NO_WAIT) or its supervisor is gone. */
int lw_sandbox_step(struct lw_sandbox *s, struct lw_err *err);
/* Blocks until the end: 0 and the status, or -ETIMEDOUT. May be asked again. */
int lw_sandbox_wait(struct lw_sandbox *s, int64_t timeout_usec, struct lw_status *ret, struct lw_err *err);
/* Blocks until it is ready, or has been: 0, -ETIMEDOUT, or -ESRCH when it ended before it was. */
int lw_sandbox_wait_ready(struct lw_sandbox *s, int64_t timeout_usec, struct lw_err *err);

/* To the command alone; SIGKILL: to everything inside. 0 also when it has ended. */
int lw_sandbox_signal(struct lw_sandbox *s, int sig, struct lw_err *err);
/* The stop signal, then, after timeout_usec (below 0: the profile's stop_timeout), SIGKILL for everything. Returns when
 * it has been asked, not when it has ended: lw_sandbox_wait. */
int lw_sandbox_stop(struct lw_sandbox *s, int64_t timeout_usec, struct lw_err *err);
/* Everything inside stands still, or goes on, when this returns. -ESRCH when it does not run. */
int lw_sandbox_pause(struct lw_sandbox *s, bool on, struct lw_err *err);

struct lw_stats { /* -1: this machine does not tell */
	int64_t tasks, processes;
	int64_t cpu_usec;
	int64_t memory_bytes, memory_peak_bytes, swap_bytes;
	int64_t io_read_bytes, io_written_bytes;
	int64_t net_received_bytes, net_sent_bytes; /* of its own interfaces but lo */
	int64_t reserved[6];
};
/* What it uses now; -ESRCH when it does not run. */
int lw_sandbox_stats(struct lw_sandbox *s, struct lw_stats *ret, struct lw_err *err);
/* Changes what can be changed of one that runs, its limits, now and for the next start: all of it, or nothing. keys: a
 * JSON object, {"limits": {"memory": "128M"}}. The host must not be shared meanwhile. */
int lw_sandbox_update(struct lw_host *h, struct lw_sandbox *s, const char *keys, struct lw_err *err);
/* All about it, as `lunward inspect` has it. */
int lw_sandbox_inspect(struct lw_sandbox *s, char **ret, struct lw_err *err);
/* Forgets one that has ended; -EBUSY when it runs. */
int lw_sandbox_remove(struct lw_host *h, struct lw_sandbox *s, struct lw_err *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
