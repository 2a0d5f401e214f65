/* test_warm.c: the file of a kept plan: what is packed comes back, what is damaged does not, and whatever a plan
 * depends on changes its key or its guards. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "lua/cli/warm/warm.h"
#include "schema.h"

static struct lw_host *host;
static struct lw_spec *spec;
static struct lw_plan *plan;
static char state_dir[] = "/tmp/lunward-warm-XXXXXX";

static int build(void **state)
{
	static const char json[] =
		"{\"name\":\"t\",\"command\":[\"/bin/sh\",\"-c\",\"\"],\"env\":{\"A\":\"b\"},\"terminal\":false,"
		"\"allow_control_sockets\":[\"docker\"],\"sysctls\":{\"net.ipv4.ip_forward\":\"1\"},"
		"\"user\":{\"uid\":0,\"gid\":0,\"groups\":[0]},"
		"\"mounts\":[{\"type\":\"bind\",\"source\":\"/srv\",\"destination\":\"/srv\"},"
		"{\"type\":\"file\",\"destination\":\"/tmp/f\",\"data\":\"\"}]}";
	struct lw_err err = { 0 };
	struct lw_host_options o = { .state = mkdtemp(state_dir) };
	(void)state;
	if (!o.state || lw_host_probe(&o, &host, &err) < 0 ||
	    lw_spec_from_json(json, sizeof json - 1, "test", &spec, &err) < 0 || lw_spec_check(spec, &err) < 0 ||
	    lw_plan_build(spec, host, &plan, &err) < 0) {
		print_error("%s %s\n", err.path, err.msg);
		return -1;
	}
	return 0;
}

static int clean(void **state)
{
	char command[96];
	(void)state;
	lw_plan_free(plan);
	lw_spec_free(spec);
	lw_host_free(host);
	snprintf(command, sizeof command, "rm -rf %s", state_dir);
	return system(command);
}

static char *packed(size_t *n)
{
	struct lw_text t = { 0 };
	char *block = NULL;
	if (plan->map_helper) {
		print_message("skipped: this caller's maps are written by newuidmap, such plans are not kept\n");
		skip();
	}
	assert_true(warm_pack(plan, &t));
	*n = t.len;
	assert_int_equal(posix_memalign((void **)&block, 16, t.len), 0);
	memcpy(block, t.buf, t.len);
	lw_text_done(&t);
	return block;
}

static void same(const char *a, const char *b)
{
	assert_int_equal(!a, !b);
	if (a && b)
		assert_string_equal(a, b);
}

static void same_lists(char *const *a, char *const *b)
{
	for (; *a; a++, b++)
		same(*a, *b);
	assert_null(*b);
}

static void same_maps(const struct lw_idmaps *a, const struct lw_idmaps *b)
{
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->v, b->v, a->n * sizeof *a->v);
}

static void comes_back(void **state)
{
	struct lw_plan p;
	size_t n;
	_cleanup_free_ char *block = packed(&n);
	(void)state;
	assert_true(warm_unpack(block, n, &p));
	assert_int_equal(p.n_ops, plan->n_ops);
	for (size_t i = 0; i < p.n_ops; i++) {
		assert_int_equal(p.ops[i].kind, plan->ops[i].kind);
		assert_int_equal(p.ops[i].side, plan->ops[i].side);
		assert_memory_equal(p.ops[i].num, plan->ops[i].num, sizeof p.ops[i].num);
		for (int k = 0; k < LW_OP_STRS; k++)
			same(p.ops[i].str[k], plan->ops[i].str[k]);
	}
	same_lists(plan->argv, p.argv);
	same_lists(plan->envp, p.envp);
	same_lists(plan->exec_paths, p.exec_paths);
	same_maps(&plan->uid_map, &p.uid_map);
	same_maps(&plan->gid_map, &p.gid_map);
	assert_int_equal(p.filter.n, plan->filter.n);
	assert_memory_equal(p.filter.insns, plan->filter.insns, p.filter.n * sizeof *p.filter.insns);
	assert_int_equal(p.n_groups, plan->n_groups);
	assert_memory_equal(p.groups, plan->groups, p.n_groups * sizeof *p.groups);
	assert_int_equal(p.pool.n_reserved, plan->pool.n_reserved);
	assert_memory_equal(p.pool.reserved, plan->pool.reserved, p.pool.n_reserved * sizeof *p.pool.reserved);
	assert_string_equal(p.pool.state_dir, plan->pool.state_dir);
	assert_int_equal(p.allow_control_sockets.n, 1);
	assert_string_equal(p.allow_control_sockets.v[0], "docker");
	assert_true(p.no_new_privileges && p.fresh_root && p.fresh_dev && p.sysctls && p.init && p.net_beside);
	assert_int_equal(p.net_joined, plan->net_joined);
	assert_int_equal(p.clone_flags, plan->clone_flags);
	assert_int_equal(p.setgroups, plan->setgroups);
	assert_int_equal(p.uid, plan->uid);
	assert_int_equal(p.gid, plan->gid);
	assert_int_equal(p.setup_uid, plan->setup_uid);
	assert_int_equal(p.setup_gid, plan->setup_gid);
	assert_int_equal(p.n_fds, plan->n_fds);
	assert_int_equal(p.cgroup_slots, plan->cgroup_slots);
	assert_null(p.spec);
	assert_null(p.host);
	assert_null(p.arena);
}

/* No offset leads out of the block, whatever stands there: under ASan a read past it ends the test. */
static void damaged(void **state)
{
	size_t n, taken = 0;
	_cleanup_free_ char *whole = packed(&n);
	const uint64_t values[] = { 0, 1, 8, n - 1, n, n + 16, UINT64_MAX, UINT64_C(1) << 63 };
	(void)state;
	for (size_t at = 0; at + 8 <= n; at += 8) {
		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			struct lw_plan p;
			char *block = NULL;
			assert_int_equal(posix_memalign((void **)&block, 16, n), 0);
			memcpy(block, whole, n);
			memcpy(block + at, &values[i], sizeof values[i]);
			bool good = warm_unpack(block, n, &p);
			taken += good;
			for (size_t k = 0; good && k < p.n_ops; k++)
				for (int s = 0; s < LW_OP_STRS; s++)
					taken += p.ops[k].str[s] && strlen(p.ops[k].str[s]) > n;
			for (char **v = good ? p.argv : NULL; v && *v; v++)
				assert_in_range(strlen(*v), 0, n);
			free(block);
		}
	}
	/* Most of a block is text, where any value will do. */
	assert_true(taken > 0);
	struct lw_plan p;
	assert_false(warm_unpack(whole, sizeof p - 1, &p));
	whole[n - 1] = 'x';
	assert_false(warm_unpack(whole, n, &p));
}

