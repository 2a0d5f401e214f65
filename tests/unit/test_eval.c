/* test_eval.c: profiles evaluated for real: what a profile may compute, what it may include, the slips that must not
 * pass, and which line an error names. Needs no privilege; writes only below a directory of its own. */
#include "eval_testing.h"
#include "schema.h"

/* --- what profiles are for --- */

static void values_become_json(void **state)
{
	(void)state;
	gives("return sandbox { command = { 'x', 8080.0, 2.5, 9007199254740993 } }",
	      "{\"command\":[\"x\",8080,2.5,9007199254740993]}");
	gives("return sandbox { keyring = false, env = { B = false, A = 'x' } }",
	      "{\"env\":{\"A\":\"x\",\"B\":false},\"keyring\":false}");
	/* false items are left out, an empty table is a list. */
	gives("return sandbox { command = { 'a', false, 'b', 1 > 2 and 'c' }, labels = {} }",
	      "{\"command\":[\"a\",\"b\"],\"labels\":[]}");
	gives("return sandbox { network = unset }", "{}");
}

static void text_may_start_like_a_script(void **state)
{
	(void)state;
	gives("#!/usr/bin/lunward\nreturn sandbox { cwd = '/' }", "{\"cwd\":\"/\"}");
	gives("\xef\xbb\xbf"
	      "return sandbox { cwd = '/' }",
	      "{\"cwd\":\"/\"}");
	fails("#!/usr/bin/lunward\nx = 1", 2, "assignment to the global \"x\"");
}

static void constructors(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;
	json_t *mounts, *m;
	char origin[300];

	(void)state;
	write_text("p.lua", "local b = bind 'data:/data:rw'\n"
			    "return sandbox {\n"
			    "  mounts = { b,\n"
			    "    file { destination = '/etc/motd', data = 'hi' },\n"
			    "    bind { source = '../up', destination = '/up' },\n"
			    "    proc {}, remove '/tmp', dir '/x' },\n"
			    "  devices = { device '/dev/null' } }\n");
	assert_int_equal(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err), 0);
	mounts = json_object_get(result.raw, "mounts");
	assert_int_equal(json_array_size(mounts), 6);
	m = json_array_get(mounts, 0);
	snprintf(origin, sizeof(origin), "%s/p.lua:1", dir);
	assert_string_equal(json_string_value(json_object_get(m, "origin")), origin);
	assert_string_equal(json_string_value(json_object_get(m, "type")), "bind");
	assert_string_equal(json_string_value(json_object_get(m, "source")), in_dir("data"));
	assert_true(json_is_true(json_object_get(m, "writable")));
	snprintf(origin, sizeof(origin), "%s/p.lua:4", dir);
	assert_string_equal(json_string_value(json_object_get(json_array_get(mounts, 1), "origin")), origin);
	/* A relative source starts at the profile's directory, here /tmp/X. */
	assert_string_equal(json_string_value(json_object_get(json_array_get(mounts, 2), "source")), "/tmp/up");
	assert_string_equal(json_string_value(json_object_get(json_array_get(mounts, 3), "destination")), "/proc");
	assert_string_equal(json_string_value(json_object_get(json_array_get(mounts, 4), "type")), "remove");
	m = json_array_get(json_object_get(result.raw, "devices"), 0);
	assert_null(json_object_get(m, "type"));
	assert_string_equal(json_string_value(json_object_get(m, "path")), "/dev/null");
	snprintf(origin, sizeof(origin), "%s/p.lua:2", dir);
	assert_string_equal(json_string_value(json_object_get(result.raw, "origin")), origin);
	assert_string_equal(json_string_value(json_object_get(result.raw, "name")), "p");
	assert_string_equal(result.path, in_dir("p.lua"));
	assert_int_equal(strlen(result.sha256), 64);
	lw_eval_result_done(&result);
}

