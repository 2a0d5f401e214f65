/* idmap_helper.c: see idmap_helper.h. */
#include "idmap_helper.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int lw_idmap_helper(const char *program, pid_t pid, const struct lw_idmaps *m, struct lw_err *err)
{
	char numbers[3 * 340 + 1][12];
	char *argv[3 * 340 + 3], *envp[] = { NULL };
	size_t n = 0;
	argv[n++] = (char *)(uintptr_t)program;
	snprintf(numbers[0], sizeof numbers[0], "%d", (int)pid);
	argv[n++] = numbers[0];
	for (size_t i = 0; i < m->n && i < 340; i++) {
		const uint32_t v[3] = { m->v[i].inside, m->v[i].outside, m->v[i].count };
		for (int k = 0; k < 3; k++) {
			snprintf(numbers[n - 1], sizeof numbers[0], "%u", v[k]);
			argv[n] = numbers[n - 1];
			n++;
		}
	}
	argv[n] = NULL;
	pid_t helper;
	int status;
	posix_spawn_file_actions_t actions;
	/* What it has to say would be a second line; what matters is said below. */
	int r = posix_spawn_file_actions_init(&actions);
	if (r)
		return lw_fail(err, -r, "%s: %s", program, strerror(r));
	r = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!r)
		r = posix_spawn(&helper, program, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return lw_fail(err, -r, "%s: %s", program, strerror(r));
	while (waitpid(helper, &status, 0) < 0)
		if (errno != EINTR)
			return lw_fail(err, -errno, "%s: %s", program, strerror(errno));
	if (status) {
		lw_fail(err, -EPERM, "%s refused the map", program);
		lw_err_hint(err, "the caller's ranges are in /etc/subuid and /etc/subgid");
		return -EPERM;
	}
	return 0;
}
