/* test_spec_check.c: what values must be to each other (core/spec_check.c), each rule with a spec that breaks it and
 * one that keeps it; and the warnings (core/spec_warn.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "spec_testing.h"

#define CMD "'command':['true'],"

static void broken(const char *text, const char *path, const char *part)
{
	struct lw_err err = { 0 };
	struct lw_spec *s = spec_of(text);
	if (lw_spec_check(s, &err) == 0)
		fail_msg("%s: passed", text);
	assert_true(lw_spec_check(s, NULL) < 0);
	same_err(text, &err, path, part);
	lw_spec_free(s);
}

static void kept(const char *text)
{
	struct lw_err err = { 0 };
	struct lw_spec *s = spec_of(text);
	if (lw_spec_check(s, &err) < 0)
		fail_msg("%s: %s: %s", text, err.path, err.msg);
	lw_spec_free(s);
}

static void test_broken(void **state)
{
	(void)state;
	static const struct {
		const char *text, *path, *part;
	} v[] = {
		{ "{'command':['']}", "command[0]", "empty" },
		{ "{" CMD "'network':'host','namespaces':{'net':'new'}}", "namespaces.net", "disagrees" },
		{ "{" CMD "'secrets':{'db':{'file':'/s'}},'namespaces':{'mount':'host'}}", "secrets", "mount" },
		{ "{" CMD "'secrets':{'db':{'file':'/s'}},'mounts':[{'type':'tmpfs','destination':'/run/secrets/x'}]}",
		  "mounts[0].destination", "secrets appear" },
		{ "{" CMD "'mounts':[{'type':'mqueue'}],'namespaces':{'ipc':'host'}}", "mounts[0]",
		  "the host's queues" },
		{ "{" CMD "'mounts':[{'type':'cgroup'}],'namespaces':{'cgroup':'host'}}", "mounts[0]", "everybody's" },
		{ "{" CMD "'mounts':[{'type':'proc','hidepid':'2'}],'namespaces':{'pid':'host'}}", "mounts[0]",
		  "hidepid" },
		{ "{" CMD "'mounts':[{'type':'proc','subset':'pid'}],'namespaces':{'pid':'host'}}", "mounts[0]",
		  "subset" },
		{ "{" CMD "'mounts':[{'type':'proc','subset':'pid'}],'sysctls':{'net.x':'1'}}", "mounts[0]",
		  "sysctls" },
		{ "{" CMD "'root':{'path':'empty','overlay':true}}", "root.overlay", "nothing to lay it over" },
		{ "{" CMD "'root':{'path':'/r','overlay':{'work':'/a/w'}}}", "root.overlay.work", "without upper" },
		{ "{" CMD "'root':{'path':'/r','overlay':{'upper':'/a/u','size':'1M'}}}", "root.overlay.upper",
		  "in memory" },
		{ "{" CMD "'root':{'path':'/r','overlay':{'upper':'/a/u','work':'/b/u'}}}", "root.overlay.work",
		  "beside" },
		{ "{" CMD "'root':{'path':'/r','overlay':{'upper':'/a/u','work':'/a/u'}}}", "root.overlay.work",
		  "beside" },
		{ "{" CMD "'root':{'path':'/r','overlay':{'upper':'/up'}}}", "root.overlay.upper", "right in" },
		{ "{" CMD "'root':{'path':'/r','overlay':{'upper':'/r/up'}}}", "root.overlay.upper", "in one another" },
		{ "{" CMD "'root':{'path':'/a/u/r','overlay':{'upper':'/a/u'}}}", "root.overlay.upper",
		  "in one another" },
		{ "{" CMD "'mounts':[{'type':'overlay','source':'/s','destination':'/d','upper':'/a/u'},"
		  "{'type':'overlay','source':'/s','destination':'/e','upper':'/a/u'}]}",
		  "mounts[1].upper", "another overlay's" },
		{ "{" CMD "'root':{'path':'/r','overlay':{'upper':'/a/u'}},"
		  "'mounts':[{'type':'overlay','source':'/s','destination':'/d','upper':'/a/u'}]}",
		  "mounts[0].upper", "another overlay's" },
		{ "{" CMD "'namespaces':{'net':'host'}}", "namespaces.net", "disagrees" },
		{ "{" CMD "'namespaces':{'uts':'host'},'hostname':'x'}", "hostname", "namespaces.uts" },
		{ "{" CMD "'namespaces':{'uts':'host'},'domainname':'x'}", "domainname", "namespaces.uts" },
		{ "{" CMD "'namespaces':{'mount':'host'},'root':'empty'}", "root", "namespaces.mount" },
		{ "{" CMD "'namespaces':{'mount':'host'},'mounts':[]}", "mounts", "namespaces.mount" },
		{ "{" CMD "'namespaces':{'user':'host'},'ids':'auto'}", "ids", "namespaces.user" },
		{ "{" CMD "'namespaces':{'user':'host'},'ids':{'uid':[[0,1,1]],'gid':[[0,1,1]]}}", "ids",
		  "namespaces.user" },
		{ "{" CMD "'ids':{'uid':[],'gid':[[0,1,1]]}}", "ids.uid", "empty map" },
		{ "{" CMD "'ids':{'uid':[[0,1,0]],'gid':[[0,1,1]]}}", "ids.uid[0]", "no ids" },
		{ "{" CMD "'ids':{'uid':[[0,1,1]],'gid':[[0,4294967295,1]]}}", "ids.gid[0]", "beyond the last id" },
		{ "{" CMD "'ids':{'uid':[[4294967290,1,6]],'gid':[[0,1,1]]}}", "ids.uid[0]", "beyond the last id" },
		{ "{" CMD "'ids':{'uid':[[0,1000,10],[9,2000,1]],'gid':[[0,1,1]]}}", "ids.uid[1]",
		  "overlaps range 0 inside" },
		{ "{" CMD "'ids':{'uid':[[0,1000,10],[10,1009,1]],'gid':[[0,1,1]]}}", "ids.uid[1]",
		  "overlaps range 0 outside" },
		{ "{" CMD "'ids':{'uid':[[1,1000,10]],'gid':[[0,1000,10]]}}", "user", "does not map uid 0" },
		{ "{" CMD "'user':5000,'ids':{'uid':[[0,1000,10]],'gid':[[0,1000,10]]}}", "user", "uid 5000" },
		{ "{" CMD "'user':{'uid':1,'gid':11},'ids':{'uid':[[0,1000,10]],'gid':[[0,1000,10]]}}", "user.gid",
		  "gid 11" },
		{ "{" CMD "'user':{'uid':1,'groups':[12]},'ids':{'uid':[[0,1000,10]],'gid':[[0,1000,10]]}}",
		  "user.groups", "gid 12" },
		{ "{" CMD "'ids':{'uid':[[0,0,10]],'gid':[[0,0,10]]},'readonly_paths':[]}", "readonly_paths",
		  "/proc/sys" },
		{ "{" CMD "'namespaces':{'user':'host'},'readonly_paths':['/proc/sysrq-trigger']}", "readonly_paths",
		  "/proc/sys" },
		{ "{" CMD "'ids':'keep','readonly_paths':[]}", "readonly_paths", "/proc/sys" },
		{ "{" CMD "'ids':'identity','readonly_paths':[]}", "readonly_paths", "/proc/sys" },
		{ "{" CMD "'mounts':[{'type':'bind','source':'/srv/x','writable':true,'chown':true,'idmap':true}]}",
		  "mounts[0].chown", "needs no idmap" },
		{ "{" CMD "'mounts':[{'type':'bind','source':'/srv/x','chown':true}]}", "mounts[0].chown",
		  "read-only" },
		{ "{" CMD "'mounts':[{'type':'bind','source':'/home/ada','writable':true,'chown':true}]}",
		  "mounts[0].chown", "somebody's home" },
		{ "{" CMD "'mounts':[{'type':'bind','source':'/','destination':'/'}]}", "mounts[0].destination",
		  "\"/\"" },
		{ "{" CMD "'mounts':[{'type':'remove','destination':'/'}]}", "mounts[0].destination", "\"/\"" },
		{ "{" CMD "'mounts':[{'type':'symlink','target':'/x','destination':'/proc/x'}]}",
		  "mounts[0].destination", "symbolic link" },
		{ "{" CMD "'mounts':[{'type':'symlink','target':'/x','destination':'/dev/null'}]}",
		  "mounts[0].destination", "symbolic link" },
		{ "{" CMD "'mounts':[{'type':'symlink','target':'/x','destination':'/sys'}]}", "mounts[0].destination",
		  "symbolic link" },
		{ "{" CMD "'mounts':[{'type':'dir','destination':'/sys/x'}]}", "mounts[0].destination", "/sys" },
		{ "{" CMD "'mounts':[{'type':'bind','source':'/x','destination':'/proc/self'}]}",
		  "mounts[0].destination", "only a proc" },
		{ "{" CMD "'mounts':[{'type':'tmpfs','destination':'/proc'}]}", "mounts[0].destination",
		  "only a proc" },
		{ "{" CMD "'mounts':[{'type':'proc','destination':'/proc/x'}]}", "mounts[0].destination",
		  "below /proc" },
		{ "{" CMD "'mounts':[{'type':'dir','destination':'/a'},{'type':'tmpfs','destination':'/a/'}]}",
		  "mounts[1].destination", "mounts[0] too" },
		{ "{" CMD "'devices':['/etc/passwd']}", "devices[0].path", "not below /dev" },
		{ "{" CMD "'devices':['/dev/x','/dev/y:/dev/x']}", "devices[1].path", "devices[0] too" },
		{ "{" CMD "'devices':['/dev/x'],'mounts':[{'type':'dir','destination':'/dev/x'}]}", "devices[0].path",
		  "mounts[0] too" },
		{ "{" CMD "'sysctls':{'kernel.core_pattern':'|/x'}}", "sysctls.kernel.core_pattern",
		  "not a parameter" },
		{ "{" CMD "'sysctls':{'kernel.shm':'1'}}", "sysctls.kernel.shm", "not a parameter" },
		{ "{" CMD "'sysctls':{'network.x':'1'}}", "sysctls.network.x", "not a parameter" },
		{ "{" CMD "'network':'host','sysctls':{'net.ipv4.ip_forward':1}}", "sysctls.net.ipv4.ip_forward",
		  "namespaces.net" },
		{ "{" CMD "'namespaces':{'ipc':'host'},'sysctls':{'kernel.shmmax':1}}", "sysctls.kernel.shmmax",
		  "namespaces.ipc" },
		{ "{" CMD "'capabilities':{'bounding':['CHOWN'],'permitted':['CHOWN','KILL'],'effective':['CHOWN']}}",
		  "capabilities.permitted", "KILL must be in the bounding set" },
		{ "{" CMD "'capabilities':{'bounding':['CHOWN','KILL'],'permitted':['CHOWN'],'effective':['KILL']}}",
		  "capabilities.effective", "KILL must be in the permitted set" },
		{ "{" CMD "'capabilities':{'bounding':['CHOWN'],'inheritable':['KILL']}}", "capabilities.inheritable",
		  "bounding" },
		{ "{" CMD "'capabilities':{'bounding':['CHOWN','KILL'],'ambient':['KILL'],'inheritable':[]}}",
		  "capabilities.ambient", "inheritable" },
		{ "{" CMD "'capabilities':['SYS_ADMIN'],'seccomp':'unconfined'}", "capabilities", "@mount" },
		{ "{" CMD "'capabilities':['SYS_ADMIN'],'seccomp':'docker'}", "capabilities", "@mount" },
		{ "{" CMD
		  "'capabilities':['SYS_ADMIN'],'seccomp':{'base':'deny','rules':[{'names':['mount_setattr']}]}}",
		  "capabilities", "allows mount_setattr" },
		{ "{" CMD "'capabilities':['SYS_ADMIN'],'seccomp':{'base':'deny','rules':[{'action':'log',"
		  "'names':['umount2']}]}}",
		  "capabilities", "allows umount2" },
		/* i386 has a call of its own to take a mount away */
		{ "{" CMD "'capabilities':['SYS_ADMIN'],'seccomp':{'base':'docker','architectures':['x86'],'rules':[{"
		  "'action':'errno','names':['mount','umount2','mount_setattr','move_mount','open_tree','fsopen','"
		  "fsconfig',"
		  "'fsmount','fspick','pivot_root','open_tree_attr']}]}}",
		  "capabilities", "allows umount" },
		{ "{" CMD "'rlimits':{'nofile':[2,1]}}", "rlimits.nofile", "soft" },
		{ "{" CMD "'rlimits':{'nofile':['unlimited',1]}}", "rlimits.nofile", "soft" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		broken(v[i].text, v[i].path, v[i].part);
}

