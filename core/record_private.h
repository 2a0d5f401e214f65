/* record_private.h: what record.c (one record) and record_registry.c (all of them) share. */
#ifndef LW_RECORD_PRIVATE_H
#define LW_RECORD_PRIVATE_H

#include "record.h"

#define LW_RECORD_SANDBOXES "sandboxes"
#define LW_RECORD_NAMES "names"
#define LW_RECORD_LOCK "lock"

/* A descriptor to read the directory by, or negative errno. */
int lw_record_dir(int at, const char *name, bool make);
bool lw_record_is_id(const char *s);
/* The id behind a name: 1, 0 there is none, or negative errno. */
int lw_record_id_of(int state_fd, const char *name, char id[static 65]);
int lw_record_open(int state_fd, const char *id, struct lw_record *ret);

#endif
