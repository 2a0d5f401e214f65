/* test_eval_limits.c: every way in which a profile may try to take too much or to reach outside, and the walls around
 * the process that runs it. Needs no privilege; writes only below a directory of its own. */
#include "eval_testing.h"
#include <linux/audit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "lua/eval_filter.h"
#include "seccomp.h"

/* --- attacks --- */

static void the_environment_is_an_allow_list(void **state)
{
	static const char *const absent[] = { "io",   "os",     "debug",    "package",    "coroutine",      "require",
					      "load", "dofile", "loadfile", "loadstring", "collectgarbage", "_G",
					      "warn" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
		char text[64], words[64];

		snprintf(text, sizeof(text), "local x = %s", absent[i]);
		snprintf(words, sizeof(words), "undefined global \"%s\"", absent[i]);
		fails(text, 1, words);
	}
	gives("assert(string.dump == nil and getmetatable('') == false and math.randomseed == nil)\n"
	      "assert(getmetatable(_ENV) == false and not pcall(setmetatable, _ENV, {}))\n"
	      "assert(getmetatable(caps.none) == false and getmetatable(sandbox {}) == false)\n"
	      "assert(not pcall(setmetatable, {}, { __gc = print }))\n"
	      "return sandbox { cwd = '/' }",
	      "{\"cwd\":\"/\"}");
}

static void random_is_the_same_every_time(void **state)
{
	const char *text = "local t = {} for i = 1, 5 do t[i] = math.random(1 << 40) end\n"
			   "return sandbox { command = t, env = { z = 'a', y = 'b', x = 'c', w = 'd', v = 'e' } }";
	_cleanup_free_ char *a = raw_json(text, NULL, 0), *b = raw_json(text, NULL, 0);

	(void)state;
	assert_string_equal(a, b);
}

static void compiled_lua_is_refused(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;

	(void)state;
	fails("\x1bLuaS", 1, "compiled Lua is not accepted");
	/* Behind a line that is skipped, too. */
	write_text("p.lua", "#!x\n\x1bLua");
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
	assert_null(result.raw);
}

static void size_is_bounded(void **state)
{
	static char big[(1 << 20) + 1];
	struct lw_eval_result result;
	struct lw_err err;

	(void)state;
	memset(big, ' ', sizeof(big));
	write_bytes("p.lua", big, sizeof(big));
	assert_int_equal(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err), -EFBIG);
	write_bytes("p.lua", big, sizeof(big) - 1);
	assert_int_equal(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err), -EINVAL);
	fails("local t = {} for i = 1, 400 do t[i] = ('x'):rep(20000) end\nreturn sandbox { command = t }", 0,
	      "larger than 4 MiB");
}

static void memory_is_bounded(void **state)
{
	(void)state;
	fails("\nlocal s = string.rep('x', 1 << 30)", 2, "not enough memory (64 MiB)");
	fails("local t = {}\nwhile true do t = { t } end", 2, "not enough memory (64 MiB)");
	fails("local s = 'x'\nwhile true do s = s .. s end", 2, "not enough memory (64 MiB)");
	/* Caught, it is over: what was taken is given back. */
	gives("for i = 1, 8 do assert(not pcall(string.rep, 'x', 1 << 27)) end\nreturn sandbox { cwd = '/' }",
	      "{\"cwd\":\"/\"}");
	gives("for i = 1, 300 do local s = ('x'):rep(1 << 10):rep(1 << 10) end\nreturn sandbox { cwd = '/' }",
	      "{\"cwd\":\"/\"}");
}

static void recursion_is_bounded(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;

	(void)state;
	write_text("p.lua", "local function f() return 1 + f() end\nf()");
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
	assert_int_equal(err.line, 1);
	fails("local function f(x) return (string.gsub(x, '.', f)) end\nf 'x'", 1, "stack overflow");
	fails("local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k .. 'x'] end\n"
	      "return t.x",
	      1, "C stack overflow");
}

/* Of evaluations that have ended: however busy the machine is. */
static long processor_seconds(void)
{
	struct rusage u;
	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec;
}

static void the_budget_cannot_be_caught(void **state)
{
	long before = processor_seconds();

	(void)state;
	fails("\nwhile true do end", 2, "profile used more than 50000000 instructions");
	fails("while true do pcall(function() while true do end end) end", 1, "instructions");
	fails("xpcall(function() while true do end end, function() while true do end end)", 1, "instructions");
	fails("local t = setmetatable({}, { __close = function() while true do end end })\n"
	      "do local c <close> = t; error 'x' end",
	      1, "instructions");
	assert_true(processor_seconds() - before <= 5);
}

static void processor_time_is_bounded(void **state)
{
	struct lw_eval_result result;
	struct lw_err err;
	long before = processor_seconds();

	(void)state;
	/* No instruction of Lua runs in there, so no hook. */
	write_text("p.lua", "local s = ('a'):rep(30)\nreturn s:find(('a?'):rep(30) .. s)");
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
	assert_true(processor_seconds() - before <= 3);
	/* On a machine that hardly lets it run the other clock is first. */
	assert_true(strstr(err.msg, "1 s of processor time") || strstr(err.msg, "did not finish within 10 s"));
}

