/* proc_masks.h: the default masked and read-only paths, and what only root may read of the host view. Data only. */
#ifndef LW_TABLES_PROC_MASKS_H
#define LW_TABLES_PROC_MASKS_H

#include <stddef.h>

extern const char *const lw_masked_paths[];     /* NULL-terminated; masked whatever the ids are */
extern const char *const lw_masked_root_only[]; /* files of mode 0400 root: masked when host uid 0 is mapped or the
						 * user namespace is the host's; unreadable without that anyway */
extern const char *const lw_masked_init[];      /* what the proc file system tells about our init to anybody who asks */
extern const char *const lw_readonly_paths[];
extern const char *const lw_host_secrets[]; /* of the host view, masked when host uid 0 is mapped */

#endif
