/* test_spec_filter.c: `publish`, `egress` and `rate` of network (core/spec_filter.c): every spelling to its canonical
 * form and back, merging, and what each refusal says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "spec_testing.h"

static void becomes(const char *text, const char *want)
{
	struct lw_spec *s = spec_of(text);
	_cleanup_free_ char *got = canonical(s), *expected = requote(want);
	assert_string_equal(got, expected);
	lw_spec_free(s);
	s = spec_of(want);
	_cleanup_free_ char *again = canonical(s);
	assert_string_equal(again, expected);
	lw_spec_free(s);
}
#define NET(in) "{'network':{" in "}}"
#define PUBLISH(in) NET("'publish':[" in "]")

static void test_publish(void **state)
{
	(void)state;
	becomes(PUBLISH("8080"), PUBLISH("{'host':8080,'port':8080}"));
	becomes(PUBLISH("'8080:80'"), PUBLISH("{'host':8080,'port':80}"));
	becomes(PUBLISH("'8080:80/tcp'"), PUBLISH("{'host':8080,'port':80,'protocol':'tcp'}"));
	becomes(PUBLISH("'127.0.0.1:53:5353/udp'"),
		PUBLISH("{'address':'127.0.0.1','host':53,'port':5353,'protocol':'udp'}"));
	becomes(PUBLISH("'[::1]:80:8080'"), PUBLISH("{'address':'::1','host':80,'port':8080}"));
	becomes(PUBLISH("'8000-8010:9000-9010'"), PUBLISH("{'host':8000,'port':9000,'count':11}"));
	becomes(PUBLISH("'8000-8010'"), PUBLISH("{'host':8000,'port':8000,'count':11}"));
	becomes(PUBLISH("'127.0.0.1:80:80','127.0.0.2:80:80','80/udp'"),
		PUBLISH("{'address':'127.0.0.1','host':80,'port':80},{'address':'127.0.0.2','host':80,'port':80},"
			"{'host':80,'port':80,'protocol':'udp'}"));
	struct lw_spec *s = spec_of(PUBLISH("{'port':80}"));
	const struct lw_publish *p = s->network.publish.v;
	assert_int_equal(s->network.kind, LW_NET_BRIDGE);
	assert_int_equal(p->host, 80);
	assert_int_equal(p->count, 1);
	assert_int_equal(p->protocol, IPPROTO_TCP);
	lw_spec_free(s);
}

static void test_egress(void **state)
{
	(void)state;
	becomes(NET("'egress':'allow'"), NET("'egress':'allow'"));
	becomes(NET("'egress':'deny'"), NET("'egress':'deny'"));
	becomes(NET("'egress':[]"), NET("'egress':[]"));
	becomes(NET("'egress':['Example.ORG.:443/TCP','10.0.0.0/8:1-1']"),
		NET("'egress':['example.org:443/tcp','10.0.0.0/8:1']"));
}

static void test_rate(void **state)
{
	(void)state;
	becomes(NET("'rate':{'egress':'10mbit','ingress':'1500kbit'}"),
		NET("'rate':{'egress':'10mbit','ingress':'1500kbit'}"));
	becomes(NET("'rate':{'egress':'1000Mbit'}"), NET("'rate':{'egress':'1gbit'}"));
	struct lw_spec *s = spec_of(NET("'rate':{'ingress':'8000bit'}"));
	assert_int_equal(s->network.rate.ingress, 8000);
	assert_int_equal(s->network.rate.egress, 0);
	lw_spec_free(s);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *json, *path, *part;
	} v[] = {
		{ PUBLISH("'80:x'"), "network.publish[0]", "not a port" },
		{ PUBLISH("0"), "network.publish[0]", "not a port" },
		{ PUBLISH("65536"), "network.publish[0]", "not a port" },
		{ PUBLISH("80,'80:81'"), "network.publish[1]", "port 80 of the host is published before" },
		{ PUBLISH("'80-90','85:1'"), "network.publish[1]", "port 85" },
		{ PUBLISH("'80:80','127.0.0.1:80:80'"), "network.publish[1]", "before" },
		{ PUBLISH("'8000-8010:9000'"), "network.publish[0]", "not of one length" },
		{ PUBLISH("'127.0.0.1::80'"), "network.publish[0]", "lunward chooses none" },
		{ PUBLISH("'localhost:80:80'"), "network.publish[0]", "not an address of the host" },
		{ PUBLISH("'10.0.0.0/8:80:80'"), "network.publish[0]", "unknown protocol" },
		{ PUBLISH("'80/tpc'"), "network.publish[0]", "did you mean \"tcp\"?" },
		{ PUBLISH("'80/icmp'"), "network.publish[0]", "unknown protocol" },
		{ PUBLISH("{}"), "network.publish[0]", "without a port" },
		{ PUBLISH("{'port':65535,'count':2}"), "network.publish[0]", "past 65535" },
		{ PUBLISH("'1-4000','5000-5200'"), "network.publish[1]", "more than 4096" },
		{ PUBLISH("{'hst':80}"), "network.publish[0].hst", "did you mean \"host\"?" },
		{ NET("'egress':'denny'"), "network.egress", "did you mean \"deny\"?" },
		{ NET("'egress':'10.0.0.0/8'"), "network.egress", "egress = { \"10.0.0.0/8\" }" },
		{ NET("'egress':['10.0.0.1/8']"), "network.egress[0]", "did you mean \"10.0.0.0/8\"?" },
		{ NET("'egress':true"), "network.egress", "\"deny\"" },
		{ NET("'rate':{'egress':'10m'}"), "network.rate.egress", "10mbit" },
		{ NET("'rate':{'egress':10}"), "network.rate.egress", "10mbit" },
		{ NET("'rate':{'egress':'1kbit'}"), "network.rate.egress", "out of range" },
		{ NET("'rate':{'egress':'999999999999tbit'}"), "network.rate.egress", "out of range" },
		{ NET("'macvlan':'eth0','egress':'deny'"), "network.egress", "needs a bridge" },
		{ NET("'path':'/run/netns/x','publish':[80]"), "network.publish", "joined" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		struct lw_spec *s = NULL;
		json_auto_t *raw = raw_of(v[i].json);
		if (lw_spec_decode(raw, &s, &err) >= 0)
			fail_msg("%s was taken", v[i].json);
		same_err(v[i].json, &err, v[i].path, v[i].part);
	}
}

static void test_merge(void **state)
{
	(void)state;
	json_auto_t *base = raw_of("{'network':{'bridge':'web','publish':[80],'rate':{'egress':'1mbit'}}}"),
		    *over = raw_of("{'network':{'publish':[81],'rate':{'ingress':'2mbit'}}}");
	struct lw_err err = { 0 };
	json_auto_t *both = lw_spec_merge(base, over, &err);
	json_auto_t *want =
		raw_of("{'network':{'bridge':'web','publish':[81],'rate':{'egress':'1mbit','ingress':'2mbit'}}}");
	assert_true(json_equal(both, want));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_publish), cmocka_unit_test(test_egress),
					    cmocka_unit_test(test_rate), cmocka_unit_test(test_refused),
					    cmocka_unit_test(test_merge) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
