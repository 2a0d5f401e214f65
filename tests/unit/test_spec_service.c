/* test_spec_service.c: the keys `service` and `log`: what may be written and what it means, how it is written again,
 * how layers merge, and what is refused in which words. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "listen.h"
#include "spec_testing.h"

static void test_defaults(void **state)
{
	(void)state;
	struct lw_spec *s = spec_of("{'service':{'health':{'tcp':1},'listen':[80]}}");
	const struct lw_service *v = &s->service;
	assert_int_equal(v->restart, LW_RESTART_NO);
	assert_int_equal(v->backoff.first, 100000);
	assert_int_equal(v->backoff.max, 60000000);
	assert_int_equal(v->burst.count, 5);
	assert_int_equal(v->burst.interval, 60000000);
	assert_int_equal(v->ready.kind, LW_PROBE_STARTED);
	assert_int_equal(v->ready_timeout, 90000000);
	assert_int_equal(v->stop_signal, SIGTERM);
	assert_int_equal(v->stop_timeout, 10000000);
	assert_int_equal(v->health.interval, 30000000);
	assert_int_equal(v->health.timeout, 5000000);
	assert_int_equal(v->health.retries, 3);
	assert_int_equal(v->health.action, LW_HEALTH_RESTART);
	assert_int_equal(v->listen.v[0].backlog, 4096);
	assert_int_equal(v->listen.v[0].mode, 0666);
	assert_int_equal(s->log.kind, LW_LOG_FILE);
	assert_int_equal(s->log.max, 16 << 20);
	assert_int_equal(s->log.keep, 1);
	lw_spec_free(s);
}

/* What was written, and the canonical text of it; NULL: the same. */
static const struct {
	const char *written, *canonical;
} forms[] = {
	{ "{'service':{'restart':false}}", "{'service':{'restart':'no'}}" },
	{ "{'service':{'restart':true}}", "{'service':{'restart':'always'}}" },
	{ "{'service':{'restart':'on_failure'}}", "{'service':{'restart':'on-failure'}}" },
	{ "{'service':{'backoff':2,'burst':'3'}}", "{'service':{'backoff':'2s','burst':3}}" },
	{ "{'service':{'backoff':{'first':'2s'}}}", "{'service':{'backoff':'2s'}}" },
	{ "{'service':{'backoff':{'max':'2s'},'burst':{'count':0,'interval':'1m'}}}",
	  "{'service':{'backoff':{'max':'2s'},'burst':{'count':0,'interval':'1m'}}}" },
	{ "{'service':{'ready':'notify','ready_timeout':0}}", "{'service':{'ready':'notify','ready_timeout':'0s'}}" },
	{ "{'service':{'ready':{'tcp':'127.0.0.1:80'}}}", "{'service':{'ready':{'tcp':80}}}" },
	{ "{'service':{'ready':{'tcp':'[::1]:80'}}}", NULL },
	{ "{'service':{'ready':{'tcp':'10.0.0.1:80'}}}", NULL },
	{ "{'service':{'ready':{'exec':['true',1.0]}}}", "{'service':{'ready':{'exec':['true','1']}}}" },
	{ "{'service':{'ready':{'file':'/run//x'}}}", "{'service':{'ready':{'file':'/run/x'}}}" },
	{ "{'service':{'ready':{'log':'listening on'}}}", NULL },
	{ "{'service':{'health':{'file':'/x','interval':'1s','timeout':'2s','retries':1,'start_period':'5s',"
	  "'action':'none'}}}",
	  NULL },
	{ "{'service':{'stop_signal':'sigquit','stop_timeout':1}}",
	  "{'service':{'stop_signal':'QUIT','stop_timeout':'1s'}}" },
	{ "{'service':{'stop_signal':3}}", "{'service':{'stop_signal':'QUIT'}}" },
	{ "{'service':{'after':'a','requires':['b','c']}}", "{'service':{'after':['a'],'requires':['b','c']}}" },
	{ "{'service':{'listen':8080}}", "{'service':{'listen':[{'address':'8080'}]}}" },
	{ "{'service':{'listen':['127.0.0.1:53/udp','inherit',8080.0,'/run/x']}}",
	  "{'service':{'listen':[{'address':'127.0.0.1:53','datagram':true},{'inherit':'*'},{'address':'8080'},"
	  "{'address':'/run/x'}]}}" },
	{ "{'service':{'listen':[{'address':'[::]:80','name':'web','backlog':16,'mode':'0600'}]}}", NULL },
	{ "{'log':'journal'}", NULL },
	{ "{'log':'inherit'}", NULL },
	{ "{'log':{'file':'/var/log/x','max':1048576,'keep':0}}", NULL },
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct lw_spec *s = spec_of(forms[i].written);
		_cleanup_free_ char *text = canonical(s),
				    *want = requote(forms[i].canonical ? forms[i].canonical : forms[i].written);
		struct lw_spec *again = spec_of(want);
		_cleanup_free_ char *twice = canonical(again);
		assert_string_equal(text, want);
		assert_string_equal(twice, want);
		lw_spec_free(s);
		lw_spec_free(again);
	}
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *path, *part;
	} v[] = {
		{ "{'service':{'restart':'unless-stopped'}}", "service.restart", "write \"always\"" },
		{ "{'service':{'restart':'on-abort'}}", "service.restart", "write \"on-failure\"" },
		{ "{'service':{'restart':'on-failure:5'}}", "service.restart", "burst = 5" },
		{ "{'service':{'restart':'alway'}}", "service.restart", "did you mean \"always\"?" },
		{ "{'service':{'restart':3}}", "service.restart", "expected \"no\"" },
		{ "{'service':{'ExecStartPost':'x'}}", "service.ExecStartPost", "ready = { exec" },
		{ "{'service':{'RestartSec':1}}", "service.RestartSec", "write backoff" },
		{ "{'service':{'healthcheck':{}}}", "service.healthcheck", "write health" },
		{ "{'service':{'depends_on':'x'}}", "service.depends_on", "write requires" },
		{ "{'healthcheck':{}}", "healthcheck", "health = { exec" },
		{ "{'restart':'always'}", "restart", "service = { restart" },
		{ "{'service':{'backoff':'x'}}", "service.backoff", "expected a duration" },
		{ "{'service':{'backoff':{'first':'x'}}}", "service.backoff.first", "expected a duration" },
		{ "{'service':{'burst':-1}}", "service.burst", "out of range" },
		{ "{'service':{'ready':'forking'}}", "service.ready", "foreground" },
		{ "{'service':{'ready':'notfy'}}", "service.ready", "did you mean \"notify\"?" },
		{ "{'service':{'ready':{'origin':'p:1'}}}", "service.ready", "asks nothing" },
		{ "{'service':{'ready':{'tcp':1,'log':'x'}}}", "service.ready", "which?" },
		{ "{'service':{'ready':{'tcp':0}}}", "service.ready.tcp", "expected a port" },
		{ "{'service':{'ready':{'tcp':65536}}}", "service.ready.tcp", "expected a port" },
		{ "{'service':{'ready':{'tcp':'localhost:80'}}}", "service.ready.tcp", "not looked up" },
		{ "{'service':{'ready':{'tcp':'/run/x'}}}", "service.ready.tcp", "expected a port" },
		{ "{'service':{'ready':{'exec':[]}}}", "service.ready.exec", "no command" },
		{ "{'service':{'ready':{'file':'x'}}}", "service.ready.file", "absolute" },
		{ "{'service':{'ready':{'log':''}}}", "service.ready.log", "empty" },
		{ "{'service':{'health':{'interval':'1s'}}}", "service.health", "asks nothing" },
		{ "{'service':{'health':{'log':'x'}}}", "service.health.log", "unknown key" },
		{ "{'service':{'health':{'tcp':1,'retries':0}}}", "service.health.retries", "out of range" },
		{ "{'service':{'stop_signal':'TREM'}}", "service.stop_signal", "did you mean \"TERM\"?" },
		{ "{'service':{'stop_signal':65}}", "service.stop_signal", "out of range" },
		{ "{'service':{'after':'A b'}}", "service.after", "not a name" },
		{ "{'service':{'after':['A b']}}", "service.after[0]", "not a name" },
		{ "{'service':{'listen':['web']}}", "service.listen[0].address", "not an address" },
		{ "{'service':{'listen':[{'name':'x'}]}}", "service.listen[0]", "needs an address" },
		{ "{'service':{'listen':[{'address':'1','inherit':'x'}]}}", "service.listen[0]", "which?" },
		{ "{'service':{'listen':[{'address':'1','name':'a:b'}]}}", "service.listen[0].name", "LISTEN_FDNAMES" },
		{ "{'service':{'listen':{'address':'1'}}}", "service.listen", "expected a list" },
		{ "{'log':'journald'}", "log", "write \"journal\"" },
		{ "{'log':'json-file'}", "log", "write \"file\"" },
		{ "{'log':{'max_size':'1M'}}", "log.max_size", "write max" },
		{ "{'log':{'max':3}}", "log.max", "too little" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		refused(v[i].text, v[i].path, v[i].part);
}

static void test_rules(void **state)
{
	(void)state;
	static const struct {
		const char *text, *path, *part;
	} v[] = {
		{ "'service':{'backoff':{'first':'2m'}}", "service.backoff", "longer than the longest" },
		{ "'service':{'health':{'tcp':1,'interval':0}}", "service.health.interval", "must not be 0" },
		{ "'service':{'after':'me'}", "service.after", "wait for itself" },
		{ "'service':{'requires':['x','me']}", "service.requires", "wait for itself" },
		{ "'service':{'listen':[80,81,'80']}", "service.listen[2]", "listen[0] too" },
		{ "'selinux':{'process':'t'},'service':{'ready':{'exec':['true']}}", "service.ready.exec", "SELinux" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		char text[256];
		struct lw_err err = { 0 };
		snprintf(text, sizeof text, "{'name':'me','command':['true'],%s}", v[i].text);
		struct lw_spec *s = spec_of(text);
		assert_true(lw_spec_check(s, &err) < 0);
		same_err(text, &err, v[i].path, v[i].part);
		lw_spec_free(s);
	}
	struct lw_err err = { 0 };
	struct lw_spec *s = spec_of("{'command':['true'],'service':{'listen':[80,'80/udp','inherit','inherit']}}");
	assert_int_equal(lw_spec_check(s, &err), 0);
	lw_spec_free(s);
}

static void test_merge(void **state)
{
	(void)state;
	static const struct {
		const char *base, *over, *merged;
	} v[] = {
		{ "{'service':{'restart':'always','burst':9}}", "{'service':{'restart':'no'}}",
		  "{'service':{'restart':'no','burst':9}}" },
		{ "{'service':{'burst':9}}", "{'service':{'burst':{'interval':'1s'}}}",
		  "{'service':{'burst':{'count':9,'interval':'1s'}}}" },
		{ "{'service':{'ready':{'tcp':1}}}", "{'service':{'ready':{'file':'/x'}}}",
		  "{'service':{'ready':{'file':'/x'}}}" },
		/* Another question, asked as before. */
		{ "{'service':{'health':{'tcp':1,'retries':9}}}",
		  "{'service':{'health':{'exec':['x'],'timeout':'1s'}}}",
		  "{'service':{'health':{'exec':['x'],'timeout':'1s','retries':9}}}" },
		{ "{'service':{'health':{'tcp':1}}}", "{'service':{'health':{'retries':9}}}",
		  "{'service':{'health':{'tcp':1,'retries':9}}}" },
		{ "{'service':{'health':{'tcp':1},'restart':'no'}}", "{'service':{'health':{'$unset':true}}}",
		  "{'service':{'restart':'no'}}" },
		{ "{'log':{'max':1048576}}", "{'log':'journal'}", "{'log':'journal'}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		struct lw_spec *s = NULL;
		json_t *base = raw_of(v[i].base), *over = raw_of(v[i].over), *merged = lw_spec_merge(base, over, &err);
		assert_non_null(merged);
		if (lw_spec_decode(merged, &s, &err) < 0)
			fail_msg("%s over %s: %s: %s", v[i].over, v[i].base, err.path, err.msg);
		_cleanup_free_ char *text = canonical(s), *want = requote(v[i].merged);
		assert_string_equal(text, want);
		lw_spec_free(s);
		json_decref(base);
		json_decref(over);
		json_decref(merged);
	}
}

static void test_endpoint(void **state)
{
	(void)state;
	static const char *const bad[] = { "",        "0",         "65536",
					   "+80",     " 80",       "80 ",
					   "a",       ":80",       "1.2.3:80",
					   "[]:80",   "[::1]80",   "::1:80",
					   "[::1:80", "1.2.3.4:",  "[1.2.3.4]:80",
					   "/",       "1.2.3.4:0", "[0000:0000:0000:0000:0000:0000:0000:0000:0]:1" };
	struct lw_endpoint e;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (lw_endpoint_parse(bad[i], &e) == 0)
			fail_msg("taken: '%s'", bad[i]);
	assert_int_equal(lw_endpoint_parse("80", &e), 0);
	assert_true(e.both && e.at.any.sa_family == AF_INET6 && e.at.in6.sin6_port == htons(80) && !e.path);
	assert_int_equal(lw_endpoint_parse("127.0.0.1:8080", &e), 0);
	assert_true(!e.both && e.at.in.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && e.len == sizeof e.at.in);
	assert_int_equal(lw_endpoint_parse("[::1]:443", &e), 0);
	assert_true(e.at.in6.sin6_family == AF_INET6 && e.at.in6.sin6_port == htons(443));
	assert_int_equal(lw_endpoint_parse("/run/x", &e), 0);
	assert_string_equal(e.path, "/run/x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_forms), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rules),    cmocka_unit_test(test_merge), cmocka_unit_test(test_endpoint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
