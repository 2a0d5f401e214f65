/* test_egress.c: lines of egress lists (net/egress.h): what each means, its canonical spelling, what is refused and
 * with which words, and which names a rule is about. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "net/egress.h"

static struct lw_egress_rule parsed(const char *text)
{
	struct lw_err err = { 0 };
	struct lw_egress_rule r;
	if (lw_egress_parse(text, &r, &err) < 0)
		fail_msg("'%s': %s", text, err.msg);
	return r;
}

static void test_canonical(void **state)
{
	(void)state;
	static const char *const v[][2] = {
		{ "10.0.0.0/8:443/tcp", NULL },
		{ "10.0.0.0/8", NULL },
		{ "192.0.2.7:53/udp", NULL },
		{ "192.0.2.7/32:53", "192.0.2.7:53" },
		{ "10.0.0.0/8/icmp", NULL },
		{ "10.0.0.0/8:1-65535/TCP", "10.0.0.0/8:1-65535/tcp" },
		{ "10.0.0.0/8:80-80", "10.0.0.0/8:80" },
		{ "0.0.0.0/0:443", NULL },
		{ "2001:db8::/32", NULL },
		{ "[2001:db8::/32]", "2001:db8::/32" },
		{ "[2001:DB8:0::/32]:443/tcp", "[2001:db8::/32]:443/tcp" },
		{ "[::1]:80", NULL },
		{ "fd00::5/udp", NULL },
		{ "example.org", NULL },
		{ "Example.ORG.:443", "example.org:443" },
		{ "*.example.org:443/tcp", NULL },
		{ "db", NULL },
		{ "_dns.example.org:53/udp", NULL },
		{ "3com.example:80", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		char buf[LW_EGRESS_TEXT_MAX], again[LW_EGRESS_TEXT_MAX];
		struct lw_egress_rule r = parsed(v[i][0]);
		assert_string_equal(lw_egress_format(&r, buf), v[i][1] ? v[i][1] : v[i][0]);
		r = parsed(buf);
		assert_string_equal(lw_egress_format(&r, again), buf);
	}
}

static void test_meaning(void **state)
{
	(void)state;
	struct lw_egress_rule r = parsed("10.0.0.0/8:400-443/tcp");
	assert_int_equal(r.to.family, AF_INET);
	assert_int_equal(r.to.prefix, 8);
	assert_int_equal(r.first, 400);
	assert_int_equal(r.last, 443);
	assert_int_equal(r.protocol, IPPROTO_TCP);
	r = parsed("*.example.org");
	assert_int_equal(r.to.family, 0);
	assert_true(r.below);
	assert_string_equal(r.name, "example.org");
	assert_int_equal(r.first, 0);
	assert_int_equal(r.protocol, 0);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *part;
	} v[] = {
		{ "", "neither an address nor a name" },
		{ "10.0.0.1/8", "did you mean \"10.0.0.0/8\"?" },
		{ "10.0.0.0/33", "not an address" },
		{ "10.0.0", "not an address" },
		{ "10.0.0.256", "not an address" },
		{ "10.0.0.0/8:0", "not a port" },
		{ "10.0.0.0/8:65536", "not a port" },
		{ "10.0.0.0/8:443-80", "not a port" },
		{ "10.0.0.0/8:", "not a port" },
		{ "10.0.0.0/8:https", "not a port" },
		{ "10.0.0.0/8:443/tpc", "did you mean \"tcp\"?" },
		{ "10.0.0.0/8:443/icmp", "icmp has no ports" },
		{ "https://example.org", "the host and the port alone" },
		{ "example.org/path", "unknown protocol" },
		{ "*", "egress = \"allow\"" },
		{ "*:443", "egress = \"allow\"" },
		{ "a.*.org", "'*' stands alone" },
		{ "*example.org", "'*' stands alone" },
		{ "exa mple.org", "neither an address nor a name" },
		{ "-x.org", "neither an address nor a name" },
		{ "a..org", "neither an address nor a name" },
		{ "example.1", "neither an address nor a name" },
		{ "[10.0.0.0/8", "not an address" },
		{ "[example.org]:443", "not an address" },
		{ "d\xc3\xb6ner.example", "neither an address nor a name" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org",
		  "neither an address nor a name" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		struct lw_egress_rule r;
		if (lw_egress_parse(v[i].text, &r, &err) >= 0)
			fail_msg("'%s' was taken", v[i].text);
		assert_int_equal(err.cls, LW_ERR_POLICY);
		if (!strstr(err.msg, v[i].part) && !strstr(err.hint, v[i].part))
			fail_msg("'%s': %s (%s)", v[i].text, err.msg, err.hint);
	}
	char text[LW_EGRESS_TEXT_MAX + 8];
	struct lw_egress_rule r;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_int_equal(lw_egress_parse(text, &r, NULL), -EINVAL);
}

static void test_names(void **state)
{
	(void)state;
	struct lw_egress_rule one = parsed("example.org:443"), below = parsed("*.example.org"),
			      net = parsed("10.0.0.0/8");
	assert_true(lw_egress_names(&one, "example.org"));
	assert_false(lw_egress_names(&one, "www.example.org"));
	assert_false(lw_egress_names(&one, "badexample.org"));
	assert_true(lw_egress_names(&below, "www.example.org"));
	assert_true(lw_egress_names(&below, "a.b.example.org"));
	assert_false(lw_egress_names(&below, "example.org"));
	assert_false(lw_egress_names(&below, "badexample.org"));
	assert_false(lw_egress_names(&below, ".example.org"));
	assert_false(lw_egress_names(&net, "10.0.0.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_canonical), cmocka_unit_test(test_meaning),
					    cmocka_unit_test(test_refused), cmocka_unit_test(test_names) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
