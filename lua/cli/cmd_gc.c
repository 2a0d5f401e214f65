/* cmd_gc.c: `lunward gc`: what killed supervisors, of whatever state directory, have left. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include "cgroup.h"
#include "lua/cli/detached.h"

struct sweeping {
	const struct lw_host *host;
	unsigned found;
};

static int sweep(void *arg, struct lw_record *r)
{
	struct sweeping *s = arg;
	struct lw_err err = { 0 };
	s->found += lw_record_sweep(s->host, r, &err);
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
