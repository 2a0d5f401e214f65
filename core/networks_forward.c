/* networks_forward.c: forwarding between the host's interfaces, which networks need. What was off is turned on, and off
 * again with the last network; STATE/networks/.forwarding says what it was, written before it is changed. */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "networks.h"
#include "networks_private.h"

#define NOTE ".forwarding"
#define INET4 "/proc/sys/net/ipv4/ip_forward"
#define INET6 "/proc/sys/net/ipv6/conf/all/forwarding"
#define INET6_LINKS "/proc/sys/net/ipv6/conf"

static bool has(const char *path, char value)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	return lw_read_file(path, 64, &text, &n) >= 0 && text[0] == value && (text[1] == '\n' || !text[1]);
}

/* A host that forwards IPv6 stops listening to its own routers, unless told to all the same (accept_ra 2). Not on what
 * comes later ("default"): our own bridges and ports do, and nobody who is on them is a router of the host's. */
static int keep_listening(json_t *changes)
{
	DIR *d = opendir(INET6_LINKS);
	struct dirent *e;
	char path[300];

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof path, INET6_LINKS "/%s/accept_ra", e->d_name);
		if (e->d_name[0] != '.' && strcmp(e->d_name, "all") != 0 && strcmp(e->d_name, "default") != 0 &&
		    has(path, '1'))
			json_array_append_new(changes, json_pack("[s,s,s]", path, "1", "2"));
	}
	if (d)
		closedir(d);
	return 0;
}

static int change(json_t *changes, struct lw_err *err)
{
	for (size_t i = 0; i < json_array_size(changes); i++) {
		const json_t *c = json_array_get(changes, i);
		const char *path = json_string_value(json_array_get(c, 0));
		int r = lw_write_file(path, json_string_value(json_array_get(c, 2)));
		/* An interface may be gone by now. */
		if (r < 0 && !(r == -ENOENT && strstr(path, "accept_ra"))) {
			lw_fail(err, r, "a network needs forwarding, and writing %s failed: %s", path, strerror(-r));
			lw_err_hint(err, "let the host's administrator set it to 1");
			return r;
		}
	}
	return 0;
}

int lw_forwarding_on(int dir, bool inet6, struct lw_err *err)
{
	json_auto_t *note = lw_networks_load(dir, NOTE), *fresh = json_array();
	json_t *changes = json_object_get(note, "changes");
	int r;

	if (inet6 && has(INET6, '0')) {
		keep_listening(fresh);
		json_array_append_new(fresh, json_pack("[s,s,s]", INET6, "0", "1"));
	}
	if (has(INET4, '0'))
		json_array_append_new(fresh, json_pack("[s,s,s]", INET4, "0", "1"));
	if (!json_array_size(fresh))
		return 0;
	json_auto_t *all = json_is_array(changes) && lw_networks_here(note) ? json_copy(changes) : json_array();
	json_array_extend(all, fresh);
	json_auto_t *now = json_pack("{s:I,s:O}", "namespace", (json_int_t)lw_networks_namespace(), "changes", all);
	r = lw_networks_save(dir, NOTE, now, err);
	return r < 0 ? r : change(fresh, err);
}

void lw_no_routers_on(const char *interface)
{
	char path[80];
	snprintf(path, sizeof path, INET6_LINKS "/%s/accept_ra", interface);
	(void)lw_write_file(path, "0");
}

void lw_forwarding_back(int dir)
{
	json_auto_t *note = lw_networks_load(dir, NOTE);
	const json_t *changes = json_object_get(note, "changes");

	if (note && lw_networks_here(note))
		for (size_t i = json_array_size(changes); i-- > 0;) {
			const json_t *c = json_array_get(changes, i);
			const char *path = json_string_value(json_array_get(c, 0));
			const char *was = json_string_value(json_array_get(c, 1)),
				   *set = json_string_value(json_array_get(c, 2));
			/* What somebody else has set since is theirs. */
			if (path && was && set && !strncmp(path, "/proc/sys/net/", 14) && has(path, set[0]))
				(void)lw_write_file(path, was);
		}
	unlinkat(dir, NOTE, 0);
}
