/* test_ip.c: addresses and subnets: what is read is what is written; order, membership and arithmetic at the edges. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/ip.h"

static struct lw_ip ip(const char *text)
{
	struct lw_ip r;
	if (lw_ip_parse(text, &r) < 0)
		fail_msg("%s", text);
	return r;
}

static void test_text(void **state)
{
	static const char *const same[] = { "10.88.0.5", "10.88.0.5/24", "0.0.0.0/0", "fd00::1", "fd00::1/64", "::/0" };
	static const char *const bad[] = { "",
					   "10.88.0",
					   "10.88.0.5/",
					   "10.88.0.5/33",
					   "10.88.0.5/+1",
					   "10.88.0.5/024",
					   "10.88.0.256",
					   "fd00::1/129",
					   "fd00:::1",
					   "10.88.0.5/1234",
					   "example.org",
					   "10.88.0.5 ",
					   "::ffff:10.0.0.1/200",
					   "1.2.3.4%eth0" };
	char buf[LW_IP_MAX];
	struct lw_ip r;
	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		r = ip(same[i]);
		assert_string_equal(lw_ip_format(&r, buf), same[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (lw_ip_parse(bad[i], &r) == 0)
			fail_msg("'%s' was read", bad[i]);
	r = ip("10.88.0.5/24");
	assert_string_equal(lw_ip_format_host(&r, buf), "10.88.0.5");
	r = ip("10.88.0.5/32");
	assert_string_equal(lw_ip_format(&r, buf), "10.88.0.5");
}

static void test_subnets(void **state)
{
	struct lw_ip net = ip("10.88.0.0/24"), six = ip("fd11:2233:4455::/64"), all = ip("0.0.0.0/0");
	struct lw_ip in = ip("10.88.0.255"), out = ip("10.88.1.0"), other = ip("fd11:2233:4455::9"),
		     inner = ip("10.88.0.128/25");
	struct lw_ip wide = ip("10.0.0.0/8"), odd = ip("10.88.0.5/24");
	(void)state;
	assert_true(lw_ip_is_subnet(&net));
	assert_false(lw_ip_is_subnet(&odd));
	assert_true(lw_ip_within(&net, &in));
	assert_true(lw_ip_within(&odd, &in));
	assert_false(lw_ip_within(&net, &out));
	assert_false(lw_ip_within(&net, &other));
	assert_true(lw_ip_within(&six, &other));
	assert_true(lw_ip_within(&all, &out));
	assert_false(lw_ip_within(&all, &other));
	assert_true(lw_ip_overlap(&net, &inner));
	assert_true(lw_ip_overlap(&inner, &net));
	assert_true(lw_ip_overlap(&wide, &inner));
	assert_false(lw_ip_overlap(&out, &net));
	struct lw_ip sub = lw_ip_subnet(&odd);
	assert_true(lw_ip_same(&sub, &net));
}

static void test_arithmetic(void **state)
{
	struct lw_ip net = ip("10.88.0.0/16"), six = ip("fd11::/64"), small = ip("10.0.0.0/30"), host = ip("10.0.0.1");
	char buf[LW_IP_MAX];
	struct lw_ip r = lw_ip_nth(&net, 258);
	(void)state;
	assert_string_equal(lw_ip_format(&r, buf), "10.88.1.2/16");
	assert_int_equal(lw_ip_index(&r), 258);
	r = lw_ip_nth(&six, 0x10002);
	assert_string_equal(lw_ip_format(&r, buf), "fd11::1:2/64");
	assert_int_equal(lw_ip_index(&r), 0x10002);
	r = ip("fd11::1:0:0:2/64");
	assert_int_equal(lw_ip_index(&r), UINT32_MAX);
	assert_int_equal(lw_ip_count(&small), 4);
	assert_int_equal(lw_ip_count(&six), UINT32_MAX);
	assert_int_equal(lw_ip_count(&host), 1);
	assert_int_equal(lw_ip_index(&host), 0);
}

static void test_macs(void **state)
{
	static const char *const bad[] = { "",
					   "02:42:0a:58:00",
					   "02:42:0a:58:00:0g",
					   "03:42:0a:58:00:05",
					   "00:00:00:00:00:00",
					   "02-42-0a-58-00-05",
					   "02:42:0a:58:00:05:" };
	uint8_t mac[6];
	char buf[LW_MAC_MAX];
	(void)state;
	assert_int_equal(lw_mac_parse("02:42:0A:58:00:ff", mac), 0);
	assert_string_equal(lw_mac_format(mac, buf), "02:42:0a:58:00:ff");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_true(lw_mac_parse(bad[i], mac) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text), cmocka_unit_test(test_subnets),
					    cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_macs) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
