/* spec_limits.c: what the values of `limits` must be by themselves: lists of processors, block devices and the limits
 * on them. What they must be to each other is spec_check.c's. */
#include <stdio.h>
#include <string.h>
#include "cpulist.h"
#include "spec_codec.h"

int lw_check_cpuset(const char *v, struct lw_err *err)
{
	struct lw_cpulist list;
	int n = lw_cpulist_parse(v, &list);

	if (n == -ERANGE)
		return lw_codec_fail(err, "out of range: processors are 0 to %d", LW_CPULIST_MAX - 1);
	if (n < 0 || strchr(v, '\n')) {
		lw_codec_fail(err, "not a list of processors: \"%.80s\"", v);
		lw_err_hint(err, "write numbers and ranges, \"0-3,8\"");
		return -EINVAL;
	}
	return 0;
}

int lw_check_block_device(const char *v, struct lw_err *err)
{
	unsigned major_number, minor_number;
	int end = 0;

	if (*v == '/' || (sscanf(v, "%4u:%7u%n", &major_number, &minor_number, &end) == 2 && !v[end]))
		return 0;
	lw_codec_fail(err, "not a block device: \"%.80s\"", v);
	lw_err_hint(err, "write an absolute path, /dev/NAME, or its numbers, \"8:0\"");
	return -EINVAL;
}

int lw_io_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	const struct lw_io *io = rec;

	(void)s;
	if (!io->device)
		return lw_codec_fail(err, "needs a device");
	if (!io->rbps && !io->wbps && !io->riops && !io->wiops) {
		lw_codec_fail(err, "no limit on \"%.120s\"", io->device);
		lw_err_hint(err, "give rbps, wbps, riops or wiops");
		return -EINVAL;
	}
	return 0;
}
