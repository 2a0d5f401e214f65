/* fuzz_record.c: a record.json of whatever content, below a state directory: everything that is read of a sandbox must
 * come to an answer, and no process but those that start when the record says may be taken for its own. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "box/box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIR "sandboxes/" ID

static void require(int holds)
{
	if (!holds)
		abort();
}

static int state = -1;
static char path[] = "/tmp/lunward-fuzz.XXXXXX";

static void leave(void)
{
	unlinkat(state, DIR "/record.json", 0);
	unlinkat(state, DIR "/lock", 0);
	unlinkat(state, DIR, AT_REMOVEDIR);
	unlinkat(state, "sandboxes", AT_REMOVEDIR);
	rmdir(path);
}

static void enter(void)
{
	require(mkdtemp(path) != NULL);
	state = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(state >= 0 && mkdirat(state, "sandboxes", 0700) == 0 && mkdirat(state, DIR, 0700) == 0);
	atexit(leave);
}

static int look(void *arg, struct lw_record *r)
{
	static const char *const states[] = { "created", "running", "paused", "stopped", "failed" };
	_cleanup_free_ struct lw_process *v = NULL;
	struct lw_box_stats stats;
	size_t n = 0, known = 0;
	int fd = -1;
	pid_t pid = 0;
	*(int *)arg += 1;
	/* Nobody holds its lock, whatever it says. */
	const char *now = lw_record_state(r);
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		known += !strcmp(now, states[i]);
	require(known == 1 && !lw_record_runs(r));
	require(lw_record_name(r) != NULL);
	if (lw_record_process(r, "command", &pid, &fd) >= 0)
		require(lw_process_start(pid) ==
			(uint64_t)json_integer_value(json_object_get(json_object_get(r->data, "command"), "start")));
	lw_close_p(&fd);
	const char *dir = lw_record_cgroup(r, NULL);
	require(!dir || (strlen(dir) > 64 && !strcmp(dir + strlen(dir) - 64, ID)));
	dir = lw_record_freezer(r);
	require(!dir || !strcmp(dir + strlen(dir) - 64, ID));
	if (lw_record_processes(r, &v, &n) >= 0)
		require(n > 0);
	lw_box_stats(r, &stats);
	require(stats.tasks == -1 && stats.memory == -1);
	json_auto_t *o = lw_box_inspect(r);
	require(json_is_object(o) && json_is_null(json_object_get(o, "pid")));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lw_record one = LW_RECORD_NONE;
	struct lw_err err = { 0 };
	int seen = 0;
	if (size > 65536)
		return 0;
	if (state < 0)
		enter();
	_cleanup_close_ int fd = openat(state, DIR "/record.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	require(fd >= 0 && lw_write_full(fd, data, size) >= 0);
	require(lw_record_each(state, look, &seen) == 0 && seen == 1);
	require(lw_record_find(state, "0123", &one, &err) == 0);
	lw_record_done(&one);
	require(lw_record_find(state, "no such", &one, &err) == -ENOENT && err.msg[0]);
	return 0;
}
