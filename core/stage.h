/* stage.h: a stage is one concern (ids, mounts, caps …) that turns spec and host into operations. The row order of
 * lw_stage_table (stages.c) is the launch order. A stage looks at nothing but spec and host. */
#ifndef LW_STAGE_H
#define LW_STAGE_H

#include "plan.h"

struct lw_stage {
	const char *name;
	int (*plan)(struct lw_plan *p, struct lw_err *err);
};
extern const struct lw_stage lw_stage_table[];
extern const size_t lw_stage_count;

/* Appends an op; NULL on ENOMEM (the arena remembers, lw_plan_build reports). The origin and key name the record. */
struct lw_op *lw_plan_add(struct lw_plan *p, int kind, const struct lw_rec *rec, const char *key);
/* The same with arguments, for the common case: PLAN_OP(p, KIND, &rec, "key", .str = {…}, .num = {…}) returns 0 or
 * -ENOMEM. */
int lw_plan_op(struct lw_plan *p, int kind, const struct lw_rec *rec, const char *key, struct lw_op with);
#define PLAN_OP(p, kind, rec, key, ...) lw_plan_op(p, kind, rec, key, (struct lw_op){ __VA_ARGS__ })
/* A new fd slot. */
int lw_plan_slot(struct lw_plan *p);
void lw_plan_note(struct lw_plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Before what needs the network namespace of the sandbox (stage_process.c). */
int lw_plan_net_join(struct lw_plan *p);
/* The time namespace, when its clocks are to be set: it is then made after the clone (stage_namespaces.c). */
int lw_plan_time(struct lw_plan *p, struct lw_err *err);
bool lw_plan_sets_time(const struct lw_plan *p);
/* MOUNT_ATTR_* of a mount record (stage_sources.c). */
uint64_t lw_mount_attributes(const struct lw_mount *m);
/* The same of a root that is a directory. */
uint64_t lw_root_attributes(const struct lw_root *r);

/* Re-owning the source in `slot` to the command's user (stage_chown.c). */
int lw_plan_chown(struct lw_plan *p, const struct lw_mount *m, const char *key, int slot, struct lw_err *err);

int lw_stage_ids(struct lw_plan *p, struct lw_err *err);
int lw_stage_cgroup(struct lw_plan *p, struct lw_err *err);       /* host side: make, limits */
int lw_stage_sources(struct lw_plan *p, struct lw_err *err);      /* host side: open bind sources */
int lw_stage_namespaces(struct lw_plan *p, struct lw_err *err);   /* those that exist already */
int lw_stage_network(struct lw_plan *p, struct lw_err *err);      /* host side: the network, an address in it */
int lw_stage_network_link(struct lw_plan *p, struct lw_err *err); /* host side, the child waiting: the interface */
/* Files of the root that tell names and addresses (stage_network.c). */
int lw_plan_network_files(struct lw_plan *p);
int lw_stage_clone(struct lw_plan *p, struct lw_err *err);
int lw_stage_join(struct lw_plan *p, struct lw_err *err);        /* child: cgroup join, ids */
int lw_stage_mount(struct lw_plan *p, struct lw_err *err);       /* child: the root and everything in it */
int lw_stage_host_values(struct lw_plan *p, struct lw_err *err); /* child: hostname, lo, sysctls */
int lw_stage_process(struct lw_plan *p, struct lw_err *err);     /* child: session, stdio, rlimits, umask, cwd … */
int lw_stage_landlock(struct lw_plan *p, struct lw_err *err);    /* child: path, port and scope rules */
int lw_stage_hardening(struct lw_plan *p, struct lw_err *err);   /* child: prctl(2), personality(2) */
int lw_stage_label_host(struct lw_plan *p, struct lw_err *err);  /* host side: profiles loaded, categories leased */
int lw_stage_label(struct lw_plan *p, struct lw_err *err);       /* child: AppArmor and SELinux labels */
int lw_stage_caps(struct lw_plan *p, struct lw_err *err);        /* child: user and capabilities */
int lw_stage_seccomp_early(struct lw_plan *p, struct lw_err *err);
int lw_stage_seccomp(struct lw_plan *p, struct lw_err *err);
/* After the filter: is what `hardening` promises about system calls what the filter holds? */
int lw_stage_hardening_held(struct lw_plan *p, struct lw_err *err);
int lw_stage_exec(struct lw_plan *p, struct lw_err *err);

/* Sockets that the command is handed (stage_exec.c). */
int lw_stage_listen_count(const struct lw_plan *p);
const char *lw_stage_listen_names(const struct lw_plan *p);

#endif