static void constructors_do_not_share(void **state)
{
	(void)state;
	/* One table given twice makes two records, and stays as it was. */
	gives("local t = { destination = '/a' }\n"
	      "local a = dir(t); t.destination = '/b'; local b = dir(t)\n"
	      "assert(t.origin == nil and t.type == nil)\n"
	      "return sandbox { command = { a.destination, b.destination } }",
	      "{\"command\":[\"/a\",\"/b\"]}");
	fails("return sandbox { mounts = {\n dir { destination = '/a', origin = 'x:1' } } }", 2,
	      "unknown key \"origin\"");
	fails("return sandbox { mounts = {\n dir { destination = '/a', type = 'bind' } } }", 2, "\"type\"");
	fails("bind()", 1, "bind takes a string or a table, not nil");
	fails("symlink '/a:/b'", 1, "symlink takes a table");
	fails("local x\nbind '/a:/b:rw,oops'", 2, "oops");
}

static void sets(void **state)
{
	(void)state;
	gives("return sandbox { capabilities = caps.none + 'net_raw' + { 'CAP_CHOWN', false } }",
	      "{\"capabilities\":[\"CHOWN\",\"NET_RAW\"]}");
	gives("return sandbox { capabilities = caps.all - caps.docker }", "{\"capabilities\":[\"SYS_ADMIN\"]}");
	gives("local a = caps.none + 'kill'; local b = a + 'chown'\nreturn sandbox { capabilities = a }",
	      "{\"capabilities\":[\"KILL\"]}");
	/* Values never change: what was made from p is not in p. */
	_cleanup_free_ char *same = raw_json("local p = seccomp.docker - '@clock' + { 'ptrace' }\n"
					     "return sandbox { seccomp = p, cwd = '/' }",
					     NULL, 0);
	gives("local p = seccomp.docker - '@clock' + 'ptrace'; local q = p:errno('ENOSYS', 'mount', { 'umount2' })\n"
	      "assert(caps.docker == caps.none + caps.docker)\n"
	      "for _, f in ipairs { 'allow', 'deny', 'kill', 'log' } do assert(p[f](p, 'getcwd')) end\n"
	      "return sandbox { seccomp = p, cwd = '/' }",
	      same);
	assert_non_null(strstr(same, "\"base\":\"docker\""));
	assert_non_null(strstr(same, "{\"action\":\"allow\",\"names\":[\"ptrace\"]"));
}

static void set_errors_name_the_line(void **state)
{
	(void)state;
	fails("local c = caps.docker\nc = c - 'NET_RWA'", 2,
	      "unknown capability \"NET_RWA\" (did you mean \"NET_RAW\"?)");
	fails("local c = caps.dokcer", 1, "unknown field of caps \"dokcer\" (did you mean \"docker\"?)");
	fails("\nlocal s = seccomp.default - 'ptrce'", 2, "unknown system call \"ptrce\" (did you mean \"ptrace\"?)");
	fails("local s = seccomp.default - '@nogroup'", 1, "unknown group of system calls \"@nogroup\"");
	fails("seccomp.default:errno('ENOSY', 'ptrace')", 1, "did you mean \"ENOSYS\"?");
	fails("seccomp.default:alow('ptrace')", 1, "did you mean \"allow\"?");
	fails("seccomp.default:allow()", 1, "no system call named");
	fails("local x = 'NET_RAW' - caps.docker", 1, "left of -");
	fails("local x = caps.docker + { 'KILL', nil, 'CHOWN' }", 1, "hole");
	fails("local x = caps.docker + caps.inherited", 1, "only on the left");
	fails("caps.docker = 1", 1, "caps cannot be changed");
	fails("print(AF.UNIXX)", 1, "did you mean \"UNIX\"?");
}

static void host_values(void **state)
{
	(void)state;
	gives("assert(host.uid == 0 and host.user == 'root' and host.home == '/root' and host.cwd == '/nowhere')\n"
	      "assert(host.cpus == 2 and host.memory_bytes == 1 << 32 and host.cgroup_version == 2)\n"
	      "assert(host.kernel == '6.1.0' and host.arch == 'x86_64' and host.env 'LANG' == 'C.UTF-8')\n"
	      "assert(host.env 'NOT' == nil and host.has 'cgroup' and not host.has 'pids')\n"
	      "return sandbox { cwd = '/' }",
	      "{\"cwd\":\"/\"}");
	fails("print(host.cpuz)", 1, "did you mean \"cpus\"?");
	fails("host.has 'memry'", 1, "did you mean \"memory\"?");
	fails("host.uid = 0", 1, "host cannot be changed");
}

