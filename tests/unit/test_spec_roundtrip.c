/* test_spec_roundtrip.c: canonical JSON reads back to the same spec and is written again byte for byte; other spellings
 * become the canonical one; nothing that was not set is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "spec_testing.h"

/* Each is canonical: encode(decode(x)) is x. */
static const char *const canonical_texts[] = {
	"{}",
	"{'origin':'/p/web.lua:3','name':'web','command':['/bin/echo','a b','',' '],'cwd':'/srv'}",
	"{'env':{'B':'1','A':'2','GONE':false},'inherit_env':['LANG','X'],'umask':'0077'}",
	"{'terminal':'auto'}",
	"{'terminal':true}",
	"{'terminal':false}",
	"{'stdio':{'stdin':'null','stderr':'inherit'},'hostname':'h','domainname':'d.example'}",
	"{'user':'nobody'}",
	"{'user':1000}",
	"{'user':'4888y'}",
	"{'user':{'uid':0,'gid':4294967294,'groups':[1,2]}}",
	"{'user':{'name':'x','groups':[]}}",
	"{'user':{'origin':'u:1','name':'x'}}",
	"{'namespaces':{'user':'host','pid':'new','time':'host'}}",
	"{'ids':'keep'}",
	"{'ids':'root-only'}",
	"{'ids':'identity'}",
	"{'ids':'single'}",
	"{'ids':{'uid':[[0,60000,1001]],'gid':[[0,60000,1000],[1000,0,1]]}}",
	"{'root':'empty'}",
	"{'root':'/srv/root'}",
	"{'root':{'path':'/srv/root','readonly':false}}",
	"{'root':{'readonly':false}}",
	("{'mounts':[{'origin':'p:9','type':'bind','source':'/a','destination':'/b','writable':true},"
	 "{'type':'tmpfs','destination':'/tmp','suid':true,'dev':true,'exec':false,'size':16777216,'inodes':64,"
	 "'mode':'1777','uid':3,'gid':4},{'type':'proc'},{'type':'sysfs','destination':'/s'},{'type':'devpts'},"
	 "{'type':'file','destination':'/f','data':'x\\n','mode':'0600'},{'type':'dir','destination':'/d'},"
	 "{'type':'symlink','destination':'/l','target':'../x'},{'type':'remove','destination':'/home'},"
	 "{'type':'bind','source':'/c','idmap':true,'optional':true},"
	 "{'type':'bind','source':'/srv/c','writable':true,'chown':true}]}"),
	"{'devices':[{'path':'/dev/fuse'},{'path':'/dev/x','source':'/dev/y','access':'rw'}]}",
	"{'masked_paths':[],'readonly_paths':['/proc/sys','/proc/bus']}",
	"{'capabilities':[]}",
	"{'capabilities':['CHOWN','NET_ADMIN']}",
	"{'capabilities':{'origin':'c:4','bounding':['CHOWN']}}",
	"{'capabilities':{'bounding':['CHOWN','KILL'],'effective':['CHOWN'],'inheritable':['KILL']}}",
	"{'capabilities':{'bounding':['KILL'],'ambient':['KILL']}}",
	"{'no_new_privileges':false,'keyring':false}",
	"{'seccomp':'strict'}",
	"{'seccomp':{'rules':[{'names':['ptrace']}]}}",
	("{'seccomp':{'origin':'s:1','base':'deny','rules':[{'origin':'s:2','action':'allow','names':['getcwd','read']}"
	 ","
	 "{'action':'errno','errno':'ENOSYS','names':['mount']},{'action':'errno','errno':4000,'names':['umount2']},"
	 "{'action':'kill','names':['all']}],'architectures':['x86']}}"),
	"{'limits':{'pids':32,'memory':67108864,'swap':0,'cpus':0.5}}",
	"{'limits':{'cpus':2}}",
	("{'limits':{'memory_high':67108864,'memory_low':65536,'cpu_weight':10000,'cpuset':'0-3,8','cpu_time':'10s',"
	 "'io':[{'device':'/dev/vda','rbps':65536,'wiops':1},{'device':'8:16','wbps':1048576,'riops':7}],"
	 "'oom_group':true}}"),
	"{'privileged':true}",
	"{'devices':[{'path':'/dev','access':'r'}],'privileged':true}",
	"{'limits':{'cpus':0.1}}",
	"{'rlimits':{'core':0,'nofile':[1024,'unlimited'],'as':'unlimited'}}",
	("{'network':{'path':'/run/netns/blue'},'namespaces':{'ipc':{'path':'/proc/1/ns/"
	 "ipc'},'uts':'host'},'init':false}"),
	"{'namespaces':{'net':{'path':'/run/netns/blue','origin':'web.lua:3'},'user':{'path':'/proc/1/ns/user'}}}",
	"{'time_offsets':{'monotonic':'1d','boottime':'-1s500ms'}}",
	"{'network':{'bridge':'web','address':'10.88.0.5/24','gateway':'none','mac':'02:42:0a:58:00:05',"
	"'mtu':1400,'interface':'lan0','dns':['10.88.0.1'],'hosts':{'db':'10.88.0.7'},'isolate':true}}",
	"{'network':{'macvlan':'eth1','address':['10.0.0.5/8','fd00::5/64'],'gateway':'auto'}}",
	"{'network':{'move':'eth1'}}",
	"{'network':{'address':'auto'}}",
	"{'network':'host','sysctls':{'net.ipv4.ip_forward':'1'},'oom_score_adj':-1000,'nice':-20}",
	"{'timeout':'10s','labels':{'a':'b'},'allow_control_sockets':['docker']}",
};

