/* status.c: the two machine-readable accounts of a run. Each line and each object is one write; a reader that went away
 * is no reason to disturb the sandbox, so failed writes are not errors. */
#include "lua/cli/status.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "schema.h"

int cli_report_open(const struct cli *c, struct cli_report *ret, struct lw_err *err)
{
	*ret = (struct cli_report){ .status_fd = -1, .result_fd = -1 };
	if (c->status_fd >= 0) {
		int flags = fcntl(c->status_fd, F_GETFL);
		if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || flags & O_PATH) {
			lw_fail_as(err, LW_ERR_USAGE, -EBADF, "descriptor %d is not open for writing", c->status_fd);
			lw_err_hint(err, "in a shell: --status-fd 3 3>FILE");
			lw_err_in(err, "--status-fd");
			return -EBADF;
		}
		if (c->status_fd > 2)
			fcntl(c->status_fd, F_SETFD, FD_CLOEXEC);
		ret->status_fd = c->status_fd;
	}
	if (c->result) {
		ret->result_fd = open(c->result, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
		if (ret->result_fd < 0) {
			int e = errno;
			lw_fail_as(err, LW_ERR_USAGE, -e, "%s: %s", c->result, strerror(e));
			lw_err_in(err, "--result");
			return -e;
		}
	}
	return 0;
}

static void send(int fd, struct lw_text *t)
{
	if (!t->failed)
		(void)!lw_write_full(fd, t->buf, t->len);
	lw_text_done(t);
}

/* {"schema_version": 1, "event": "…" */
static void begin(struct lw_text *t, const char *event)
{
	lw_text_addf(t, "{\"schema_version\": %d", LW_SCHEMA_VERSION);
	if (event)
		lw_text_addf(t, ", \"event\": \"%s\"", event);
}

void cli_report_event(const struct cli_report *r, const char *event, const struct lw_instance *s)
{
	struct lw_text t = { 0 };
	if (r->status_fd < 0)
		return;
	begin(&t, event);
	if (s)
		lw_text_addf(&t, ", \"pid\": %d", (int)lw_instance_pid(s));
	lw_text_add(&t, "}\n");
	send(r->status_fd, &t);
}

void cli_report_members(const struct cli_report *r, const char *event, struct lw_text *members)
{
	struct lw_text t = { 0 };
	if (r->status_fd >= 0 && !members->failed) {
		begin(&t, event);
		lw_text_addf(&t, ", %s}\n", members->buf);
		send(r->status_fd, &t);
	}
	lw_text_done(members);
}

static const char *cause(const struct lw_status *s)
{
	return s->denied ? "denied" : s->timed_out ? "timeout" : s->oom ? "oom" : "command";
}

static void add_signal(struct lw_text *t, int sig)
{
	if (sig)
		lw_text_addf(t, ", \"signal\": %d", sig);
	else
		lw_text_add(t, ", \"signal\": null");
}

void cli_report_end(const struct cli_report *r, const struct lw_status *s, const struct lw_instance *sandbox)
{
	struct lw_text t = { 0 };
	if (r->status_fd >= 0) {
		begin(&t, "exited");
		lw_text_addf(&t, ", \"code\": %d", s->code);
		if (s->signal)
			add_signal(&t, s->signal);
		lw_text_addf(&t, ", \"cause\": \"%s\"}\n", cause(s));
		send(r->status_fd, &t);
	}
	if (r->result_fd < 0)
		return;
	t = (struct lw_text){ 0 };
	begin(&t, NULL);
	lw_text_addf(&t, ", \"code\": %d", s->code);
	add_signal(&t, s->signal);
	lw_text_addf(&t, ", \"cause\": \"%s\", \"timed_out\": %s, \"oom\": %s", cause(s),
		     s->timed_out ? "true" : "false", s->oom ? "true" : "false");
	lw_text_addf(&t, ", \"wall_seconds\": %.6f", s->wall_seconds);
	/* Negative or NaN: not known on this host. */
	if (s->cpu_seconds >= 0)
		lw_text_addf(&t, ", \"cpu_seconds\": %.6f", s->cpu_seconds);
	else
		lw_text_add(&t, ", \"cpu_seconds\": null");
	if (s->memory_peak_bytes >= 0)
		lw_text_addf(&t, ", \"memory_peak_bytes\": %" PRId64, s->memory_peak_bytes);
	else
		lw_text_add(&t, ", \"memory_peak_bytes\": null");
	lw_text_add(&t, ", \"denials\": ");
	cli_denials_json(&t, sandbox);
	lw_text_add(&t, "}\n");
	send(r->result_fd, &t);
}

static void add_error(struct lw_text *t, const struct lw_err *err, int code)
{
	char line[sizeof(struct lw_err) + 64];
	lw_text_addf(t, ", \"code\": %d, \"cause\": \"setup\", \"message\": ", code);
	lw_text_add_json(t, lw_err_format(err, line, sizeof line));
	lw_text_add(t, "}\n");
}

void cli_report_error(const struct cli_report *r, const struct lw_err *err, int code)
{
	struct lw_text t = { 0 };
	if (r->status_fd >= 0) {
		begin(&t, "error");
		add_error(&t, err, code);
		send(r->status_fd, &t);
	}
	if (r->result_fd < 0)
		return;
	t = (struct lw_text){ 0 };
	begin(&t, NULL);
	lw_text_add(&t, ", \"signal\": null, \"timed_out\": false, \"oom\": false");
	add_error(&t, err, code);
	send(r->result_fd, &t);
}
