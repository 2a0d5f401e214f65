/* test_diff.c: what one sandbox allows that another does not, key by key, for a host made up here. The other way round
 * the same rows come out with the other sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "diff.h"
#include "schema.h"

static struct lw_view_entry view[] = { { "/usr", NULL }, { "/etc", NULL }, { "/bin", "usr/bin" } };
static struct lw_host host = {
	.user = "root",
	.home = "/root",
	.cwd = "/srv",
	.caps_effective = (UINT64_C(1) << 41) - 1,
	.caps_bounding = (UINT64_C(1) << 41) - 1,
	.cap_last = 40,
	.kernel_major = 6,
	.kernel_minor = 12,
	.kernel = "6.12.0",
	.arch = "x86_64",
	.cpus = 2,
	.memory_bytes = INT64_C(8) << 30,
	.privileged = true,
	.landlock_abi = 6,
	.state_dir = "/run/lunward",
	.state_fd = -1,
	.swap_accounting = true,
	.apparmor = true,
	.n_view = ARRAY_LEN(view),
	.view = view,
};

/* A machine that can do everything, and whose caller has no limits of its own. */
static int setup(void **state)
{
	*state = lw_arena_new();
	host.cgroup.version = 2;
	for (int i = 0; i < LW_CTL_COUNT; i++)
		host.cgroup.parent[i] = "/sys/fs/cgroup";
	for (size_t i = 0; i < ARRAY_LEN(host.rlimits); i++)
		host.rlimits[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	return *state ? 0 : -1;
}
static int teardown(void **state)
{
	*state = lw_arena_free(*state);
	return 0;
}

struct made {
	struct lw_spec *spec;
	struct lw_plan *plan;
};
static struct made make(const char *keys)
{
	struct made m = { 0 };
	struct lw_err err = { 0 };
	struct lw_text t = { 0 };
	lw_text_addf(&t, "{\"command\": [\"/bin/true\"]%s%s}", *keys ? ", " : "", keys);
	int r = lw_spec_from_json(t.buf, t.len, "test", &m.spec, &err);
	if (r >= 0)
		r = lw_spec_check(m.spec, &err);
	if (r >= 0)
		r = lw_plan_build(m.spec, &host, &m.plan, &err);
	if (r < 0)
		fail_msg("%s: %s: %s", keys, err.path, err.msg);
	lw_text_done(&t);
	return m;
}
static void done(struct made *m)
{
	lw_plan_free(m->plan);
	lw_spec_free(m->spec);
}

/* Every row but those of system calls, a line each: "+limit pids: 5 -> 6". sign: 1, or -1 to turn them round. */
static char *rows_of(const struct made *a, const struct made *b, int sign, struct lw_arena *arena)
{
	struct lw_diff d;
	struct lw_err err = { 0 };
	struct lw_text t = { 0 };
	if (lw_plan_diff(a->plan, b->plan, arena, &d, &err) < 0)
		fail_msg("%s", err.msg);
	lw_text_add(&t, "");
	for (size_t i = 0; i < d.n; i++) {
		const struct lw_diff_row *row = &d.v[i];
		const char *x = sign > 0 ? row->a : row->b, *y = sign > 0 ? row->b : row->a;
		if (strcmp(row->kind, "syscall") == 0)
			continue;
		lw_text_addf(&t, "%s%c%s %s: %s -> %s", t.len ? "\n" : "", "-~+"[row->sign * sign + 1], row -> kind,
			     row -> what, x ? x : "", y ? y : "");
	}
	char *rows = lw_arena_strdup(arena, t.buf ? t.buf : "");
	lw_text_done(&t);
	return rows;
}

static int by_line(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* The lines, sorted. */
static char *sorted(char *rows, struct lw_arena *arena)
{
	char *lines[256], *save = NULL;
	size_t n = 0;
	struct lw_text t = { 0 };
	for (char *line = strtok_r(rows, "\n", &save); line && n < ARRAY_LEN(lines); line = strtok_r(NULL, "\n", &save))
		lines[n++] = line;
	qsort(lines, n, sizeof lines[0], by_line);
	lw_text_add(&t, "");
	for (size_t i = 0; i < n; i++)
		lw_text_addf(&t, "%s%s", i ? "\n" : "", lines[i]);
	char *text = lw_arena_strdup(arena, t.buf ? t.buf : "");
	lw_text_done(&t);
	return text;
}

static const struct {
	const char *a, *b, *rows; /* keys as JSON; the rows, sorted */
} table[] = {
	{ "", "", "" },
	/* what allows nothing */
	{ "", "\"name\": \"x\", \"hostname\": \"y\", \"env\": {\"A\": \"1\"}, \"cwd\": \"/tmp\", \"umask\": \"0077\"",
	  "" },
	/* limits */
	{ "\"limits\": {\"pids\": 32, \"memory\": \"64M\", \"swap\": \"1M\", \"cpus\": 0.5}",
	  "\"limits\": {\"pids\": 64, \"memory\": \"32M\"}",
	  "+limit cpus: 0.5 -> no limit\n+limit pids: 32 -> 64\n-limit memory: 64M -> 32M\n-limit swap: 1M -> 0" },
	{ "", "\"limits\": {\"memory\": \"16G\"}", "+limit memory: half of RAM -> 16G" },
	{ "", "\"limits\": {\"memory\": \"4G\", \"cpu_weight\": 100}", "" },
	{ "\"limits\": {\"cpuset\": \"0-3\"}", "\"limits\": {\"cpuset\": \"0,1\"}", "-limit cpuset: 0-3 -> 0,1" },
	{ "\"limits\": {\"cpuset\": \"0-3\"}", "\"limits\": {\"cpuset\": \"3,2,0-1\"}", "" },
	{ "\"limits\": {\"cpuset\": \"0-3\"}", "", "+limit cpuset: 0-3 -> every processor" },
	{ "\"limits\": {\"memory_high\": \"1M\", \"memory_low\": \"1M\", \"oom_group\": true}", "",
	  "+limit memory_high: 1M -> no limit\n-limit memory_low: 1M -> 0\n~limit oom_group: true -> false" },
	{ "", "\"limits\": {\"io\": [{\"device\": \"/dev/vda\", \"rbps\": 1048576}]}",
	  "~limit io: [] -> [{\"device\":\"/dev/vda\",\"rbps\":1048576}]" },
	{ "\"timeout\": \"5m\"", "\"timeout\": \"1h\"", "+limit timeout: 5m -> 1h" },
	{ "", "\"rlimits\": {\"core\": 5, \"nofile\": [100, 200], \"stack\": 65536}",
	  "+rlimit core: 0 -> 5\n-rlimit nofile: 1024:4096 -> 100:200\n-rlimit stack: unlimited -> 65536" },
	{ "", "\"mounts\": [{\"type\": \"tmpfs\", \"destination\": \"/tmp\", \"size\": \"1M\", \"exec\": false}]",
	  "-file execute /tmp: memory of its own -> \n-limit bytes in /tmp: 64M -> 1M" },
	/* rights */
	{ "\"capabilities\": []", "\"capabilities\": {\"bounding\": [\"KILL\"], \"ambient\": [\"KILL\"]}",
	  "+capability KILL:  -> bounding, effective, permitted, inheritable, ambient" },
	{ "", "\"network\": \"host\"",
	  "+file read /sys:  -> the host's /sys\n+network network: a loopback interface of its own -> the host's\n"
	  "-file read /sys/fs/cgroup: sysfs -> \n-file read /sys: sysfs -> " },
	{ "", "\"namespaces\": {\"ipc\": \"host\", \"uts\": \"host\"}",
	  "-file read, write /dev/mqueue: mqueue -> \n+namespace ipc: its own -> the host's\n"
	  "+namespace uts: its own -> the host's" },
	{ "", "\"namespaces\": {\"cgroup\": {\"path\": \"/proc/1/ns/cgroup\"}}",
	  "+namespace cgroup: its own -> {\"path\":\"/proc/1/ns/cgroup\"}" },
	{ "\"user\": 1000", "\"user\": \"0:5\"", "+id runs as: uid 1000, gid 1000 -> uid 0, gid 5" },
	{ "\"user\": 1000", "\"user\": 1001", "~id runs as: uid 1000, gid 1000 -> uid 1001, gid 1001" },
	{ "\"ids\": {\"uid\": [[0, 1000, 10]], \"gid\": [[0, 1000, 1]]}",
	  "\"ids\": {\"uid\": [[0, 1005, 10]], \"gid\": [[0, 1000, 1]]}",
	  "+id uids 1010-1014 of the host:  -> \n-id uids 1000-1004 of the host:  -> " },
	{ "\"no_new_privileges\": false", "", "-setting no_new_privileges: false -> true" },
	{ "\"keyring\": false", "", "-setting keyring: false -> true" },
	{ "", "\"allow_control_sockets\": [\"docker\"]", "+setting allow_control_sockets:  -> docker" },
	{ "", "\"oom_score_adj\": 5", "~setting oom_score_adj: inherited -> 5" },
	{ "\"nice\": 5", "\"nice\": 3", "+setting nice: 5 -> 3" },
	{ "", "\"sysctls\": {\"net.ipv4.ip_forward\": \"1\"}",
	  "~setting sysctls: {} -> {\"net.ipv4.ip_forward\":\"1\"}" },
	{ "", "\"time_offsets\": {\"boottime\": \"1h\"}", "~setting time_offsets.boottime: 0s -> 1h" },
	{ "", "\"terminal\": false", "~setting terminal: auto -> false" },
	/* hardening */
	{ "", "\"hardening\": {\"memory_deny_write_execute\": true, \"disable_speculation\": [\"store_bypass\"]}",
	  "-hardening hardening.disable_speculation:  -> store_bypass\n"
	  "-hardening hardening.memory_deny_write_execute: false -> true" },
	{ "",
	  "\"hardening\": {\"lock_personality\": false, \"core_scheduling\": true, "
	  "\"secure_bits\": [\"noroot\"]}",
	  "+hardening hardening.lock_personality: true -> false\n-hardening hardening.core_scheduling: false -> true\n"
	  "-hardening hardening.secure_bits:  -> noroot" },
	{ "\"landlock\": {\"read\": [\"/usr\", \"/etc\"], \"execute\": []}",
	  "\"landlock\": {\"read\": [\"/usr\", \"/srv\"], \"bind_tcp\": [80]}",
	  "+hardening landlock.execute: nothing -> everything\n+hardening landlock.read:  -> /srv\n"
	  "-hardening landlock.bind_tcp: everything -> 80\n-hardening landlock.read: /etc -> " },
	{ "", "\"landlock\": {\"scope\": [\"signal\"], \"required\": true}", "-hardening landlock.scope:  -> signal" },
	{ "\"network\": \"host\"", "\"network\": \"host\", \"landlock\": {\"scope\": []}",
	  "+hardening landlock.scope: abstract_unix_socket -> " },
	{ "", "\"apparmor\": \"docker-nginx\"", "-hardening apparmor: none -> docker-nginx" },
	{ "\"apparmor\": \"x\"", "\"apparmor\": \"y\"", "~hardening apparmor: x -> y" },
	/* files */
	{ "", "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\", \"writable\": true}]",
	  "+file read, write, execute /srv:  -> the host's /srv" },
	{ "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\", \"suid\": true}]",
	  "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\", \"exec\": false, \"writable\": true}]",
	  "+file write /srv:  -> the host's /srv\n"
	  "-file execute, use set-user-ID programs on /srv: the host's /srv -> " },
	/* the same place, by another mount */
	{ "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\"}]",
	  "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\"}, {\"type\": \"bind\", \"source\": \"/srv/www\"}]",
	  "" },
	{ "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\"}]",
	  "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv/www\"}]",
	  "-file read, execute /srv: the host's /srv -> " },
	{ "", "\"mounts\": [{\"type\": \"bind\", \"source\": \"/home\", \"destination\": \"/usr/share\"}]",
	  "+file read, execute /usr/share:  -> the host's /home\n"
	  "-file read, execute /usr/share: the host's /usr/share -> " },
	/* what follows from the directory above is told once */
	{ "",
	  "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\", \"destination\": \"/a\"}, "
	  "{\"type\": \"bind\", \"source\": \"/srv/b\", \"destination\": \"/a/b\"}, "
	  "{\"type\": \"bind\", \"source\": \"/srv/c\", \"destination\": \"/a/c\", \"writable\": true}]",
	  "+file read, execute /a:  -> the host's /srv\n+file read, write, execute /a/c:  -> the host's /srv/c" },
	{ "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\"}]",
	  "\"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\", \"idmap\": true, \"propagation\": \"slave\"}]",
	  "+file see later mounts of the host in /srv:  -> \n"
	  "~file owners in /srv: not translated -> as outside" },
	{ "", "\"mounts\": [{\"type\": \"overlay\", \"source\": \"/srv/a\", \"destination\": \"/a\"}]",
	  "+file read, write, execute /a:  -> the host's /srv/a, writes kept in memory" },
	{ "\"root\": \"empty\"", "",
	  "+file read, execute /etc:  -> the host's /etc\n+file read, execute /usr:  -> the host's /usr" },
	{ "",
	  "\"masked_paths\": [], \"mounts\": [{\"type\": \"remove\", \"destination\": \"/sys\"}, "
	  "{\"type\": \"remove\", \"destination\": \"/proc\"}]",
	  "-file read /sys: sysfs -> \n-file read, write /proc: proc -> \n-file read /proc/bus: proc -> \n"
	  "-file read /proc/fs: proc -> \n-file read /proc/irq: proc -> \n-file read /proc/sys: proc -> \n"
	  "-file read /proc/sysrq-trigger: proc -> " },
	{ "\"readonly_paths\": [\"/proc/sys\", \"/tmp\"], \"masked_paths\": [\"/usr/src\"]",
	  "\"readonly_paths\": [\"/proc/sys\"], \"masked_paths\": []",
	  "+file read, execute /usr/src:  -> the host's /usr/src\n+file write, execute /tmp:  -> memory of its own" },
	{ "", "\"secrets\": {\"db\": {\"file\": \"/srv/key\"}}",
	  "+file read /run/secrets/db:  -> a secret, what is in /srv/key\n+file read /run/secrets:  -> ramfs "
	  "(mode=755)" },
	{ "\"devices\": [{\"path\": \"/dev/fuse\", \"access\": \"r\"}]", "\"devices\": [\"/dev/fuse\", \"/dev/kvm\"]",
	  "+device read, write, make /dev/kvm:  -> the host's /dev/kvm\n"
	  "+device write, make /dev/fuse:  -> the host's /dev/fuse" },
};

static void key_by_key(void **state)
{
	unsigned wrong = 0;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct made a = make(table[i].a), b = make(table[i].b);
		char *expected = sorted(lw_arena_strdup(*state, table[i].rows), *state);
		char *there = sorted(rows_of(&a, &b, 1, *state), *state);
		char *back = sorted(rows_of(&b, &a, -1, *state), *state);
		if (strcmp(there, expected) != 0 || strcmp(back, expected) != 0) {
			print_error("%s -> %s\nthere:\n%s\nand back:\n%s\nexpected:\n%s\n", table[i].a, table[i].b,
				    there, back, expected);
			wrong++;
		}
		done(&a);
		done(&b);
	}
	assert_int_equal(wrong, 0);
}

/* Whatever is the same as the default without being written is no difference: also of keys that have no row yet. */
static void nothing_differs_from_itself(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct made a = make(table[i].b), b = make(table[i].b);
		assert_string_equal(rows_of(&a, &b, 1, *state), "");
		done(&a);
		done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(key_by_key, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_differs_from_itself, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
