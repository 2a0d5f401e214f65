/* child_time.h: see child_time.c; private to child.c. */
#ifndef LW_CHILD_TIME_H
#define LW_CHILD_TIME_H

/* Makes a time namespace for what is forked or executed next, with these lines for timens_offsets; 0 or negative errno.
 */
int lw_child_time(const char *lines);

#endif
