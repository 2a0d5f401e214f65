/* test_eval_cache.c: what a profile evaluated to is kept when it depended on texts alone, and only as long as they are
 * the same. */
#include "eval_testing.h"
#include <dirent.h>
#include <stdlib.h>
#include "cache.h"

static int state_fd = -1;

/* The name of the profile's raw spec's cwd; malloc'ed. */
static char *cwd_of(const char *profile, const struct lw_param *params, size_t n_params)
{
	char profiles[128], why[1024];
	struct lw_host here = host;
	struct lw_eval_options o = {
		.profile = in_dir(profile), .params = params, .n_params = n_params, .host = &here
	};
	struct lw_eval_result result = { 0 };
	struct lw_err err = { 0 };

	here.state_fd = state_fd;
	snprintf(profiles, sizeof(profiles), "%s/profiles", dir);
	o.profile_dir = profiles;
	if (lw_eval_profile(&o, &result, &err) < 0)
		fail_msg("%s", lw_err_format(&err, why, sizeof(why)));
	char *cwd = strdup(json_string_value(json_object_get(result.raw, "cwd")));
	lw_eval_result_done(&result);
	return cwd;
}

static void is_cwd(const char *profile, const char *expected)
{
	_cleanup_free_ char *cwd = cwd_of(profile, NULL, 0);

	assert_string_equal(cwd, expected);
}

/* How many are kept; the name of one in ret. */
static int kept(char ret[65])
{
	int fd = openat(state_fd, "eval", O_RDONLY | O_DIRECTORY), n = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.') {
			if (ret)
				snprintf(ret, 65, "%.64s", e->d_name);
			n++;
		}
	if (d)
		closedir(d);
	return n;
}

static void key_of(const char *hex, uint8_t ret[32])
{
	for (int i = 0; i < 32; i++) {
		unsigned byte;
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		ret[i] = (uint8_t)byte;
	}
}

static void texts_alone_are_kept(void **state)
{
	char name[65];
	uint8_t key[32];
	char entry[256];
	uint32_t no_deps = 0;

	(void)state;
	write_text("p.lua", "return sandbox { cwd = '/one' }");
	is_cwd("p.lua", "/one");
	assert_int_equal(kept(name), 1);
	/* That it is used is seen by putting another answer under the key. */
	static const char answer[] = "{\"layers\":[{\"cwd\":\"/kept\"}]}";
	memcpy(entry, &no_deps, sizeof(no_deps));
	memcpy(entry + sizeof(no_deps), answer, sizeof(answer) - 1);
	key_of(name, key);
	assert_int_equal(lw_cache_put(state_fd, "eval", key, entry, sizeof(no_deps) + sizeof(answer) - 1), 0);
	is_cwd("p.lua", "/kept");
	/* Another text is another key. */
	write_text("p.lua", "return sandbox { cwd = '/two' }");
	is_cwd("p.lua", "/two");
	assert_int_equal(kept(NULL), 2);
}

static void damage_is_noticed(void **state)
{
	char name[65], path[80];
	char byte = 0x55;

	(void)state;
	write_text("p.lua", "return sandbox { cwd = '/one' }");
	is_cwd("p.lua", "/one");
	assert_int_equal(kept(name), 1);
	snprintf(path, sizeof(path), "eval/%s", name);
	for (off_t at = 0; at < 120; at += 7) {
		int fd = openat(state_fd, path, O_RDWR);
		assert_true(fd >= 0);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		is_cwd("p.lua", "/one");
	}
}

static void an_include_that_changed_counts(void **state)
{
	(void)state;
	write_text("profiles/base.lua", "return sandbox { cwd = '/base' }");
	write_text("p.lua", "return sandbox { inherits = 'base' }");
	is_cwd("p.lua", "/base");
	is_cwd("p.lua", "/base");
	assert_int_equal(kept(NULL), 1);
	write_text("profiles/base.lua", "return sandbox { cwd = '/other' }");
	is_cwd("p.lua", "/other");
	is_cwd("p.lua", "/other");
	assert_int_equal(unlink(in_dir("profiles/base.lua")), 0);
	struct lw_eval_result result;
	struct lw_err err;
	assert_true(evaluate_with(in_dir("p.lua"), NULL, 0, &result, &err) < 0);
}

static void what_asks_the_machine_is_not_kept(void **state)
{
	static const struct lw_param set = { "dir", "/set" };

	(void)state;
	write_text("p.lua", "return sandbox { cwd = host.home }");
	is_cwd("p.lua", "/root");
	write_text("p.lua", "local c = caps.all; return sandbox { cwd = '/x' }");
	is_cwd("p.lua", "/x");
	write_text("p.lua", "return sandbox { cwd = param('dir', '/default') }");
	_cleanup_free_ char *cwd = cwd_of("p.lua", &set, 1);
	assert_string_equal(cwd, "/set");
	assert_int_equal(kept(NULL), 0);
	is_cwd("p.lua", "/default");
	assert_int_equal(kept(NULL), 1);
	_cleanup_free_ char *again = cwd_of("p.lua", &set, 1);
	assert_string_equal(again, "/set");
}

static void a_full_directory_loses_its_older_half(void **state)
{
	uint8_t key[32] = { 0 };

	(void)state;
	for (int i = 0; i < LW_CACHE_ENTRIES + 3; i++) {
		memcpy(key, &i, sizeof(i));
		assert_int_equal(lw_cache_put(state_fd, "eval", key, "x", 1), 0);
	}
	/* The oldest are gone, the newest are not. */
	char *data = NULL;
	size_t n;
	assert_in_range(kept(NULL), 3, LW_CACHE_ENTRIES - 1);
	assert_int_equal(lw_cache_get(state_fd, "eval", key, 1, &data, &n), 1);
	free(data);
	memset(key, 0, sizeof(key));
	assert_int_equal(lw_cache_get(state_fd, "eval", key, 1, &data, &n), 0);
}

static int set_up_cache(void **state)
{
	int r = set_up(state);

	if (r == 0 && mkdir(in_dir("state"), 0700) == 0)
		state_fd = open(in_dir("state"), O_PATH | O_DIRECTORY);
	return state_fd < 0;
}

static int tear_down_cache(void **state)
{
	close(state_fd);
	state_fd = -1;
	return tear_down(state);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_cache, tear_down_cache)
	const struct CMUnitTest tests[] = {
		TEST(texts_alone_are_kept),
		TEST(damage_is_noticed),
		TEST(an_include_that_changed_counts),
		TEST(what_asks_the_machine_is_not_kept),
		TEST(a_full_directory_loses_its_older_half),
	};

	return cmocka_run_group_tests_name("eval_cache", tests, NULL, NULL);
}
