/* child_nodes.h: the device nodes that a path of the host stands for. Raw system calls, no allocation: both sides of
 * clone walk the same way, the host side for the device controller's rules, the child to bind them. */
#ifndef LW_CHILD_NODES_H
#define LW_CHILD_NODES_H

#include <sys/stat.h>

/* fd: the node, O_PATH; below: its name below the path walked, "/seq", or "" for the path itself. Non-zero ends the
 * walk.
 */
typedef int lw_node_fn(void *arg, int fd, const char *below, const struct stat *st);
/* The node at `path`, or those in the directory there and in the directories below it on the same file system: links
 * are passed over. -ENODEV when path is neither a node nor a directory. */
int lw_nodes_walk(const char *path, lw_node_fn *fn, void *arg);

#endif
