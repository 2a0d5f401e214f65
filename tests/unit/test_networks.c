/* test_networks.c: where a network goes (its bridge's name, its subnets), and who gets which of its addresses: with
 * real locks, in a directory of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "networks_private.h"

static struct lw_ip ip(const char *text)
{
	struct lw_ip r;
	if (lw_ip_parse(text, &r) < 0)
		fail_msg("%s", text);
	return r;
}

static void test_bridge_names(void **state)
{
	char a[LW_IFNAME_MAX], b[LW_IFNAME_MAX], c[LW_IFNAME_MAX];
	(void)state;
	lw_network_bridge_name("web", a);
	assert_string_equal(a, "web");
	lw_network_bridge_name("exactly-fifteen", a);
	assert_string_equal(a, "exactly-fifteen");
	lw_network_bridge_name("a-name-of-sixteen-1", a);
	lw_network_bridge_name("a-name-of-sixteen-2", b);
	lw_network_bridge_name("a-name-of-sixteen-1", c);
	assert_int_equal(strlen(a), 15);
	assert_string_equal(a, c);
	assert_string_not_equal(a, b);
	/* No name of a network is spelled like it. */
	assert_true(a[7] >= 'A' && a[7] <= 'Z');
}

static void test_chosen_subnets(void **state)
{
	struct lw_taken taken[] = { { ip("10.88.0.16/28"), "x" },
				    { ip("10.88.1.0/24"), "x" },
				    { ip("0.0.0.0/0"), "the default route" },
				    { ip("::/0"), "the default route" },
				    { ip("10.88.3.1"), "x" } };
	struct lw_ip s[2] = { { 0 }, { 0 } }, again[2] = { { 0 }, { 0 } };
	struct lw_taken all = { ip("10.0.0.0/8"), "a route of this host" };
	char buf[LW_IP_MAX];
	struct lw_err err = { 0 };
	(void)state;
	assert_int_equal(lw_network_place("web", taken, 5, true, s, &err), 0);
	assert_string_equal(lw_ip_format(&s[0], buf), "10.88.2.0/24");
	assert_int_equal(s[1].bytes[0], 0xfd);
	assert_int_equal(s[1].prefix, 64);
	assert_true(lw_ip_is_subnet(&s[1]));
	assert_int_equal(lw_network_place("db", taken, 5, true, again, &err), 0);
	assert_false(lw_ip_same(&s[1], &again[1]));
	memset(again, 0, sizeof again);
	assert_int_equal(lw_network_place("web", taken, 5, false, again, &err), 0);
	assert_int_equal(again[1].family, 0);
	memset(again, 0, sizeof again);
	assert_true(lw_network_place("web", &all, 1, false, again, &err) < 0);
	assert_non_null(strstr(err.msg, "no free subnet"));
}

static void test_given_subnets(void **state)
{
	struct lw_taken taken = { ip("10.5.0.0/16"), "network web" };
	static const struct {
		const char *subnet, *says;
	} bad[] = { { "10.5.3.0/24", "overlaps 10.5.0.0/16 of network web" },
		    { "10.0.0.0/8", "overlaps" },
		    { "10.6.0.0/31", "too small" },
		    { "0.0.0.0/0", "too large" } };
	struct lw_err err = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct lw_ip s[2] = { ip(bad[i].subnet), { 0 } };
		assert_true(lw_network_place("x", &taken, 1, false, s, &err) < 0);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("%s: %s", bad[i].subnet, err.msg);
	}
	/* An IPv6 subnet alone is a network without IPv4. */
	struct lw_ip s[2] = { { 0 }, ip("fd00:5::/64") };
	assert_int_equal(lw_network_place("x", &taken, 1, true, s, &err), 0);
	assert_int_equal(s[0].family, 0);
}

/* --- leases --- */
static int dir = -1;

