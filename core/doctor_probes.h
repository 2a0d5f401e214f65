/* doctor_probes.h: the tries behind the rows of doctor.c. Each is called in a child process that ends with it, so it
 * may change that process as it likes. Private to the two files. */
#ifndef LW_DOCTOR_PROBES_H
#define LW_DOCTOR_PROBES_H

#include <stdbool.h>
#include <stdint.h>
#include "host.h"

struct lw_probe_reply {
	int code; /* 0 ok, 1 degraded, negative errno: missing */
	char detail[256];
	char cure[256]; /* instead of the row's, when the probe knows better */
};
struct lw_doctor_row {
	const char *name;
	int (*probe)(const struct lw_host *h, const struct lw_doctor_row *row,
		     struct lw_probe_reply *r); /* gives code */
	uint64_t number;                        /* the probe's argument: a namespace flag, a controller */
	const char *text;                       /* the probe's argument: a program */
	bool essential;
	const char *needed_for, *cure;
};

/* Sets the detail. */
void lw_probe_say(struct lw_probe_reply *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define PROBE(name)                                                                                                    \
	int lw_probe_##name(const struct lw_host *h, const struct lw_doctor_row *row, struct lw_probe_reply *r)
PROBE(state);
PROBE(user_namespace);
PROBE(namespace);
PROBE(tmpfs);
PROBE(proc);
PROBE(overlay);
PROBE(image);
PROBE(idmapped);
PROBE(mount_setattr);
PROBE(open_tree);
PROBE(openat2);
PROBE(close_range);
PROBE(pidfd);
PROBE(memfd_exec);
PROBE(seccomp);
PROBE(seccomp_notify);
PROBE(landlock);
PROBE(apparmor);
PROBE(selinux);
PROBE(mdwe);
PROBE(speculation);
PROBE(core_scheduling);
PROBE(yama);
PROBE(keyring);
PROBE(controller);
PROBE(devices);
PROBE(swap);
PROBE(clone_into_cgroup);
PROBE(subids);
PROBE(program);

#endif
