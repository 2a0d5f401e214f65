/* cgroup_io.c: limits on one block device for one cgroup: which device is meant, as the kernel numbers it, and what is
 * written where. Limits belong to whole disks: a partition, or a file or directory on one, stands for its disk.
 * Must not know specs and plans. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "cgroup.h"

/* "8:0" */
static int read_numbers(const char *text, dev_t *ret)
{
	unsigned major_number, minor_number;
	int end = 0;
	if (sscanf(text, "%u:%u%n", &major_number, &minor_number, &end) != 2 || text[end + strspn(text + end, "\n")])
		return -EINVAL;
	*ret = makedev(major_number, minor_number);
	return 0;
}

/* A partition's own directory in /sys lies in its disk's. */
static int whole_disk(dev_t *dev)
{
	char path[96];
	_cleanup_free_ char *text = NULL;
	size_t n;
	snprintf(path, sizeof path, "/sys/dev/block/%u:%u/partition", major(*dev), minor(*dev));
	int r = lw_read_file(path, 64, &text, &n);
	if (r < 0)
		return 0; /* a whole disk, or no /sys to ask: the kernel says what it thinks of it */
	free(TAKE_PTR(text));
	snprintf(path, sizeof path, "/sys/dev/block/%u:%u/../dev", major(*dev), minor(*dev));
	r = lw_read_file(path, 64, &text, &n);
	return r < 0 ? r : read_numbers(text, dev);
}

static int find_disk(const char *device, dev_t *ret, struct lw_err *err)
{
	struct stat st;
	int r = 0;
	if (*device != '/') {
		r = read_numbers(device, ret);
	} else if (stat(device, &st) < 0) {
		r = -errno;
	} else if (S_ISCHR(st.st_mode)) {
		r = -ENOTBLK;
	} else {
		*ret = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
		if (!major(*ret)) {
			lw_fail(err, -ENOTBLK, "'%s' is on no block device", device);
			lw_err_hint(err, "name the disk itself, /dev/NAME or MAJOR:MINOR; see findmnt -T");
			return -ENOTBLK;
		}
		r = whole_disk(ret);
	}
	return r < 0 ? lw_fail(err, r, "'%s': %s", device, strerror(-r)) : 0;
}

static const char files[LW_IO_LIMITS][40] = {
	[LW_IO_RBPS] = "blkio.throttle.read_bps_device",
	[LW_IO_WBPS] = "blkio.throttle.write_bps_device",
	[LW_IO_RIOPS] = "blkio.throttle.read_iops_device",
	[LW_IO_WIOPS] = "blkio.throttle.write_iops_device",
};
static const char keys[LW_IO_LIMITS][8] = { "rbps", "wbps", "riops", "wiops" };

/* What stands behind "8:0 " in a line of the file, in buf. */
static const char *line_of(const char *dir, const char *file, dev_t disk, char *buf, size_t size)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX], head[32];
	size_t n;
	snprintf(head, sizeof head, "%u:%u ", major(disk), minor(disk));
	if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path ||
	    lw_read_file(path, 65536, &text, &n) < 0)
		return NULL;
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (!strncmp(p, head, strlen(head))) {
			p += strlen(head);
			snprintf(buf, size, "%.*s", (int)strcspn(p, "\n"), p);
			return buf;
		}
	return NULL;
}

int lw_cgroup_io_get(const char *dir, int version, const char *device, int64_t ret[LW_IO_LIMITS], struct lw_err *err)
{
	char buf[256];
	dev_t disk;
	int r = find_disk(device, &disk, err);
	for (int i = 0; i < LW_IO_LIMITS && r >= 0; i++) {
		const char *line = line_of(dir, version == 1 ? files[i] : "io.max", disk, buf, sizeof buf);
		const char *at = line && version == 2 ? strstr(line, keys[i]) : line;
		if (at && version == 2)
			at += strlen(keys[i]) + 1;
		/* "max" is no number: 0. */
		ret[i] = at ? strtoll(at, NULL, 10) : 0;
		ret[i] = ret[i] > 0 ? ret[i] : -1;
	}
	return r;
}

int lw_cgroup_io(const char *dir, int version, const char *device, const int64_t limit[LW_IO_LIMITS],
		 struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text line = { 0 };
	dev_t disk;
	int r = find_disk(device, &disk, err);
	for (int i = 0; i < LW_IO_LIMITS && r >= 0; i++) {
		if (!limit[i])
			continue;
		if (version == 1) {
			char value[64];
			snprintf(value, sizeof value, "%u:%u %" PRId64, major(disk), minor(disk),
				 limit[i] < 0 ? 0 : limit[i]);
			r = lw_cgroup_set(dir, files[i], value, err);
		} else if (limit[i] < 0) {
			lw_text_addf(&line, " %s=max", keys[i]);
		} else {
			lw_text_addf(&line, " %s=%" PRId64, keys[i], limit[i]);
		}
	}
	if (r >= 0 && version == 2) {
		char value[160];
		snprintf(value, sizeof value, "%u:%u%s", major(disk), minor(disk), line.buf ? line.buf : "");
		r = line.failed ? lw_fail(err, -ENOMEM, "out of memory") : lw_cgroup_set(dir, "io.max", value, err);
	}
	if (r == -ENODEV || r == -ENXIO)
		lw_err_hint(err, "limits can be set on whole disks that take requests; see lsblk");
	return r;
}
