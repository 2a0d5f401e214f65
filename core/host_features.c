/* host_features.c: see host_features.h. Everything comes from struct lw_host; nothing is asked of the kernel here. */
#include "host_features.h"
#include <string.h>
#include "base/cleanup.h"

const char *const lw_host_features[] = {
	"apparmor", "cgroup", "cpu",       "cpuset", "devices",    "freezer", "idmapped_mounts", "io",
	"landlock", "memory", "newuidmap", "pids",   "privileged", "selinux", "swap_accounting", NULL,
};

bool lw_host_has(const struct lw_host *h, const char *name, bool *ret)
{
	static const struct {
		const char *name;
		enum lw_controller controller;
	} controllers[] = {
		{ "cpu", LW_CTL_CPU },         { "cpuset", LW_CTL_CPUSET }, { "devices", LW_CTL_DEVICES },
		{ "freezer", LW_CTL_FREEZER }, { "io", LW_CTL_IO },         { "memory", LW_CTL_MEMORY },
		{ "pids", LW_CTL_PIDS },
	};
	const struct {
		const char *name;
		bool has;
	} others[] = {
		{ "apparmor", h->apparmor },
		{ "cgroup", h->cgroup.version != 0 },
		/* of ordinary file systems: Linux 5.12 */
		{ "idmapped_mounts", h->kernel_major > 5 || (h->kernel_major == 5 && h->kernel_minor >= 12) },
		{ "landlock", h->landlock_abi > 0 },
		{ "newuidmap", h->has_newuidmap },
		{ "privileged", h->privileged },
		{ "selinux", h->selinux != LW_SELINUX_OFF },
		{ "swap_accounting", h->swap_accounting },
	};
	for (size_t i = 0; i < ARRAY_LEN(controllers); i++)
		if (!strcmp(controllers[i].name, name)) {
			*ret = h->cgroup.parent[controllers[i].controller] != NULL;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (!strcmp(others[i].name, name)) {
			*ret = others[i].has;
			return true;
		}
	return false;
}
