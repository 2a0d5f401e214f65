/* gc.c: see gc.h. */
#include "gc.h"
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/dir.h"
#include "cache.h"
#include "cgroup.h"
#include "image.h"
#include "networks.h"
#include "notify.h"
#include "record_state.h"
#include "traffic.h"

struct sweeping {
	const struct lw_host *host;
	unsigned found;
};

static int sweep(void *arg, struct lw_record *r)
{
	struct sweeping *s = arg;
	struct lw_err err = { 0 };
	s->found += lw_record_sweep(s->host, r, &err);
	return 0;
}

/* Cgroups of sandboxes whose supervisor is gone, of whatever state directory. */
static unsigned sweep_parent(const char *parent)
{
	_cleanup_(lw_closedir_p) DIR *d = opendir(parent);
	struct dirent *e;
	unsigned found = 0;
	while (d && (e = readdir(d))) {
		char path[4096];
		if (strlen(e->d_name) == 64 && strspn(e->d_name, "0123456789abcdef") == 64 &&
		    snprintf(path, sizeof path, "%s/%s", parent, e->d_name) < (int)sizeof path)
			found += lw_cgroup_sweep(path, false) > 0;
	}
	return found;
}

static bool seen_before(const struct lw_host *h, int i)
{
	for (int k = 0; k < i; k++)
		if (h->cgroup.parent[k] && !strcmp(h->cgroup.parent[k], h->cgroup.parent[i]))
			return true;
	return false;
}

unsigned lw_gc(const struct lw_host *h)
{
	struct sweeping s = { .host = h };
	if (h->state_fd >= 0) {
		lw_record_each(h->state_fd, sweep, &s);
		s.found += lw_record_tidy(h->state_fd);
		s.found += lw_cache_tidy(h->state_fd);
		s.found += lw_image_tidy(h->state_fd);
		s.found += lw_notify_tidy(h->state_fd);
	}
	/* What is frozen dies in that hierarchy alone. */
	if (h->cgroup.parent[LW_CTL_FREEZER])
		s.found += sweep_parent(h->cgroup.parent[LW_CTL_FREEZER]);
	for (int i = 0; i < LW_CTL_COUNT; i++)
		if (h->cgroup.parent[i] && !seen_before(h, i))
			s.found += sweep_parent(h->cgroup.parent[i]);
	/* Last: what has ended by now is on no network. */
	if (h->state_fd >= 0) {
		s.found += lw_traffic_sweep(h->state_fd);
		s.found += lw_networks_sweep(h->state_fd);
	}
	return s.found;
}
