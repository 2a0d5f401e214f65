/* safepath.h: the only code that opens or mounts by path (SECURITY: most container escapes were a path resolved twice
 * or through a link). Inside a root every path is resolved once, to a descriptor, by openat2(2) that cannot leave the
 * root nor follow magic links; what is missing is created component by component without following anything; mounts
 * go onto descriptors. No allocation, raw system calls only: both sides of clone use it. */
#ifndef LW_SAFEPATH_H
#define LW_SAFEPATH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Flags of lw_safe_target. */
#define LW_SAFE_DIR 1        /* the target is to be a directory; else a regular file */
#define LW_SAFE_NO_SYMLINK 2 /* no component may be a symbolic link (/proc, /sys, /dev: CVE-2019-19921) */
#define LW_SAFE_EXISTING 4   /* do not create */

/* Opens a host path with O_PATH, following ordinary links, never magic ones (/proc/PID/fd/…, /proc/PID/root). */
int lw_safe_open_host(const char *path);
/* Opens a namespace of the host: a file of /proc/PID/ns or one bound elsewhere. -EINVAL when it is not a namespace. */
int lw_safe_open_namespace(const char *path);
/* An O_PATH descriptor of a path as the process (pid and pidfd) sees it, links resolved within its root. */
int lw_safe_open_of_process(pid_t pid, int pidfd, const char *path);
/* safepath_child.c: an O_PATH descriptor of a path in this process's root. Links are followed only where they lie in
 * something read-only, or in a file system that this launch made (descriptors in it, or -1); -ELOOP elsewhere. */
int lw_safe_open_settled(const char *path, const int fresh[static 2]);
/* An O_PATH descriptor of `path` inside rootfd, created (directories 0755, files 0644, or `mode` for the last
 * component) where missing. The path is resolved as if rootfd were "/". */
int lw_safe_target(int rootfd, const char *path, int flags, uint32_t mode);
/* Creates a regular file exclusively inside rootfd and returns it open for writing. */
int lw_safe_create(int rootfd, const char *path, uint32_t mode);
/* A link with that target; one that is there already is left. */
int lw_safe_symlink(int rootfd, const char *path, const char *target);
/* Opens what an O_PATH descriptor stands for, by way of /proc. */
int lw_safe_reopen(int fd, int flags);
/* Opens a regular file inside rootfd for reading. Anything else is not opened at all: some devices act on that alone
 * (/dev/watchdog), and a FIFO lets a writer go on. */
int lw_safe_open_read(int rootfd, const char *path);
/* Opens a file of the proc file system at procfd (an own, detached or verified mount) for writing: beneath it, no
 * links, no other mount on top (CVE-2025-52881). */
int lw_safe_open_proc(int procfd, const char *path, int flags);
/* A detached copy of the tree at fd with attributes (MOUNT_ATTR_*) set on all of it; private, unless a slave. */
#define LW_TREE_RECURSIVE 1
#define LW_TREE_SLAVE 2
int lw_safe_tree(int fd, uint64_t attributes, int flags);
/* safepath_hot.c: the detached tree goes onto `path` of a root where others are at work; a missing place is made.
 * *ret_attaching: whether it was the mounting that failed. */
int lw_safe_attach(int rootfd, const char *path, int tree, int *ret_attaching);
/* Takes away the mount whose top is at `path`, -EINVAL when there is none. proc_fds: /proc/self/fd of a /proc that
 * nobody there can change; becomes the working directory. */
int lw_safe_detach(int rootfd, const char *path, int proc_fds);
/* A new, detached file system. options: "key=value,flag,…"; context=, whose value may hold commas, is the last. */
int lw_safe_new_fs(const char *type, const char *options, uint64_t attributes);
/* Opens for reading what an O_PATH descriptor is on, a regular file or a directory; nothing else (-EINVAL). */
int lw_safe_open_again(int fd);
/* A device node of the host, which must be one and no link. */
int lw_safe_open_device(const char *path, int flags);
/* Reads a file of at most max bytes below the directory `root` of the host, as lw_safe_open_read; malloc'ed. */
int lw_safe_read_in_root(const char *root, const char *path, size_t max, char **ret, size_t *ret_len);

#endif
