/* dir.c: see dir.h. */
#include "base/dir.h"
#include <fcntl.h>
#include <string.h>
#include "base/cleanup.h"

DIR *lw_opendir_at(int at, const char *name)
{
	_cleanup_close_ int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (d)
		(void)TAKE_FD(fd);
	return d;
}

void lw_closedir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

bool lw_dot_name(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}
