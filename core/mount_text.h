/* mount_text.h: the one-string forms people know, "SRC[:DST[:opt,opt]]", as raw spec objects; used by the profile
 * language's constructors and by -v, --tmpfs and --device alike. */
#ifndef LW_MOUNT_TEXT_H
#define LW_MOUNT_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include "base/err.h"

/* All: a new reference, or NULL with err. Nothing is looked up and `~` is not expanded; paths with ':' need the table
 * form. An unknown option is an error that names the nearest one; so is one that repeats or contradicts another. */

/* "SRC[:DST[:opt,opt]]". SRC alone is its own destination; a relative one starts at `basedir` (absolute; may be NULL).
 * Options: ro rw nosuid suid nodev dev noexec exec idmap chown|U optional private slave. `writable` is the default (a
 * profile's bind is read-only, -v is read-write), and is always written out. */
json_t *lw_bind_from_text(const char *text, const char *basedir, bool writable, struct lw_err *err);
/* "LOWER[:DST[:upper=/DIR,work=/DIR | size=16M,inodes=1000]]", likewise; writable by default. */
json_t *lw_overlay_from_text(const char *text, const char *basedir, struct lw_err *err);
/* "/tmp:size=16M,mode=1777": size mode inodes|nr_inodes uid gid, ro rw nosuid suid nodev dev noexec exec. */
json_t *lw_tmpfs_from_text(const char *text, struct lw_err *err);
/* "/proc[:hidepid=invisible,subset=pid]" */
json_t *lw_proc_from_text(const char *text, struct lw_err *err);
/* "/dev/snd[:DST[:rwm]]" or "/dev/snd:rwm". {path, source, access}, the latter two only when given. */
json_t *lw_device_from_text(const char *text, struct lw_err *err);
/* Lexical normalisation: absolute, no "." ".." "//" or trailing "/"; ".." stops at the root. malloc'ed; NULL with errno
 * EINVAL (empty, or relative without an absolute basedir) or ENOMEM. */
char *lw_path_normalise(const char *path, const char *basedir);

#endif
