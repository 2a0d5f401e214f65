/* stages.c: the concerns of a launch, in launch order. Reading this table from top to bottom is reading what happens;
 * why an order matters is said at the row. */
#include "base/cleanup.h"
#include "stage.h"

const struct lw_stage lw_stage_table[] = {
	{ "ids", lw_stage_ids },               /* who is who: every later stage asks it */
	{ "cgroup", lw_stage_cgroup },         /* host side: limits exist before anything can run in them */
	{ "sources", lw_stage_sources },       /* host side: binds are opened before any untrusted code runs */
	{ "namespaces", lw_stage_namespaces }, /* joined with the caller's rights, before a new user namespace */
	{ "network", lw_stage_network },
	{ "label_host", lw_stage_label_host },
	{ "clone", lw_stage_clone },
	{ "network_link", lw_stage_network_link }, /* the namespace is there, and nothing of the payload runs yet */
	/* On the host's /proc, before there is another one: what a root brings cannot be mistaken for it. */
	{ "label", lw_stage_label },
	{ "join", lw_stage_join }, /* while the child still has the caller's kernel uid */
	{ "mount", lw_stage_mount },
	{ "host_values", lw_stage_host_values }, /* hostname, loopback, sysctls: need the namespaces and our proc */
	{ "process", lw_stage_process },
	{ "hardening", lw_stage_hardening },
	/* After the last mount and the last file set-up opens, both of which it would refuse; while CAP_SYS_ADMIN lets
	 * it be done without no_new_privileges; before a filter that may forbid it. */
	{ "landlock", lw_stage_landlock },
	/* Without no_new_privileges loading a filter needs CAP_SYS_ADMIN, so it comes before capabilities drop. */
	{ "seccomp_early", lw_stage_seccomp_early },
	{ "caps", lw_stage_caps },
	{ "seccomp", lw_stage_seccomp }, /* last: nothing before it should need what it forbids */
	{ "hardening_held", lw_stage_hardening_held },
	{ "exec", lw_stage_exec },
};
const size_t lw_stage_count = ARRAY_LEN(lw_stage_table);
