/* ip.c: see ip.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ip.h"

int lw_ip_parse(const char *text, struct lw_ip *ret)
{
	struct lw_ip ip = { 0 };
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);

	if (n >= sizeof host)
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	ip.family = strchr(host, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(ip.family, host, ip.bytes) != 1)
		return -EINVAL;
	ip.prefix = lw_ip_width(ip.family);
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");
		if (!digits || digits > 3 || slash[1 + digits] || (digits > 1 && slash[1] == '0') ||
		    atoi(slash + 1) > ip.prefix)
			return -EINVAL;
		ip.prefix = atoi(slash + 1);
	}
	*ret = ip;
	return 0;
}

char *lw_ip_format_host(const struct lw_ip *ip, char buf[static LW_IP_MAX])
{
	if (!ip->family || !inet_ntop(ip->family, ip->bytes, buf, LW_IP_MAX))
		buf[0] = '\0';
	return buf;
}

char *lw_ip_format(const struct lw_ip *ip, char buf[static LW_IP_MAX])
{
	lw_ip_format_host(ip, buf);
	size_t n = strlen(buf);
	if (n && ip->prefix < lw_ip_width(ip->family))
		snprintf(buf + n, LW_IP_MAX - n, "/%d", ip->prefix);
	return buf;
}

bool lw_ip_same(const struct lw_ip *a, const struct lw_ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct lw_ip lw_ip_subnet(const struct lw_ip *ip)
{
	struct lw_ip net = *ip;
	for (int bit = ip->prefix; bit < lw_ip_width(ip->family); bit++)
		net.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return net;
}

bool lw_ip_is_subnet(const struct lw_ip *ip)
{
	struct lw_ip net = lw_ip_subnet(ip);
	return lw_ip_same(&net, ip);
}

bool lw_ip_within(const struct lw_ip *subnet, const struct lw_ip *ip)
{
	struct lw_ip a = lw_ip_subnet(subnet), b = *ip;
	b.prefix = subnet->prefix;
	b = lw_ip_subnet(&b);
	return lw_ip_same(&a, &b);
}

bool lw_ip_overlap(const struct lw_ip *a, const struct lw_ip *b)
{
	return a->prefix <= b->prefix ? lw_ip_within(a, b) : lw_ip_within(b, a);
}

static uint32_t low_word(const struct lw_ip *ip)
{
	const uint8_t *p = ip->bytes + lw_ip_width(ip->family) / 8 - 4;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct lw_ip lw_ip_nth(const struct lw_ip *subnet, uint32_t n)
{
	struct lw_ip ip = lw_ip_subnet(subnet);
	uint8_t *p = ip.bytes + lw_ip_width(ip.family) / 8 - 4;
	uint32_t v = low_word(&ip) + n;
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
	return ip;
}

uint32_t lw_ip_index(const struct lw_ip *ip)
{
	struct lw_ip net = lw_ip_subnet(ip);
	for (int i = 0; i < lw_ip_width(ip->family) / 8 - 4; i++)
		if (ip->bytes[i] != net.bytes[i])
			return UINT32_MAX;
	return low_word(ip) - low_word(&net);
}

uint32_t lw_ip_count(const struct lw_ip *subnet)
{
	int bits = lw_ip_width(subnet->family) - subnet->prefix;
	return bits >= 32 ? UINT32_MAX : (uint32_t)1 << bits;
}

int lw_mac_parse(const char *text, uint8_t ret[static 6])
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	uint8_t mac[6];

	if (strlen(text) != LW_MAC_MAX - 1)
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		const char *p = text + 3 * i, *high = strchr(digits, p[0]), *low = strchr(digits, p[1]);
		if (!high || !low || (p[2] != ':' && i < 5))
			return -EINVAL;
		mac[i] = (uint8_t)((high - digits) % 16 << 4 | (low - digits) % 16);
	}
	if (mac[0] & 1 || memcmp(mac, (uint8_t[6]){ 0 }, 6) == 0)
		return -EINVAL;
	memcpy(ret, mac, 6);
	return 0;
}

char *lw_mac_format(const uint8_t mac[static 6], char buf[static LW_MAC_MAX])
{
	snprintf(buf, LW_MAC_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buf;
}
