/* cgroup_eyes.c: the machine itself, as the choice of a cgroup parent sees it (struct lw_cgroup_eyes), and the short
 * way for the commonest layout of version 1. Must not know the order of choice: that is cgroup_probe.c. */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup.h"

#define TEXT_MAX (4 * 1024 * 1024)

static bool eyes_can(void *arg, const char *path, int mode)
{
	(void)arg;
	return !faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

static bool eyes_owner(void *arg, const char *path, uid_t *ret)
{
	struct stat st;
	(void)arg;
	if (stat(path, &st) < 0)
		return false;
	*ret = st.st_uid;
	return true;
}

static bool eyes_delegated(void *arg, const char *path)
{
	char v[4];
	(void)arg;
	return (getxattr(path, "user.delegate", v, sizeof v) == 1 && *v == '1') ||
	       (getxattr(path, "trusted.delegate", v, sizeof v) == 1 && *v == '1');
}

static ssize_t eyes_read(void *arg, const char *path, char *buf, size_t size)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	(void)arg;
	buf[0] = '\0';
	int r = lw_read_file(path, TEXT_MAX, &text, &n);
	if (r < 0)
		return r;
	if (n > size - 1)
		n = size - 1; /* a list of processes: the first ones say enough */
	memcpy(buf, text, n);
	buf[n] = '\0';
	return (ssize_t)n;
}

/* The kernel asks for these in the first user namespace, whose number never changes (PROC_USER_INIT_INO). */
static bool eyes_device_programs(void *arg, uint64_t caps)
{
	const uint64_t either = UINT64_C(1) << CAP_SYS_ADMIN, both = UINT64_C(1) << CAP_BPF | UINT64_C(1)
												      << CAP_NET_ADMIN;
	struct stat st;
	(void)arg;
	return ((caps & either) || (caps & both) == both) && !stat("/proc/self/ns/user", &st) &&
	       st.st_ino == 0xEFFFFFFDU;
}

static bool our_child(long pid)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	if (eyes_read(NULL, path, text, sizeof text) < 0)
		return true; /* gone, so it does not sit there any more */
	const char *after = strrchr(text, ')');
	char state;
	int parent;
	return after && sscanf(after + 1, " %c %d", &state, &parent) == 2 && parent == getpid();
}

static bool eyes_occupied(void *arg, const char *path)
{
	char file[4096], text[4096];
	(void)arg;
	if (snprintf(file, sizeof file, "%s/cgroup.procs", path) >= (int)sizeof file)
		return true;
	if (eyes_read(NULL, file, text, sizeof text) < 0)
		return true;
	for (char *p = text, *end; *p; p = end + (*end == '\n')) {
		long pid = strtol(p, &end, 10);
		if (end == p)
			break;
		if (pid != getpid() && !our_child(pid))
			return true;
	}
	return false;
}

#define USUAL "/sys/fs/cgroup"

/* A writable v1 hierarchy mounted where everybody mounts it; a link (of co-mounted controllers) is not taken. */
static bool usual_v1(const char *path)
{
	struct stat st;
	struct statfs fs;
	return !lstat(path, &st) && S_ISDIR(st.st_mode) && !statfs(path, &fs) && fs.f_type == CGROUP_SUPER_MAGIC &&
	       !(fs.f_flags & ST_RDONLY);
}

int lw_cgroup_probe_usual(struct lw_host *h)
{
	static const char *const parents[LW_CTL_COUNT] = {
		[LW_CTL_PIDS] = USUAL "/pids" LW_CGROUP_PARENT,
		[LW_CTL_MEMORY] = USUAL "/memory" LW_CGROUP_PARENT,
		[LW_CTL_CPU] = USUAL "/cpu" LW_CGROUP_PARENT,
		[LW_CTL_DEVICES] = USUAL "/devices" LW_CGROUP_PARENT,
		[LW_CTL_FREEZER] = USUAL "/freezer" LW_CGROUP_PARENT,
		[LW_CTL_CPUSET] = USUAL "/cpuset" LW_CGROUP_PARENT,
		[LW_CTL_IO] = USUAL "/blkio" LW_CGROUP_PARENT,
	};
	struct lw_cgroup_host c = { .version = 1 };
	if (h->uid || !access("/run/systemd/system", F_OK))
		return 0;
	for (int i = 0; i < LW_CTL_COUNT; i++) {
		char mount[64];
		snprintf(mount, sizeof mount, "%.*s", (int)(strlen(parents[i]) - strlen(LW_CGROUP_PARENT)), parents[i]);
		if (!usual_v1(mount))
			return 0;
		c.parent[i] = parents[i];
		c.parent_create[i] = true;
	}
	c.memsw = !access(USUAL "/memory/memory.memsw.limit_in_bytes", F_OK);
	h->cgroup = c;
	h->swap_accounting = c.memsw;
	return 1;
}

int lw_cgroup_probe(struct lw_host *h, const char *mountinfo, size_t n_mountinfo, const char *self_cgroup,
		    size_t n_self, const char *parent_option, struct lw_err *err)
{
	static const struct lw_cgroup_eyes real = {
		.can = eyes_can,
		.owner = eyes_owner,
		.delegated = eyes_delegated,
		.read = eyes_read,
		.device_programs = eyes_device_programs,
		.occupied = eyes_occupied,
	};
	return lw_cgroup_probe_with(h, mountinfo, n_mountinfo, self_cgroup, n_self, parent_option, &real, err);
}
