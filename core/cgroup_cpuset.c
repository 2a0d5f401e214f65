/* cgroup_cpuset.c: confining one cgroup to some processors. A new cpuset of version 1 has none and no memory nodes, and
 * nothing can join it: both come from the cgroup above, whose own may have to be filled first. Version 2 takes any list
 * and quietly falls back to all of them, so there what came of it is read back.
 * Must not know what a limit means (stage_cgroup.c). */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"
#include "cpulist.h"

#define LIST_MAX 65536
#define MAX_DEPTH 32

static int read_list(const char *dir, const char *file, char **ret)
{
	char path[PATH_MAX];
	size_t n;
	if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
		return -ENAMETOOLONG;
	int r = lw_read_file(path, LIST_MAX, ret, &n);
	if (r >= 0)
		(*ret)[strcspn(*ret, "\n")] = '\0';
	return r;
}

/* What dir/file holds; an empty one takes over the list of the cgroup above, from the top down. */
static int fill(const char *dir, const char *file, int depth, char **ret, struct lw_err *err)
{
	_cleanup_free_ char *list = NULL, *up = strdup(dir);
	int r = up ? read_list(dir, file, &list) : -ENOMEM;
	if (r < 0)
		return lw_fail(err, r, "cgroup: %s/%s: %s", dir, file, strerror(-r));
	if (!*list) {
		char *slash = strrchr(up, '/');
		if (!slash || slash == up || depth >= MAX_DEPTH)
			return lw_fail(err, -ENODEV, "cgroup: no cgroup above has %s", file);
		*slash = '\0';
		free(TAKE_PTR(list));
		r = fill(up, file, depth + 1, &list, err);
		if (r >= 0)
			r = lw_cgroup_set(dir, file, list, err);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(list);
	return 0;
}

static int compare(const char *cpus, const char *usable, struct lw_err *err)
{
	struct lw_cpulist asked, have;
	int n = lw_cpulist_parse(cpus, &asked);
	if (n >= 0)
		n = lw_cpulist_parse(usable, &have);
	if (n < 0)
		return lw_fail(err, n, "'%s' and '%.200s' cannot be compared as lists of processors", cpus, usable);
	int missing = lw_cpulist_missing(&asked, &have);
	if (missing < 0)
		return 0;
	lw_fail(err, -EINVAL, "processor %d of '%s' cannot be used here", missing, cpus);
	lw_err_hint(err, "those that can are %.200s", *usable ? usable : "none");
	return -EINVAL;
}

static int set_v1(const char *dir, const char *cpus, struct lw_err *err)
{
	_cleanup_free_ char *mems = NULL, *usable = NULL;
	int r = fill(dir, "cpuset.mems", 0, &mems, err);
	if (r >= 0)
		r = fill(dir, "cpuset.cpus", 0, &usable, err);
	if (r >= 0)
		r = compare(cpus, usable, err);
	return r < 0 ? r : lw_cgroup_set(dir, "cpuset.cpus", cpus, err);
}

static int set_v2(const char *dir, const char *cpus, struct lw_err *err)
{
	_cleanup_free_ char *usable = NULL;
	/* What a new cgroup has is all that those above it have. */
	int r = read_list(dir, "cpuset.cpus.effective", &usable);
	if (r < 0)
		return lw_fail(err, r, "cgroup: %s/cpuset.cpus.effective: %s", dir, strerror(-r));
	r = compare(cpus, usable, err);
	if (r >= 0)
		r = lw_cgroup_set(dir, "cpuset.cpus", cpus, err);
	free(TAKE_PTR(usable));
	if (r >= 0)
		r = read_list(dir, "cpuset.cpus.effective", &usable);
	return r < 0 ? r : compare(usable, cpus, err);
}

int lw_cgroup_cpuset(const char *dir, int version, const char *cpus, struct lw_err *err)
{
	return version == 1 ? set_v1(dir, cpus, err) : set_v2(dir, cpus, err);
}

int lw_cgroup_cpuset_again(const char *dir, int version, const char *cpus, struct lw_err *err)
{
	_cleanup_free_ char *up = strdup(dir), *usable = NULL;
	char *slash = up ? strrchr(up, '/') : NULL;
	if (!slash || slash == up)
		return lw_fail(err, -EINVAL, "cgroup: '%s' is not below a cgroup", dir);
	*slash = '\0';
	/* Its own are what it has now; what it can have is with the one above. */
	int r = read_list(up, version == 1 ? "cpuset.cpus" : "cpuset.cpus.effective", &usable);
	if (r < 0)
		return lw_fail(err, r, "cgroup: the processors of %s: %s", up, strerror(-r));
	r = compare(cpus, usable, err);
	return r < 0 ? r : lw_cgroup_set(dir, "cpuset.cpus", cpus, err);
}
