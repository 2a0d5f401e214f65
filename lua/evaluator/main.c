/* main.c: lunward-eval: evaluates one profile for a process that is too large, or has too many threads, to clone a
 * limited child of its own. The evaluation is lua/eval.c's, with the same limited child; this is the small process that
 * it begins in. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "lua/eval.h"
#include "lua/eval_apart.h"

static void print(void *arg, const char *text, size_t n)
{
	(void)arg;
	(void)lw_frame_send(EVAL_APART_SOCKET, EVAL_APART_PRINT, text, n);
}

static json_t *read_request(struct lw_err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	int r = lw_read_all(EVAL_APART_REQUEST, EVAL_APART_MAX, &text, &n);
	json_t *o = r < 0 ? NULL : json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (!o)
		lw_fail(err, r < 0 ? r : -EINVAL, "the evaluator's request cannot be read");
	return o;
}

static const char *word(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static int evaluate(const json_t *request, struct lw_eval_result *ret, struct lw_host **ret_host, struct lw_err *err)
{
	const json_t *params = json_object_get(request, "params");
	size_t n = json_array_size(params);
	_cleanup_free_ struct lw_param *v = calloc(n ? n : 1, sizeof *v);
	struct lw_host_options probing = {
		.state = word(request, "state"),
		.cgroup_parent = word(request, "cgroup_parent"),
		.environ_ = environ,
	};
	if (!v)
		return lw_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(params, i);
		v[i].name = json_string_value(json_array_get(one, 0));
		v[i].value = json_string_value(json_array_get(one, 1));
	}
	int r = lw_host_probe(&probing, ret_host, err);
	if (r < 0)
		return r;
	struct lw_eval_options o = {
		.profile = word(request, "profile"),
		.params = v,
		.n_params = n,
		.host = *ret_host,
		.profile_dir = word(request, "profiles"),
		.print = print,
	};
	return o.profile ? lw_eval_profile(&o, ret, err) : lw_fail(err, -EINVAL, "no profile was asked for");
}

int main(int argc, char **argv)
{
	struct lw_err err = { 0 };
	struct lw_eval_result result = { 0 };
	struct lw_host *host = NULL;
	if (argc != 1 || fcntl(EVAL_APART_REQUEST, F_SETFD, FD_CLOEXEC) < 0) {
		fprintf(stderr, "%s: evaluates a profile for liblunward\n", argv[0]);
		return 125;
	}
	fcntl(EVAL_APART_SOCKET, F_SETFD, FD_CLOEXEC);
	json_t *request = read_request(&err), *answer = NULL;
	int r = request ? evaluate(request, &result, &host, &err) : -EINVAL;
	if (r >= 0)
		answer = json_pack("{s:s,s:s,s:O}", "path", result.path, "sha256", result.sha256, "raw", result.raw);
	_cleanup_free_ char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	if (r >= 0 && !text)
		lw_fail(&err, -ENOMEM, "out of memory");
	if (text)
		lw_frame_send(EVAL_APART_SOCKET, EVAL_APART_ANSWER, text, strlen(text));
	else
		lw_frame_send(EVAL_APART_SOCKET, EVAL_APART_ERROR, &err, sizeof err);
	json_decref(answer);
	json_decref(request);
	lw_eval_result_done(&result);
	lw_host_free(host);
	return 0;
}
