/* namespaces.c: the namespaces of namespaces(7) and the clone flags that make them, in the order of enum lw_ns; data
 * only. */
#include <sched.h>
#include "base/cleanup.h"
#include "base/names.h"

static const struct lw_name namespaces[] = {
	{ "user", CLONE_NEWUSER }, { "pid", CLONE_NEWPID }, { "mount", CLONE_NEWNS },      { "net", CLONE_NEWNET },
	{ "ipc", CLONE_NEWIPC },   { "uts", CLONE_NEWUTS }, { "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
};

const struct lw_names lw_namespace_table = { namespaces, ARRAY_LEN(namespaces), NULL };
