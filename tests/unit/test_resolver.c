/* test_resolver.c: what the resolver makes of messages and policies (core/resolver): questions and answers of
 * strangers, aliases, which name leads to which set, which addresses are nobody's on the internet. */
#include <arpa/nameser.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "resolver/policy.h"

static const char policy_text[] = "name web\nip 10.88.0.4\nip fd00:88::4\nfilter\nallow 0 good.example:80/tcp\n"
				  "allow 1 *.wild.example\nallow 1 good.example:81/tcp\nallow 2 db:5432\n"
				  "net 10.1.0.0/16\nserver 192.0.2.1\n";

static struct policy two(void)
{
	struct policy p = { 0 };
	struct lw_err err = { 0 };
	assert_int_equal(policy_put(&p, "4000000000000000", policy_text, &err), 0);
	assert_int_equal(policy_put(&p, "5000000000000000", "name db\nip 10.88.0.5\n", &err), 0);
	return p;
}

static struct lw_ip ip(const char *text)
{
	struct lw_ip r;
	assert_int_equal(lw_ip_parse(text, &r), 0);
	return r;
}

static void test_policy(void **state)
{
	(void)state;
	struct policy p = two();
	struct lw_ip a = ip("10.88.0.4"), b = ip("fd00:88::4"), c = ip("10.88.0.6");
	const struct policy_sandbox *s = policy_by_ip(&p, &a);
	assert_non_null(s);
	assert_ptr_equal(policy_by_ip(&p, &b), s);
	assert_null(policy_by_ip(&p, &c));
	assert_null(policy_by_ip(&p, &(struct lw_ip){ 0 }));
	assert_true(s->filter);
	assert_int_equal(s->n_rules, 4);
	assert_int_equal(s->n_servers, 1);
	assert_int_equal(policy_put(&p, "4000000000000000", "name web\nip 10.88.0.6\n", NULL), 0);
	assert_null(policy_by_ip(&p, &a));
	assert_non_null(policy_by_ip(&p, &c));
	static const char *const bad[] = {
		"nonsense",           "filter x",     "ip 10.0.0",
		"allow good.example", "allow 64 a.b", "allow -1 a.b",
		"allow 0 a..b",       "name -x",      "ip 10.0.0.1\nip 10.0.0.2\nip 10.0.0.3"
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (policy_put(&p, "6000000000000000", bad[i], NULL) >= 0)
			fail_msg("'%s' was taken", bad[i]);
	policy_drop(&p, "4000000000000000");
	assert_null(policy_by_ip(&p, &c));
	policy_done(&p);
}

static void test_decide(void **state)
{
	(void)state;
	static const struct {
		const char *id, *name;
		uint16_t type;
		enum verdict verdict;
		uint64_t sets;
	} v[] = {
		{ "4000000000000000", "good.example", ns_t_a, VERDICT_ASK, 3 },
		{ "4000000000000000", "good.example", ns_t_aaaa, VERDICT_ASK, 3 },
		{ "4000000000000000", "good.example", ns_t_txt, VERDICT_NOTHING, 3 },
		{ "4000000000000000", "x.good.example", ns_t_a, VERDICT_REFUSE, 0 },
		{ "4000000000000000", "a.wild.example", ns_t_a, VERDICT_ASK, 2 },
		{ "4000000000000000", "wild.example", ns_t_a, VERDICT_REFUSE, 0 },
		{ "4000000000000000", "db", ns_t_a, VERDICT_LOCAL, 4 },
		{ "4000000000000000", "web", ns_t_a, VERDICT_REFUSE, 0 },
		{ "4000000000000000", "", ns_t_a, VERDICT_REFUSE, 0 },
		{ "5000000000000000", "web", ns_t_a, VERDICT_LOCAL, 0 },
		{ "5000000000000000", "web", ns_t_mx, VERDICT_NOTHING, 0 },
		{ "5000000000000000", "anything.example", ns_t_txt, VERDICT_PASS, 0 },
		{ "5000000000000000", "", ns_t_a, VERDICT_PASS, 0 },
	};
	struct policy p = two();
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct dns_question q = { .type = v[i].type };
		const struct policy_sandbox *local;
		uint64_t sets;
		strcpy(q.name, v[i].name);
		assert_int_equal(policy_decide(&p, policy_by_id(&p, v[i].id), &q, &local, &sets), v[i].verdict);
		assert_int_equal(sets, v[i].sets);
	}
	policy_done(&p);
}

