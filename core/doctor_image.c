/* doctor_image.c: can the kernel mount images of this file system? (row->text) */
#include <string.h>
#include "base/cleanup.h"
#include "doctor_probes.h"
#include "safepath.h"
#include "sys.h"

PROBE(image)
{
	if (!h->privileged) {
		lw_probe_say(r, "for root only");
		return 1;
	}
	_cleanup_close_ int fs = (int)SYS(fsopen, row->text, FSOPEN_CLOEXEC);
	if (fs == -ENODEV)
		lw_probe_say(r, "this kernel does not know it");
	if (fs < 0)
		return fs;
	/* Since Linux 6.12 erofs reads a file by itself. */
	if (!strcmp(row->text, "erofs") && h->kernel_major * 100 + h->kernel_minor >= 612)
		return 0;
	_cleanup_close_ int loop = lw_safe_open_device("/dev/loop-control", O_RDWR);
	if (loop < 0)
		lw_probe_say(r, "/dev/loop-control: %s", strerror(-loop));
	return loop < 0 ? loop : 0;
}