static void params(void **state)
{
	const struct lw_param given[] = { { "port", "9090" }, { "fast", "yes" }, { "word", "7" } };
	const struct lw_param one[] = { { "port", "x" } }, half[] = { { "port", "1.5" } }, typo[] = { { "prot", "1" } };
	const char *text = "local p = param('port', 8080)\nlocal f = param('fast', false)\n"
			   "return sandbox { command = { p, f and 'fast', param('word', 'w') } }";
	_cleanup_free_ char *defaults = raw_json(text, NULL, 0), *set = raw_json(text, given, 3);

	(void)state;
	assert_string_equal(defaults, "{\"command\":[8080,\"w\"]}");
	assert_string_equal(set, "{\"command\":[9090,\"fast\",\"7\"]}");
	fails_with(text, one, 1, 1, "\"x\" is not a number");
	fails_with(text, half, 1, 1, "\"1.5\" is not a whole number");
	fails_with(text, typo, 1, 0, "no parameter \"prot\" (did you mean \"port\"?)");
	fails("\nlocal d = param 'dir'", 2, "parameter \"dir\" has no value");
}

/* --- slips that must not pass --- */

static void slips(void **state)
{
	(void)state;
	fails("local x\nx = sandbx {}", 2, "undefined global \"sandbx\" (did you mean \"sandbox\"?)");
	fails("\ny = 1", 2, "assignment to the global \"y\"");
	fails("sandbox = 1", 1, "assignment to the global \"sandbox\"");
	fails("\n\nsandbox {}", 3, "does not return it");
	fails("local x = 1", 0, "returns nothing");
	fails("return { command = { 'x' } }", 0, "returns a table, not a sandbox");
	fails("return bind '/x'", 0, "not a sandbox");
	fails("\nsandbox 'db'\nreturn sandbox {}", 2, "sandbox \"db\" has no table");
	fails("return sandbox 'db'", 1, "sandbox \"db\" has no table");
	fails("return sandbox 'db' { name = 'x' }", 1, "second name");
	fails("return sandbox {\n command = { 'a', nil, 'b' } }", 1, "hole");
	fails("return sandbox { 'x', cwd = '/' }", 1, "a value without its key");
	fails("return sandbox { cwd = '/',\n cwd = '/tmp' }", 2, "duplicate key \"cwd\" (first written on line 1)");
	fails("local t = { ['a b'] = 1,\n\n ['a b'] = 2 }", 3, "duplicate key \"a b\"");
	fails("return sandbox { env = { A = '\\xff' } }", 1, "UTF-8");
	fails("return sandbox { env = { A = 'a\\0b' } }", 1, "NUL");
	fails("return sandbox { timeout = 0/0 }", 1, "not finite");
	fails("return sandbox { timeout = print }", 1, "function");
	fails("local t = {} t.t = t\nreturn sandbox { labels = t }", 2, "contains itself");
	fails("local t = {} for i = 1, 99 do t = { t } end return sandbox { labels = t }", 1, "too deeply");
	fails("return sandbox { a = sandbox {} }", 1, "a sandbox inside a sandbox");
	fails("return sandbox { inherits = 7 }", 1, "inherits takes");
}

static void names_are_in_the_table_or_before_it(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;

	(void)state;
	write_text("My App.lua", "return sandbox { }");
	assert_int_equal(evaluate_with(in_dir("My App.lua"), NULL, 0, &result, &err), 0);
	assert_string_equal(json_string_value(json_object_get(result.raw, "name")), "my-app");
	lw_eval_result_done(&result);
	write_text("p.lua", "return sandbox 'db' { inherits = sandbox 'base' {} }");
	assert_int_equal(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err), 0);
	assert_string_equal(json_string_value(json_object_get(result.raw, "name")), "db");
	lw_eval_result_done(&result);
}

