/* names.h: tables of names and numbers, searched both ways. The tables themselves are data in core/tables. */
#ifndef LW_BASE_NAMES_H
#define LW_BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct lw_name {
	const char *name;
	int64_t value;
};
struct lw_names {
	const struct lw_name *v;
	size_t n;
	const char *prefix; /* optional prefix users may write, any case: "CAP_", "SIG", "RLIMIT_"; or NULL */
};

extern const struct lw_names lw_capability_table; /* "CHOWN" 0 … "CHECKPOINT_RESTORE" 40; prefix "CAP_" */
extern const struct lw_names lw_signal_table;     /* "HUP" 1 …; prefix "SIG" */
extern const struct lw_names lw_rlimit_table;     /* "as", "core", … the sixteen, value RLIMIT_*; prefix "RLIMIT_" */
extern const struct lw_names lw_namespace_table;  /* "user", "pid" … in the order of enum lw_ns, value CLONE_NEW* */

extern const struct lw_names lw_landlock_scope_table, lw_speculation_table; /* LANDLOCK_SCOPE_*, PR_SPEC_* */
extern const struct lw_names lw_securebit_table; /* SECBIT_*, one bit each; prefix "SECBIT_" */

/* Case-insensitive, with or without the prefix: the value, or -1. */
int64_t lw_names_value(const struct lw_names *t, const char *name);
/* The first name of a value; NULL when unknown. */
const char *lw_names_name(const struct lw_names *t, int64_t value);
/* Nearest name to a wrong word, or NULL. */
const char *lw_names_nearest(const struct lw_names *t, const char *word);

#define LW_CAP_LAST_KNOWN 40
#define LW_CAPS_DOCKER UINT64_C(0xa80425fb)
/* ", "-joined names of a capability mask into buf, for messages: "none" when empty, numbers where the table has no
 * name, "..." where buf ends. Returns buf. */
char *lw_caps_format(uint64_t mask, char *buf, size_t size);

#endif
