/* test_spec_decode.c: what decoding refuses, in which words and at which place; the defaults it leaves; its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "spec_testing.h"

static void test_defaults(void **state)
{
	(void)state;
	struct lw_spec *s = spec_of("{}");
	assert_true(s->rec.set == 0);
	assert_string_equal(s->name, "sandbox");
	assert_string_equal(s->cwd, "/");
	assert_string_equal(s->profile_path, "");
	assert_string_equal(s->user.name, "root");
	assert_int_equal(s->user.uid, -1);
	assert_int_equal(s->umask, 0022);
	assert_true(s->no_new_privileges && s->keyring && s->root.readonly);
	assert_int_equal(s->namespaces.mode[LW_NS_NET], LW_NS_NEW);
	assert_int_equal(s->limits.pids, 1024);
	assert_true(s->capabilities.set[LW_CAP_PERMITTED] == LW_CAPS_DOCKER);
	assert_true(s->capabilities.set[LW_CAP_INHERITABLE] == 0);
	assert_int_equal(s->seccomp.base, LW_SECCOMP_DEFAULT);
	assert_int_equal(s->rlimits.v[RLIMIT_NOFILE].hard, 4096);
	assert_false(s->rlimits.v[RLIMIT_NOFILE].set);
	assert_int_equal(s->rlimits.v[RLIMIT_CORE].hard, 0);
	lw_spec_free(s);
	assert_null(lw_spec_free(NULL));
}

static void test_mount_defaults(void **state)
{
	(void)state;
	struct lw_spec *s = spec_of("{'origin':'p:1','mounts':[{'origin':'p:2','type':'bind','source':'/a//b/'},"
				    "{'type':'tmpfs','destination':'/t'},{'type':'proc'},{'type':'devpts'},"
				    "{'type':'file','destination':'/f','data':''},{'type':'dir','destination':'/d'},"
				    "{'type':'tmpfs','destination':'/r','writable':false}]}");
	const struct lw_mount *m = s->mounts.v;
	assert_int_equal(s->mounts.n, 7);
	assert_string_equal(m[0].destination, "/a/b");
	assert_true(!m[0].writable && m[0].exec && !m[0].suid && !m[0].dev);
	assert_int_equal(m[0].rec.origin.line, 2);
	assert_int_equal(m[1].rec.origin.line, 1); /* the enclosing record's */
	assert_true(m[1].writable && m[1].size == LW_TMPFS_SIZE && m[1].inodes == LW_TMPFS_INODES &&
		    m[1].mode == 01777);
	assert_string_equal(m[2].destination, "/proc");
	assert_true(m[2].writable && !m[2].exec && !m[2].dev);
	assert_true(m[3].dev && !m[3].exec);
	assert_true(m[4].mode == 0644 && m[5].mode == 0755);
	assert_false(m[6].writable);
	lw_spec_free(s);

	s = spec_of("{'devices':[{'source':'/dev/a'},{'path':'/dev/b','access':'r'},'/dev/c:/dev/d:rw']}");
	assert_string_equal(s->devices.v[0].path, "/dev/a");
	assert_string_equal(s->devices.v[0].access, "rwm");
	assert_string_equal(s->devices.v[1].source, "/dev/b");
	assert_string_equal(s->devices.v[2].source, "/dev/c");
	assert_string_equal(s->devices.v[2].path, "/dev/d");
	assert_string_equal(s->devices.v[2].access, "rw");
	lw_spec_free(s);
}

