/* networks_lease.c: who has which address of a network: one byte for each in NAME.leases, locked by whoever has it.
 * There is nothing to repair after a crash. Byte 0, no sandbox's address, is the lock on the network itself. The file's
 * contents are only a hint: which address was given last, so that one is not soon given again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "networks_private.h"

#define FIRST 2                 /* 0 is the subnet's, 1 the bridge's */
#define INET6_BYTES (1LL << 40) /* where IPv6 begins: an address of each family may be the same one of its subnet */
#define INET6_LAST 65535

static int lock(int fd, int how, short type, off_t start, off_t n)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = n };
	int r;

	do
		r = fcntl(fd, how, &l);
	while (r < 0 && errno == EINTR);
	return r == 0 ? 0 : errno == EACCES ? -EAGAIN : -errno;
}

/* The name is still this file's: whoever takes a network away takes the file with it. */
static bool is_there(int dir, const char *file, int fd)
{
	struct stat a, b;
	return fstat(fd, &a) == 0 && fstatat(dir, file, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

int lw_leases_open(int dir, const char *name, bool alone, int *ret_fd, struct lw_err *err)
{
	char file[LW_NETWORK_NAME_MAX + 8];

	snprintf(file, sizeof file, "%s.leases", name);
	for (;;) {
		_cleanup_close_ int fd =
			openat(dir, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
		int r = fd < 0 ? -errno : lock(fd, F_OFD_SETLKW, alone ? F_WRLCK : F_RDLCK, 0, 1);
		if (r < 0)
			return lw_fail(err, r, "networks/%s: %s", file, strerror(-r));
		if (is_there(dir, file, fd)) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
	}
}

void lw_leases_unlock(int fd)
{
	lock(fd, F_OFD_SETLK, F_UNLCK, 0, 1);
}

void lw_leases_give_back(int fd)
{
	lock(fd, F_OFD_SETLK, F_UNLCK, 1, 0);
}

unsigned lw_leases_used(int fd, unsigned enough)
{
	unsigned n = 0;

	/* IPv4; behind it IPv6, for networks that have nothing else. */
	for (int six = 0; six < 2 && !n; six++)
		for (off_t at = six ? INET6_BYTES : 1; n < enough; n++) {
			struct flock l = { .l_type = F_WRLCK,
					   .l_whence = SEEK_SET,
					   .l_start = at,
					   .l_len = six ? 0 : INET6_BYTES - at };
			if (fcntl(fd, F_OFD_GETLK, &l) < 0 || l.l_type == F_UNLCK)
				break;
			at = l.l_start + (l.l_len ? l.l_len : 1);
		}
	return n;
}

static off_t byte_of(const struct lw_ip *ip)
{
	return (ip->family == AF_INET6 ? INET6_BYTES : 0) + (off_t)lw_ip_index(ip);
}

/* The index may be a sandbox's. */
static bool is_free_of_meaning(const struct lw_ip *subnet, uint32_t i)
{
	return i >= FIRST && i != UINT32_MAX && (subnet->family == AF_INET6 || i < lw_ip_count(subnet) - 1);
}

static int refuse(const struct lw_named_network *n, const struct lw_ip *ip, const char *why, struct lw_err *err)
{
	char text[LW_IP_MAX], subnets[2][LW_IP_MAX];

	lw_fail(err, -EADDRNOTAVAIL, "the address %s %s", lw_ip_format(ip, text), why);
	lw_err_hint(err, "network \"%s\" has %s%s%s", n->name, lw_ip_format(&n->subnet[0], subnets[0]),
		    n->subnet[0].family && n->subnet[1].family ? " and " : "", lw_ip_format(&n->subnet[1], subnets[1]));
	return -EADDRNOTAVAIL;
}

static int take_fixed(int fd, const struct lw_named_network *n, const struct lw_ip *want, struct lw_ip *ret,
		      struct lw_err *err)
{
	const struct lw_ip *subnet = &n->subnet[want->family == AF_INET6];
	struct lw_ip ip = *want;
	char text[LW_IP_MAX];

	if (!subnet->family || !lw_ip_within(subnet, want) ||
	    (want->prefix != lw_ip_width(want->family) && want->prefix != subnet->prefix))
		return refuse(n, want, "is not in the network", err);
	ip.prefix = subnet->prefix;
	if (!is_free_of_meaning(subnet, lw_ip_index(&ip)))
		return refuse(n, want, "is no sandbox's: the subnet's, the bridge's or for all", err);
	int r = lock(fd, F_OFD_SETLK, F_WRLCK, byte_of(&ip), 1);
	if (r == -EAGAIN)
		return lw_fail(err, -EADDRINUSE, "the address %s of network \"%s\" is another sandbox's",
			       lw_ip_format_host(&ip, text), n->name);
	if (r < 0)
		return lw_fail(err, r, "networks/%s.leases: %s", n->name, strerror(-r));
	*ret = ip;
	return 0;
}

static uint32_t hint(int fd)
{
	uint32_t v = 0;
	return pread(fd, &v, sizeof v, 0) == sizeof v ? v : 0;
}

/* The next one that is free in every subnet that has none yet; 1: this index is not. */
static int try_index(int fd, const struct lw_named_network *n, uint32_t i, struct lw_ip ret[static 2])
{
	struct lw_ip got[2] = { ret[0], ret[1] };

	for (int k = 0; k < 2; k++) {
		if (!n->subnet[k].family || ret[k].family)
			continue;
		got[k] = lw_ip_nth(&n->subnet[k], i);
		int r = lock(fd, F_OFD_SETLK, F_WRLCK, byte_of(&got[k]), 1);
		if (r < 0 && k && !ret[0].family && got[0].family)
			lock(fd, F_OFD_SETLK, F_UNLCK, byte_of(&got[0]), 1);
		if (r < 0)
			return r == -EAGAIN ? 1 : r;
	}
	memcpy(ret, got, sizeof got);
	return 0;
}

int lw_leases_take(int fd, const struct lw_named_network *n, const struct lw_network_want *want,
		   struct lw_ip ret[static 2], struct lw_err *err)
{
	struct lw_ip got[2] = { { 0 }, { 0 } };
	const struct lw_ip *scarce = n->subnet[0].family ? &n->subnet[0] : &n->subnet[1];
	uint32_t last = scarce->family == AF_INET6 ? INET6_LAST : lw_ip_count(scarce) - 2, start = hint(fd);
	char text[LW_IP_MAX];
	int r = 0;

	for (int k = 0; k < 2 && r >= 0; k++)
		if (want->fixed[k].family)
			r = take_fixed(fd, n, &want->fixed[k], &got[k], err);
	if (r < 0)
		return r;
	bool more = (n->subnet[0].family && !got[0].family) || (n->subnet[1].family && !got[1].family);
	/* A fixed IPv4 address has an IPv6 one of the same number, where that is free. */
	if (more && got[0].family && try_index(fd, n, lw_ip_index(&got[0]), got) == 0)
		more = false;
	if (start < FIRST || start > last)
		start = FIRST - 1;
	r = more ? 1 : 0;
	for (uint32_t tried = 0, i = start; r > 0 && tried < last - FIRST + 1; tried++) {
		i = i >= last ? FIRST : i + 1;
		r = try_index(fd, n, i, got);
		if (r == 0 && pwrite(fd, &i, sizeof i, 0) < 0)
			r = -errno;
	}
	if (r > 0) {
		lw_fail(err, -ENOSPC, "network \"%s\" has no free address left in %s", n->name,
			lw_ip_format(scarce, text));
		lw_err_hint(err, "end sandboxes on it, or make a network with a larger subnet");
		return -ENOSPC;
	}
	if (r < 0)
		return lw_fail(err, r, "networks/%s.leases: %s", n->name, strerror(-r));
	memcpy(ret, got, sizeof got);
	return 0;
}
