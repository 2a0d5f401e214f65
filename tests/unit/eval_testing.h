/* eval_testing.h: what the tests of profile evaluation share: a directory of their own, a host made by hand, and ways
 * to say "this text gives that JSON" and "this text fails on that line". */
#ifndef LW_EVAL_TESTING_H
#define LW_EVAL_TESTING_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "lua/eval.h"

static char dir[64]; /* of this run: dir/profiles is the search path, dir/secret.lua is beside it */

static const struct lw_host host = {
	.uid = 0,
	.user = "root",
	.home = "/root",
	.cwd = "/nowhere",
	.caps_bounding = LW_CAPS_DOCKER | 1 << 21,
	.kernel_major = 6,
	.kernel = "6.1.0",
	.arch = "x86_64",
	.cpus = 2,
	.memory_bytes = INT64_C(1) << 32,
	.cgroup = { .version = 2 },
	.environ_ = (char *const[]){ "LANG=C.UTF-8", NULL },
	.state_fd = -1, /* nothing is kept unless a test says where */
};

static inline const char *in_dir(const char *name)
{
	static char path[4][256];
	static unsigned i;

	i = (i + 1) % ARRAY_LEN(path);
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static inline void write_bytes(const char *name, const void *data, size_t n)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static inline int evaluate_with(const char *profile, const struct lw_param *params, size_t n,
				struct lw_eval_result *ret, struct lw_err *err)
{
	char profiles[128];
	struct lw_eval_options o = { .profile = profile, .params = params, .n_params = n, .host = &host };

	snprintf(profiles, sizeof(profiles), "%s/profiles", dir);
	o.profile_dir = profiles;
	*err = (struct lw_err){ 0 };
	*ret = (struct lw_eval_result){ 0 };
	return lw_eval_profile(&o, ret, err);
}

/* The raw spec of a profile's text as compact JSON without its origin keys. */
static inline char *raw_json(const char *text, const struct lw_param *params, size_t n_params)
{
	struct lw_eval_result result;
	struct lw_err err;
	char why[1024], *json;

	write_text("p.lua", text);
	if (evaluate_with(in_dir("p.lua"), params, n_params, &result, &err) < 0)
		fail_msg("%s", lw_err_format(&err, why, sizeof(why)));
	json_object_del(result.raw, "origin");
	json_object_del(result.raw, "name");
	json = json_dumps(result.raw, JSON_COMPACT | JSON_SORT_KEYS);
	lw_eval_result_done(&result);
	return json;
}

static inline void gives(const char *text, const char *expected)
{
	_cleanup_free_ char *json = raw_json(text, NULL, 0);

	assert_string_equal(json, expected);
}

static inline void fails_with(const char *text, const struct lw_param *params, size_t n_params, uint32_t line,
			      const char *words)
{
	struct lw_eval_result result;
	struct lw_err err;

	write_text("p.lua", text);
	if (evaluate_with(in_dir("p.lua"), params, n_params, &result, &err) == 0)
		fail_msg("no error from: %s", text);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" is not in \"%s\" of: %s", words, err.msg, text);
	assert_int_equal(err.cls, LW_ERR_POLICY);
	assert_string_equal(err.file, in_dir("p.lua"));
	if (err.line != line)
		fail_msg("line %u instead of %u: %s", err.line, line, err.msg);
	assert_null(result.raw);
	/* The position is told once. */
	assert_null(strstr(err.msg, "p.lua:"));
}

static inline void fails(const char *text, uint32_t line, const char *words)
{
	fails_with(text, NULL, 0, line, words);
}

static inline int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/lunward-eval-XXXXXX");
	return mkdtemp(dir) && mkdir(in_dir("profiles"), 0700) == 0 ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int tear_down(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
