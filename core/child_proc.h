/* child_proc.h: see child_proc.c; private to the child side of clone. */
#ifndef LW_CHILD_PROC_H
#define LW_CHILD_PROC_H

/* Opens a file of this process in /proc, "self/NAME"; a descriptor or negative errno, -ENODEV when /proc is something
 * else. */
int lw_child_proc(const char *path, int flags);

#endif
