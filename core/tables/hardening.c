/* hardening.c: words of the keys `landlock` and `hardening`, the kernel's names and their numbers; data only. */
#include <linux/prctl.h>
#include <linux/securebits.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "landlock_abi.h"

static const struct lw_name scopes[] = {
	{ "abstract_unix_socket", LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET },
	{ "signal", LANDLOCK_SCOPE_SIGNAL },
};
const struct lw_names lw_landlock_scope_table = { scopes, ARRAY_LEN(scopes), NULL };

static const struct lw_name speculation[] = {
	{ "store_bypass", PR_SPEC_STORE_BYPASS },
	{ "indirect_branch", PR_SPEC_INDIRECT_BRANCH },
};
const struct lw_names lw_speculation_table = { speculation, ARRAY_LEN(speculation), NULL };

static const struct lw_name securebits[] = {
	{ "noroot", SECBIT_NOROOT },
	{ "noroot_locked", SECBIT_NOROOT_LOCKED },
	{ "no_setuid_fixup", SECBIT_NO_SETUID_FIXUP },
	{ "no_setuid_fixup_locked", SECBIT_NO_SETUID_FIXUP_LOCKED },
	{ "keep_caps_locked", SECBIT_KEEP_CAPS_LOCKED },
	{ "no_cap_ambient_raise", SECBIT_NO_CAP_AMBIENT_RAISE },
	{ "no_cap_ambient_raise_locked", SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED },
};
const struct lw_names lw_securebit_table = { securebits, ARRAY_LEN(securebits), "SECBIT_" };
