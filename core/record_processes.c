/* record_processes.c: which processes are a sandbox's. Its cgroup says so; without one, its pid namespace does, or,
 * where that is the host's, who came of whom. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "record_state.h"

#define PROCS_MAX ((size_t)4 * 1024 * 1024)

struct list {
	struct lw_process *v;
	size_t n, room;
};

static int add(struct list *l, pid_t pid)
{
	if (l->n && l->v[0].pid == pid) /* the init, whom we began with */
		return 0;
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 16;
		struct lw_process *more = realloc(l->v, room * sizeof *more);
		if (!more)
			return -ENOMEM;
		l->v = more;
		l->room = room;
	}
	if (lw_process_read(pid, &l->v[l->n]) == 0)
		l->n++;
	return 0;
}

static int of_cgroup(struct list *l, const char *dir)
{
	_cleanup_free_ char *text = NULL;
	char path[4096];
	size_t n;
	int r = snprintf(path, sizeof path, "%s/cgroup.procs", dir) >= (int)sizeof path ? -ENAMETOOLONG : 0;
	if (r >= 0)
		r = lw_read_file(path, PROCS_MAX, &text, &n);
	for (char *p = text, *end; r >= 0 && *p; p = end + (*end == '\n')) {
		long pid = strtol(p, &end, 10);
		if (end == p)
			break;
		r = add(l, (pid_t)pid);
	}
	return r;
}

/* Every process of the machine that `is` picks. */
static int of_proc(struct list *l, bool (*is)(const struct list *l, pid_t pid, ino_t space), ino_t space)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int64_t pid;
	int r = d ? 0 : -errno;
	while (r >= 0 && d && (e = readdir(d)))
		if (lw_parse_i64(e->d_name, &pid) == 0 && pid > 0 && is(l, (pid_t)pid, space))
			r = add(l, (pid_t)pid);
	if (d)
		closedir(d);
	return r;
}

static bool in_space(const struct list *l, pid_t pid, ino_t space)
{
	ino_t its;
	(void)l;
	return lw_process_apart(pid, "pid", &its) && its == space;
}

/* /proc lists by number: a parent usually comes before its children, and who is missed came in this moment. */
static bool of_ours(const struct list *l, pid_t pid, ino_t space)
{
	struct lw_process p;
	(void)space;
	if (lw_process_read(pid, &p) < 0)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].pid == p.parent)
			return true;
	return false;
}

int lw_record_processes(const struct lw_record *r, struct lw_process **ret, size_t *ret_n)
{
	struct list l = { 0 };
	const char *dir = lw_record_cgroup(r, NULL);
	pid_t init = 0;
	ino_t space = 0;
	int n = lw_record_process(r, "init", &init, NULL);
	if (n >= 0)
		n = add(&l, init);
	if (n >= 0)
		n = dir ? of_cgroup(&l, dir) : -ENOENT;
	if (n == -ENOENT || n == -ENODEV)
		n = lw_process_apart(init, "pid", &space) && space ? of_proc(&l, in_space, space)
								   : of_proc(&l, of_ours, 0);
	if (n < 0) {
		free(l.v);
		return n;
	}
	*ret = l.v;
	*ret_n = l.n;
	return 0;
}
