/* fuzz_rolled.c: the lines of events and logs, whatever a crash has made of them. The input is the newer file; what
 * follows its first zero byte, the older. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "events.h"
#include "rolled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void put(int dir, const char *name, const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = openat(dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/lunward-fuzz-XXXXXX";
	const struct lw_event_filter filter = { INT64_MIN + 1, INT64_MAX, "box" };
	struct lw_rolled_reader r;
	const char *line;
	size_t n,
		newer = size && memchr(data, 0, size) ? (size_t)((const uint8_t *)memchr(data, 0, size) - data) : size;
	require(mkdtemp(path) != NULL);
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(dir, "f", data, newer);
	put(dir, "f.1", data + newer, size - newer);
	require(lw_rolled_begin(&r, dir, "f", 1) == 0);
	int more;
	while ((more = lw_rolled_next(&r, &line, &n)) > 0) {
		require(!memchr(line, '\n', n) && n < LW_ROLLED_LINE);
		json_t *o = lw_rolled_object(line, n);
		require(!o || json_is_object(o));
		if (o)
			(void)lw_event_passes(o, &filter);
		json_decref(o);
	}
	require(more == 0);
	lw_rolled_end(&r);
	require(!unlinkat(dir, "f", 0) && !unlinkat(dir, "f.1", 0) && !rmdir(path));
	return 0;
}
