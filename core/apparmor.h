/* apparmor.h: an AppArmor profile made from a spec, as text (apparmor.c). Nothing is loaded here. */
#ifndef LW_APPARMOR_H
#define LW_APPARMOR_H

#include "base/text.h"
#include "spec.h"

/* What `apparmor = "auto"` of a sandbox is called while it runs. */
#define LW_APPARMOR_PREFIX "lunward-"

/* Is `rule` one rule of apparmor.d(5), without its comma, that stays within the profile it is put into? */
int lw_apparmor_rule_check(const char *rule, struct lw_err *err);
/* The text of the profile: 0 or -ENOMEM. */
int lw_apparmor_text(const struct lw_spec *s, const char *name, struct lw_text *t);

#endif
