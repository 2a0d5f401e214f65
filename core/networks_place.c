/* networks_place.c: where a network goes: its bridge's name and its subnets. It looks at nothing but what it is given.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "base/sha256.h"
#include "networks.h"

#define POOL "10.88.0.0/16" /* further /24s of it, in order */
#define POOL_PREFIX 24

static void digest(const char *name, uint8_t ret[32])
{
	struct lw_sha256 c;
	lw_sha256_init(&c);
	lw_sha256_add(&c, name, strlen(name));
	lw_sha256_end(&c, ret);
}

void lw_network_bridge_name(const char *name, char ret[static LW_IFNAME_MAX])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint8_t d[32];
	size_t n = strlen(name);

	if (n < LW_IFNAME_MAX) {
		memcpy(ret, name, n + 1);
		return;
	}
	digest(name, d);
	memcpy(ret, name, 7);
	/* A name has no upper case: the first of these is always a letter. */
	ret[7] = letters[d[0] % 26];
	for (int i = 1; i < 8; i++)
		ret[7 + i] = letters[d[i] % 32];
	ret[15] = '\0';
}

static const struct lw_taken *in_the_way(const struct lw_taken *taken, size_t n, const struct lw_ip *subnet)
{
	for (size_t i = 0; i < n; i++)
		/* A default route is in nobody's way. */
		if (taken[i].ip.prefix && lw_ip_overlap(&taken[i].ip, subnet))
			return &taken[i];
	return NULL;
}

static int usable(const char *name, const struct lw_taken *taken, size_t n, const struct lw_ip *subnet,
		  struct lw_err *err)
{
	const struct lw_taken *other = in_the_way(taken, n, subnet);
	char text[LW_IP_MAX], theirs[LW_IP_MAX];

	if (lw_ip_width(subnet->family) - subnet->prefix < 2 || subnet->prefix < 8)
		return lw_fail(err, -EINVAL, "the subnet %s of network \"%s\" is too %s", lw_ip_format(subnet, text),
			       name, subnet->prefix < 8 ? "large" : "small");
	if (!other)
		return 0;
	lw_fail(err, -EADDRINUSE, "the subnet %s of network \"%s\" overlaps %s of %s", lw_ip_format(subnet, text), name,
		lw_ip_format(&other->ip, theirs), other->by);
	lw_err_hint(err, "choose another subnet: `lunward network create NAME --subnet …`, or a fixed address in one");
	return -EADDRINUSE;
}

static int choose4(const char *name, const struct lw_taken *taken, size_t n, struct lw_ip *ret, struct lw_err *err)
{
	struct lw_ip pool, subnet;

	lw_ip_parse(POOL, &pool);
	for (uint32_t i = 0; i < (uint32_t)1 << (POOL_PREFIX - pool.prefix); i++) {
		subnet = lw_ip_nth(&pool, i << (32 - POOL_PREFIX));
		subnet.prefix = POOL_PREFIX;
		if (!in_the_way(taken, n, &subnet)) {
			*ret = subnet;
			return 0;
		}
	}
	lw_fail(err, -ENOSPC, "no free subnet for network \"%s\" is left in " POOL, name);
	lw_err_hint(err, "give it one: `lunward network create %s --subnet …`", name);
	return -ENOSPC;
}

/* RFC 4193: a prefix that nobody else is likely to have. The subnet's number is that of the IPv4 one. */
static void choose6(const char *name, const struct lw_taken *taken, size_t n, struct lw_ip *ret)
{
	uint8_t d[32];

	digest(name, d);
	*ret = (struct lw_ip){ .family = AF_INET6, .prefix = 64, .bytes = { 0xfd } };
	for (int at = 0; at + 7 <= 32; at += 5) {
		memcpy(ret->bytes + 1, d + at, 7);
		if (!in_the_way(taken, n, ret))
			return;
	}
}

int lw_network_place(const char *name, const struct lw_taken *taken, size_t n, bool inet6,
		     struct lw_ip subnet[static 2], struct lw_err *err)
{
	bool given[2] = { subnet[0].family != 0, subnet[1].family != 0 };
	int r = 0;

	for (int i = 0; i < 2 && r >= 0; i++)
		if (given[i])
			r = usable(name, taken, n, &subnet[i], err);
	if (r >= 0 && !given[0] && !given[1])
		r = choose4(name, taken, n, &subnet[0], err);
	if (r >= 0 && !given[1] && inet6)
		choose6(name, taken, n, &subnet[1]);
	return r;
}