static void test_private(void **state)
{
	(void)state;
	static const char *const private[] = { "0.0.0.0",         "10.1.2.3",    "127.0.0.1",  "169.254.169.254",
					       "172.31.0.1",      "192.168.0.1", "100.64.0.1", "224.0.0.1",
					       "255.255.255.255", "::",          "::1",        "::ffff:10.0.0.1",
					       "fd00::1",         "fe80::1",     "ff02::1",    "64:ff9b::7f00:1",
					       "2002:7f00:1::" },
				 *const public[] = { "1.1.1.1", "172.32.0.1", "192.0.2.1", "2001:db8::1", "2a00::1" };
	struct policy p = two();
	const struct policy_sandbox *s = policy_by_id(&p, "4000000000000000");
	for (size_t i = 0; i < ARRAY_LEN(private); i++) {
		struct lw_ip a = ip(private[i]);
		if (!dns_is_private(&a))
			fail_msg("%s", private[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(public); i++) {
		struct lw_ip a = ip(public[i]);
		assert_false(dns_is_private(&a));
		assert_true(policy_takes(s, &a));
	}
	struct lw_ip allowed = ip("10.1.2.3"), other = ip("10.2.2.3");
	assert_true(policy_takes(s, &allowed));
	assert_false(policy_takes(s, &other));
	policy_done(&p);
	assert_in_range(policy_seconds(0), 30, 60);
	assert_in_range(policy_seconds(300), 300, 330);
	assert_in_range(policy_seconds(UINT32_MAX), 3600, 3700);
}

static void test_messages(void **state)
{
	(void)state;
	uint8_t msg[DNS_UDP_MAX], reply[DNS_UDP_MAX];
	struct dns_question q;
	struct dns_answer a;
	size_t n = dns_write_question(0x1234, "good.example", ns_t_a, msg);
	assert_int_equal(dns_read_question(msg, n, &q), 0);
	assert_int_equal(q.id, 0x1234);
	assert_string_equal(q.name, "good.example");
	assert_int_equal(q.room, DNS_UDP_MAX);
	for (size_t cut = 0; cut < q.end; cut++)
		assert_int_not_equal(dns_read_question(msg, cut, &(struct dns_question){ 0 }), 0);
	const struct lw_ip ips[] = { ip("192.0.2.9"), ip("2001:db8::1"), ip("192.0.2.10") };
	size_t m = dns_write_answer(msg, &q, ns_r_noerror, ips, ARRAY_LEN(ips), 77, reply);
	assert_true(dns_answers(reply, m, 0x1234, msg, &q));
	assert_false(dns_answers(reply, m, 0x1235, msg, &q));
	assert_int_equal(dns_read_answer(reply, m, 0x1234, "good.example", ns_t_a, &a), 0);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.ttl, 77);
	assert_true(lw_ip_same(&a.ip[1], &ips[2]));
	assert_int_equal(dns_read_answer(reply, m, 0x1235, "good.example", ns_t_a, &a), -EINVAL);
	assert_int_equal(dns_read_answer(reply, m, 0x1234, "other.example", ns_t_a, &a), -EINVAL);
	assert_int_equal(dns_read_answer(reply, m, 0x1234, "good.example", ns_t_aaaa, &a), -EINVAL);
	/* What does not fit is said not to. */
	struct lw_ip many[DNS_ADDRESSES];
	for (size_t i = 0; i < DNS_ADDRESSES; i++)
		many[i] = ips[0];
	q.room = NS_PACKETSZ;
	m = dns_write_answer(msg, &q, ns_r_noerror, many, DNS_ADDRESSES, 77, reply);
	assert_in_range(m, 400, NS_PACKETSZ);
	assert_true(reply[2] & 2);
	msg[2] |= 0x80;
	assert_int_equal(dns_read_question(msg, n, &q), -EINVAL);
	msg[2] = 0x29; /* an update */
	assert_int_equal(dns_read_question(msg, n, &q), ns_r_notimpl);
}

/* An alias, and a stranger's addresses beside it that nobody asked for. */
static void test_alias(void **state)
{
	(void)state;
	static const uint8_t msg[] = "\x00\x07\x81\x80\x00\x01\x00\x03\x00\x00\x00\x00"
				     "\x01"
				     "a\x01"
				     "b\x00\x00\x01\x00\x01"
				     "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x09\x00\x05\x01"
				     "c\x01"
				     "b\x00"
				     "\x01"
				     "c\x01"
				     "b\x00\x00\x01\x00\x01\x00\x00\x00\x50\x00\x04\xc0\x00\x02\x09"
				     "\x01"
				     "d\x01"
				     "b\x00\x00\x01\x00\x01\x00\x00\x00\x50\x00\x04\xc0\x00\x02\x66";
	struct dns_answer a;
	assert_int_equal(dns_read_answer(msg, sizeof msg - 1, 7, "a.b", ns_t_a, &a), 0);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.ip[0].bytes[3], 9);
	assert_int_equal(a.ttl, 9);
}

static void test_letters(void **state)
{
	(void)state;
	uint8_t msg[DNS_UDP_MAX], random[DNS_MIX] = { 0x05, 0x09 };
	char name[LW_DNS_NAME_MAX + 1] = "a-b.ex4mple";
	struct dns_question q;
	dns_mix(name, random);
	assert_string_equal(name, "A-B.ex4mPle");
	size_t n = dns_write_question(7, name, ns_t_a, msg);
	assert_true(dns_repeats(msg, n, name));
	assert_false(dns_repeats(msg, n, "a-b.ex4mple"));
	assert_false(dns_repeats(msg, n, "A-B.ex4mPl"));
	assert_false(dns_repeats(msg, 20, name));
	assert_int_equal(dns_read_question(msg, n, &q), 0);
	assert_string_equal(q.name, "a-b.ex4mple");
	memset(name, 'a', sizeof name - 1);
	name[LW_DNS_NAME_MAX] = '\0';
	memset(random, 0xff, sizeof random);
	dns_mix(name, random);
	assert_int_equal(strspn(name, "A"), LW_DNS_NAME_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_policy),  cmocka_unit_test(test_decide),
					    cmocka_unit_test(test_private), cmocka_unit_test(test_messages),
					    cmocka_unit_test(test_alias),   cmocka_unit_test(test_letters) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
