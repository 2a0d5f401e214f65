/* test_spec_merge.c: one layer over another: maps by key, mounts by destination, devices by path, everything else
 * replaced; values that stand on the inherited one; unset and remove; whose line a record keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "spec_testing.h"

static void test_merge(void **state)
{
	(void)state;
	static const struct {
		const char *base, *over, *merged;
	} v[] = {
		{ "{}", "{}", "{}" },
		{ "{'name':'a','cwd':'/x'}", "{'name':'b'}", "{'name':'b','cwd':'/x'}" },
		{ "{'command':['a','b']}", "{'command':['c']}", "{'command':['c']}" },
		{ "{'masked_paths':['/a']}", "{'masked_paths':[]}", "{'masked_paths':[]}" },
		{ "{'env':{'A':'1','B':'2'}}", "{'env':{'B':false,'C':'3'}}", "{'env':{'A':'1','B':false,'C':'3'}}" },
		{ "{'env':{'A':'1','B':'2'}}", "{'env':{'A':{'$unset':true}}}", "{'env':{'B':'2'}}" },
		{ "{}", "{'env':{'A':{'$unset':true},'B':'1'}}", "{'env':{'B':'1'}}" },
		{ "{'name':'a','cwd':'/x'}", "{'cwd':{'$unset':true},'umask':{'$unset':true}}", "{'name':'a'}" },
		{ "{'limits':{'pids':1,'memory':'64M'}}", "{'limits':{'memory':'32M'}}",
		  "{'limits':{'pids':1,'memory':'32M'}}" },
		{ "{'limits':{'pids':1}}", "{'limits':{'pids':{'$unset':true}}}", "{'limits':{}}" },
		{ "{'rlimits':{'core':0}}", "{'rlimits':{'nofile':[1,2]}}", "{'rlimits':{'core':0,'nofile':[1,2]}}" },
		{ "{'namespaces':{'time':'host'}}", "{'namespaces':{'uts':'host'}}",
		  "{'namespaces':{'time':'host','uts':'host'}}" },
		/* root is a table or a word */
		{ "{'root':'empty'}", "{'root':{'readonly':false}}", "{'root':{'path':'empty','readonly':false}}" },
		{ "{'root':{'path':'/x','readonly':false}}", "{'root':'host'}", "{'root':'host'}" },
		/* a network of another kind keeps what is not about the kind; one that is joined keeps nothing */
		{ "{'network':{'bridge':'web','mtu':1400}}", "{'network':{'mtu':1300,'isolate':true}}",
		  "{'network':{'bridge':'web','mtu':1300,'isolate':true}}" },
		{ "{'network':{'bridge':'web','mtu':1400}}", "{'network':{'macvlan':'eth1'}}",
		  "{'network':{'macvlan':'eth1','mtu':1400}}" },
		{ "{'network':{'bridge':'web','mtu':1400}}", "{'network':{'sandbox':'db'}}",
		  "{'network':{'sandbox':'db'}}" },
		{ "{'network':{'bridge':'web'}}", "{'network':'none'}", "{'network':'none'}" },
		{ "{'network':'none'}", "{'network':{'bridge':'web'}}", "{'network':{'bridge':'web'}}" },
		{ "{'user':{'uid':1,'gid':2}}", "{'user':'root'}", "{'user':'root'}" },
		/* mounts by destination, in place; a new one at the end */
		{ "{'mounts':[{'type':'tmpfs','destination':'/a'},{'type':'bind','source':'/b'}]}",
		  "{'mounts':[{'type':'dir','destination':'//b/./'},{'type':'proc'}]}",
		  "{'mounts':[{'type':'tmpfs','destination':'/a'},{'type':'dir','destination':'//b/./'},"
		  "{'type':'proc'}]}" },
		{ "{'mounts':[{'type':'proc'}]}", "{'mounts':[{'type':'remove','destination':'/proc'}]}",
		  "{'mounts':[{'type':'remove','destination':'/proc'}]}" },
		/* twice in one layer stays twice, for the check to see */
		{ "{'mounts':[{'type':'dir','destination':'/a'}]}",
		  "{'mounts':[{'type':'dir','destination':'/a','uid':1},{'type':'dir','destination':'/a','uid':2}]}",
		  "{'mounts':[{'type':'dir','destination':'/a','uid':1},{'type':'dir','destination':'/a','uid':2}]}" },
		/* devices by path, in either form; a remove among the mounts takes one away */
		{ "{'devices':['/dev/a','/dev/x:/dev/b']}", "{'devices':[{'path':'/dev/b','access':'r'}]}",
		  "{'devices':['/dev/a',{'path':'/dev/b','access':'r'}]}" },
		{ "{'devices':['/dev/a','/dev/b','/dev/a/']}", "{'mounts':[{'type':'remove','destination':'/dev/a'}]}",
		  "{'devices':['/dev/b'],'mounts':[{'type':'remove','destination':'/dev/a'}]}" },
		/* capabilities and seccomp on the inherited ones */
		{ "{'capabilities':['CHOWN']}", "{'capabilities':['KILL']}", "{'capabilities':['KILL']}" },
		{ "{'capabilities':['CHOWN']}", "{'capabilities':{'base':'inherited','ops':[['+',['KILL']]]}}",
		  "{'capabilities':{'base':['CHOWN'],'ops':[['+',['KILL']]]}}" },
		{ "{'capabilities':{'base':['CHOWN'],'ops':[['+',['KILL']]]}}",
		  "{'capabilities':{'base':'inherited','ops':[['-',['CHOWN']]]}}",
		  "{'capabilities':{'base':['CHOWN'],'ops':[['+',['KILL']],['-',['CHOWN']]]}}" },
		{ "{}", "{'capabilities':{'base':'inherited','ops':[]}}",
		  "{'capabilities':{'base':'inherited','ops':[]}}" },
		{ "{'seccomp':{'base':'deny','log':true}}", "{'seccomp':{'base':'inherited'}}",
		  "{'seccomp':{'base':'deny','log':true}}" },
		{ "{'seccomp':'strict'}", "{'seccomp':{'base':'inherited','rules':[{'names':['read']}]}}",
		  "{'seccomp':{'base':'strict','rules':[{'names':['read']}]}}" },
		{ "{'seccomp':{'base':'deny','rules':[{'names':['a']}],'architectures':['x86']}}",
		  "{'seccomp':{'base':'inherited','rules':[{'names':['b']}]}}",
		  "{'seccomp':{'base':'deny','rules':[{'names':['a']},{'names':['b']}],'architectures':['x86']}}" },
		{ "{'seccomp':{'base':'deny','rules':[{'names':['a']}]}}", "{'seccomp':{'base':'docker'}}",
		  "{'seccomp':{'base':'docker'}}" },
		/* whose line */
		{ "{'origin':'a:1','limits':{'pids':1},'mounts':[{'type':'proc'}]}",
		  "{'origin':'b:2','mounts':[{'type':'sysfs'}]}",
		  "{'origin':'b:2','limits':{'pids':1,'origin':'a:1'},'mounts':[{'type':'proc','origin':'a:1'},"
		  "{'type':'sysfs'}]}" },
		{ "{'origin':'a:1','cwd':'/'}", "{'name':'x'}", "{'origin':'a:1','cwd':'/','name':'x'}" },
		{ "{'origin':'a:1','seccomp':{'base':'deny','rules':[{'names':['a']}]}}",
		  "{'origin':'b:2','seccomp':{'origin':'b:3','base':'inherited','rules':[{'names':['b']}]}}",
		  "{'origin':'b:2','seccomp':{'origin':'b:3','base':'deny','rules':[{'names':['a'],'origin':'a:1'},"
		  "{'names':['b']}]}}" },
		/* what is wrong is passed on, for decoding to say */
		{ "{'mounts':{'a':1}}", "{'mounts':[1,'x']}", "{'mounts':[1,'x']}" },
		{ "{'mounts':[1]}", "{'mounts':'x'}", "{'mounts':'x'}" },
		{ "{'env':'x'}", "{'env':{'A':'1'}}", "{'env':{'A':'1'}}" },
		{ "{'limits':7}", "{'limits':{'pids':1}}", "{'limits':{'pids':1}}" },
		{ "{'nme':1}", "{'nmae':2}", "{'nme':1,'nmae':2}" },
		{ "{'capabilities':7}", "{'capabilities':{'base':'inherited','ops':7}}",
		  "{'capabilities':{'base':7,'ops':[]}}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		json_auto_t *base = raw_of(v[i].base), *over = raw_of(v[i].over), *want = raw_of(v[i].merged);
		json_auto_t *base_before = json_deep_copy(base), *over_before = json_deep_copy(over);
		json_auto_t *got = lw_spec_merge(base, over, &err);
		if (!got)
			fail_msg("%s over %s: %s", v[i].over, v[i].base, err.msg);
		if (!json_equal(got, want)) {
			_cleanup_free_ char *text = json_dumps(got, JSON_COMPACT);
			fail_msg("%s over %s is %s", v[i].over, v[i].base, text);
		}
		assert_true(json_equal(base, base_before) && json_equal(over, over_before));
	}
}

