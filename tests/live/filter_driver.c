/* filter_driver.c: what a launch does about packets (core/filter.h), step by step, for tests/live/filter.bats, which
 * makes the bridge, the ports and the namespaces itself: filter_driver network|network-remove|network-last BRIDGE
 *   filter_driver add|remove ID NAME PORT NUMBER [NETWORK-JSON]
 *   filter_driver remove-id ID
 * Addresses are 10.88.0.NUMBER and fd00:88::NUMBER; $LUNWARD_STATE and $RESOLVER say the rest. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "filter.h"
#include "schema.h"

static struct lw_ip ip(const char *fmt, int n)
{
	char text[LW_IP_MAX];
	struct lw_ip r = { 0 };
	snprintf(text, sizeof text, "%s%d%s", fmt, n, strchr(fmt, ':') ? "/64" : "/24");
	if (lw_ip_parse(text, &r) < 0)
		exit(2);
	return r;
}

static int with_sandbox(int argc, char **argv, struct lw_filter_network *n, int state, struct lw_err *err)
{
	json_auto_t *raw = json_pack("{s:o}", "network", json_loads(argc > 6 ? argv[6] : "{}", 0, NULL));
	struct lw_spec *s = NULL;
	int number = atoi(argv[5]), r = lw_spec_decode(raw, &s, err);
	if (r < 0)
		return r;
	const struct lw_filter f = { .network = n,
				     .state_fd = state,
				     .resolver = getenv("RESOLVER"),
				     .id = argv[2],
				     .name = argv[3],
				     .port = argv[4],
				     .mac = { 0x02, 0x42, 10, 88, 0, (uint8_t)number },
				     .ip4 = ip("10.88.0.", number),
				     .ip6 = ip("fd00:88::", number),
				     .spec = &s->network };
	r = strcmp(argv[1], "add") ? lw_filter_remove(&f, err) : lw_filter_add(&f, err);
	lw_spec_free(s);
	return r;
}

int main(int argc, char **argv)
{
	struct lw_err err = { 0 };
	char line[900];
	const char *path = getenv("LUNWARD_STATE");
	_cleanup_close_ int state = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (argc < 3 || state < 0)
		return 2;
	struct lw_filter_network n = { .state = path,
				       .name = "test",
				       .bridge = strncmp(argv[1], "network", 7) ? "br0" : argv[2],
				       .gateway4 = ip("10.88.0.", 1),
				       .gateway6 = ip("fd00:88::", 1) };
	n.subnet4 = lw_ip_subnet(&n.gateway4);
	n.subnet6 = lw_ip_subnet(&n.gateway6);
	int r = !strcmp(argv[1], "network") ? lw_filter_network_add(&n, &err)
		: !strncmp(argv[1], "network-", 8)
			? lw_filter_network_remove(&n, !strcmp(argv[1], "network-last"), &err)
		: !strcmp(argv[1], "remove-id") ? lw_filter_remove_id(path, state, argv[2], &err)
						: with_sandbox(argc, argv, &n, state, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", lw_err_format(&err, line, sizeof line));
	return r < 0;
}
