/* ip.h: addresses and subnets of both families: text, order and arithmetic. Nothing here looks a name up. */
#ifndef LW_BASE_IP_H
#define LW_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LW_IP_MAX 52 /* "…/128" with its end */
struct lw_ip {
	int family;        /* AF_INET or AF_INET6; 0: none */
	uint8_t bytes[16]; /* network order; the rest is 0 */
	int prefix;        /* 32 or 128: the address alone */
};

/* "10.88.0.5", "10.88.0.5/24", "fd00::1/64"; without a prefix it is the whole width. 0 or -EINVAL. */
int lw_ip_parse(const char *text, struct lw_ip *ret);
static inline int lw_ip_width(int family)
{
	return family == 2 /* AF_INET */ ? 32 : 128;
}
/* The address, and with a prefix shorter than the whole width "/N". Returns buf. */
char *lw_ip_format(const struct lw_ip *ip, char buf[static LW_IP_MAX]);
/* The address without its prefix. */
char *lw_ip_format_host(const struct lw_ip *ip, char buf[static LW_IP_MAX]);
/* Equal addresses, whatever their prefixes. */
bool lw_ip_same(const struct lw_ip *a, const struct lw_ip *b);
/* The subnet that the address is in: its bits behind the prefix are 0. */
struct lw_ip lw_ip_subnet(const struct lw_ip *ip);
bool lw_ip_is_subnet(const struct lw_ip *ip);
/* The address is of the subnet's family and in it. */
bool lw_ip_within(const struct lw_ip *subnet, const struct lw_ip *ip);
bool lw_ip_overlap(const struct lw_ip *a, const struct lw_ip *b);
/* The n-th address of a subnet, with the subnet's prefix. */
struct lw_ip lw_ip_nth(const struct lw_ip *subnet, uint32_t n);
/* Which one of its subnet an address is; UINT32_MAX: further than that counts. */
uint32_t lw_ip_index(const struct lw_ip *ip);
/* How many addresses a subnet has; at most UINT32_MAX. */
uint32_t lw_ip_count(const struct lw_ip *subnet);

/* "02:42:0a:58:00:05". 0 or -EINVAL; a multicast address or zeros are no interface's. */
#define LW_MAC_MAX 18
int lw_mac_parse(const char *text, uint8_t ret[static 6]);
char *lw_mac_format(const uint8_t mac[static 6], char buf[static LW_MAC_MAX]);

#endif