static void not_for_keeping(void **state)
{
	struct lw_text t = { 0 };
	struct lw_plan p = *plan;
	(void)state;
	p.terminal_fds = 1;
	assert_false(warm_pack(&p, &t));
	p = *plan;
	p.map_helper = true;
	assert_false(warm_pack(&p, &t));
	p = *plan;
	p.argv = NULL;
	assert_false(warm_pack(&p, &t));
	lw_text_done(&t);
}

static size_t key_of(char *buf, char *const *argv, char *const *envp)
{
	struct warm_text t = { buf, 0, WARM_KEY_MAX, false };
	int argc = 0;
	while (argv[argc])
		argc++;
	warm_key(&t, argc, argv, envp);
	assert_false(t.full);
	return t.n;
}

static bool keys_differ(char *const *argv_a, char *const *env_a, char *const *argv_b, char *const *env_b)
{
	static char a[WARM_KEY_MAX], b[WARM_KEY_MAX];
	size_t n = key_of(a, argv_a, env_a), m = key_of(b, argv_b, env_b);
	return n != m || memcmp(a, b, n) != 0;
}

#define LIST(...) ((char *const[]){ __VA_ARGS__, NULL })

static void keys(void **state)
{
	char *const *e = LIST("A=1"), *const *v = LIST("lunward", "run");
	(void)state;
	assert_false(keys_differ(v, e, v, e));
	assert_true(keys_differ(v, e, LIST("lunward", "run", ""), e));
	assert_true(keys_differ(LIST("ab", "c"), e, LIST("a", "bc"), e));
	/* Of the environment only what says where things are, and of that the first. */
	assert_false(keys_differ(v, e, v, LIST("A=2")));
	assert_true(keys_differ(v, e, v, LIST("XDG_CONFIG_HOME=/x")));
	assert_true(keys_differ(v, LIST("XDG_CONFIG_HOME="), v, e));
	assert_true(keys_differ(v, LIST("LUNWARD_STATE=/x"), v, LIST("LUNWARD_CGROUP_PARENT=/x")));
	assert_false(keys_differ(v, LIST("XDG_RUNTIME_DIR=/x", "XDG_RUNTIME_DIR=/y"), v, LIST("XDG_RUNTIME_DIR=/x")));
}

