/* host_features.h: what may be asked of a host by name: host.has in profiles, lw.host.has in scripts. */
#ifndef LW_HOST_FEATURES_H
#define LW_HOST_FEATURES_H

#include "host.h"

/* NULL-terminated, in alphabetical order. */
extern const char *const lw_host_features[];
/* False: there is no such feature; else *ret says whether this host has it. */
bool lw_host_has(const struct lw_host *h, const char *name, bool *ret);

#endif