static void test_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(canonical_texts); i++) {
		_cleanup_free_ char *want = requote(canonical_texts[i]);
		struct lw_spec *s = spec_of(canonical_texts[i]);
		_cleanup_free_ char *got = canonical(s);
		lw_spec_free(s);
		/* The canonical order is the schema's: what differs only in order is told apart here. */
		json_auto_t *a = json_loads(got, 0, NULL), *b = json_loads(want, 0, NULL);
		if (!json_equal(a, b))
			fail_msg("%s\nbecame\n%s", want, got);
		struct lw_spec *again = spec_of(got);
		_cleanup_free_ char *twice = canonical(again);
		lw_spec_free(again);
		assert_string_equal(got, twice);
	}
}

/* Rows come in the schema's order whatever the order they were written in. */
static void test_order(void **state)
{
	(void)state;
	struct lw_spec *s = spec_of("{'cwd':'/x','name':'n','env':{'B':'1','A':'2'},'origin':'f:1'}");
	_cleanup_free_ char *got = canonical(s), *want = requote("{'origin':'f:1','name':'n','cwd':'/x','env':{'B':'1',"
								 "'A':'2'}}");
	assert_string_equal(got, want);
	lw_spec_free(s);
}

/* Other spellings of the same thing. */
static void test_spellings(void **state)
{
	(void)state;
	static const struct {
		const char *text, *canonical;
	} v[] = {
		{ "{'command':['a',1,2.0,1.5,-3]}", "{'command':['a','1','2','1.5','-3']}" },
		{ "{'command':{}}", "{'command':[]}" },
		{ "{'env':[]}", "{'env':{}}" },
		{ "{'env':{'A':5}}", "{'env':{'A':'5'}}" },
		{ "{'umask':'22'}", "{'umask':'0022'}" },
		{ "{'user':'1000'}", "{'user':1000}" },
		{ "{'user':'1000:100'}", "{'user':{'uid':1000,'gid':100}}" },
		{ "{'user':{'uid':7}}", "{'user':7}" },
		{ "{'root':{'path':'host'}}", "{'root':'host'}" },
		{ "{'cwd':'//srv/./www/'}", "{'cwd':'/srv/www'}" },
		{ "{'cwd':'/./'}", "{'cwd':'/'}" },
		{ "{'limits':{'memory':'64M','pids':'32','cpus':'1.5'}}",
		  "{'limits':{'pids':32,'memory':67108864,'cpus':1.5}}" },
		{ "{'limits':{'memory':67108864.0}}", "{'limits':{'memory':67108864}}" },
		{ "{'limits':{'io':[{'device':'8:0','rbps':'1M','riops':'5'}],'cpu_time':90}}",
		  "{'limits':{'cpu_time':'1m30s','io':[{'device':'8:0','rbps':1048576,'riops':5}]}}" },
		{ "{'limits':{'swap':'0'}}", "{'limits':{'swap':0}}" },
		{ "{'timeout':10}", "{'timeout':'10s'}" },
		{ "{'timeout':0.25}", "{'timeout':'250ms'}" },
		{ "{'rlimits':{'nofile':'1024:4096','core':'unlimited','as':'64M','cpu':[5,5]}}",
		  "{'rlimits':{'cpu':5,'core':'unlimited','nofile':[1024,4096],'as':67108864}}" },
		{ "{'rlimits':{'fsize':'1024'}}", "{'rlimits':{'fsize':1024}}" },
		{ "{'devices':['/dev/fuse']}", NULL },
		{ "{'capabilities':['cap_chown','Chown']}", "{'capabilities':['CHOWN']}" },
		{ "{'capabilities':{'bounding':['CHOWN'],'effective':['CHOWN'],'permitted':['CHOWN'],'inheritable':[],"
		  "'ambient':[]}}",
		  "{'capabilities':['CHOWN']}" },
		{ "{'seccomp':{'base':'docker'}}", "{'seccomp':'docker'}" },
		{ "{'seccomp':{'base':'inherited','rules':[{'action':'errno','names':['read']}]}}",
		  "{'seccomp':{'base':'default','rules':[{'action':'errno','names':['read']}]}}" },
		{ "{'origin':'f:1','root':{'origin':'f:1','path':'/x'}}", "{'origin':'f:1','root':'/x'}" },
		{ "{'name':{'$unset':true},'cwd':'/'}", "{'cwd':'/'}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_spec *s = spec_of(v[i].text);
		_cleanup_free_ char *got = canonical(s);
		lw_spec_free(s);
		if (v[i].canonical) {
			_cleanup_free_ char *want = requote(v[i].canonical);
			if (strcmp(got, want) != 0)
				fail_msg("%s became %s and not %s", v[i].text, got, want);
		}
		struct lw_spec *again = spec_of(got);
		_cleanup_free_ char *twice = canonical(again);
		lw_spec_free(again);
		assert_string_equal(got, twice);
	}
}

/* Operations on capabilities that met no parent stand on the default. */
static void test_inherited_defaults(void **state)
{
	(void)state;
	struct lw_spec *s = spec_of("{'capabilities':{'base':'inherited','ops':[['+',['SYS_TIME']],['-',['MKNOD']]]}}");
	uint64_t want = (LW_CAPS_DOCKER | UINT64_C(1) << 25) & ~(UINT64_C(1) << 27);
	assert_true(s->capabilities.set[LW_CAP_BOUNDING] == want);
	assert_true(s->capabilities.set[LW_CAP_EFFECTIVE] == want);
	assert_true(s->capabilities.set[LW_CAP_AMBIENT] == 0);
	_cleanup_free_ char *first = canonical(s);
	struct lw_spec *again = spec_of(first);
	assert_memory_equal(s->capabilities.set, again->capabilities.set, sizeof(s->capabilities.set));
	lw_spec_free(again);
	lw_spec_free(s);
}

/* A spec's JSON inside what `plan` prints. */
static void test_plan_document(void **state)
{
	(void)state;
	struct lw_err err = { 0 };
	struct lw_spec *s = NULL;
	static const char bare[] = "{\"name\":\"a\"}";
	static const char plan[] = "{\"schema_version\":1,\"spec\":{\"name\":\"a\"},\"ops\":[1,2]}";
	assert_int_equal(lw_spec_from_json(bare, strlen(bare), "x.json", &s, &err), 0);
	assert_string_equal(s->name, "a");
	s = lw_spec_free(s);
	assert_int_equal(lw_spec_from_json(plan, strlen(plan), "x.json", &s, &err), 0);
	assert_string_equal(s->name, "a");
	s = lw_spec_free(s);

	static const char *const bad[] = {
		"{\"schema_version\":2,\"spec\":{}}",
		"{\"spec\":{}}",
		"{\"schema_version\":1}",
		"{\"schema_version\":1,\"spec\":{},\"opps\":[]}",
		"{\"name\":\"a\",\"name\":\"b\"}",
		"{",
		"[1]",
		"\"x\"",
		"{\"name\":\"a\"} x",
		"{\"name\":\"\\u0000\"}",
		"{\"origin\":\"x\"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		memset(&err, 0, sizeof(err));
		if (lw_spec_from_json(bad[i], strlen(bad[i]), "x.json", &s, &err) == 0)
			fail_msg("%s: taken", bad[i]);
		assert_null(s);
		assert_int_equal(err.cls, LW_ERR_POLICY);
		assert_string_equal(err.file, "x.json");
		assert_true(err.msg[0]);
	}
	/* The line JSON is wrong in is told. */
	static const char third[] = "{\n\n x}";
	assert_true(lw_spec_from_json(third, strlen(third), "x.json", &s, &err) < 0);
	assert_int_equal(err.line, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),     cmocka_unit_test(test_order),
		cmocka_unit_test(test_spellings),     cmocka_unit_test(test_inherited_defaults),
		cmocka_unit_test(test_plan_document),
	};
	return cmocka_run_group_tests_name("spec_roundtrip", tests, NULL, NULL);
}
