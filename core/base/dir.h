/* dir.h: the names in a directory that is known by descriptor. */
#ifndef LW_BASE_DIR_H
#define LW_BASE_DIR_H

#include <dirent.h>
#include <stdbool.h>

/* A stream of its own of the directory `name` in `at` ("." is `at` itself), no link followed; NULL and errno. */
DIR *lw_opendir_at(int at, const char *name);
/* For _cleanup_(). */
void lw_closedir_p(DIR **d);
/* "." and "..". */
bool lw_dot_name(const char *name);

#endif
