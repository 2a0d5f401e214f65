/* spec.c: a spec's birth, with every default, and its end. The defaults here are the ones the `def` words of schema.c
 * tell people; a list's elements get theirs from the schema when they are read. */
#include <sys/resource.h>
#include "base/names.h"
#include "spec.h"

struct lw_spec *lw_spec_new(void)
{
	struct lw_arena *a = lw_arena_new();
	struct lw_spec *s = a ? lw_arena_alloc(a, sizeof(*s)) : NULL;

	if (!s) {
		lw_arena_free(a);
		return NULL;
	}
	/* The arena's memory is zeroed: what is not named here is NULL, 0, false or a list of nothing; LW_NS_NEW,
	 * LW_IDS_AUTO, LW_ROOT_HOST, LW_SECCOMP_DEFAULT, LW_NET_NONE, LW_TERMINAL_AUTO and LW_STDIO_INHERIT are 0. */
	s->arena = a;
	s->profile_path = s->profile_sha256 = "";
	s->name = "sandbox";
	s->cwd = "/";
	s->umask = 0022;
	s->user.name = "root";
	s->user.uid = s->user.gid = -1;
	s->init = true;
	s->root.readonly = true;
	for (int set = LW_CAP_BOUNDING; set <= LW_CAP_PERMITTED; set++)
		s->capabilities.set[set] = LW_CAPS_DOCKER;
	s->no_new_privileges = true;
	s->apparmor.profile = LW_APPARMOR_AUTO;
	s->selinux.mcs = LW_SELINUX_AUTO;
	s->hardening.lock_personality = true;
	s->hardening.time_stamp_counter = true;
	s->keyring = true;
	lw_service_defaults(&s->service);
	s->log.max = LW_LOG_MAX_DEFAULT;
	s->log.keep = 1;
	s->network.interface = "eth0";
	s->limits.pids = 1024;
	s->rlimits.v[RLIMIT_NOFILE].soft = 1024;
	s->rlimits.v[RLIMIT_NOFILE].hard = 4096;
	return s;
}

struct lw_spec *lw_spec_free(struct lw_spec *s)
{
	if (s)
		lw_arena_free(s->arena); /* s itself lives there */
	return NULL;
}