static void key_of_the_caller(void **state)
{
	static char before[WARM_KEY_MAX], after[WARM_KEY_MAX];
	char *const *e = LIST("A=1"), *const *v = LIST("lunward", "run");
	struct rlimit was, less;
	char cwd[4096];
	(void)state;
	size_t n = key_of(before, v, e);
	assert_non_null(getcwd(cwd, sizeof cwd));
	assert_int_equal(chdir("/usr"), 0);
	size_t m = key_of(after, v, e);
	assert_int_equal(chdir(cwd), 0);
	assert_false(n == m && !memcmp(before, after, n));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	less = was;
	less.rlim_cur--;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
	m = key_of(after, v, e);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_false(n == m && !memcmp(before, after, n));
	m = key_of(after, v, e);
	assert_true(n == m && !memcmp(before, after, n));
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* One guard in a file of its own: the path, then nothing else. */
static bool holds(struct warm_guard g, const char *path)
{
	g.path = 0;
	return warm_holds(&g, path, strlen(path) + 1);
}

static void guards(void **state)
{
	char file[96], link[96], other[96];
	struct warm_guard g, absent, entry, place;
	(void)state;
	snprintf(file, sizeof file, "%s/file", state_dir);
	snprintf(link, sizeof link, "%s/link", state_dir);
	snprintf(other, sizeof other, "%s/other", state_dir);
	assert_int_equal(warm_look(file, WARM_FILE, &absent), 0);
	assert_true(holds(absent, file));
	write_file(file, "one");
	assert_false(holds(absent, file));
	assert_int_equal(warm_look(file, WARM_FILE, &g), 0);
	assert_true(holds(g, file));
	write_file(other, "one");
	assert_int_equal(rename(other, file), 0); /* the same bytes in another file */
	assert_false(holds(g, file));
	assert_int_equal(warm_look(file, WARM_FILE, &g), 0);
	assert_int_equal(chmod(file, 0600), 0);
	assert_false(holds(g, file));
	assert_int_equal(warm_look(file, WARM_FILE, &g), 0);
	assert_int_equal(unlink(file), 0);
	assert_false(holds(g, file));

	assert_int_equal(symlink("a", link), 0);
	assert_int_equal(warm_look(link, WARM_ENTRY, &entry), 0);
	assert_true(holds(entry, link));
	assert_int_equal(unlink(link), 0);
	assert_false(holds(entry, link));
	assert_int_equal(symlink("b", link), 0);
	assert_false(holds(entry, link));
	/* What happens inside of a directory is nothing to an entry, nor to a place. */
	assert_int_equal(warm_look(state_dir, WARM_ENTRY, &entry), 0);
	assert_int_equal(warm_look(state_dir, WARM_PLACE, &place), 0);
	write_file(file, "two");
	assert_true(holds(entry, state_dir));
	assert_true(holds(place, state_dir));
	assert_false(holds(place, "/tmp"));
	assert_true(warm_look(file, WARM_PLACE, &place) < 0);
}

static void guarded_refusals(void **state)
{
	struct warm_guard absent, closed;
	char dir[64];
	(void)state;
	snprintf(dir, sizeof dir, "%s/vain", state_dir);
	assert_int_equal(warm_look(dir, WARM_VAIN, &absent), 0);
	assert_true(holds(absent, dir));
	assert_int_equal(mkdir(dir, 0500), 0);
	assert_false(holds(absent, dir));
	assert_int_equal(warm_look(dir, WARM_VAIN, &closed), 0);
	assert_true(holds(closed, dir));
	assert_int_equal(chmod(dir, 0700), 0);
	assert_false(holds(closed, dir));
	assert_int_equal(warm_look(dir, WARM_VAIN, &closed), 0);
	if (!chown(dir, 65534, (gid_t)-1))
		assert_false(holds(closed, dir));
	assert_int_equal(rmdir(dir), 0);
}

static void guarded_company(void **state)
{
	struct warm_guard shared;
	char file[64], list[64];
	(void)state;
	snprintf(file, sizeof file, "%s/cgroup.procs", state_dir);
	snprintf(list, sizeof list, "1\n%d\n", (int)getpid());
	write_file(file, list);
	assert_int_equal(warm_look(file, WARM_SHARED, &shared), 0);
	assert_true(holds(shared, file));
	write_file(file, strchr(list, '\n') + 1);
	assert_false(holds(shared, file));
	write_file(file, "0\n");
	assert_true(holds(shared, file));
	assert_int_equal(unlink(file), 0);
	assert_false(holds(shared, file));
}

static void guarded_texts(void **state)
{
	static const char path[] = "/proc/self/comm";
	char block[256] = { 0 };
	char text[64];
	(void)state;
	long n = warm_read(path, text, sizeof text);
	assert_true(n > 0);
	memcpy(block, path, sizeof path);
	memcpy(block + 64, text, (size_t)n);
	struct warm_guard g = { .kind = WARM_TEXT, .path = 0, .text = 64, .n_text = (uint32_t)n };
	assert_true(warm_holds(&g, block, sizeof block));
	block[64]++;
	assert_false(warm_holds(&g, block, sizeof block));
	g.text = sizeof block;
	assert_false(warm_holds(&g, block, sizeof block));
	g.path = sizeof block;
	assert_false(warm_holds(&g, block, sizeof block));
	assert_true(warm_read(path, text, 2) < 0); /* longer than that */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),        cmocka_unit_test(damaged),
		cmocka_unit_test(not_for_keeping),   cmocka_unit_test(keys),
		cmocka_unit_test(key_of_the_caller), cmocka_unit_test(guards),
		cmocka_unit_test(guarded_refusals),  cmocka_unit_test(guarded_company),
		cmocka_unit_test(guarded_texts),
	};
	return cmocka_run_group_tests_name("warm", tests, build, clean);
}
