/* test_notify.c: what is understood of sd_notify(3), and what is passed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include "notify.h"

static void test_words(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned said;
		const char *status;
	} v[] = {
		{ "", 0, "" },
		{ "READY=1", LW_NOTIFY_READY, "" },
		{ "READY=1\n", LW_NOTIFY_READY, "" },
		{ "\n\nREADY=1\n\n", LW_NOTIFY_READY, "" },
		{ "READY=0", 0, "" },
		{ "READY=11", 0, "" },
		{ "XREADY=1", 0, "" },
		{ " READY=1", 0, "" },
		{ "ready=1", 0, "" },
		{ "MAINPID=1\nREADY=1\nFDSTORE=1", LW_NOTIFY_READY, "" },
		{ "RELOADING=1\nMONOTONIC_USEC=3", LW_NOTIFY_RELOADING, "" },
		{ "STOPPING=1", LW_NOTIFY_STOPPING, "" },
		{ "WATCHDOG=1", LW_NOTIFY_WATCHDOG, "" },
		{ "STATUS=", LW_NOTIFY_STATUS, "" },
		{ "STATUS=up and running\nREADY=1", LW_NOTIFY_STATUS | LW_NOTIFY_READY, "up and running" },
		{ "STATUS=a\nSTATUS=b", LW_NOTIFY_STATUS, "b" },
		{ "STATUS=\x1b[31m\x07", LW_NOTIFY_STATUS, "?[31m?" },
		{ "STATUS=gr\xc3\xbc\xc3\x9f"
		  "e \xff",
		  LW_NOTIFY_STATUS,
		  "gr\xc3\xbc\xc3\x9f"
		  "e ?" },
	};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct lw_notice n;
		lw_notify_parse(v[i].text, strlen(v[i].text), &n);
		assert_int_equal(n.said, v[i].said);
		assert_string_equal(n.status, v[i].status);
	}
}

static void test_bounds(void **state)
{
	(void)state;
	static char big[LW_NOTIFY_MAX + 1];
	struct lw_notice n;
	memset(big, 'x', sizeof big);
	memcpy(big, "READY=1\nSTATUS=", 15);
	lw_notify_parse(big, sizeof big, &n);
	assert_int_equal(n.said, 0);
	lw_notify_parse(big, LW_NOTIFY_MAX, &n);
	assert_int_equal(n.said, LW_NOTIFY_READY | LW_NOTIFY_STATUS);
	assert_int_equal(strlen(n.status), LW_NOTIFY_STATUS_MAX - 1);
	/* A character that does not fit is not cut in two. */
	memcpy(big + 15 + LW_NOTIFY_STATUS_MAX - 2, "\xe2\x82\xac", 3);
	lw_notify_parse(big, LW_NOTIFY_MAX, &n);
	assert_int_equal(strlen(n.status), LW_NOTIFY_STATUS_MAX - 2);
	/* NUL ends a status, not the message. */
	lw_notify_parse("STATUS=a\0b\nREADY=1", 18, &n);
	assert_string_equal(n.status, "a");
	assert_true(n.said & LW_NOTIFY_READY);
}

static void test_relay(void **state)
{
	(void)state;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char name[64], text[512] = "";
	int len = snprintf(name, sizeof name, "@lunward-test-%d", (int)getpid());
	memcpy(at.sun_path + 1, name + 1, (size_t)len - 1);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)), 0);
	struct lw_notice n = { .said = LW_NOTIFY_READY | LW_NOTIFY_STATUS | LW_NOTIFY_WATCHDOG, .status = "well" };
	lw_notify_relay(name, &n);
	assert_true(recv(fd, text, sizeof text - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(text, "READY=1\nWATCHDOG=1\nSTATUS=well\n");
	/* Nobody, nothing to say, no address: nothing happens. */
	lw_notify_relay(NULL, &n);
	lw_notify_relay("", &n);
	lw_notify_relay("relative", &n);
	lw_notify_relay("/nowhere/at/all", &n);
	n.said = 0;
	lw_notify_relay(name, &n);
	assert_true(recv(fd, text, sizeof text - 1, MSG_DONTWAIT) < 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_relay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
