/* stage_label.c: the labels of AppArmor and SELinux as operations. A module this kernel does not run is refused when
 * the profile requires it and noted otherwise. What a label allows is the module's business. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include "apparmor.h"
#include "base/cleanup.h"
#include "stage.h"

#define OWN_PROFILE LW_APPARMOR_PREFIX LW_PLAN_ID

/* Why it cannot be had here, and the cure. */
struct lack {
	const char *what, *cure;
};

static bool is_auto(const struct lw_apparmor *a)
{
	return !strcmp(a->profile, LW_APPARMOR_AUTO);
}

static bool wants_apparmor(const struct lw_plan *p)
{
	return lw_is_set(&p->spec->rec, LW_KEY_APPARMOR);
}

static const struct lack *lacks_apparmor(const struct lw_plan *p)
{
	static const struct lack kernel = { "AppArmor is not enabled in this kernel", "boot with apparmor in lsm=" };
	static const struct lack rights = {
		"loading an AppArmor profile needs CAP_MAC_ADMIN",
		"name a profile that root has loaded (`lunward export --format apparmor` makes one)"
	};
	if (!p->host->apparmor)
		return &kernel;
	return is_auto(&p->spec->apparmor) && !(p->host->caps_effective >> CAP_MAC_ADMIN & 1) ? &rights : NULL;
}

static bool wants_selinux(const struct lw_plan *p)
{
	return p->spec->selinux.process || p->spec->selinux.mount;
}

static const struct lack *lacks_selinux(const struct lw_plan *p)
{
	static const struct lack kernel = { "SELinux is not enabled in this kernel", "use a system that runs SELinux" };
	return p->host->selinux == LW_SELINUX_OFF ? &kernel : NULL;
}

static int say_lack(struct lw_plan *p, const struct lack *lack, const struct lw_rec *rec, const char *key,
		    bool required, struct lw_err *err)
{
	if (!required) {
		lw_plan_note(p, "%s: %s: the label is not in force", key, lack->what);
		return 0;
	}
	lw_fail(err, -EOPNOTSUPP, "%s", lack->what);
	lw_err_hint(err, "%s, or required = false", lack->cure);
	lw_err_at(err, rec->origin);
	lw_err_in(err, "%s", key);
	return -EOPNOTSUPP;
}

static int load_profile(struct lw_plan *p)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	if (lw_apparmor_text(p->spec, OWN_PROFILE, &t) < 0)
		return -ENOMEM;
	return PLAN_OP(p, LW_OP_APPARMOR_LOAD, &p->spec->apparmor.rec, "apparmor",
		       .str = { OWN_PROFILE, lw_arena_strdup(p->arena, t.buf) });
}

int lw_stage_label_host(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	int r = 0;
	if (wants_apparmor(p) && lacks_apparmor(p))
		r = say_lack(p, lacks_apparmor(p), &s->apparmor.rec, "apparmor", s->apparmor.required, err);
	else if (wants_apparmor(p) && is_auto(&s->apparmor))
		r = load_profile(p);
	if (r < 0 || !wants_selinux(p))
		return r;
	if (lacks_selinux(p))
		return say_lack(p, lacks_selinux(p), &s->selinux.rec, "selinux", s->selinux.required, err);
	return strcmp(s->selinux.mcs, LW_SELINUX_AUTO) ? 0
						       : PLAN_OP(p, LW_OP_SELINUX_MCS, &s->selinux.rec, "selinux.mcs");
}

/* A type alone is one of the usual user and role. */
static const char *context(struct lw_plan *p, const char *label, const char *role)
{
	return strchr(label, ':') ? label : lw_arena_printf(p->arena, "system_u:%s:%s", role, label);
}

int lw_stage_label(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_apparmor *a = &p->spec->apparmor;
	const struct lw_selinux *l = &p->spec->selinux;
	const char *level = strcmp(l->mcs, LW_SELINUX_AUTO) ? l->mcs : NULL;
	int r = 0;
	(void)err;
	if (wants_apparmor(p) && !lacks_apparmor(p))
		r = PLAN_OP(p, LW_OP_APPARMOR, &a->rec, "apparmor", .str = { is_auto(a) ? OWN_PROFILE : a->profile });
	if (r < 0 || !wants_selinux(p) || lacks_selinux(p))
		return r;
	if (l->process)
		r = PLAN_OP(p, LW_OP_SELINUX, &l->rec, "selinux.process",
			    .str = { context(p, l->process, "system_r"), level });
	if (r >= 0 && l->mount)
		r = PLAN_OP(p, LW_OP_SELINUX_MOUNT, &l->rec, "selinux.mount",
			    .str = { context(p, l->mount, "object_r"), level });
	return r;
}