static int in_directory(void **state)
{
	static char path[] = "/tmp/lunward-test-networks-XXXXXX";
	*state = mkdtemp(path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0;
}

static int out_of_directory(void **state)
{
	unlinkat(dir, "n.leases", 0);
	close(dir);
	return rmdir(*state);
}

static const struct lw_named_network both = { .name = "n" };

static struct lw_named_network network(const char *four, const char *six)
{
	struct lw_named_network n = both;
	if (four)
		n.subnet[0] = ip(four);
	if (six)
		n.subnet[1] = ip(six);
	return n;
}

/* A lease as text, "10.0.0.2 fd00::2"; "" when there is none. */
static int lease(const struct lw_named_network *n, const char *fixed, char text[static 128], struct lw_err *err)
{
	struct lw_network_want want = { .name = n->name };
	struct lw_ip got[2] = { { 0 }, { 0 } };
	char a[LW_IP_MAX], b[LW_IP_MAX];
	int fd = -1;
	if (fixed) {
		struct lw_ip f = ip(fixed);
		want.fixed[f.family == AF_INET6] = f;
	}
	assert_int_equal(lw_leases_open(dir, n->name, false, &fd, err), 0);
	int r = lw_leases_take(fd, n, &want, got, err);
	lw_leases_unlock(fd);
	snprintf(text, 128, "%s%s%s", lw_ip_format_host(&got[0], a), got[0].family && got[1].family ? " " : "",
		 lw_ip_format_host(&got[1], b));
	if (r < 0) {
		text[0] = '\0';
		lw_close_p(&fd);
	}
	return fd;
}

static void test_leases_differ(void **state)
{
	struct lw_named_network n = network("10.0.0.0/29", "fd00::/64");
	struct lw_err err = { 0 };
	char text[128];
	int fds[6];
	(void)state;
	static const char *const wanted[] = { "10.0.0.2 fd00::2", "10.0.0.3 fd00::3", "10.0.0.4 fd00::4",
					      "10.0.0.5 fd00::5", "10.0.0.6 fd00::6" };
	for (int i = 0; i < 5; i++) {
		fds[i] = lease(&n, NULL, text, &err);
		assert_string_equal(text, wanted[i]);
	}
	assert_int_equal(lease(&n, NULL, text, &err), -1);
	assert_non_null(strstr(err.msg, "no free address left"));
	/* Whoever lets go, by whatever way, makes room; and no other. */
	close(fds[2]);
	fds[2] = lease(&n, NULL, text, &err);
	assert_string_equal(text, "10.0.0.4 fd00::4");
	/* A copy holds it as well; until it is given back, for all copies. */
	int copy = dup(fds[2]);
	close(fds[2]);
	assert_int_equal(lease(&n, NULL, text, &err), -1);
	lw_leases_give_back(copy);
	fds[2] = lease(&n, NULL, text, &err);
	assert_string_equal(text, "10.0.0.4 fd00::4");
	close(copy);
	for (int i = 0; i < 5; i++)
		close(fds[i]);
}

static void test_not_soon_again(void **state)
{
	struct lw_named_network n = network("10.0.0.0/24", NULL);
	struct lw_err err = { 0 };
	char first[128], second[128];
	(void)state;
	unlinkat(dir, "n.leases", 0);
	close(lease(&n, NULL, first, &err));
	close(lease(&n, NULL, second, &err));
	assert_string_equal(first, "10.0.0.2");
	assert_string_equal(second, "10.0.0.3");
}

static void test_fixed_leases(void **state)
{
	struct lw_named_network n = network("10.0.0.0/29", "fd00::/64");
	static const struct {
		const char *address, *says;
	} bad[] = { { "10.0.1.2", "is not in the network" },   { "10.0.0.2/24", "is not in the network" },
		    { "10.0.0.0/29", "is no sandbox's" },      { "10.0.0.1", "is no sandbox's" },
		    { "10.0.0.7/29", "is no sandbox's" },      { "fd01::2", "is not in the network" },
		    { "fd00::1:0:0:0/64", "is no sandbox's" }, { "fd00::1", "is no sandbox's" },
		    { "10.0.0.5/29", "is another sandbox's" } };
	struct lw_err err = { 0 };
	char text[128];
	(void)state;
	unlinkat(dir, "n.leases", 0);
	int five = lease(&n, "10.0.0.5/29", text, &err);
	assert_string_equal(text, "10.0.0.5 fd00::5");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(lease(&n, bad[i].address, text, &err), -1);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("%s: %s", bad[i].address, err.msg);
	}
	/* An IPv6 one that is taken leaves its number out for both. */
	int two = lease(&n, "fd00::3", text, &err);
	assert_string_equal(text, "10.0.0.2 fd00::3");
	int next = lease(&n, NULL, text, &err);
	assert_string_equal(text, "10.0.0.4 fd00::4");
	close(five), close(two), close(next);
}

static void test_users(void **state)
{
	struct lw_named_network n = network("10.0.0.0/24", "fd00::/64"), six = network(NULL, "fd00::/64");
	struct lw_err err = { 0 };
	char text[128];
	int fd = -1;
	(void)state;
	unlinkat(dir, "n.leases", 0);
	assert_int_equal(lw_leases_open(dir, "n", false, &fd, &err), 0);
	assert_int_equal(lw_leases_used(fd, 9), 0);
	int a = lease(&n, NULL, text, &err), b = lease(&n, "10.0.0.200", text, &err);
	assert_int_equal(lw_leases_used(fd, 9), 2);
	assert_int_equal(lw_leases_used(fd, 1), 1);
	assert_int_equal(lw_leases_used(a, 9), 1);
	close(a), close(b);
	assert_int_equal(lw_leases_used(fd, 9), 0);
	a = lease(&six, NULL, text, &err);
	assert_int_equal(lw_leases_used(fd, 9), 1);
	close(a);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bridge_names),   cmocka_unit_test(test_chosen_subnets),
		cmocka_unit_test(test_given_subnets),  cmocka_unit_test(test_leases_differ),
		cmocka_unit_test(test_not_soon_again), cmocka_unit_test(test_fixed_leases),
		cmocka_unit_test(test_users),
	};
	return cmocka_run_group_tests(tests, in_directory, out_of_directory);
}
