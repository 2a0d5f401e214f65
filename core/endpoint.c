/* endpoint.c: addresses of sockets in words. See listen.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "base/text.h"
#include "listen.h"

static int parse_port(const char *text, in_port_t *ret)
{
	int64_t port;
	/* No sign, no space: what is written is compared and printed again. */
	if (text[0] < '0' || text[0] > '9' || lw_parse_i64(text, &port) < 0 || port < 1 || port > 65535)
		return -EINVAL;
	*ret = htons((in_port_t)port);
	return 0;
}

int lw_endpoint_parse(const char *text, struct lw_endpoint *ret)
{
	char host[INET6_ADDRSTRLEN];
	const char *colon = strrchr(text, ':'), *from = text, *to = colon;
	struct lw_endpoint e = { 0 };
	if (*text == '/') {
		e.path = text;
		*ret = e;
		return text[1] ? 0 : -EINVAL;
	}
	if (!colon) {
		e.at.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT };
		e.len = sizeof e.at.in6;
		e.both = 1;
		int r = parse_port(text, &e.at.in6.sin6_port);
		*ret = e;
		return r;
	}
	bool six = *text == '[';
	if (six && (colon == text || colon[-1] != ']'))
		return -EINVAL;
	from += six;
	to -= six;
	if (to <= from || (size_t)(to - from) >= sizeof host)
		return -EINVAL;
	memcpy(host, from, (size_t)(to - from));
	host[to - from] = '\0';
	e.at.any.sa_family = six ? AF_INET6 : AF_INET;
	e.len = six ? sizeof e.at.in6 : sizeof e.at.in;
	if (inet_pton(e.at.any.sa_family, host, six ? (void *)&e.at.in6.sin6_addr : (void *)&e.at.in.sin_addr) != 1)
		return -EINVAL;
	/* The port is at the same place in both. */
	int r = parse_port(colon + 1, &e.at.in.sin_port);
	*ret = e;
	return r;
}
