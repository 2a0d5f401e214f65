/* cgroup_freeze.c: everything in a cgroup stands still: cgroup.freeze of version 2, the freezer controller of version
 * 1, which is of one mind less: what it holds does not die of SIGKILL until it is let go. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"

int lw_cgroup_freeze(const char *dir, bool on)
{
	int r = lw_cgroup_set(dir, "cgroup.freeze", on ? "1" : "0", NULL);
	return r == -ENOENT ? lw_cgroup_set(dir, "freezer.state", on ? "FROZEN" : "THAWED", NULL) : r;
}

int lw_cgroup_frozen(const char *dir)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	int64_t frozen;
	size_t n;
	int r = lw_cgroup_get_key(dir, "cgroup.events", "frozen", &frozen);
	if (r >= 0)
		return frozen == 1;
	if (snprintf(path, sizeof path, "%s/freezer.state", dir) >= (int)sizeof path)
		return -ENAMETOOLONG;
	/* FREEZING until the last one stands. */
	r = lw_read_file(path, 64, &text, &n);
	return r < 0 ? r : !strncmp(text, "FROZEN", 6);
}
