/* traffic_driver.c: what a launch does about packets (core/traffic.h), step by step, for tests/live/traffic.bats, which
 * makes the bridge, the ports and the namespaces itself: traffic_driver network|network-remove|network-last BRIDGE
 *   traffic_driver add|add-undo ID NAME PORT NUMBER [NETWORK-JSON]
 *   traffic_driver remove-id ID
 * Addresses are 10.88.0.NUMBER and fd00:88::NUMBER; $LUNWARD_STATE says the rest. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "traffic.h"
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

static int with_sandbox(int argc, char **argv, struct lw_traffic_network *n, int state, struct lw_err *err)
{
	json_auto_t *raw = json_pack("{s:o}", "network", json_loads(argc > 6 ? argv[6] : "{}", 0, NULL));
	_cleanup_(lw_text_done_p) struct lw_text undo = { 0 };
	struct lw_spec *s = NULL;
	int number = atoi(argv[5]), r = lw_spec_decode(raw, &s, err);
	if (r < 0)
		return r;
	const struct lw_traffic f = { .network = n,
				      .id = argv[2],
				      .name = argv[3],
				      .port = argv[4],
				      .mac = { 0x02, 0x42, 10, 88, 0, (uint8_t)number },
				      .ip4 = ip("10.88.0.", number),
				      .ip6 = ip("fd00:88::", number),
				      .spec = &s->network };
	r = lw_traffic_add(&f, &undo, err);
	if (r >= 0 && !strcmp(argv[1], "add-undo"))
		r = lw_traffic_undo(state, argv[2], &undo, err);
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
	struct lw_traffic_network n = { .state_fd = state,
					.name = "test",
					.bridge = strncmp(argv[1], "network", 7) ? "br0" : argv[2],
					.gateway4 = ip("10.88.0.", 1),
					.gateway6 = ip("fd00:88::", 1) };
	n.subnet4 = lw_ip_subnet(&n.gateway4);
	n.subnet6 = lw_ip_subnet(&n.gateway6);
	int r = !strcmp(argv[1], "network") ? lw_traffic_network_add(&n, &err)
		: !strncmp(argv[1], "network-", 8)
			? lw_traffic_network_remove(&n, !strcmp(argv[1], "network-last"), &err)
		: !strcmp(argv[1], "remove-id") ? lw_traffic_remove_id(state, argv[2], &err)
						: with_sandbox(argc, argv, &n, state, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", lw_err_format(&err, line, sizeof line));
	return r < 0;
}
