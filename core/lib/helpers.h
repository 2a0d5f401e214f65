/* helpers.h: where the programs are that a library needs beside it. */
#ifndef LW_LIB_HELPERS_H
#define LW_LIB_HELPERS_H

#include <limits.h>
#include "host.h"

/* The path of `name`: in the directory that the host was probed with, or beside the library, where it was installed
 * with it, or where everything was to be installed. -ENOENT tells all of them. */
int lw_helper_find(const struct lw_host *h, const char *name, char ret[static PATH_MAX], struct lw_err *err);

#endif
