/* stats.c: what a sandbox uses, read from its cgroups and, where it has none for something, from its processes. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "box/box.h"
#include "cgroup.h"

#define UNLIMITED INT64_C(0x7ffffffffffff000) /* of version 1: from here on it is no limit */

const char *const lw_box_resource_names[LW_BOX_RESOURCES] = { "cpu", "memory", "io" };

static char *read_in(const char *dir, const char *file)
{
	char path[4096], *text = NULL;
	size_t n;
	if (!dir || snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path ||
	    lw_read_file(path, 1 << 20, &text, &n) < 0)
		return NULL;
	return text;
}

/* Of the file of version 2, or else of version 1. */
static int64_t number(const char *dir, const char *v2, const char *v1)
{
	int64_t n;
	if (!dir || (lw_cgroup_get(dir, v2, &n) < 0 && (!v1 || lw_cgroup_get(dir, v1, &n) < 0)))
		return -1;
	return n >= UNLIMITED ? -1 : n;
}

static void read_cpu(const struct lw_record *r, const struct lw_process *v, size_t n, struct lw_box_stats *s)
{
	const char *cpu = lw_record_cgroup(r, "cpu");
	cpu = cpu ? cpu : lw_record_cgroup(r, NULL);
	int64_t used;
	s->cpu_source = "cgroup";
	if (cpu && lw_cgroup_get_key(cpu, "cpu.stat", "usage_usec", &used) >= 0) {
		s->cpu_usec = used;
	} else if (cpu && lw_cgroup_get(cpu, "cpuacct.usage", &used) >= 0) {
		s->cpu_usec = used / 1000;
	} else if (n) {
		/* Whoever is gone was waited for by somebody who is not: in the end by the init. */
		uint64_t ticks = 0;
		for (size_t i = 0; i < n; i++)
			ticks += v[i].ticks;
		s->cpu_usec = (int64_t)(ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
		s->cpu_source = "processes";
	}
}

static void read_tasks(const struct lw_record *r, const struct lw_process *v, size_t n, struct lw_box_stats *s)
{
	const char *pids = lw_record_cgroup(r, "pids");
	pid_t init = n ? v[0].pid : 0;
	const json_t *command = json_object_get(r->data, "command");
	int64_t tasks = 0;
	/* Not the init, unless it is the command itself. */
	bool apart = json_integer_value(json_object_get(command, "pid")) != init;
	s->processes = (int64_t)n - (n && apart);
	for (size_t i = apart; i < n; i++)
		tasks += v[i].threads;
	s->tasks = pids ? number(pids, "pids.current", NULL) : tasks;
	s->tasks_limit = number(pids, "pids.max", NULL);
}

static void read_memory(const struct lw_record *r, struct lw_box_stats *s)
{
	const char *memory = lw_record_cgroup(r, "memory");
	s->memory = number(memory, "memory.current", "memory.usage_in_bytes");
	s->memory_peak = number(memory, "memory.peak", "memory.max_usage_in_bytes");
	s->memory_limit = number(memory, "memory.max", "memory.limit_in_bytes");
	s->swap = number(memory, "memory.swap.current", NULL);
	int64_t both = s->swap < 0 ? number(memory, "memory.memsw.usage_in_bytes", NULL) : -1;
	if (both >= 0 && s->memory >= 0)
		s->swap = both > s->memory ? both - s->memory : 0;
}

/* --- block devices --- */

static void add(int64_t *sum, int64_t n)
{
	*sum = (*sum < 0 ? 0 : *sum) + n;
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0", a disk a line. */
static void read_io_2(const char *text, struct lw_box_stats *s)
{
	const struct {
		const char *key;
		int64_t *sum;
	} keys[] = { { " rbytes=", &s->io_read },
		     { " wbytes=", &s->io_written },
		     { " rios=", &s->io_reads },
		     { " wios=", &s->io_writes } };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		*keys[i].sum = 0;
		for (const char *p = text; (p = strstr(p, keys[i].key));) {
			p += strlen(keys[i].key);
			add(keys[i].sum, strtoll(p, NULL, 10));
		}
	}
}

/* "8:0 Read 1", a disk and kind a line, then "Total 3". */
static void read_io_1(const char *text, int64_t *reads, int64_t *writes)
{
	*reads = *writes = 0;
	for (const char *p = text; (p = strstr(p, " Read "));)
		add(reads, strtoll(p += 6, NULL, 10));
	for (const char *p = text; (p = strstr(p, " Write "));)
		add(writes, strtoll(p += 7, NULL, 10));
}

static void read_io(const struct lw_record *r, struct lw_box_stats *s)
{
	const char *io = lw_record_cgroup(r, "io");
	io = io ? io : lw_record_cgroup(r, NULL);
	_cleanup_free_ char *stat = read_in(io, "io.stat");
	_cleanup_free_ char *bytes = stat ? NULL : read_in(io, "blkio.throttle.io_service_bytes");
	_cleanup_free_ char *times = stat ? NULL : read_in(io, "blkio.throttle.io_serviced");
	if (stat)
		read_io_2(stat, s);
	if (bytes)
		read_io_1(bytes, &s->io_read, &s->io_written);
	if (times)
		read_io_1(times, &s->io_reads, &s->io_writes);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static void read_pressure(const struct lw_record *r, struct lw_box_stats *s)
{
	static const char *const files[] = { "cpu.pressure", "memory.pressure", "io.pressure" };
	for (int i = 0; i < LW_BOX_RESOURCES; i++) {
		struct lw_box_pressure *p = &s->pressure[i];
		_cleanup_free_ char *text = read_in(lw_record_cgroup(r, NULL), files[i]);
		const char *some = text ? strstr(text, "some ") : NULL, *full = text ? strstr(text, "full ") : NULL;
		*p = (struct lw_box_pressure){ -1, -1, -1, -1 };
		if (some)
			sscanf(some, "some avg10=%lf avg60=%*f avg300=%*f total=%" SCNd64, &p->some_avg10,
			       &p->some_usec);
		if (full)
			sscanf(full, "full avg10=%lf avg60=%*f avg300=%*f total=%" SCNd64, &p->full_avg10,
			       &p->full_usec);
	}
}

/* Counted by the command's network namespace; the command is held meanwhile, so that it is its and not another's. */
static void read_net(const struct lw_record *r, struct lw_box_stats *s)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	char path[48];
	size_t n;
	pid_t pid = 0;
	if (lw_record_process(r, "command", &pid, &fd) < 0 || !lw_process_apart(pid, "net", NULL))
		return;
	snprintf(path, sizeof path, "/proc/%d/net/dev", (int)pid);
	struct pollfd ended = { .fd = fd, .events = POLLIN };
	if (lw_read_file(path, 1 << 20, &text, &n) < 0 || poll(&ended, 1, 0) != 0)
		return;
	s->net_received = s->net_sent = s->net_received_packets = s->net_sent_packets = 0;
	for (char *colon = text; (colon = strchr(colon, ':')); colon++) {
		/* receive: bytes packets errs drop fifo frame compressed multicast; transmit: bytes packets ... */
		int64_t v[10];
		char *name = colon, *end = colon + 1;
		while (name > text && !strchr("\n ", name[-1]))
			name--;
		for (size_t i = 0; i < ARRAY_LEN(v); i++)
			v[i] = strtoll(end, &end, 10);
		if (!strncmp(name, "lo:", 3))
			continue;
		s->net_received += v[0];
		s->net_received_packets += v[1];
		s->net_sent += v[8];
		s->net_sent_packets += v[9];
	}
}

void lw_box_stats(struct lw_record *r, struct lw_box_stats *ret)
{
	_cleanup_free_ struct lw_process *v = NULL;
	size_t n = 0;
	const struct lw_box_pressure none = { -1, -1, -1, -1 };
	*ret = (struct lw_box_stats){ lw_now_usec(),        -1, -1, -1, -1, "", -1, -1, -1, -1, -1, -1, -1, -1,
				      { none, none, none }, -1, -1, -1, -1 };
	if (!lw_record_runs(r) || lw_record_processes(r, &v, &n) < 0)
		return;
	read_tasks(r, v, n, ret);
	read_cpu(r, v, n, ret);
	read_memory(r, ret);
	read_io(r, ret);
	read_pressure(r, ret);
	read_net(r, ret);
}

double lw_box_cpu_percent(const struct lw_box_stats *before, const struct lw_box_stats *now)
{
	int64_t passed = now->at_usec - before->at_usec, used = now->cpu_usec - before->cpu_usec;
	if (passed <= 0 || before->cpu_usec < 0 || now->cpu_usec < 0)
		return -1;
	return used < 0 ? 0 : 100.0 * (double)used / (double)passed;
}
