/* spec_jobs.c: a command that is a host's own job (core/tables/host_jobs.c) and is given capabilities beyond the
 * default. What such programs need them for is the host's; a sandbox that runs one is the host's root under another
 * name. Only what is written is looked at: what a shell inside may start is not known. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "spec.h"
#include "tables/host_jobs.h"

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The word of the command that names the program; many small systems have one file for all, told by its first word. */
static size_t program(const struct lw_strlist *command)
{
	const char *first = file_name(command->v[0]);
	return command->n > 1 && (!strcmp(first, "busybox") || !strcmp(first, "toybox"));
}

bool lw_spec_host_job(const struct lw_spec *s, struct lw_err *err)
{
	uint64_t further = 0;
	char caps[96];

	for (int set = 0; set < LW_CAP_SETS; set++)
		further |= s->capabilities.set[set] & ~LW_CAPS_DOCKER;
	if (!further || !s->command.n)
		return false;

	size_t word = program(&s->command);
	const char *name = file_name(s->command.v[word]);
	int64_t job = lw_names_value(&lw_host_job_table, name);
	if (job < 0)
		return false;

	const struct lw_host_job_words *w = &lw_host_job_words[job];
	lw_fail_as(err, LW_ERR_POLICY, -EPERM, "%s, %s, is the host's job and is given %s", name, w->job,
		   s->privileged ? "everything by privileged" : lw_caps_format(further, caps, sizeof(caps)));
	lw_err_hint(err, "%s; no capability beyond caps.docker is needed inside", w->instead);
	lw_err_at(err, s->rec.origin);
	lw_err_in(err, "command[%zu]", word);
	return true;
}