static void error_positions(void **state)
{
	(void)state;
	fails("local x = = 1", 1, "unexpected symbol");
	fails("\n\nlocal x = nil + 1", 3, "attempt to perform arithmetic");
	fails("\nerror('told', 0)", 2, "told");
	fails("\nerror({})", 2, "not text (a table value)");
	fails("local function f() error 'inside' end\nf()", 1, "inside");
	/* An error that was caught leaves no trace. */
	gives("pcall(error, 'x')\npcall(function() local t = { a = caps.nix } end)\nreturn sandbox { cwd = '/' }",
	      "{\"cwd\":\"/\"}");
}

/* --- includes --- */

static void inherits_order(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;
	json_t *env;

	(void)state;
	write_text("profiles/one.lua", "return sandbox { cwd = '/one', env = { A = '1', B = '1' } }");
	write_text("profiles/two.lua", "return sandbox { inherits = 'one', env = { B = '2', C = '2' } }");
	write_text("p.lua", "return sandbox { inherits = { 'one', false, 'two', sandbox { env = { D = '3' } } },\n"
			    "  env = { C = 'mine' } }");
	assert_int_equal(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err), 0);
	env = json_object_get(result.raw, "env");
	assert_string_equal(json_string_value(json_object_get(env, "A")), "1");
	assert_string_equal(json_string_value(json_object_get(env, "B")), "2");
	assert_string_equal(json_string_value(json_object_get(env, "C")), "mine");
	assert_string_equal(json_string_value(json_object_get(env, "D")), "3");
	assert_string_equal(json_string_value(json_object_get(result.raw, "cwd")), "/one");
	assert_null(json_object_get(result.raw, "inherits"));
	assert_string_equal(json_string_value(json_object_get(result.raw, "name")), "p");
	lw_eval_result_done(&result);
}

static void mistakes_are_blamed_on_their_layer(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;

	(void)state;
	write_text("profiles/bad.lua", "\nreturn sandbox {\n limits = {\n  memry = '64M' } }");
	write_text("p.lua", "return sandbox { inherits = 'bad' }");
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
	assert_string_equal(err.file, in_dir("profiles/bad.lua"));
	assert_string_equal(err.path, "limits.memry");
	lw_eval_locate_key(&err);
	assert_int_equal(err.line, 4);
	/* And the other way: the parent is right, the child is not. */
	write_text("profiles/good.lua", "return sandbox { limits = { memory = '64M' } }");
	write_text("p.lua", "\nreturn sandbox { inherits = 'good',\n  limits = {\n memory = 'much' } }");
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
	assert_string_equal(err.file, in_dir("p.lua"));
	lw_eval_locate_key(&err);
	assert_int_equal(err.line, 4);
}

static void includes(void **state)
{
	(void)state;
	write_text("profiles/ports.lua", "return { web = 8080 }");
	gives("return sandbox { command = { include('ports').web } }", "{\"command\":[8080]}");
	fails("\nreturn sandbox { inherits = 'ports' }", 2, "does not return a sandbox");
	fails("include 'prots'", 1, "no profile named \"prots\" (did you mean \"ports\"?)");
	gives("return sandbox { command = { pcall(include, 'nix') and 'yes' or 'no' } }", "{\"command\":[\"no\"]}");
}

static void includes_cannot_leave_the_path(void **state)
{
	static const char *const names[] = {
		"../secret", "./../secret", "ports/../../secret", "/etc/passwd", "", "..", ".hidden", "a//b",
		"%00",       "link"
	};

	(void)state;
	write_text("secret.lua", "return { word = 'secret' }");
	assert_int_equal(symlink("../secret.lua", in_dir("profiles/link.lua")), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char text[128];
		_cleanup_free_ char *json = NULL;

		snprintf(text, sizeof(text), "return sandbox { command = { pcall(include, '%s') and 'in' or 'out' } }",
			 names[i]);
		json = raw_json(text, NULL, 0);
		assert_string_equal(json, "{\"command\":[\"out\"]}");
	}
	fails("include '../secret'", 1, "is not the name of a profile");
	fails("include 'link'", 1, "is a link out of");
}