static void test_no_base(void **state)
{
	(void)state;
	struct lw_err err = { 0 };
	json_auto_t *over = raw_of("{'name':'a','cwd':{'$unset':true}}"), *want = raw_of("{'name':'a'}");
	json_auto_t *got = lw_spec_merge(NULL, over, &err);
	assert_true(json_equal(got, want));
	json_auto_t *list = raw_of("[1]");
	assert_null(lw_spec_merge(NULL, list, &err));
	assert_int_equal(err.cls, LW_ERR_POLICY);
	assert_null(lw_spec_merge(list, over, NULL));
	assert_null(lw_spec_merge(over, NULL, NULL));
}

static struct lw_spec *merged_spec(const char *low, const char *high)
{
	struct lw_err err = { 0 };
	struct lw_spec *s = NULL;
	json_auto_t *base = raw_of(low), *over = raw_of(high);
	json_auto_t *raw = lw_spec_merge(base, over, &err);
	assert_non_null(raw);
	if (lw_spec_decode(raw, &s, &err) < 0)
		fail_msg("%s over %s: %s: %s", high, low, err.path, err.msg);
	return s;
}

/* What operations on each form of a parent come to. */
static void test_capabilities(void **state)
{
	(void)state;
	static const struct {
		const char *base, *over, *canonical;
	} v[] = {
		{ "{'capabilities':['CHOWN']}",
		  "{'capabilities':{'base':'inherited','ops':[['+',['KILL']],['-',['CHOWN']]]}}",
		  "{'capabilities':['KILL']}" },
		{ "{'capabilities':{'bounding':['CHOWN','KILL'],'effective':['KILL'],'ambient':['KILL']}}",
		  "{'capabilities':{'base':'inherited','ops':[['-',['KILL']]]}}",
		  "{'capabilities':{'bounding':['CHOWN'],'effective':[]}}" },
		{ "{'capabilities':{'origin':'a:1','bounding':['CHOWN']}}",
		  "{'capabilities':{'origin':'b:2','base':'inherited','ops':[['+',['KILL']]]}}",
		  "{'capabilities':{'origin':'b:2','bounding':['CHOWN','KILL']}}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_spec *s = merged_spec(v[i].base, v[i].over);
		_cleanup_free_ char *got = canonical(s), *want = requote(v[i].canonical);
		assert_string_equal(got, want);
		lw_spec_free(s);
	}
}

static void test_long_lists(void **state)
{
	(void)state;
	json_t *many = json_array();
	for (int i = 0; i < 1100; i++)
		json_array_append_new(many, json_pack("{s:s,s:s}", "type", "dir", "destination", "/x"));
	json_auto_t *base = json_pack("{s:O}", "mounts", many), *over = json_pack("{s:o}", "mounts", many);
	json_auto_t *got = lw_spec_merge(base, over, NULL);
	assert_int_equal(json_array_size(json_object_get(got, "mounts")), 2200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_no_base),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_long_lists),
	};
	return cmocka_run_group_tests_name("spec_merge", tests, NULL, NULL);
}