static void printing_is_bounded(void **state)
{
	_cleanup_close_ int saved = dup(STDERR_FILENO), out = -1;
	_cleanup_free_ char *text = NULL;
	struct lw_eval_result result;
	struct lw_err err;
	size_t n;
	int r;

	(void)state;
	out = open(in_dir("stderr"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0 && saved >= 0);
	write_text("p.lua", "print('one', 2, nil)\nprint('\\27[31mred')\n"
			    "for i = 1, 100000 do print(('x'):rep(100)) end\nreturn sandbox {}");
	dup2(out, STDERR_FILENO);
	r = evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err);
	dup2(saved, STDERR_FILENO);
	assert_int_equal(r, 0);
	lw_eval_result_done(&result);
	assert_int_equal(lw_read_file(in_dir("stderr"), 1 << 20, &text, &n), 0);
	assert_memory_equal(text, "one\t2\tnil\n?[31mred\nxxx", 22);
	assert_in_range(n, 64 << 10, 65 << 10);
	assert_non_null(strstr(text, "the rest is not shown"));
}

/* --- the walls --- */

static void filter_allows_five_calls(void **state)
{
	static const int allowed[] = { SYS_read, SYS_write, SYS_exit, SYS_exit_group, SYS_rt_sigreturn };
	struct seccomp_data call = { 0 };
	uint32_t native = 0;

	(void)state;
	/* The architecture is the first constant compared. */
	native = eval_filter[1].k;
#ifdef __x86_64__
	assert_int_equal(native, AUDIT_ARCH_X86_64);
#endif
	for (int nr = -1; nr < 2048; nr++) {
		uint32_t verdict, want = SECCOMP_RET_KILL_PROCESS;

		for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
			if (nr == allowed[i])
				want = SECCOMP_RET_ALLOW;
		if (nr == SYS_brk)
			want = SECCOMP_RET_ERRNO;
		if (nr == SYS_mmap)
			want = SECCOMP_RET_ERRNO | ENOMEM;
		call.nr = nr;
		call.arch = native;
		verdict = lw_filter_run(eval_filter, eval_filter_len, &call);
		assert_int_equal(verdict, want);
		call.arch = native ^ 1;
		assert_int_equal(lw_filter_run(eval_filter, eval_filter_len, &call), SECCOMP_RET_KILL_PROCESS);
		call.arch = native;
		call.nr = nr | 0x40000000; /* x32 */
		if (nr >= 0)
			assert_int_equal(lw_filter_run(eval_filter, eval_filter_len, &call), SECCOMP_RET_KILL_PROCESS);
	}
}

struct watcher {
	char children[64];
	atomic_bool stop;
	bool listed, confined;
};

static bool looks_confined(const char *pid)
{
	_cleanup_free_ char *status = NULL;
	char path[64];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	if (lw_read_file(path, 65536, &status, &n) < 0)
		return false;
	return strstr(status, "\nSeccomp:\t2\n") && strstr(status, "\nNoNewPrivs:\t1\n");
}

static void *watch(void *arg)
{
	struct watcher *w = arg;

	while (!atomic_load(&w->stop) && !w->confined) {
		_cleanup_free_ char *list = NULL;
		struct timespec pause = { .tv_nsec = 2000000 };
		size_t n;

		if (lw_read_file(w->children, 4096, &list, &n) == 0) {
			w->listed = true;
			for (char *p = strtok(list, " \n"); p; p = strtok(NULL, " \n"))
				w->confined |= looks_confined(p);
		}
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void child_is_confined_while_it_runs(void **state)
{
	struct watcher w = { .stop = false };
	struct lw_eval_result result;
	struct lw_err err;
	pthread_t thread;

	(void)state;
#ifdef EVAL_SANITIZED
	print_message("built with AddressSanitizer: the evaluator runs without its filter\n");
	skip();
#endif
	snprintf(w.children, sizeof(w.children), "/proc/self/task/%d/children", getpid());
	write_text("p.lua", "while true do end");
	assert_int_equal(pthread_create(&thread, NULL, watch, &w), 0);
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	if (!w.listed) {
		print_message("this kernel does not list children in /proc\n");
		skip();
	}
	assert_true(w.confined);
}

static void no_child_is_left(void **state)
{
	(void)state;
	/* Everything above is over: success, errors, kills. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_is_an_allow_list),
		cmocka_unit_test(random_is_the_same_every_time),
		cmocka_unit_test(compiled_lua_is_refused),
		cmocka_unit_test(size_is_bounded),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(recursion_is_bounded),
		cmocka_unit_test(the_budget_cannot_be_caught),
		cmocka_unit_test(processor_time_is_bounded),
		cmocka_unit_test(printing_is_bounded),
		cmocka_unit_test(filter_allows_five_calls),
		cmocka_unit_test(child_is_confined_while_it_runs),
		cmocka_unit_test(no_child_is_left),
	};

	return cmocka_run_group_tests_name("eval_limits", tests, set_up, tear_down);
}