static void include_cycles(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;

	(void)state;
	write_text("profiles/a.lua", "\nreturn include 'b'");
	write_text("profiles/b.lua", "\n\nreturn include 'a'");
	write_text("p.lua", "return include 'a'");
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
	assert_string_equal(err.file, in_dir("profiles/b.lua"));
	assert_int_equal(err.line, 3);
	assert_non_null(strstr(err.msg, "includes itself"));
	fails("while true do include 'ports' end", 1, "more than 64 includes");
	/* The same file twice is no cycle, not even when the first time failed. */
	write_text("profiles/fails.lua", "error 'always'");
	write_text("p.lua", "pcall(include, 'fails')\ninclude 'fails'");
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
	assert_string_equal(err.msg, "always");
	assert_string_equal(err.file, in_dir("profiles/fails.lua"));
	gives("return sandbox { command = { include('ports').web + include('ports').web } }", "{\"command\":[16160]}");
}

static void names_are_searched(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;

	(void)state;
	write_text("profiles/web.lua", "return sandbox {}");
	assert_int_equal(evaluate_with("web", NULL, 0, &result, &err), 0);
	assert_string_equal(result.path, in_dir("profiles/web.lua"));
	lw_eval_result_done(&result);
	assert_int_equal(evaluate_with("wbe", NULL, 0, &result, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "did you mean \"web\"?"));
	assert_true(evaluate_with("we b", NULL, 0, &result, &err) < 0);
	assert_true(evaluate_with("", NULL, 0, &result, &err) < 0);
	assert_true(evaluate_with(in_dir("none.lua"), NULL, 0, &result, &err) < 0);
	/* What is no regular file of text does not hold us. */
	assert_int_equal(mkfifo(in_dir("fifo.lua"), 0600), 0);
	assert_true(evaluate_with(in_dir("fifo.lua"), NULL, 0, &result, &err) < 0);
	assert_non_null(strstr(err.msg, "not a regular file"));
	assert_true(evaluate_with(in_dir("profiles"), NULL, 0, &result, &err) < 0);
}

/* The tree's own profiles are examples: each must evaluate and decode. */
static void shipped_profiles(void **state)
{
	static const char *const names[] = { "default", "strict", "service", "build", "redis", "python" };
	static const struct lw_param socket_dir = { "dir", "/srv" }; /* which redis cannot do without */
	const char *tree = getenv("LUNWARD_TREE");
	char profiles[4096];

	(void)state;
	if (!tree) {
		print_message("LUNWARD_TREE is not set\n");
		skip();
	}
	snprintf(profiles, sizeof(profiles), "%s/profiles", tree);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct lw_eval_options o = { .profile = names[i], .host = &host, .profile_dir = profiles };
		o.params = &socket_dir;
		o.n_params = !strcmp(names[i], "redis");
		struct lw_eval_result result = { 0 };
		struct lw_spec *spec = NULL;
		struct lw_err err = { 0 };
		char why[1024];

		int r = lw_eval_profile(&o, &result, &err);
		/* Those that are for any command get one. */
		if (r == 0 && !json_object_get(result.raw, "command"))
			json_object_set_new(result.raw, "command", json_pack("[s]", "/bin/true"));
		if (r < 0 || lw_spec_decode(result.raw, &spec, &err) < 0 || lw_spec_check(spec, &err) < 0)
			fail_msg("%s: %s", names[i], lw_err_format(&err, why, sizeof(why)));
		assert_string_equal(spec->name, names[i]);
		lw_spec_free(spec);
		lw_eval_result_done(&result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_become_json),
		cmocka_unit_test(text_may_start_like_a_script),
		cmocka_unit_test(constructors),
		cmocka_unit_test(constructors_do_not_share),
		cmocka_unit_test(sets),
		cmocka_unit_test(set_errors_name_the_line),
		cmocka_unit_test(host_values),
		cmocka_unit_test(params),
		cmocka_unit_test(slips),
		cmocka_unit_test(names_are_in_the_table_or_before_it),
		cmocka_unit_test(error_positions),
		cmocka_unit_test(inherits_order),
		cmocka_unit_test(mistakes_are_blamed_on_their_layer),
		cmocka_unit_test(includes),
		cmocka_unit_test(includes_cannot_leave_the_path),
		cmocka_unit_test(include_cycles),
		cmocka_unit_test(names_are_searched),
		cmocka_unit_test(shipped_profiles),
	};

	return cmocka_run_group_tests_name("eval", tests, set_up, tear_down);
}
