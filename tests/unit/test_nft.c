/* test_nft.c: the transactions for nft (net/nft.h) against what is written down in tests/golden/nft, a command a line;
 * UPDATE=1 writes what comes out now. Whether nft and the kernel take them is for tests/live/traffic.bats. */
#include <netinet/in.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "net/nft.h"

static struct lw_ip ip(const char *text)
{
	struct lw_ip r = { 0 };
	if (text)
		assert_int_equal(lw_ip_parse(text, &r), 0);
	return r;
}

static void is_golden(const struct lw_text *t, const char *name)
{
	char path[200];
	_cleanup_free_ char *want = NULL;
	size_t n;
	assert_false(t->failed);
	json_auto_t *parsed = json_loadb(t->buf, t->len, 0, NULL);
	assert_non_null(parsed);
	snprintf(path, sizeof path, "tests/golden/nft/%s.json", name);
	if (getenv("UPDATE")) {
		FILE *f = fopen(path, "we");
		assert_non_null(f);
		assert_int_equal(fwrite(t->buf, 1, t->len, f), t->len);
		fclose(f);
		return;
	}
	assert_int_equal(lw_read_file(path, 1 << 20, &want, &n), 0);
	if (strcmp(want, t->buf) != 0)
		fail_msg("%s differs (UPDATE=1 writes): %s", path, t->buf);
}

static size_t rules_of(struct lw_egress_rule *ret, const char *const *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(lw_egress_parse(text[i], &ret[i], NULL), 0);
	return n;
}

static struct lw_nft_sandbox web(void)
{
	return (struct lw_nft_sandbox){ .table = "lunward-0000abcd",
					.id = "0123456789abcdef0123456789abcdef",
					.name = "web",
					.port = "lw1234",
					.mac = { 0x02, 0x42, 10, 88, 0, 5 },
					.ip4 = ip("10.88.0.5/24"),
					.ip6 = ip("fd00:88::5/64"),
					.gateway4 = ip("10.88.0.1"),
					.gateway6 = ip("fd00:88::1") };
}

static void sandbox_is(const struct lw_nft_sandbox *s, const char *name)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	lw_nft_begin(&t);
	lw_nft_sandbox_add(s, &t);
	lw_nft_sandbox_remove(s, &t);
	lw_nft_end(&t);
	is_golden(&t, name);
}

static void test_network(void **state)
{
	(void)state;
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	struct lw_nft_network n = { .table = "lunward-0000abcd",
				    .bridge = "lw-web",
				    .subnet4 = ip("10.88.0.0/24"),
				    .subnet6 = ip("fd00:88::/64") };
	lw_nft_begin(&t);
	lw_nft_network_add(&n, &t);
	lw_nft_network_remove(&n, &t);
	lw_nft_tables_remove(n.table, &t);
	lw_nft_end(&t);
	is_golden(&t, "network");
}

static void test_plain(void **state)
{
	(void)state;
	struct lw_nft_sandbox s = web();
	sandbox_is(&s, "plain");
	s.ip6 = ip(NULL);
	s.isolate = true;
	sandbox_is(&s, "isolated");
	s.isolate = false;
	s.out = 1250000;
	sandbox_is(&s, "rate_out");
	s.in = 12500000;
	sandbox_is(&s, "rate");
}

static void test_publish(void **state)
{
	(void)state;
	struct lw_nft_sandbox s = web();
	const struct lw_nft_publish p[] = {
		{ .host = 8080, .port = 80, .count = 1, .protocol = IPPROTO_TCP },
		{ .address = ip("127.0.0.1"), .host = 8443, .port = 443, .count = 1, .protocol = IPPROTO_TCP },
		{ .address = ip("::1"), .host = 8443, .port = 443, .count = 1, .protocol = IPPROTO_TCP },
		{ .host = 8000, .port = 9000, .count = 3, .protocol = IPPROTO_UDP },
	};
	s.publish = p;
	s.n_publish = ARRAY_LEN(p);
	sandbox_is(&s, "publish");
}

static void test_egress(void **state)
{
	(void)state;
	static const char *const text[] = { "10.0.0.0/8:443/tcp",  "[2001:db8::/32]:53", "example.org:443",
					    "192.0.2.0/24/icmp",   "*.example.org:443",  "db:5432/tcp",
					    "10.88.0.7:6000-6010", "everything.example" };
	struct lw_egress_rule rules[ARRAY_LEN(text)];
	struct lw_nft_sandbox s = web();
	s.filter = true;
	sandbox_is(&s, "deny");
	s.n_rules = rules_of(rules, text, ARRAY_LEN(text));
	s.rules = rules;
	sandbox_is(&s, "egress");
	static const int sets[] = { -1, -1, 0, -1, 0, 1, -1, 2 };
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		assert_int_equal(lw_nft_name_set(rules, ARRAY_LEN(rules), i), sets[i]);
}

static void test_names(void **state)
{
	(void)state;
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	struct lw_ip four = ip("192.0.2.9"), six = ip("2001:db8::9");
	lw_nft_begin(&t);
	lw_nft_name_add("lunward-0000abcd", "0123456789abcdef", 0, &four, 60, &t);
	lw_nft_name_add("lunward-0000abcd", "0123456789abcdef", 2, &six, 3600, &t);
	lw_nft_end(&t);
	is_golden(&t, "names");
}

static void test_table(void **state)
{
	(void)state;
	char a[LW_NFT_TABLE_MAX], b[LW_NFT_TABLE_MAX];
	assert_string_not_equal(lw_nft_table("/run/lunward", a), lw_nft_table("/run/lunward2", b));
	assert_int_equal(strlen(a), strlen("lunward-") + 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_network), cmocka_unit_test(test_plain),
					    cmocka_unit_test(test_publish), cmocka_unit_test(test_egress),
					    cmocka_unit_test(test_names),   cmocka_unit_test(test_table) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
