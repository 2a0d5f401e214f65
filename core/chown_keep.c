/* chown_keep.c: the kernel clears set-user-ID and set-group-ID bits and removes security.capability when the owner of a
 * file changes, root or not (chown(2)); here they are put back. ACLs and other attributes stay by themselves.
 * Everything goes by descriptor: chmod and xattr calls take none that is O_PATH, but its name in /proc/self/fd. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "chown_keep.h"

#define CAPABILITY "security.capability"

struct caps {
	ssize_t size; /* 0: none */
	struct vfs_ns_cap_data data;
};

static int read_caps(const char *link, struct caps *ret)
{
	ret->size = getxattr(link, CAPABILITY, &ret->data, sizeof ret->data);
	if (ret->size >= 0)
		return 0;
	ret->size = 0;
	return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
}

/* Revision 3 says whose root they count for; revision 2 means the host's, which would make the file a key to the host
 * in the hands of its new owner. */
static int write_caps(const char *link, struct caps *c, uint32_t (*cap_root)(void *arg, uint32_t root), void *arg)
{
	uint32_t magic = le32toh(c->data.magic_etc), revision = magic & VFS_CAP_REVISION_MASK;
	if (revision == VFS_CAP_REVISION_2 || revision == VFS_CAP_REVISION_3) {
		uint32_t root = cap_root(arg, revision == VFS_CAP_REVISION_3 ? le32toh(c->data.rootid) : 0);
		magic = (magic & ~(uint32_t)VFS_CAP_REVISION_MASK) | (root ? VFS_CAP_REVISION_3 : VFS_CAP_REVISION_2);
		c->data.magic_etc = htole32(magic);
		c->data.rootid = htole32(root);
		c->size = root ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2;
	}
	return setxattr(link, CAPABILITY, &c->data, (size_t)c->size, 0) < 0 ? -errno : 0;
}

int lw_chown_keep(int fd, const struct stat *st, uint32_t uid, uint32_t gid, bool rights,
		  uint32_t (*cap_root)(void *arg, uint32_t root), void *arg)
{
	struct caps caps = { 0 };
	struct stat now;
	char link[40];
	int r = 0;
	rights = rights && S_ISREG(st->st_mode);
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (rights)
		r = read_caps(link, &caps);
	if (r < 0)
		return r;
	if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (rights && (st->st_mode & (S_ISUID | S_ISGID))) {
		if (fstat(fd, &now) < 0)
			return -errno;
		if (now.st_mode != st->st_mode && chmod(link, st->st_mode & 07777) < 0)
			return -errno;
	}
	return caps.size ? write_caps(link, &caps, cap_root, arg) : 0;
}
