/* host_lsm.c: which security modules this kernel runs, in a call each, because every launch pays for them. Whether they
 * do what a profile asks for is tried by doctor.c. */
#include "base/cleanup.h"
#include "base/fdio.h"
#include "host.h"
#include "landlock_abi.h"
#include "sys.h"

/* The first byte of a small file of the kernel's, or 0. */
static char first_byte(const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	return lw_read_file(path, 16, &text, &n) < 0 ? '\0' : text[0];
}

void lw_host_lsm_probe(struct lw_host *h)
{
	long abi = SYS(landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	h->landlock_abi = abi > 0 ? (int)abi : 0;
	h->apparmor = first_byte("/sys/module/apparmor/parameters/enabled") == 'Y';
	char enforce = first_byte("/sys/fs/selinux/enforce");
	h->selinux = enforce == '1' ? LW_SELINUX_ENFORCING : enforce ? LW_SELINUX_PERMISSIVE : LW_SELINUX_OFF;
}