static void test_network_decides(void **state)
{
	(void)state;
	struct lw_spec *s = spec_of("{'network':'host'}");
	assert_int_equal(s->namespaces.mode[LW_NS_NET], LW_NS_HOST);
	assert_true(s->namespaces.rec.set == 0);
	lw_spec_free(s);
	s = spec_of("{'network':'host','namespaces':{'net':'new'}}");
	assert_int_equal(s->namespaces.mode[LW_NS_NET], LW_NS_NEW);
	lw_spec_free(s);
	s = spec_of("{'network':{'path':'/run/netns/blue'}}");
	assert_int_equal(s->namespaces.mode[LW_NS_NET], LW_NS_JOIN);
	assert_string_equal(s->namespaces.join[LW_NS_NET].path, "/run/netns/blue");
	lw_spec_free(s);
	s = spec_of("{'namespaces':{'net':{'path':'/run/netns/blue'}}}");
	assert_int_equal(s->network.kind, LW_NET_JOIN);
	assert_string_equal(s->network.join.path, "/run/netns/blue");
	lw_spec_free(s);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *path, *part;
	} v[] = {
		{ "{'brige':1}", "brige", "unknown key" },
		{ "{'comand':[]}", "comand", "unknown key (did you mean \"command\"?)" },
		{ "{'mounts':[{'type':'proc'},{'type':'bind','sorce':'/a'}]}", "mounts[1].sorce",
		  "unknown key (did you mean \"source\"?)" },
		{ "{'limits':{'memroy':'64M'}}", "limits.memroy", "did you mean \"memory\"?" },
		{ "{'rlimits':{'nofiles':1}}", "rlimits.nofiles", "did you mean \"nofile\"?" },
		{ "{'namespaces':{'usr':'new'}}", "namespaces.usr", "did you mean \"user\"?" },
		{ "{'namespaces':{'user':'hots'}}", "namespaces.user", "did you mean \"host\"?" },
		{ "{'namespaces':{'user':true}}", "namespaces.user",
		  "expected \"new\", \"host\", { path= } or { sandbox= }" },
		{ "{'network':{'bridge':'web','sandbox':'db'}}", "network.bridge", "which?" },
		{ "{'network':'wifi'}", "network",
		  "expected \"none\", \"host\", { bridge= }, { path= } or { sandbox= }, not \"wifi\"" },
		{ "{'network':{'path':'netns/blue'}}", "network.path", "absolute" },
		{ "{'time_offsets':{'boottime':'--5s'}}", "time_offsets.boottime", "expected a duration" },
		{ "{'time_offsets':{'boottime':-4611686019}}", "time_offsets.boottime", "out of range" },
		{ "{'time_offsets':{'boottime':true}}", "time_offsets.boottime", "expected a duration" },
		{ "{'namespaces':{'uts':{'path':7}}}", "namespaces.uts.path", "expected an absolute path" },
		{ "{'terminal':1}", "terminal", "not a number" },
		{ "{'capabilities':['SYS_ADMN']}", "capabilities[0]",
		  "unknown capability \"SYS_ADMN\" (did you mean \"SYS_ADMIN\"?)" },
		{ "{'capabilities':{'bounding':['CHOWN','CHWN']}}", "capabilities.bounding[1]", "CHOWN" },
		{ "{'capabilities':{'boundin':[]}}", "capabilities.boundin", "did you mean \"bounding\"?" },
		{ "{'capabilities':'docker'}", "capabilities", "not a string" },
		{ "{'capabilities':{'base':'inherited','ops':[['+',['KIL']]]}}", "capabilities",
		  "did you mean \"KILL\"?" },
		{ "{'capabilities':{'base':'inherited','ops':[['*',[]]]}}", "capabilities", "expected [" },
		{ "{'capabilities':{'base':'inherited','op':[]}}", "capabilities.op", "unknown key" },
		{ "{'seccomp':'defalt'}", "seccomp", "did you mean \"default\"?" },
		{ "{'seccomp':{'rules':[{'names':['moutn']}]}}", "seccomp.rules[0].names[0]",
		  "unknown system call \"moutn\" (did you mean \"mount\"?)" },
		{ "{'seccomp':{'rules':[{'names':[]}]}}", "seccomp.rules[0]", "without names" },
		{ "{'seccomp':{'rules':[{'action':'kil','names':['read']}]}}", "seccomp.rules[0].action", "\"kill\"" },
		{ "{'seccomp':{'rules':[{'action':'errno','errno':'EPREM','names':['read']}]}}",
		  "seccomp.rules[0].errno", "did you mean \"EPERM\"?" },
		{ "{'seccomp':{'rules':[{'action':'kill','errno':'EPERM','names':['read']}]}}",
		  "seccomp.rules[0].errno", "only an \"errno\" rule" },
		{ "{'seccomp':{'rules':[{'action':'errno','errno':4096,'names':['read']}]}}", "seccomp.rules[0].errno",
		  "out of range" },
		{ "{'seccomp':{'architectures':['x68']}}", "seccomp.architectures[0]", "did you mean \"x86\"?" },
		{ "{'name':'Web'}", "name", "not a name" },
		{ "{'name':''}", "name", "not a name" },
		{ "{'name':'../x'}", "name", "not a name" },
		{ "{'name':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}", "name", "at most 63" },
		{ "{'name':7}", "name", "not a number" },
		{ "{'hostname':'a b'}", "hostname", "not a host name" },
		{ "{'command':'ls -l'}", "command", "put it in braces" },
		{ "{'command':['a',true]}", "command[1]", "expected a string or a number, not true" },
		{ "{'command':['a',null]}", "command[1]", "not null" },
		{ "{'command':{'a':1}}", "command", "not a table" },
		{ "{'env':['a']}", "env", "not a list" },
		{ "{'env':{'A=B':'x'}}", "env", "not the name of a variable" },
		{ "{'env':{'A':true}}", "env.A", "a number or false" },
		{ "{'cwd':'srv'}", "cwd", "not an absolute path" },
		{ "{'cwd':'/a/../b'}", "cwd", "\"..\" in a path" },
		{ "{'umask':22}", "umask", "write \"0022\" with quotes" },
		{ "{'umask':'0999'}", "umask", "octal" },
		{ "{'umask':'01000'}", "umask", "octal" },
		{ "{'user':-1}", "user", "out of range" },
		{ "{'user':4294967295}", "user", "out of range" },
		{ "{'user':'1000:x'}", "user", "not a user" },
		{ "{'user':'a/b'}", "user", "not a user's name" },
		{ "{'user':''}", "user", "not a user" },
		{ "{'user':{'name':'12'}}", "user.name", "not a user's name" },
		{ "{'user':{'uid':1,'name':'x'}}", "user", "not both" },
		{ "{'user':{'groups':['wheel']}}", "user.groups[0]", "a group's number" },
		{ "{'ids':'all'}", "ids", "unknown ids" },
		{ "{'ids':'kep'}", "ids", "did you mean \"keep\"?" },
		{ "{'ids':{'uid':[[0,1,1]]}}", "ids", "needs both" },
		{ "{'ids':{'uid':[[0,1]],'gid':[]}}", "ids.uid[0]", "expected {inside, outside, count}" },
		{ "{'ids':{'uid':[[0,1,4294967296]],'gid':[]}}", "ids.uid[0]", "out of range" },
		{ "{'root':'hots'}", "root", "did you mean \"host\"?" },
		{ "{'root':{'path':'/x/../y'}}", "root.path", "\"..\"" },
		{ "{'secrets':{'db':'hunter2'}}", "secrets.db", "not a string" },
		{ "{'secrets':{'db':{}}}", "secrets.db", "needs a file" },
		{ "{'secrets':{'db':{'file':'pw'}}}", "secrets.db.file", "absolute" },
		{ "{'secrets':{'../db':{'file':'/pw'}}}", "secrets.../db", "not the name" },
		{ "{'secrets':{'a/b':{'file':'/pw'}}}", "secrets.a/b", "not the name" },
		{ "{'secrets':{'db':{'value':'x'}}}", "secrets.db.value", "unknown key" },
		{ "{'root':{'overlays':true}}", "root.overlays", "did you mean" },
		{ "{'mounts':{'a':1}}", "mounts", "expected a list" },
		{ "{'mounts':['/a']}", "mounts[0]", "expected a table, not a string" },
		{ "{'mounts':[{'destination':'/a'}]}", "mounts[0]", "without a type" },
		{ "{'mounts':[{'type':'bind'}]}", "mounts[0]", "a bind needs a source" },
		{ "{'mounts':[{'type':'bind','source':'a'}]}", "mounts[0].source", "not an absolute path" },
		{ "{'mounts':[{'type':'bind','source':'/a','destination':'/b/..'}]}", "mounts[0].destination",
		  "\"..\"" },
		{ "{'mounts':[{'type':'bind','source':'/a','size':'64M'}]}", "mounts[0].size", "a bind takes no size" },
		{ "{'mounts':[{'type':'symlink','destination':'/l','target':''}]}", "mounts[0].target", "empty" },
		{ "{'mounts':[{'type':'tmpfs'}]}", "mounts[0]", "needs a destination" },
		{ "{'mounts':[{'type':'tmpfs','destination':'/t','size':64}]}", "mounts[0].size", "write \"64M\"" },
		{ "{'mounts':[{'type':'tmpfs','destination':'/t','mode':755}]}", "mounts[0].mode", "octal" },
		{ "{'mounts':[{'type':'tmpsf','destination':'/t'}]}", "mounts[0].type", "did you mean \"tmpfs\"?" },
		{ "{'devices':[{'path':'/dev/a','access':'rx'}]}", "devices[0].access", "rwm" },
		{ "{'devices':[{'path':'/dev/a','access':'rr'}]}", "devices[0].access", "each once" },
		{ "{'devices':[{}]}", "devices[0]", "needs a path" },
		{ "{'masked_paths':['proc/x']}", "masked_paths[0]", "absolute" },
		{ "{'limits':{'memory':512}}", "limits.memory", "write \"512M\"; a bare number is bytes" },
		{ "{'limits':{'memory':'512'}}", "limits.memory", "a bare number is bytes" },
		{ "{'limits':{'memory':0}}", "limits.memory", "too little" },
		{ "{'limits':{'memory':'lots'}}", "limits.memory", "expected a size such as \"64M\"" },
		{ "{'limits':{'memory':-1}}", "limits.memory", "out of range" },
		{ "{'limits':{'memory':true}}", "limits.memory", "not true" },
		{ "{'limits':{'pids':0}}", "limits.pids", "out of range" },
		{ "{'limits':{'pids':1.5}}", "limits.pids", "whole number" },
		{ "{'limits':{'cpus':0}}", "limits.cpus", "out of range" },
		{ "{'limits':{'cpus':1e300}}", "limits.cpus", "out of range" },
		{ "{'rlimits':{'nofile':[1,2,3]}}", "rlimits.nofile", "expected {soft, hard}" },
		{ "{'rlimits':{'nofile':'1:2:3'}}", "rlimits.nofile", "not a limit" },
		{ "{'rlimits':{'nofile':-1}}", "rlimits.nofile", "out of range" },
		{ "{'rlimits':{'nofile':true}}", "rlimits.nofile", "expected a number" },
		{ "{'sysctls':{'net/../../x':'1'}}", "sysctls", "not the name of a kernel parameter" },
		{ "{'sysctls':{'net..x':'1'}}", "sysctls", "not the name of a kernel parameter" },
		{ "{'oom_score_adj':1001}", "oom_score_adj", "within -1000 to 1000" },
		{ "{'nice':'low'}", "nice", "a whole number from -20 to 19" },
		{ "{'keyring':'yes'}", "keyring", "expected true or false" },
		{ "{'timeout':-1}", "timeout", "out of range" },
		{ "{'timeout':'soon'}", "timeout", "expected a duration such as \"10s\"" },
		{ "{'stdio':{'stdin':'pipe'}}", "stdio.stdin", "\"inherit\" or \"null\"" },
		{ "{'limits':[1]}", "limits", "not a list" },
		{ "[1]", "", "expected a table" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		refused(v[i].text, v[i].path, v[i].part);
}

/* The nearest record with an origin is blamed. */
static void test_origin(void **state)
{
	(void)state;
	static const struct {
		const char *text, *file;
		unsigned line;
	} v[] = {
		{ "{'origin':'/p/a.lua:1','mounts':[{'origin':'/p/b.lua:7','type':'bind'}]}", "/p/b.lua", 7 },
		{ "{'origin':'/p/a.lua:1','mounts':[{'type':'bind'}]}", "/p/a.lua", 1 },
		{ "{'cwd':'x','origin':'/p:q/a.lua:12'}", "/p:q/a.lua", 12 },
		{ "{'origin':'/p/a.lua:1','capabilities':{'origin':'c:9','base':'inherited','ops':[['+',['X']]]}}", "c",
		  9 },
		{ "{'origin':'/p/a.lua:1','seccomp':{'rules':[{'origin':'s:5','names':['x']}]}}", "s", 5 },
		{ "{'cwd':'x'}", "", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		struct lw_spec *s = NULL;
		json_auto_t *raw = raw_of(v[i].text);
		assert_true(lw_spec_decode(raw, &s, &err) < 0);
		assert_string_equal(err.file, v[i].file);
		assert_int_equal(err.line, v[i].line);
	}
	refused("{'origin':'x'}", "origin", "FILE:LINE");
	refused("{'origin':7}", "origin", "FILE:LINE");
	refused("{'origin':':3'}", "origin", "FILE:LINE");
	refused("{'mounts':[{'origin':'a:99999999999'}]}", "mounts[0].origin", "FILE:LINE");
}

static void refused_raw(json_t *raw, const char *path, const char *part)
{
	struct lw_err err = { 0 };
	struct lw_spec *s = NULL;
	assert_non_null(raw);
	if (lw_spec_decode(raw, &s, &err) == 0)
		fail_msg("%s: taken", path);
	same_err(part, &err, path, part);
	/* The same without anywhere to tell it. */
	assert_true(lw_spec_decode(raw, &s, NULL) < 0);
	json_decref(raw);
}

static void test_bounds(void **state)
{
	(void)state;
	const size_t big = 128 * 1024;
	_cleanup_free_ char *text = malloc(big + 2);
	assert_non_null(text);
	memset(text, 'a', big + 1);
	text[big + 1] = '\0';
	refused_raw(json_pack("{s:[s]}", "command", text), "command[0]", "128 KiB");
	text[big] = '\0';
	json_auto_t *fits = json_pack("{s:[s]}", "command", text);
	struct lw_spec *s = NULL;
	assert_int_equal(lw_spec_decode(fits, &s, NULL), 0);
	assert_int_equal(strlen(s->command.v[0]), big);
	lw_spec_free(s);

	text[0] = '/';
	refused_raw(json_pack("{s:s}", "cwd", text), "cwd", "4095");
	refused_raw(json_pack("{s:[s%]}", "command", "a\0b", (size_t)3), "command[0]", "NUL");
	refused_raw(json_pack("{s:s%}", "umask", "0022\0", (size_t)5), "umask", "octal");
	refused_raw(json_pack("{s:s%}", "network", "host\0x", (size_t)6), "network", "NUL");
	refused_raw(json_pack("{s:[s%]}", "devices", "/dev/a\0b", (size_t)8), "devices[0]", "NUL");

	json_t *many = json_array(), *mounts = json_array(), *map = json_object();
	for (int i = 0; i < 4097; i++) {
		char key[16];
		snprintf(key, sizeof(key), "K%d", i);
		json_array_append_new(many, json_string("x"));
		json_object_set_new(map, key, json_string("x"));
		if (i < 1025)
			json_array_append_new(mounts, json_pack("{s:s}", "type", "proc"));
	}
	refused_raw(json_pack("{s:o}", "command", many), "command", "at most 4096");
	refused_raw(json_pack("{s:o}", "env", map), "env", "at most 4096");
	refused_raw(json_pack("{s:o}", "mounts", mounts), "mounts", "at most 1024");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),        cmocka_unit_test(test_mount_defaults),
		cmocka_unit_test(test_network_decides), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_origin),          cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests_name("spec_decode", tests, NULL, NULL);
}
