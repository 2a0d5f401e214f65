/* cmd_life.c: `lunward stop`, `kill`, `wait`, `rm` and `gc`: the ends of detached sandboxes. Processes are held by
 * pidfd and start time; nobody is signalled by a number alone. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "cgroup.h"
#include "lua/cli/detached.h"
#include "lua/cli/options.h"
#include "sys.h"

#define STOP_USEC (10 * INT64_C(1000000)) /* docker's patience */
#define END_USEC (10 * INT64_C(1000000))

static int send(const struct lw_record *r, const char *which, int sig, struct lw_err *err)
{
	_cleanup_close_ int fd = -1;
	int n = cli_sandbox_process(r, which, NULL, &fd);
	if (n >= 0)
		n = (int)SYS(pidfd_send_signal, fd, sig, NULL, 0);
	return n == -ESRCH ? 0 : n < 0 ? lw_fail(err, n, "signalling %s: %s", which, strerror(-n)) : 0;
}

/* Everything inside, by its first process; then the supervisor cleans up. */
static int end(struct cli_job *job, struct lw_record *r, struct lw_err *err)
{
	int n = send(r, "init", SIGKILL, err);
	if (n >= 0 && lw_record_wait(r, END_USEC) < 0)
		n = lw_fail(err, -ETIMEDOUT, "its supervisor does not end");
	if (n >= 0)
		cli_sandbox_sweep(job->host, r, err);
	return n;
}

static int signal_number(const char *text, int *ret, struct lw_err *err)
{
	int64_t n;
	if (!text) {
		*ret = SIGKILL;
		return 0;
	}
	if (lw_parse_i64(text, &n) == 0 && n > 0 && n < 65) {
		*ret = (int)n;
		return 0;
	}
	n = lw_names_value(&lw_signal_table, lw_case_skip(text, "SIG") ? lw_case_skip(text, "SIG") : text);
	if (n > 0) {
		*ret = (int)n;
		return 0;
	}
	lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "unknown signal '%s'", text);
	lw_err_in(err, "--signal");
	return -EINVAL;
}

static int stop(struct cli *c, struct cli_job *job, struct lw_record *r, struct lw_err *err)
{
	if (!cli_sandbox_runs(r)) {
		cli_sandbox_sweep(job->host, r, err);
		return 0;
	}
	int n = send(r, "command", SIGTERM, err);
	if (n >= 0)
		(void)lw_record_wait(r, c->wait_usec >= 0 ? c->wait_usec : STOP_USEC);
	return n < 0 || !lw_record_supervised(r) ? n : end(job, r, err);
}

static int kill_it(struct cli *c, struct cli_job *job, struct lw_record *r, struct lw_err *err)
{
	int sig, n = signal_number(c->signal, &sig, err);
	if (n < 0 || !cli_sandbox_runs(r))
		return n;
	return sig == SIGKILL ? end(job, r, err) : send(r, "command", sig, err);
}

int cli_cmd_stop(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0)
		r = c->verb == &cli_verb_table[CLI_KILL] ? kill_it(c, &job, &rec, &err) : stop(c, &job, &rec, &err);
	int code = r < 0 ? cli_fail(&err) : CLI_OK;
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}

/* --timeout shapes a sandbox elsewhere; here it bounds the waiting. */
static int waiting_time(const struct cli *c, int64_t *ret, struct lw_err *err)
{
	*ret = -1;
	for (size_t i = 0; i < c->n_uses; i++)
		if (!strcmp(c->uses[i].option->name, "timeout") && lw_parse_duration(c->uses[i].value, ret) < 0)
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "--timeout: '%s' is not a duration",
					  c->uses[i].value);
	return 0;
}

/* The command's own exit code. */
int cli_cmd_wait(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec, now;
	int64_t patience;
	int code, r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0)
		r = waiting_time(c, &patience, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else if (c->ready) {
		/* Ready is that the command runs, which it did before anybody could ask. */
		code = cli_sandbox_runs(&rec) ? CLI_OK : CLI_NO;
	} else if (lw_record_wait(&rec, patience) < 0) {
		lw_fail_as(&err, LW_ERR_TIMEOUT, -ETIMEDOUT, "%s is still running", c->words[0]);
		code = cli_fail(&err);
	} else if (lw_record_find(job.host->state_fd, rec.id, &now, &err) < 0) {
		/* Removed at its end (--rm): what it ended with was in the record. */
		code = CLI_OK;
	} else {
		cli_sandbox_sweep(job.host, &now, &err);
		json_t *exit = json_object_get(now.data, "code");
		code = json_is_integer(exit) ? (int)json_integer_value(exit) : CLI_FAILED;
		lw_record_done(&now);
	}
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}

int cli_cmd_rm(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0 && lw_record_supervised(&rec)) {
		if (c->force) {
			r = end(&job, &rec, &err);
		} else {
			r = lw_fail_as(&err, LW_ERR_USAGE, -EBUSY, "%s is running", c->words[0]);
			lw_err_hint(&err, "`lunward stop %s` first, or rm -f", c->words[0]);
		}
	}
	if (r >= 0) {
		cli_sandbox_sweep(job.host, &rec, &err);
		r = lw_record_remove(job.host->state_fd, &rec, &err);
	}
	int code = r < 0 ? cli_fail(&err) : CLI_OK;
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}

struct sweeping {
	const struct lw_host *host;
	unsigned found;
};

static int sweep(void *arg, struct lw_record *r)
{
	struct sweeping *s = arg;
	struct lw_err err = { 0 };
	s->found += cli_sandbox_sweep(s->host, r, &err);
	return 0;
}

/* Cgroups of sandboxes whose supervisor is gone, of whatever state directory. */
static unsigned sweep_parent(const char *parent)
{
	unsigned found = 0;
	DIR *d = opendir(parent);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		char path[4096];
		if (strlen(e->d_name) == 64 && strspn(e->d_name, "0123456789abcdef") == 64 &&
		    snprintf(path, sizeof path, "%s/%s", parent, e->d_name) < (int)sizeof path)
			found += lw_cgroup_sweep(path) > 0;
	}
	if (d)
		closedir(d);
	return found;
}

int cli_cmd_gc(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	int r = cli_probe(c, &job, &err);
	if (r < 0) {
		r = cli_fail(&err);
		cli_job_done(&job);
		return r;
	}
	struct sweeping s = { .host = job.host };
	lw_record_each(job.host->state_fd, sweep, &s);
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		const char *parent = job.host->cgroup.parent[i];
		bool seen = false;
		for (int k = 0; k < i; k++)
			seen = seen ||
			       (parent && job.host->cgroup.parent[k] && !strcmp(parent, job.host->cgroup.parent[k]));
		if (parent && !seen)
			s.found += sweep_parent(parent);
	}
	int code = CLI_OK;
	if (c->format == CLI_JSON)
		code = cli_print_json(json_pack("{s:i}", "removed", (int)s.found));
	cli_job_done(&job);
	return code;
}
