/* hot_mount.h: binds of a sandbox that runs: one more, and one less. The recorded spec follows, so that `inspect` shows
 * what is there and a restart has it. */
#ifndef LW_HOT_MOUNT_H
#define LW_HOT_MOUNT_H

#include "host.h"
#include "record.h"

/* `text` is "SRC[:DST[:opt,opt]]", read-only unless rw is said. The source is opened and checked as at launch. */
int lw_hot_mount(struct lw_record *r, const struct lw_host *h, const char *called, const char *text,
		 struct lw_err *err);
/* Only what the profile names in `mounts` or what lw_hot_mount added. What is open in there stays open. */
int lw_hot_unmount(struct lw_record *r, const struct lw_host *h, const char *called, const char *destination,
		   struct lw_err *err);

#endif
