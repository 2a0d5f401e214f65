/* eval_apart.c: lw_spec_from_profile of the library: a profile is evaluated by lunward-eval and decoded here. Knows no
 * Lua. What comes back was made by a program of ours from an enemy's text: it is decoded as hostile, like any spec. */
#include "lua/eval_apart.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "lib/helpers.h"
#include "lua/eval.h"
#include "lunward.h"
#include "schema.h"
#include "spawn_apart.h"

static json_t *or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *make_request(const struct lw_host *h, const char *profile, const struct lw_profile_options *o)
{
	json_t *params = json_array();
	for (size_t i = 0; i < o->n_params; i++)
		json_array_append_new(params, json_pack("[s,s]", o->params[i].name, o->params[i].value));
	return json_pack("{s:s,s:o,s:s,s:o,s:o}", "profile", profile, "params", params, "state", h->state_dir,
			 "profiles", or_null(h->profiles), "cgroup_parent", or_null(h->cgroup_parent));
}

/* A file that holds the request. */
static int write_request(json_t *request, struct lw_err *err)
{
	_cleanup_free_ char *text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!text) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "the profile's name or a parameter is no text");
		return -EINVAL;
	}
	_cleanup_close_ int fd = memfd_create("lunward-request", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : lw_write_full(fd, text, strlen(text));
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? lw_fail(err, r, "the evaluator's request: %s", strerror(-r)) : TAKE_FD(fd);
}

static int ask(const struct lw_host *h, json_t *request, int *ret_fd, struct lw_err *err)
{
	static char *const argv[] = { (char *)EVAL_APART_PROGRAM, NULL };
	struct timeval patience = { .tv_sec = EVAL_APART_SECONDS };
	char program[PATH_MAX];
	int pair[2];
	_cleanup_close_ int file = write_request(request, err);
	int r = file < 0 ? file : lw_helper_find(h, EVAL_APART_PROGRAM, program, err);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return lw_fail(err, -errno, "socketpair: %s", strerror(errno));
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	char *const empty[] = { NULL };
	r = lw_spawn_apart(program, argv, h->environ_ ? h->environ_ : empty, (const int[]){ pair[1], file }, 2, NULL,
			   err);
	close(pair[1]);
	if (r < 0)
		close(pair[0]);
	else
		*ret_fd = pair[0];
	return r;
}

/* *ret is the answer, parsed. */
static int hear(int fd, const struct lw_profile_options *o, json_t **ret, struct lw_err *err)
{
	for (;;) {
		_cleanup_free_ char *buf = NULL;
		uint32_t type;
		size_t n;
		struct lw_err said;
		int r = lw_frame_recv(fd, EVAL_APART_MAX, &type, &buf, &n);
		if (r < 0)
			return lw_fail(err, r, EVAL_APART_PROGRAM " ended without an answer");
		switch (type) {
		case EVAL_APART_PRINT:
			if (o->print)
				o->print(o->arg, buf, n);
			break;
		case EVAL_APART_ERROR:
			if (n != sizeof said)
				return lw_fail(err, -EPROTO, EVAL_APART_PROGRAM " is of another version");
			memcpy(&said, buf, n);
			if (err)
				*err = said;
			return -said.code;
		case EVAL_APART_ANSWER:
			*ret = json_loadb(buf, n, JSON_REJECT_DUPLICATES, NULL);
			return *ret ? 0 : lw_fail(err, -EPROTO, EVAL_APART_PROGRAM " gave no sandbox");
		default:
			return lw_fail(err, -EPROTO, EVAL_APART_PROGRAM " is of another version");
		}
	}
}

static int parse_overrides(const char *text, json_t **ret, struct lw_err *err)
{
	json_error_t bad;
	*ret = text ? json_loads(text, JSON_REJECT_DUPLICATES, &bad) : NULL;
	if (!text || json_is_object(*ret))
		return 0;
	json_decref(*ret);
	*ret = NULL;
	return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "the overrides are no JSON object");
}

/* The overrides' own mistakes are told about them, not about the profile. */
static int decode(json_t *raw, const json_t *over, struct lw_spec **ret, struct lw_err *err)
{
	struct lw_spec *alone = NULL;
	int r = over ? lw_spec_decode(over, &alone, err) : 0;
	lw_spec_free(alone);
	if (r < 0)
		return r;
	json_t *merged = over ? lw_spec_merge(raw, over, err) : json_incref(raw);
	r = merged ? lw_spec_decode(merged, ret, err) : -EINVAL;
	json_decref(merged);
	return r;
}

static int note_profile(struct lw_spec *s, json_t *answer, struct lw_err *err)
{
	s->profile_path = lw_arena_strdup(s->arena, json_string_value(json_object_get(answer, "path")));
	s->profile_sha256 = lw_arena_strdup(s->arena, json_string_value(json_object_get(answer, "sha256")));
	return lw_arena_failed(s->arena) ? lw_fail(err, -ENOMEM, "out of memory") : 0;
}

int lw_spec_from_profile(const struct lw_host *h, const char *profile, const struct lw_profile_options *o,
			 struct lw_spec **ret, struct lw_err *err)
{
	static const struct lw_profile_options none;
	struct lw_err own;
	json_t *answer = NULL, *over = NULL;
	struct lw_spec *s = NULL;
	_cleanup_close_ int fd = -1;
	err = err ? err : &own;
	o = o ? o : &none;
	*err = (struct lw_err){ 0 };
	int r = parse_overrides(o->overrides, &over, err);
	if (r >= 0)
		r = ask(h, make_request(h, profile, o), &fd, err);
	if (r >= 0)
		r = hear(fd, o, &answer, err);
	if (r >= 0)
		r = decode(json_object_get(answer, "raw"), over, &s, err);
	if (r >= 0)
		r = note_profile(s, answer, err);
	if (r < 0 && answer)
		lw_err_at(err, (struct lw_origin){ json_string_value(json_object_get(answer, "path")), 0 });
	if (r < 0 && err->file[0] && err->path[0])
		lw_eval_locate_key(err);
	json_decref(answer);
	json_decref(over);
	if (r < 0)
		lw_spec_free(s);
	else
		*ret = s;
	return r;
}
