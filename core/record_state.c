/* record_state.c: see record_state.h. */
#include "record_state.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "cgroup.h"
#include "events.h"
#include "listen.h"

bool lw_record_runs(struct lw_record *r)
{
	const char *state = lw_record_state(r);
	return !strcmp(state, "running") || !strcmp(state, "paused");
}

/* "stopped" or "failed", or NULL. */
static const char *ended(const struct lw_record *r)
{
	static const char *const words[] = { "stopped", "failed" };
	const char *state = json_string_value(json_object_get(r->data, "state"));
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (state && !strcmp(state, words[i]))
			return words[i];
	return NULL;
}

const char *lw_record_state(struct lw_record *r)
{
	static const char *const lives[] = { "running", "paused" };
	/* Whether it is supervised first: a supervisor that ends now has written how before. */
	bool supervised = lw_record_supervised(r);
	if (!supervised && !ended(r))
		lw_record_reload(r);
	if (ended(r) || !supervised)
		return ended(r) ? ended(r) : "failed";
	const char *state = json_string_value(json_object_get(r->data, "state"));
	for (size_t i = 0; i < ARRAY_LEN(lives); i++)
		if (state && !strcmp(state, lives[i]))
			return lives[i];
	return "created";
}

#define KILLED "its supervisor was killed"

const char *lw_record_reason(const struct lw_record *r, const char *state)
{
	const char *written = json_string_value(json_object_get(r->data, "state"));
	const char *why = json_string_value(json_object_get(r->data, "error"));
	if (strcmp(state, "failed") != 0 || why)
		return why;
	return written && !strcmp(written, "failed") ? NULL : KILLED;
}

/* Numbers and start times mean something in one boot only. */
int lw_boot_id(char ret[static LW_BOOT_ID_MAX])
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	int r = lw_read_file("/proc/sys/kernel/random/boot_id", 256, &text, &n);
	if (r >= 0)
		snprintf(ret, LW_BOOT_ID_MAX, "%.*s", (int)strcspn(text, "\n"), text);
	return r;
}

static int of_this_boot(const struct lw_record *r)
{
	char now[LW_BOOT_ID_MAX];
	const char *then = json_string_value(json_object_get(r->data, "boot_id"));
	int n = then ? lw_boot_id(now) : -ESRCH;
	return n < 0 ? n : strcmp(then, now) ? -ESRCH : 0;
}

int lw_record_process(const struct lw_record *r, const char *which, pid_t *ret, int *ret_fd)
{
	const json_t *p = json_object_get(r->data, which);
	int fd = of_this_boot(r);
	if (fd < 0)
		return fd;
	pid_t pid = (pid_t)json_integer_value(json_object_get(p, "pid"));
	fd = lw_process_open(pid, (uint64_t)json_integer_value(json_object_get(p, "start")));
	if (fd < 0)
		return fd;
	if (ret)
		*ret = pid;
	if (ret_fd)
		*ret_fd = fd;
	else
		close(fd);
	return 0;
}

#define CLOSING_USEC 2000000

static json_t *cgroup_paths(const struct lw_record *r)
{
	return json_object_get(json_object_get(r->data, "cgroup"), "paths");
}

/* Written by us into a directory of ours; but what is not named after the sandbox is no cgroup of its. */
static const char *own(const struct lw_record *r, const json_t *dir)
{
	const char *path = json_string_value(dir), *slash = path ? strrchr(path, '/') : NULL;
	return slash && !strcmp(slash + 1, r->id) ? path : NULL;
}

const char *lw_record_cgroup(const struct lw_record *r, const char *controller)
{
	json_t *paths = cgroup_paths(r);
	return own(r,
		   controller ? json_object_get(paths, controller) : json_object_iter_value(json_object_iter(paths)));
}

const char *lw_record_freezer(const struct lw_record *r)
{
	/* Version 2 freezes without a controller. */
	json_t *version = json_object_get(json_object_get(r->data, "cgroup"), "version");
	return lw_record_cgroup(r, json_integer_value(version) == 2 ? NULL : "freezer");
}

static bool sweep_cgroups(const struct lw_record *r)
{
	const char *controller, *freezer = lw_record_freezer(r);
	bool found = false;
	json_t *dir;
	/* What is frozen does not die (v1). */
	if (freezer)
		lw_cgroup_freeze(freezer, false);
	json_object_foreach(cgroup_paths(r), controller, dir)
	{
		const char *path = own(r, dir);
		found = (path && lw_cgroup_sweep(path, true) > 0) || found;
	}
	return found;
}

/* Sockets at paths, which its supervisor would have removed. */
static void sweep_sockets(const struct lw_record *r)
{
	json_auto_t *spec = lw_record_spec(r);
	json_t *listen = json_object_get(json_object_get(spec, "service"), "listen"), *one;
	size_t i;
	json_array_foreach(listen, i, one)
	{
		const char *address = json_string_value(json_object_get(one, "address"));
		if (address)
			lw_socket_sweep(address);
	}
}

static bool sweep(const struct lw_host *h, struct lw_record *r, struct lw_err *err)
{
	char now[LW_TIME_MAX];
	/* Who was killed while it set up is dead a moment before those whom it has made have closed their copies of the
	 * lock. */
	if (lw_record_supervised(r) && lw_record_process(r, "supervisor", NULL, NULL) == -ESRCH)
		lw_record_wait(r, CLOSING_USEC);
	if (lw_record_supervised(r))
		return false;
	/* What its supervisor wrote last, which may be later than what we have read. */
	lw_record_reload(r);
	if (r->newer)
		return false;
	bool found = sweep_cgroups(r);
	const char *state = json_string_value(json_object_get(r->data, "state"));
	if (!state || !strcmp(state, "stopped") || !strcmp(state, "failed"))
		return found;
	sweep_sockets(r);
	json_object_set_new(r->data, "state", json_string("failed"));
	json_object_set_new(r->data, "ended_at", json_string(lw_now_text(now)));
	json_object_set_new(r->data, "error", json_string(KILLED));
	struct lw_event e = lw_event_of_record(r);
	e.event = "failed";
	e.verb = "start";
	e.reason = KILLED;
	e.loud = true;
	lw_event_note(h->state_fd, &e, 1);
	if (json_is_true(json_object_get(r->data, "remove")))
		lw_record_remove(h->state_fd, r, err);
	else
		lw_record_save_unsupervised(h->state_fd, r, err);
	return true;
}

bool lw_record_sweep(const struct lw_host *h, struct lw_record *r, struct lw_err *err)
{
	/* Who has it locked starts it anew, or takes it away: what looks like a leftover may be a cgroup just made. */
	if (!lw_record_try_lock(r))
		return false;
	bool found = sweep(h, r, err);
	lw_record_unlock(r);
	return found;
}
