/* cgroup.h: where sandboxes' cgroups go and how they are made, read and removed; v1 and v2 behind one set of verbs.
 * Paths are absolute directories in the cgroup file systems. */
#ifndef LW_CGROUP_H
#define LW_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"
#include "host.h"

/* "pids", "memory", "cpu", "devices", "freezer", "cpuset", "io", as version 2 has them. */
extern const char lw_controller_names[LW_CTL_COUNT][8];

/* Root's parent in a hierarchy that nobody manages. */
#define LW_CGROUP_PARENT "/lunward"
/* Our leaf when we have to leave a delegated cgroup so that it may have limited children (v2). */
#define LW_CGROUP_LEAF "supervisor"

/* What the choice of a parent asks of the file system beside the two texts, so that tests can stand in for a machine.
 */
struct lw_cgroup_eyes {
	void *arg;
	bool (*can)(void *arg, const char *path, int mode);     /* access(2) with our effective ids */
	bool (*owner)(void *arg, const char *path, uid_t *ret); /* false: not there */
	bool (*delegated)(void *arg, const char *path);         /* user.delegate or trusted.delegate is "1" */
	ssize_t (*read)(void *arg, const char *path, char *buf, size_t size); /* terminated; < 0: not readable */
	bool (*device_programs)(void *arg, uint64_t caps); /* may we load programs for devices (v2)? */
	/* Processes other than ourselves and our children that sit in the cgroup itself. */
	bool (*occupied)(void *arg, const char *path);
};

/* Chooses the parents (order: cgroup_probe.c) from the texts of /proc/self/mountinfo and /proc/self/cgroup (so that
 * tests can feed any machine). Fills h->cgroup; reads h->uid and h->arena. A parent that cannot be used leaves why[];
 * it is an error only when it was asked for (parent_option). */
int lw_cgroup_probe(struct lw_host *h, const char *mountinfo, size_t n_mountinfo, const char *self_cgroup,
		    size_t n_self, const char *parent_option, struct lw_err *err);
/* The same result without the texts for the machine that needs neither: root, no systemd, every v1 controller mounted
 * apart at the usual place. Both texts are read under kernel-wide locks (mounts, cgroups) that launches contend for, so
 * this is worth 150 us of each. 1: done; 0: not such a machine. */
int lw_cgroup_probe_usual(struct lw_host *h);
/* lw_cgroup_probe, looking through `eyes`. */
int lw_cgroup_probe_with(struct lw_host *h, const char *mountinfo, size_t n_mountinfo, const char *self_cgroup,
			 size_t n_self, const char *parent_option, const struct lw_cgroup_eyes *eyes,
			 struct lw_err *err);

/* How a cgroup is made. */
#define LW_CGROUP_PARENTS 1 /* its parent may have to be made first (lw_cgroup_host.parent_create) */
#define LW_CGROUP_OWN_LEAF                                                                                             \
	2                /* v2: our own process sits in the parent and moves to a leaf (lw_cgroup_host.own_leaf)       \
			  */
#define LW_CGROUP_JOIN 4 /* it is there already, and is somebody else's to remove */
/* mkdir of <parent>/<id>, by `how` (LW_CGROUP_*); on v2 enables the controllers of mask (1 << LW_CTL_*) in parent's
 * cgroup.subtree_control. -EEXIST is an error. On failure dir does not exist (unless it did before). */
unsigned lw_cgroup_how(const struct lw_host *h, unsigned controllers);
int lw_cgroup_make(const char *dir, int version, unsigned controllers, unsigned how, struct lw_err *err);
/* What joining needs: v1 the tasks file for writing (the child writes "0"), v2 the directory (CLONE_INTO_CGROUP).
 * O_CLOEXEC. */
int lw_cgroup_open(const char *dir, int version, int *ret_fd, struct lw_err *err);
/* Writes value to dir/file, each line of it by a write(2) of its own; the err names file and value. */
int lw_cgroup_set(const char *dir, const char *file, const char *value, struct lw_err *err);
/* Confines dir to the processors of the list "0-3,5" (cgroup_cpuset.c): an error where one of them cannot be had. */
int lw_cgroup_cpuset(const char *dir, int version, const char *cpus, struct lw_err *err);
/* The same for one that has been confined before. */
int lw_cgroup_cpuset_again(const char *dir, int version, const char *cpus, struct lw_err *err);
/* Limits on one block device (cgroup_io.c), named by its node, by a path on it or as "8:0"; 0: as it is, -1: none of
 * that kind any more. */
enum lw_io_limit { LW_IO_RBPS, LW_IO_WBPS, LW_IO_RIOPS, LW_IO_WIOPS, LW_IO_LIMITS };
int lw_cgroup_io(const char *dir, int version, const char *device, const int64_t limit[LW_IO_LIMITS],
		 struct lw_err *err);
/* The limits in force, -1: none. */
int lw_cgroup_io_get(const char *dir, int version, const char *device, int64_t ret[LW_IO_LIMITS], struct lw_err *err);
/* Version 2: further controllers for a cgroup that is there. */
int lw_cgroup_grant(const char *dir, unsigned controllers, struct lw_err *err);
/* Leaves dir the devices that the rules allow, a rule a line: "c 1:3 rwm", "b *:* r", "/dev/snd rw" (cgroup_device.c).
 */
int lw_cgroup_devices(const char *dir, int version, const char *rules, struct lw_err *err);
struct bpf_insn;
/* A descriptor of the program, or a negative errno. */
int lw_device_program_load(const struct bpf_insn *insns, size_t n);
/* -ENOENT when the file is missing. Reads a single number ("max" = -1). */
int lw_cgroup_get(const char *dir, const char *file, int64_t *ret);
/* A key of a flat-keyed file ("oom_kill" of memory.events); -ENODATA when the file has no such key. */
int lw_cgroup_get_key(const char *dir, const char *file, const char *key, int64_t *ret);
/* A descriptor (O_CLOEXEC) that says, while it is open, that somebody minds this cgroup and will remove it; or negative
 * errno. */
int lw_cgroup_mind(const char *dir);
/* Kills and removes dir unless somebody minds it: 1 removed, 0 minded or gone, negative errno. A directory made in the
 * last moment is waited for until its maker has had the time to say that he minds it; not where it is known that who
 * has `made` it is gone. */
int lw_cgroup_sweep(const char *dir, bool made);
/* Kills every process in dir and below (v2 cgroup.kill, else signal loop over cgroup.procs until empty, at most 5 s).
 */
int lw_cgroup_kill(const char *dir);
/* rmdir with back-off up to 5 s for -EBUSY, cgroups made below it included; -ENOENT is success. */
int lw_cgroup_remove(const char *dir);

/* Stops everything in dir where it stands, or lets it go on; -ENOENT where this cannot be done (cgroup_freeze.c). */
int lw_cgroup_freeze(const char *dir, bool on);
/* 1: everything in it stands, 0: not yet, or not. */
int lw_cgroup_frozen(const char *dir);

struct lw_plan;
/* The RLIMIT_NPROC that stands in for the default limits.pids where no pids controller can be used, or -1: it counts
 * per user and user namespace, so it is of use only in a new one. For the stage that plans rlimits. */
int64_t lw_cgroup_nproc(const struct lw_plan *p);

#endif
