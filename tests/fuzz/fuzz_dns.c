/* fuzz_dns.c: messages as sandboxes and name servers may send them. The first byte says as which of the two it is read;
 * what is answered must be a message that reads back. */
#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>
#include "resolver/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void as_question(const uint8_t *msg, size_t n)
{
	static const struct lw_ip some[] = { { 2, { 192, 0, 2, 9 }, 32 }, { 10, { 0x20, 1, 13, 0xb8 }, 128 } };
	uint8_t reply[DNS_UDP_MAX];
	struct dns_question q;
	int r = dns_read_question(msg, n, &q);
	if (r < 0)
		return;
	if (q.end > n || q.end > 300)
		abort();
	size_t len = dns_write_answer(msg, &q, r, some, r ? 0 : 2, 60, reply);
	if (len > sizeof reply || (r == 0 && !dns_answers(reply, len, q.id, msg, &q)))
		abort();
}

static void as_answer(const uint8_t *msg, size_t n)
{
	struct dns_answer a;
	uint16_t id = n > 1 ? (uint16_t)(msg[0] << 8 | msg[1]) : 0;
	for (int i = 0; i < 2; i++)
		if (dns_read_answer(msg, n, id, "a.b", i ? ns_t_a : ns_t_aaaa, &a) >= 0 && a.n > DNS_ADDRESSES)
			abort();
}

static void as_policy(const uint8_t *data, size_t n)
{
	struct policy p = { 0 };
	char *text = strndup((const char *)data, n);
	if (text)
		(void)policy_put(&p, "0123456789abcdef", text, NULL);
	free(text);
	policy_done(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n || n > 4096)
		return 0;
	switch (data[0] % 3) {
	case 0:
		as_question(data + 1, n - 1);
		break;
	case 1:
		as_answer(data + 1, n - 1);
		break;
	default:
		as_policy(data + 1, n - 1);
	}
	return 0;
}