static void test_kept(void **state)
{
	(void)state;
	static const char *const v[] = {
		"{'command':['true']}",
		"{" CMD "'network':'host'}",
		"{" CMD "'network':'host','namespaces':{'net':'host'}}",
		"{" CMD "'network':'none','namespaces':{'net':'new'}}",
		"{" CMD "'namespaces':{'uts':'host'}}",
		"{" CMD "'namespaces':{'mount':'host'}}",
		"{" CMD "'namespaces':{'user':'host'},'ids':'keep'}",
		"{" CMD "'namespaces':{'user':'host'}}",
		"{" CMD "'namespaces':{'user':'host'},'readonly_paths':['/proc']}",
		"{" CMD "'ids':{'uid':[[0,60000,1001]],'gid':[[0,60000,1001]]},'readonly_paths':[]}",
		"{" CMD "'ids':{'uid':[[0,0,65001]],'gid':[[0,0,65001]]}}",
		"{" CMD "'ids':{'uid':[[0,2,1],[3,3,4294967292]],'gid':[[0,2,1],[3,3,4294967292]]}}",
		"{" CMD "'user':'nobody','ids':{'uid':[[5,1000,10]],'gid':[[0,1000,10]]}}",
		"{" CMD "'mounts':[{'type':'bind','source':'/x','destination':'/proc/cpuinfo'},{'type':'proc'},"
		"{'type':'sysfs'},{'type':'remove','destination':'/proc/x'},{'type':'dir','destination':'/process'}]}",
		"{" CMD "'devices':['/dev/fuse','/dev/net/tun']}",
		"{" CMD
		"'sysctls':{'net.ipv4.ip_forward':1,'kernel.msgmax':'1','fs.mqueue.msg_max':2,'kernel.x':false}}",
		"{" CMD "'capabilities':[]}",
		"{" CMD "'capabilities':{'bounding':['KILL'],'ambient':['KILL']}}",
		"{" CMD "'capabilities':['SYS_ADMIN'],'seccomp':'deny'}",
		"{" CMD "'capabilities':['SYS_ADMIN'],'seccomp':{'base':'docker','rules':[{'action':'errno',"
		"'names':['@mount']}]}}",
		"{" CMD "'seccomp':'unconfined'}",
		"{" CMD "'no_new_privileges':false}",
		"{" CMD "'rlimits':{'nofile':[1,'unlimited'],'core':'unlimited'}}",
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		kept(v[i]);
}

/* Ranges beyond the kernel's number, and the line that is told. */
static void test_map_size(void **state)
{
	(void)state;
	struct lw_err err = { 0 };
	struct lw_spec *s = spec_of("{'origin':'p:1'," CMD "'ids':{'origin':'p:5','uid':[[0,1,1]],'gid':[[0,1,1]]}}");
	struct lw_idmap maps[341];
	for (unsigned i = 0; i < ARRAY_LEN(maps); i++)
		maps[i] = (struct lw_idmap){ i, 1000 + i, 1 };
	s->ids.uid.v = maps;
	s->ids.uid.n = 340;
	assert_int_equal(lw_spec_check(s, &err), 0);
	s->ids.uid.n = 341;
	assert_true(lw_spec_check(s, &err) < 0);
	assert_string_equal(err.path, "ids.uid");
	assert_string_equal(err.file, "p");
	assert_int_equal(err.line, 5);
	lw_spec_free(s);
}

struct heard {
	size_t n;
	char text[2048];
};

static void hear(void *arg, struct lw_origin at, const char *path, const char *msg)
{
	struct heard *h = arg;
	size_t used = strlen(h->text);
	assert_true(msg[0] && path[0]);
	snprintf(h->text + used, sizeof(h->text) - used, "%s:%u %s: %s\n", at.file ? at.file : "", (unsigned)at.line,
		 path, msg);
	h->n++;
}

static void test_warnings(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t n;
		const char *part;
	} v[] = {
		{ "{'command':['true']}", 0, "" },
		{ "{'namespaces':{'user':'host'}}", 1, "user: the command runs as the host's uid 0" },
		{ "{'namespaces':{'user':'host'},'user':0}", 1, "uid 0" },
		{ "{'namespaces':{'user':'host'},'user':'nobody'}", 0, "" },
		{ "{'ids':{'uid':[[0,0,9]],'gid':[[0,0,9]]}}", 1, "ids.uid: the host's uid 0" },
		{ "{'ids':'identity'}", 1, "ids: \"identity\"" },
		{ "{'ids':'root-only'}", 1, "ids: \"root-only\"" },
		{ "{'ids':'single'}", 0, "" },
		{ "{'mounts':[{'type':'bind','source':'/srv/x','writable':true,'chown':true}]}", 1,
		  "mounts[0].chown: as root the sandbox has other ids in every run" },
		{ "{'ids':{'uid':[[0,60000,9]],'gid':[[0,60000,9]]},'mounts':[{'type':'bind','source':'/srv/x',"
		  "'writable':true,'chown':true}]}",
		  0, "" },
		{ "{'seccomp':'unconfined'}", 1, "seccomp: unconfined" },
		{ "{'no_new_privileges':false}", 1, "no_new_privileges: false" },
		{ "{'capabilities':['SYS_ADMIN','SYS_MODULE','SYS_PTRACE','SYS_RAWIO','DAC_READ_SEARCH','NET_ADMIN']}",
		  5, "SYS_RAWIO" },
		{ "{'capabilities':['NET_ADMIN'],'network':'host'}", 2, "NET_ADMIN" },
		{ "{'network':'host'}", 1, "network: \"host\": everything on the host's loopback" },
		{ "{'network':'host','landlock':{'scope':['signal']}}", 2, "landlock.scope: without \"abstract" },
		{ "{'network':'host','landlock':{'scope':['abstract_unix_socket']}}", 1, "loopback" },
		{ "{'capabilities':['CHOWN'],'user':'nobody'}", 1, "ambient" },
		{ "{'capabilities':{'bounding':['CHOWN'],'ambient':['CHOWN']},'user':'nobody'}", 0, "" },
		{ "{'user':'nobody'}", 0, "" },
		{ "{'origin':'p:1','mounts':[{'origin':'p:4','type':'bind','source':'/etc/x','destination':'/e',"
		  "'writable':true}]}",
		  1, "p:4 mounts[0]: a writable bind of \"/etc/x\"" },
		{ "{'mounts':[{'type':'bind','source':'/','destination':'/h','writable':true},{'type':'bind',"
		  "'source':'/usr','destination':'/u','writable':true}]}",
		  2, "\"/usr\"" },
		{ "{'mounts':[{'type':'bind','source':'/etc'},{'type':'bind','source':'/etcetera','writable':true},"
		  "{'type':'tmpfs','destination':'/etc'}]}",
		  0, "" },
		{ "{'mounts':[{'type':'overlay','source':'/etc','destination':'/x'}]}", 1,
		  "mounts[0]: idmap: when root runs it, root inside may read there what only root may (/etc/shadow)" },
		{ "{'mounts':[{'type':'bind','source':'/','destination':'/x','idmap':true}]}", 1, "/etc/shadow" },
		{ "{'root':{'path':'/','overlay':true}}", 1, "root.overlay: idmap" },
		{ "{'mounts':[{'type':'overlay','source':'/srv','destination':'/x'},{'type':'overlay','source':'/etc',"
		  "'destination':'/y','idmap':false}],'root':{'path':'/srv/root','overlay':true}}",
		  0, "" },
		{ "{'namespaces':{'pid':'host'},'landlock':{'scope':[]}}", 1, "landlock.scope: without \"signal\"" },
		{ "{'namespaces':{'pid':'host'}}", 0, "" },
		{ "{'terminal':false}", 1, "terminal" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct heard h = { 0 };
		struct lw_spec *s = spec_of(v[i].text);
		lw_spec_warnings(s, hear, &h);
		if (h.n != v[i].n || !strstr(h.text, v[i].part))
			fail_msg("%s: %zu warnings:\n%s", v[i].text, h.n, h.text);
		lw_spec_free(s);
	}
}

/* A host's own job with more than the default; whatever the path, and the one file of a small system. */
static void test_host_jobs(void **state)
{
	(void)state;
	static const struct {
		const char *text, *path, *part;
	} v[] = {
		{ "{'command':['/usr/sbin/sshd','-D'],'capabilities':['SYS_ADMIN']}", "command[0]", "given SYS_ADMIN" },
		{ "{'command':['cron'],'privileged':true}", "command[0]", "everything by privileged" },
		{ "{'command':['/bin/busybox','udhcpc'],'capabilities':{'bounding':['NET_ADMIN']}}", "command[1]",
		  "udhcpc, setting up the network" },
		{ "{'command':['sshd']}", NULL, NULL },
		{ "{'command':['sshd'],'capabilities':['CHOWN']}", NULL, NULL },
		{ "{'command':['busybox'],'capabilities':['NET_ADMIN']}", NULL, NULL },
		{ "{'command':['sh','-c','sshd'],'capabilities':['NET_ADMIN']}", NULL, NULL },
		{ "{'command':['/usr/sbin/'],'capabilities':['NET_ADMIN']}", NULL, NULL },
		{ "{'capabilities':['NET_ADMIN']}", NULL, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		struct lw_spec *s = spec_of(v[i].text);
		if (lw_spec_host_job(s, &err) != !!v[i].path)
			fail_msg("%s: %s", v[i].text, err.msg);
		if (v[i].path) {
			same_err(v[i].text, &err, v[i].path, v[i].part);
			assert_true(err.hint[0]);
		}
		lw_spec_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),   cmocka_unit_test(test_kept),      cmocka_unit_test(test_map_size),
		cmocka_unit_test(test_warnings), cmocka_unit_test(test_host_jobs),
	};
	return cmocka_run_group_tests_name("spec_check", tests, NULL, NULL);
}
