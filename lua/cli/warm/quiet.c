/* quiet.c: what the sources of a warm launch call and a warm launch has none of: words for errors (the full program
 * comes to the same error and words it), a terminal, helpers for id maps, anything that needs more than a plan. */
#include <errno.h>
#include "base/err.h"
#include "cgroup.h"
#include "chown.h"
#include "idmap_helper.h"
#include "ids_modes.h"
#include "image.h"
#include "denials.h"
#include "launch_words.h"
#include "lua/cli/tty.h"
#include "op_lsm.h"
#include "op_host.h"
#include "op_namespace.h"

int lw_fail(struct lw_err *err, int code, const char *fmt, ...)
{
	(void)err, (void)fmt;
	return code;
}

int lw_fail_as(struct lw_err *err, enum lw_err_class cls, int code, const char *fmt, ...)
{
	(void)err, (void)cls, (void)fmt;
	return code;
}

void lw_err_hint(struct lw_err *err, const char *fmt, ...)
{
	(void)err, (void)fmt;
}

void lw_err_at(struct lw_err *err, struct lw_origin at)
{
	(void)err, (void)at;
}

void lw_err_in(struct lw_err *err, const char *fmt, ...)
{
	(void)err, (void)fmt;
}

int lw_launch_failed(const struct lw_plan *p, const struct lw_report *r, struct lw_err *err)
{
	(void)p, (void)err;
	return r->err > 0 ? -r->err : -EPROTO;
}

int lw_launch_no_command(const struct lw_plan *p, struct lw_err *err)
{
	(void)p, (void)err;
	return -EINVAL;
}

void lw_ids_refused(const struct lw_idmaps *m, const char *file, int code, struct lw_err *err)
{
	(void)m, (void)file, (void)code, (void)err;
}

/* A plan that needs one of these is not kept. */
int lw_chown_source(const struct lw_op *op, int fd, uint32_t lease_first, struct lw_err *err)
{
	(void)op, (void)fd, (void)lease_first, (void)err;
	return -ENOSYS;
}

int lw_host_image(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	(void)run, (void)st, (void)op, (void)err;
	return -ENOSYS;
}

int lw_host_network(struct lw_run *run, struct lw_host_state *st, const struct lw_op *op, struct lw_err *err)
{
	(void)run, (void)st, (void)op, (void)err;
	return -ENOSYS;
}

void lw_host_network_undo(struct lw_host_state *st)
{
	(void)st;
}

int lw_namespace_open(struct lw_run *run, const struct lw_op *op, struct lw_err *err)
{
	(void)run, (void)op, (void)err;
	return -ENOSYS;
}

int lw_cgroup_cpuset(const char *dir, int version, const char *cpus, struct lw_err *err)
{
	(void)dir, (void)version, (void)cpus, (void)err;
	return -ENOSYS;
}

int lw_cgroup_devices(const char *dir, int version, const char *rules, struct lw_err *err)
{
	(void)dir, (void)version, (void)rules, (void)err;
	return -ENOSYS;
}

int lw_cgroup_io(const char *dir, int version, const char *device, const int64_t limits[LW_IO_LIMITS],
		 struct lw_err *err)
{
	(void)dir, (void)version, (void)device, (void)limits, (void)err;
	return -ENOSYS;
}

int lw_lsm_host_apply(struct lw_run *run, struct lw_lsm_state *st, const char *id, const struct lw_op *op,
		      struct lw_err *err)
{
	(void)run, (void)st, (void)id, (void)op, (void)err;
	return -ENOSYS;
}

void lw_lsm_host_undo(struct lw_lsm_state *st)
{
	(void)st;
}

int lw_idmap_helper(const char *program, pid_t pid, const struct lw_idmaps *m, struct lw_err *err)
{
	(void)program, (void)pid, (void)m, (void)err;
	return -ENOSYS;
}

/* Nor is one with a terminal. */
void cli_tty_restore(struct cli_tty *t)
{
	(void)t;
}

void cli_tty_resume(struct cli_tty *t)
{
	(void)t;
}

void cli_tty_resize(const struct cli_tty *t)
{
	(void)t;
}

size_t cli_tty_poll(struct cli_tty *t, struct pollfd *fds)
{
	(void)t, (void)fds;
	return 0;
}

void cli_tty_copy(struct cli_tty *t, const struct pollfd *fds, size_t n)
{
	(void)t, (void)fds, (void)n;
}

bool cli_tty_more(struct cli_tty *t)
{
	(void)t;
	return false;
}

void cli_tty_write(struct cli_tty *t)
{
	(void)t;
}

/* Nor is what is denied explained. */
int lw_denials_new(const struct lw_plan *p, bool kill, void (*fn)(void *arg, const struct lw_denial *d), void *arg,
		   struct lw_denials **ret, struct lw_err *err)
{
	(void)p, (void)kill, (void)fn, (void)arg, (void)ret, (void)err;
	return -ENOSYS;
}

struct lw_denials *lw_denials_free(struct lw_denials *d)
{
	(void)d;
	return NULL;
}

const struct lw_filter *lw_denials_filters(const struct lw_denials *d)
{
	(void)d;
	return NULL;
}

void lw_denials_listen(struct lw_denials *d, int listener)
{
	(void)d, (void)listener;
}

int lw_denials_fd(const struct lw_denials *d)
{
	(void)d;
	return -1;
}

int lw_denials_serve(struct lw_denials *d)
{
	(void)d;
	return 0;
}

int lw_denials_serve_until(struct lw_denials *d, int fd, int timeout_msec)
{
	(void)d, (void)fd, (void)timeout_msec;
	return 0;
}
